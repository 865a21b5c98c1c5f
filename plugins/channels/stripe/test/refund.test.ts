import { expect } from 'chai';
import type { RefundRequest } from '../../../../core/contract/channel.ts';
import { answered, type HttpStep, makeCall, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import { attempt, config, fault, intentId, missing, ok, openStripe, refunded, refundId, refundNumber, refundRequest } from './fixture.ts';

const channel = openStripe();
const echo = { number: refundNumber };
const succeeded = { kind: 'ok', report: { state: 'succeeded', channelNo: refundId, money: { amount: 500, currency: 'USD' }, echo } };

async function refund(request: Partial<RefundRequest>, ...steps: HttpStep[]) {
  const { http, requests } = scriptHttp(...steps);
  return { outcome: await channel.refund({ ...refundRequest, ...request }, makeCall({ http })), requests };
}

async function ask(channelNo: string | null, ...steps: HttpStep[]) {
  const { http, requests } = scriptHttp(...steps);
  return { outcome: await channel.queryRefund({ ...refundRequest, channelNo }, makeCall({ http })), requests };
}

describe('stripe: refunding', () => {
  it('sends a part of the intent back, byte for byte, under the number of the refund', async () => {
    const { outcome, requests } = await refund({}, ok(refunded()));
    expect(outcome).to.deep.equal(succeeded);
    expect(requests[0]).to.include({
      method: 'POST',
      url: `${config.base_url}/v1/refunds`,
      body: `payment_intent=${intentId}&amount=500&metadata%5Bpaymux_refund%5D=${refundNumber}`,
    });
    expect(requests[0]?.headers).to.include({ 'idempotency-key': refundNumber });
  });

  it("keeps the merchant's reason in the metadata, cut to what Stripe takes", async () => {
    const { requests } = await refund({ reason: '茶'.repeat(999) }, ok(refunded()));
    const fields = new URLSearchParams(String(requests[0]?.body));
    expect(fields.get('metadata[reason]')).to.equal('茶'.repeat(200));
    expect(fields.get('reason')).to.equal(null);
  });

  it('maps every state of a refund', async () => {
    const states = { pending: 'processing', requires_action: 'abnormal' };
    for (const [status, state] of Object.entries(states)) {
      const { outcome } = await refund({}, ok(refunded({ status })));
      expect(outcome).to.deep.equal({ kind: 'ok', report: { state, channelNo: refundId, echo } });
    }
    for (const status of ['failed', 'canceled']) {
      const { outcome } = await refund({}, ok(refunded({ status, failure_reason: 'expired_or_canceled_card' })));
      expect(outcome).to.deep.equal({ kind: 'ok', report: { state: 'failed', code: 'refund_rejected', channelNo: refundId, echo } });
    }
  });

  it('takes number, amount and currency from the answer', async () => {
    const { outcome } = await refund({}, ok(refunded({ amount: 499, currency: 'eur', metadata: { paymux_refund: 'another' } })));
    expect(outcome.kind === 'ok' && outcome.report).to.deep.include({
      money: { amount: 499, currency: 'EUR' },
      echo: { number: 'another' },
    });
  });

  it('knows nothing from an answer about another payment, or without money', async () => {
    const strange = [
      { payment_intent: 'pi_other' },
      { payment_intent: null },
      { amount: '500' },
      { currency: 'USD' },
      { status: 'new' },
      { id: '' },
      { object: 'charge' },
    ];
    for (const members of strange) {
      expect((await refund({}, ok(refunded(members)))).outcome, JSON.stringify(members)).to.deep.equal({
        kind: 'unknown',
        reason: 'unmapped',
      });
    }
  });

  it('knows nothing after a 5xx, a conflict, an unreadable answer or a timeout', async () => {
    for (const step of [answered(500, '{}'), fault(409, {}), answered(200, 'oops'), { kind: 'unknown', reason: 'timeout' }] as const) {
      expect((await refund({}, step)).outcome.kind).to.equal('unknown');
    }
  });

  it("tells the vendor's final refusals from our own faults", async () => {
    const refusals = {
      charge_already_refunded: 'refund_rejected',
      charge_disputed: 'refund_rejected',
      balance_insufficient: 'insufficient_balance',
    };
    for (const [code, ours] of Object.entries(refusals)) {
      expect((await refund({}, fault(400, { code }))).outcome).to.deep.include({ kind: 'declined', code: ours });
    }
    expect((await refund({}, fault(400, { code: 'parameter_invalid_integer' }))).outcome).to.deep.include({
      kind: 'rejected',
      reason: 'validation',
    });
    expect((await refund({}, missing)).outcome).to.deep.include({ kind: 'rejected', reason: 'validation' });
    expect((await refund({}, fault(400, { type: 'idempotency_error' }))).outcome).to.deep.include({
      kind: 'rejected',
      reason: 'number_reused',
    });
    expect((await refund({}, fault(429, {}))).outcome).to.deep.include({ kind: 'notSent', reason: 'rate_limited' });
  });

  it('says both what Stripe said and what it means in Chinese', async () => {
    const { outcome } = await refund(
      {},
      fault(400, { code: 'charge_already_refunded', message: 'Charge ch_1 has already been refunded.' }),
    );
    expect(outcome.kind === 'declined' && outcome.vendor.message).to.equal('Charge ch_1 has already been refunded. (该支付已全额退款。)');
  });

  it('sends nothing for a payment without an intent, or an amount that is none', async () => {
    for (const channelNo of [null, 'cs_test_a1B2c3D4', 'ch_1']) {
      const { outcome, requests } = await refund({ attempt: { ...attempt, channelNo } });
      expect([outcome, requests.length]).to.deep.equal([{ kind: 'rejected', reason: 'validation' }, 0]);
    }
    for (const amount of [0, -5, 1.5]) expect((await refund({ money: { amount, currency: 'USD' } })).outcome.kind).to.equal('rejected');
  });
});

describe('stripe: asking about a refund', () => {
  it("asks by Stripe's id of the refund, whatever kind it is", async () => {
    for (const id of [refundId, 'pyr_1Nabcdef']) {
      const { outcome, requests } = await ask(id, ok(refunded({ id })));
      expect(requests[0]).to.include({ method: 'GET', url: `${config.base_url}/v1/refunds/${id}` });
      expect(outcome.kind).to.equal('ok');
    }
  });

  it('says "not found" only when Stripe does', async () => {
    expect((await ask(refundId, missing)).outcome).to.deep.equal({ kind: 'ok', report: { state: 'not_found' } });
    expect((await ask(refundId, answered(404, ''))).outcome.kind).to.equal('unknown');
  });

  it('knows nothing from an answer about another refund', async () => {
    expect((await ask(refundId, ok(refunded({ id: 're_other' })))).outcome.kind).to.equal('unknown');
  });

  it('sends nothing without an id', async () => {
    for (const id of [null, '', 're_1/cancel', 're 1']) {
      const { outcome, requests } = await ask(id);
      expect([outcome, requests.length]).to.deep.equal([{ kind: 'rejected', reason: 'unsupported' }, 0]);
    }
  });
});
