import { expect } from 'chai';
import type { StatementLine } from '../../../../core/contract/statement.ts';
import { answered, type HttpStep, makeCall, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import { bad, good, number, openPaystack, refunded, refundNumber, transaction } from './fixture.ts';

const ngn = (amount: number) => ({ amount, currency: 'NGN' });
const paid = { ...transaction, fees: 30 };
const returned = {
  ...refunded,
  transaction: transaction.id,
  createdAt: '2026-01-02T04:00:00.000Z',
  refunded_at: '2026-01-02T04:10:00.000Z',
};
const none = good([]);

async function fetchLines(...steps: HttpStep[]) {
  const { http, requests } = scriptHttp(...steps);
  const paystack = openPaystack();
  const outcome = await paystack.fetchStatement('2026-01-02', makeCall({ http }));
  const lines: StatementLine[] = [];
  if (outcome.kind === 'ready') {
    for await (const document of outcome.documents) for await (const line of paystack.readStatement(document)) lines.push(line);
  }
  return { outcome, lines, asked: requests.map(({ url }) => new URL(url)) };
}

const failureOf = (...steps: HttpStep[]) =>
  fetchLines(...steps).then(
    () => 'none',
    (error: Error) => error.message,
  );
const failureOfPaid = (more: object) => failureOf(good([{ ...paid, ...more }]), none, none);

describe('Paystack: the transactions and refunds of a day', () => {
  it('name payments and refunds by our numbers, with what Paystack kept', async () => {
    const { lines } = await fetchLines(good([paid]), good([returned]), none, none);
    expect(lines[0]).to.deep.include({ kind: 'payment', number, channelNo: '4099260516', gross: ngn(1999), fee: ngn(30), net: ngn(1969) });
    expect(lines[1]).to.deep.include({ kind: 'refund', number: refundNumber, channelNo: '77', gross: ngn(-500), fee: null, net: null });
    expect(lines[1]?.occurredAt.toISOString()).to.equal('2026-01-02T04:10:00.000Z');
  });

  it('are asked for by the day of UTC until a page is empty', async () => {
    const { lines, asked } = await fetchLines(good([paid]), none, good([paid]), none);
    expect(lines).to.have.length(2);
    expect(asked.map(({ pathname, searchParams }) => `${pathname} ${searchParams.get('page')}`)).to.deep.equal([
      ...['/transaction 1', '/refund 1', '/transaction 2', '/transaction 3'],
    ]);
    expect([asked[0]?.searchParams.get('from'), asked[0]?.searchParams.get('to')]).to.deep.equal([
      ...['2026-01-02T00:00:00.000Z', '2026-01-02T23:59:59.999Z'],
    ]);
  });

  it('keep what was paid and given back whole, and leave out what moved no money', async () => {
    const idle = ['abandoned', 'failed', 'ongoing', 'pending'].map((status) => ({ ...paid, status }));
    const { lines } = await fetchLines(
      ...[good([{ ...paid, status: 'reversed', fees: null }, ...idle]), good([{ ...returned, status: 'failed' }]), none, none],
    );
    expect(lines.map(({ kind, fee }) => [kind, fee])).to.deep.equal([['payment', null]]);
  });

  it('are none when they are of the other mode or cannot be read', async () => {
    expect(await failureOfPaid({ domain: 'live' })).to.include('is of the other mode');
    expect(await failureOfPaid({ amount: 19.99 })).to.include('cannot be read');
    expect(await failureOfPaid({ fees: -1 })).to.include('cannot be read');
    expect(await failureOfPaid({ status: 'new' })).to.include('a state that is not known');
    expect(await failureOfPaid({ id: 'x' })).to.include('without an id');
  });

  it('are none when a page is lost', async () => {
    expect(await failureOf(good([paid]), none, answered(500, ''))).to.equal('the list of transactions breaks off');
    const content = (async function* () {
      yield Buffer.from(`${JSON.stringify({ status: true, data: [paid] })}\n`);
    })();
    const read = async () => {
      for await (const _ of openPaystack().readStatement({ name: 'x', content }));
    };
    expect(await read().catch((error: Error) => error.message)).to.equal('the list breaks off');
  });

  it('are empty on a day without any, and refused with a key that is none', async () => {
    expect((await fetchLines(none, none)).outcome).to.deep.equal({ kind: 'empty' });
    expect((await fetchLines(bad(401, { code: 'invalid_Key' }))).outcome.kind).to.equal('rejected');
  });
});
