import type { AttemptRef, Channel, PayRequest, RawRequest, RefundRequest } from '../../../../core/contract/channel.ts';
import { answered, makeKit } from '../../../../test/kit/channel-kit.ts';
import square, { type Config } from '../index.ts';

export const number = '01JGJ2Q8Z5X0000000000000A1';
export const refundNumber = '01JGJ2Q8Z5X0000000000000R1';

export const config: Config = {
  base_url: 'https://square.example',
  access_token: 'EAAA0123456789abcdef0123456789abcdef0123456789',
  location_id: 'LTEST00001',
  webhook_signature_key: 'signature-key-0123456789',
};

export function openSquare(overrides: Partial<Config> = {}, livemode = false): Required<Channel> {
  return square.open({ id: 'acc_1', livemode, config: { ...config, ...overrides } }, makeKit()) as Required<Channel>;
}

export const card: AttemptRef = {
  number,
  channelNo: 'pay1',
  sessionNo: null,
  product: 'card',
  money: { amount: 1999, currency: 'USD' },
  createdAt: new Date('2026-01-02T03:04:00Z'),
  expiresAt: new Date('2026-01-02T05:04:00Z'),
};
export const link: AttemptRef = { ...card, channelNo: null, sessionNo: 'LINK1:order1', product: 'link' };

export function payRequest(product: 'card' | 'link'): PayRequest {
  return {
    ...card,
    channelNo: null,
    product,
    subject: 'Tea & "cake", 茶',
    payer: { token: 'cnon:card-nonce-ok', email: 'ada@example.com' },
    orderLines: [],
    callbackUrl: 'https://pay.example.com/v1/callbacks/square/acc_1',
    returnUrl: 'https://shop.example/done',
  };
}

export const refundRequest: RefundRequest = {
  number: refundNumber,
  channelNo: null,
  money: { amount: 500, currency: 'USD' },
  reason: 'too cold',
  createdAt: new Date('2026-01-02T04:00:00Z'),
  attempt: card,
  callbackUrl: payRequest('card').callbackUrl,
};

const money = (amount: number) => ({ amount, currency: 'USD' });

export const payment = {
  id: 'pay1',
  status: 'COMPLETED',
  amount_money: money(1999),
  total_money: money(1999),
  location_id: config.location_id,
  order_id: 'order1',
  reference_id: number,
  note: 'Tea',
  updated_at: '2026-01-02T03:10:00.000Z',
};
export const refunded = {
  id: 'pay1_r',
  status: 'COMPLETED',
  amount_money: money(500),
  payment_id: 'pay1',
  location_id: config.location_id,
};
export const order = { id: 'order1', location_id: config.location_id, reference_id: number, state: 'OPEN' };
export const page = { id: 'LINK1', order_id: 'order1', url: 'https://square.link/u/abc', payment_note: number };

export const good = (data: object) => answered(200, JSON.stringify(data));
export const bad = (status: number, category: string, code: string) =>
  answered(status, JSON.stringify({ errors: [{ category, code, detail: 'no' }] }));

export function rawOf(body: string, signature: string | undefined, url = payRequest('card').callbackUrl): RawRequest {
  const headers = signature === undefined ? {} : { 'x-square-hmacsha256-signature': signature };
  return { method: 'POST', url, query: '', headers, body: Buffer.from(body) };
}
