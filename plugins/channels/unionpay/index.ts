import type { Account, Channel, ChannelPlugin } from '../../../core/contract/channel.ts';
import type { Kit } from '../../../core/contract/kit.ts';
import type { ChannelManifest, MethodManifest } from '../../../core/contract/manifest.ts';
import { readBanks } from './banks.ts';
import { parseCallback } from './callback.ts';
import type { Merchant } from './gateway.ts';
import { pay, probe, query } from './pay.ts';
import { queryRefund, refund } from './refund.ts';
import { parseAuthorities, parseSigner } from './sign.ts';
import { fetchStatement, readStatement } from './statement.ts';

export interface Config {
  readonly base_url: string;
  readonly merchant_id: string;
  readonly private_key: string;
  readonly certificate: string;
  readonly ca_certificates: string;
  readonly terminal_id?: string;
  readonly banks?: string;
}

/** At most twelve digits of fen, the length of an amount in UnionPay's statements. */
const limits = { currencies: ['CNY'], min: 1, max: 999_999_999_999 } as const;

const methods: readonly MethodManifest[] = [
  {
    id: 'unionpay_web',
    product: 'web',
    name: {
      en: 'UnionPay, desktop page',
      zh: '银联电脑网页支付',
      ja: '銀聯（パソコン）',
      es: 'UnionPay en el ordenador',
      ar: 'يونيون باي على الحاسوب',
    },
    action: 'form',
    checkout: { devices: ['desktop'] },
    ...limits,
  },
  {
    id: 'unionpay_wap',
    product: 'wap',
    name: {
      en: 'UnionPay, mobile page',
      zh: '银联手机网页支付',
      ja: '銀聯（スマートフォン）',
      es: 'UnionPay en el móvil',
      ar: 'يونيون باي على الهاتف',
    },
    action: 'form',
    checkout: { devices: ['phone'], home: ['CloudPay', 'UnionPay/'] },
    ...limits,
  },
  {
    id: 'unionpay_netbank',
    product: 'netbank',
    name: {
      en: 'UnionPay, online banking',
      zh: '银联网银支付',
      ja: '銀聯（ネットバンキング）',
      es: 'UnionPay, banca en línea',
      ar: 'يونيون باي، الخدمات المصرفية عبر الإنترنت',
    },
    action: 'form',
    needs: ['bankCode'],
    ...limits,
  },
  { id: 'unionpay_app', product: 'app', name: { en: 'UnionPay, in an app', zh: '银联手机控件支付' }, action: 'sdk', ...limits },
  { id: 'unionpay_qr', product: 'qr', name: { en: 'UnionPay, QR code', zh: '云闪付扫码支付' }, action: 'qr', ...limits },
  {
    id: 'unionpay_barcode',
    product: 'barcode',
    name: { en: 'UnionPay, payment code', zh: '云闪付付款码支付' },
    action: 'none',
    needs: ['authCode'],
    ...limits,
  },
];

const manifest: ChannelManifest = {
  id: 'unionpay',
  name: { en: 'UnionPay', zh: '银联', ja: '銀聯', ar: 'يونيون باي' },
  maturity: 'beta',
  verified: [
    { what: 'requests', against: 'other_code', source: 'public demonstration programs: fields' },
    {
      what: 'requests',
      against: 'other_code',
      source: 'comments of such programs, and one published request to the bank ABC: issInsCode',
      methods: ['unionpay_netbank'],
    },
    { what: 'signatures', against: 'vendor_vector', source: 'yansongda/pay, tests: one signed request, byte for byte' },
    { what: 'answers', against: 'vendor_vector', source: "yansongda/pay, tests: an answer that UnionPay's test gateway signed" },
    { what: 'callbacks', against: 'vendor_vector', source: "yansongda/pay, tests: a notification that UnionPay's test gateway signed" },
    { what: 'flow', against: 'simulator', source: 'simulator/vendors/unionpay' },
  ],
  methods,
  abilities: { query: 'by_number', close: 'none', capture: 'none', refund: 'partial', queryRefund: 'by_number', statement: 'api' },
  money: { notation: 'minor_integer' },
  // A repeat is refused as a duplicate, so it charges nobody; but it gives no second QR code or tn either.
  idempotency: { create: false },
  callback: { trust: 'signed' },
  // No vendor document at hand says either: these are our own margins, and what settles later is late money.
  settle: { notFoundIsFinalAfterSec: 300, settlingSec: 1800 },
  rateLimited: 'unknown',
  statements: { zone: 'Asia/Shanghai', cutOff: '23:00', readyAt: '10:00', day: 'settlement' },
  failoverCodes: ['limit_exceeded', 'channel_rejected'],
  config: {
    type: 'object',
    required: ['merchant_id', 'private_key', 'certificate', 'ca_certificates'],
    properties: {
      base_url: {
        type: 'string',
        description: 'Address of the gateway without a path. The test gateway has its own; plain http is for test accounts only.',
        pattern: '^https?://[^\\s?#]*[^\\s?#/]$',
        default: 'https://gateway.95516.com',
      },
      merchant_id: { type: 'string', description: 'Merchant number (merId): 15 digits or letters.', pattern: '^[0-9A-Za-z]{15}$' },
      private_key: {
        type: 'string',
        description: 'Private key of the signing certificate in PEM, RSA of 2048 bits or more: taken out of the PFX file.',
        secret: true,
        minLength: 1000,
        maxLength: 10_000,
      },
      certificate: {
        type: 'string',
        description: 'The signing certificate in PEM, out of the same PFX file. Its serial number names the key to UnionPay.',
        minLength: 500,
        maxLength: 8192,
      },
      ca_certificates: {
        type: 'string',
        description: 'Root and middle certificates of UnionPay in PEM, one after the other (acp_root and acp_middle of its kit).',
        minLength: 500,
        maxLength: 32_768,
      },
      terminal_id: {
        type: 'string',
        description: 'Terminal number (termId), where UnionPay wants one for payment codes.',
        pattern: '^[0-9A-Za-z]{8}$',
      },
      banks: {
        type: 'string',
        description:
          'JSON text: {"ICBC": "中国工商银行"}. The banks that shoppers choose from for unionpay_netbank, by the codes that UnionPay gave (issInsCode).',
        minLength: 2,
        maxLength: 20_000,
      },
    },
  },
};

function open(account: Account<Config>, kit: Kit): Channel {
  const merchant = readMerchant(account, kit);
  const banks = readBanks(account.config.banks, kit);
  return {
    ...(banks === undefined ? {} : { banks }),
    merchantNo: merchant.merchantId,
    pay: (request, call) => pay(merchant, request, call),
    query: (attempt, call) => query(merchant, attempt, call),
    refund: (request, call) => refund(merchant, request, call),
    queryRefund: (request, call) => queryRefund(merchant, request, call),
    parseCallback: async (raw, call) => parseCallback(merchant, raw, call),
    fetchStatement: (day, call) => fetchStatement(merchant, day, call),
    readStatement: (document) => readStatement(merchant, document),
    probe: (call) => probe(merchant, call),
  };
}

/** The third part of the common name of UnionPay's own certificates; its test gateway also signs as the second. */
const owners = { live: ['中国银联股份有限公司'], test: ['中国银联股份有限公司', '00040000:SIGN'] } as const;

function readMerchant({ config, livemode }: Account<Config>, kit: Kit): Merchant {
  if (config.merchant_id === '') throw new Error('merchant_id is empty');
  checkGateway(config.base_url, livemode);
  const signer = parseSigner(config.private_key, config.certificate);
  const authorities = parseAuthorities(config.ca_certificates);
  if (livemode && isTestAuthority(signer.certificate.issuer)) throw new Error('certificate is for tests, but the account is live');
  if (livemode && authorities.some(({ subject }) => isTestAuthority(subject))) {
    throw new Error('ca_certificates holds a test authority, but the account is live');
  }
  return {
    baseUrl: config.base_url,
    merchantId: config.merchant_id,
    terminalId: config.terminal_id ?? null,
    signer,
    trusted: { authorities, owners: livemode ? owners.live : owners.test },
    kit,
  };
}

/** The authority of UnionPay's test certificates is named CFCA TEST OCA1. */
function isTestAuthority(name: string): boolean {
  return /\bTEST\b/.test(name);
}

function checkGateway(url: string, livemode: boolean): void {
  const address = URL.parse(url);
  if (address === null || !/^https?:$/.test(address.protocol)) throw new Error('base_url is not an address');
  const isTest = address.protocol === 'http:' || address.hostname.includes('.test.');
  if (livemode && isTest) throw new Error('base_url is not the live gateway, but the account is live');
  if (!livemode && address.hostname === 'gateway.95516.com')
    throw new Error('base_url is the live gateway, but the account is a test account');
}

export default { contract: 1, manifest, open } satisfies ChannelPlugin<Config>;
