import { expect } from 'chai';
import fc from 'fast-check';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { filesKit } from '../../core/channels/files.ts';
import { type Cells, withoutFormula } from '../../core/reconciliation/export/cell.ts';
import { writeCsv, writeTxt } from '../../core/reconciliation/export/separated.ts';
import { writeXlsx } from '../../core/reconciliation/export/xlsx.ts';

const columns = ['number', 'amount', 'note'];
async function* each<T>(items: readonly T[]) {
  yield* items;
}
const sheetOf = (rows: readonly Cells[], name = 'Report') => ({ name, columns, rows: each(rows) });
const collect = async (content: AsyncIterable<Uint8Array>) => {
  const parts: Uint8Array[] = [];
  for await (const part of content) parts.push(part);
  return Buffer.concat(parts);
};
const textOf = async (content: AsyncIterable<Uint8Array>) => (await collect(content)).toString('utf8');

const attacks = ['=1+1', '+1', '-1+1', '@SUM(A1)', '\t=1', '\r=1', '  =cmd', '＝1+1', '=HYPERLINK("http://x","y")'];
const reading = { charset: 'utf-8', isQuoted: true } as const;

describe('A report as CSV', () => {
  it('is read back as it was written, whatever stands in the cells', async () => {
    const plain = fc
      .string({ unit: 'grapheme' })
      .filter((text) => withoutFormula(text) === text && text.trim() !== '' && !/[\r\n]/.test(text));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(plain, plain), { minLength: 1 }), async (pairs) => {
        const rows = pairs.map(([one, other]): Cells => [one, { decimal: '19.99' }, other]);
        const read: string[][] = [];
        for await (const { cells } of filesKit.csv(writeCsv(sheetOf(rows)), reading)) read.push([...cells]);
        expect(read).to.deep.equal([columns, ...pairs.map(([one, other]) => [one, '19.99', other])]);
      }),
      { numRuns: 60 },
    );
  });

  it('holds nothing that a spreadsheet takes for a formula', async () => {
    const rows = attacks.map((attack): Cells => [attack, { decimal: '-1.00' }, null]);
    for await (const { cells } of filesKit.csv(writeCsv(sheetOf(rows)), reading)) expect(cells[0]).to.match(/^('|number)/);
    expect(await textOf(writeCsv(sheetOf(rows)))).to.contain(',-1.00,\r\n');
  });

  it('holds none either where cells are cut at semicolons', async () => {
    for (const text of ['ann;=HYPERLINK(1);x', 'a; =1', 'a;;@b', ';+1', 'a;"=1"', 'a,";-1', '=1;=2']) {
      const written = await textOf(writeCsv(sheetOf([[text, null, null]])));
      for (const cell of written.split(/[;,\r\n]/)) expect(cell, text).to.not.match(/^[\s"]*[=+@-]/);
    }
    expect(withoutFormula('a; b;c - d; e=f')).to.equal('a; b;c - d; e=f');
  });

  it('begins with the mark of UTF-8, and has a line for its columns even where it has no rows', async () => {
    expect(await textOf(writeCsv(sheetOf([])))).to.equal('\ufeffnumber,amount,note\r\n');
  });

  it('refuses rows of another width, and decimals that are none', async () => {
    const failure = async (rows: readonly unknown[]) => textOf(writeCsv(sheetOf(rows as Cells[]))).catch((error: Error) => error.message);
    expect(await failure([['a']])).to.match(/a row of 1 cells in a table of 3/);
    for (const decimal of ['=1', '1e5', '', '01', '1.', 'NaN', '--1'])
      expect(await failure([['a', { decimal }, 'b']]), decimal).to.match(/not a decimal/);
  });
});

describe('A report as text', () => {
  it('has tabs between the cells and none in them, and no formulas', async () => {
    const rows: Cells[] = [['a\tb\r\nc', { decimal: '1' }, '=1']];
    expect(await textOf(writeTxt(sheetOf(rows)))).to.equal("number\tamount\tnote\r\na b c\t1\t'=1\r\n");
  });
});

describe('A report as XLSX', () => {
  const unpack = async (content: AsyncIterable<Uint8Array>) => {
    const files = new Map<string, string>();
    for await (const { name, content: bytes } of filesKit.unzip(content)) files.set(name, await textOf(bytes));
    return files;
  };
  const parser = new XMLParser({ ignoreAttributes: false, parseTagValue: false, trimValues: false, attributeNamePrefix: '' });
  const cellsOf = (xml: string) => {
    const rows = [parser.parse(xml).worksheet.sheetData.row].flat();
    return rows.map((row) =>
      [row.c].flat().map((cell: { v?: string; is?: { t?: { '#text'?: string } } }) => cell.v ?? cell.is?.t?.['#text'] ?? cell.is?.t),
    );
  };

  it('is a workbook of well-formed parts, with text as text and amounts to the last digit', async () => {
    const rows: Cells[] = [
      ['=1+1', { decimal: '9007199254740993.07' }, '中文 😀 <&> "x"'],
      ['b', { decimal: '-0.01' }, 'control \u0001 half \ud800'],
    ];
    const files = await unpack(writeXlsx(sheetOf(rows)));
    expect([...files.keys()]).to.have.members([
      'xl/worksheets/sheet1.xml',
      'xl/workbook.xml',
      'xl/_rels/workbook.xml.rels',
      '_rels/.rels',
      '[Content_Types].xml',
    ]);
    for (const [name, xml] of files) expect(XMLValidator.validate(xml), name).to.equal(true);
    const sheet = files.get('xl/worksheets/sheet1.xml') ?? '';
    expect(sheet).to.not.contain('<f>');
    expect(cellsOf(sheet)).to.deep.equal([
      columns,
      ['=1+1', '9007199254740993.07', '中文 😀 <&> "x"'],
      ['b', '-0.01', 'control \ufffd half \ufffd'],
    ]);
  });

  it('goes on in another sheet where one is full, with the columns above it again', async () => {
    const rows = ['a', 'b', 'c'].map((text): Cells => [text, null, text]);
    const files = await unpack(writeXlsx(sheetOf(rows, 'A name: of [more] than thirty-one characters?'), 3));
    expect(cellsOf(files.get('xl/worksheets/sheet1.xml') ?? '')).to.have.length(3);
    expect(cellsOf(files.get('xl/worksheets/sheet2.xml') ?? '')).to.deep.equal([columns, ['c', 'c']]);
    const names = [...(files.get('xl/workbook.xml') ?? '').matchAll(/sheet name="([^"]*)"/g)].map((match) => match[1] ?? '');
    expect(names).to.have.length(2);
    for (const name of names) expect(name).to.match(/^[^[\]:*?/\\]{1,31}$/);
  });

  it('gives the same bytes for the same rows, and names every column beyond Z', async () => {
    const wide = Array.from({ length: 30 }, (_, index) => `c${index}`);
    const write = () => collect(writeXlsx({ name: 'Wide', columns: wide, rows: each([wide]) }));
    expect(await write()).to.deep.equal(await write());
    const files = await unpack(writeXlsx({ name: 'Wide', columns: wide, rows: each([wide]) }));
    expect(files.get('xl/worksheets/sheet1.xml')).to.contain('r="Z2"').and.to.contain('r="AD2"');
  });
});
