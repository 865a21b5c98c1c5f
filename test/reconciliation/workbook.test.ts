import { expect } from 'chai';
import { importGiven } from '../../core/reconciliation/import.ts';
import { reconcileDay } from '../../core/reconciliation/reconcile.ts';
import type { Database } from '../../core/store/database.ts';
import { forEachDatabase } from '../kit/database.ts';
import { accountOf, type Format, formats } from '../kit/statement-formats.ts';
import { day, noon, openStatementShop } from '../kit/statement-shop.ts';
import { inPieces, makeWorkbook, sheetOf } from '../kit/workbook.ts';

const titles = ['类型', '商户订单号', '流水号', '金额', '手续费', '时间', '备注'];
const text = (value: string) => `<c t="inlineStr"><is><t>${value}</t></is></c>`;
const rowOf = (line: number, ...cells: readonly string[]) => `<row r="${line}">${cells.join('')}</row>`;
const paid = (amount: string, at = text('2026-05-01 20:00:00')) =>
  rowOf(2, text('支付'), text('NOBODYS'), text('77'), amount, '<c><v>0</v></c>', at, text('茶'));
const bill = (...rows: readonly string[]) => makeWorkbook({ sheets: [sheetOf(rowOf(1, ...titles.map(text)), ...rows)] });
const good = bill(paid('<c><v>19.989999999999998</v></c>'));

/** What each is refused with. */
const refused: Readonly<Record<string, readonly [bytes: Buffer, reason: RegExp]>> = {
  'a sum of binary floats': [bill(paid('<c><v>0.30000000000000004</v></c>')), /^line 2 of the statement cannot be read$/],
  'more decimals than the currency has': [bill(paid('<c><v>1.5E-3</v></c>')), /^line 2 of the statement cannot be read$/],
  'an order number that became a number': [
    bill(paid('<c><v>1</v></c>', '<c><v>4.2E+27</v></c>')),
    /cell F2 is a number of more than 15 digits/,
  ],
  'a day as a number that nothing calls a day': [
    bill(paid('<c><v>1</v></c>', '<c><v>46143.5</v></c>')),
    /^line 2 of the statement cannot be read$/,
  ],
  'a formula': [bill(paid('<c><f>1+1</f><v>2</v></c>')), /cell D2 is a formula/],
  'a sheet of something else': [makeWorkbook({ sheets: [sheetOf(rowOf(1, text('x')))] }), /^the statement has no line with the columns/],
  'two tables': [
    makeWorkbook({ sheets: [sheetOf(rowOf(1, ...titles.map(text))), sheetOf(rowOf(1, text('x')))] }),
    /sheet S2 has another table/,
  ],
  'half of it': [good.subarray(0, good.length / 2), /^the file breaks off$/],
  'an entity': [bill('<!DOCTYPE x>', paid('<c><v>1</v></c>')), /it has a declaration, such as DOCTYPE/],
  'a million columns': [bill(rowOf(2, '<c/>'.repeat(2000))), /row 2 has more than 1000 columns/],
  'a bomb': [makeWorkbook({ sheets: [`<worksheet>${' '.repeat(3_000_000)}</worksheet>`] }), /unpacks to more than 200 times/],
};

describe('A workbook that came by hand', () =>
  forEachDatabase((_name, open) => {
    let database: Database;

    before(async () => {
      database = (await open()).database;
    });

    const dump = async () =>
      JSON.stringify(await Promise.all(['discrepancies', 'statement_files'].map((table) => database.all(`SELECT * FROM ${table}`))));

    it('is compared as any document, and refused whole, whatever is wrong with it, so that what was before stands', async function () {
      this.timeout(30_000);
      const shop = openStatementShop(database);
      await shop.paid(noon, 500);
      const account = accountOf(shop.account, formats['declared'] as Format);
      const give = async (bytes: Buffer) => {
        await importGiven(shop.deps, account, day, { name: 'bill.xlsx', content: inPieces(bytes) });
        return reconcileDay(shop.deps, { account, day });
      };
      const done = await give(good);
      expect(done.kind === 'refused' ? done.reason : done.kind).to.equal('done');
      const before = await dump();
      expect(before).to.include('missing_here').and.to.include('missing_there').and.to.include('1999');
      for (const [what, [bytes, reason]] of Object.entries(refused)) {
        const again = await give(bytes);
        expect(again.kind === 'refused' ? again.reason : again.kind, what).to.match(reason);
        expect(await dump(), what).to.equal(before);
      }
    });
  }));
