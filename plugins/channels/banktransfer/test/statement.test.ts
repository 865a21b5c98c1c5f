import { expect } from 'chai';
import fc from 'fast-check';
import type { StatementLine } from '../../../../core/contract/statement.ts';
import { makeKit } from '../../../../test/kit/channel-kit.ts';
import { inPieces, makeWorkbook, sheetOf } from '../../../../test/kit/workbook.ts';
import plugin, { type Config } from '../index.ts';

const columns = { statement_day: 'Booked', statement_number: 'Reference', statement_amount: 'Amount' } as const;
const config: Config = { account_holder: 'Tea Ltd', account_number: 'DE89370400440532013000', bank_name: 'Bank of Tea', currency: 'EUR' };

async function read(bytes: Uint8Array, more: Partial<Config> = columns): Promise<readonly StatementLine[]> {
  const channel = plugin.open({ id: 'acc_1', livemode: true, config: { ...config, ...more } as Config }, makeKit());
  const lines: StatementLine[] = [];
  for await (const line of channel.readStatement?.({ name: 'statement', content: inPieces(bytes) }) ?? []) lines.push(line);
  return lines;
}

const readText = (text: string, more: Partial<Config> = columns) => read(Buffer.from(text), more);
const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => 'none',
    (error: Error) => error.message,
  );
const head = 'Booked,Purpose,Reference,Amount';
const amountOf = async (text: string, more: Partial<Config> = {}) =>
  (await readText(`${head}\n2026-01-02,tea,B1,"${text}"\n`, { ...columns, ...more }))[0]?.gross.amount;
const dayOf = async (text: string) => (await readText(`${head}\n${text},tea,B1,1\n`))[0]?.occurredAt.toISOString();

describe('Bank transfers: the statement of a bank', () => {
  it('is read by the columns that the account names, between what else is printed on it', async () => {
    const lines = await readText(
      `Bank of Tea\nAccount,DE89\n\n${head}\n2026-01-02,"RF18539007547034, tea",B1,19.99\n2026-01-02,back,B2,-5.00\n,Balance 14.99,,\n`,
    );
    expect(lines).to.deep.equal([
      {
        ...{ kind: 'payment', number: null, channelNo: 'B1', gross: { amount: 1999, currency: 'EUR' }, fee: null, net: null },
        ...{ occurredAt: new Date('2026-01-02T12:00:00Z'), raw: '2026-01-02,"RF18539007547034, tea",B1,19.99' },
      },
      {
        ...{ kind: 'refund', number: null, channelNo: 'B2', gross: { amount: -500, currency: 'EUR' }, fee: null, net: null },
        ...{ occurredAt: new Date('2026-01-02T12:00:00Z'), raw: '2026-01-02,back,B2,-5.00' },
      },
    ]);
  });

  it('may be a workbook, with days and amounts as spreadsheets keep them', async () => {
    const text = (value: string) => `<c t="inlineStr"><is><t>${value}</t></is></c>`;
    const titles = `<row>${['Booked', 'Purpose', 'Reference', 'Amount'].map(text).join('')}</row>`;
    const row = (amount: string) => `<row><c s="1"><v>46024.75</v></c>${text('tea')}${text('B1')}<c><v>${amount}</v></c></row>`;
    const styles = '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs>';
    const workbook = (amount: string) => makeWorkbook({ sheets: [sheetOf(titles, row(amount))], styles });
    const [line] = await read(workbook('19.989999999999998'));
    expect(line).to.deep.include({
      channelNo: 'B1',
      gross: { amount: 1999, currency: 'EUR' },
      occurredAt: new Date('2026-01-02T12:00:00Z'),
    });
    expect(await failureOf(read(workbook('0.30000000000000004')))).to.equal('line 2: the amount cannot be read');
  });

  it('may have debits in a column of their own', async () => {
    const rule = { ...columns, statement_amount: 'In', statement_debit: 'Out' };
    const table = (...rows: readonly string[]) => readText(['Booked,Reference,In,Out', ...rows].join('\n'), rule);
    const lines = await table('2026-01-02,B1,5.00,', '2026-01-02,B2,,5.00', '2026-01-02,B3,0.00,-5.00', '2026-01-02,B4,5.00,0.00');
    expect(lines.map(({ kind, gross }) => [kind, gross.amount])).to.deep.equal([
      ...[
        ['payment', 500],
        ['refund', -500],
        ['refund', -500],
        ['payment', 500],
      ],
    ]);
    for (const row of ['2026-01-02,B1,5.00,5.00', '2026-01-02,B1,,', '2026-01-02,B1,0,0', '2026-01-02,B1,5.00,x', '2026-01-02,B1,x,5.00'])
      expect(await failureOf(table(row)), row).to.equal('line 2: the amount cannot be read');
  });

  it('has amounts that can be no others', async () => {
    for (const text of ['1234.5', '1,234.50', '1234.50', '+1234.5', '1234.5000']) expect(await amountOf(text), text).to.equal(123_450);
    for (const text of ['1234,5', '1.234,50', '1234,50'])
      expect(await amountOf(text, { statement_decimal_sign: ',' }), text).to.equal(123_450);
    expect(await amountOf('-7')).to.equal(-700);
    const refused = ['1,234', '1,23.00', '12,34', '1234,5', '19.999', '1e3', '(5.00)', '5.00-', '€5', '', '1 234.00', '٣'];
    for (const text of refused) expect(await failureOf(amountOf(text)), text).to.equal('line 2: the amount cannot be read');
    for (const text of ['1.234', '1234.56'])
      expect(await failureOf(amountOf(text, { statement_decimal_sign: ',' })), text).to.include('cannot be read');
  });

  it('gives back every amount in either notation', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: -99_999_999, max: 99_999_999 }), fc.boolean(), async (cents, isGerman) => {
        const digits = String(Math.abs(cents)).padStart(3, '0');
        const [whole, fraction] = [digits.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, isGerman ? '.' : ','), digits.slice(-2)];
        const text = `${cents < 0 ? '-' : ''}${whole}${isGerman ? ',' : '.'}${fraction}`;
        expect(await amountOf(text, isGerman ? { statement_decimal_sign: ',' } : {})).to.equal(cents);
      }),
      { numRuns: 100 },
    );
  });

  it('has days that can be no others, and none that there are not', async () => {
    for (const text of ['2026-01-02', '2026/1/2', '20260102', '2026年1月2日', '02.01.2026', '2026-01-02 23:59:59', '2026-01-02T00:00:00'])
      expect(await dayOf(text), text).to.equal('2026-01-02T12:00:00.000Z');
    for (const text of ['01/02/2026', '2026-02-30', '2026-13-01', '1.2.26', 'today', '46024'])
      expect(await failureOf(dayOf(text)), text).to.equal('line 2: the day is none, or one that could be another');
  });

  it('is none without its columns, without a number, or with a cell too many', async () => {
    expect(await failureOf(readText(`${head}\n`, {}))).to.include('statement_day, statement_number, statement_amount');
    expect(await failureOf(readText('Booked,Amount\n2026-01-02,1\n'))).to.equal(
      'the statement has no line with the columns Booked, Reference, Amount',
    );
    expect(await failureOf(readText(`${head}\n2026-01-02,tea,,1.00\n`))).to.equal('line 2 has no number of the bank');
    expect(await failureOf(readText(`${head}\n2026-01-02,tea,B1,1.00,x\n`))).to.equal('line 2 has more cells than there are titles');
    expect(await failureOf(readText(`${head},Amount\n`))).to.equal('the statement has the column Amount twice');
    expect(await failureOf(readText(`${head}\nBalance,,,14.99\n`))).to.include('line 2: the day is none');
  });

  it('is read in the charset and with the separator that the account names', async () => {
    // 日期;流水号;金额 in GBK
    const gbk = Buffer.concat([Buffer.from('c8d5c6da3bc1f7cbaebac53bbdf0b6ee', 'hex'), Buffer.from('\r\n20260102;B1;-1,50\r\n')]);
    const rule = { statement_day: '日期', statement_number: '流水号', statement_amount: '金额', statement_charset: 'gb18030' } as const;
    const [line] = await read(gbk, { ...rule, statement_separator: ';', statement_decimal_sign: ',' });
    expect(line).to.deep.include({ kind: 'refund', channelNo: 'B1', gross: { amount: -150, currency: 'EUR' } });
  });
});
