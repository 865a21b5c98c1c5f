import { createCipheriv, createSign, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { AttemptRef, Channel, PayRequest, RawRequest, RefundRequest } from '../../../../core/contract/channel.ts';
import type { WireAnswer } from '../../../../core/contract/kit.ts';
import { answered, makeKit } from '../../../../test/kit/channel-kit.ts';
import wechat, { type Config } from '../index.ts';

export const merchant = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const platform = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const platformSerial = 'PUB_KEY_ID_0116000000012026010200000000000001';
export const apiV3Key = '0123456789abcdefghijklmnopqrstuv';

/** 2026-01-02T03:04:05Z, the clock of the test kit. */
export const nowSec = 1_767_323_045;
export const nonce = '0123456789abcdef0123456789abcdef';
export const number = '01KDYB0N3Q8Z5T7V9W2X4Y6Z8A';
export const refundNumber = '01KDYB0N3Q8Z5T7V9W2X4Y6Z8B';

export const config: Config = {
  base_url: 'http://127.0.0.1:8090/wechat',
  mchid: '1900000109',
  appid: 'wxd678efh567hg6787',
  serial_no: '408B07E79B8269FEC3D5D3E6AB8ED163A6A380DB',
  private_key: pem(merchant.privateKey),
  api_v3_key: apiV3Key,
  platform_public_keys: JSON.stringify({ [platformSerial]: platform.publicKey.export({ type: 'spki', format: 'pem' }) }),
};

function pem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

export function openWechat(overrides: Partial<Config> = {}, livemode = false): Required<Channel> {
  const account = { id: 'acc_1', livemode, config: { ...config, ...overrides } };
  return wechat.open(account, makeKit()) as Required<Channel>;
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
    callbackUrl: 'https://pay.example.com/v1/callbacks/wechat/acc_1',
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
  attempt: { ...attempt, channelNo: '4200000985202601021234567890' },
  callbackUrl: 'https://pay.example.com/v1/callbacks/wechat/acc_1',
};

/** An order as the vendor states it once it is paid. */
export const paidOrder = {
  appid: config.appid,
  mchid: config.mchid,
  out_trade_no: number,
  transaction_id: '4200000985202601021234567890',
  trade_type: 'NATIVE',
  trade_state: 'SUCCESS',
  trade_state_desc: '支付成功',
  bank_type: 'OTHERS',
  success_time: '2026-01-02T11:04:03+08:00',
  payer: { openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o' },
  amount: { total: 888, payer_total: 800, currency: 'CNY', payer_currency: 'CNY' },
};

/** A refund as the vendor answers it. */
export const doneRefund = {
  refund_id: '50300907132026010200000000001',
  out_refund_no: refundNumber,
  transaction_id: '4200000985202601021234567890',
  out_trade_no: number,
  channel: 'ORIGINAL',
  user_received_account: '支付用户零钱',
  success_time: '2026-01-02T11:04:04+08:00',
  create_time: '2026-01-02T11:04:03+08:00',
  status: 'SUCCESS',
  amount: {
    total: 888,
    refund: 300,
    payer_total: 800,
    payer_refund: 270,
    settlement_refund: 300,
    settlement_total: 888,
    discount_refund: 30,
    currency: 'CNY',
  },
};

export interface Signing {
  readonly key?: KeyObject;
  readonly serial?: string;
  readonly nonce?: string;
  readonly atSec?: number;
  /** In place of `atSec`: a timestamp in some other writing. */
  readonly timestamp?: string;
}

/** The vendor's signature headers over these bytes. */
export function vendorHeaders(body: string | Uint8Array, signing: Signing = {}): Record<string, string> {
  const timestamp = signing.timestamp ?? String(signing.atSec ?? nowSec);
  const vendorNonce = signing.nonce ?? 'vendor-nonce';
  const signature = createSign('RSA-SHA256')
    .update(`${timestamp}\n${vendorNonce}\n`)
    .update(body)
    .update('\n')
    .sign(signing.key ?? platform.privateKey, 'base64');
  return {
    'wechatpay-timestamp': timestamp,
    'wechatpay-nonce': vendorNonce,
    'wechatpay-signature': signature,
    'wechatpay-serial': signing.serial ?? platformSerial,
    'wechatpay-signature-type': 'WECHATPAY2-SHA256-RSA2048',
  };
}

/** A genuine answer of the vendor. */
export function genuine(status: number, data?: unknown, signing: Signing = {}): WireAnswer {
  const body = data === undefined ? '' : JSON.stringify(data);
  return answered(status, body, vendorHeaders(body, signing));
}

/** Seals a callback's content as the vendor does. */
export function seal(content: unknown, key = apiV3Key): Record<string, string> {
  const sealNonce = 'fdasflkja484';
  const cipher = createCipheriv('aes-256-gcm', key, sealNonce).setAAD(Buffer.from('transaction'));
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  const ciphertext = Buffer.concat([cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64');
  return { algorithm: 'AEAD_AES_256_GCM', ciphertext, nonce: sealNonce, associated_data: 'transaction', original_type: 'transaction' };
}

export function envelope(eventType: string, resource: unknown): Record<string, unknown> {
  return {
    id: 'EV-2026010211040300001',
    create_time: '2026-01-02T11:04:03+08:00',
    resource_type: 'encrypt-resource',
    event_type: eventType,
    summary: '支付成功',
    resource,
  };
}

export function rawRequest(body: string | Uint8Array, headers: Readonly<Record<string, string>>): RawRequest {
  const url = 'https://pay.example.com/v1/callbacks/wechat/acc_1';
  return { method: 'POST', url, query: '', headers: { 'content-type': 'application/json', ...headers }, body: Buffer.from(body) };
}

/** A genuine callback. */
export function callback(eventType: string, content: unknown, signing: Signing = {}): RawRequest {
  const body = JSON.stringify(envelope(eventType, seal(content)));
  return rawRequest(body, vendorHeaders(body, signing));
}

/** What the tests use of the vendor's Go vectors. */
export interface GoVector {
  readonly sign_rsa_sha256: {
    readonly private_key_pkcs8_pkcs8_der_base64: string;
    readonly message: string;
    readonly expect_signature: string;
  };
  readonly aes_gcm: {
    readonly key: string;
    readonly nonce: string;
    readonly aad: string;
    readonly ciphertext: string;
    readonly expect: string;
  };
}

/** What the tests use of the vendor's Java vectors. */
export interface JavaVector {
  readonly api_v3_key: string;
  readonly platform_certificate: string;
  readonly aead: { readonly nonce: string; readonly aad: string; readonly ciphertext: string; readonly plaintext: string };
  readonly certificates_response: {
    readonly data: readonly {
      readonly serial_no: string;
      readonly encrypt_certificate: { readonly ciphertext: string; readonly nonce: string; readonly associated_data: string };
    }[];
  };
}

/** A file of the vendor's test vectors; null where they are not at hand. */
export function readVector<T>(name: string): T | null {
  const folder = process.env.PAYMUX_VECTORS ?? resolve(import.meta.dirname, '../../../../../shared/vectors');
  const path = resolve(folder, 'cn/wechat', name);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as T) : null;
}
