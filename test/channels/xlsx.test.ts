import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import { filesKit } from '../../core/channels/files.ts';
import type { CsvRow } from '../../core/contract/statement.ts';
import { writeXlsx } from '../../core/reconciliation/export/xlsx.ts';
import { inPieces, makeWorkbook, rowOf, sheetOf, type WorkbookParts } from '../kit/workbook.ts';

async function read(bytes: Uint8Array, size = 1000): Promise<readonly CsvRow[]> {
  const rows: CsvRow[] = [];
  for await (const row of filesKit.csv(inPieces(bytes, size), { charset: 'utf-8' })) rows.push(row);
  return rows;
}

const cellsOf = async (parts: WorkbookParts) => (await read(makeWorkbook(parts))).map(({ cells }) => cells);
const oneCell = async (cell: string, more: Partial<WorkbookParts> = {}) =>
  (await cellsOf({ sheets: [sheetOf(`<row r="1"><c r="A1" t="inlineStr"><is><t>x</t></is></c>${cell}</row>`)], ...more }))[0]?.[1];
const number = (text: string, style = '') => oneCell(`<c r="B1" ${style}><v>${text}</v></c>`);

/** Styles 1 and on have these formats of the workbook's own. */
const stylesOf = (...codes: readonly string[]) =>
  `<numFmts>${codes.map((code, at) => `<numFmt numFmtId="${at + 170}" formatCode="${code}"/>`).join('')}</numFmts>` +
  `<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>` +
  `<cellXfs><xf numFmtId="0"/>${codes.map((_, at) => `<xf numFmtId="${at + 170}"/>`).join('')}</cellXfs>`;
const shown = (text: string, code: string, workbookPr = '') =>
  oneCell(`<c r="B1" s="1"><v>${text}</v></c>`, { styles: stylesOf(code), workbookPr });
const shownById = (text: string, id: number) =>
  oneCell(`<c r="B1" s="0"><v>${text}</v></c>`, { styles: `<cellXfs><xf numFmtId="${id}"/></cellXfs>` });

describe('Files of vendors: workbooks', () => {
  it('are read wherever separated text is, whatever they are called, in pieces of any size', async () => {
    const bytes = makeWorkbook({ sheets: [sheetOf(rowOf(1, '时间', 'amount'), rowOf(3, '2026-01-02', '19.99'))] });
    for (const size of [1, 3, 7, 100_000]) {
      expect(await read(bytes, size)).to.deep.equal([
        { cells: ['时间', 'amount'], raw: '时间\tamount', line: 1 },
        { cells: ['2026-01-02', '19.99'], raw: '2026-01-02\t19.99', line: 3 },
      ]);
    }
  });

  // openpyxl 3, XlsxWriter 3 (also with sizes of 64 bits), exceljs 4 and SheetJS 0.18 wrote the same table, each in its own way.
  it('are the same whichever program wrote them', async () => {
    for (const file of readdirSync('test/channels/workbooks')) {
      const rows = await read(readFileSync(`test/channels/workbooks/${file}`));
      expect(
        rows.map(({ cells }) => cells.slice(0, 4)),
        file,
      ).to.deep.equal([
        ['类型', '商户订单号', '金额', '时间'],
        ['支付', '01KETTLE', '0.29', '2026-01-02 11:04:05'],
        ['退款', '01 K & <x>', file.includes('js') ? '-19.99' : '19.99', '2026-01-02 23:59:59'],
        ['合计', '', '1234567.1', ''],
      ]);
      expect(rows.map(({ cells }) => cells[4])).to.deep.equal(['日', '2026-01-02', '', '']);
    }
  });

  it('give back what paymux writes into its own', async () => {
    const text = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
      .map((one) => one.replace(/[^\t\n -\ud7ff\ue000-\ufffd]/g, '?').replace(/_x/g, 'x'));
    const decimal = fc.tuple(fc.integer({ min: -99_999_999, max: 99_999_999 }), fc.integer({ min: 10, max: 98 }));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(text, decimal), { minLength: 1, maxLength: 20 }), async (given) => {
        const amounts = given.map(([, [whole, cents]]) => `${whole}.${cents}`.replace(/0$/, ''));
        const rows = (async function* () {
          for (const [at, [one]] of given.entries()) yield [one, { decimal: amounts[at] ?? '' }];
        })();
        const written: Buffer[] = [];
        for await (const part of writeXlsx({ name: 'day', columns: ['text', 'amount'], rows }, 7)) written.push(part);
        const back = await read(Buffer.concat(written));
        expect(back.slice(1).map(({ cells }) => cells)).to.deep.equal(given.map(([one], at) => [one, amounts[at]]));
      }),
      { numRuns: 30 },
    );
  });

  it('have texts of their list, of runs, of formulas’ kind, truths, and cells and rows without a place', async () => {
    const strings =
      '<si><t>a &amp; b</t></si><si><r><t>two </t></r><r><t>runs</t></r><rPh><t>spoken</t></rPh></si><si><t>_x000D_</t></si><si/>';
    const cells = ['<c t="s"><v>1</v></c>', '<c t="s"><v>0</v></c>', '<c/>', '<c t="str"><v>&#x4e2d;</v></c>', '<c t="b"><v>1</v></c>'];
    const sheet = sheetOf(`<row>${[...cells, '<c t="s"><v>2</v></c>', '<c t="s"><v>3</v></c>', '<c/>'].join('')}</row>`);
    expect(await cellsOf({ sheets: [sheet], strings })).to.deep.equal([['two runs', 'a & b', '', '中', 'TRUE', '\r']]);
  });

  it('may have prefixes, comments and single quotes, as some programs write them', async () => {
    const sheet =
      "<?xml version='1.0'?><x:worksheet xmlns:x='m'><!-- <row> --><x:sheetData><x:row r='2'><x:c r='B2' t='inlineStr'><x:is><x:t a='>'>y</x:t></x:is></x:c></x:row></x:sheetData></x:worksheet>";
    expect(await read(makeWorkbook({ sheets: [sheet] }))).to.deep.equal([{ cells: ['', 'y'], raw: '\ty', line: 2 }]);
  });

  it('have rows as wide as the widest before, so that one with nothing at its end is no shorter', async () => {
    expect(await cellsOf({ sheets: [sheetOf(rowOf(1, 'title'), rowOf(2, 'a', 'b', 'c'), rowOf(3, '1'))] })).to.deep.equal([
      ['title'],
      ['a', 'b', 'c'],
      ['1', '', ''],
    ]);
  });
});

describe('Files of vendors: numbers of a workbook', () => {
  it('are the shortest decimal that names the float, however it is written', async () => {
    for (const [written, meant] of [
      ...[
        ['19.99', '19.99'],
        ['19.989999999999998', '19.99'],
        ['0.28999999999999998', '0.29'],
        ['-5', '-5'],
        ['1.999E1', '19.99'],
      ],
      ...[
        ['1E-2', '0.01'],
        ['1.2e3', '1200'],
        ['007.50', '7.5'],
        ['-0', '0'],
        ['999999999999999', '999999999999999'],
        ['1E+14', '100000000000000'],
      ],
    ] as const) {
      expect(await number(written ?? ''), written).to.equal(meant);
    }
  });

  it('keep what was reckoned with floats as it is, so that no currency takes it', async () => {
    const { money } = (await import('../../core/channels/kit.ts')).makeKit({} as never);
    const text = await number(String(0.1 + 0.2));
    expect(text).to.equal('0.30000000000000004');
    expect(money.fromMajor(text, 'CNY')).to.equal(null);
    expect(money.fromMajor(await number('0.28999999999999998'), 'CNY')).to.deep.equal({ amount: 29, currency: 'CNY' });
  });

  it('are every amount of cents that a program writes with seventeen digits', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 99_999_999_999 }), async (cents) => {
        const digits = String(cents).padStart(3, '0');
        const text = `${digits.slice(0, -2)}.${digits.slice(-2)}`;
        const seventeen = Number(text).toPrecision(17);
        expect(await number(seventeen)).to.equal(text.replace(/\.?0+$/, ''));
      }),
      { numRuns: 200 },
    );
  });

  it('are refused where digits were lost, as those of order numbers are', async () => {
    for (const text of ['4.2000012345678899E+27', '1234567890123456', '1E300', '1E999']) {
      expect(await failureOf(number(text)), text).to.match(
        /^the sheet S1 cannot be read: cell B1 is (a number of more than 15 digits|no number)/,
      );
    }
    for (const text of ['1,5', '0x10', 'NaN', '1 2', '１']) expect(await failureOf(number(text)), text).to.include('cell B1 is no number');
  });

  it('are days and times where they are shown as such, in either calendar', async () => {
    expect(await shown('46024.461168981484', 'yyyy-mm-dd hh:mm:ss')).to.equal('2026-01-02 11:04:05');
    expect(await shown('46024', 'yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;;@')).to.equal('2026-01-02');
    expect(await shown('46024.5', 'm/d/yy')).to.equal('2026-01-02 12:00:00');
    expect(await shown('0.461168981484', '[$-F400]h:mm:ss\\ AM/PM')).to.equal('11:04:05');
    expect(await shown('44562', 'yyyy/m/d', '<workbookPr date1904="1"/>')).to.equal('2026-01-02');
    expect(await shownById('46024', 14)).to.equal('2026-01-02');
    expect(await shownById('46024.75', 22)).to.equal('2026-01-02 18:00:00');
    expect(await shownById('0.75', 46)).to.equal('18:00:00');
    expect(await oneCell('<c r="B1" t="d"><v>2026-01-02T11:04:05.000Z</v></c>')).to.equal('2026-01-02 11:04:05');
  });

  it('are numbers where they are shown with a currency, in red, or in another form of numbers', async () => {
    const codes = ['#,##0.00', '[Red]-0.00', '_-* #,##0.00\\ &quot;kr&quot;_-', 'USD 0.00', '0.00E+00', 'General', '@', '[$HKD] 0'];
    for (const code of codes) expect(await shown('46024.5', code), code).to.equal('46024.5');
    expect(await shownById('46024.5', 4)).to.equal('46024.5');
  });

  it('are no days before a calendar begins, or after it ends', async () => {
    for (const text of ['59', '-1', '2958466', '1E9'])
      expect(await failureOf(shown(text, 'yyyy-mm-dd')), text).to.include('is no day of a calendar');
  });
});

const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => 'none',
    (error: Error) => error.message,
  );
