import { Buffer } from 'node:buffer';
import { sm2 } from 'sm-crypto-v2';
import type { AttemptRef, Channel, PayRequest, RawRequest, RefundRequest } from '../../../../core/contract/channel.ts';
import type { WireAnswer, WireRequest } from '../../../../core/contract/kit.ts';
import { answered, makeKit } from '../../../../test/kit/channel-kit.ts';
import cmbecny, { type Config } from '../index.ts';

export const merchant = sm2.generateKeyPairHex();
export const bank = sm2.generateKeyPairHex();
export const number = '01KDYB0N3Q8Z5T7V9W2X4Y6Z8A';
export const refundNumber = '01KDYB0N3Q8Z5T7V9W2X4Y6Z8B';
export const cmbOrderId = '003126010211040317590707';

/** A public key as the bank writes it. */
export function writeKey(point: string): string {
  return Buffer.from(`3059301306072a8648ce3d020106082a811ccf5501822d034200${point}`, 'hex').toString('base64');
}

export const config: Config = {
  base_url: 'http://127.0.0.1:8090/cmbecny',
  app_id: '8ab74856-8772-45c9-96db-54cb30ab9f74',
  app_secret: 'a-secret-of-the-tests-only',
  merchant_no: '308999170120FWZ',
  user_id: 'N003109945',
  private_key: merchant.privateKey,
  bank_public_key: writeKey(bank.publicKey),
  terminal_no: 'POS-0001',
  terminal_ip: '203.0.113.7',
  trade_place: '深圳市福田区',
};

export function openCmb(overrides: Partial<Config> = {}, livemode = false): Required<Channel> {
  return cmbecny.open({ id: 'acc_1', livemode, config: { ...config, ...overrides } }, makeKit()) as Required<Channel>;
}

export const attempt: AttemptRef = {
  number,
  channelNo: null,
  sessionNo: null,
  product: 'qr',
  money: { amount: 888, currency: 'CNY' },
  createdAt: new Date('2026-01-02T03:04:00Z'),
  expiresAt: new Date('2026-01-02T17:04:00.900Z'),
};

export function payRequest(overrides: Partial<PayRequest> = {}): PayRequest {
  return {
    ...attempt,
    subject: '咖啡 & 茶 / "coffee"=1',
    payer: {},
    orderLines: [],
    callbackUrl: 'https://pay.example.com/v1/callbacks/cmbecny/acc_1',
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
  attempt: { ...attempt, channelNo: cmbOrderId },
  callbackUrl: 'https://pay.example.com/v1/callbacks/cmbecny/acc_1',
};

export const created = {
  merId: config.merchant_no,
  orderId: number,
  cmbOrderId,
  txnTime: '20260102110405',
  qrCode: 'https://e.example/qr/1',
};

/** A paid order as a query states it. */
export const paid = {
  merId: config.merchant_no,
  orderId: number,
  cmbOrderId,
  txnAmt: '888',
  dscAmt: '0',
  currencyCode: '156',
  payType: 'EC',
  tradeState: 'S',
  txnTime: '20260102110405',
  endDate: '20260102',
  endTime: '110503',
};

/** A refund as its query states it. */
export const refunded = {
  merId: config.merchant_no,
  orderId: refundNumber,
  cmbOrderId: '003126010212000317590708',
  refundAmt: '300',
  refundDscAmt: '0',
  currencyCode: '156',
  tradeState: 'S',
  txnTime: '20260102120003',
  endDate: '20260102',
  endTime: '120003',
};

type Members = Readonly<Record<string, string>>;

/** The text under a signature, written from the bank's document and apart from the channel's own. */
export function signedText(members: Members): string {
  const names = Object.keys(members).filter((name) => name !== 'sign');
  names.sort();
  return names.map((name) => [name, members[name]].join('=')).join('&');
}

export function bankSign(members: Members, key = bank.privateKey, text = signedText(members)): Record<string, string> {
  const der = sm2.doSignature(new Uint8Array(Buffer.from(text)), key, { hash: true, der: true });
  return { ...members, sign: Buffer.from(der, 'hex').toString('base64') };
}

export const envelope = { encoding: 'UTF-8', signMethod: '02', version: '0.0.1' };
export const success = { returnCode: 'SUCCESS', respCode: 'SUCCESS', ...envelope };

/** A genuine answer with business data. */
export function genuine(content: unknown, changes: Members = {}): WireAnswer {
  return answered(200, JSON.stringify(bankSign({ ...success, biz_content: JSON.stringify(content), ...changes })));
}

/** A genuine refusal. */
export function fault(errCode: string, respMsg = '说明', layer: 'returnCode' | 'respCode' = 'respCode'): WireAnswer {
  const result: Members = layer === 'returnCode' ? { returnCode: 'FAIL' } : { returnCode: 'SUCCESS', respCode: 'FAIL' };
  return answered(200, JSON.stringify(bankSign({ ...result, ...envelope, errCode, respMsg })));
}

export function callback(content: unknown, key = bank.privateKey): RawRequest {
  return rawForm(bankSign({ ...envelope, biz_content: JSON.stringify(content) }, key));
}

export function rawForm(members: Members): RawRequest {
  return rawRequest(new URLSearchParams(members).toString());
}

export function rawRequest(body: string | Uint8Array): RawRequest {
  const url = 'https://pay.example.com/v1/callbacks/cmbecny/acc_1';
  return { method: 'POST', url, query: '', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: Buffer.from(body) };
}

/** The members of a request that was sent. */
export function membersOf(request: WireRequest | undefined): Record<string, string> {
  return JSON.parse(String(request?.body)) as Record<string, string>;
}

/** Its business content. */
export function contentOf(request: WireRequest | undefined): unknown {
  return JSON.parse(membersOf(request)['biz_content'] ?? '');
}
