import { expect } from 'chai';
import type { StatementLine } from '../../../../core/contract/statement.ts';
import { actionId, config, number, openCheckout, paymentId, refundNumber } from './fixture.ts';

const paid: Readonly<Record<string, string>> = {
  'Client Entity ID': 'ent_1',
  'Client Entity Name': 'Tea & Co., Ltd',
  'Processing Channel ID': config.processing_channel_id,
  Type: 'Charge',
  'Payment ID': paymentId,
  Reference: number,
  'Processed On': '2026-01-01T22:10:00',
  'Holding Currency': 'GBP',
  'Gross In Holding Currency': '17.12000000',
  'Deduction In Holding Currency': '-0.32000000',
  'Net In Holding Currency': '16.80000000',
  'Processing Currency': 'EUR',
  'Gross In Processing Currency': '19.99',
  'Processed On UTC': '2026-01-02T03:10:00',
  'Action ID': 'act_capture',
  Timezone: 'America/New_York',
};
const returned = {
  ...{ ...paid, Type: 'Refund', Reference: refundNumber, 'Action ID': actionId, 'Gross In Processing Currency': '-5' },
  ...{ 'Gross In Holding Currency': '-4.2829', 'Deduction In Holding Currency': '-0.01238476', 'Net In Holding Currency': '-4.29528476' },
};

const quoted = (cell: string) => `"${cell.replaceAll('"', '""')}"`;
const reportOf = (...rows: readonly Readonly<Record<string, string>>[]) =>
  [Object.keys(rows[0] ?? paid), ...rows.map(Object.values)].map((cells) => `${cells.map(quoted).join(',')}\n`).join('');

async function readLines(text: string): Promise<readonly StatementLine[]> {
  const content = (async function* () {
    yield Buffer.from(text);
  })();
  const lines: StatementLine[] = [];
  for await (const line of openCheckout().readStatement({ name: 'settlement-breakdown.csv', content })) lines.push(line);
  return lines;
}

const failureOf = (text: string) =>
  readLines(text).then(
    () => 'none',
    (error: Error) => error.message,
  );

describe('Checkout.com: the Settlement Breakdown Report', () => {
  it('names payments by our number, in the shopper’s money, with costs in that of the settlement', async () => {
    const [line] = await readLines(reportOf(paid));
    expect(line).to.deep.include({ kind: 'payment', number, channelNo: paymentId, gross: { amount: 1999, currency: 'EUR' } });
    expect(line).to.deep.include({ fee: { amount: 32, currency: 'GBP' }, net: { amount: 1680, currency: 'GBP' } });
    expect(line?.occurredAt.toISOString()).to.equal('2026-01-02T03:10:00.000Z');
  });

  it('names refunds by their action, whatever sign they are written with, and costs with fractions by nothing', async () => {
    const positive = { ...returned, 'Gross In Processing Currency': '5.00' };
    const lines = await readLines(reportOf(returned, positive));
    for (const line of lines) {
      expect(line).to.deep.include({ kind: 'refund', number: null, channelNo: actionId, gross: { amount: -500, currency: 'EUR' } });
      expect(line).to.deep.include({ fee: null, net: null });
    }
  });

  it('leaves out other channels and rows that are costs alone, and keeps chargebacks and what else moved', async () => {
    const cost = { ...paid, 'Gross In Processing Currency': '0.00', 'Gross In Holding Currency': '0', 'Net In Holding Currency': '-0.32' };
    const lines = await readLines(
      reportOf({ ...paid, 'Processing Channel ID': 'pc_other' }, cost, { ...paid, Type: 'Chargeback' }, { ...paid, Type: 'Reserve' }),
    );
    expect(lines.map(({ kind, number: ours }) => [kind, ours])).to.deep.equal([
      ['chargeback', null],
      ['adjustment', null],
    ]);
  });

  it('is refused when it is another report, empty, or a line lost its end', async () => {
    const { 'Action ID': _, ...rest } = paid;
    expect(await failureOf(reportOf(rest))).to.include('there is no column Action ID');
    expect(await failureOf(reportOf(paid).split('\n')[0] ?? '')).to.equal('the report is empty');
    const text = reportOf(paid).replaceAll('"Tea & Co., Ltd"', 'Tea');
    expect(await failureOf(text.slice(0, text.lastIndexOf(',')))).to.include('cells');
  });

  it('is refused when a line does not add up or cannot be read, of whichever channel', async () => {
    const foreign = { ...paid, 'Processing Channel ID': 'pc_other', 'Net In Holding Currency': '16.81' };
    expect(await failureOf(reportOf(foreign))).to.include('do not add up');
    expect(await failureOf(reportOf({ ...paid, 'Net In Holding Currency': '1e3' }))).to.include('cannot be read');
    expect(await failureOf(reportOf({ ...paid, 'Gross In Processing Currency': '19.995' }))).to.include('more decimals than EUR');
    expect(await failureOf(reportOf({ ...paid, 'Processed On UTC': 'yesterday' }))).to.include('the time cannot be read');
    expect(await failureOf(reportOf({ ...paid, 'Payment ID': '' }))).to.include('names nothing');
  });
});
