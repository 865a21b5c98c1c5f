import type { AttemptRef, Channel, PayRequest, RawRequest, RefundRequest } from '../../../../core/contract/channel.ts';
import { answered, makeKit } from '../../../../test/kit/channel-kit.ts';
import paystack, { type Config } from '../index.ts';

export const number = '01JGJ2Q8Z5X0000000000000A1';
export const refundNumber = '01JGJ2Q8Z5X0000000000000R1';
export const secretKey = 'sk_test_0123456789abcdef0123456789abcdef';

export const config: Config = {
  base_url: 'https://paystack.example',
  secret_key: secretKey,
  public_key: 'pk_test_0123456789abcdef0123456789abcdef',
};

export function openPaystack(overrides: Partial<Config> = {}, livemode = false): Required<Channel> {
  return paystack.open({ id: 'acc_1', livemode, config: { ...config, ...overrides } }, makeKit()) as Required<Channel>;
}

export const attempt: AttemptRef = {
  number,
  channelNo: null,
  sessionNo: 'access',
  product: 'checkout',
  money: { amount: 1999, currency: 'NGN' },
  createdAt: new Date('2026-01-02T03:04:00Z'),
  expiresAt: new Date('2026-01-02T05:04:00Z'),
};

export const request: PayRequest = {
  ...attempt,
  sessionNo: null,
  subject: 'Tea & "cake", 茶',
  payer: { email: 'ada@example.com' },
  orderLines: [],
  callbackUrl: 'https://pay.example.com/v1/callbacks/paystack/acc_1',
  returnUrl: null,
};

export const refundRequest: RefundRequest = {
  number: refundNumber,
  channelNo: null,
  money: { amount: 500, currency: 'NGN' },
  reason: 'too cold',
  createdAt: new Date('2026-01-02T04:00:00Z'),
  attempt: { ...attempt, channelNo: '4099260516' },
  callbackUrl: request.callbackUrl,
};

export const transaction = {
  id: 4099260516,
  domain: 'test',
  status: 'success',
  reference: number,
  amount: 1999,
  currency: 'NGN',
  paid_at: '2026-01-02T03:10:00.000Z',
};

export const refunded = { id: 77, domain: 'test', status: 'processed', merchant_note: refundNumber, amount: 500, currency: 'NGN' };

export const good = (data: unknown) => answered(200, JSON.stringify({ status: true, message: 'ok', data }));
export const bad = (status: number, fault: object) => answered(status, JSON.stringify({ status: false, message: 'no', ...fault }));

export function rawOf(body: string, headers: Readonly<Record<string, string>>): RawRequest {
  return { method: 'POST', url: request.callbackUrl, query: '', headers, body: Buffer.from(body) };
}
