import { Buffer } from 'node:buffer';
import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import type { Account, Channel, ChannelPlugin } from '../../../core/contract/channel.ts';
import type { Call, Kit } from '../../../core/contract/kit.ts';
import type { ChannelManifest } from '../../../core/contract/manifest.ts';
import { readCallback } from './callback.ts';
import { saysNotFound } from './errors.ts';
import { ask, type WechatAccount } from './gateway.ts';
import { identify, identifyUrl, readSignIn } from './identify.ts';
import { close, pay, query, queryRefund, refund } from './pay.ts';
import { fetchStatement, readStatement } from './statement.ts';
import type { V2Access } from './v2.ts';

/** The configuration of one WeChat Pay merchant number. */
export interface Config {
  readonly base_url?: string;
  readonly mchid: string;
  readonly appid: string;
  readonly mini_appid?: string;
  readonly app_appid?: string;
  readonly serial_no: string;
  readonly private_key: string;
  readonly api_v3_key: string;
  readonly platform_public_keys: string;
  readonly api_v2_key?: string;
  readonly v2_sign_type?: string;
  readonly merchant_certificate?: string;
  readonly funds_bill?: boolean;
  readonly app_secret?: string;
  readonly sign_in_url?: string;
}

const vendorUrl = 'https://api.mch.weixin.qq.com';

const manifest: ChannelManifest = {
  id: 'wechat',
  name: { en: 'WeChat Pay', zh: '微信支付' },
  maturity: 'stable',
  verified: [
    {
      what: 'requests',
      against: 'vendor_document',
      source: 'pay.weixin.qq.com/doc/v3/merchant/4012791877: fields of orders that are scanned',
      methods: ['wechat_native'],
    },
    {
      what: 'requests',
      against: 'vendor_library',
      source: 'wechatpay-apiv3/wechatpay-java, models of nativepay, jsapi, app, h5, refund',
      methods: ['wechat_native', 'wechat_jsapi', 'wechat_mini', 'wechat_app', 'wechat_h5'],
    },
    {
      what: 'signatures',
      against: 'vendor_vector',
      source: 'wechatpay-apiv3/wechatpay-go and wechatpay-java, tests; of version 2, the documented sample',
    },
    { what: 'callbacks', against: 'vendor_vector', source: 'the same: sealed resources and the download of certificates' },
    { what: 'statements', against: 'other_code', source: 'bills of 2018 and 2021 from the tests of public Java and Go programs' },
    {
      what: 'callbacks',
      against: 'other_code',
      source: 'wechatpay-axios-plugin 0.9.6, run against the simulator: it signs, seals, verifies and opens the same callbacks',
    },
    { what: 'flow', against: 'simulator', source: 'simulator/vendors/wechat' },
  ],
  methods: [
    {
      id: 'wechat_native',
      product: 'native',
      name: {
        en: 'WeChat Pay QR code',
        zh: '微信扫码支付',
        ja: 'WeChat Pay（QRコード）',
        es: 'WeChat Pay con código QR',
        ar: 'WeChat Pay برمز QR',
      },
      action: 'qr',
      currencies: ['CNY'],
      min: 1,
    },
    {
      id: 'wechat_jsapi',
      product: 'jsapi',
      name: { en: 'WeChat Pay inside WeChat', zh: '微信内支付(公众号、小程序)' },
      action: 'sdk',
      currencies: ['CNY'],
      min: 1,
      needs: ['openid'],
      // By what others report, not tried: a mini program's web view has no bridge to pay by, and WeCom's shoppers have no openid of ours.
      checkout: { inside: 'MicroMessenger', except: ['miniProgram/', 'wxwork/'] },
    },
    {
      id: 'wechat_mini',
      product: 'mini',
      name: { en: 'WeChat Pay in a mini program', zh: '微信小程序支付' },
      action: 'sdk',
      currencies: ['CNY'],
      min: 1,
      needs: ['openid'],
    },
    {
      id: 'wechat_app',
      product: 'app',
      name: { en: 'WeChat Pay from a mobile app', zh: '微信 App 支付' },
      action: 'sdk',
      currencies: ['CNY'],
      min: 1,
    },
    {
      id: 'wechat_h5',
      product: 'h5',
      name: { en: 'WeChat Pay from a mobile browser', zh: '微信 H5 支付' },
      action: 'redirect',
      currencies: ['CNY'],
      min: 1,
      needs: ['clientIp'],
      // "H5" is for browsers outside of WeChat: it opens WeChat, which refuses it inside itself.
      checkout: { devices: ['phone'], except: ['MicroMessenger'] },
    },
    {
      id: 'wechat_barcode',
      product: 'barcode',
      maturity: 'beta',
      name: { en: 'WeChat Pay, bar code of the shopper', zh: '微信付款码支付' },
      action: 'none',
      currencies: ['CNY'],
      min: 1,
      needs: ['authCode'],
    },
    {
      id: 'wechat_combine',
      product: 'combine',
      maturity: 'beta',
      name: {
        en: 'WeChat Pay QR code for several orders',
        zh: '微信合单扫码支付',
        ja: 'WeChat Pay（QRコード、複数の注文）',
        es: 'WeChat Pay con código QR, varios pedidos',
        ar: 'WeChat Pay برمز QR، عدة طلبات',
      },
      action: 'qr',
      currencies: ['CNY'],
      min: 2,
      orderLines: { min: 2, max: 10 },
      abilities: { refund: 'full' },
    },
  ],
  abilities: { query: 'by_number', close: 'unpaid', capture: 'none', refund: 'partial', queryRefund: 'by_number', statement: 'api' },
  // The vendor has a day's bills ready at ten the next morning, and keeps them for three months.
  statements: { zone: 'Asia/Shanghai', readyAt: '10:00' },
  money: { notation: 'minor_integer' },
  idempotency: { create: true },
  callback: { trust: 'signed' },
  settle: { notFoundIsFinalAfterSec: 60, settlingSec: 60 },
  // Only the table of refund errors says that a request answered 429 was not accepted; for orders no such promise was found.
  rateLimited: 'unknown',
  failoverCodes: ['limit_exceeded'],
  config: {
    type: 'object',
    required: ['mchid', 'appid', 'serial_no', 'private_key', 'api_v3_key', 'platform_public_keys'],
    properties: {
      base_url: {
        type: 'string',
        description: 'Address of the gateway, without /v3. Another one than the default is for the simulator or a relay.',
        pattern: '^https?://[^\\s?#]+$',
        maxLength: 255,
        default: vendorUrl,
      },
      mchid: { type: 'string', description: 'Merchant number (商户号)', pattern: '^[0-9]{6,32}$' },
      appid: { type: 'string', description: 'App id bound to the merchant number', pattern: '^[0-9A-Za-z_-]{4,32}$' },
      mini_appid: {
        type: 'string',
        description: 'App id of the mini program, for wechat_mini; appid is taken when it is left out',
        pattern: '^[0-9A-Za-z_-]{4,32}$',
      },
      app_appid: {
        type: 'string',
        description: 'App id of the mobile app, for wechat_app; appid is taken when it is left out',
        pattern: '^[0-9A-Za-z_-]{4,32}$',
      },
      serial_no: { type: 'string', description: 'Serial number of the merchant API certificate', pattern: '^[0-9A-Za-z]{6,64}$' },
      private_key: {
        type: 'string',
        description: 'Private key of the merchant API certificate (apiclient_key.pem)',
        secret: true,
        minLength: 1,
        maxLength: 8192,
      },
      api_v3_key: { type: 'string', description: 'APIv3 key, 32 characters', secret: true, minLength: 32, maxLength: 32 },
      platform_public_keys: {
        type: 'string',
        description: 'JSON text: {"PUB_KEY_ID_… or certificate serial": "PEM of the public key or certificate"}; several during a rotation',
        minLength: 2,
        maxLength: 65536,
      },
      api_v2_key: {
        type: 'string',
        description: 'API key of version 2, 32 characters: for wechat_barcode, together with merchant_certificate',
        secret: true,
        minLength: 32,
        maxLength: 32,
      },
      v2_sign_type: {
        type: 'string',
        description: 'How requests of version 2 are signed',
        enum: ['HMAC-SHA256', 'MD5'],
        default: 'HMAC-SHA256',
      },
      merchant_certificate: {
        type: 'string',
        description: 'The merchant API certificate (apiclient_cert.pem), which reversing a bar code asks for',
        minLength: 1,
        maxLength: 8192,
      },
      funds_bill: {
        type: 'boolean',
        description: 'Whether statements include the bill of funds (资金账单) of the basic account, where payouts and fees stand',
        default: true,
      },
      app_secret: {
        type: 'string',
        description: 'AppSecret of the official account (公众号) of appid: with it the hosted checkout learns the openid for wechat_jsapi',
        secret: true,
        pattern: '^[0-9A-Za-z]{32}$',
      },
      sign_in_url: {
        type: 'string',
        description: 'Address of the sign-in where it is not WeChat’s own: for the simulator',
        pattern: '^https?://[^\\s?#]+$',
        maxLength: 255,
      },
    },
  },
};

function open(account: Account<Config>, kit: Kit): Channel {
  const opened = readConfig(account.config, kit);
  refuseRealMoneyInTests(account.livemode, opened.baseUrl);
  return {
    merchantNo: opened.mchid,
    pay: (request, call) => pay(opened, request, call),
    query: (attempt, call) => query(opened, attempt, call),
    close: (attempt, call) => close(opened, attempt, call),
    refund: (request, call) => refund(opened, request, call),
    queryRefund: (request, call) => queryRefund(opened, request, call),
    parseCallback: async (raw, call) => readCallback(opened, raw, call),
    fetchStatement: (day, call) => fetchStatement(opened, day, call),
    readStatement: (document) => readStatement(opened, document),
    probe: (call) => probe(opened, call),
    ...identifies(account.config, opened),
  };
}

/** Without the official account's secret nobody can be asked who he is. */
function identifies({ app_secret: secret, sign_in_url: url }: Config, opened: WechatAccount): Pick<Channel, 'identify' | 'identifyUrl'> {
  if (secret === undefined) return {};
  const signIn = readSignIn(secret, url === undefined ? undefined : readBaseUrl(url));
  return {
    identifyUrl: (returnUrl, state) => identifyUrl(opened, signIn, { returnUrl, state }),
    identify: (query, call) => identify(opened, signIn, query, call),
  };
}

/** Messages name the field and never its value: they are shown to operators and logged. */
function readConfig(config: Config, kit: Kit): WechatAccount {
  const apiV3Key = Buffer.from(config.api_v3_key ?? '', 'utf8');
  if (apiV3Key.length !== 32) throw new Error('api_v3_key must be exactly 32 bytes');
  for (const field of ['mchid', 'appid', 'serial_no'] as const) {
    const pattern = new RegExp(manifest.config.properties[field]?.pattern ?? '');
    if (!pattern.test(config[field] ?? '')) throw new Error(`${field} is not in its form`);
  }
  for (const field of ['mini_appid', 'app_appid'] as const) {
    const pattern = new RegExp(manifest.config.properties[field]?.pattern ?? '');
    if (config[field] !== undefined && !pattern.test(config[field])) throw new Error(`${field} is not in its form`);
  }
  const privateKey = readKey('private_key', () => createPrivateKey(config.private_key));
  return {
    baseUrl: readBaseUrl(config.base_url ?? vendorUrl),
    mchid: config.mchid,
    appid: config.appid,
    miniAppid: config.mini_appid ?? config.appid,
    appAppid: config.app_appid ?? config.appid,
    serialNo: config.serial_no,
    privateKey,
    apiV3Key,
    platformKeys: readPlatformKeys(config.platform_public_keys, kit),
    asksForFunds: config.funds_bill ?? true,
    v2: readV2Access(config, privateKey),
    kit,
  };
}

/** A bar code that cannot be reversed could never be closed, so the key and the certificate come together or not at all. */
function readV2Access(config: Config, privateKey: KeyObject): V2Access | null {
  const { api_v2_key: key, merchant_certificate: cert, v2_sign_type: signType = 'HMAC-SHA256' } = config;
  if (key === undefined && cert === undefined) return null;
  if (key === undefined || Buffer.byteLength(key) !== 32) throw new Error('api_v2_key must be exactly 32 bytes');
  if (cert === undefined) throw new Error('merchant_certificate is missing: api_v2_key is of no use without it');
  if (signType !== 'HMAC-SHA256' && signType !== 'MD5') throw new Error('v2_sign_type must be HMAC-SHA256 or MD5');
  if (!isCertificateOf(cert, privateKey)) throw new Error('merchant_certificate must be the PEM of the certificate of private_key');
  return { key, signType, tls: { cert, key: config.private_key } };
}

function isCertificateOf(pem: string, privateKey: KeyObject): boolean {
  try {
    return new X509Certificate(pem).checkPrivateKey(privateKey);
  } catch {
    return false;
  }
}

function readBaseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || url.search !== '' || url.hash !== '' || url.username !== '') throw new Error('base_url must be a plain address');
  const onLoopback = ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && onLoopback))
    throw new Error('base_url must be https, or http on loopback');
  return text.replace(/\/+$/, '');
}

/** WeChat Pay has no sandbox: whatever reaches its gateway moves real money, so a test account must point elsewhere. */
function refuseRealMoneyInTests(livemode: boolean, baseUrl: string): void {
  const isVendors = new URL(baseUrl).hostname.endsWith('.weixin.qq.com');
  if (isVendors && !livemode) throw new Error('base_url of a test account must be a simulator: WeChat Pay has no sandbox');
  if (!isVendors && livemode && new URL(baseUrl).protocol === 'http:') throw new Error('base_url of a live account must be https');
}

function readPlatformKeys(text: string, kit: Kit): ReadonlyMap<string, KeyObject> {
  const entries = Object.entries(kit.json(text) ?? {});
  if (entries.length === 0) throw new Error('platform_public_keys must be a JSON object of at least one key');
  return new Map(
    entries.map(([serial, pem]) => [serial, readKey(`platform_public_keys of ${serial.slice(0, 64)}`, () => createPublicKey(String(pem)))]),
  );
}

/** The vendor issues RSA keys of 2048 bits; a shorter one could be forged. */
function readKey(field: string, parse: () => KeyObject): KeyObject {
  let key: KeyObject;
  try {
    key = parse();
  } catch {
    throw new Error(`${field} is not a readable PEM`);
  }
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (key.asymmetricKeyType !== 'rsa' || bits < 2048) throw new Error(`${field} must be an RSA key of 2048 bits or more`);
  return key;
}

/** Asks for an order that cannot exist: a genuine "not found" proves both our key and the platform's. */
async function probe(account: WechatAccount, call: Call): Promise<{ readonly ok: boolean; readonly detail: string }> {
  const path = `/v3/pay/transactions/out-trade-no/PAYMUXPROBE000000000000000?mchid=${account.mchid}`;
  const answer = await ask(account, call, { method: 'GET', path });
  if (answer.kind === 'data') return { ok: true, detail: 'WeChat Pay answered' };
  if (answer.kind !== 'fault') return { ok: false, detail: `${answer.kind}: ${answer.reason}` };
  return { ok: saysNotFound(answer.error), detail: answer.error.code };
}

export default { contract: 1, manifest, open } satisfies ChannelPlugin<Config>;
