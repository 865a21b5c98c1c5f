import type { Account, Channel, ChannelPlugin } from '../../../core/contract/channel.ts';
import type { Call, Kit } from '../../../core/contract/kit.ts';
import type { ChannelManifest, MethodManifest } from '../../../core/contract/manifest.ts';
import { readCallback } from './callback.ts';
import { configSchema } from './config.ts';
import { ask, type LakalaAccount } from './gateway.ts';
import { pay } from './pay.ts';
import { queryRefund, refund } from './refund.ts';
import { belongTogether, parsePlatformKey, parsePrivateKey } from './sign.ts';
import { close, query } from './trade.ts';

/** The configuration of one terminal of a Lakala merchant. */
export interface Config {
  readonly base_url?: string;
  readonly app_id: string;
  readonly serial_no: string;
  readonly merchant_no: string;
  readonly term_no: string;
  readonly request_ip: string;
  readonly wechat_appid?: string;
  readonly private_key: string;
  readonly platform_certificate: string;
  readonly notify_certificate?: string;
}

const liveUrl = 'https://s2.lakala.com';
const testUrl = 'https://test.wsmsd.cn/sit';
/** Lakala's public application for everybody's tests. */
const publicTestApp = 'OP00000003';

/** Amounts have twelve digits at most. */
const limits = { currencies: ['CNY'], min: 1, max: 999_999_999_999 } as const;

const methods: readonly MethodManifest[] = [
  {
    id: 'lakala_wechat_jsapi',
    product: 'wechat_jsapi',
    name: {
      en: 'WeChat Pay inside WeChat, through Lakala',
      zh: '拉卡拉 · 微信公众号',
      ja: 'WeChat Pay（WeChat内、Lakala経由）',
      es: 'WeChat Pay dentro de WeChat, por Lakala',
      ar: 'WeChat Pay داخل WeChat عبر Lakala',
    },
    action: 'sdk',
    needs: ['openid'],
    ...limits,
  },
  {
    id: 'lakala_wechat_mini',
    product: 'wechat_mini',
    name: {
      en: 'WeChat Pay in a mini program, through Lakala',
      zh: '拉卡拉 · 微信小程序',
      ja: 'WeChat Pay（ミニプログラム、Lakala経由）',
      es: 'WeChat Pay en un miniprograma, por Lakala',
      ar: 'WeChat Pay في برنامج مصغر عبر Lakala',
    },
    action: 'sdk',
    needs: ['openid'],
    ...limits,
  },
  {
    id: 'lakala_alipay_qr',
    product: 'alipay_qr',
    name: {
      en: 'Alipay QR code through Lakala',
      zh: '拉卡拉 · 支付宝扫码',
      ja: 'アリペイ（QRコード、Lakala経由）',
      es: 'Alipay con código QR, por Lakala',
      ar: 'Alipay برمز QR عبر Lakala',
    },
    action: 'qr',
    ...limits,
  },
  {
    id: 'lakala_alipay_jsapi',
    product: 'alipay_jsapi',
    name: {
      en: 'Alipay inside Alipay, through Lakala',
      zh: '拉卡拉 · 支付宝生活号',
      ja: 'アリペイ（アリペイ内、Lakala経由）',
      es: 'Alipay dentro de Alipay, por Lakala',
      ar: 'Alipay داخل Alipay عبر Lakala',
    },
    action: 'sdk',
    needs: ['openid'],
    ...limits,
  },
  {
    id: 'lakala_unionpay_qr',
    product: 'unionpay_qr',
    name: {
      en: 'UnionPay QR code through Lakala',
      zh: '拉卡拉 · 银联扫码',
      ja: '銀聯（QRコード、Lakala経由）',
      es: 'UnionPay con código QR, por Lakala',
      ar: 'يونيون باي برمز QR عبر Lakala',
    },
    action: 'qr',
    ...limits,
  },
  {
    id: 'lakala_barcode',
    product: 'barcode',
    name: {
      en: 'Payment code of the shopper, through Lakala',
      zh: '拉卡拉 · 付款码',
      ja: 'お客様の支払いコード（Lakala経由）',
      es: 'Código de pago del comprador, por Lakala',
      ar: 'رمز دفع المشتري عبر Lakala',
    },
    action: 'none',
    needs: ['authCode'],
    // Lakala closes only what the shopper scans.
    abilities: { close: 'none' },
    ...limits,
  },
];

const manifest: ChannelManifest = {
  id: 'lakala',
  name: { en: 'Lakala', zh: '拉卡拉' },
  maturity: 'beta',
  verified: [
    {
      what: 'requests',
      against: 'other_code',
      source: "public clients that agree, and pages that repeat the vendor's documents: fields, states, signatures",
    },
    { what: 'flow', against: 'simulator', source: 'simulator/vendors/lakala' },
  ],
  methods,
  abilities: { query: 'by_number', close: 'unpaid', capture: 'none', refund: 'partial', queryRefund: 'by_number', statement: 'none' },
  money: { notation: 'minor_integer' },
  // A number is taken once, and the code that says so could not be learnt: a repeated refund would look like a failed one.
  idempotency: { create: false, refund: false },
  callback: { trust: 'signed' },
  settle: { notFoundIsFinalAfterSec: 60, settlingSec: 3600 },
  rateLimited: 'unknown',
  failoverCodes: [],
  config: configSchema,
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
    parseCallback: async (raw, call) => readCallback(opened, raw, call),
    probe: (call) => probe(opened, call),
  };
}

/** Messages name the field and never its value: they are shown to operators and logged. */
function readConfig({ config, livemode }: Account<Config>, kit: Kit): LakalaAccount {
  for (const name of ['app_id', 'serial_no', 'merchant_no', 'term_no', 'request_ip'] as const) {
    if (!new RegExp(configSchema.properties[name]?.pattern ?? '').test(config[name])) throw new Error(`${name} is not in its form`);
  }
  if (livemode && config.app_id === publicTestApp) throw new Error('app_id is the public test application, but the account is live');
  const privateKey = parsePrivateKey(config.private_key);
  const platformKey = parsePlatformKey(config.platform_certificate, 'platform_certificate');
  const { notify_certificate: notify } = config;
  const notifyKey = notify === undefined ? platformKey : parsePlatformKey(notify, 'notify_certificate');
  if (belongTogether(privateKey, platformKey)) throw new Error('platform_certificate is the own one: enter that of Lakala');
  if (belongTogether(privateKey, notifyKey)) throw new Error('notify_certificate is the own one: enter that of Lakala');
  return {
    baseUrl: readBaseUrl(config.base_url, livemode),
    appId: config.app_id,
    serialNo: config.serial_no,
    merchantNo: config.merchant_no,
    termNo: config.term_no,
    requestIp: config.request_ip,
    wechatAppId: config.wechat_appid ?? null,
    privateKey,
    platformKey,
    notifyKey,
    kit,
  };
}

function readBaseUrl(given: string | undefined, livemode: boolean): string {
  const baseUrl = (given ?? (livemode ? liveUrl : testUrl)).replace(/\/+$/, '');
  const url = URL.parse(baseUrl);
  const onLoopback = url !== null && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
  if (url?.protocol !== 'https:' && !onLoopback) throw new Error('base_url must be https, or http on loopback');
  if (baseUrl === (livemode ? testUrl : liveUrl)) throw new Error('base_url is that of the other mode');
  return baseUrl;
}

/** Asks for a number that cannot exist: a signed answer of any content proves both keys. */
async function probe(account: LakalaAccount, call: Call): Promise<{ readonly ok: boolean; readonly detail: string }> {
  const answer = await ask(account, call, '/api/v3/labs/query/tradequery', { out_trade_no: 'PAYMUX_PROBE' });
  if (answer.kind === 'data') return { ok: true, detail: 'Lakala answered' };
  if (answer.kind === 'fault') return { ok: answer.fault.code.startsWith('BBS'), detail: answer.fault.code };
  return { ok: false, detail: `${answer.kind}: ${answer.reason}` };
}

export default { contract: 1, manifest, open } satisfies ChannelPlugin<Config>;
