import { createHash } from 'node:crypto';
import { boolean, canonicalJson, checkField, integer, list, object, type Rule, text } from '../../fields.ts';
import { draftOrder, closeOrder as endOrder } from '../../orders.ts';
import { toChinaDay } from '../../time.ts';
import type { Order, Twist } from '../../types.ts';
import { type DouyinResult, describeOrder, digits, isNotifyUrl, orderNotExist, parameterError, problem, stateOf } from './answers.ts';
import type { DouyinMerchant, DouyinWorld } from './keys.ts';

const lifeMs = 2 * 3600_000;
const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$/;
const goods = object({
  merchant_goods_id: text(1, 32),
  douyinpay_goods_id: text(1, 32),
  goods_name: text(1, 256),
  quantity: integer(1),
  unit_price: integer(0),
});
const store = object({ id: text(1, 32), name: text(1, 256), area_code: text(1, 32), address: text(1, 512) });
const scene = { payer_client_ip: text(1, 45), device_id: text(1, 32), store_info: store };
const h5Info = object(
  { type: text(1, 32), app_name: text(1, 64), app_url: text(1, 128), bundle_id: text(1, 128), package_name: text(1, 128) },
  'type',
);
const common: Readonly<Record<string, Rule>> = {
  appid: text(1, 32),
  mchid: text(1, 32),
  description: text(1, 127),
  out_trade_no: text(6, 32, /^[0-9A-Za-z_\-*]+$/),
  time_expire: text(1, 64, rfc3339),
  attach: text(1, 1024),
  notify_url: text(1, 255),
  goods_tag: text(1, 1024),
  support_fapiao: boolean,
  amount: object({ total: integer(1), currency: text(3, 3) }, 'total', 'currency'),
  detail: object({ cost_price: integer(0), invoice_id: text(1, 32), goods_detail: list(goods, 6000) }),
  scene_info: object(scene),
  settle_info: object({ profit_sharing: boolean }),
};
const required = ['appid', 'mchid', 'description', 'out_trade_no', 'notify_url', 'amount'];
const h5Scene = object({ ...scene, payer_device_id: text(1, 64), h5_info: h5Info }, 'payer_client_ip', 'h5_info');
const rules: Readonly<Record<string, Rule>> = {
  native: object(common, ...required),
  app: object(common, ...required),
  jsapi: object({ ...common, payer: object({ openid: text(1, 128) }, 'openid') }, ...required),
  h5: object({ ...common, scene_info: h5Scene }, ...required, 'scene_info'),
};

interface PayBody {
  readonly appid: string;
  readonly mchid: string;
  readonly description: string;
  readonly out_trade_no: string;
  readonly time_expire?: string;
  readonly notify_url: string;
  readonly amount: { readonly total: number; readonly currency: string };
  readonly payer?: { readonly openid: string };
}

/** Faults that no rule of form can tell. */
function checkMeaning(body: PayBody, merchant: DouyinMerchant, nowMs: number): DouyinResult | null {
  if (body.mchid !== merchant.mchid) return parameterError({ field: '/mchid', issue: 'is not the one that signed' });
  if (body.appid !== merchant.appid) return problem(400, 'APPID_MCHID_NOT_MATCH', 'appid和mchid不匹配');
  if (!isNotifyUrl(body.notify_url)) return parameterError({ field: '/notify_url', issue: 'must be an https address without a query' });
  if (body.amount.currency !== 'CNY') return parameterError({ field: '/amount/currency', issue: 'must be CNY' });
  const isOver = body.time_expire !== undefined && !(Date.parse(body.time_expire) > nowMs);
  return isOver ? parameterError({ field: '/time_expire', issue: 'is over' }) : null;
}

function makeOrder(world: DouyinWorld, product: string, body: PayBody, fingerprint: string): Order {
  const nowMs = world.now();
  return draftOrder(world, {
    account: body.mchid,
    number: body.out_trade_no,
    product,
    token: `dy${digits(30)}`,
    vendorNo: `TP${toChinaDay(nowMs)}${digits(20)}`,
    amount: body.amount.total,
    currency: 'CNY',
    subject: body.description,
    expiresAt: body.time_expire === undefined ? nowMs + lifeMs : Date.parse(body.time_expire),
    notifyUrl: body.notify_url,
    fingerprint,
    facts: body.payer === undefined ? {} : { openid: body.payer.openid },
  });
}

function invite(world: DouyinWorld, order: Order): DouyinResult {
  const address = world.payPage(order);
  const page = order.product === 'h5' ? { h5_url: address } : { prepay_id: order.token };
  return { status: 200, json: order.product === 'native' ? { code_url: address } : page, order };
}

/** POST /v1/trade/transactions/{native|jsapi|app|h5} */
export function createOrder(world: DouyinWorld, product: string, json: unknown, merchant: DouyinMerchant): DouyinResult {
  const rule = rules[product];
  const fault = rule ? checkField(json, rule) : { field: '', issue: 'is unknown' };
  if (fault !== null) return parameterError(fault);
  const body = json as PayBody;
  const wrong = checkMeaning(body, merchant, world.now());
  if (wrong !== null) return wrong;
  const fingerprint = createHash('sha256')
    .update(`${product} ${canonicalJson(json)}`)
    .digest('base64');
  const earlier = world.store.findOrder('douyin', merchant.mchid, body.out_trade_no);
  if (earlier === undefined) {
    const order = makeOrder(world, product, body, fingerprint);
    world.store.save(order);
    return invite(world, order);
  }
  const state = stateOf(earlier, world.now());
  if (state !== 'NOTPAY') return state === 'CLOSED' ? problem(400, 'ORDER_CLOSED', '订单已关闭') : problem(400, 'ORDERPAID', '订单已支付');
  return earlier.fingerprint === fingerprint ? invite(world, earlier) : problem(403, 'OUT_TRADE_NO_USED', '商户订单号重复');
}

/** GET /v1/trade/transactions/… by either number */
export function queryOrder(world: DouyinWorld, order: Order | undefined, merchant: DouyinMerchant, twist: Twist): DouyinResult {
  if (order === undefined || world.now() - order.createdAt < twist.notFoundUntilMs) return orderNotExist();
  return { status: 200, json: describeOrder(order, merchant, twist, world.now()), order };
}

/** POST /v1/trade/transactions/out-trade-no/{no}/close: an answer without content. Closing again is no error. */
export function closeOrder(world: DouyinWorld, order: Order | undefined, json: unknown, merchant: DouyinMerchant): DouyinResult {
  const fault = checkField(json, object({ mchid: text(1, 32) }, 'mchid'));
  if (fault !== null) return parameterError(fault);
  if ((json as { mchid: string }).mchid !== merchant.mchid) return parameterError({ field: '/mchid', issue: 'is not the one that signed' });
  if (order === undefined) return orderNotExist();
  if (order.state === 'paid') return problem(400, 'ORDERPAID', '订单已支付');
  if (order.state === 'open') endOrder(world, order);
  return { status: 200, json: null, order };
}
