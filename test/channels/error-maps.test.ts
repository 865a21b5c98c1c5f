import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';

/** Channels that are asked nothing which could be refused by a code. */
const withoutCodes = ['banktransfer', 'manual'];
/** Definitions for which no list of codes is public: their unknown answers stay unknown, and a query decides (see their READMEs). */
const withoutPublicCodes = ['allinpay', 'bill99'];

const text = (path: string) => readFileSync(path, 'utf8');
const isChinese = (value: string) => /[\u4e00-\u9fff]/.test(value);
const isEnglish = (value: string) => /[a-z]+ [a-z]/.test(value);
/** What an entry may say besides a code of ours: advice, and what an outcome of the contract is called. */
const contractWords = [...text('core/contract/outcome.ts').matchAll(/'(\w+)'/g)].map((found) => found[1]);

const ids = readdirSync('plugins/channels').filter((one) => ![...withoutCodes, ...withoutPublicCodes].includes(one));
const inCode = ids.filter((id) => existsSync(`plugins/channels/${id}/errors.ts`));
const ourCodes = new Set([...text('docs/errors.md').matchAll(/^## (\w+)$/gm)].map((found) => found[1]));

/** Comments, strings and brackets of a source: all that telling its entries apart takes. */
const token = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|[[({})\]]/g;

/** The strings that stand side by side within one pair of brackets: an entry of a table is one of these. */
function readEntries(source: string): readonly (readonly string[])[] {
  const open: string[][] = [[]];
  const entries: (readonly string[])[] = [];
  for (const [found, single, double] of source.matchAll(token)) {
    if ('[({'.includes(found)) open.push([]);
    else if ('])}'.includes(found)) entries.push(open.pop() ?? []);
    else if (single !== undefined || double !== undefined) open.at(-1)?.push(single ?? double ?? '');
  }
  return entries;
}

describe('What vendors’ codes mean', () => {
  for (const id of ids) {
    it(`is a table of ${id}, with a text in Chinese for each`, () => {
      const definition = `plugins/channels/${id}/channel.yaml`;
      const source = text(existsSync(definition) ? definition : `plugins/channels/${id}/errors.ts`);
      const table = existsSync(definition) ? source.slice(source.indexOf('\nerrors:')) : source;
      expect(table).to.match(/[\u4e00-\u9fff]/);
    });
  }

  for (const id of inCode) {
    it(`has for ${id} an English text beside each Chinese one`, () => {
      const entries = readEntries(text(`plugins/channels/${id}/errors.ts`)).filter((words) => words.some(isChinese));
      expect(entries.filter((words) => !words.some(isEnglish))).to.deep.equal([]);
    });

    it(`gives ${id} only codes that docs/errors.md explains`, () => {
      const entries = readEntries(text(`plugins/channels/${id}/errors.ts`)).filter((words) => words.some(isChinese));
      const words = entries.flat().filter((word) => /^[a-z]+(_[a-z]+)*$/.test(word));
      expect(words.filter((word) => !ourCodes.has(word) && !contractWords.includes(word))).to.deep.equal([]);
    });
  }
});
