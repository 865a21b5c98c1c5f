import { createHmac } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { AttemptRef, Channel, PayRequest, RawRequest, RefundRequest } from '../../../../core/contract/channel.ts';
import type { WireAnswer } from '../../../../core/contract/kit.ts';
import { answered, makeKit } from '../../../../test/kit/channel-kit.ts';
import stripe, { type Config } from '../index.ts';

/** 2026-01-02T03:04:05Z, the clock of the test kit. */
export const nowSec = 1_767_323_045;
export const number = '01KDYB0N3Q8Z5T7V9W2X4Y6Z8A';
export const refundNumber = '01KDYB0N3Q8Z5T7V9W2X4Y6Z8B';
export const sessionId = 'cs_test_a1B2c3D4';
export const intentId = 'pi_3Nabcdef12345678';
export const refundId = 're_3Nabcdef12345678';

export const config: Config = {
  base_url: 'http://127.0.0.1:8090/stripe',
  secret_key: 'sk_test_0123456789abcdef',
  publishable_key: 'pk_test_0123456789abcdef',
  webhook_secret: 'whsec_0123456789abcdef',
  account_id: 'acct_1Test',
};

export function openStripe(overrides: Partial<Config> = {}, livemode = false): Required<Channel> {
  return stripe.open({ id: 'acc_1', livemode, config: { ...config, ...overrides } }, makeKit()) as Required<Channel>;
}

export const attempt: AttemptRef = {
  number,
  channelNo: sessionId,
  sessionNo: null,
  product: 'checkout',
  money: { amount: 1999, currency: 'USD' },
  createdAt: new Date('2026-01-02T03:04:00Z'),
  expiresAt: new Date('2026-01-02T05:04:00.900Z'),
};

export const intentAttempt: AttemptRef = { ...attempt, channelNo: intentId, product: 'payment_intent' };

export function payRequest(overrides: Partial<PayRequest> = {}): PayRequest {
  return {
    ...attempt,
    channelNo: null,
    subject: 'Tea & "cake", 茶',
    payer: {},
    orderLines: [],
    callbackUrl: 'https://pay.example.com/v1/callbacks/stripe/acc_1',
    returnUrl: null,
    ...overrides,
  };
}

export const refundRequest: RefundRequest = {
  number: refundNumber,
  channelNo: null,
  money: { amount: 500, currency: 'USD' },
  createdAt: new Date('2026-01-02T04:00:00Z'),
  reason: null,
  attempt: intentAttempt,
  callbackUrl: 'https://pay.example.com/v1/callbacks/stripe/acc_1',
};

type Members = Readonly<Record<string, unknown>>;

/** Objects as Stripe writes them, reduced to what tells a state. */
export function session(members: Members = {}): Members {
  return {
    id: sessionId,
    object: 'checkout.session',
    amount_total: 1999,
    client_reference_id: number,
    currency: 'usd',
    livemode: false,
    metadata: { paymux_attempt: number },
    mode: 'payment',
    payment_intent: null,
    payment_status: 'unpaid',
    status: 'open',
    url: 'https://checkout.stripe.com/c/pay/cs_test_a1B2c3D4',
    ...members,
  };
}

export function intent(members: Members = {}): Members {
  return {
    id: intentId,
    object: 'payment_intent',
    amount: 1999,
    amount_received: 0,
    client_secret: `${intentId}_secret_abc`,
    currency: 'usd',
    livemode: false,
    metadata: { paymux_attempt: number },
    status: 'requires_payment_method',
    ...members,
  };
}

export function refunded(members: Members = {}): Members {
  return {
    id: refundId,
    object: 'refund',
    amount: 500,
    currency: 'usd',
    metadata: { paymux_refund: refundNumber },
    payment_intent: intentId,
    status: 'succeeded',
    ...members,
  };
}

export const paidSession = session({ status: 'complete', payment_status: 'paid', payment_intent: intentId, url: null });
export const paidIntent = intent({ status: 'succeeded', amount_received: 1999 });

export function ok(object: Members): WireAnswer {
  return answered(200, JSON.stringify(object));
}

export function fault(status: number, error: Members): WireAnswer {
  return answered(status, JSON.stringify({ error: { type: 'invalid_request_error', message: 'no', ...error } }));
}

export const missing = fault(404, { code: 'resource_missing' });

export function eventBody(type: string, object: Members, members: Members = {}): string {
  return JSON.stringify({ id: 'evt_1', object: 'event', created: nowSec - 2, livemode: false, type, data: { object }, ...members });
}

export function sign(body: string | Buffer, secret = config.webhook_secret, at = nowSec): string {
  const v1 = createHmac('sha256', secret).update(`${at}.`).update(body).digest('hex');
  return `t=${at},v1=${v1}`;
}

export function raw(body: string | Buffer, header: string | null = sign(body)): RawRequest {
  return {
    method: 'POST',
    url: 'https://pay.example.com/v1/callbacks/stripe/acc_1',
    query: '',
    headers: header === null ? {} : { 'stripe-signature': header },
    body: Buffer.from(body),
  };
}

/** A file of public vectors, or null where the folder is absent. */
export function readVectors(path: string): unknown {
  const folder = process.env.PAYMUX_VECTORS ?? resolve(import.meta.dirname, '../../../../../shared/vectors');
  const file = resolve(folder, path);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null;
}
