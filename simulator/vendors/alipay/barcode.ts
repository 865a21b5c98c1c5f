import { chargeOrder, closeOrder, refundedOf, refundOrder } from '../../orders.ts';
import { toChinaText } from '../../time.ts';
import type { Order } from '../../types.ts';
import { toYuan } from '../../yuan.ts';
import { type AlipayResult, failed, success, tradeStatus } from './answers.ts';
import type { AlipayWorld } from './keys.ts';
import { type AlipayRequest, invalid, textOf } from './request.ts';
import { findTrade, makeOrder } from './trades.ts';

/** How shoppers behave, by the last digits of their codes; every other one pays at once. */
const waitsForPassword = /0003$/;
const hasNoMoney = /0051$/;

const tokenOf = (code: string) => `code-${code}`;

const waiting = (order: Order): AlipayResult => ({
  node: { code: '10003', msg: 'order success pay inprocess', trade_no: order.vendorNo, out_trade_no: order.number },
  order,
});

function describePaid(order: Order): AlipayResult {
  const total = toYuan(order.amount);
  return success(
    {
      trade_no: order.vendorNo,
      out_trade_no: order.number,
      buyer_logon_id: 'sim***@example.com',
      buyer_user_id: '2088000000000999',
      total_amount: total,
      receipt_amount: total,
      buyer_pay_amount: total,
      point_amount: '0.00',
      invoice_amount: total,
      gmt_payment: toChinaText(order.paidAt),
      fund_bill_list: [{ amount: total, fund_channel: 'ALIPAYACCOUNT' }],
    },
    order,
  );
}

function repeat(world: AlipayWorld, earlier: Order, asked: Order): AlipayResult {
  if (earlier.state === 'paid') return { ...failed('ACQ.TRADE_HAS_SUCCESS'), order: earlier };
  if (tradeStatus(earlier, world.now()) === 'TRADE_CLOSED') return { ...failed('ACQ.TRADE_HAS_CLOSE'), order: earlier };
  return earlier.fingerprint === asked.fingerprint ? waiting(earlier) : failed('ACQ.CONTEXT_INCONSISTENT');
}

/** `alipay.trade.pay`: takes the money behind a bar code, unless the shopper has to enter a password first. */
export function payBarCode(world: AlipayWorld, request: AlipayRequest): AlipayResult {
  const code = textOf(request.content, 'auth_code');
  if (request.content.scene !== 'bar_code') return invalid('scene');
  if (!/^(2[5-9]|30)\d{14,22}$/.test(code)) return failed('ACQ.PAYMENT_AUTH_CODE_INVALID', '支付授权码无效');
  const drafted = makeOrder(world, 'barcode', request);
  if ('node' in drafted) return drafted;
  const earlier = world.store.findOrder('alipay', request.merchant.appId, drafted.number);
  if (earlier !== undefined) return repeat(world, earlier, drafted);
  if (hasNoMoney.test(code)) return failed('ACQ.BUYER_BALANCE_NOT_ENOUGH', '买家余额不足');
  if (!waitsForPassword.test(code)) {
    const afterwards = chargeOrder(world, drafted);
    return { ...describePaid(drafted), afterwards: () => void afterwards() };
  }
  if (world.store.findByToken('alipay', tokenOf(code))) return failed('ACQ.PAYMENT_AUTH_CODE_INVALID', '支付授权码无效');
  const order = { ...drafted, token: tokenOf(code) };
  world.store.save(order);
  return waiting(order);
}

/** The trade that waits for the password of whoever showed this code. */
export function findByCode(world: AlipayWorld, target: string): Order | null {
  return /^\d{16,24}$/.test(target) ? (world.store.findByToken('alipay', tokenOf(target)) ?? null) : null;
}

/** `alipay.trade.cancel`: an unpaid trade is closed, a paid one refunded, and of one that is not there nothing is done. */
export function cancelTrade(world: AlipayWorld, request: AlipayRequest): AlipayResult {
  const number = textOf(request.content, 'out_trade_no');
  const order = findTrade(world, request);
  if (order === undefined) return success({ out_trade_no: number, retry_flag: 'N' });
  const told = { trade_no: order.vendorNo, out_trade_no: order.number, retry_flag: 'N' };
  const status = tradeStatus(order, world.now());
  if (status === 'WAIT_BUYER_PAY') closeOrder(world, order);
  if (status !== 'TRADE_SUCCESS') return success({ ...told, action: order.state === 'paid' ? 'refund' : 'close' }, order);
  const amount = order.amount - refundedOf(order);
  const given = { number: `${order.number}-cancel`, vendorNo: `${order.vendorNo}_cancel`, amount, done: true };
  const { afterwards } = refundOrder(world, order, given);
  return { ...success({ ...told, action: 'refund' }, order), afterwards };
}
