import { expect } from 'chai';
import type { StatementLine } from '../../../../core/contract/statement.ts';
import { answered, type HttpStep, makeCall, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import { bad, config, good, intentId, loggedIn, number, openAirwallex, refundNumber } from './fixture.ts';

const usd = (amount: number) => ({ amount, currency: 'USD' });
const settlement = {
  id: 'bat_20260102_USD_1',
  amount: 14.09,
  fee: 0.8,
  currency: 'USD',
  status: 'SETTLED',
  settled_at: '2026-01-02T09:00:00+0000',
};
const paid = {
  ...{ transaction_id: 'ftx_1', transaction_type: 'Payment', source_id: 'att_1', account_id: config.account_id, order_id: number },
  ...{ request_id: number, payment_intent_id: intentId, transaction_amount: 1999, transaction_currency: 'JPY' },
  ...{ settlement_currency: 'USD', gross_amount: 19.99, fees: -0.7, taxes_on_fees: -0.1, net_amount: 19.19 },
  created_at: '2026-01-01T20:10:00+0800',
};
const returned = {
  ...{ ...paid, transaction_id: 'ftx_2', transaction_type: 'Refund', source_id: 'rfd_1', request_id: refundNumber },
  ...{ transaction_amount: -5.1, transaction_currency: 'USD', gross_amount: -5.1, fees: 0, taxes_on_fees: 0, net_amount: -5.1 },
};

const list = (items: readonly object[], after?: string) =>
  good({ has_more: after !== undefined, items, ...(after === undefined ? {} : { page_after: after }) });
/** There is one in dollars, which come first, and none in the ten other currencies. */
const settlements = (one: object = settlement) => [list([one]), ...Array.from({ length: 10 }, () => list([]))];

async function fetchLines(...steps: HttpStep[]) {
  const { http, requests } = scriptHttp(loggedIn, ...steps);
  const airwallex = openAirwallex();
  const outcome = await airwallex.fetchStatement('2026-01-02', makeCall({ http }));
  const lines: StatementLine[] = [];
  if (outcome.kind === 'ready') {
    for await (const document of outcome.documents) for await (const line of airwallex.readStatement(document)) lines.push(line);
  }
  return { outcome, lines, asked: requests.slice(1).map(({ url }) => new URL(url)) };
}

const failureOf = (...steps: HttpStep[]) =>
  fetchLines(...steps).then(
    () => 'none',
    (error: Error) => error.message,
  );
const failureOfRecords = (...records: readonly object[]) => failureOf(...settlements(), list(records));

describe('Airwallex: the settlements of a day', () => {
  it('name payments and refunds by our numbers, in the shopper’s money, with costs in that of the settlement', async () => {
    const { lines } = await fetchLines(...settlements(), list([paid, returned]));
    expect(lines[0]).to.deep.include({ kind: 'payment', number, channelNo: intentId, gross: { amount: 1999, currency: 'JPY' } });
    expect(lines[0]).to.deep.include({ fee: usd(80), net: usd(1919) });
    expect(lines[0]?.occurredAt.toISOString()).to.equal('2026-01-01T12:10:00.000Z');
    expect(lines[1]).to.deep.include({ kind: 'refund', number: refundNumber, channelNo: 'rfd_1', gross: usd(-510), net: usd(-510) });
    expect(lines[2]).to.deep.include({ kind: 'payout', number: null, channelNo: settlement.id, gross: usd(-1409) });
  });

  it('do not take the payment’s number for the refund’s', async () => {
    const { lines } = await fetchLines(...settlements(), list([paid, { ...returned, request_id: number }]));
    expect(lines[1]).to.deep.include({ number: null, channelNo: 'rfd_1' });
  });

  it('are asked for by currency and the day of UTC, their records page by page', async () => {
    const { lines, asked } = await fetchLines(...settlements(), list([paid], 'r2'), list([returned]));
    expect(lines).to.have.length(3);
    const first = (asked[0] as URL).searchParams;
    expect(['currency', 'status', 'from_settled_at', 'to_settled_at'].map((name) => first.get(name))).to.deep.equal([
      ...['USD', 'SETTLED', '2026-01-02T00:00:00Z', '2026-01-02T23:59:59Z'],
    ]);
    expect(new Set(asked.slice(0, 11).map(({ searchParams }) => searchParams.get('currency'))).size).to.equal(11);
    expect(asked.slice(11).map(({ searchParams }) => `${searchParams.get('settlement_id')} ${searchParams.get('page')}`)).to.deep.equal([
      ...['bat_20260102_USD_1 null', 'bat_20260102_USD_1 r2'],
    ]);
  });

  it('hold disputes, fees and reserves', async () => {
    const types = ['Dispute', 'Fee', 'Payment reserve hold'].map((transaction_type) => ({ ...returned, transaction_type }));
    const { lines } = await fetchLines(...settlements({ ...settlement, amount: -15.3 }), list(types));
    expect(lines.map(({ kind }) => kind)).to.deep.equal(['chargeback', 'fee', 'adjustment', 'payout']);
  });

  it('are none when they do not add up, are another account’s, or cannot be read', async () => {
    expect(await failureOfRecords(paid)).to.equal('the records do not come to the amount of bat_20260102_USD_1');
    expect(await failureOfRecords({ ...paid, net_amount: 19.2 }, returned)).to.include('do not add up');
    expect(await failureOfRecords({ ...paid, account_id: 'acct_other' }, returned)).to.include('is of another account');
    expect(await failureOfRecords({ ...paid, transaction_amount: 19.995 }, returned)).to.include('cannot be read');
    expect(await failureOfRecords({ ...paid, settlement_currency: 'EUR' }, returned)).to.include('in another currency');
    expect(await failureOfRecords({ ...paid, created_at: 'today' }, returned)).to.include('without an id or a time');
    expect(await failureOf(...settlements({ ...settlement, settled_at: 'today' }), list([]))).to.equal('line 1 is no settlement');
  });

  it('are none when a page is lost', async () => {
    expect(await failureOf(...settlements(), list([paid], 'r2'), answered(500, ''))).to.equal('the list of settlement records breaks off');
    const content = (async function* () {
      yield Buffer.from(`${JSON.stringify(settlement)}\n`);
    })();
    const read = async () => {
      for await (const _ of openAirwallex().readStatement({ name: 'x', content }));
    };
    expect(await read().catch((error: Error) => error.message)).to.equal('the list of settlement records breaks off');
  });

  it('are empty on a day without any, and refused with a key that may not', async () => {
    expect((await fetchLines(...Array.from({ length: 11 }, () => list([])))).outcome).to.deep.equal({ kind: 'empty' });
    expect((await fetchLines(bad(403, 'forbidden'))).outcome.kind).to.equal('rejected');
  });
});
