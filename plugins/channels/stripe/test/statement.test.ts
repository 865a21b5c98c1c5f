import { expect } from 'chai';
import type { StatementLine } from '../../../../core/contract/statement.ts';
import { answered, type HttpStep, makeCall, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import { fault, intentId, number, ok, openStripe, refundId, refundNumber } from './fixture.ts';

const charge = {
  id: 'ch_1',
  object: 'charge',
  amount: 1999,
  amount_captured: 1999,
  currency: 'eur',
  payment_intent: intentId,
  metadata: { paymux_attempt: number },
};
const paid = {
  id: 'txn_1',
  type: 'charge',
  reporting_category: 'charge',
  amount: 2160,
  fee: 93,
  net: 2067,
  currency: 'usd',
  created: 1_767_323_045,
  source: charge,
};
const returned = {
  ...{
    id: 'txn_2',
    type: 'refund',
    reporting_category: 'refund',
    amount: -540,
    fee: 0,
    net: -540,
    currency: 'usd',
    created: 1_767_323_050,
  },
  source: { id: refundId, object: 'refund', amount: 500, currency: 'eur', metadata: { paymux_refund: refundNumber } },
};
const page = (data: readonly object[], hasMore = false) => ({ object: 'list', data, has_more: hasMore });

async function fetchLines(...steps: HttpStep[]) {
  const { http, requests } = scriptHttp(...steps);
  const stripe = openStripe();
  const outcome = await stripe.fetchStatement('2026-01-02', makeCall({ http }));
  const lines: StatementLine[] = [];
  if (outcome.kind === 'ready') {
    for await (const document of outcome.documents) for await (const line of stripe.readStatement(document)) lines.push(line);
  }
  return { kind: outcome.kind, lines, asked: requests.map(({ url }) => new URL(url).searchParams) };
}

const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => 'none',
    (error: Error) => error.message,
  );

describe('Stripe: the balance transactions of a day', () => {
  it('name payments and refunds by our numbers, in the currency of the shopper, with fees in that of the balance', async () => {
    const { lines } = await fetchLines(ok(page([paid, returned])));
    expect(lines[0]).to.deep.include({ kind: 'payment', number, channelNo: intentId, gross: { amount: 1999, currency: 'EUR' } });
    expect(lines[0]).to.deep.include({ fee: { amount: 93, currency: 'USD' }, net: { amount: 2067, currency: 'USD' } });
    expect(lines[1]).to.deep.include({
      kind: 'refund',
      number: refundNumber,
      channelNo: refundId,
      gross: { amount: -500, currency: 'EUR' },
    });
  });

  it('are asked for page by page, by the days of UTC', async () => {
    const { lines, asked } = await fetchLines(ok(page([paid], true)), ok(page([returned])));
    expect(lines).to.have.length(2);
    expect([asked[0]?.get('created[gte]'), asked[0]?.get('created[lt]')]).to.deep.equal(['1767312000', '1767398400']);
    expect([asked[0]?.get('starting_after'), asked[1]?.get('starting_after')]).to.deep.equal([null, 'txn_1']);
  });

  it('hold fees, payouts, disputes and what else moved', async () => {
    const moved = ['stripe_fee', 'payout', 'adjustment', 'topup'].map((type) => ({
      ...paid,
      type,
      source: null,
      amount: -100,
      fee: 0,
      net: -100,
    }));
    const dispute = { ...paid, type: 'adjustment', reporting_category: 'dispute', source: null, amount: -2000, net: -2093 };
    const { lines } = await fetchLines(ok(page([...moved, dispute])));
    expect(lines.map(({ kind }) => kind)).to.deep.equal(['fee', 'payout', 'adjustment', 'adjustment', 'chargeback']);
    expect(lines[1]).to.deep.include({ number: null, channelNo: 'txn_1', gross: { amount: -100, currency: 'USD' } });
  });

  it('name a payout by its own number, which is what people look for', async () => {
    const payout = { ...returned, type: 'payout', reporting_category: 'payout', source: { id: 'po_1000001', object: 'payout' } };
    expect((await fetchLines(ok(page([payout])))).lines[0]).to.deep.include({ kind: 'payout', channelNo: 'po_1000001' });
  });

  it('are refused where the net is not the amount without the fee', async () => {
    const wrong = fetchLines(ok(page([returned, { ...paid, net: 2066 }])));
    expect(await failureOf(wrong)).to.equal('line 1: the net of txn_1 is not its amount without its fee');
  });

  it('are none when a page is lost, or the last one says that there are more', async () => {
    expect(await failureOf(fetchLines(ok(page([paid], true)), answered(500, '')))).to.equal('the list of balance transactions breaks off');
    const half = async () => {
      const content = (async function* () {
        yield Buffer.from(`${JSON.stringify(page([paid], true))}\n`);
      })();
      for await (const _ of openStripe().readStatement({ name: 'x', content }));
    };
    expect(await failureOf(half())).to.equal('the list of balance transactions breaks off');
    expect(await failureOf(fetchLines(ok(page([{ ...paid, fee: 1.5 }]))))).to.equal('line 1: an amount of txn_1 cannot be read');
  });

  it('are empty on a day without any, and refused with a key that is none', async () => {
    expect((await fetchLines(ok(page([])))).kind).to.equal('empty');
    expect((await fetchLines(fault(401, {}))).kind).to.equal('rejected');
    expect((await fetchLines(answered(429, '{}'))).kind).to.equal('notSent');
  });
});
