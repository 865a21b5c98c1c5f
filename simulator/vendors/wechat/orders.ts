import { createHash, randomInt } from 'node:crypto';
import { boolean, canonicalJson, checkField, integer, list, object, type Rule, text } from '../../fields.ts';
import { draftOrder, closeOrder as endOrder } from '../../orders.ts';
import { whyUnpayable } from '../../shopper.ts';
import { toChinaDay } from '../../time.ts';
import type { Order, Twist } from '../../types.ts';
import { describeTransaction, orderNotExist, parameterError, problem, type WechatResult } from './answers.ts';
import type { WechatMerchant, WechatWorld } from './keys.ts';

const codeLifeMs = 2 * 3600_000;
export const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$/;

const goods = object(
  {
    merchant_goods_id: text(1, 32),
    wechatpay_goods_id: text(1, 32),
    goods_name: text(1, 256),
    quantity: integer(1),
    unit_price: integer(0),
  },
  'merchant_goods_id',
  'quantity',
  'unit_price',
);
const store = object({ id: text(1, 32), name: text(1, 256), area_code: text(1, 32), address: text(1, 512) }, 'id');
export const scene = { payer_client_ip: text(1, 45), device_id: text(1, 32), store_info: store };
const common: Readonly<Record<string, Rule>> = {
  appid: text(1, 32),
  mchid: text(1, 32),
  description: text(1, 127),
  out_trade_no: text(6, 32, /^[0-9A-Za-z_\-|*]+$/),
  time_expire: text(1, 64, rfc3339),
  attach: text(1, 128),
  notify_url: text(1, 255),
  goods_tag: text(1, 32),
  support_fapiao: boolean,
  amount: object({ total: integer(1), currency: text(1, 16) }, 'total'),
  detail: object({ cost_price: integer(0), invoice_id: text(1, 32), goods_detail: list(goods, 6000) }),
  scene_info: object(scene, 'payer_client_ip'),
  settle_info: object({ profit_sharing: boolean }),
};
const required = ['appid', 'mchid', 'description', 'out_trade_no', 'notify_url', 'amount'];
const h5Info = object(
  { type: text(1, 32), app_name: text(1, 64), app_url: text(1, 128), bundle_id: text(1, 128), package_name: text(1, 128) },
  'type',
);

const requests: Readonly<Record<string, Rule>> = {
  native: object(common, ...required),
  jsapi: object({ ...common, payer: object({ openid: text(1, 128) }, 'openid') }, ...required, 'payer'),
  app: object(common, ...required),
  h5: object({ ...common, scene_info: object({ ...scene, h5_info: h5Info }, 'payer_client_ip', 'h5_info') }, ...required, 'scene_info'),
};

interface PayBody {
  readonly appid: string;
  readonly mchid: string;
  readonly description: string;
  readonly out_trade_no: string;
  readonly time_expire?: string;
  readonly attach?: string;
  readonly notify_url: string;
  readonly amount: { readonly total: number; readonly currency?: string };
  readonly payer?: { readonly openid: string };
  readonly scene_info?: { readonly payer_client_ip: string };
}

/** Where a callback may go: https, or the own machine; without a query, which WeChat Pay forbids. */
export function isNotifyUrl(url: string): boolean {
  if (!URL.canParse(url) || /[?#]/.test(url)) return false;
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || (protocol === 'http:' && (hostname === '127.0.0.1' || hostname === 'localhost'));
}

/** Apps bound to the merchant number. Orders inside WeChat may come from an official account or a mini program. */
function appidsOf(product: string, merchant: WechatMerchant): readonly string[] {
  if (product === 'app') return [merchant.appAppid];
  return product === 'jsapi' ? [merchant.appid, merchant.miniAppid] : [merchant.appid];
}

/** Faults that no schema can tell. */
function checkMeaning(product: string, body: PayBody, merchant: WechatMerchant, nowMs: number): WechatResult | null {
  if (body.mchid !== merchant.mchid) return problem(400, 'PARAM_ERROR', '商户号与签名商户号不一致', { field: '/mchid' });
  if (!appidsOf(product, merchant).includes(body.appid)) return problem(400, 'APPID_MCHID_NOT_MATCH', 'appid和mch_id不匹配');
  if (!isNotifyUrl(body.notify_url)) return parameterError({ field: '/notify_url', issue: 'must be an https address without a query' });
  if ((body.amount.currency ?? 'CNY') !== 'CNY') return parameterError({ field: '/amount/currency', issue: 'must be CNY' });
  if (body.time_expire !== undefined && !(Date.parse(body.time_expire) > nowMs))
    return parameterError({ field: '/time_expire', issue: 'is over' });
  // A mobile browser is never on the vendor's own machine.
  const local = product === 'h5' && body.scene_info?.payer_client_ip === '127.0.0.1';
  return local ? parameterError({ field: '/scene_info/payer_client_ip', issue: 'must be the address of the shopper' }) : null;
}

export const digits = (count: number) => Array.from({ length: count }, () => randomInt(10)).join('');

function makeOrder(world: WechatWorld, product: string, body: PayBody, fingerprint: string): Order {
  const nowMs = world.now();
  return draftOrder(world, {
    account: body.mchid,
    number: body.out_trade_no,
    product,
    token: `wx${toChinaDay(nowMs)}${digits(26)}`,
    vendorNo: `4200000${toChinaDay(nowMs)}${digits(13)}`,
    amount: body.amount.total,
    currency: 'CNY',
    subject: body.description,
    expiresAt: body.time_expire === undefined ? nowMs + codeLifeMs : Date.parse(body.time_expire),
    notifyUrl: body.notify_url,
    fingerprint,
    facts: {
      appid: body.appid,
      ...(body.attach !== undefined && { attach: body.attach }),
      ...(body.payer && { openid: body.payer.openid }),
    },
  });
}

function invite(order: Order, address: string): Record<string, string> {
  if (order.product === 'native') return { code_url: address };
  return order.product === 'jsapi' || order.product === 'app'
    ? { prepay_id: order.token }
    : { h5_url: `${address}?prepay_id=${order.token}&package=${order.vendorNo}` };
}

/** POST /v3/pay/transactions/{native|jsapi|app|h5} */
export function createOrder(world: WechatWorld, product: string, json: unknown, merchant: WechatMerchant): WechatResult {
  const rule = requests[product];
  const fault = rule ? checkField(json, rule) : { field: '', issue: 'is unknown' };
  if (fault !== null) return parameterError(fault);
  const body = json as PayBody;
  const wrong = checkMeaning(product, body, merchant, world.now());
  if (wrong !== null) return wrong;
  const fingerprint = createHash('sha256')
    .update(`${product}\n${canonicalJson(json)}`)
    .digest('base64');
  const earlier = world.store.findOrder('wechat', merchant.mchid, body.out_trade_no);
  if (earlier === undefined) {
    const order = makeOrder(world, product, body, fingerprint);
    world.store.save(order);
    return { status: 200, json: invite(order, world.payPage(order)), order };
  }
  if (earlier.state === 'paid') return problem(400, 'ORDERPAID', '该订单已支付');
  if (earlier.state === 'closed') return problem(400, 'ORDER_CLOSED', '该订单已关闭');
  if (earlier.fingerprint !== fingerprint) return problem(403, 'OUT_TRADE_NO_USED', '商户订单号重复 (268498688)');
  if (whyUnpayable(earlier, world.now()) !== null) return problem(400, 'ORDER_CLOSED', '该订单已过期');
  return { status: 200, json: invite(earlier, world.payPage(earlier)), order: earlier };
}

/** GET /v3/pay/transactions/… by either number */
export function queryOrder(world: WechatWorld, order: Order | undefined, merchant: WechatMerchant, twist: Twist): WechatResult {
  if (order === undefined || world.now() - order.createdAt < twist.notFoundUntilMs) return orderNotExist();
  return { status: 200, json: describeTransaction(order, merchant, twist, world.now()), order };
}

/** POST /v3/pay/transactions/out-trade-no/{no}/close. Closing again is no error. */
export function closeOrder(world: WechatWorld, order: Order | undefined, json: unknown, merchant: WechatMerchant): WechatResult {
  const fault = checkField(json, object({ mchid: text(1, 32) }, 'mchid'));
  if (fault !== null) return parameterError(fault);
  if ((json as { mchid: string }).mchid !== merchant.mchid)
    return problem(400, 'PARAM_ERROR', '商户号与签名商户号不一致', { field: '/mchid' });
  if (order === undefined) return orderNotExist();
  if (order.state === 'paid') return problem(400, 'ORDERPAID', '该订单已支付');
  if (order.state === 'open') endOrder(world, order);
  return { status: 204, json: null, order };
}
