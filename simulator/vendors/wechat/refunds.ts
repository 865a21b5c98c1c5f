import { randomInt } from 'node:crypto';
import { checkField, integer, list, object, text } from '../../fields.ts';
import { endRefund, refundedOf, refundOrder } from '../../orders.ts';
import type { Order, Refund, Twist } from '../../types.ts';
import { describeRefund, parameterError, problem, type WechatResult } from './answers.ts';
import { findPart, partsOf, viewOf } from './combine.ts';
import type { WechatMerchant, WechatWorld } from './keys.ts';
import { isNotifyUrl } from './orders.ts';

const mostRefunds = 50;
const yearMs = 365 * 24 * 3600_000;
// WeChat Pay takes a refund first and carries it out afterwards.
const workMs = 20;

const from = list(object({ account: text(1, 32), amount: integer(1) }, 'account', 'amount'), 10);
const goods = list(
  object(
    {
      merchant_goods_id: text(1, 32),
      wechatpay_goods_id: text(1, 32),
      goods_name: text(1, 256),
      unit_price: integer(0),
      refund_amount: integer(0),
      refund_quantity: integer(1),
    },
    'merchant_goods_id',
    'unit_price',
    'refund_amount',
    'refund_quantity',
  ),
  6000,
);
const request = object(
  {
    transaction_id: text(1, 32),
    out_trade_no: text(6, 32),
    out_refund_no: text(1, 64, /^[0-9A-Za-z_\-|*@]+$/),
    reason: text(1, 80),
    notify_url: text(1, 256),
    funds_account: text(1, 32),
    amount: object({ refund: integer(1), total: integer(1), currency: text(1, 16), from }, 'refund', 'total', 'currency'),
    goods_detail: goods,
  },
  'out_refund_no',
  'amount',
);

interface RefundBody {
  readonly transaction_id?: string;
  readonly out_trade_no?: string;
  readonly out_refund_no: string;
  readonly notify_url?: string;
  readonly amount: { readonly refund: number; readonly total: number; readonly currency: string };
}

const invalid = (message: string) => problem(400, 'INVALID_REQUEST', message);

/** What a refund is of: `shown` is `order` itself, or the one order of a combined payment that was named. */
interface Found {
  readonly order: Order;
  readonly shown: Order;
  readonly part: string;
}

function find(world: WechatWorld, body: RefundBody, merchant: WechatMerchant): Found | undefined {
  const order = findOrder(world, body, merchant);
  // The number of the whole is no order: its parts are.
  if (order !== undefined && order.product !== 'combine') return { order, shown: order, part: '' };
  const found = findPart(world, merchant, body.transaction_id ?? body.out_trade_no ?? '');
  return found && { order: found.order, shown: viewOf(found.order, found.part), part: found.part.number };
}

/** The order that a refund names when it is shown. */
export function shownOrder(order: Order, refund: Refund): Order {
  const part = partsOf(order).find(({ number }) => number === refund.facts.part);
  return part === undefined ? order : viewOf(order, part);
}

function findOrder(world: WechatWorld, body: RefundBody, merchant: WechatMerchant): Order | undefined {
  if (body.transaction_id === undefined) return world.store.findOrder('wechat', merchant.mchid, body.out_trade_no ?? '');
  const order = world.store.findByVendorNo('wechat', body.transaction_id);
  return order?.account === merchant.mchid ? order : undefined;
}

/** Why a new refund cannot be taken; null when it can. */
function checkRefund(world: WechatWorld, order: Order, body: RefundBody): WechatResult | null {
  if (order.state !== 'paid') return invalid('订单未支付，不能退款');
  if (body.amount.total !== order.amount || body.amount.currency !== order.currency) return invalid('订单金额不一致');
  if (refundedOf(order) + body.amount.refund > order.amount) return invalid('申请退款金额超过订单可退金额');
  if (order.refunds.length >= mostRefunds) return invalid('部分退款次数超过限制');
  return world.now() - order.paidAt > yearMs ? invalid('订单已超过可退款期限') : null;
}

/** POST /v3/refund/domestic/refunds. The same number and amount is the same refund. */
export function createRefund(world: WechatWorld, json: unknown, merchant: WechatMerchant, twist: Twist): WechatResult {
  const fault = checkField(json, request);
  if (fault !== null) return parameterError(fault);
  const body = json as RefundBody;
  if ((body.transaction_id === undefined) === (body.out_trade_no === undefined)) {
    return parameterError({ field: '/transaction_id', issue: 'give either transaction_id or out_trade_no' });
  }
  if (body.notify_url !== undefined && !isNotifyUrl(body.notify_url))
    return parameterError({ field: '/notify_url', issue: 'is not allowed' });
  const found = find(world, body, merchant);
  if (found === undefined) return problem(404, 'RESOURCE_NOT_EXISTS', '订单号不存在');
  const { order, shown, part } = found;
  const earlier = world.store.findRefund('wechat', merchant.mchid, body.out_refund_no);
  if (earlier !== undefined) {
    const isSameOrder = earlier.order === order && (earlier.refund.facts.part ?? '') === part;
    const same = isSameOrder && earlier.refund.amount === body.amount.refund && body.amount.total === shown.amount;
    return same
      ? { status: 200, json: describeRefund(shown, earlier.refund, twist), order }
      : invalid('同一退款单号的参数与首次请求不一致');
  }
  const wrong = checkRefund(world, shown, body);
  if (wrong !== null) return wrong;
  const { refund } = refundOrder(world, order, {
    number: body.out_refund_no,
    vendorNo: `503${Array.from({ length: 26 }, () => randomInt(10)).join('')}`,
    amount: body.amount.refund,
    facts: { ...(body.notify_url !== undefined && { notifyUrl: body.notify_url }), ...(part !== '' && { part }) },
    done: false,
  });
  const afterwards = () => void setTimeout(() => void endRefund(world, order, refund), workMs);
  return { status: 200, json: describeRefund(shown, refund, twist), order, afterwards };
}

/** GET /v3/refund/domestic/refunds/{out_refund_no} */
export function queryRefund(world: WechatWorld, number: string, merchant: WechatMerchant, twist: Twist): WechatResult {
  const found = world.store.findRefund('wechat', merchant.mchid, number);
  const hidden = found !== undefined && world.now() - found.refund.createdAt < twist.notFoundUntilMs;
  if (found === undefined || found.refund.number !== number || hidden) return problem(404, 'RESOURCE_NOT_EXISTS', '退款单不存在');
  return { status: 200, json: describeRefund(shownOrder(found.order, found.refund), found.refund, twist), order: found.order };
}
