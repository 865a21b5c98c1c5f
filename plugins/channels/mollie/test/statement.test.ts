import { expect } from 'chai';
import type { StatementLine } from '../../../../core/contract/statement.ts';
import { answered, type HttpStep, makeCall, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import { config, fault, number, ok, openMollie, payment, paymentId, refunded, refundId, refundNumber } from './fixture.ts';

const settlement = {
  resource: 'settlement',
  id: 'stl_jDk30akdN',
  status: 'paidout',
  settledAt: '2026-01-02T09:41:44+00:00',
  amount: { currency: 'EUR', value: '14.99' },
};
const paid = payment({ status: 'paid', createdAt: '2025-12-30T10:00:00+00:00', paidAt: '2025-12-30T10:01:00+00:00' });
const returned = refunded({ createdAt: '2025-12-31T10:00:00+00:00' });

const page = (list: string, items: readonly object[], from?: string) => {
  const next = from === undefined ? null : { href: `https://api.mollie.com/v2/x?from=${from}&limit=250`, type: 'application/hal+json' };
  return ok({ count: items.length, _embedded: { [list]: items }, _links: { next } });
};
const none = (...lists: readonly string[]) => lists.map((list) => page(list, []));

async function fetchLines(...steps: HttpStep[]) {
  const { http, requests } = scriptHttp(...steps);
  const mollie = openMollie();
  const outcome = await mollie.fetchStatement('2026-01-02', makeCall({ http }));
  const lines: StatementLine[] = [];
  if (outcome.kind === 'ready') {
    for await (const document of outcome.documents) for await (const line of mollie.readStatement(document)) lines.push(line);
  }
  return { outcome, lines, requests };
}

const failureOf = (...steps: HttpStep[]) =>
  fetchLines(...steps).then(
    () => 'none',
    (error: Error) => error.message,
  );

describe('Mollie: the settlements of a day', () => {
  it('name what was paid out, payments and refunds, by our numbers', async () => {
    const { lines } = await fetchLines(
      ...[page('settlements', [settlement]), page('payments', [paid]), page('refunds', [returned]), ...none('chargebacks', 'captures')],
    );
    expect(lines.map(({ kind, gross }) => [kind, gross.amount])).to.deep.equal([
      ['payout', -1499],
      ['payment', 1999],
      ['refund', -500],
    ]);
    expect(lines[1]).to.deep.include({ number, channelNo: paymentId, fee: null, net: null });
    expect(lines[1]?.occurredAt.toISOString()).to.equal('2025-12-30T10:01:00.000Z');
    expect(lines[2]).to.deep.include({ number: refundNumber, channelNo: refundId });
  });

  it('are asked for with the organization’s token, page by page', async () => {
    const { lines, requests } = await fetchLines(
      ...[page('settlements', [settlement]), page('payments', [paid], 'tr_2'), page('payments', [paid])],
      ...none('refunds', 'chargebacks', 'captures'),
    );
    expect(lines).to.have.length(3);
    expect(new URL(requests[2]?.url ?? '').searchParams.get('from')).to.equal('tr_2');
    for (const { headers } of requests) expect(headers?.authorization).to.equal(`Bearer ${config.organization_token}`);
  });

  it('are those of the day in Amsterdam that were paid out, and no older page is asked for', async () => {
    const others = [
      { ...settlement, settledAt: '2026-01-02T23:30:00+00:00' },
      { ...settlement, status: 'failed' },
      { ...settlement, settledAt: '2025-12-31T12:00:00+00:00' },
    ];
    const { outcome, requests } = await fetchLines(page('settlements', others, 'stl_older'));
    expect(outcome).to.deep.equal({ kind: 'empty' });
    expect(requests).to.have.length(1);
  });

  it('hold chargebacks and captures, and nothing of another profile', async () => {
    const back = { resource: 'chargeback', id: 'chb_1', amount: paid.amount, paymentId, createdAt: '2026-01-01T00:00:00+00:00' };
    const captured = { resource: 'capture', id: 'cpt_1', amount: paid.amount, paymentId, createdAt: '2026-01-01T00:00:00+00:00' };
    const { lines } = await fetchLines(
      ...[page('settlements', [settlement]), page('payments', [{ ...paid, profileId: 'pfl_Other' }]), ...none('refunds')],
      ...[page('chargebacks', [back]), page('captures', [captured])],
    );
    expect(lines.slice(1).map(({ kind, channelNo, gross }) => [kind, channelNo, gross.amount])).to.deep.equal([
      ['chargeback', 'chb_1', -1999],
      ['payment', paymentId, 1999],
    ]);
  });

  it('are none when a list breaks off, has not what it says, or an amount cannot be read', async () => {
    const start = page('settlements', [settlement]);
    expect(await failureOf(start, page('payments', [paid], 'tr_2'), answered(500, ''))).to.equal('the list of payments breaks off');
    const short = ok({ count: 2, _embedded: { payments: [paid] }, _links: { next: null } });
    expect(await failureOf(start, short)).to.equal('the list of payments breaks off');
    const wrong = { ...paid, amount: { value: '19.999', currency: 'EUR' } };
    expect(await failureOf(start, page('payments', [wrong]))).to.include('the amount of');
    expect(await failureOf(start, page('payments', [{ ...paid, id: '' }]))).to.include('without an id or a time');
    expect(await failureOf(page('settlements', [{ ...settlement, amount: null }]))).to.equal('line 1 is no settlement');
    const content = (async function* () {
      yield Buffer.from(`${JSON.stringify(settlement)}\n`);
    })();
    const read = async () => {
      for await (const _ of openMollie().readStatement({ name: 'x', content }));
    };
    expect(await read().catch((error: Error) => error.message)).to.equal('the list of payments breaks off');
  });

  it('are refused without a token, or with one that is none', async () => {
    const { http, requests } = scriptHttp();
    const without = openMollie({ organization_token: undefined } as never);
    expect((await without.fetchStatement('2026-01-02', makeCall({ http }))).kind).to.equal('rejected');
    expect(requests).to.have.length(0);
    expect((await fetchLines(fault(401))).outcome.kind).to.equal('rejected');
  });
});
