import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import type { Account, Channel, ChannelPlugin } from '../../../core/contract/channel.ts';
import type { Call, Kit } from '../../../core/contract/kit.ts';
import type { ChannelManifest } from '../../../core/contract/manifest.ts';
import { banks } from './banks.ts';
import { readCallback } from './callback.ts';
import { ask, type YeepayAccount } from './gateway.ts';
import { close, pay, query } from './pay.ts';
import { queryRefund, refund } from './refund.ts';
import { fetchStatement, readStatement } from './statement.ts';

/** The configuration of one merchant at YeePay, with RSA keys. */
export interface Config {
  readonly base_url?: string;
  readonly app_key: string;
  readonly merchant_no: string;
  readonly parent_merchant_no?: string;
  readonly private_key: string;
  readonly platform_public_key: string;
  readonly terminal_id?: string;
  readonly cashier_url?: string;
}

const liveCashierUrl = 'https://cash.yeepay.com/cashier/std';
const liveUrl = 'https://openapi.yeepay.com/yop-center';
const sandboxUrl = 'https://sandbox.yeepay.com/yop-center';

const money = { currencies: ['CNY'], min: 1 };

const manifest: ChannelManifest = {
  id: 'yeepay',
  name: { en: 'YeePay', zh: '易宝支付' },
  maturity: 'beta',
  verified: [
    {
      what: 'signatures',
      against: 'vendor_vector',
      source: 'Yeepay-Open-Platform/yeepay-skills, scripts/rsa/tests/vectors: signed requests, byte for byte',
    },
    { what: 'callbacks', against: 'vendor_vector', source: 'the same: a sealed notification' },
    { what: 'requests', against: 'other_code', source: 'public clients: fields of orders' },
    {
      what: 'requests',
      against: 'other_code',
      source: "the cashier's address: CashierSupport of the vendor's Java and TypeScript SDKs; bank codes: public clients",
      methods: ['yeepay_netbank'],
    },
    { what: 'flow', against: 'simulator', source: 'simulator/vendors/yeepay' },
  ],
  methods: [
    {
      id: 'yeepay_qr',
      product: 'qr',
      name: {
        en: 'One code for WeChat and Alipay',
        zh: '聚合码(微信、支付宝)',
        ja: 'WeChat・アリペイ共通コード',
        es: 'Un código para WeChat y Alipay',
        ar: 'رمز واحد لـ WeChat وAlipay',
      },
      action: 'qr',
      needs: ['clientIp'],
      ...money,
    },
    {
      id: 'yeepay_barcode',
      product: 'barcode',
      name: {
        en: 'Payment code shown by the shopper',
        zh: '付款码(被扫)',
        ja: 'お客様の支払いコード',
        es: 'Código de pago del comprador',
        ar: 'رمز دفع يعرضه المشتري',
      },
      action: 'none',
      needs: ['authCode', 'clientIp'],
      ...money,
    },
    {
      id: 'yeepay_netbank',
      product: 'netbank',
      name: { en: 'Online banking', zh: '网银支付', ja: 'ネットバンキング', es: 'Banca en línea', ar: 'الخدمات المصرفية عبر الإنترنت' },
      action: 'redirect',
      needs: ['bankCode'],
      // The banks' own pages are made for large screens.
      checkout: { devices: ['desktop'], banks },
      ...money,
    },
  ],
  abilities: { query: 'by_number', close: 'unpaid', capture: 'none', refund: 'partial', queryRefund: 'by_number', statement: 'api' },
  money: { notation: 'major_string' },
  // The vendor's guides say that an order number is unique, and not what a repeat answers: it is never sent twice.
  idempotency: { create: false },
  callback: { trust: 'signed' },
  settle: { notFoundIsFinalAfterSec: 300, settlingSec: 600 },
  rateLimited: 'unknown',
  statements: { zone: 'Asia/Shanghai', readyAt: '10:00' },
  failoverCodes: [],
  config: {
    type: 'object',
    required: ['app_key', 'merchant_no', 'private_key', 'platform_public_key'],
    properties: {
      base_url: {
        type: 'string',
        description: 'Address of the gateway. Absent: that of the mode. Another one is for the simulator or a relay.',
        pattern: '^https?://[^\\s?#]+$',
        maxLength: 255,
      },
      app_key: { type: 'string', description: 'Application (appKey)', pattern: '^[\\w-]{4,64}$', maxLength: 64 },
      merchant_no: { type: 'string', description: 'Merchant number that is paid', pattern: '^\\d{6,20}$', maxLength: 20 },
      parent_merchant_no: {
        type: 'string',
        description: 'Merchant number of the service provider; absent: the merchant itself',
        pattern: '^\\d{6,20}$',
        maxLength: 20,
      },
      private_key: {
        type: 'string',
        description: 'RSA private key of the application, PEM or base64 of PKCS#8',
        secret: true,
        maxLength: 8192,
      },
      platform_public_key: { type: 'string', description: "YeePay's RSA public key, PEM or base64", maxLength: 4096 },
      cashier_url: {
        type: 'string',
        description: 'Address of the standard cashier, for online banking. Absent: that of live; for test accounts there is none.',
        pattern: '^https?://[^\\s?#]+$',
        maxLength: 255,
      },
      terminal_id: { type: 'string', description: 'Terminal that reads payment codes', pattern: '^[\\w-]{1,32}$', default: 'paymux' },
    },
  },
};

function open(account: Account<Config>, kit: Kit): Channel {
  const opened = readConfig(account, kit);
  return {
    merchantNo: opened.merchantNo,
    pay: (request, call) => pay(opened, request, call),
    query: (attempt, call) => query(opened, attempt, call),
    close: (attempt, call) => close(opened, attempt, call),
    refund: (request, call) => refund(opened, request, call),
    queryRefund: (request, call) => queryRefund(opened, request, call),
    parseCallback: async (raw) => readCallback(opened, raw),
    fetchStatement: (day, call) => fetchStatement(opened, day, call),
    readStatement: (document) => readStatement(opened, document),
    probe: (call) => probe(opened, call),
  };
}

/** Messages name the field and never its value: they are shown to operators and logged. */
function readConfig({ config, livemode }: Account<Config>, kit: Kit): YeepayAccount {
  for (const name of ['app_key', 'merchant_no'] as const) {
    const pattern = new RegExp(manifest.config.properties[name]?.pattern ?? '');
    if (typeof config[name] !== 'string' || !pattern.test(config[name])) throw new Error(`${name} is not in its form`);
  }
  const baseUrl = (config.base_url ?? (livemode ? liveUrl : sandboxUrl)).replace(/\/+$/, '');
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : null;
  const onLoopback = url !== null && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
  if (url?.protocol !== 'https:' && !onLoopback) throw new Error('base_url must be https, or http on loopback');
  if (baseUrl === (livemode ? sandboxUrl : liveUrl)) throw new Error('base_url is that of the other mode');
  return {
    baseUrl,
    appKey: config.app_key,
    merchantNo: config.merchant_no,
    parentMerchantNo: config.parent_merchant_no ?? config.merchant_no,
    privateKey: readKey('private_key', config.private_key),
    platformKey: readKey('platform_public_key', config.platform_public_key),
    terminalId: config.terminal_id ?? 'paymux',
    cashierUrl: readCashier(config.cashier_url ?? (livemode ? liveCashierUrl : null), livemode),
    kit,
  };
}

/** Where the shopper's browser goes with a signed token: over https, but for a simulator on this machine. */
function readCashier(text: string | null, livemode: boolean): string | null {
  if (text === null) return null;
  const url = URL.parse(text);
  const onLoopback = url !== null && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
  if (url?.protocol !== 'https:' && !onLoopback) throw new Error('cashier_url must be https, or http on loopback');
  if (!livemode && text === liveCashierUrl) throw new Error('cashier_url is that of live');
  return text;
}

/** The vendor's console hands out bare base64; other tools write PEM. */
function readKey(name: 'private_key' | 'platform_public_key', text: unknown): KeyObject {
  const key = typeof text === 'string' ? parseKey(name, text) : null;
  if (key?.asymmetricKeyType !== 'rsa') throw new Error(`${name} is no RSA key`);
  if ((key.asymmetricKeyDetails?.modulusLength ?? 0) < 2048) throw new Error(`${name} is too short: RSA with 2048 bits at least`);
  return key;
}

function parseKey(name: string, text: string): KeyObject | null {
  const isPem = text.includes('-----BEGIN');
  const der = Buffer.from(isPem ? '' : text, 'base64');
  try {
    if (name === 'private_key') return createPrivateKey(isPem ? text : { key: der, format: 'der', type: 'pkcs8' });
    return createPublicKey(isPem ? text : { key: der, format: 'der', type: 'spki' });
  } catch {
    return null;
  }
}

/** Asks for an order that cannot exist: a signed answer proves the keys. */
async function probe(account: YeepayAccount, call: Call): Promise<{ readonly ok: boolean; readonly detail: string }> {
  const fields = { parentMerchantNo: account.parentMerchantNo, merchantNo: account.merchantNo, orderId: 'PAYMUXPROBE' };
  const answer = await ask(account, call, { method: 'GET', path: '/rest/v1.0/trade/order/query', fields });
  if (answer.kind === 'result') return { ok: true, detail: 'YeePay answered' };
  return { ok: false, detail: answer.kind === 'fault' ? answer.fault.code : `${answer.kind}: ${answer.reason}` };
}

export default { contract: 1, manifest, open } satisfies ChannelPlugin<Config>;
