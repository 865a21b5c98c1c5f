import { createHash } from 'node:crypto';
import { canonicalJson, checkField, integer, list, object, text } from '../../fields.ts';
import { draftOrder, closeOrder as endOrder } from '../../orders.ts';
import { whyUnpayable } from '../../shopper.ts';
import { toChinaDay, toChinaRfc3339 } from '../../time.ts';
import type { Order, Twist } from '../../types.ts';
import { orderNotExist, parameterError, problem, strangerOf, tradeState, type WechatResult } from './answers.ts';
import type { WechatMerchant, WechatWorld } from './keys.ts';
import { digits, isNotifyUrl, rfc3339, scene } from './orders.ts';

const codeLifeMs = 2 * 3600_000;
const number = text(6, 32, /^[0-9A-Za-z_\-|*]+$/);
const request = object(
  {
    combine_appid: text(1, 32),
    combine_mchid: text(1, 32),
    combine_out_trade_no: number,
    scene_info: object(scene, 'payer_client_ip'),
    sub_orders: list(
      object(
        {
          mchid: text(1, 32),
          attach: text(1, 128),
          amount: object({ total_amount: integer(1), currency: text(3, 3, /^CNY$/) }, 'total_amount', 'currency'),
          out_trade_no: number,
          description: text(1, 127),
        },
        'mchid',
        'attach',
        'amount',
        'out_trade_no',
        'description',
      ),
      10,
    ),
    time_expire: text(1, 64, rfc3339),
    notify_url: text(1, 255),
  },
  'combine_appid',
  'combine_mchid',
  'combine_out_trade_no',
  'sub_orders',
  'notify_url',
);
const closing = object(
  { combine_appid: text(1, 32), sub_orders: list(object({ mchid: text(1, 32), out_trade_no: number }, 'mchid', 'out_trade_no'), 10) },
  'combine_appid',
  'sub_orders',
);

interface SubOrder {
  readonly mchid: string;
  readonly attach: string;
  readonly amount: { readonly total_amount: number; readonly currency: string };
  readonly out_trade_no: string;
  readonly description: string;
}

interface Body {
  readonly combine_appid: string;
  readonly combine_mchid: string;
  readonly combine_out_trade_no: string;
  readonly sub_orders: readonly SubOrder[];
  readonly time_expire?: string;
  readonly notify_url: string;
}

/** One order of a combined payment. They are kept as text with the whole, which is what a shopper pays. */
export interface Part {
  readonly number: string;
  readonly vendorNo: string;
  readonly amount: number;
  readonly attach: string;
}

export const partsOf = (order: Order): readonly Part[] => JSON.parse(order.facts.parts ?? '[]') as Part[];

function checkMeaning(world: WechatWorld, body: Body, merchant: WechatMerchant): WechatResult | null {
  const isOwn = body.combine_mchid === merchant.mchid && body.sub_orders.every(({ mchid }) => mchid === merchant.mchid);
  if (!isOwn) return problem(400, 'PARAM_ERROR', '商户号与签名商户号不一致', { field: '/combine_mchid' });
  if (body.combine_appid !== merchant.appid) return problem(400, 'APPID_MCHID_NOT_MATCH', 'appid和mch_id不匹配');
  if (!isNotifyUrl(body.notify_url)) return parameterError({ field: '/notify_url', issue: 'must be an https address without a query' });
  if (body.sub_orders.length < 2) return parameterError({ field: '/sub_orders', issue: 'must be at least 2' });
  const numbers = new Set([body.combine_out_trade_no, ...body.sub_orders.map((part) => part.out_trade_no)]);
  if (numbers.size <= body.sub_orders.length) return parameterError({ field: '/sub_orders', issue: 'has a number twice' });
  const isOver = body.time_expire !== undefined && !(Date.parse(body.time_expire) > world.now());
  return isOver ? parameterError({ field: '/time_expire', issue: 'is over' }) : null;
}

function makeOrder(world: WechatWorld, body: Body, fingerprint: string): Order {
  const nowMs = world.now();
  const vendorNo = () => `4200000${toChinaDay(nowMs)}${digits(13)}`;
  const parts: readonly Part[] = body.sub_orders.map((part) => ({
    number: part.out_trade_no,
    vendorNo: vendorNo(),
    amount: part.amount.total_amount,
    attach: part.attach,
  }));
  return draftOrder(world, {
    account: body.combine_mchid,
    number: body.combine_out_trade_no,
    product: 'combine',
    token: `wx${toChinaDay(nowMs)}${digits(26)}`,
    vendorNo: vendorNo(),
    amount: parts.reduce((sum, { amount }) => sum + amount, 0),
    currency: 'CNY',
    subject: body.sub_orders.map(({ description }) => description).join(', '),
    expiresAt: body.time_expire === undefined ? nowMs + codeLifeMs : Date.parse(body.time_expire),
    notifyUrl: body.notify_url,
    fingerprint,
    facts: { appid: body.combine_appid, parts: JSON.stringify(parts) },
  });
}

/** POST /v3/combine-transactions/native */
export function createCombined(world: WechatWorld, json: unknown, merchant: WechatMerchant): WechatResult {
  const fault = checkField(json, request);
  if (fault !== null) return parameterError(fault);
  const body = json as Body;
  const wrong = checkMeaning(world, body, merchant);
  if (wrong !== null) return wrong;
  const fingerprint = createHash('sha256').update(canonicalJson(json)).digest('base64');
  const earlier = world.store.findOrder('wechat', merchant.mchid, body.combine_out_trade_no);
  if (earlier === undefined) {
    const order = makeOrder(world, body, fingerprint);
    world.store.save(order);
    return { status: 200, json: { code_url: world.payPage(order) }, order };
  }
  if (earlier.state === 'paid') return problem(400, 'ORDERPAID', '该订单已支付');
  if (whyUnpayable(earlier, world.now()) !== null) return problem(400, 'ORDER_CLOSED', '该订单已关闭');
  if (earlier.fingerprint !== fingerprint) return problem(403, 'OUT_TRADE_NO_USED', '商户订单号重复 (268498688)');
  return { status: 200, json: { code_url: world.payPage(earlier) }, order: earlier };
}

/** A combined payment as the query and the notification show it. */
export function describeCombined(order: Order, merchant: WechatMerchant, twist: Twist, nowMs: number, forcePaid = false) {
  const mchid = twist.wrongAccount ? strangerOf(merchant.mchid) : merchant.mchid;
  const isPaid = forcePaid || order.state === 'paid';
  const shop = { combine_appid: merchant.appid, combine_mchid: mchid, combine_out_trade_no: order.number };
  const parts = partsOf(order).map((part, index) => {
    const total = part.amount + (twist.wrongAmount && index === 0 ? 1 : 0);
    const shown = viewOf(order, part);
    const paid = {
      transaction_id: part.vendorNo,
      trade_type: 'NATIVE',
      bank_type: 'OTHERS',
      success_time: toChinaRfc3339(order.paidAt || nowMs),
    };
    return {
      mchid,
      out_trade_no: part.number,
      attach: part.attach,
      trade_state: forcePaid ? 'SUCCESS' : tradeState(shown, nowMs),
      amount: { total_amount: total, currency: 'CNY', ...(isPaid && { payer_amount: total, payer_currency: 'CNY' }) },
      ...(isPaid && paid),
    };
  });
  return { ...shop, ...(isPaid && { combine_payer_info: { openid: 'oSimulatedShopper0000000001' } }), sub_orders: parts };
}

/** GET /v3/combine-transactions/out-trade-no/{no} */
export function queryCombined(world: WechatWorld, order: Order | undefined, merchant: WechatMerchant, twist: Twist): WechatResult {
  const isHidden = order?.product !== 'combine' || world.now() - order.createdAt < twist.notFoundUntilMs;
  if (order === undefined || isHidden) return orderNotExist();
  return { status: 200, json: describeCombined(order, merchant, twist, world.now()), order };
}

/** POST /v3/combine-transactions/out-trade-no/{no}/close: with exactly the orders that were made. */
export function closeCombined(world: WechatWorld, order: Order | undefined, json: unknown, merchant: WechatMerchant): WechatResult {
  const fault = checkField(json, closing);
  if (fault !== null) return parameterError(fault);
  if (order?.product !== 'combine') return orderNotExist();
  const body = json as Pick<Body, 'combine_appid' | 'sub_orders'>;
  const asked = body.sub_orders.filter(({ mchid }) => mchid === merchant.mchid).map((part) => part.out_trade_no);
  const made = partsOf(order).map((part) => part.number);
  const isSame = canonicalJson(asked.sort()) === canonicalJson([...made].sort()) && body.combine_appid === merchant.appid;
  if (!isSame) return problem(400, 'INVALID_REQUEST', '子单信息与下单时不一致');
  if (order.state === 'paid') return problem(400, 'ORDERPAID', '该订单已支付');
  if (order.state === 'open') endOrder(world, order);
  return { status: 204, json: null, order };
}

/** One order of a combined payment as if it were an order by itself: that is how refunds see it. */
export function viewOf(order: Order, part: Part): Order {
  const refunds = order.refunds.filter(({ facts }) => facts.part === part.number);
  return { ...order, number: part.number, vendorNo: part.vendorNo, amount: part.amount, refunds };
}

/** The combined payment that an order number belongs to, with that order. */
export function findPart(world: WechatWorld, merchant: WechatMerchant, wanted: string): { order: Order; part: Part } | undefined {
  for (const order of world.store.orders.values()) {
    if (order.channel !== 'wechat' || order.product !== 'combine' || order.account !== merchant.mchid) continue;
    const part = partsOf(order).find((one) => one.number === wanted || one.vendorNo === wanted);
    if (part !== undefined) return { order, part };
  }
  return undefined;
}
