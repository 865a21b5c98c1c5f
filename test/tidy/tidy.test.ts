import { expect } from 'chai';
import * as docs from './rules/docs.ts';
import * as imports from './rules/imports.ts';
import * as names from './rules/names.ts';
import * as purity from './rules/purity.ts';
import * as sizes from './rules/sizes.ts';
import * as texts from './rules/texts.ts';
import { type Rule, readSources, type SourceFile } from './source.ts';

const groups: Readonly<Record<string, Readonly<Record<string, Rule>>>> = { imports, sizes, names, purity, texts, docs };

/** `importsPointDown` reads as a sentence. */
function toSentence(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

describe('the repository is tidy', () => {
  let files: readonly SourceFile[];

  before(() => {
    files = readSources('.');
    expect(files.length).to.be.above(50);
  });

  for (const [group, rules] of Object.entries(groups)) {
    describe(group, () => {
      for (const [name, rule] of Object.entries(rules)) {
        it(toSentence(name), () => {
          const violations = rule(files);
          expect(violations.length, `\n  ${violations.join('\n  ')}\n`).to.equal(0);
        });
      }
    });
  }
});
