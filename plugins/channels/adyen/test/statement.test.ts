import { expect } from 'chai';
import type { StatementLine } from '../../../../core/contract/statement.ts';
import { config, number, openAdyen, pspReference, refundNumber, refundPsp } from './fixture.ts';

const columns = [
  ...['Company Account', 'Merchant Account', 'Psp Reference', 'Merchant Reference', 'Payment Method', 'Creation Date', 'TimeZone', 'Type'],
  ...['Modification Reference', 'Gross Currency', 'Gross Debit (GC)', 'Gross Credit (GC)', 'Exchange Rate', 'Net Currency'],
  ...['Net Debit (NC)', 'Net Credit (NC)', 'Commission (NC)', 'Markup (NC)', 'Scheme Fees (NC)', 'Interchange (NC)'],
  ...['Payment Method Variant', 'Modification Merchant Reference', 'Batch Number'],
];
const shop = config.merchant_account;
const start = `Shop,${shop},${pspReference},${number},visa,2026-01-02 11:26:49,CET`;

const settled = `${start},Settled,${pspReference},EUR,,19.99,1,EUR,,19.87,,0.04,0.01,0.07,visaclassic,,7`;
const refunded = `${start},Refunded,${refundPsp},EUR,5,,1,EUR,5,,,,,,visaclassic,${refundNumber},7`;
const chargeback = `${start},Chargeback,CB1,EUR,3.00,,1,EUR,10.5,,7.5,,,,visaclassic,,7`;
const fee = `Shop,${shop},,,,2026-01-03 04:55:40,CET,Fee,Transaction Fees Jan 2026,EUR,,,,EUR,0.25,,,,,,,,7`;
const payout = (amount: string) =>
  `Shop,${shop},,,,2026-01-03 04:55:40,CET,MerchantPayout,"Batch 7, ${shop}",EUR,,,,EUR,${amount},,,,,,,,7`;
const whole = [settled, refunded, chargeback, fee, payout('4.12')];

const reportOf = (rows: readonly string[], header = columns.join(',')) => [header, ...rows].map((row) => `${row}\n`).join('');

async function readLines(text: string): Promise<readonly StatementLine[]> {
  const content = (async function* () {
    yield Buffer.from(text);
  })();
  const lines: StatementLine[] = [];
  for await (const line of openAdyen().readStatement({ name: 'settlement_detail_report_batch_7.csv', content })) lines.push(line);
  return lines;
}

const failureOf = (rows: readonly string[], header?: string) =>
  readLines(reportOf(rows, header)).then(
    () => 'none',
    (error: Error) => error.message,
  );

describe('Adyen: the Settlement details report', () => {
  it('names payments and refunds by our numbers, with what Adyen kept of each', async () => {
    const lines = await readLines(reportOf(whole));
    expect(lines[0]).to.deep.include({ kind: 'payment', number, channelNo: pspReference, gross: { amount: 1999, currency: 'EUR' } });
    expect(lines[0]).to.deep.include({ fee: { amount: 12, currency: 'EUR' }, net: { amount: 1987, currency: 'EUR' } });
    expect(lines[0]?.occurredAt.toISOString()).to.equal('2026-01-02T10:26:49.000Z');
    expect(lines[1]).to.deep.include({
      kind: 'refund',
      number: refundNumber,
      channelNo: refundPsp,
      gross: { amount: -500, currency: 'EUR' },
    });
  });

  it('may leave out the zero in front of a point', async () => {
    const [line] = await readLines(reportOf([settled.replace(',0.04,0.01,0.07,', ',.04,.01,.07,'), ...whole.slice(1)]));
    expect(line).to.deep.include({ fee: { amount: 12, currency: 'EUR' } });
  });

  it('holds chargebacks with their costs, fees and the payout', async () => {
    const lines = (await readLines(reportOf(whole))).slice(2);
    expect(lines.map(({ kind, gross, net }) => [kind, gross.amount, net?.amount])).to.deep.equal([
      ['chargeback', -300, -1050],
      ['fee', -25, -25],
      ['payout', -412, -412],
    ]);
  });

  it('is read by the names of its columns, in any order, and without the refunds’ own references', async () => {
    const swap = (text: string) => {
      const [first, second, ...rest] = text.split(',');
      return [second, first, ...rest].join(',');
    };
    expect(await readLines(reportOf(whole.map(swap), swap(columns.join(','))))).to.have.length(5);
    const header = columns.join(',').replace('Modification Merchant Reference', 'Something Else');
    expect((await readLines(reportOf(whole, header)))[1]).to.deep.include({ number: null, channelNo: refundPsp });
  });

  it('is none when it lost a line or a part of one', async () => {
    for (let rows = 1; rows < whole.length; rows += 1) expect(await failureOf(whole.slice(0, rows))).to.include('the report is not whole');
    const text = reportOf(whole);
    expect(await readLines(text.slice(0, -10)).catch((error: Error) => error.message)).to.include('cells');
    expect(await failureOf([])).to.equal('the report is empty');
  });

  it('is refused when it is another merchant account’s or another report', async () => {
    expect(await failureOf([settled.replace(shop, 'OtherShop'), payout('19.87')])).to.equal('line 2 is of another merchant account');
    expect(await failureOf(whole, columns.join(',').replace('Net Currency', 'x'))).to.include('there is no column Net Currency');
  });

  it('is refused when a line does not add up or cannot be read', async () => {
    expect(await failureOf([settled.replace('0.04', '0.05'), payout('19.87')])).to.include('do not add up');
    expect(await failureOf([settled.replace('19.99', '19.999'), payout('19.87')])).to.include('an amount cannot be read');
    expect(await failureOf([settled.replace('CET', 'XYZ'), payout('19.87')])).to.include('the time or its zone cannot be read');
    expect(await failureOf([settled.replace(',19.87,', ',,'), payout('19.87')])).to.include('has no net amount');
    expect(await failureOf([settled.replace('EUR,,19.99', 'EUR,1,19.99'), payout('19.87')])).to.include('at once');
  });
});
