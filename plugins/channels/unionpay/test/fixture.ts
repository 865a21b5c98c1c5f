import { createHash, createPrivateKey, createPublicKey, createSign, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { AttemptRef, Channel, PayRequest, RawRequest, RefundRequest } from '../../../../core/contract/channel.ts';
import type { WireAnswer } from '../../../../core/contract/kit.ts';
import { type CertificateFacts, makeCertificate } from '../../../../simulator/certificate.ts';
import { importPrivateKey } from '../../../../simulator/rsa.ts';
import { answered, type HttpStep, makeCall, makeKit, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import unionpay, { type Config } from '../index.ts';

type Fields = Readonly<Record<string, string>>;

// 2048 bits take a fifth of a second to make: once for all files.
const newKey = () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
export const keys = { root: newKey(), middle: newKey(), gateway: newKey(), merchant: newKey(), stranger: newKey() };

export const ownerName = '041@8310000000083040@中国银联股份有限公司@00016495';
export const pemOf = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString();
const serial = '103DF29F76';

/** A certificate of `subject` for `key`, signed by `signer`. */
export async function certify(
  key: KeyObject,
  signer: KeyObject,
  subject: string,
  issuer: string,
  changes: Partial<CertificateFacts> = {},
): Promise<string> {
  return makeCertificate({
    serial,
    organisation: 'CFCA',
    commonName: subject,
    from: new Date('2025-01-01T00:00:00Z'),
    to: new Date('2027-01-01T00:00:00Z'),
    spki: createPublicKey(key).export({ type: 'spki', format: 'der' }),
    signer: await importPrivateKey(pemOf(signer)),
    issuer: { organisation: 'CFCA', commonName: issuer },
    ...changes,
  });
}

export const certificates = {
  root: await certify(keys.root, keys.root, 'CFCA CS CA', 'CFCA CS CA'),
  middle: await certify(keys.middle, keys.root, 'CFCA OCA1', 'CFCA CS CA'),
  gateway: await certify(keys.gateway, keys.middle, ownerName, 'CFCA OCA1'),
  merchant: await certify(keys.merchant, keys.middle, '041@Z1@777290058110001:SIGN@00000001', 'CFCA OCA1'),
};

export const config: Config = {
  base_url: 'https://gateway.test.95516.com',
  merchant_id: '777290058110001',
  private_key: pemOf(keys.merchant),
  certificate: certificates.merchant,
  ca_certificates: certificates.middle + certificates.root,
};

export function openUnionpay(changes: Partial<Config> = {}, livemode = false): Required<Channel> {
  return unionpay.open({ id: 'acc_1', livemode, config: { ...config, ...changes } }, makeKit()) as Required<Channel>;
}

/** Signs in another way than the channel does, so that a common mistake would show. */
export function signWith(key: KeyObject, fields: Fields): string {
  const names = Object.keys(fields).filter((name) => name !== 'signature' && fields[name] !== '');
  const text = names.sort((a, b) => (a < b ? -1 : 1)).map((name) => `${name}=${fields[name]}`);
  return createSign('sha256')
    .update(createHash('sha256').update(text.join('&')).digest('hex'))
    .sign(key, 'base64');
}

/** A message of UnionPay: the given fields with the rest of every message around them. */
export function signed(fields: Fields, key = keys.gateway, certificate = certificates.gateway): Record<string, string> {
  const whole = {
    version: '5.1.0',
    encoding: 'UTF-8',
    signMethod: '01',
    merId: config.merchant_id,
    signPubKeyCert: certificate,
    ...fields,
  };
  return { ...whole, signature: signWith(key, whole) };
}

/** An answer as the gateway writes it: pairs, not encoded. */
export function answerOf(fields: Fields): WireAnswer {
  return answered(
    200,
    Object.entries(fields)
      .map((pair) => pair.join('='))
      .join('&'),
  );
}

export const attempt: AttemptRef = {
  number: '01JGJ2Q8Z5X0000000000000A1',
  channelNo: null,
  sessionNo: null,
  product: 'web',
  money: { amount: 1999, currency: 'CNY' },
  createdAt: new Date('2026-01-02T16:30:00.789Z'),
  expiresAt: new Date('2026-01-02T18:30:00.789Z'),
};

export const request: PayRequest = {
  ...attempt,
  subject: '咖啡 A/B + 1',
  payer: {},
  orderLines: [],
  callbackUrl: 'https://pay.example.com/v1/callbacks/unionpay/acc_1',
  returnUrl: 'https://shop.example.com/done?order=1',
};

export const refundRequest: RefundRequest = {
  number: '01JGJ2Q8Z5X0000000000000R1',
  channelNo: null,
  money: { amount: 500, currency: 'CNY' },
  createdAt: new Date('2026-01-03T04:00:00Z'),
  reason: 'too cold',
  attempt: { ...attempt, channelNo: '782601030030000674028' },
  callbackUrl: request.callbackUrl,
};

/** What a query or a callback says of a paid order. */
export const paidFields: Fields = {
  txnType: '01',
  txnSubType: '01',
  bizType: '000201',
  accessType: '0',
  orderId: attempt.number,
  txnTime: '20260103003000',
  txnAmt: '1999',
  currencyCode: '156',
  queryId: '782601030030000674028',
  settleAmt: '1999',
  settleCurrencyCode: '156',
  respCode: '00',
  respMsg: '成功[0000000]',
};

export const refundedFields: Fields = {
  ...paidFields,
  txnType: '04',
  txnSubType: '00',
  orderId: refundRequest.number,
  txnAmt: '500',
  queryId: '782601031200000674029',
};

/** A call that answers once, as the given step says. */
export function callWith(step: HttpStep) {
  const { http, requests } = scriptHttp(step);
  return { call: makeCall({ http }), requests };
}

export function post(body: Fields | string | Buffer): RawRequest {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : new URLSearchParams(body).toString());
  return { method: 'POST', url: request.callbackUrl, query: '', headers: {}, body: bytes };
}

export interface Vectors {
  readonly request_sign: {
    readonly params: Record<string, string>;
    readonly expect_signature: string;
    readonly merchant_cert: string;
    readonly merchant_private_key_pkcs8_der_base64: string;
  };
  readonly signed_by_unionpay_sandbox: readonly { readonly params: Record<string, string> }[];
}

/** Null where the vectors are not at hand. */
export function readVectors(): Vectors | null {
  const folder = process.env.PAYMUX_VECTORS ?? resolve(import.meta.dirname, '../../../../../shared/vectors');
  const file = `${folder}/cn/unionpay/acp-5.1.0.json`;
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Vectors) : null;
}

export const vectorKey = (vectors: Vectors) =>
  createPrivateKey({
    key: Buffer.from(vectors.request_sign.merchant_private_key_pkcs8_der_base64, 'base64'),
    format: 'der',
    type: 'pkcs8',
  });
