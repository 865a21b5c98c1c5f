import { createSign, generateKeyPairSync } from 'node:crypto';
import type { AttemptRef, Channel, PayRequest, RawRequest, RefundRequest } from '../../../../core/contract/channel.ts';
import type { WireAnswer } from '../../../../core/contract/kit.ts';
import type { Unknown } from '../../../../core/contract/outcome.ts';
import { answered, type HttpStep, makeCall, makeKit, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import alipay, { type Config } from '../index.ts';

// 2048 bits take a fifth of a second to make: once for all files.
const app = generateKeyPairSync('rsa', { modulusLength: 2048 });
const vendor = generateKeyPairSync('rsa', { modulusLength: 2048 });

/** The application's keys and Alipay's, made for this run. */
export const keys = { app, vendor };

export const config: Config = {
  gateway_url: 'https://openapi-sandbox.dl.alipaydev.com/gateway.do',
  app_id: '2021000000000001',
  seller_id: '2088000000000001',
  private_key: app.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  alipay_public_key: vendor.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
};

export function openAlipay(changes: Partial<Config> = {}, livemode = false): Required<Channel> {
  return alipay.open({ id: 'acc_1', livemode, config: { ...config, ...changes } }, makeKit()) as Required<Channel>;
}

/** Signs in another way than the channel does, so that a common mistake would show. */
export function signWith(key: typeof app.privateKey, text: string): string {
  return createSign('sha256').update(text, 'utf8').sign(key, 'base64');
}

/** An answer as Alipay writes it: the signature covers `node` exactly as it stands. */
export function signedAnswer(method: string, node: object | string, key = vendor.privateKey): WireAnswer {
  const raw = typeof node === 'string' ? node : JSON.stringify(node);
  return answered(200, `{"${method.replaceAll('.', '_')}_response":${raw},"sign":"${signWith(key, raw)}"}`);
}

export const attempt: AttemptRef = {
  number: '01JGJ2Q8Z5X0000000000000A1',
  channelNo: null,
  sessionNo: null,
  product: 'page',
  money: { amount: 1999, currency: 'CNY' },
  createdAt: new Date('2026-01-02T16:30:00.789Z'),
  expiresAt: new Date('2026-01-02T18:30:00.789Z'),
};

export const request: PayRequest = {
  ...attempt,
  subject: '咖啡 A/B + 1',
  payer: {},
  orderLines: [],
  callbackUrl: 'https://pay.example.com/v1/callbacks/alipay/acc_1',
  returnUrl: 'https://shop.example.com/done?order=1',
};

export const refundRequest: RefundRequest = {
  number: '01JGJ2Q8Z5X0000000000000R1',
  channelNo: null,
  money: { amount: 500, currency: 'CNY' },
  createdAt: new Date('2026-01-02T04:00:00Z'),
  reason: 'too cold',
  attempt: { ...attempt, channelNo: '2026010222001' },
  callbackUrl: request.callbackUrl,
};

/** A callback's fields as Alipay sends them for a paid trade. */
export const paidFields: Readonly<Record<string, string>> = {
  app_id: config.app_id,
  charset: 'utf-8',
  gmt_payment: '2026-01-03 00:31:02',
  notify_id: '2026010300222003102000001',
  notify_time: '2026-01-03 00:31:03',
  notify_type: 'trade_status_sync',
  out_trade_no: attempt.number,
  seller_id: config.seller_id,
  subject: '咖啡 A+B',
  total_amount: '19.99',
  trade_no: '2026010222001',
  trade_status: 'TRADE_SUCCESS',
  version: '1.0',
};

/** Signs the fields as a trade message (`sign_type` left out) or as a service message (left in), and encodes them. */
export function signFields(fields: Readonly<Record<string, string>>, kind: 'trade' | 'service' = 'trade'): Record<string, string> {
  const typed: Record<string, string> = { ...fields, sign_type: 'RSA2' };
  const signed = Object.entries(kind === 'trade' ? fields : typed).filter(([, value]) => value !== '');
  const text = signed.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => `${name}=${value}`);
  return { ...typed, sign: signWith(vendor.privateKey, text.join('&')) };
}

export function post(body: Readonly<Record<string, string>> | string | Buffer): RawRequest {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : new URLSearchParams(body).toString());
  const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
  return { method: 'POST', url: request.callbackUrl, query: '', headers, body: bytes };
}

/** A call that answers once, as the given step says. */
export function callWith(step: HttpStep) {
  const { http, requests } = scriptHttp(step);
  return { call: makeCall({ http }), requests };
}

export function encode(fields: readonly (readonly [string, string])[]): string {
  return fields.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
}

/** What must be sent for `content`: written out here, and signed by other means. */
export function expectedFields(method: string, content: string, timestamp: string, extra: readonly (readonly [string, string])[] = []) {
  const fields: (readonly [string, string])[] = [
    ['app_id', config.app_id],
    ['method', method],
    ['format', 'JSON'],
    ['charset', 'utf-8'],
    ['sign_type', 'RSA2'],
    ['timestamp', timestamp],
    ['version', '1.0'],
    ...extra,
  ];
  const all: (readonly [string, string])[] = [...fields, ['biz_content', content]];
  const text = [...all].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => `${name}=${value}`);
  const sign: readonly [string, string] = ['sign', signWith(keys.app.privateKey, text.join('&'))];
  return { all: [...all, sign], open: [...fields, sign] };
}

/** The request of a server-side call, on the kit's fixed clock (2026-01-02T03:04:05Z is 11:04:05 in China). */
export function expectedPost(method: string, content: string, extra: readonly (readonly [string, string])[] = []) {
  const { open } = expectedFields(method, content, '2026-01-02 11:04:05', extra);
  return {
    method: 'POST',
    url: `${config.gateway_url}?${encode(open)}`,
    headers: { 'content-type': 'application/x-www-form-urlencoded;charset=utf-8' },
    body: encode([['biz_content', content]]),
  };
}

export const unreadable: Unknown = { kind: 'unknown', reason: 'unreadable' };
