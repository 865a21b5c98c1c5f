import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'chai';

const page = 'docs/proofs-faults.md';
const rows = Array.from({ length: 69 }, (_, index) => `B${index + 1}`);

interface Line {
  readonly row: string;
  readonly proof: string;
}

describe('The page of faults', () => {
  const lines = readLines(readFileSync(page, 'utf8'));

  it('has every row of the matrix once, in order', () => {
    expect(lines.map(({ row }) => row)).to.deep.equal(rows);
  });

  it('names a test for each, or says why there is none', () => {
    const bare = lines.filter(({ proof }) => namedTests(proof).length === 0 && !/^Not tested: .{20}/.test(proof));
    expect(bare).to.deep.equal([]);
  });

  it('names only tests that exist', () => {
    const missing = lines.flatMap(({ row, proof }) => namedTests(proof).flatMap((test) => (exists(test) ? [] : [{ row, ...test }])));
    expect(missing).to.deep.equal([]);
  });

  it('would notice a test that is not there', () => {
    expect(exists({ file: 'test/tidy/faults-doc.test.ts', title: ['names', 'none'].join(' ') })).to.equal(false);
    expect(exists({ file: 'test/tidy/none.test.ts', title: 'names only tests that exist' })).to.equal(false);
  });
});

function readLines(text: string): readonly Line[] {
  return [...text.matchAll(/^\| (B\d+) \| .*? \| (.*) \|$/gm)].map(([, row = '', proof = '']) => ({ row, proof }));
}

function namedTests(proof: string): readonly { readonly file: string; readonly title: string }[] {
  return [...proof.matchAll(/`(test\/[^`]+\.test\.ts)`: “([^”]+)”/g)].map(([, file = '', title = '']) => ({ file, title }));
}

/** A title stands in the file as the whole of a string, in which a template may still have its holes. */
function exists({ file, title }: { readonly file: string; readonly title: string }): boolean {
  if (!existsSync(file)) return false;
  const source = readFileSync(file, 'utf8');
  return ["'", '"', '`'].some((quote) => ['describe', 'it'].some((verb) => source.includes(`${verb}(${quote}${title}${quote}`)));
}
