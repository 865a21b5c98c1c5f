import { createSign, createVerify, generateKeyPairSync } from 'node:crypto';
import type { AttemptRef, Channel, PayRequest, RawRequest, RefundRequest } from '../../../../core/contract/channel.ts';
import type { WireAnswer } from '../../../../core/contract/kit.ts';
import { answered, makeKit } from '../../../../test/kit/channel-kit.ts';
import lakala, { type Config } from '../index.ts';

const makePair = (modulusLength = 2048) =>
  generateKeyPairSync('rsa', {
    modulusLength,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });

export const [own, platform, notify, stranger] = [makePair(), makePair(), makePair(), makePair()];
export const weak = makePair(1024);

export const number = '01JGJ2Q8Z5X0000000000000A1';
export const refundNumber = '01JGJ2Q8Z5X0000000000000R1';
export const tradeNo = '2026010266210003630077';
/** What the test's clock shows. */
export const nowSec = String(Date.parse('2026-01-02T03:04:05Z') / 1000);

export const config: Config = {
  base_url: 'https://lakala.example',
  app_id: 'OP00000101',
  serial_no: '00dfba8194c41b84cf',
  merchant_no: '82229007392000A',
  term_no: 'D9296400',
  request_ip: '203.0.113.7',
  wechat_appid: 'wx0123456789abcdef',
  private_key: own.privateKey,
  platform_certificate: platform.publicKey,
  notify_certificate: notify.publicKey,
};

export function openLakala(overrides: Partial<Config> = {}, livemode = false): Required<Channel> {
  return lakala.open({ id: 'acc_1', livemode, config: { ...config, ...overrides } }, makeKit()) as Required<Channel>;
}

export const attempt: AttemptRef = {
  number,
  channelNo: tradeNo,
  sessionNo: null,
  product: 'alipay_qr',
  money: { amount: 1999, currency: 'CNY' },
  createdAt: new Date('2026-01-02T03:04:00Z'),
  expiresAt: new Date('2026-01-02T03:14:00Z'),
};

export function payRequest(product: string): PayRequest {
  return {
    ...attempt,
    channelNo: null,
    product,
    subject: 'Tea & "cake", 茶',
    payer: { openid: 'o-shopper', authCode: '134567890123456789' },
    orderLines: [],
    callbackUrl: 'https://pay.example.com/v1/callbacks/lakala/acc_1',
    returnUrl: null,
  };
}

export const refundRequest: RefundRequest = {
  number: refundNumber,
  channelNo: null,
  money: { amount: 500, currency: 'CNY' },
  reason: 'too cold',
  createdAt: new Date('2026-01-02T04:00:00Z'),
  attempt,
  callbackUrl: payRequest('alipay_qr').callbackUrl,
};

export const order = { merchant_no: config.merchant_no, out_trade_no: number, trade_no: tradeNo, total_amount: '1999' };
export const paid = { ...order, trade_state: 'SUCCESS', trade_time: '20260102110500', payer_amount: '1999' };
export const refunded = {
  merchant_no: config.merchant_no,
  out_trade_no: refundNumber,
  trade_no: '20260102110110001231120010300062',
  trade_state: 'SUCCESS',
  refund_amount: '500',
  trade_time: '20260102120100',
  origin_out_trade_no: number,
  origin_trade_no: tradeNo,
};

export const rsaSign = (key: string, text: string) => createSign('RSA-SHA256').update(text).sign(key, 'base64');
export const rsaVerify = (key: string, text: string, signature: string) =>
  createVerify('RSA-SHA256').update(text).verify(key, signature, 'base64');

interface Twists {
  readonly key?: string;
  readonly appid?: string;
  readonly timestamp?: string;
  readonly status?: number;
}

/** An answer as Lakala signs it. */
export function signed(body: string, { key = platform.privateKey, appid = config.app_id, timestamp = nowSec, status = 200 }: Twists = {}) {
  const signature = rsaSign(key, `${appid}\n0180a1b2\n${timestamp}\nabcdef012345\n${body}\n`);
  const proof = { appid, serial: '0180a1b2', timestamp, nonce: 'abcdef012345', signature };
  return answered(status, body, Object.fromEntries(Object.entries(proof).map(([name, value]) => [`lklapi-${name}`, value])));
}

export const good = (data: object, code = 'BBS00000'): WireAnswer => signed(JSON.stringify({ code, msg: '成功', resp_data: data }));
export const bad = (code: string): WireAnswer => signed(JSON.stringify({ code, msg: 'no' }));

export function rawOf(body: string, { key = notify.privateKey, timestamp = nowSec }: Twists = {}): RawRequest {
  const signature = rsaSign(key, `${timestamp}\nabcdef012345\n${body}\n`);
  const authorization = `LKLAPI-SHA256withRSA timestamp="${timestamp}",nonce_str="abcdef012345",signature="${signature}"`;
  return {
    method: 'POST',
    url: payRequest('alipay_qr').callbackUrl,
    query: '',
    headers: { authorization, 'content-type': 'application/json' },
    body: Buffer.from(body),
  };
}
