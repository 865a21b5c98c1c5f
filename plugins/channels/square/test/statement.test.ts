import { expect } from 'chai';
import type { StatementLine } from '../../../../core/contract/statement.ts';
import { answered, type HttpStep, makeCall, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import { bad, config, good, number, openSquare, payment, refunded } from './fixture.ts';

const usd = (amount: number) => ({ amount, currency: 'USD' });
const paid = { ...payment, created_at: '2026-01-02T03:10:00.000Z', processing_fee: [{ type: 'INITIAL', amount_money: usd(88) }] };
const returned = { ...refunded, created_at: '2026-01-02T04:10:00.000Z' };
const nothing = good({});

async function fetchLines(...steps: HttpStep[]) {
  const { http, requests } = scriptHttp(...steps);
  const square = openSquare();
  const outcome = await square.fetchStatement('2026-01-02', makeCall({ http }));
  const lines: StatementLine[] = [];
  if (outcome.kind === 'ready') {
    for await (const document of outcome.documents) for await (const line of square.readStatement(document)) lines.push(line);
  }
  return { outcome, lines, asked: requests.map(({ url }) => new URL(url)) };
}

const failureOf = (...steps: HttpStep[]) =>
  fetchLines(...steps).then(
    () => 'none',
    (error: Error) => error.message,
  );
const failureOfPayment = (more: object) => failureOf(good({ payments: [{ ...paid, ...more }] }), nothing);

describe('Square: the payments and refunds of a day', () => {
  it('name payments by our number, with what Square kept, and refunds by Square’s', async () => {
    const { lines } = await fetchLines(good({ payments: [paid] }), good({ refunds: [returned] }));
    expect(lines[0]).to.deep.include({ kind: 'payment', number, channelNo: 'pay1', gross: usd(1999), fee: usd(88), net: usd(1911) });
    expect(lines[1]).to.deep.include({ kind: 'refund', number: null, channelNo: 'pay1_r', gross: usd(-500), fee: null, net: null });
  });

  it('find the number of a link’s payment in its note, and count fees that are corrected or given back', async () => {
    const link = { ...paid, reference_id: undefined, note: number };
    const fees = [...paid.processing_fee, { type: 'ADJUSTMENT', amount_money: usd(-8) }];
    const { lines } = await fetchLines(good({ payments: [{ ...link, processing_fee: fees }] }), nothing);
    expect(lines[0]).to.deep.include({ number, fee: usd(80), net: usd(1919) });
  });

  it('are asked for by the day of UTC and the location, page by page', async () => {
    const { lines, asked } = await fetchLines(good({ payments: [paid], cursor: 'c1' }), nothing, good({ payments: [paid] }));
    expect(lines).to.have.length(2);
    expect(asked.map(({ pathname, searchParams }) => [pathname, searchParams.get('cursor')])).to.deep.equal([
      ['/v2/payments', null],
      ['/v2/refunds', null],
      ['/v2/payments', 'c1'],
    ]);
    const { searchParams } = asked[0] as URL;
    expect(['begin_time', 'end_time', 'location_id'].map((name) => searchParams.get(name))).to.deep.equal([
      ...['2026-01-02T00:00:00.000Z', '2026-01-02T23:59:59.999Z', config.location_id],
    ]);
  });

  it('leave out what moved no money', async () => {
    const statuses = ['APPROVED', 'PENDING', 'CANCELED', 'FAILED'].map((status) => ({ ...paid, status }));
    const { lines } = await fetchLines(good({ payments: statuses }), good({ refunds: [{ ...returned, status: 'REJECTED' }] }));
    expect(lines).to.deep.equal([]);
  });

  it('are none when they are of another location or cannot be read', async () => {
    expect(await failureOfPayment({ location_id: 'LOTHER0001' })).to.equal('line 1: pay1 is of another location');
    expect(await failureOfPayment({ total_money: { amount: 1.5, currency: 'USD' } })).to.include('the amount of');
    expect(await failureOfPayment({ processing_fee: [{ amount_money: { amount: 1, currency: 'EUR' } }] })).to.include('the fee of');
    expect(await failureOfPayment({ status: 'NEW' })).to.include('a state that is not known');
    expect(await failureOfPayment({ created_at: 'today' })).to.include('without an id or a time');
    expect(await failureOf(good({ payments: ['pay1'] }), nothing)).to.include('that is no object');
  });

  it('are none when a page is lost', async () => {
    expect(await failureOf(good({ payments: [paid], cursor: 'c1' }), nothing, answered(500, ''))).to.equal(
      'the list of payments breaks off',
    );
    const content = (async function* () {
      yield Buffer.from(`${JSON.stringify({ payments: [paid], cursor: 'c1' })}\n`);
    })();
    const read = async () => {
      for await (const _ of openSquare().readStatement({ name: 'x', content }));
    };
    expect(await read().catch((error: Error) => error.message)).to.equal('the list breaks off');
  });

  it('are empty on a day without any, and refused with a token that is none', async () => {
    expect((await fetchLines(nothing, nothing)).outcome).to.deep.equal({ kind: 'empty' });
    expect((await fetchLines(bad(401, 'AUTHENTICATION_ERROR', 'UNAUTHORIZED'))).outcome.kind).to.equal('rejected');
  });
});
