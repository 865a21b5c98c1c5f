import type { AttemptRef, Channel, PayRequest, RefundRequest } from '../../../../core/contract/channel.ts';
import { answered, type HttpStep, makeCall, makeKit, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import airwallex, { type Config } from '../index.ts';

export const number = '01JGJ2Q8Z5X0000000000000A1';
export const refundNumber = '01JGJ2Q8Z5X0000000000000R1';
export const intentId = 'int_sgst4689lgcv3bppn22';

export const config: Config = {
  base_url: 'https://airwallex.example',
  client_id: 'client-0123456789',
  api_key: 'key-0123456789abcdef0123456789abcdef',
  account_id: 'acct_test',
  webhook_secret: 'whsec_0123456789abcdef',
};

export function openAirwallex(overrides: Partial<Config> = {}, livemode = false): Required<Channel> {
  return airwallex.open({ id: 'acc_1', livemode, config: { ...config, ...overrides } }, makeKit()) as Required<Channel>;
}

export const attempt: AttemptRef = {
  number,
  channelNo: intentId,
  sessionNo: null,
  product: 'checkout',
  money: { amount: 1999, currency: 'USD' },
  createdAt: new Date('2026-01-02T03:04:00Z'),
  expiresAt: new Date('2026-01-02T05:04:00Z'),
};

export const payRequest: PayRequest = {
  ...attempt,
  channelNo: null,
  subject: 'Tea & "cake", 茶',
  payer: {},
  orderLines: [],
  callbackUrl: 'https://pay.example.com/v1/callbacks/airwallex/acc_1',
  returnUrl: 'https://shop.example/done',
};

export const refundRequest: RefundRequest = {
  number: refundNumber,
  channelNo: null,
  money: { amount: 510, currency: 'USD' },
  reason: 'too cold',
  createdAt: new Date('2026-01-02T04:00:00Z'),
  attempt,
  callbackUrl: payRequest.callbackUrl,
};

export const open = {
  id: intentId,
  request_id: number,
  merchant_order_id: number,
  amount: 19.99,
  currency: 'USD',
  status: 'REQUIRES_PAYMENT_METHOD',
  client_secret: 'secret-of-the-intent',
};
export const paid = { ...open, status: 'SUCCEEDED', captured_amount: 19.99, updated_at: '2026-01-02T03:10:00+0000' };
export const refunded = {
  id: 'rfd_sgst4689lgcv3c7rbyc_bppn22',
  request_id: refundNumber,
  payment_intent_id: intentId,
  amount: 5.1,
  currency: 'USD',
  status: 'SETTLED',
  updated_at: '2026-01-02T04:10:00+0000',
};

export const good = (data: object, status = 200) => answered(status, JSON.stringify(data));
export const bad = (status: number, code: string) => answered(status, JSON.stringify({ code, message: 'no' }));
export const loggedIn = good({ token: 'token-1', expires_at: '2026-01-02T03:34:05+0000' }, 201);

/** A channel just opened, with the answers that come after its login. */
export function script(...steps: HttpStep[]) {
  const { http, requests } = scriptHttp(loggedIn, ...steps);
  return { channel: openAirwallex(), call: makeCall({ http }), requests };
}
