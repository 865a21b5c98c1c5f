import { checkField, integer, list, object, text } from '../../fields.ts';
import { endRefund, refundedOf, refundOrder } from '../../orders.ts';
import type { Order, Refund, Twist } from '../../types.ts';
import { type DouyinResult, describeRefund, digits, isNotifyUrl, parameterError, problem } from './answers.ts';
import type { DouyinMerchant, DouyinWorld } from './keys.ts';

/** A refund is taken first and carried out afterwards. */
const workMs = 20;
const from = list(object({ account: text(1, 32), amount: integer(1) }, 'account', 'amount'), 10);
const rule = object(
  {
    appid: text(1, 32),
    mchid: text(1, 32),
    transaction_id: text(1, 32),
    out_trade_no: text(6, 32),
    out_refund_no: text(1, 64, /^[0-9A-Za-z_\-|*@]+$/),
    reason: text(1, 80),
    notify_url: text(1, 256),
    funds_account: text(1, 32, /^AVAILABLE$/),
    amount: object({ refund: integer(1), total: integer(1), currency: text(3, 3, /^CNY$/), from }, 'refund', 'total', 'currency'),
  },
  'mchid',
  'out_refund_no',
  'amount',
);

interface RefundBody {
  readonly appid?: string;
  readonly mchid: string;
  readonly transaction_id?: string;
  readonly out_trade_no?: string;
  readonly out_refund_no: string;
  readonly notify_url?: string;
  readonly amount: { readonly refund: number; readonly total: number };
}

const invalid = (message: string) => problem(400, 'INVALID_REQUEST', message);
const show = (order: Order, refund: Refund, twist: Twist): DouyinResult => ({
  status: 200,
  json: { ...describeRefund(order, refund, twist), status: refund.done ? 'SUCCESS' : 'PROCESSING' },
  order,
});

function findOrder(world: DouyinWorld, body: RefundBody): Order | undefined {
  if (body.transaction_id === undefined) return world.store.findOrder('douyin', body.mchid, body.out_trade_no ?? '');
  const order = world.store.findByVendorNo('douyin', body.transaction_id);
  const isMeant = order?.account === body.mchid && (body.out_trade_no ?? order.number) === order.number;
  return isMeant ? order : undefined;
}

function checkMeaning(body: RefundBody, merchant: DouyinMerchant): DouyinResult | null {
  if (body.mchid !== merchant.mchid) return parameterError({ field: '/mchid', issue: 'is not the one that signed' });
  if ((body.appid ?? merchant.appid) !== merchant.appid) return problem(400, 'APPID_MCHID_NOT_MATCH', 'appid和mchid不匹配');
  const isWrong = body.notify_url !== undefined && !isNotifyUrl(body.notify_url);
  return isWrong ? parameterError({ field: '/notify_url', issue: 'is not allowed' }) : null;
}

/** POST /v1/trade/refund/domestic/refunds. The same number is the same refund. */
export function createRefund(world: DouyinWorld, json: unknown, merchant: DouyinMerchant, twist: Twist): DouyinResult {
  const fault = checkField(json, rule);
  if (fault !== null) return parameterError(fault);
  const body = json as RefundBody;
  const wrong = checkMeaning(body, merchant);
  if (wrong !== null) return wrong;
  const order = findOrder(world, body);
  if (order === undefined) return problem(404, 'RESOURCE_NOT_EXISTS', '订单不存在');
  const earlier = world.store.findRefund('douyin', merchant.mchid, body.out_refund_no);
  if (earlier !== undefined) {
    const isSame = earlier.order === order && earlier.refund.amount === body.amount.refund;
    return isSame ? show(order, earlier.refund, twist) : invalid('同一退款单号的参数与首次请求不一致');
  }
  if (order.state !== 'paid') return invalid('订单未支付');
  if (body.amount.total !== order.amount) return invalid('订单金额不一致');
  if (refundedOf(order) + body.amount.refund > order.amount) return invalid('退款金额超过订单可退金额');
  const { refund } = refundOrder(world, order, {
    number: body.out_refund_no,
    vendorNo: `RF${digits(28)}`,
    amount: body.amount.refund,
    facts: body.notify_url === undefined ? {} : { notifyUrl: body.notify_url },
    done: false,
  });
  const afterwards = () => void setTimeout(() => void endRefund(world, order, refund), workMs);
  return { ...show(order, refund, twist), afterwards };
}

/** GET /v1/trade/refund/domestic/refunds/{out_refund_no} */
export function queryRefund(world: DouyinWorld, number: string, merchant: DouyinMerchant, twist: Twist): DouyinResult {
  const found = world.store.findRefund('douyin', merchant.mchid, number);
  const isHidden = found === undefined || found.refund.number !== number || world.now() - found.refund.createdAt < twist.notFoundUntilMs;
  return isHidden ? problem(404, 'RESOURCE_NOT_EXISTS', '退款单不存在') : show(found.order, found.refund, twist);
}
