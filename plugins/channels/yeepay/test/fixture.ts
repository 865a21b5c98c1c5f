import { constants, createCipheriv, generateKeyPairSync, publicEncrypt, sign } from 'node:crypto';
import type { AttemptRef, Channel, PayRequest, RawRequest, RefundRequest } from '../../../../core/contract/channel.ts';
import { answered, makeKit } from '../../../../test/kit/channel-kit.ts';
import yeepay, { type Config } from '../index.ts';

export const ours = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const platform = generateKeyPairSync('rsa', { modulusLength: 2048 });
const derOf = (key: typeof ours.privateKey, type: 'pkcs8' | 'spki') => key.export({ type, format: 'der' } as never).toString('base64');

export const number = '01JGJ2Q8Z5X0000000000000A1';
export const refundNumber = '01JGJ2Q8Z5X0000000000000R1';

export const config: Config = {
  base_url: 'https://yeepay.example/yop-center',
  app_key: 'app_10086032562',
  merchant_no: '10086032562',
  private_key: derOf(ours.privateKey, 'pkcs8'),
  platform_public_key: derOf(platform.publicKey, 'spki'),
};

export function openYeepay(overrides: Partial<Config> = {}, livemode = false): Required<Channel> {
  return yeepay.open({ id: 'acc_1', livemode, config: { ...config, ...overrides } }, makeKit()) as Required<Channel>;
}

export const attempt: AttemptRef = {
  number,
  channelNo: null,
  sessionNo: null,
  product: 'qr',
  money: { amount: 1999, currency: 'CNY' },
  createdAt: new Date('2026-01-02T03:04:00Z'),
  expiresAt: new Date('2026-01-02T17:04:00Z'),
};

export const request: PayRequest = {
  ...attempt,
  subject: '一杯茶 & cake',
  payer: { clientIp: '203.0.113.9', authCode: '134567890123456789' },
  orderLines: [],
  callbackUrl: 'https://pay.example.com/v1/callbacks/yeepay/acc_1',
  returnUrl: null,
};

export const refundRequest: RefundRequest = {
  number: refundNumber,
  channelNo: null,
  money: { amount: 500, currency: 'CNY' },
  reason: '太冷了',
  createdAt: new Date('2026-01-02T04:00:00Z'),
  attempt: { ...attempt, channelNo: '1013' },
  callbackUrl: request.callbackUrl,
};

export const order = {
  code: 'OPR00000',
  message: 'ok',
  merchantNo: config.merchant_no,
  orderId: number,
  uniqueOrderNo: '1013202601020000001',
  status: 'SUCCESS',
  orderAmount: '19.99',
  paySuccessDate: '2026-01-02 11:10:00',
};
export const refunded = {
  code: 'OPR00000',
  merchantNo: config.merchant_no,
  orderId: number,
  refundRequestId: refundNumber,
  uniqueRefundNo: '1014',
  status: 'SUCCESS',
  refundAmount: '5.00',
};

export function signedAnswer(status: number, content: object, key = platform.privateKey) {
  const body = JSON.stringify(content, null, 1);
  const signature = sign('sha256', Buffer.from(body.replace(/[ \t\n]/g, '')), key).toString('base64url');
  return answered(status, body, { 'x-yop-sign': `${signature}$SHA256` });
}
export const good = (result: object) => signedAnswer(200, { result });

/** What the platform would send: sealed for us, signed by it. */
export function seal(text: string, { signer = platform.privateKey, holder = ours.publicKey } = {}): string {
  const key = Buffer.alloc(16, 7);
  const wrapped = publicEncrypt({ key: holder, padding: constants.RSA_PKCS1_PADDING }, key);
  const signature = sign('sha256', Buffer.from(text), signer).toString('base64url');
  const cipher = createCipheriv('aes-128-ecb', key, null);
  const sealed = Buffer.concat([cipher.update(`${text}$${signature}`), cipher.final()]);
  return `${wrapped.toString('base64url')}$${sealed.toString('base64url')}$AES$SHA256`;
}

export function rawOf(response: string, appKey = config.app_key): RawRequest {
  const body = Buffer.from(new URLSearchParams({ response, customerIdentification: appKey }).toString());
  return { method: 'POST', url: request.callbackUrl, query: '', headers: {}, body };
}
