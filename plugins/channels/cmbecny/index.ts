import { Buffer } from 'node:buffer';
import { createPublicKey } from 'node:crypto';
import type { Account, Channel, ChannelPlugin } from '../../../core/contract/channel.ts';
import type { Call, Kit } from '../../../core/contract/kit.ts';
import type { ChannelManifest } from '../../../core/contract/manifest.ts';
import { readCallback } from './callback.ts';
import { readQueryFault } from './errors.ts';
import { ask, type CmbAccount } from './gateway.ts';
import { close, pay, query, queryRefund, refund } from './pay.ts';
import { readPublicPoint } from './sign.ts';

/** The configuration of one merchant of the bank's aggregation (聚合收款). */
export interface Config {
  readonly base_url?: string;
  readonly app_id: string;
  readonly app_secret: string;
  readonly merchant_no: string;
  readonly user_id: string;
  readonly private_key: string;
  readonly bank_public_key: string;
  readonly terminal_no: string;
  readonly terminal_ip: string;
  readonly trade_place: string;
  readonly platform_name?: string;
}

const liveUrl = 'https://api.cmbchina.com';
const testUrl = 'https://api.cmburl.cn:8065';
const liveHost = /(^|\.)cmbchina\.com$/;
const testHost = /(^|\.)cmburl\.cn$/;

const manifest: ChannelManifest = {
  id: 'cmbecny',
  name: {
    en: 'e-CNY via CMB',
    zh: '数字人民币(招商银行)',
    ja: 'デジタル人民元（招商銀行）',
    es: 'Yuan digital (CMB)',
    ar: 'اليوان الرقمي (CMB)',
  },
  maturity: 'beta',
  verified: [
    {
      what: 'requests',
      against: 'vendor_document',
      source: "the bank's interface document of 2024, as found in public: fields, states, codes",
    },
    { what: 'signatures', against: 'vendor_document', source: "the example of the header apisign in the bank's document" },
    { what: 'signatures', against: 'other_code', source: 'go-pay/gopay, cmbpay/crypto_test.go: text to sign, form of the key' },
    { what: 'signatures', against: 'standard', source: 'GB/T 32918, published example: SM2' },
    { what: 'flow', against: 'simulator', source: 'simulator/vendors/cmbecny' },
  ],
  methods: [
    {
      id: 'cmbecny_qr',
      product: 'qr',
      name: {
        en: 'e-CNY QR code',
        zh: '数字人民币扫码',
        ja: 'デジタル人民元（QRコード）',
        es: 'Yuan digital con código QR',
        ar: 'اليوان الرقمي برمز QR',
      },
      action: 'qr',
      currencies: ['CNY'],
      min: 1,
    },
    {
      id: 'cmbecny_app',
      product: 'app',
      name: {
        en: 'e-CNY from an app',
        zh: '数字人民币 APP 拉起',
        ja: 'デジタル人民元（アプリ）',
        es: 'Yuan digital en una aplicación',
        ar: 'اليوان الرقمي من تطبيق',
      },
      action: 'sdk',
      currencies: ['CNY'],
      min: 1,
    },
    {
      id: 'cmbecny_h5',
      product: 'h5',
      name: {
        en: 'e-CNY from a mobile page',
        zh: '数字人民币 H5 拉起',
        ja: 'デジタル人民元（スマートフォン）',
        es: 'Yuan digital en el móvil',
        ar: 'اليوان الرقمي على الهاتف',
      },
      action: 'sdk',
      currencies: ['CNY'],
      min: 1,
    },
  ],
  abilities: { query: 'by_number', close: 'unpaid', capture: 'none', refund: 'partial', queryRefund: 'by_number', statement: 'none' },
  money: { notation: 'minor_integer' },
  // The bank refuses a number that was paid or closed, but whether a repeated order answers the first one's QR code, it does not say.
  idempotency: { create: false },
  callback: { trust: 'signed' },
  settle: { notFoundIsFinalAfterSec: 300, settlingSec: 600 },
  rateLimited: 'unknown',
  failoverCodes: [],
  config: {
    type: 'object',
    required: [
      'app_id',
      'app_secret',
      'merchant_no',
      'user_id',
      'private_key',
      'bank_public_key',
      'terminal_no',
      'terminal_ip',
      'trade_place',
    ],
    properties: {
      base_url: {
        type: 'string',
        description: "Address of the gateway, without /polypay. Absent: the bank's, for live or for test accounts.",
        pattern: '^https?://[^\\s?#]+$',
        maxLength: 255,
      },
      app_id: { type: 'string', description: 'APP ID', pattern: '^[0-9A-Za-z-]{8,64}$' },
      app_secret: { type: 'string', description: 'APP SECRET', secret: true, minLength: 16, maxLength: 128 },
      merchant_no: { type: 'string', description: "The bank's number of the merchant (merId)", pattern: '^[0-9A-Za-z]{6,32}$' },
      user_id: { type: 'string', description: 'The cashier (userId) that the bank made for the shop', pattern: '^[0-9A-Za-z]{1,32}$' },
      private_key: {
        type: 'string',
        description: 'Our SM2 private key, 64 hex digits',
        secret: true,
        pattern: '^[0-9A-Fa-f]{64}$',
        maxLength: 64,
      },
      bank_public_key: {
        type: 'string',
        description: "The bank's SM2 public key: base64, 124 characters, begins with MFkw",
        pattern: '^MFkw[0-9A-Za-z+/]{118}==$',
        maxLength: 124,
      },
      terminal_no: { type: 'string', description: 'Number of the accepting terminal (terminalNo)', pattern: '^[\\x21-\\x7e]{1,32}$' },
      terminal_ip: { type: 'string', description: 'IP address of the accepting terminal (terminalIp)', pattern: '^[0-9a-fA-F.:]{3,64}$' },
      trade_place: {
        type: 'string',
        description: 'Where the trade takes place: address of the shop, or of the web site (tradePlace)',
        minLength: 1,
        maxLength: 128,
      },
      platform_name: {
        type: 'string',
        description: 'Name of the platform (platformName); the bank requires it of online merchants',
        minLength: 1,
        maxLength: 40,
      },
    },
  },
};

function open(account: Account<Config>, kit: Kit): Channel {
  const opened = readConfig(account.config, account.livemode, kit);
  return {
    merchantNo: opened.merchantNo,
    pay: (request, call) => pay(opened, request, call),
    query: (attempt, call) => query(opened, attempt, call),
    close: (attempt, call) => close(opened, attempt, call),
    refund: (request, call) => refund(opened, request, call),
    queryRefund: (request, call) => queryRefund(opened, request, call),
    parseCallback: (raw) => readCallback(opened, raw),
    probe: (call) => probe(opened, call),
  };
}

/** Messages name the field and never its value: they are shown to operators and logged. */
function readConfig(config: Config, livemode: boolean, kit: Kit): CmbAccount {
  if ((config.app_secret ?? '').length < 16) throw new Error('app_secret must be at least 16 characters');
  for (const field of ['app_id', 'merchant_no', 'user_id', 'terminal_no', 'terminal_ip'] as const) {
    const pattern = new RegExp(manifest.config.properties[field]?.pattern ?? '');
    if (!pattern.test(config[field] ?? '')) throw new Error(`${field} is not in its form`);
  }
  return {
    baseUrl: readBaseUrl(config.base_url ?? (livemode ? liveUrl : testUrl), livemode),
    appId: config.app_id,
    appSecret: config.app_secret,
    merchantNo: config.merchant_no,
    userId: config.user_id,
    privateKey: readPrivateKey(config.private_key ?? ''),
    bankKey: readBankKey(config.bank_public_key, kit),
    terminalNo: config.terminal_no,
    terminalIp: config.terminal_ip,
    tradePlace: config.trade_place,
    platformName: config.platform_name ?? null,
    kit,
  };
}

function readBaseUrl(text: string, livemode: boolean): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || url.search !== '' || url.hash !== '' || url.username !== '') throw new Error('base_url must be a plain address');
  const onLoopback = ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && onLoopback && !livemode))
    throw new Error('base_url must be https, or http on loopback for a test account');
  if (!livemode && liveHost.test(url.hostname)) throw new Error("base_url of a test account must not be the bank's live gateway");
  if (livemode && testHost.test(url.hostname)) throw new Error("base_url of a live account must not be the bank's test gateway");
  return text.replace(/\/+$/, '');
}

/** The order of the curve, less one: a private key of that size or more, or zero, signs what anybody could. */
const keyLimit = 0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54122n;

function readPrivateKey(text: string): string {
  const isKey = /^[0-9A-Fa-f]{64}$/.test(text) && BigInt(`0x${text}`) > 0n && BigInt(`0x${text}`) < keyLimit;
  if (!isKey) throw new Error('private_key must be an SM2 private key of 64 hex digits');
  return text;
}

/** OpenSSL knows the curve, though it cannot verify with a user id: it refuses what is no point of it. */
function readBankKey(text: string, kit: Kit): string {
  const spki = kit.base64(text);
  const point = spki === null ? null : readPublicPoint(spki);
  try {
    createPublicKey({ key: spki ?? Buffer.alloc(0), format: 'der', type: 'spki' });
  } catch {
    throw new Error('bank_public_key must be an SM2 public key in base64');
  }
  if (point === null) throw new Error('bank_public_key must be an SM2 public key in base64');
  return point;
}

/** Asks for an order that cannot exist: a genuine "not found" proves both keys and the app's secret. */
async function probe(account: CmbAccount, call: Call): Promise<{ readonly ok: boolean; readonly detail: string }> {
  const content = { merId: account.merchantNo, orderId: 'PAYMUXPROBE000000000000000', userId: account.userId };
  const answer = await ask(account, call, '/orderquery', content);
  if (answer.kind === 'data') return { ok: true, detail: 'China Merchants Bank answered' };
  if (answer.kind !== 'fault') return { ok: false, detail: `${answer.kind}: ${answer.reason}` };
  return { ok: readQueryFault(answer.error) === 'not_found', detail: answer.error.code };
}

export default { contract: 1, manifest, open } satisfies ChannelPlugin<Config>;
