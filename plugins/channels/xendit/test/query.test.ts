import { expect } from 'chai';
import { answered, makeCall, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import { attempt, config, fault, number, ok, openXendit, paymentRequest, requestId, walletMethod } from './fixture.ts';

const echo = { number, merchantNo: config.business_id };

async function queryWith(answer: Parameters<typeof scriptHttp>[0], overrides = {}) {
  const { http, requests } = scriptHttp(answer);
  return { outcome: await openXendit().query({ ...attempt, ...overrides }, makeCall({ http })), request: requests[0] };
}

describe('xendit: asking', () => {
  it("asks by the vendor's number, and takes money and echo from the answer", async () => {
    const { outcome, request } = await queryWith(ok(paymentRequest({ status: 'SUCCEEDED', amount: 14_999 })));
    expect(request).to.deep.include({ method: 'GET', url: `http://127.0.0.1:8090/xendit/payment_requests/${requestId}` });
    expect(request).not.to.have.property('body');
    const money = { amount: 1_499_900, currency: 'IDR' };
    expect(outcome).to.deep.equal({ kind: 'ok', report: { state: 'succeeded', channelNo: requestId, money, echo } });
  });

  it('asks by our number where no other is known', async () => {
    const found = { data: [paymentRequest({ status: 'SUCCEEDED' })], has_more: false };
    const { outcome, request } = await queryWith(ok(found), { channelNo: null });
    expect(request?.url).to.equal(`http://127.0.0.1:8090/xendit/payment_requests?reference_id=${number}`);
    expect(outcome).to.have.nested.property('report.state', 'succeeded');
  });

  it('finds nothing in an empty list, and believes no list that holds anything else than the one', async () => {
    const list = async (data: unknown, hasMore = false) => (await queryWith(ok({ data, has_more: hasMore }), { channelNo: null })).outcome;
    const one = paymentRequest();
    expect(await list([])).to.deep.equal({ kind: 'ok', report: { state: 'not_found' } });
    for (const data of [[one, one], [paymentRequest({ reference_id: 'other' })], [null], 'x', undefined]) {
      expect(await list(data), JSON.stringify(data)).to.deep.equal({ kind: 'unknown', reason: 'unmapped' });
    }
    expect(await list([], true)).to.deep.equal({ kind: 'unknown', reason: 'unmapped' });
  });

  for (const [status, method, state] of [
    ['PENDING', undefined, 'pending'],
    ['PENDING', walletMethod, 'processing'],
    ['REQUIRES_ACTION', walletMethod, 'pending'],
    ['AWAITING_CAPTURE', walletMethod, 'processing'],
    ['CANCELED', undefined, 'closed'],
    ['VOIDED', undefined, 'closed'],
    ['EXPIRED', undefined, 'closed'],
  ] as const) {
    it(`${status} of a ${method === undefined ? 'code' : 'wallet'} is ${state}`, async () => {
      const { outcome } = await queryWith(ok(paymentRequest({ status, ...(method === undefined ? {} : { payment_method: method }) })));
      expect(outcome).to.deep.equal({ kind: 'ok', report: { state, channelNo: requestId, echo } });
    });
  }

  it('FAILED is a decline of this very attempt, and nothing of another', async () => {
    const failed = { status: 'FAILED', failure_code: 'USER_DECLINED_PAYMENT' };
    expect((await queryWith(ok(paymentRequest(failed)))).outcome).to.include({ kind: 'declined', code: 'payer_cancelled' });
    expect((await queryWith(ok(paymentRequest({ ...failed, failure_code: 'NEWS' })))).outcome).to.include({ code: 'declined' });
    for (const members of [{ reference_id: 'x' }, { business_id: 'x' }]) {
      expect((await queryWith(ok(paymentRequest({ ...failed, ...members })))).outcome).to.include({ kind: 'unknown' });
    }
  });

  it('is unknown for states nobody has seen, for another object, and for amounts that are none', async () => {
    for (const members of [{ status: 'UNKNOWN' }, { status: 7 }, { id: 'pr-other' }, { status: 'SUCCEEDED', amount: -1 }]) {
      expect((await queryWith(ok(paymentRequest(members)))).outcome, JSON.stringify(members)).to.include({ kind: 'unknown' });
    }
    for (const amount of ['1e4', '15000.005', 'null', '"15 000"']) {
      const body = JSON.stringify(paymentRequest({ status: 'SUCCEEDED' })).replace('15000', amount);
      expect((await queryWith(answered(200, body))).outcome, amount).to.include({ kind: 'unknown' });
    }
  });

  it('reads an amount that no fraction of the machine holds exactly', async () => {
    const body = JSON.stringify(paymentRequest({ status: 'SUCCEEDED', currency: 'PHP' })).replace('15000', '70368744177664.01');
    expect((await queryWith(answered(200, body))).outcome).to.have.nested.property('report.money.amount', 7_036_874_417_766_401);
  });

  it('says not found only for the vendor’s own words', async () => {
    expect((await queryWith(fault(404, 'DATA_NOT_FOUND'))).outcome).to.deep.equal({ kind: 'ok', report: { state: 'not_found' } });
    expect((await queryWith(fault(404, 'ROUTE_NOT_FOUND'))).outcome).to.include({ kind: 'unknown' });
    expect((await queryWith(answered(404, '<html>'))).outcome).to.include({ kind: 'unknown', reason: 'unreadable' });
  });

  it('never declines because a question was refused', async () => {
    expect((await queryWith(fault(400, 'INSUFFICIENT_BALANCE'))).outcome).to.include({ kind: 'unknown' });
    expect((await queryWith(fault(401, 'INVALID_API_KEY'))).outcome).to.include({ kind: 'rejected', reason: 'auth' });
  });

  it('puts nothing into an address that is no number of Xendit', async () => {
    const outcome = await openXendit().query({ ...attempt, channelNo: '../refunds' }, makeCall());
    expect(outcome).to.deep.equal({ kind: 'rejected', reason: 'unsupported' });
  });
});
