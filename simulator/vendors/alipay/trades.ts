import { createHash, randomBytes, randomInt } from 'node:crypto';
import { canonicalJson } from '../../fields.ts';
import { closeOrder, draftOrder, refundedOf, refundOrder } from '../../orders.ts';
import { toChinaDay } from '../../time.ts';
import type { Order, Twist } from '../../types.ts';
import { fromYuan } from '../../yuan.ts';
import { type AlipayResult, describeRefund, describeRefundState, describeTrade, failed, success, tradeStatus } from './answers.ts';
import type { AlipayWorld } from './keys.ts';
import { findPart } from './merge.ts';
import { type AlipayRequest, invalid, readExpiry, textOf } from './request.ts';

const productCodes: Readonly<Record<string, readonly string[]>> = {
  page: ['FAST_INSTANT_TRADE_PAY'],
  wap: ['QUICK_WAP_WAY'],
  app: ['QUICK_MSECURITY_PAY'],
  barcode: ['FACE_TO_FACE_PAYMENT'],
  precreate: ['FACE_TO_FACE_PAYMENT', 'QR_CODE_OFFLINE', 'OFFLINE_PAYMENT'],
};

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

/** What a request names: `shown` is `order` itself, or the one trade of a merged payment. */
function findShown(world: AlipayWorld, request: AlipayRequest): { readonly order: Order; readonly shown: Order } | undefined {
  const order = findTrade(world, request);
  // The number of the whole is no trade: its parts are.
  if (order !== undefined && order.product !== 'merge') return { order, shown: order };
  const wanted = textOf(request.content, 'trade_no') || textOf(request.content, 'out_trade_no');
  const found = findPart(world, request.merchant.appId, wanted);
  return found?.order.known ? found : undefined;
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
  const found = findShown(world, request);
  if (found === undefined || isYoung(world, found.order.createdAt, request.twist)) return failed('ACQ.TRADE_NOT_EXIST');
  return success(describeTrade(found.shown, request.twist, world.now()), found.order);
}

/** `alipay.trade.close`: unpaid trades only. */
export function closeTrade(world: AlipayWorld, request: AlipayRequest): AlipayResult {
  const found = findShown(world, request);
  if (found === undefined) return failed('ACQ.TRADE_NOT_EXIST');
  const { order, shown } = found;
  if (tradeStatus(shown, world.now()) !== 'WAIT_BUYER_PAY') return failed('ACQ.TRADE_STATUS_ERROR');
  closeOrder(world, order);
  return success({ trade_no: shown.vendorNo, out_trade_no: shown.number }, order);
}

/** `alipay.trade.refund`. Repeating a request number moves no money again. */
export function refundTrade(world: AlipayWorld, request: AlipayRequest): AlipayResult {
  const { content, twist } = request;
  const found = findShown(world, request);
  if (found === undefined) return failed('ACQ.TRADE_NOT_EXIST');
  const { order, shown } = found;
  const amount = fromYuan(content.refund_amount);
  if (amount === null || amount < 1) return invalid('refund_amount');
  // Without a request number only the whole may be refunded, and the trade's own number takes its place.
  const number = textOf(content, 'out_request_no') || shown.number;
  if (number === shown.number && amount !== shown.amount) return invalid('out_request_no');
  const earlier = shown.refunds.find((one) => one.number === number);
  if (earlier !== undefined) {
    return earlier.amount === amount
      ? success(describeRefund(shown, earlier, false, twist), order)
      : failed('ACQ.DISCORDANT_REPEAT_REQUEST');
  }
  if (tradeStatus(shown, world.now()) !== 'TRADE_SUCCESS') return failed('ACQ.TRADE_STATUS_ERROR');
  if (refundedOf(shown) + amount > shown.amount) return failed('ACQ.REFUND_AMT_NOT_EQUAL_TOTAL');
  const given = { number, vendorNo: `${shown.vendorNo}_${number}`, amount, done: true, facts: { part: shown.number } };
  const { refund, afterwards } = refundOrder(world, order, given);
  const after = findShown(world, request)?.shown ?? order;
  return { ...success(describeRefund(after, refund, true, twist), order), afterwards };
}

/** `alipay.trade.fastpay.refund.query`: of an unknown refund it answers success without any field about it. */
export function queryRefund(world: AlipayWorld, request: AlipayRequest): AlipayResult {
  const found = findShown(world, request);
  if (found === undefined) return failed('ACQ.TRADE_NOT_EXIST');
  const { order, shown } = found;
  const number = textOf(request.content, 'out_request_no');
  if (number === '') return invalid('out_request_no');
  const refund = shown.refunds.find((one) => one.number === number);
  if (refund === undefined || isYoung(world, refund.createdAt, request.twist)) return success({}, order);
  return success(describeRefundState(shown, refund, request.twist), order);
}
