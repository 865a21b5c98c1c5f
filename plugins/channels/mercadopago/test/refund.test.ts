import { expect } from 'chai';
import { makeCall, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import {
  attempt,
  config,
  fault,
  ok,
  openMercadoPago,
  payment,
  paymentId,
  refunded,
  refundId,
  refundNumber,
  refundRequest,
} from './fixture.ts';

async function refundWith(...answers: Parameters<typeof scriptHttp>) {
  const { http, requests } = scriptHttp(...answers);
  return { outcome: await openMercadoPago().refund(refundRequest, makeCall({ http })), requests };
}

const succeeded = { kind: 'ok', report: { state: 'succeeded', channelNo: refundId, money: { amount: 500, currency: 'BRL' }, echo: {} } };
const processing = { kind: 'ok', report: { state: 'processing', channelNo: refundId, echo: {} } };

describe('mercadopago: refunding', () => {
  it('asks for a refund byte for byte, and takes the currency from its payment', async () => {
    const { outcome, requests } = await refundWith(ok(refunded(), 201), ok(payment()));
    expect(requests[0]).to.deep.include({
      method: 'POST',
      url: `${config.base_url}/v1/payments/${paymentId}/refunds`,
      body: '{"amount":5.00}',
    });
    expect(requests[0]?.headers).to.include({ 'x-idempotency-key': refundNumber });
    expect(requests[1]).to.deep.include({ method: 'GET', url: `${config.base_url}/v1/payments/${paymentId}` });
    expect(outcome).to.deep.equal(succeeded);
  });

  it('is still being processed where its payment cannot be asked about', async () => {
    for (const answer of [
      fault(500),
      fault(404),
      ok(payment({ id: 7 })),
      ok(payment({ collector_id: 7 })),
      ok(payment({ currency_id: 'X' })),
    ]) {
      expect((await refundWith(ok(refunded()), answer)).outcome).to.deep.equal(processing);
    }
  });

  for (const [status, state] of [
    ['in_process', 'processing'],
    ['authorized', 'processing'],
    ['rejected', 'failed'],
    ['cancelled', 'failed'],
  ] as const) {
    it(`${status} is ${state}`, async () => {
      expect((await refundWith(ok(refunded({ status })))).outcome).to.have.nested.property('report.state', state);
    });
  }

  it('is unknown for a state nobody has seen and for another payment', async () => {
    for (const members of [{ status: 'new' }, { payment_id: 7 }, { id: 'x' }]) {
      expect((await refundWith(ok(refunded(members)))).outcome).to.include({ kind: 'unknown' });
    }
  });

  it('is declined for a state of the payment that allows none', async () => {
    expect((await refundWith(fault(400, 2063))).outcome).to.include({ kind: 'declined', code: 'refund_rejected' });
    expect((await refundWith(fault(400))).outcome).to.include({ kind: 'rejected', reason: 'validation' });
    expect((await refundWith(fault(404))).outcome).to.include({ kind: 'unknown' });
    expect((await refundWith(fault(500, 2063))).outcome).to.include({ kind: 'unknown' });
  });

  it('sends nothing for an amount that is none, or without a payment', async () => {
    for (const overrides of [{ money: { amount: 0, currency: 'BRL' } }, { attempt }]) {
      expect(await openMercadoPago().refund({ ...refundRequest, ...overrides }, makeCall())).to.include({ kind: 'rejected' });
    }
  });

  it('asks by the number of the refund, which must be the one that answers', async () => {
    const { http, requests } = scriptHttp(ok(refunded()), ok(payment()), ok(refunded({ id: 7 })), fault(404));
    const ask = () => openMercadoPago().queryRefund({ ...refundRequest, channelNo: refundId }, makeCall({ http }));
    expect(await ask()).to.deep.equal(succeeded);
    expect(requests[0]?.url).to.equal(`${config.base_url}/v1/payments/${paymentId}/refunds/${refundId}`);
    expect(await ask()).to.include({ kind: 'unknown' });
    expect(await ask()).to.have.nested.property('report.state', 'not_found');
    expect(await openMercadoPago().queryRefund(refundRequest, makeCall())).to.include({ kind: 'rejected' });
  });
});
