import { createCipheriv, createSign, generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { AttemptRef, Channel, PayRequest, RawRequest, RefundRequest } from '../../../../core/contract/channel.ts';
import type { WireAnswer } from '../../../../core/contract/kit.ts';
import { answered, makeKit } from '../../../../test/kit/channel-kit.ts';
import douyin, { type Config } from '../index.ts';

export const merchant = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const platform = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const platformSerial = '623DFCD5354E06BC';
export const encryptKey = '0123456789abcdefghijklmnopqrstuv';

/** 2026-01-02T03:04:05Z, the clock of the test kit. */
export const nowSec = 1_767_323_045;
export const nonce = '0123456789abcdef0123456789abcdef';
export const number = '01KDYB0N3Q8Z5T7V9W2X4Y6Z8A';
export const refundNumber = '01KDYB0N3Q8Z5T7V9W2X4Y6Z8B';

export const config: Config = {
  base_url: 'http://127.0.0.1:8090/douyin',
  mchid: '80001234567',
  appid: 'awz9w2wncdof4ba6',
  serial_no: '75A1C0D2E3F40516',
  private_key: merchant.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  encrypt_key: encryptKey,
  platform_public_keys: JSON.stringify({ [platformSerial]: platform.publicKey.export({ type: 'spki', format: 'pem' }) }),
};

export function openDouyin(overrides: Partial<Config> = {}, livemode = false): Required<Channel> {
  return douyin.open({ id: 'acc_1', livemode, config: { ...config, ...overrides } }, makeKit()) as Required<Channel>;
}

export const attempt: AttemptRef = {
  number,
  channelNo: null,
  sessionNo: null,
  product: 'native',
  money: { amount: 888, currency: 'CNY' },
  createdAt: new Date('2026-01-02T03:04:00Z'),
  expiresAt: new Date('2026-01-02T17:04:00.900Z'),
};

export function payRequest(overrides: Partial<PayRequest> = {}): PayRequest {
  return {
    ...attempt,
    subject: '一杯 "coffee"',
    payer: {},
    orderLines: [],
    callbackUrl: 'https://pay.example.com/v1/callbacks/douyin/acc_1',
    returnUrl: null,
    ...overrides,
  };
}

export const refundRequest: RefundRequest = {
  number: refundNumber,
  channelNo: null,
  money: { amount: 300, currency: 'CNY' },
  createdAt: new Date('2026-01-02T04:00:00Z'),
  reason: 'cold',
  attempt: { ...attempt, channelNo: 'TP2026010211040361718679398479' },
  callbackUrl: 'https://pay.example.com/v1/callbacks/douyin/acc_1',
};

/** An order as the vendor states it once it is paid. */
export const paidOrder = {
  appid: config.appid,
  mchid: config.mchid,
  out_trade_no: number,
  transaction_id: 'TP2026010211040361718679398479',
  trade_type: 'NATIVE',
  trade_state: 'SUCCESS',
  success_time: '2026-01-02T11:04:03+08:00',
  amount: { total: 888, payer_total: 800, currency: 'CNY', payer_currency: 'CNY' },
};

/** A refund as the vendor states it, without its state. */
export const refundFacts = {
  refund_id: 'RF2026010211040400000000000001',
  out_refund_no: refundNumber,
  transaction_id: paidOrder.transaction_id,
  out_trade_no: number,
  success_time: '2026-01-02T11:04:04+08:00',
  amount: { total: 888, refund: 300, payer_total: 800, payer_refund: 270, currency: 'CNY' },
};

export interface Signing {
  readonly key?: KeyObject;
  readonly serial?: string;
  readonly timestamp?: string;
}

/** The vendor's signature headers over these bytes. */
export function vendorHeaders(body: string | Uint8Array, signing: Signing = {}): Record<string, string> {
  const timestamp = signing.timestamp ?? String(nowSec);
  const signer = createSign('RSA-SHA256').update(`${timestamp}\nvendor-nonce\n`).update(body).update('\n');
  return {
    'douyinpay-timestamp': timestamp,
    'douyinpay-nonce': 'vendor-nonce',
    'douyinpay-signature': signer.sign(signing.key ?? platform.privateKey, 'base64'),
    'douyinpay-serial': signing.serial ?? platformSerial,
  };
}

/** A genuine answer of the vendor. */
export function genuine(status: number, data?: unknown, signing: Signing = {}): WireAnswer {
  const body = data === undefined ? '' : JSON.stringify(data);
  return answered(status, body, vendorHeaders(body, signing));
}

/** Seals a callback's content as the vendor does. */
export function seal(content: unknown, key = encryptKey): Record<string, unknown> {
  const cipher = createCipheriv('aes-256-gcm', key, 'fdasflkja484').setAAD(Buffer.from('transaction'));
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  const ciphertext = Buffer.concat([cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64');
  return { algorithm: 'AEAD-AES-256-GCM', ciphertext, nonce: 'fdasflkja484', associated_data: 'transaction', mchid: config.mchid };
}

export function rawRequest(body: string | Uint8Array, headers: Readonly<Record<string, string>>): RawRequest {
  const url = 'https://pay.example.com/v1/callbacks/douyin/acc_1';
  return { method: 'POST', url, query: '', headers: { 'content-type': 'application/json', ...headers }, body: Buffer.from(body) };
}

/** A genuine envelope around any resource. */
export function wrapped(eventType: string, resource: unknown, signing: Signing = {}): RawRequest {
  const body = JSON.stringify({ id: 'EV-1', create_time: '2026-01-02T11:04:03+08:00', event_type: eventType, resource });
  return rawRequest(body, vendorHeaders(body, signing));
}

/** A genuine callback. */
export const callback = (eventType: string, content: unknown, signing: Signing = {}) => wrapped(eventType, seal(content), signing);
