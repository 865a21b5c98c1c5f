import type { Account, Channel, ChannelPlugin } from '../../../core/contract/channel.ts';
import type { Kit } from '../../../core/contract/kit.ts';
import type { ChannelManifest, MethodManifest } from '../../../core/contract/manifest.ts';
import { parseCallback, parseReturn } from './callback.ts';
import type { Merchant } from './gateway.ts';
import { mergedLines } from './merge.ts';
import { close, pay, probe, query, queryRefund, refund } from './pay.ts';
import { isOwnPublicKey, parsePrivateKey, parsePublicKey } from './sign.ts';
import { fetchStatement, readStatement } from './statement.ts';

export interface Config {
  readonly gateway_url: string;
  readonly app_id: string;
  readonly seller_id: string;
  readonly private_key: string;
  readonly alipay_public_key: string;
}

/** Alipay takes 0.01 to 100,000,000 yuan. */
const limits = { currencies: ['CNY'], min: 1, max: 10_000_000_000 } as const;

/** Each order is at least one fen. */
const merged = { ...limits, min: 2, maturity: 'beta', orderLines: mergedLines, abilities: { refund: 'full' } } as const;

const methods: readonly MethodManifest[] = [
  {
    id: 'alipay_page',
    product: 'page',
    name: {
      en: 'Alipay, desktop page',
      zh: '支付宝电脑网站支付',
      ja: 'アリペイ（パソコン）',
      es: 'Alipay en el ordenador',
      ar: 'Alipay على الحاسوب',
    },
    action: 'redirect',
    checkout: { devices: ['desktop'] },
    ...limits,
  },
  {
    id: 'alipay_wap',
    product: 'wap',
    name: {
      en: 'Alipay, mobile page',
      zh: '支付宝手机网站支付',
      ja: 'アリペイ（スマートフォン）',
      es: 'Alipay en el móvil',
      ar: 'Alipay على الهاتف',
    },
    action: 'redirect',
    checkout: { devices: ['phone'], home: ['AlipayClient'] },
    ...limits,
  },
  { id: 'alipay_precreate', product: 'precreate', name: { en: 'Alipay, QR code', zh: '支付宝扫码支付' }, action: 'qr', ...limits },
  { id: 'alipay_app', product: 'app', name: { en: 'Alipay, from a mobile app', zh: '支付宝 App 支付' }, action: 'sdk', ...limits },
  {
    id: 'alipay_barcode',
    product: 'barcode',
    name: { en: 'Alipay, bar code of the shopper', zh: '支付宝付款码支付' },
    action: 'none',
    needs: ['authCode'],
    ...limits,
  },
  {
    id: 'alipay_merge_wap',
    product: 'merge_wap',
    name: {
      en: 'Alipay, several orders on a mobile page',
      zh: '支付宝合单手机网站支付',
      ja: 'アリペイ（スマートフォン、複数の注文）',
      es: 'Alipay en el móvil, varios pedidos',
      ar: 'Alipay على الهاتف، عدة طلبات',
    },
    action: 'redirect',
    ...merged,
  },
  {
    id: 'alipay_merge_app',
    product: 'merge_app',
    name: { en: 'Alipay, several orders in a mobile app', zh: '支付宝合单 App 支付' },
    action: 'sdk',
    ...merged,
  },
];

const manifest: ChannelManifest = {
  id: 'alipay',
  name: { en: 'Alipay', zh: '支付宝', ja: 'アリペイ' },
  maturity: 'stable',
  verified: [
    {
      what: 'requests',
      against: 'vendor_library',
      source: 'alipay/alipay-sdk-java-all, models of page.pay, wap.pay, app.pay, pay, precreate and refund: names, forms, product codes',
      methods: ['alipay_page', 'alipay_wap', 'alipay_precreate', 'alipay_app', 'alipay_barcode'],
    },
    {
      what: 'callbacks',
      against: 'vendor_vector',
      source: 'alipay/alipay-sdk-nodejs-all, test/alipay.test.ts: genuine and forged notifications',
    },
    { what: 'statements', against: 'other_code', source: 'a bill of 2019-09-16 from the test of a public Java program' },
    {
      what: 'callbacks',
      against: 'vendor_library',
      source: 'alipay-sdk 4.14.0, run against the simulator: it verifies the same callbacks',
    },
    { what: 'flow', against: 'simulator', source: 'simulator/vendors/alipay' },
  ],
  methods,
  abilities: { query: 'by_number', close: 'unpaid', capture: 'none', refund: 'partial', queryRefund: 'by_number', statement: 'api' },
  // A day's bill is there by ten the next morning.
  statements: { zone: 'Asia/Shanghai', readyAt: '10:00' },
  money: { notation: 'major_string' },
  idempotency: { create: true },
  callback: { trust: 'signed' },
  settle: { notFoundIsFinalAfterSec: 30, settlingSec: 60 },
  rateLimited: 'unknown',
  failoverCodes: ['limit_exceeded', 'channel_rejected'],
  config: {
    type: 'object',
    required: ['app_id', 'seller_id', 'private_key', 'alipay_public_key'],
    properties: {
      gateway_url: {
        type: 'string',
        description: 'Address of the OpenAPI gateway. The sandbox has its own; plain http is for test accounts only.',
        pattern: '^https?://[^\\s?#]+$',
        default: 'https://openapi.alipay.com/gateway.do',
      },
      app_id: { type: 'string', description: 'APPID of the application, from the Alipay open platform.', pattern: '^[0-9]{1,32}$' },
      seller_id: {
        type: 'string',
        description: 'PID of the merchant that is paid: 16 digits that begin with 2088.',
        pattern: '^[0-9]{16}$',
      },
      private_key: {
        type: 'string',
        description: 'Private key of the application, RSA of 2048 bits or more: PEM (PKCS#8 or PKCS#1) or bare base64.',
        secret: true,
        minLength: 1000,
        maxLength: 10_000,
      },
      alipay_public_key: {
        type: 'string',
        description: 'Public key of Alipay, not of the application: shown after the application’s own public key has been uploaded.',
        minLength: 300,
        maxLength: 5000,
      },
    },
  },
};

function open(account: Account<Config>, kit: Kit): Channel {
  const merchant = readMerchant(account, kit);
  return {
    merchantNo: merchant.appId,
    pay: (request, call) => pay(merchant, request, call),
    query: (attempt, call) => query(merchant, attempt, call),
    close: (attempt, call) => close(merchant, attempt, call),
    refund: (request, call) => refund(merchant, request, call),
    queryRefund: (request, call) => queryRefund(merchant, request, call),
    parseCallback: async (raw) => parseCallback(merchant, raw),
    parseReturn: (raw) => parseReturn(merchant, raw),
    fetchStatement: (day, call) => fetchStatement(merchant, day, call),
    readStatement: (document) => readStatement(merchant, document),
    probe: (call) => probe(merchant, call),
  };
}

function readMerchant({ config, livemode }: Account<Config>, kit: Kit): Merchant {
  if (config.app_id === '') throw new Error('app_id is empty');
  if (config.seller_id === '') throw new Error('seller_id is empty');
  checkGateway(config.gateway_url, livemode);
  const privateKey = parsePrivateKey(config.private_key);
  const alipayPublicKey = parsePublicKey(config.alipay_public_key);
  if (isOwnPublicKey(privateKey, alipayPublicKey)) {
    throw new Error('alipay_public_key is the public half of private_key: enter the key that Alipay shows, not the one uploaded to it');
  }
  return { gatewayUrl: config.gateway_url, appId: config.app_id, sellerId: config.seller_id, privateKey, alipayPublicKey, kit };
}

/** The keys look alike in both worlds; the gateway's address tells which one they belong to. */
function checkGateway(url: string, livemode: boolean): void {
  const address = URL.parse(url);
  if (address === null || !/^https?:$/.test(address.protocol)) throw new Error('gateway_url is not an address');
  const isSandbox = address.protocol === 'http:' || address.hostname.endsWith('.alipaydev.com');
  if (livemode && isSandbox) throw new Error('gateway_url is not the live gateway, but the account is live');
  if (!livemode && address.hostname === 'openapi.alipay.com')
    throw new Error('gateway_url is the live gateway, but the account is a test account');
}

export default { contract: 1, manifest, open } satisfies ChannelPlugin<Config>;
