import type { AttemptRef, Channel, PayRequest, RefundRequest } from '../../../../core/contract/channel.ts';
import { answered, type HttpStep, makeCall, makeKit, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import paypal, { type Config } from '../index.ts';

export const number = '01JGJ2Q8Z5X0000000000000A1';
export const refundNumber = '01JGJ2Q8Z5X0000000000000R1';
export const orderId = '5O190127TN364715T';
export const captureId = '3C679366HH908993F';

export const config: Config = {
  base_url: 'https://paypal.example',
  client_id: 'AbCdEfGhIjKlMnOpQrStUvWx',
  client_secret: 'secret-0123456789abcdef0123456789',
  merchant_id: 'SAMPLEMERCH22',
  webhook_id: '8PT597110X687430L',
};

export function openPaypal(overrides: Partial<Config> = {}, livemode = false): Required<Channel> {
  return paypal.open({ id: 'acc_1', livemode, config: { ...config, ...overrides } }, makeKit()) as Required<Channel>;
}

export const attempt: AttemptRef = {
  number,
  channelNo: null,
  sessionNo: orderId,
  product: 'checkout',
  money: { amount: 1999, currency: 'USD' },
  createdAt: new Date('2026-01-02T03:04:00Z'),
  expiresAt: new Date('2026-01-02T05:04:00Z'),
};

export const payRequest: PayRequest = {
  ...attempt,
  sessionNo: null,
  subject: 'Tea & "cake", 茶',
  payer: { locale: 'de-DE' },
  orderLines: [],
  callbackUrl: 'https://pay.example.com/v1/callbacks/paypal/acc_1',
  returnUrl: 'https://shop.example/done',
};

export const refundRequest: RefundRequest = {
  number: refundNumber,
  channelNo: null,
  money: { amount: 500, currency: 'USD' },
  reason: 'too cold',
  createdAt: new Date('2026-01-02T04:00:00Z'),
  attempt: { ...attempt, channelNo: captureId },
  callbackUrl: payRequest.callbackUrl,
};

const money = (value: string) => ({ currency_code: 'USD', value });

export const captured = {
  id: captureId,
  status: 'COMPLETED',
  amount: money('19.99'),
  custom_id: number,
  invoice_id: number,
  create_time: '2026-01-02T03:10:00Z',
};
export const refunded = {
  id: '1JU08902781691411',
  status: 'COMPLETED',
  amount: money('5.00'),
  custom_id: refundNumber,
  invoice_id: refundNumber,
  create_time: '2026-01-02T04:10:00Z',
};

export function orderOf(status: string, captures: readonly object[] = [], more: object = {}) {
  const payments = { captures, ...more };
  const unit = { amount: money('19.99'), payee: { merchant_id: config.merchant_id }, custom_id: number, invoice_id: number, payments };
  const links = [{ rel: 'payer-action', href: `https://www.sandbox.paypal.com/checkoutnow?token=${orderId}`, method: 'GET' }];
  return { id: orderId, status, purchase_units: [unit], links };
}

export const good = (data: object, status = 200) => answered(status, JSON.stringify(data));
export const bad = (status: number, name: string, issue?: string) =>
  answered(status, JSON.stringify({ name, ...(issue === undefined ? {} : { details: [{ issue, description: 'no' }] }) }));
export const unprocessable = (issue: string) => bad(422, 'UNPROCESSABLE_ENTITY', issue);
export const loggedIn = good({ access_token: 'token-1', token_type: 'Bearer', expires_in: 32400 });

/** A channel just opened, with the answers that come after its login. */
export function script(...steps: HttpStep[]) {
  const { http, requests } = scriptHttp(loggedIn, ...steps);
  return { channel: openPaypal(), call: makeCall({ http }), requests };
}
