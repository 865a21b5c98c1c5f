import type { AttemptRef, Channel, PayRequest, RawRequest, RefundRequest } from '../../../../core/contract/channel.ts';
import { answered, makeKit } from '../../../../test/kit/channel-kit.ts';
import razorpay, { type Config } from '../index.ts';

export const number = '01JGJ2Q8Z5X0000000000000A1';
export const refundNumber = '01JGJ2Q8Z5X0000000000000R1';
export const webhookSecret = 'a-webhook-secret-of-a-shop';
export const orderId = 'order_IluGWxBm9U8zJ8';
export const paymentId = 'pay_IluHhzZ9Q3aLwt';
export const refundId = 'rfnd_IluKm2Wb7YcPqd';

export const config: Config = {
  base_url: 'https://razorpay.example',
  key_id: 'rzp_test_0123456789abcd',
  key_secret: '0123456789abcdef01234567',
  webhook_secret: webhookSecret,
  business_name: 'Tea & Co.',
  account_id: 'acc_BFQ7uQEaa7j2z7',
};

export function openRazorpay(overrides: Partial<Config> = {}, livemode = false): Required<Channel> {
  return razorpay.open({ id: 'acc_1', livemode, config: { ...config, ...overrides } }, makeKit()) as Required<Channel>;
}

export const attempt: AttemptRef = {
  number,
  channelNo: null,
  sessionNo: orderId,
  product: 'checkout',
  money: { amount: 1999, currency: 'INR' },
  createdAt: new Date('2026-01-02T03:04:00Z'),
  expiresAt: new Date('2026-01-02T05:04:00Z'),
};

export const request: PayRequest = {
  ...attempt,
  sessionNo: null,
  subject: 'Tea & "cake", 茶',
  payer: {},
  orderLines: [],
  callbackUrl: 'https://pay.example.com/v1/callbacks/razorpay/acc_1',
  returnUrl: null,
};

export const refundRequest: RefundRequest = {
  number: refundNumber,
  channelNo: null,
  money: { amount: 500, currency: 'INR' },
  reason: 'too cold',
  createdAt: new Date('2026-01-02T04:00:00Z'),
  attempt: { ...attempt, channelNo: paymentId },
  callbackUrl: request.callbackUrl,
};

export const order = { id: orderId, entity: 'order', amount: 1999, currency: 'INR', receipt: number, status: 'created', attempts: 0 };
export const payment = { id: paymentId, entity: 'payment', amount: 1999, currency: 'INR', status: 'captured', order_id: orderId };
export const refunded = {
  id: refundId,
  entity: 'refund',
  amount: 500,
  currency: 'INR',
  payment_id: paymentId,
  receipt: refundNumber,
  notes: { refund_number: refundNumber },
  status: 'processed',
};

export const good = (data: unknown) => answered(200, JSON.stringify(data));
export const list = (...items: readonly unknown[]) => good({ entity: 'collection', count: items.length, items });
export const bad = (status: number, code: string, description = 'no') => answered(status, JSON.stringify({ error: { code, description } }));
export const missing = bad(400, 'BAD_REQUEST_ERROR', 'The id provided does not exist');

export function rawOf(body: string, headers: Readonly<Record<string, string>>): RawRequest {
  return { method: 'POST', url: request.callbackUrl, query: '', headers, body: Buffer.from(body) };
}
