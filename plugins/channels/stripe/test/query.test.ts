import { expect } from 'chai';
import { answered, type HttpStep, makeCall, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import {
  attempt,
  config,
  fault,
  intent,
  intentAttempt,
  intentId,
  missing,
  number,
  ok,
  openStripe,
  paidIntent,
  paidSession,
  session,
  sessionId,
} from './fixture.ts';

const channel = openStripe();
const echo = { number, livemode: false };
const api = config.base_url;
const money = { amount: 1999, currency: 'USD' };

describe('stripe: asking about a payment', () => {
  async function query(channelNo: string | null, ...steps: HttpStep[]) {
    const { http, requests } = scriptHttp(...steps);
    return { outcome: await channel.query({ ...attempt, channelNo }, makeCall({ http })), requests };
  }

  it('asks by the id of a session, with its intent, or by the id of an intent', async () => {
    const bySession = await query(sessionId, ok(session()));
    expect(bySession.requests[0]).to.include({ method: 'GET', url: `${api}/v1/checkout/sessions/${sessionId}?expand[]=payment_intent` });
    const byIntent = await query(intentId, ok(intent()));
    expect(byIntent.requests[0]).to.include({ method: 'GET', url: `${api}/v1/payment_intents/${intentId}` });
    expect(byIntent.requests[0]?.headers).not.to.have.any.keys('idempotency-key', 'content-type');
  });

  it('maps every state of a session', async () => {
    const expanded = (status: string) => ({ status: 'complete', payment_intent: intent({ status }) });
    const states = [
      [session(), 'pending'],
      [session({ status: 'expired' }), 'closed'],
      [session({ status: 'complete', payment_intent: intentId }), 'processing'],
      [session(expanded('processing')), 'processing'],
      [session(expanded('requires_action')), 'processing'],
      [session(expanded('canceled')), 'closed'],
    ] as const;
    for (const [object, state] of states) {
      expect((await query(sessionId, ok(object))).outcome).to.deep.equal({ kind: 'ok', report: { state, channelNo: sessionId, echo } });
    }
  });

  it('moves a paid session to the id of its intent, alone or expanded', async () => {
    for (const payment_intent of [intentId, paidIntent]) {
      const { outcome } = await query(sessionId, ok({ ...paidSession, payment_intent }));
      expect(outcome).to.deep.equal({ kind: 'ok', report: { state: 'succeeded', channelNo: intentId, money, echo } });
    }
  });

  it('maps every state of an intent', async () => {
    const states = {
      requires_payment_method: 'pending',
      requires_confirmation: 'pending',
      requires_action: 'pending',
      processing: 'processing',
      requires_capture: 'processing',
      canceled: 'closed',
    };
    for (const [status, state] of Object.entries(states)) {
      const failedBefore = { last_payment_error: { type: 'card_error', code: 'card_declined' } };
      const { outcome } = await query(intentId, ok(intent({ status, ...failedBefore })));
      expect(outcome, status).to.deep.equal({ kind: 'ok', report: { state, channelNo: intentId, echo } });
    }
    const { outcome } = await query(intentId, ok(paidIntent));
    expect(outcome).to.deep.equal({ kind: 'ok', report: { state: 'succeeded', channelNo: intentId, money, echo } });
  });

  it('declines a completed session whose delayed payment failed, if it is the one that was asked for', async () => {
    const failed = intent({ last_payment_error: { type: 'card_error', code: 'insufficient_funds' } });
    const ended = session({ status: 'complete', payment_intent: failed });
    expect((await query(sessionId, ok(ended))).outcome).to.deep.include({ kind: 'declined', code: 'insufficient_funds' });
    for (const other of [{ metadata: {} }, { livemode: true }]) {
      expect((await query(sessionId, ok({ ...ended, ...other }))).outcome.kind).to.equal('unknown');
    }
  });

  it('passes on the number and the environment of the answer, not those of the question', async () => {
    const { outcome } = await query(intentId, ok({ ...paidIntent, metadata: { paymux_attempt: 'another' }, livemode: true }));
    expect(outcome).to.deep.include({ kind: 'ok' });
    expect(outcome.kind === 'ok' && outcome.report).to.deep.include({ echo: { number: 'another', livemode: true } });
  });

  it('takes only resource_missing for "not found"', async () => {
    expect((await query(sessionId, missing)).outcome).to.deep.equal({ kind: 'ok', report: { state: 'not_found' } });
    expect((await query(sessionId, fault(404, {}))).outcome.kind).to.equal('rejected');
    expect((await query(sessionId, answered(404, 'not found'))).outcome.kind).to.equal('unknown');
  });

  it('knows nothing from an answer about another id, a strange state, or money that is not written as money', async () => {
    const strange = [
      intent({ id: 'pi_other' }),
      intent({ status: 'a_new_state' }),
      { ...paidIntent, amount_received: '1999' },
      { ...paidIntent, amount_received: 1.5 },
      { ...paidIntent, currency: 'us' },
      { ...paidIntent, currency: null },
    ];
    for (const object of strange)
      expect((await query(intentId, ok(object))).outcome).to.deep.equal({ kind: 'unknown', reason: 'unmapped' });
    const unpaid = { ...paidSession, payment_status: 'no_payment_required' };
    expect((await query(sessionId, ok(unpaid))).outcome.kind).to.equal('unknown');
  });

  it('never declines by an error', async () => {
    expect((await query(intentId, fault(402, { type: 'card_error', code: 'card_declined' }))).outcome.kind).to.equal('unknown');
  });

  it('sends nothing for an id that is none, so that it cannot lead elsewhere', async () => {
    for (const channelNo of [null, '', 'cs_', 'ch_1', 'pi_1/cancel', 'pi_1?x', '../v1/payouts', 'pi_1\n']) {
      const { outcome, requests } = await query(channelNo);
      expect([outcome, requests.length]).to.deep.equal([{ kind: 'rejected', reason: 'unsupported' }, 0]);
      expect((await channel.close({ ...attempt, channelNo }, makeCall())).kind).to.equal('rejected');
    }
  });
});

describe('stripe: closing a payment', () => {
  async function close(of: typeof attempt, ...steps: HttpStep[]) {
    const { http, requests } = scriptHttp(...steps);
    return { outcome: await channel.close(of, makeCall({ http })), requests };
  }

  const refusal = fault(400, { message: 'Only Checkout Sessions with a status in ["open"] can be expired.' });

  it('expires a session and cancels an intent, without an Idempotency-Key', async () => {
    const bySession = await close(attempt, ok(session({ status: 'expired' })));
    expect(bySession.requests[0]).to.include({ method: 'POST', url: `${api}/v1/checkout/sessions/${sessionId}/expire`, body: '' });
    expect(bySession.requests[0]?.headers).not.to.have.property('idempotency-key');
    expect(bySession.outcome).to.deep.equal({ kind: 'closed' });
    const byIntent = await close(intentAttempt, ok(intent({ status: 'canceled' })));
    expect(byIntent.requests[0]).to.include({ url: `${api}/v1/payment_intents/${intentId}/cancel` });
    expect(byIntent.outcome).to.deep.equal({ kind: 'closed' });
  });

  it('reads the state when Stripe refuses: closed before, paid, or under way', async () => {
    const states = [
      [session({ status: 'expired' }), 'closed'],
      [paidSession, 'paid'],
      [session({ status: 'complete', payment_intent: intentId }), 'paid'],
      [session({ status: 'complete', payment_intent: intent() }), 'paid'],
    ] as const;
    for (const [object, kind] of states) {
      const { outcome, requests } = await close(attempt, refusal, ok(object));
      expect(requests[1]).to.include({ method: 'GET', url: `${api}/v1/checkout/sessions/${sessionId}` });
      expect(outcome).to.deep.equal({ kind });
    }
    expect((await close(intentAttempt, fault(400, { code: 'payment_intent_unexpected_state' }), ok(paidIntent))).outcome).to.deep.equal({
      kind: 'paid',
    });
  });

  it('blames our request when Stripe refuses and it is still open', async () => {
    expect((await close(attempt, refusal, ok(session()))).outcome).to.deep.include({ kind: 'rejected', reason: 'validation' });
  });

  it('says "closed" only when the answer says it, of the very id', async () => {
    const others = [
      session(),
      session({ status: 'expired', id: 'cs_test_other' }),
      session({ status: 'expired', payment_status: 'new' }),
      {},
    ];
    for (const object of others) expect((await close(attempt, ok(object))).outcome.kind).to.equal('unknown');
    for (const step of [answered(500, '{}'), answered(200, ''), { kind: 'unknown', reason: 'timeout' }] as const) {
      expect((await close(attempt, step)).outcome.kind).to.equal('unknown');
      expect((await close(attempt, refusal, step)).outcome.kind).to.equal('unknown');
    }
  });

  it('says so when Stripe does not know it, or does not know us', async () => {
    expect((await close(attempt, missing)).outcome).to.deep.equal({ kind: 'notFound' });
    expect((await close(attempt, fault(401, {}))).outcome).to.deep.include({ kind: 'rejected', reason: 'auth' });
  });
});
