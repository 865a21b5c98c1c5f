import { expect } from 'chai';
import { makeCall, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import { attempt, fault, ok, openXendit, refunded, refundId, refundNumber, refundRequest, requestId } from './fixture.ts';

async function refundWith(answer: Parameters<typeof scriptHttp>[0], overrides = {}) {
  const { http, requests } = scriptHttp(answer);
  return { outcome: await openXendit().refund({ ...refundRequest, ...overrides }, makeCall({ http })), request: requests[0] };
}

const succeeded = {
  kind: 'ok',
  report: { state: 'succeeded', channelNo: refundId, money: { amount: 500_000, currency: 'IDR' }, echo: { number: refundNumber } },
};

describe('xendit: refunding', () => {
  it('names the payment request and its own number, byte for byte', async () => {
    const { outcome, request } = await refundWith(ok(refunded()));
    expect(request).to.deep.include({ method: 'POST', url: 'http://127.0.0.1:8090/xendit/refunds' });
    expect(request?.headers).to.include({ 'idempotency-key': refundNumber });
    expect(request?.body).to.equal(
      `{"payment_request_id":"${requestId}","reference_id":"${refundNumber}","amount":5000,"currency":"IDR","reason":"REQUESTED_BY_CUSTOMER"}`,
    );
    expect(outcome).to.deep.equal(succeeded);
  });

  it("keeps the merchant's reason in the metadata", async () => {
    const { request } = await refundWith(ok(refunded()), { reason: '茶'.repeat(300) });
    expect(JSON.parse(String(request?.body)).metadata).to.deep.equal({ reason: '茶'.repeat(200) });
  });

  for (const [status, state] of [
    ['PENDING', 'processing'],
    ['FAILED', 'failed'],
    ['CANCELLED', 'failed'],
  ] as const) {
    it(`${status} is ${state}`, async () => {
      expect((await refundWith(ok(refunded({ status })))).outcome).to.have.nested.property('report.state', state);
    });
  }

  it('tells why a refund failed', async () => {
    const { outcome } = await refundWith(ok(refunded({ status: 'FAILED', failure_code: 'INSUFFICIENT_BALANCE' })));
    expect(outcome).to.have.nested.property('report.code', 'insufficient_balance');
  });

  it('is unknown for a state nobody has seen, for another payment and without an amount', async () => {
    for (const members of [{ status: 'NEW' }, { payment_request_id: 'pr-other' }, { amount: null }, { id: '' }]) {
      expect((await refundWith(ok(refunded(members)))).outcome, JSON.stringify(members)).to.include({ kind: 'unknown' });
    }
  });

  for (const [status, code, expected] of [
    [400, 'MAXIMUM_REFUND_AMOUNT_REACHED', { kind: 'declined', code: 'refund_rejected' }],
    [400, 'INSUFFICIENT_BALANCE', { kind: 'declined', code: 'insufficient_balance' }],
    [400, 'REFUND_IN_PROGRESS', { kind: 'unknown' }],
    [409, 'IDEMPOTENCY_ERROR', { kind: 'rejected', reason: 'number_reused' }],
    [503, 'CHANNEL_UNAVAILABLE', { kind: 'unknown', reason: 'server_error' }],
  ] as const) {
    it(`${status} ${code} is ${expected.kind}`, async () => {
      expect((await refundWith(fault(status, code))).outcome).to.include(expected);
    });
  }

  it('sends nothing for an amount that is none, or without a payment', async () => {
    const rejected = { kind: 'rejected', reason: 'validation' };
    for (const overrides of [
      { money: { amount: 0, currency: 'IDR' } },
      { money: { amount: 50, currency: 'IDR' } },
      { attempt: { ...attempt, channelNo: null } },
    ]) {
      expect(await openXendit().refund({ ...refundRequest, ...overrides }, makeCall())).to.deep.equal(rejected);
    }
  });

  it('asks by the number of the refund, which must be the one that answers', async () => {
    const { http, requests } = scriptHttp(ok(refunded()), ok(refunded({ id: 'rfd-other' })), fault(404, 'DATA_NOT_FOUND'));
    const known = { ...refundRequest, channelNo: refundId };
    const ask = () => openXendit().queryRefund(known, makeCall({ http }));
    expect(await ask()).to.deep.equal(succeeded);
    expect(requests[0]?.url).to.equal(`http://127.0.0.1:8090/xendit/refunds/${refundId}`);
    expect(await ask()).to.include({ kind: 'unknown' });
    expect(await ask()).to.have.nested.property('report.state', 'not_found');
    for (const channelNo of [null, '../x']) {
      expect(await openXendit().queryRefund({ ...known, channelNo }, makeCall())).to.include({ kind: 'rejected' });
    }
  });
});
