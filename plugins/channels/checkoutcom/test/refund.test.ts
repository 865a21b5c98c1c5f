import { expect } from 'chai';
import { makeCall, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import { action, actionId, bad, good, openCheckout, payment, paymentId, refundNumber, refundRequest } from './fixture.ts';

const channel = openCheckout();
const echo = { number: refundNumber };
const taken = { action_id: actionId, reference: refundNumber };

describe('checkoutcom: refunds', () => {
  it('carry our number as reference and key', async () => {
    const { http, requests } = scriptHttp(good(taken, 202));
    expect(await channel.refund(refundRequest, makeCall({ http }))).to.deep.equal({
      kind: 'ok',
      report: { state: 'processing', channelNo: actionId, echo },
    });
    expect(requests[0]?.url).to.equal(`https://checkout.example/payments/${paymentId}/refunds`);
    expect(requests[0]?.headers).to.include({ 'cko-idempotency-key': refundNumber });
    expect(requests[0]?.body).to.equal(`{"amount":500,"reference":"${refundNumber}"}`);
  });

  for (const [name, answer, outcome] of [
    ['too much', bad(422, 'refund_amount_exceeds_balance'), { kind: 'declined', code: 'refund_rejected' }],
    ['no permission', bad(403), { kind: 'declined', code: 'refund_rejected' }],
    ['the same key at work', bad(409), { kind: 'unknown', reason: 'unmapped' }],
    ['a refused key', bad(401), { kind: 'rejected', reason: 'auth' }],
    ['trouble there', bad(500), { kind: 'unknown', reason: 'server_error' }],
    ['another reference', good({ ...taken, reference: 'other' }, 202), { kind: 'unknown', reason: 'unreadable' }],
    ['no action', good({}, 202), { kind: 'unknown', reason: 'unreadable' }],
  ] as const) {
    it(`answered with ${name} are ${JSON.stringify(outcome)}`, async () => {
      expect(await channel.refund(refundRequest, makeCall(scriptHttp(answer)))).to.include(outcome);
    });
  }

  it('are found among the actions, with the amount there and the currency of the payment', async () => {
    const capture = { ...action, id: 'act_c', type: 'Capture' };
    const { http, requests } = scriptHttp(good([capture, action]), good({ ...payment, currency: 'JPY' }));
    expect(await channel.queryRefund(refundRequest, makeCall({ http }))).to.deep.equal({
      kind: 'ok',
      report: { state: 'succeeded', channelNo: actionId, money: { amount: 500, currency: 'JPY' }, echo },
    });
    expect(requests.map(({ url }) => new URL(url).pathname)).to.deep.equal([`/payments/${paymentId}/actions`, `/payments/${paymentId}`]);
  });

  for (const [name, actions, state] of [
    ['none of ours', [{ ...action, reference: 'other' }], 'not_found'],
    ['nothing', [], 'not_found'],
    ['an undecided one', [{ ...action, approved: undefined }], 'processing'],
    ['a refused one', [{ ...action, approved: false }], 'failed'],
  ] as const) {
    it(`read ${name} as ${state}`, async () => {
      const outcome = await channel.queryRefund(refundRequest, makeCall(scriptHttp(good(actions))));
      expect(outcome).to.have.nested.property('report.state', state);
    });
  }

  it('are unknown where the list, the amount or the payment cannot be read', async () => {
    const steps = [
      [good({})],
      [good([1])],
      [good([{ ...action, amount: 5.5 }]), good(payment)],
      [good([action]), good({ ...payment, id: 'pay_other' })],
    ];
    for (const answers of steps) {
      const outcome = await channel.queryRefund(refundRequest, makeCall(scriptHttp(...answers)));
      expect(outcome).to.deep.equal({ kind: 'unknown', reason: 'unreadable' });
    }
    expect(await channel.queryRefund(refundRequest, makeCall(scriptHttp(bad(404))))).to.include({ kind: 'unknown' });
  });
});
