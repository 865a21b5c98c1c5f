import { expect } from 'chai';
import { makeCall, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import { bad, config, good, list, missing, openRazorpay, paymentId, refunded, refundId, refundNumber, refundRequest } from './fixture.ts';

const channel = openRazorpay();
const echo = { number: refundNumber, merchantNo: config.account_id };
const done = { kind: 'ok', report: { state: 'succeeded', channelNo: refundId, money: { amount: 500, currency: 'INR' }, echo } };

describe('razorpay: refunds', () => {
  it('carry our number as receipt, note and key', async () => {
    const { http, requests } = scriptHttp(good({ ...refunded, status: 'pending' }));
    expect(await channel.refund(refundRequest, makeCall({ http }))).to.have.nested.property('report.state', 'processing');
    expect(requests[0]?.url).to.equal(`https://razorpay.example/v1/payments/${paymentId}/refund`);
    expect(requests[0]?.headers).to.include({ 'x-refund-idempotency': refundNumber });
    expect(requests[0]?.body).to.equal(
      `{"amount":500,"speed":"normal","receipt":"${refundNumber}","notes":{"refund_number":"${refundNumber}","reason":"too cold"}}`,
    );
  });

  for (const [name, answer, outcome] of [
    ['too much', bad(400, 'BAD_REQUEST_ERROR', 'greater than the amount'), { kind: 'declined', code: 'refund_rejected' }],
    ['a key with another content', bad(400, 'BAD_REQUEST_ERROR', 'Different request with the same idempotency key'), { kind: 'unknown' }],
    ['the same key still at work', bad(409, 'BAD_REQUEST_ERROR'), { kind: 'unknown', reason: 'unmapped' }],
    ['a fault at the bank', bad(400, 'GATEWAY_ERROR'), { kind: 'unknown', reason: 'unmapped' }],
    ['trouble there', bad(500, 'SERVER_ERROR'), { kind: 'unknown', reason: 'server_error' }],
    ['a refused key', bad(401, 'BAD_REQUEST_ERROR'), { kind: 'rejected', reason: 'auth' }],
    ['a refund of another payment', good({ ...refunded, payment_id: 'pay_other' }), { kind: 'unknown', reason: 'unreadable' }],
    ['no amount', good({ ...refunded, amount: undefined }), { kind: 'unknown', reason: 'unreadable' }],
  ] as const) {
    it(`answered with ${name} are ${JSON.stringify(outcome)}`, async () => {
      expect(await channel.refund(refundRequest, makeCall(scriptHttp(answer)))).to.include(outcome);
    });
  }

  it('are asked about by id, with the money of the answer', async () => {
    const { http, requests } = scriptHttp(good(refunded));
    expect(await channel.queryRefund({ ...refundRequest, channelNo: refundId }, makeCall({ http }))).to.deep.equal(done);
    expect(requests[0]?.url).to.equal(`https://razorpay.example/v1/refunds/${refundId}`);
    const gone = await channel.queryRefund({ ...refundRequest, channelNo: refundId }, makeCall(scriptHttp(missing)));
    expect(gone).to.have.nested.property('report.state', 'not_found');
  });

  it('whose answer was lost are looked for on every page, and missing only when all were seen', async () => {
    const full = Array.from({ length: 100 }, (_, index) => ({ ...refunded, id: `rfnd_${index}`, receipt: 'other', notes: [] }));
    const found = scriptHttp(list(...full), list({ ...refunded, receipt: null }));
    expect(await channel.queryRefund(refundRequest, makeCall(found))).to.deep.equal(done);
    expect(found.requests.map(({ url }) => new URL(url).search)).to.deep.equal(['?count=100&skip=0', '?count=100&skip=100']);
    const gone = await channel.queryRefund(refundRequest, makeCall(scriptHttp(list(...full), list())));
    expect(gone).to.have.nested.property('report.state', 'not_found');
    const endless = await channel.queryRefund(refundRequest, makeCall(scriptHttp(...Array.from({ length: 10 }, () => list(...full)))));
    expect(endless).to.include({ kind: 'unknown' });
  });
});
