import { constants, createCipheriv, createDecipheriv, createHash, generateKeyPairSync, privateEncrypt, publicDecrypt } from 'node:crypto';
import type { AttemptRef, Channel, PayRequest, RawRequest, RefundRequest } from '../../../../core/contract/channel.ts';
import type { WireRequest } from '../../../../core/contract/kit.ts';
import { answered, makeKit } from '../../../../test/kit/channel-kit.ts';
import type { Config } from '../account.ts';
import jdpay from '../index.ts';

const pemOf = () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
  return {
    privatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }) as string,
  };
};
export const ours = pemOf();
export const jd = pemOf();
export const stranger = pemOf();

export const number = '01JGJ2Q8Z5X0000000000000A1';
export const refundNumber = '01JGJ2Q8Z5X0000000000000R1';

export const config: Config = {
  merchant: '110148035005',
  des_key: 'ASNFZ4mrze/+3LqYdlQyEBEiM0RVZneI',
  private_key: ours.privatePem,
  jd_public_key: jd.publicPem,
  order_type: '1',
  device: 'till-1',
  pc_url: 'https://pc.example',
  h5_url: 'https://h5.example',
  gateway_url: 'https://gate.example/',
};

export function openJdpay(overrides: Partial<Config> = {}, livemode = false): Required<Channel> {
  return jdpay.open({ id: 'acc_1', livemode, config: { ...config, ...overrides } }, makeKit()) as Required<Channel>;
}

export const attempt: AttemptRef = {
  number,
  channelNo: null,
  sessionNo: null,
  product: 'qr',
  money: { amount: 1999, currency: 'CNY' },
  createdAt: new Date('2026-01-02T03:04:05Z'),
  expiresAt: new Date('2026-01-02T05:04:05Z'),
};

export const payRequest = (product: string): PayRequest => ({
  ...attempt,
  product,
  subject: 'Tea & "cake",\n 茶 <3',
  payer: { clientIp: '203.0.113.9', authCode: '134567890123456789' },
  orderLines: [],
  callbackUrl: 'https://pay.example.com/v1/callbacks/jdpay/acc_1',
  returnUrl: 'https://shop.example/done',
});

export const refundRequest: RefundRequest = {
  number: refundNumber,
  channelNo: null,
  money: { amount: 500, currency: 'CNY' },
  reason: 'too cold',
  createdAt: new Date('2026-01-02T04:00:00Z'),
  attempt: { ...attempt, channelNo: number },
  callbackUrl: payRequest('qr').callbackUrl,
};

/** JD's side of the wire, written here once more. */
export function hide(text: string, key = config.des_key): string {
  const content = Buffer.from(text);
  const framed = Buffer.alloc(Math.ceil((content.length + 4) / 8) * 8);
  framed.writeUInt32BE(content.length);
  framed.set(content, 4);
  const cipher = createCipheriv('des-ede3-ecb', Buffer.from(key, 'base64'), null).setAutoPadding(false);
  return Buffer.concat([cipher.update(framed), cipher.final()]).toString('hex');
}

export function show(hex: string): string {
  const cipher = createDecipheriv('des-ede3-ecb', Buffer.from(config.des_key, 'base64'), null).setAutoPadding(false);
  const framed = Buffer.concat([cipher.update(Buffer.from(hex, 'hex')), cipher.final()]);
  return framed.toString('utf8', 4, 4 + framed.readUInt32BE());
}

export const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');
export const lockText = (text: string, key = jd.privatePem) =>
  privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, Buffer.from(text)).toString('base64');
export const signatureOf = (text: string, key = jd.privatePem) => lockText(hashOf(text), key);
export const signedHash = (signature: string) => publicDecrypt(ours.publicPem, Buffer.from(signature, 'base64')).toString();

/** What JD finds inside a request, and the text that was signed. */
export function unpack(request: WireRequest | undefined): { readonly plain: string; readonly signed: string } {
  const outer = String(request?.body);
  const encrypted =
    /^<\?xml version="1.0" encoding="UTF-8"\?><jdpay><version>V2.0<\/version><merchant>110148035005<\/merchant><encrypt>(.+)<\/encrypt><\/jdpay>$/;
  const whole = show(Buffer.from(encrypted.exec(outer)?.[1] ?? '', 'base64').toString());
  const sign = /<sign>(.+)<\/sign>/.exec(whole)?.[1] ?? '';
  const plain = whole.replace(/<sign>.+<\/sign>/, '');
  return { plain, signed: signedHash(sign) };
}

const declaration = '<?xml version="1.0" encoding="UTF-8"?>';
export const success = '<result><code>000000</code><desc>success</desc></result>';

/** The encrypted part around `inner`; `signed` is the text that the signature is made of. */
export function wrap(inner: string, outer = success): string {
  const encrypt = Buffer.from(hide(inner)).toString('base64');
  return `${declaration}<jdpay><version>V2.0</version><merchant>${config.merchant}</merchant>${outer}<encrypt>${encrypt}</encrypt></jdpay>`;
}

export interface Sealing {
  readonly merchant?: string;
  readonly code?: string;
  readonly key?: string;
  readonly sign?: (right: string) => string;
}

/** A message of JD's. */
export function seal(content: string, { merchant = config.merchant, code = '000000', key, sign = (right) => right }: Sealing = {}): string {
  const head = `${declaration}<jdpay><version>V2.0</version><merchant>${merchant}</merchant><result><code>${code}</code><desc>words</desc></result>`;
  const signature = sign(signatureOf(`${head}${content}</jdpay>`, key));
  return wrap(`${head}<sign>${signature}</sign>${content}</jdpay>`);
}

export const good = (content: string, how: Sealing = {}) => answered(200, seal(content, how));
export const unsigned = (code: string) =>
  answered(200, `${declaration}<jdpay><version>V2.0</version><result><code>${code}</code><desc>no</desc></result></jdpay>`);

export const pay = (currency = 'CNY') =>
  `<pay><payType>0</payType><amount>1999</amount><currency>${currency}</currency><tradeTime>20260102111005</tradeTime></pay>`;
export const paid = (pays = pay(), amount = '1999', status = '2') =>
  `<tradeNum>${number}</tradeNum><tradeType>0</tradeType><amount>${amount}</amount><status>${status}</status><payList>${pays}</payList>`;
export const state = (status: string) =>
  `<tradeNum>${number}</tradeNum><tradeType>0</tradeType><amount>1999</amount><status>${status}</status>`;
export const refunded = (status = '1', type = '<tradeType>1</tradeType>', of = number) =>
  `<tradeNum>${refundNumber}</tradeNum>${type}<oTradeNum>${of}</oTradeNum><amount>500</amount><currency>CNY</currency><tradeTime>20260102120500</tradeTime><status>${status}</status>`;

export const rawOf = (body: string | Buffer): RawRequest => ({
  method: 'POST',
  url: refundRequest.callbackUrl,
  query: '',
  headers: { 'content-type': 'application/xml' },
  body: Buffer.from(body),
});
