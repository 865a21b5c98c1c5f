import type { AttemptRef, Channel, PayRequest, RawRequest, RefundRequest } from '../../../../core/contract/channel.ts';
import { answered, makeKit } from '../../../../test/kit/channel-kit.ts';
import gocardless, { type Config } from '../index.ts';

export const number = '01JGJ2Q8Z5X0000000000000A1';
export const refundNumber = '01JGJ2Q8Z5X0000000000000R1';
export const requestId = 'BRQ00000123';
export const paymentId = 'PM000123';
export const refundId = 'RF000123';
export const creditorId = 'CR0001CREDITOR';

export const config: Config = {
  base_url: 'https://gocardless.example',
  access_token: 'sandbox_0123456789abcdefghijklmnop',
  webhook_secret: 'a-secret-of-an-endpoint',
  creditor_id: creditorId,
};

export function openGoCardless(overrides: Partial<Config> = {}, livemode = false): Required<Channel> {
  return gocardless.open({ id: 'acc_1', livemode, config: { ...config, ...overrides } }, makeKit()) as Required<Channel>;
}

export const attempt: AttemptRef = {
  number,
  channelNo: null,
  sessionNo: requestId,
  product: 'instant',
  money: { amount: 1999, currency: 'GBP' },
  createdAt: new Date('2026-01-02T03:04:00Z'),
  expiresAt: new Date('2026-01-02T05:04:00Z'),
};

export const request: PayRequest = {
  ...attempt,
  sessionNo: null,
  subject: 'Tea & "cake", 茶',
  payer: {},
  orderLines: [],
  callbackUrl: 'https://pay.example.com/v1/callbacks/gocardless/acc_1',
  returnUrl: null,
};

export const refundRequest: RefundRequest = {
  number: refundNumber,
  channelNo: null,
  money: { amount: 500, currency: 'GBP' },
  reason: 'too cold',
  createdAt: new Date('2026-01-02T04:00:00Z'),
  attempt: { ...attempt, channelNo: paymentId },
  callbackUrl: request.callbackUrl,
};

export const asked = {
  id: requestId,
  status: 'pending',
  payment_request: { amount: '1999', currency: 'GBP' },
  links: {},
  metadata: { attempt_number: number },
};
export const fulfilled = { ...asked, status: 'fulfilled', links: { payment_request_payment: paymentId } };
export const payment = { id: paymentId, amount: 1999, currency: 'GBP', status: 'confirmed', metadata: {}, links: { creditor: creditorId } };
export const refunded = {
  id: refundId,
  amount: 500,
  currency: 'GBP',
  status: 'paid',
  metadata: { refund_number: refundNumber },
  links: { payment: paymentId },
};
export const page = { authorisation_url: 'https://pay.gocardless.example/BRF1', links: { billing_request: requestId } };

export const good = (data: object, status = 200) => answered(status, JSON.stringify(data));
export const bad = (status: number, type: string, reason = 'no', links?: object) =>
  answered(status, JSON.stringify({ error: { type, code: status, message: reason, errors: [{ reason, message: reason, links }] } }));
export const conflictWith = (id: string) => bad(409, 'invalid_state', 'idempotent_creation_conflict', { conflicting_resource_id: id });

export function rawOf(body: string, headers: Readonly<Record<string, string>>): RawRequest {
  return { method: 'POST', url: request.callbackUrl, query: '', headers, body: Buffer.from(body) };
}
