import type { AttemptRef, Channel, PayRequest, RawRequest, RefundRequest } from '../../../../core/contract/channel.ts';
import { answered, makeKit } from '../../../../test/kit/channel-kit.ts';
import checkoutcom, { type Config } from '../index.ts';

export const number = '01JGJ2Q8Z5X0000000000000A1';
export const refundNumber = '01JGJ2Q8Z5X0000000000000R1';
export const pageId = 'hpp_nnnnnnnnnnnnnnnnnnnnnnnnnn';
export const paymentId = 'pay_pppppppppppppppppppppppppp';
export const actionId = 'act_aaaaaaaaaaaaaaaaaaaaaaaaaa';

export const config: Config = {
  base_url: 'https://checkout.example',
  secret_key: 'sk_sbox_0123456789abcdefghijklmnop*',
  processing_channel_id: 'pc_0123456789abcdefghijklmnop',
  signature_key: 'a-signature-key-of-a-workflow',
  default_country: 'GB',
};

export function openCheckout(overrides: Partial<Config> = {}, livemode = false): Required<Channel> {
  return checkoutcom.open({ id: 'acc_1', livemode, config: { ...config, ...overrides } }, makeKit()) as Required<Channel>;
}

export const attempt: AttemptRef = {
  number,
  channelNo: null,
  sessionNo: pageId,
  product: 'hosted',
  money: { amount: 1999, currency: 'EUR' },
  createdAt: new Date('2026-01-02T03:04:00Z'),
  expiresAt: new Date('2026-01-02T05:04:00Z'),
};

export const request: PayRequest = {
  ...attempt,
  sessionNo: null,
  subject: 'Tea & "cake", 茶',
  payer: {},
  orderLines: [],
  callbackUrl: 'https://pay.example.com/v1/callbacks/checkoutcom/acc_1',
  returnUrl: null,
};

export const refundRequest: RefundRequest = {
  number: refundNumber,
  channelNo: null,
  money: { amount: 500, currency: 'EUR' },
  reason: 'too cold',
  createdAt: new Date('2026-01-02T04:00:00Z'),
  attempt: { ...attempt, channelNo: paymentId },
  callbackUrl: request.callbackUrl,
};

export const created = { id: pageId, reference: number, _links: { redirect: { href: 'https://pay.checkout.example/page/1' } } };
export const page = { id: pageId, status: 'Payment Pending', reference: number, amount: 1999, currency: 'EUR' };
export const payment = { id: paymentId, reference: number, amount: 1999, currency: 'EUR', status: 'Captured' };
export const action = { id: actionId, type: 'Refund', amount: 500, approved: true, reference: refundNumber };

export const good = (data: unknown, status = 200) => answered(status, JSON.stringify(data));
export const list = (...data: readonly unknown[]) => good({ limit: 100, skip: 0, total_count: data.length, data });
export const bad = (status: number, ...codes: readonly string[]) =>
  answered(status, codes.length === 0 ? '' : JSON.stringify({ request_id: 'x', error_type: 'request_invalid', error_codes: codes }));

export function rawOf(body: string, headers: Readonly<Record<string, string>>): RawRequest {
  return { method: 'POST', url: request.callbackUrl, query: '', headers, body: Buffer.from(body) };
}
