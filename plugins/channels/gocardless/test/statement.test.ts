import { expect } from 'chai';
import type { StatementLine } from '../../../../core/contract/statement.ts';
import { answered, type HttpStep, makeCall, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import { bad, creditorId, good, openGoCardless, paymentId, refundId } from './fixture.ts';

const payout = { id: 'PO123', amount: 1482, currency: 'GBP', created_at: '2026-01-02T09:41:44.000Z', links: { creditor: creditorId } };
const paid = { type: 'payment_paid_out', amount: '1999.0', links: { payment: paymentId }, taxes: [] };
const returned = { type: 'payment_refunded', amount: '-500.0', links: { payment: paymentId, refund: refundId }, taxes: [] };
const fee = { type: 'gocardless_fee', amount: '-17.4', links: { payment: paymentId }, taxes: [] };

const page = (list: string, items: readonly object[], after: string | null = null) =>
  good({ [list]: items, meta: { cursors: { before: null, after }, limit: 500 } });

async function fetchLines(...steps: HttpStep[]) {
  const { http, requests } = scriptHttp(...steps);
  const gocardless = openGoCardless();
  const outcome = await gocardless.fetchStatement('2026-01-02', makeCall({ http }));
  const lines: StatementLine[] = [];
  if (outcome.kind === 'ready') {
    for await (const document of outcome.documents) for await (const line of gocardless.readStatement(document)) lines.push(line);
  }
  return { outcome, lines, asked: requests.map(({ url }) => new URL(url)) };
}

const failureOf = (...steps: HttpStep[]) =>
  fetchLines(...steps).then(
    () => 'none',
    (error: Error) => error.message,
  );
const failureOfItems = (...items: readonly object[]) => failureOf(page('payouts', [payout]), page('payout_items', items));

describe('GoCardless: the payouts of a day', () => {
  it('hold what they are made of, by GoCardless’ ids, and the costs as what is left', async () => {
    const { lines } = await fetchLines(page('payouts', [payout]), page('payout_items', [paid, returned, fee]));
    expect(lines.map(({ kind, channelNo, gross }) => [kind, channelNo, gross.amount])).to.deep.equal([
      ['payment', paymentId, 1999],
      ['refund', refundId, -500],
      ['fee', 'PO123', -17],
      ['payout', 'PO123', -1482],
    ]);
    expect(lines[0]).to.deep.include({ number: null, fee: null, net: null, occurredAt: new Date(payout.created_at) });
  });

  it('are asked for by the day of UTC and the creditor, page by page', async () => {
    const { lines, asked } = await fetchLines(
      ...[page('payouts', [], 'p2'), page('payouts', [payout])],
      ...[page('payout_items', [paid, returned], 'i2'), page('payout_items', [fee])],
    );
    expect(lines).to.have.length(4);
    expect(asked.map(({ pathname, searchParams }) => `${pathname} ${searchParams.get('after')}`)).to.deep.equal([
      ...['/payouts null', '/payouts p2', '/payout_items null', '/payout_items i2'],
    ]);
    const first = (asked[0] as URL).searchParams;
    expect(['created_at[gte]', 'created_at[lte]', 'creditor', 'payout_type'].map((name) => first.get(name))).to.deep.equal([
      ...['2026-01-02T00:00:00.000Z', '2026-01-02T23:59:59.999Z', creditorId, 'merchant'],
    ]);
  });

  it('take back failed and charged back payments, and pay returned refunds again', async () => {
    const items = [
      { ...paid, amount: '2000.0' },
      { ...paid, type: 'payment_charged_back', amount: '-300.0' },
      { ...paid, type: 'payment_failed', amount: '-300.0' },
      { ...returned, type: 'refund_funds_returned', amount: '82.0' },
    ];
    const { lines } = await fetchLines(page('payouts', [payout]), page('payout_items', items));
    expect(lines.map(({ kind, gross }) => [kind, gross.amount])).to.deep.equal([
      ...[
        ['payment', 2000],
        ['chargeback', -300],
        ['chargeback', -300],
        ['refund', 82],
        ['payout', -1482],
      ],
    ]);
  });

  it('are none when they do not add up, are another creditor’s, or cannot be read', async () => {
    expect(await failureOfItems(paid, fee)).to.equal('the items do not come to the amount of PO123');
    expect(await failureOfItems({ ...paid, amount: '1999.5' }, returned)).to.include('cannot be read');
    expect(await failureOfItems({ ...paid, amount: 1999 }, returned)).to.include('cannot be read');
    expect(await failureOfItems({ ...paid, links: {} })).to.include('names nothing');
    expect(await failureOf(page('payouts', [{ ...payout, id: 'X' }]), page('payout_items', []))).to.equal('line 1 is no payout');
    expect(await failureOf(page('payouts', [{ ...payout, created_at: 'x' }]), page('payout_items', []))).to.include('line 1: the amount');
    const foreign = { ...payout, links: { creditor: 'CR0001OTHER' } };
    expect(await failureOf(page('payouts', [foreign]), page('payout_items', []))).to.equal('line 1: PO123 is of another creditor');
  });

  it('are none when a page is lost', async () => {
    expect(await failureOf(page('payouts', [payout]), page('payout_items', [paid], 'i2'), answered(500, ''))).to.include('breaks off');
    const content = (async function* () {
      yield Buffer.from(`${JSON.stringify(payout)}\n`);
    })();
    const read = async () => {
      for await (const _ of openGoCardless().readStatement({ name: 'x', content }));
    };
    expect(await read().catch((error: Error) => error.message)).to.equal('the list of payout items breaks off');
  });

  it('are empty on a day without any, and refused with a token that is none', async () => {
    expect((await fetchLines(page('payouts', []))).outcome).to.deep.equal({ kind: 'empty' });
    expect((await fetchLines(bad(401, 'invalid_api_usage', 'access_token_not_found'))).outcome.kind).to.equal('rejected');
  });
});
