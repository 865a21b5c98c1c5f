import type { Params } from './envelope.ts';

type Rules = Readonly<Record<string, RegExp>>;

const own = { version: /^V2\.0$/, merchant: /^\d{1,32}$/ };
const number = /^[0-9A-Za-z]{1,32}$/;
const address = /^https?:\/\/\S{1,248}$/;
const text = (length: number) => new RegExp(`^[^\\r\\n]{1,${length}}$`, 'u');
const order = {
  ...own,
  tradeNum: number,
  tradeName: text(128),
  tradeTime: /^\d{14}$/,
  amount: /^[1-9]\d{0,17}$/,
  currency: /^CNY$/,
  notifyUrl: address,
};
const orderOptions = { tradeDesc: text(1024), note: text(256), industryCategoryCode: text(32), vendorId: text(20), termInfo: text(1024) };
const type = /^(?:0|1|1[0-5])$/;
const page = { ...order, orderType: type, callbackUrl: address };
const pageOptions = {
  ...orderOptions,
  device: text(32),
  ip: /^[\d.]{7,16}$/,
  userType: /^(?:BIZ|JD)$/,
  userId: text(64),
  expireTime: /^[1-9]\d{0,8}$/,
  orderGoodsNum: /^\d{1,3}$/,
};

const forms: Readonly<Record<string, readonly [required: Rules, optional: Rules]>> = {
  saveOrder: [page, pageOptions],
  uniorder: [{ ...page, tradeType: /^(?:GEN|QR)$/ }, pageOptions],
  fkmPay: [
    { ...order, token: /^\d{16,24}$/, device: text(32) },
    { ...orderOptions, orderType: type },
  ],
  query: [{ ...own, tradeNum: number, tradeType: /^[01]$/ }, { oTradeNum: number }],
  refund: [
    { ...own, tradeNum: number, oTradeNum: number, amount: order.amount, currency: order.currency },
    { tradeTime: order.tradeTime, notifyUrl: address, note: text(256) },
  ],
};

/** The first field that is missing, malformed or unknown, with JD's code; null when there is none. */
export function faultOf(service: string, params: Params): readonly [code: string, words: string] | null {
  const [required = {}, optional = {}] = forms[service] ?? [];
  const missing = Object.keys(required).find((name) => !params[name]);
  if (missing !== undefined) return ['JPGT100005', `${missing}不能为空`];
  const rules: Rules = { ...optional, ...required };
  const wrong = Object.entries(params).find(([name, value]) => !rules[name]?.test(value));
  return wrong === undefined ? null : ['JPGT100006', `${wrong[0]}错误`];
}
