import { createHash, randomBytes, randomInt } from 'node:crypto';
import { canonicalJson } from '../../fields.ts';
import { closeOrder, draftOrder, refundedOf, refundOrder } from '../../orders.ts';
import { fromChinaText, toChinaDay } from '../../time.ts';
import type { Order, Twist } from '../../types.ts';
import { fromYuan } from '../../yuan.ts';
import { type AlipayResult, describeRefund, describeRefundState, describeTrade, failed, success, tradeStatus } from './answers.ts';
import type { AlipayMerchant, AlipayWorld } from './keys.ts';
import type { Params } from './sign.ts';

/** One verified request. `content` is the parsed `biz_content`. */
export interface AlipayRequest {
  readonly merchant: AlipayMerchant;
  readonly params: Params;
  readonly content: Readonly<Record<string, unknown>>;
  readonly twist: Twist;
  /** Where the request arrived. */
  readonly host: string;
}

const longestMs = 15 * 24 * 3600_000;
const unitMs: Readonly<Record<string, number>> = { m: 60_000, h: 3600_000, d: 24 * 3600_000 };
const productCodes: Readonly<Record<string, readonly string[]>> = {
  page: ['FAST_INSTANT_TRADE_PAY'],
  wap: ['QUICK_WAP_WAY'],
  app: ['QUICK_MSECURITY_PAY'],
  barcode: ['FACE_TO_FACE_PAYMENT'],
  precreate: ['FACE_TO_FACE_PAYMENT', 'QR_CODE_OFFLINE', 'OFFLINE_PAYMENT'],
};

export const textOf = (content: AlipayRequest['content'], name: string) =>
  typeof content[name] === 'string' ? (content[name] as string) : '';
export const invalid = (name: string) => failed('ACQ.INVALID_PARAMETER', `参数无效: ${name}`);

/** When the trade stops being payable; null when the request says it in a way that cannot be read. */
function readExpiry(content: AlipayRequest['content'], nowMs: number): number | null {
  const [absolute, relative] = [textOf(content, 'time_expire'), textOf(content, 'timeout_express')];
  if (absolute !== '') return fromChinaText(absolute);
  if (relative === '') return nowMs + longestMs;
  const found = /^([1-9]\d{0,5})([mhd])$/.exec(relative);
  return found?.[1] && found[2] ? nowMs + Number(found[1]) * (unitMs[found[2]] ?? 0) : null;
}

/** The order that a request to pay describes, or what is wrong with it. */
export function makeOrder(world: AlipayWorld, product: string, { merchant, params, content }: AlipayRequest): Order | AlipayResult {
  const nowMs = world.now();
  const [number, subject] = [textOf(content, 'out_trade_no'), textOf(content, 'subject')];
  const amount = fromYuan(content.total_amount);
  const expiresAt = readExpiry(content, nowMs);
  if (!/^[0-9A-Za-z_]{1,64}$/.test(number)) return invalid('out_trade_no');
  if (subject === '' || [...subject].length > 256) return invalid('subject');
  if (amount === null || amount < 1 || amount > 10_000_000_000) return invalid('total_amount');
  if (expiresAt === null || expiresAt <= nowMs) return invalid('time_expire');
  const code = content.product_code;
  const mayLackCode = product === 'precreate' && code === undefined;
  if (!mayLackCode && !productCodes[product]?.includes(String(code))) return invalid('product_code');
  const fingerprint = createHash('sha256')
    .update(`${product}\n${canonicalJson(content)}`)
    .digest('base64');
  return draftOrder(world, {
    account: merchant.appId,
    number,
    product,
    token: `bax${randomBytes(12).toString('hex')}`,
    vendorNo: `${toChinaDay(nowMs)}22${Array.from({ length: 18 }, () => randomInt(10)).join('')}`,
    amount,
    currency: 'CNY',
    subject,
    expiresAt,
    notifyUrl: params.notify_url || null,
    returnUrl: params.return_url || null,
    fingerprint,
    facts: { quitUrl: textOf(content, 'quit_url') },
    known: product !== 'precreate',
  });
}

/** The trade that a request to pay asks for: a new one, or the same one again. */
export function createTrade(world: AlipayWorld, product: string, request: AlipayRequest): AlipayResult {
  const order = makeOrder(world, product, request);
  if ('node' in order) return order;
  const earlier = world.store.findOrder('alipay', request.merchant.appId, order.number);
  if (earlier?.state === 'paid') return { ...failed('ACQ.TRADE_HAS_SUCCESS'), order: earlier };
  if (earlier !== undefined && tradeStatus(earlier, world.now()) === 'TRADE_CLOSED') {
    return { ...failed('ACQ.TRADE_HAS_CLOSE'), order: earlier };
  }
  if (earlier !== undefined && earlier.fingerprint !== order.fingerprint) return failed('ACQ.CONTEXT_INCONSISTENT');
  if (earlier === undefined) world.store.save(order);
  const trade = earlier ?? order;
  return success({ out_trade_no: trade.number, qr_code: world.payPage(trade) }, trade);
}

/** The trade that exists for this merchant; an unscanned QR code is none yet. */
export function findTrade(world: AlipayWorld, { merchant, content }: AlipayRequest): Order | undefined {
  const [vendorNo, number] = [textOf(content, 'trade_no'), textOf(content, 'out_trade_no')];
  const order = vendorNo === '' ? world.store.findOrder('alipay', merchant.appId, number) : world.store.findByVendorNo('alipay', vendorNo);
  return order?.account === merchant.appId && order.known ? order : undefined;
}

const isYoung = (world: AlipayWorld, createdAt: number, twist: Twist) => world.now() - createdAt < twist.notFoundUntilMs;

/** `alipay.trade.query` */
export function queryTrade(world: AlipayWorld, request: AlipayRequest): AlipayResult {
  const order = findTrade(world, request);
  if (order === undefined || isYoung(world, order.createdAt, request.twist)) return failed('ACQ.TRADE_NOT_EXIST');
  return success(describeTrade(order, request.twist, world.now()), order);
}

/** `alipay.trade.close`: unpaid trades only. */
export function closeTrade(world: AlipayWorld, request: AlipayRequest): AlipayResult {
  const order = findTrade(world, request);
  if (order === undefined) return failed('ACQ.TRADE_NOT_EXIST');
  if (tradeStatus(order, world.now()) !== 'WAIT_BUYER_PAY') return failed('ACQ.TRADE_STATUS_ERROR');
  closeOrder(world, order);
  return success({ trade_no: order.vendorNo, out_trade_no: order.number }, order);
}

/** `alipay.trade.refund`. Repeating a request number moves no money again. */
export function refundTrade(world: AlipayWorld, request: AlipayRequest): AlipayResult {
  const { content, twist } = request;
  const order = findTrade(world, request);
  if (order === undefined) return failed('ACQ.TRADE_NOT_EXIST');
  const amount = fromYuan(content.refund_amount);
  if (amount === null || amount < 1) return invalid('refund_amount');
  // Without a request number only the whole may be refunded, and the trade's own number takes its place.
  const number = textOf(content, 'out_request_no') || order.number;
  if (number === order.number && amount !== order.amount) return invalid('out_request_no');
  const earlier = order.refunds.find((one) => one.number === number);
  if (earlier !== undefined) {
    return earlier.amount === amount
      ? success(describeRefund(order, earlier, false, twist), order)
      : failed('ACQ.DISCORDANT_REPEAT_REQUEST');
  }
  if (tradeStatus(order, world.now()) !== 'TRADE_SUCCESS') return failed('ACQ.TRADE_STATUS_ERROR');
  if (refundedOf(order) + amount > order.amount) return failed('ACQ.REFUND_AMT_NOT_EQUAL_TOTAL');
  const given = { number, vendorNo: `${order.vendorNo}_${number}`, amount, done: true };
  const { refund, afterwards } = refundOrder(world, order, given);
  return { ...success(describeRefund(order, refund, true, twist), order), afterwards };
}

/** `alipay.trade.fastpay.refund.query`: of an unknown refund it answers success without any field about it. */
export function queryRefund(world: AlipayWorld, request: AlipayRequest): AlipayResult {
  const order = findTrade(world, request);
  if (order === undefined) return failed('ACQ.TRADE_NOT_EXIST');
  const number = textOf(request.content, 'out_request_no');
  if (number === '') return invalid('out_request_no');
  const refund = order.refunds.find((one) => one.number === number);
  if (refund === undefined || isYoung(world, refund.createdAt, request.twist)) return success({}, order);
  return success(describeRefundState(order, refund, request.twist), order);
}
