import { expect } from 'chai';
import fc from 'fast-check';
import type { PayRequest } from '../../../../core/contract/channel.ts';
import type { Outcome } from '../../../../core/contract/outcome.ts';
import { answered, type HttpStep, makeCall, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import {
  attempt,
  config,
  fault,
  intent,
  intentId,
  number,
  ok,
  openStripe,
  paidSession,
  payRequest,
  session,
  sessionId,
} from './fixture.ts';

const channel = openStripe();
const echo = { number, livemode: false };
const api = config.base_url;
const money = { amount: 1999, currency: 'USD' };

async function pay(step: HttpStep, overrides: Partial<PayRequest> = {}): Promise<Outcome> {
  return channel.pay(payRequest(overrides), makeCall(scriptHttp(step)));
}

async function sent(overrides: Partial<PayRequest> = {}) {
  const { http, requests } = scriptHttp(ok({}));
  await channel.pay(payRequest(overrides), makeCall({ http }));
  return requests[0]!;
}

async function form(overrides: Partial<PayRequest> = {}): Promise<URLSearchParams> {
  return new URLSearchParams(String((await sent(overrides)).body));
}

describe('stripe: starting a payment', () => {
  it('sends a Checkout session, byte for byte', async () => {
    expect(await sent({ returnUrl: 'https://shop.example.com/done?o=1' })).to.deep.equal({
      method: 'POST',
      url: `${api}/v1/checkout/sessions`,
      headers: {
        accept: 'application/json',
        authorization: `Bearer ${config.secret_key}`,
        'stripe-version': '2023-08-16',
        'user-agent': 'paymux',
        'idempotency-key': number,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: [
        'mode=payment',
        `client_reference_id=${number}`,
        'success_url=https%3A%2F%2Fshop.example.com%2Fdone%3Fo%3D1',
        'cancel_url=https%3A%2F%2Fshop.example.com%2Fdone%3Fo%3D1',
        'expires_at=1767330240',
        'line_items%5B0%5D%5Bquantity%5D=1',
        'line_items%5B0%5D%5Bprice_data%5D%5Bcurrency%5D=usd',
        'line_items%5B0%5D%5Bprice_data%5D%5Bunit_amount%5D=1999',
        'line_items%5B0%5D%5Bprice_data%5D%5Bproduct_data%5D%5Bname%5D=Tea+%26+%22cake%22%2C+%E8%8C%B6',
        `metadata%5Bpaymux_attempt%5D=${number}`,
        `payment_intent_data%5Bmetadata%5D%5Bpaymux_attempt%5D=${number}`,
      ].join('&'),
    });
  });

  it('sends an intent, byte for byte', async () => {
    const request = await sent({ product: 'payment_intent', money: { amount: 500, currency: 'JPY' } });
    expect(request.url).to.equal(`${api}/v1/payment_intents`);
    expect(request.headers).to.include({ 'idempotency-key': number });
    expect(request.body).to.equal(
      `amount=500&currency=jpy&automatic_payment_methods%5Benabled%5D=true&description=Tea+%26+%22cake%22%2C+%E8%8C%B6&metadata%5Bpaymux_attempt%5D=${number}`,
    );
  });

  it('returns to a neutral page of ours when the merchant gave none', async () => {
    const fields = await form();
    for (const name of ['success_url', 'cancel_url']) expect(fields.get(name)).to.equal('https://pay.example.com/checkout/return');
  });

  it('keeps the end of a session within what Stripe takes', async () => {
    const createdSec = attempt.createdAt.getTime() / 1_000;
    const ends = {
      '2026-01-02T03:05:00Z': 31 * 60,
      '2026-01-02T03:35:00Z': 31 * 60,
      '2026-01-02T03:36:00Z': 32 * 60,
      '2026-01-09T03:04:00Z': 1_439 * 60,
    };
    for (const [expiresAt, afterSec] of Object.entries(ends)) {
      expect((await form({ expiresAt: new Date(expiresAt) })).get('expires_at'), expiresAt).to.equal(String(createdSec + afterSec));
    }
  });

  it('sends the same bytes again, whatever the clock says by then', async () => {
    const first = scriptHttp(ok({}));
    const second = scriptHttp(ok({}));
    await channel.pay(payRequest(), makeCall(first));
    await channel.pay(
      payRequest(),
      makeCall({ http: second.http, now: () => new Date('2026-01-02T09:00:00Z'), nonce: () => 'f'.repeat(32) }),
    );
    expect(second.requests).to.deep.equal(first.requests);
  });

  it('writes any subject and any integer amount so that it reads back as it was', async () => {
    const subjects = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(subjects, fc.integer({ min: 1, max: 99_999_999 }), async (subject, amount) => {
        const fields = await form({ subject, money: { amount, currency: 'EUR' } });
        expect(fields.get('line_items[0][price_data][product_data][name]')).to.equal(subject);
        expect(fields.get('line_items[0][price_data][unit_amount]')).to.equal(String(amount));
      }),
    );
  });

  it('sends nothing for a currency, an amount or a product that it does not offer', async () => {
    const unsupported = [{ money: { amount: 1, currency: 'MGA' } }, { money: { amount: 1, currency: 'usd' } }, { product: 'link' }];
    for (const one of unsupported)
      expect(await pay(ok({}), one), JSON.stringify(one)).to.deep.equal({ kind: 'rejected', reason: 'unsupported' });
    for (const amount of [0, -1, 19.99, Number.NaN, 100_000_000]) {
      const { http, requests } = scriptHttp();
      const outcome = await channel.pay(payRequest({ money: { amount, currency: 'USD' } }), makeCall({ http }));
      expect([outcome, requests.length], String(amount)).to.deep.equal([{ kind: 'rejected', reason: 'validation' }, 0]);
    }
  });
});

describe('stripe: the answer to a payment', () => {
  it('sends the shopper to the page of the session', async () => {
    const action = { type: 'redirect', url: 'https://checkout.stripe.com/c/pay/cs_test_a1B2c3D4' };
    expect(await pay(ok(session()))).to.deep.equal({ kind: 'action', action, channelNo: sessionId });
  });

  it("hands the intent's secret to Stripe's library in the merchant's page", async () => {
    const params = { client_secret: `${intentId}_secret_abc`, publishable_key: config.publishable_key, payment_intent: intentId };
    const outcome = await pay(ok(intent()), { product: 'payment_intent' });
    expect(outcome).to.deep.equal({ kind: 'action', action: { type: 'sdk', params }, channelNo: intentId });
  });

  it('reports what an answer says beyond "to be paid"', async () => {
    expect(await pay(ok(paidSession))).to.deep.equal({ kind: 'ok', report: { state: 'succeeded', channelNo: intentId, money, echo } });
    expect(await pay(ok(session({ status: 'expired' })))).to.deep.include({ kind: 'ok' });
  });

  it('shows the shopper nothing that is for another number, environment or amount, but keeps its id', async () => {
    const others = [
      { metadata: { paymux_attempt: '01KDYB0N3Q8Z5T7V9W2X4Y6Z8C' } },
      { metadata: {} },
      { livemode: true },
      { amount_total: 1998 },
      { currency: 'eur' },
      { amount_total: '1999' },
      { url: null },
      { url: 'javascript:alert(1)' },
    ];
    for (const members of others) {
      const outcome = await pay(ok(session(members)));
      expect(outcome.kind, JSON.stringify(members)).to.equal('ok');
      expect(outcome.kind === 'ok' && outcome.report).to.deep.include({ state: 'pending', channelNo: sessionId });
    }
    expect((await pay(ok(intent({ client_secret: null })), { product: 'payment_intent' })).kind).to.equal('ok');
  });

  it('knows nothing after a 5xx, an unreadable answer, or one that is no session', async () => {
    for (const status of [500, 502, 503, 504]) {
      expect(await pay(fault(status, { type: 'api_error' }))).to.deep.equal({ kind: 'unknown', reason: 'server_error' });
    }
    for (const text of ['', '<html>', '[]', '{"id":"cs_', 'null']) {
      expect(await pay(answered(200, text)), text).to.deep.equal({ kind: 'unknown', reason: 'unreadable' });
    }
    for (const status of [302, 400, 401, 402, 403, 404]) {
      expect(await pay(answered(status, '{"message":"from a proxy"}')), `${status}`).to.deep.equal({
        kind: 'unknown',
        reason: 'unreadable',
      });
    }
    expect((await pay({ ...fault(400, {}), status: 302 })).kind).to.equal('unknown');
    expect((await pay({ ...ok(session()), status: 202 })).kind).to.equal('unknown');
    for (const members of [{ id: 'x' }, { object: 'charge' }, { status: 'a_new_state' }, { payment_status: 'a_new_state' }]) {
      expect(await pay(ok(session(members)))).to.deep.equal({ kind: 'unknown', reason: 'unmapped' });
    }
  });

  it('returns what the wire says as it is', async () => {
    for (const lost of [
      { kind: 'unknown', reason: 'timeout' },
      { kind: 'notSent', reason: 'refused' },
    ] as const)
      expect(await pay(lost)).to.equal(lost);
  });

  it('counts 429 as not sent, with the time to wait', async () => {
    const limited = fault(429, { code: 'rate_limit' });
    expect(await pay(limited)).to.deep.equal({ kind: 'notSent', reason: 'rate_limited' });
    expect(await pay({ ...limited, headers: { 'retry-after': '2' } })).to.deep.equal({
      kind: 'notSent',
      reason: 'rate_limited',
      retryAfterMs: 2_000,
    });
  });

  it('blames our key for 401 and 403, without quoting it', async () => {
    for (const status of [401, 403]) {
      const outcome = await pay(fault(status, { message: 'Invalid API Key provided: sk_test_****cdef' }));
      expect(outcome).to.deep.include({ kind: 'rejected', reason: 'auth' });
      expect(JSON.stringify(outcome)).not.to.contain('sk_test');
    }
  });

  it('tells a number that was used with other content from one that is being executed', async () => {
    expect(await pay(fault(400, { type: 'idempotency_error' }))).to.deep.include({ kind: 'rejected', reason: 'number_reused' });
    const busy = fault(409, { type: 'idempotency_error', code: 'idempotency_key_in_use' });
    expect(await pay(busy)).to.deep.include({ kind: 'unknown', reason: 'unmapped' });
  });

  it('blames our request for another 400, and declines an amount out of range', async () => {
    expect(await pay(fault(400, { code: 'parameter_unknown' }))).to.deep.include({ kind: 'rejected', reason: 'validation' });
    expect(await pay(fault(400, { code: 'amount_too_small' }))).to.deep.include({
      kind: 'declined',
      code: 'limit_exceeded',
      advice: 'fix_request',
    });
  });

  it("declines with the issuer's reason, else with Stripe's code, else plainly", async () => {
    const codes = [
      [{ type: 'card_error', code: 'card_declined', decline_code: 'insufficient_funds' }, 'insufficient_funds', 'insufficient_funds'],
      [{ type: 'card_error', code: 'card_declined', decline_code: 'do_not_honor' }, 'card_declined', 'do_not_honor'],
      [{ type: 'card_error', code: 'expired_card' }, 'card_expired', 'expired_card'],
      [{ type: 'card_error', code: 'a_new_code' }, 'declined', 'a_new_code'],
      [{ type: 'card_error', code: 'constructor' }, 'declined', 'constructor'],
    ] as const;
    for (const [error, code, vendorCode] of codes) {
      const outcome = await pay(fault(402, error));
      expect(outcome).to.deep.include({ kind: 'declined', code });
      expect(outcome.kind === 'declined' && outcome.vendor.code).to.equal(vendorCode);
    }
  });

  it('leaves errors open that it does not know', async () => {
    for (const status of [404, 405, 424]) expect((await pay(fault(status, { type: 'a_new_type' }))).kind).to.equal('unknown');
  });
});
