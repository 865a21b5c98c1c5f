import { createHmac } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { AttemptRef, Channel, PayRequest, RawRequest, RefundRequest } from '../../../../core/contract/channel.ts';
import type { WireAnswer } from '../../../../core/contract/kit.ts';
import { answered, makeKit } from '../../../../test/kit/channel-kit.ts';
import adyen, { type Config } from '../index.ts';

export const number = '01KDYB0N3Q8Z5T7V9W2X4Y6Z8A';
export const refundNumber = '01KDYB0N3Q8Z5T7V9W2X4Y6Z8B';
export const linkId = 'PL61C53A8B97E6915A';
export const sessionId = 'CS451F2AB1ED897A94';
export const pspReference = '993617894903480A';
export const refundPsp = '993617894906488A';

export const config: Config = {
  base_url: 'http://127.0.0.1:8090/adyen',
  merchant_account: 'ShopECOM',
  api_key: 'AQEyhmfxK4rJaBFCw0m_n3Q7mf0eVdQ1test',
  client_key: 'test_ABCDEFGHIJKLMNOP',
  hmac_key: 'DFB1EB5485895CFA84146406857104ABB4CBCABDC8AAF103A624C8F6A3EAAB00',
};

export function openAdyen(overrides: Partial<Config> = {}, livemode = false): Required<Channel> {
  const account = { id: 'acc_1', livemode, config: { ...config, ...overrides } };
  return adyen.open(account, makeKit(adyen.manifest.money.exponents)) as Required<Channel>;
}

export const attempt: AttemptRef = {
  number,
  channelNo: null,
  sessionNo: linkId,
  product: 'link',
  money: { amount: 1999, currency: 'EUR' },
  createdAt: new Date('2026-01-02T03:04:00Z'),
  expiresAt: new Date('2026-01-02T05:04:00.900Z'),
};

export function payRequest(overrides: Partial<PayRequest> = {}): PayRequest {
  return {
    ...attempt,
    sessionNo: null,
    subject: 'Tea & "cake", 茶',
    payer: {},
    orderLines: [],
    callbackUrl: 'https://pay.example.com/v1/callbacks/adyen/acc_1',
    returnUrl: null,
    ...overrides,
  };
}

export const refundRequest: RefundRequest = {
  number: refundNumber,
  channelNo: null,
  money: { amount: 500, currency: 'EUR' },
  createdAt: new Date('2026-01-02T04:00:00Z'),
  reason: 'wrong size',
  attempt: { ...attempt, channelNo: pspReference },
  callbackUrl: 'https://pay.example.com/v1/callbacks/adyen/acc_1',
};

export type Members = Readonly<Record<string, unknown>>;

const amount = { currency: 'EUR', value: 1999 };

/** Objects as Adyen writes them, reduced to what is read. */
export const link = (members: Members = {}): Members => ({
  amount,
  id: linkId,
  merchantAccount: 'ShopECOM',
  reference: number,
  status: 'active',
  url: `https://test.adyen.link/${linkId}`,
  captureDelayHours: 0,
  ...members,
});

export const session = (members: Members = {}): Members => ({
  amount,
  expiresAt: '2026-01-02T05:04:00Z',
  id: sessionId,
  merchantAccount: 'ShopECOM',
  reference: number,
  returnUrl: 'https://pay.example.com/checkout/return',
  sessionData: 'Ab02b4c0!BQABAgBfYI29',
  ...members,
});

export const received = (members: Members = {}): Members => ({
  merchantAccount: 'ShopECOM',
  paymentPspReference: pspReference,
  reference: refundNumber,
  pspReference: refundPsp,
  status: 'received',
  amount: { currency: 'EUR', value: 500 },
  ...members,
});

export const answer = (status: number, body: Members): WireAnswer => answered(status, JSON.stringify(body));

export function fault(status: number, errorCode: string, errorType: string): WireAnswer {
  return answer(status, { status, errorCode, errorType, message: 'no' });
}

/** An item as it comes: what is signed, and the rest. */
export const item = (members: Members = {}): Members => ({
  amount,
  eventCode: 'AUTHORISATION',
  eventDate: '2026-01-02T04:03:59+01:00',
  merchantAccountCode: 'ShopECOM',
  merchantReference: number,
  pspReference,
  reason: '',
  success: 'true',
  ...members,
});

export const refundItem = (members: Members = {}): Members =>
  item({
    amount: { currency: 'EUR', value: 500 },
    eventCode: 'REFUND',
    merchantReference: refundNumber,
    originalReference: pspReference,
    pspReference: refundPsp,
    ...members,
  });

/** Signs as Adyen does or says that it does, written apart from the channel. */
export function signItem(one: Members, key = config.hmac_key, escapes = true): string {
  const { value, currency } = one.amount as { value: number; currency: string };
  const of = (name: string) => String(one[name] ?? '');
  const head = [of('pspReference'), of('originalReference'), of('merchantAccountCode'), of('merchantReference')];
  const values = [...head, String(value), currency, of('eventCode'), of('success')];
  const text = values.map((part) => (escapes ? part.replace(/\\/g, '\\\\').replace(/:/g, '\\:') : part)).join(':');
  return createHmac('sha256', Buffer.from(key, 'hex')).update(text).digest('base64');
}

export function withHmac(one: Members, key?: string, escapes = true): Members {
  const hmacSignature = signItem(one, key, escapes);
  return { ...one, additionalData: { ...(one.additionalData as Members | undefined), hmacSignature } };
}

export function batchOf(...items: readonly Members[]): string {
  return JSON.stringify({ live: 'false', notificationItems: items.map((one) => ({ NotificationRequestItem: one })) });
}

export function raw(body: string | Buffer, headers: Readonly<Record<string, string>> = {}): RawRequest {
  return { method: 'POST', url: 'https://pay.example.com/v1/callbacks/adyen/acc_1', query: '', headers, body: Buffer.from(body) };
}

/** A file of public vectors, or null where the folder is absent. */
export function readVectors(path: string): unknown {
  const folder = process.env.PAYMUX_VECTORS ?? resolve(import.meta.dirname, '../../../../../shared/vectors');
  const file = resolve(folder, path);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null;
}
