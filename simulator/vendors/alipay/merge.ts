import { createHash, randomBytes, randomInt } from 'node:crypto';
import { canonicalJson } from '../../fields.ts';
import type { Movement } from '../../movements.ts';
import { draftOrder } from '../../orders.ts';
import { toChinaDay } from '../../time.ts';
import type { Order, Refund } from '../../types.ts';
import { fromYuan } from '../../yuan.ts';
import { type AlipayResult, failed, success, tradeStatus } from './answers.ts';
import type { AlipayWorld } from './keys.ts';
import { type AlipayRequest, invalid, readExpiry, textOf } from './request.ts';

/** One trade of a merged payment. They are kept as text with the whole, which is what a shopper pays. */
interface Part {
  readonly number: string;
  readonly vendorNo: string;
  readonly amount: number;
}

const codes = ['QUICK_WAP_WAY', 'QUICK_MSECURITY_PAY'];
const newNo = (nowMs: number) => `${toChinaDay(nowMs)}22${Array.from({ length: 18 }, () => randomInt(10)).join('')}`;

function readPart(detail: unknown, appId: string, sellerId: string, nowMs: number): Part | string {
  if (typeof detail !== 'object' || detail === null) return 'order_details';
  const content = detail as AlipayRequest['content'];
  const amount = fromYuan(content.total_amount);
  const number = textOf(content, 'out_trade_no');
  if (content.app_id !== appId) return 'app_id';
  if (content.seller_id !== undefined && content.seller_id !== sellerId) return 'seller_id';
  if (!/^[0-9A-Za-z_]{1,64}$/.test(number)) return 'out_trade_no';
  if (textOf(content, 'subject') === '' || !codes.includes(textOf(content, 'product_code'))) return 'subject or product_code';
  return amount === null || amount < 1 ? 'total_amount' : { number, vendorNo: newNo(nowMs), amount };
}

/** `alipay.trade.merge.precreate` */
export function precreateMerged(world: AlipayWorld, { merchant, params, content }: AlipayRequest): AlipayResult {
  const [nowMs, number] = [world.now(), textOf(content, 'out_merge_no')];
  const details = Array.isArray(content.order_details) ? content.order_details : [];
  const read = details.map((detail) => readPart(detail, merchant.appId, merchant.sellerId, nowMs));
  const fault = read.find((part) => typeof part === 'string');
  const parts = read.filter((part) => typeof part !== 'string');
  const expiresAt = readExpiry(content, nowMs);
  if (typeof fault === 'string' || parts.length < 2) return invalid(String(fault ?? 'order_details'));
  if (!/^[0-9A-Za-z_]{1,64}$/.test(number) || new Set(parts.map((part) => part.number)).size < parts.length) return invalid('out_merge_no');
  if (expiresAt === null || expiresAt <= nowMs) return invalid('time_expire');
  const fingerprint = createHash('sha256').update(canonicalJson(content)).digest('base64');
  const earlier = world.store.findOrder('alipay', merchant.appId, number);
  if (earlier !== undefined && earlier.fingerprint !== fingerprint) return failed('ACQ.CONTEXT_INCONSISTENT');
  if (earlier?.state === 'paid') return failed('ACQ.TRADE_HAS_SUCCESS');
  const order =
    earlier ??
    draftOrder(world, {
      ...{ account: merchant.appId, number, product: 'merge', token: randomBytes(16).toString('hex'), vendorNo: newNo(nowMs) },
      ...{ amount: parts.reduce((sum, part) => sum + part.amount, 0), currency: 'CNY', subject: '合并支付', expiresAt },
      ...{ notifyUrl: params.notify_url || null, fingerprint, facts: { parts: JSON.stringify(parts) }, known: false },
    });
  if (earlier === undefined) world.store.save(order);
  const results = parts.map((part) => ({ app_id: merchant.appId, out_trade_no: part.number, success: true }));
  return success({ out_merge_no: number, pre_order_no: order.token, order_detail_results: results }, order);
}

/** `alipay.trade.wap.merge.pay` and `alipay.trade.app.merge.pay`: the shopper comes with the number of the announcement. */
export function openMerged(world: AlipayWorld, { merchant, content }: AlipayRequest): AlipayResult {
  const order = world.store.findByToken('alipay', textOf(content, 'pre_order_no'));
  if (order?.account !== merchant.appId || order.product !== 'merge') return invalid('pre_order_no');
  if (order.state === 'paid') return { ...failed('ACQ.TRADE_HAS_SUCCESS'), order };
  if (tradeStatus(order, world.now()) === 'TRADE_CLOSED') return { ...failed('ACQ.TRADE_HAS_CLOSE'), order };
  order.known = true;
  world.store.save(order);
  return success({}, order);
}

const partsOf = (order: Order): readonly Part[] => JSON.parse(order.facts.parts ?? '[]') as Part[];

/** One trade of a merged payment as if it were a trade by itself. */
function viewOf(order: Order, part: Part): Order {
  const refunds = order.refunds.filter(({ facts }) => facts.part === part.number);
  return { ...order, ...part, refunds };
}

/** The trade of that number inside of a merged payment. */
export function findPart(
  world: AlipayWorld,
  account: string,
  wanted: string,
): { readonly order: Order; readonly shown: Order } | undefined {
  for (const order of world.store.orders.values()) {
    if (order.channel !== 'alipay' || order.product !== 'merge' || order.account !== account) continue;
    const part = partsOf(order).find((one) => one.number === wanted || one.vendorNo === wanted);
    if (part !== undefined) return { order, shown: viewOf(order, part) };
  }
  return undefined;
}

/** The trade that a notice is about: that of the refund, or the first of a payment. */
export function shownTrade(order: Order, refund: Refund | null): Order {
  const parts = partsOf(order);
  const part = parts.find(({ number }) => number === refund?.facts.part) ?? parts[0];
  return part === undefined ? order : viewOf(order, part);
}

/** A merged payment has a line for each of its trades. */
export function unfold(movement: Movement): readonly Movement[] {
  const { order, refund } = movement;
  if (order.product !== 'merge') return [movement];
  if (refund !== null) return [{ ...movement, order: shownTrade(order, refund) }];
  return partsOf(order).map((part) => ({ ...movement, order: viewOf(order, part) }));
}
