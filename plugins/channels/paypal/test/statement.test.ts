import { expect } from 'chai';
import type { StatementLine } from '../../../../core/contract/statement.ts';
import { answered, type HttpStep, makeCall, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import { bad, captureId, config, good, loggedIn, number, openPaypal, refundNumber } from './fixture.ts';

const usd = (value: string) => ({ currency_code: 'USD', value });
const paid = {
  transaction_id: captureId,
  transaction_event_code: 'T0006',
  transaction_initiation_date: '2026-01-02T03:10:00+0000',
  transaction_amount: usd('19.99'),
  fee_amount: usd('-0.88'),
  transaction_status: 'S',
  invoice_id: number,
  custom_field: number,
};
const returned = {
  ...paid,
  transaction_id: '1JU08902781691411',
  transaction_event_code: 'T1107',
  transaction_amount: usd('-5.00'),
  fee_amount: usd('0.00'),
  custom_field: refundNumber,
  invoice_id: refundNumber,
};

const pageOf = (infos: readonly object[], more: object = {}) => ({
  transaction_details: infos.map((transaction_info) => ({ transaction_info })),
  account_number: config.merchant_id,
  last_refreshed_datetime: '2026-01-03T02:59:59+0000',
  page: 1,
  total_items: infos.length,
  total_pages: 1,
  ...more,
});

const now = () => new Date('2026-01-03T04:00:00Z');

async function fetchLines(...steps: HttpStep[]) {
  const { http, requests } = scriptHttp(loggedIn, ...steps);
  const paypal = openPaypal();
  const outcome = await paypal.fetchStatement('2026-01-02', makeCall({ http, now }));
  const lines: StatementLine[] = [];
  if (outcome.kind === 'ready') {
    for await (const document of outcome.documents) for await (const line of paypal.readStatement(document)) lines.push(line);
  }
  return { outcome, lines, asked: requests.slice(1).map(({ url }) => new URL(url).searchParams) };
}

const failureOf = (page: object) =>
  fetchLines(good(page)).then(
    () => 'none',
    (error: Error) => error.message,
  );

describe('PayPal: the transactions of a day', () => {
  it('name payments and refunds by our numbers, with the sign of what moved', async () => {
    const { lines } = await fetchLines(good(pageOf([paid, returned])));
    expect(lines[0]).to.deep.include({ kind: 'payment', number, channelNo: captureId, gross: { amount: 1999, currency: 'USD' } });
    expect(lines[0]).to.deep.include({ fee: { amount: 88, currency: 'USD' }, net: { amount: 1911, currency: 'USD' } });
    expect(lines[0]?.occurredAt.toISOString()).to.equal('2026-01-02T03:10:00.000Z');
    expect(lines[1]).to.deep.include({ kind: 'refund', number: refundNumber, gross: { amount: -500, currency: 'USD' } });
  });

  it('are asked for by the day of UTC, page by page', async () => {
    const first = pageOf([paid], { total_items: 2, total_pages: 2 });
    const { lines, asked } = await fetchLines(
      good(first),
      good({ ...first, ...pageOf([returned]), page: 2, total_items: 2, total_pages: 2 }),
    );
    expect(lines).to.have.length(2);
    expect([asked[0]?.get('start_date'), asked[0]?.get('end_date')]).to.deep.equal(['2026-01-02T00:00:00Z', '2026-01-02T23:59:59.999Z']);
    expect(asked.map((one) => one.get('page'))).to.deep.equal(['1', '2']);
  });

  it('are not there yet while PayPal has not looked at the whole day', async () => {
    const early = pageOf([paid], { last_refreshed_datetime: '2026-01-02T23:59:59+0000' });
    expect((await fetchLines(good(early))).outcome).to.deep.equal({ kind: 'notYet' });
    expect((await fetchLines(good(pageOf([])))).outcome).to.deep.equal({ kind: 'empty' });
  });

  it('hold fees, withdrawals, chargebacks and what else moved, and leave out what was denied or waits', async () => {
    const codes = ['T0113', 'T0403', 'T1201', 'T1106', 'T1110', 'T0000'];
    const moved = codes.map((transaction_event_code) => ({ ...paid, transaction_event_code, transaction_amount: usd('-1.00') }));
    const { lines } = await fetchLines(
      good(pageOf([...moved, { ...paid, transaction_status: 'D' }, { ...paid, transaction_status: 'P' }])),
    );
    expect(lines.map(({ kind }) => kind)).to.deep.equal(['fee', 'payout', 'chargeback', 'chargeback', 'adjustment', 'adjustment']);
    expect(lines[0]?.number).to.equal(null);
  });

  it('are none when they are another merchant’s, do not add up, or cannot be read', async () => {
    expect(await failureOf(pageOf([paid], { account_number: 'SAMPLEMERCH99' }))).to.equal('the list is of another merchant');
    expect(await failureOf(pageOf([paid], { total_items: 2 }))).to.equal('the list has 1 transactions and says 2');
    expect(await failureOf(pageOf([{ ...paid, transaction_amount: usd('19.999') }]))).to.include('an amount or the time of');
    expect(await failureOf(pageOf([{ ...paid, fee_amount: usd('1e3') }]))).to.include('an amount or the time of');
    expect(await failureOf(pageOf([{ ...paid, transaction_status: 'X' }]))).to.include('a state that is not known');
    expect(await failureOf(pageOf([{ ...paid, fee_amount: { currency_code: 'EUR', value: '-0.88' } }]))).to.include('another currency');
    expect(await failureOf(pageOf([{ ...paid, transaction_id: undefined }]))).to.include('without an id');
    expect(await failureOf(pageOf([paid], { page: 2 }))).to.include('is not page 1');
  });

  it('are none when a page is lost', async () => {
    const half = pageOf([paid], { total_items: 2, total_pages: 2 });
    const failure = await fetchLines(good(half), answered(500, '')).catch((error: Error) => error.message);
    expect(failure).to.equal('the list of transactions breaks off');
    const grown = pageOf([returned], { page: 2, total_items: 3, total_pages: 2 });
    expect(await fetchLines(good(half), good(grown)).catch((error: Error) => error.message)).to.include('the list changed');
    const content = (async function* () {
      yield Buffer.from(`${JSON.stringify(half)}\n`);
    })();
    const reading = async () => {
      for await (const _ of openPaypal().readStatement({ name: 'x', content }));
    };
    expect(await reading().catch((error: Error) => error.message)).to.equal('the list of transactions breaks off');
  });

  it('are refused without the permission, and unknown where PayPal fails', async () => {
    expect((await fetchLines(bad(403, 'NOT_AUTHORIZED'))).outcome.kind).to.equal('rejected');
    expect((await fetchLines(answered(503, ''))).outcome.kind).to.equal('unknown');
  });
});
