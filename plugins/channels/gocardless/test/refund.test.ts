import { expect } from 'chai';
import { makeCall, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import { bad, conflictWith, good, openGoCardless, paymentId, refunded, refundId, refundNumber, refundRequest } from './fixture.ts';

const channel = openGoCardless();
const done = {
  kind: 'ok',
  report: { state: 'succeeded', channelNo: refundId, money: { amount: 500, currency: 'GBP' }, echo: { number: refundNumber } },
};
const unreadable = { kind: 'unknown', reason: 'unreadable' };
const list = (refunds: readonly object[], after: string | null = null) => good({ refunds, meta: { cursors: { before: null, after } } });

describe('gocardless: refunds', () => {
  it('carry our number as key and note', async () => {
    const { http, requests } = scriptHttp(good({ refunds: { ...refunded, status: 'created' } }, 201));
    expect(await channel.refund(refundRequest, makeCall({ http }))).to.have.nested.property('report.state', 'processing');
    expect(requests[0]?.headers).to.include({ 'idempotency-key': refundNumber });
    expect(requests[0]?.body).to.equal(
      `{"refunds":{"amount":500,"metadata":{"refund_number":"${refundNumber}"},"links":{"payment":"${paymentId}"}}}`,
    );
  });

  it('that are sent again are what the first one created', async () => {
    const { http, requests } = scriptHttp(conflictWith(refundId), good({ refunds: refunded }));
    expect(await channel.refund(refundRequest, makeCall({ http }))).to.deep.equal(done);
    expect(requests[1]).to.include({ method: 'GET', url: `https://gocardless.example/refunds/${refundId}` });
    const lost = await channel.refund(refundRequest, makeCall(scriptHttp(conflictWith(refundId), bad(404, 'invalid_api_usage'))));
    expect(lost).to.deep.equal({ kind: 'unknown', reason: 'unmapped' });
  });

  for (const [name, answer, outcome] of [
    ['too much', bad(422, 'invalid_state', 'available_refund_amount_insufficient'), { kind: 'declined', code: 'refund_rejected' }],
    ['a fault', bad(422, 'validation_failed'), { kind: 'declined', code: 'refund_rejected' }],
    ['a conflict that names nothing', bad(409, 'invalid_state', 'idempotent_creation_conflict'), { kind: 'unknown', reason: 'unmapped' }],
    ['a refused token', bad(401, 'invalid_api_usage'), { kind: 'rejected', reason: 'auth' }],
    ['trouble there', bad(500, 'gocardless'), { kind: 'unknown', reason: 'server_error' }],
    ['another payment’s refund', good({ refunds: { ...refunded, links: { payment: 'PM000999' } } }, 201), unreadable],
    ['no number', good({ refunds: { ...refunded, metadata: {} } }, 201), unreadable],
    ['a broken amount', good({ refunds: { ...refunded, amount: 5.5 } }, 201), unreadable],
  ] as const) {
    it(`answered with ${name} are ${JSON.stringify(outcome)}`, async () => {
      expect(await channel.refund(refundRequest, makeCall(scriptHttp(answer)))).to.include(outcome);
    });
  }

  for (const [status, state] of [
    ['pending_submission', 'processing'],
    ['submitted', 'processing'],
    ['cancelled', 'failed'],
    ['bounced', 'failed'],
    ['funds_returned', 'failed'],
  ]) {
    it(`that are ${status} are ${state}`, async () => {
      const answer = good({ refunds: { ...refunded, status } });
      const outcome = await channel.queryRefund({ ...refundRequest, channelNo: refundId }, makeCall(scriptHttp(answer)));
      expect(outcome).to.have.nested.property('report.state', state);
    });
  }

  it('whose answer was lost are looked for among the payment’s refunds', async () => {
    const { http, requests } = scriptHttp(list([{ ...refunded, metadata: {} }, refunded]));
    expect(await channel.queryRefund(refundRequest, makeCall({ http }))).to.deep.equal(done);
    expect(requests[0]?.url).to.equal(`https://gocardless.example/refunds?payment=${paymentId}&limit=500`);
    const gone = await channel.queryRefund(refundRequest, makeCall(scriptHttp(list([]))));
    expect(gone).to.have.nested.property('report.state', 'not_found');
  });

  it('are not missing where the list goes on or cannot be read', async () => {
    for (const answer of [list([], 'RF000999'), good({ refunds: [] }), good({ refunds: [1] })]) {
      expect(await channel.queryRefund(refundRequest, makeCall(scriptHttp(answer)))).to.deep.equal(unreadable);
    }
  });
});
