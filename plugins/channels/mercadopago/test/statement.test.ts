import { expect } from 'chai';
import type { StatementLine } from '../../../../core/contract/statement.ts';
import { answered, type HttpStep, makeCall, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import { fault, number, ok, openMercadoPago, payment, paymentId, refunded, refundId } from './fixture.ts';

const brl = (amount: number) => ({ amount, currency: 'BRL' });
const fees = [
  { type: 'mercadopago_fee', amount: 0.99, fee_payer: 'collector' },
  { type: 'financing_fee', amount: 2, fee_payer: 'payer' },
];
const paid = payment({
  date_approved: '2026-01-02T03:10:00.000-04:00',
  fee_details: fees,
  transaction_details: { net_received_amount: 18.9 },
});
const back = refunded({ date_created: '2026-01-02T20:00:00.000-03:00' });
const changed = payment({ ...paid, transaction_amount_refunded: 5, refunds: [back] });

const page = (results: readonly object[], offset = 0, total = results.length) => ok({ paging: { total, limit: 50, offset }, results });
const none = page([]);

async function fetchLines(...steps: HttpStep[]) {
  const { http, requests } = scriptHttp(...steps);
  const channel = openMercadoPago();
  const outcome = await channel.fetchStatement('2026-01-02', makeCall({ http }));
  const lines: StatementLine[] = [];
  if (outcome.kind === 'ready') {
    for await (const document of outcome.documents) for await (const line of channel.readStatement(document)) lines.push(line);
  }
  return { outcome, lines, asked: requests.map(({ url }) => new URL(url).searchParams) };
}

const failureOf = (...steps: HttpStep[]) =>
  fetchLines(...steps).then(
    () => 'none',
    (error: Error) => error.message,
  );

describe('Mercado Pago: what was approved and refunded on a day', () => {
  it('names payments by our number, with what the collector pays and gets, and refunds by the vendor’s', async () => {
    const { lines } = await fetchLines(page([paid]), page([changed]));
    expect(lines[0]).to.deep.include({ kind: 'payment', number, channelNo: paymentId, gross: brl(1999), fee: brl(99), net: brl(1890) });
    expect(lines[0]?.occurredAt.toISOString()).to.equal('2026-01-02T07:10:00.000Z');
    expect(lines[1]).to.deep.include({ kind: 'refund', number: null, channelNo: refundId, gross: brl(-500), fee: null, net: null });
  });

  it('is asked for by the day of UTC, the refunds among what changed until the next, page by page', async () => {
    const { lines, asked } = await fetchLines(page([paid], 0, 2), none, page([paid], 1, 2));
    expect(lines).to.have.length(2);
    expect(asked.map((one) => ['range', 'begin_date', 'end_date', 'offset'].map((name) => one.get(name)).join(' '))).to.deep.equal([
      'date_approved 2026-01-02T00:00:00.000Z 2026-01-02T23:59:59.999Z 0',
      'date_last_updated 2026-01-02T00:00:00.000Z 2026-01-03T23:59:59.999Z 0',
      'date_approved 2026-01-02T00:00:00.000Z 2026-01-02T23:59:59.999Z 1',
    ]);
  });

  it('leaves out refunds of other days, those that were not made, and what the account paid to others', async () => {
    const late = refunded({ ...back, date_created: '2026-01-02T23:00:00.000-03:00' });
    const refused = refunded({ ...back, status: 'rejected' });
    const { lines } = await fetchLines(page([{ ...paid, collector_id: 7 }]), page([{ ...changed, refunds: [late, refused] }]));
    expect(lines).to.deep.equal([]);
  });

  it('is none where a refunded payment does not list its refunds', async () => {
    expect(await failureOf(none, page([{ ...changed, refunds: [] }]))).to.include('are not listed');
    expect(await failureOf(none, page([{ ...changed, refunds: undefined }]))).to.include('are not listed');
  });

  it('is none when it cannot be read', async () => {
    expect(await failureOf(page([{ ...paid, transaction_amount: 19.999 }]), none)).to.include('cannot be read');
    expect(await failureOf(page([{ ...paid, id: 'x' }]), none)).to.include('without a number');
    expect(await failureOf(page([{ ...paid, fee_details: [{ fee_payer: 'collector' }] }]), none)).to.include('cannot be read');
    expect(await failureOf(none, page([{ ...changed, refunds: [{ ...back, amount: -5 }] }]))).to.include('cannot be read');
  });

  it('is none when a page is lost, or one begins elsewhere', async () => {
    expect(await failureOf(page([paid], 0, 2), none, answered(500, ''))).to.equal('the list of payments breaks off');
    expect(await failureOf(page([paid], 0, 3), none, page([paid], 2, 3))).to.include('that begins with number 1');
    expect(await failureOf(page([paid], 0, 2), none, page([paid], 1, 3), page([paid], 2, 3))).to.include('the list changed');
    const content = (async function* () {
      yield Buffer.from('{"list":"payments","day":"2026-01-02"}\n');
      yield Buffer.from(`${JSON.stringify({ paging: { total: 2, limit: 50, offset: 0 }, results: [paid] })}\n`);
    })();
    const read = async () => {
      for await (const _ of openMercadoPago().readStatement({ name: 'x', content }));
    };
    expect(await read().catch((error: Error) => error.message)).to.equal('the list of payments breaks off');
  });

  it('is empty on a day without any, and refused with a token that is none', async () => {
    expect((await fetchLines(none, none)).outcome).to.deep.equal({ kind: 'empty' });
    expect((await fetchLines(fault(401))).outcome.kind).to.equal('rejected');
  });
});
