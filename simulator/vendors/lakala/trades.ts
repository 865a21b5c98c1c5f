import { randomInt } from 'node:crypto';
import { chargeOrder, closeOrder, draftOrder, refundedOf, refundOrder } from '../../orders.ts';
import { toChinaDay, toChinaText } from '../../time.ts';
import type { Order, Refund, Twist } from '../../types.ts';
import { type LakalaMerchant, type LakalaWorld, strangerNo } from './keys.ts';

type Fields = Readonly<Record<string, string>>;

/** What a request came to, before it is signed. */
export interface Result {
  readonly code: string;
  readonly msg: string;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly order?: Order;
  readonly afterwards?: () => void;
}

const good = { code: 'BBS00000', msg: '成功' };
/** The real codes for these are not public; the plugin must not lean on them. */
const fault = (code: string, msg: string, order?: Order): Result => ({ code, msg, ...(order && { order }) });
const digits = (atMs: number) => toChinaText(atMs).replace(/\D/g, '');
const makeNo = (nowMs: number) => `${toChinaDay(nowMs)}66${Array.from({ length: 12 }, () => randomInt(10)).join('')}`;

const hasNoMoney = /0051$/;
export const waitsForPassword = /0003$/;

function draft(world: LakalaWorld, merchant: LakalaMerchant, data: Fields, product: string, minutes: number): Order {
  return draftOrder(world, {
    account: merchant.merchantNo,
    number: data.out_trade_no ?? '',
    product,
    vendorNo: makeNo(world.now()),
    amount: Number(data.total_amount),
    currency: 'CNY',
    subject: data.subject ?? '',
    expiresAt: world.now() + minutes * 60_000,
    notifyUrl: data.notify_url ?? null,
    facts: { account_type: data.account_type ?? 'WECHAT', auth_code: data.auth_code ?? '' },
  });
}

const isTaken = (world: LakalaWorld, { merchantNo }: LakalaMerchant, number: string) =>
  world.store.findOrder('lakala', merchantNo, number) !== undefined || world.store.findRefund('lakala', merchantNo, number) !== undefined;

export function preorder(world: LakalaWorld, merchant: LakalaMerchant, data: Fields): Result {
  const busi = (data.acc_busi_fields ?? {}) as unknown as Fields;
  const { account_type: wallet, trans_type: way } = data;
  if (wallet === 'WECHAT' && way === '41') return fault('BBS90001', '微信不支持NATIVE');
  if (way === '71' && wallet !== 'WECHAT') return fault('BBS90001', '接入方式不支持');
  if (way !== '41' && !busi.user_id) return fault('BBS90002', 'user_id不能为空');
  if (wallet === 'WECHAT' && !busi.sub_appid) return fault('BBS90002', 'sub_appid不能为空');
  if (isTaken(world, merchant, data.out_trade_no ?? '')) return fault('BBS90003', '商户交易流水号重复');
  const order = draft(world, merchant, data, `${wallet}-${way}`, Number(busi.timeout_express ?? 5));
  world.store.save(order);
  const answer = { ...describe(order), acc_resp_fields: describeStep(world, order, busi) };
  return { ...good, data: answer, order };
}

function describeStep(world: LakalaWorld, order: Order, busi: Fields): Fields {
  if (order.product.endsWith('-41')) return { code: world.payPage(order) };
  if (order.product === 'ALIPAY-51') return { prepay_id: `lkl${order.token}` };
  if (order.product === 'UQRCODEPAY-51') return { redirect_url: world.payPage(order) };
  return {
    app_id: busi.sub_appid ?? '',
    time_stamp: String(Math.trunc(world.now() / 1000)),
    nonce_str: order.token,
    package: `prepay_id=lkl${order.token}`,
    prepay_id: `lkl${order.token}`,
    sign_type: 'RSA',
    pay_sign: 'bGFrYWxh',
  };
}

export function micropay(world: LakalaWorld, merchant: LakalaMerchant, data: Fields): Result {
  if (isTaken(world, merchant, data.out_trade_no ?? '')) return fault('BBS90003', '商户交易流水号重复');
  const order = draft(world, merchant, data, 'barcode', 120);
  if (hasNoMoney.test(data.auth_code ?? '')) {
    order.state = 'closed';
    world.store.save(order);
    return fault('BBS90004', '余额不足', order);
  }
  if (waitsForPassword.test(data.auth_code ?? '')) {
    world.store.save(order);
    return fault('BBS10000', '支付中', order);
  }
  const deliver = chargeOrder(world, order);
  return { ...good, data: { ...describe(order), trade_time: digits(order.paidAt) }, order, afterwards: () => void deliver() };
}

/** What every answer says of an order. */
export function describe(order: Order, twist?: Twist): Readonly<Record<string, string>> {
  return {
    merchant_no: twist?.wrongAccount ? strangerNo : order.account,
    out_trade_no: order.number,
    trade_no: order.vendorNo,
    log_no: order.vendorNo.slice(-14),
    account_type: order.facts.account_type ?? '',
    total_amount: String(order.amount + (twist?.wrongAmount ? 1 : 0)),
    ...(order.paidAt > 0 && { trade_time: digits(order.paidAt), payer_amount: String(order.amount) }),
  };
}

export function stateOf(order: Order, nowMs: number): string {
  const refunded = refundedOf(order);
  if (refunded > 0) return refunded === order.amount ? 'REFUND' : 'PART_REFUND';
  if (order.state === 'paid') return 'SUCCESS';
  if (order.product === 'barcode') return order.state === 'closed' ? 'FAIL' : 'DEAL';
  return order.state === 'closed' || nowMs >= order.expiresAt ? 'CLOSE' : 'CREATE';
}

export function query(world: LakalaWorld, merchant: LakalaMerchant, data: Fields, twist: Twist): Result {
  const order = world.store.findOrder('lakala', merchant.merchantNo, data.out_trade_no ?? '');
  if (order === undefined || world.now() - order.createdAt < twist.notFoundUntilMs) return fault('BBS90005', '交易不存在', order);
  return { ...good, data: { ...describe(order, twist), trade_state: stateOf(order, world.now()) }, order };
}

export function close(world: LakalaWorld, merchant: LakalaMerchant, data: Fields): Result {
  const order = world.store.findOrder('lakala', merchant.merchantNo, data.origin_out_trade_no ?? '');
  if (order === undefined || order.product === 'barcode') return fault('BBS90005', '原交易不存在', order);
  if (order.state === 'paid') return fault('BBS90006', '原交易已支付', order);
  if (order.state === 'open') closeOrder(world, order);
  const told = { origin_out_trade_no: order.number, origin_trade_no: order.vendorNo, trade_time: digits(world.now()) };
  return { ...good, data: told, order };
}

function describeRefund(order: Order, refund: Refund): Readonly<Record<string, string>> {
  return {
    out_trade_no: refund.number,
    trade_no: refund.vendorNo,
    trade_state: refund.done ? 'SUCCESS' : 'DEAL',
    refund_amount: String(refund.amount),
    payer_amount: String(refund.amount),
    trade_time: digits(refund.createdAt),
    origin_out_trade_no: order.number,
    origin_trade_no: order.vendorNo,
    origin_total_amount: String(order.amount),
  };
}

export function refund(world: LakalaWorld, merchant: LakalaMerchant, data: Fields): Result {
  const order = world.store.findByVendorNo('lakala', data.origin_trade_no ?? '');
  if (order === undefined || order.account !== merchant.merchantNo) return fault('RFD90001', '原交易不存在');
  if ((data.origin_out_trade_no ?? order.number) !== order.number) return fault('RFD90001', '原交易不存在');
  if (isTaken(world, merchant, data.out_trade_no ?? '')) return fault('RFD90002', '商户请求流水号重复', order);
  const amount = Number(data.refund_amount);
  if (order.state !== 'paid' || refundedOf(order) + amount > order.amount) return fault('RFD90003', '退款金额超限', order);
  const made = refundOrder(world, order, { number: data.out_trade_no ?? '', vendorNo: makeNo(world.now()), amount, done: true });
  const told = { merchant_no: merchant.merchantNo, ...describeRefund(order, made.refund) };
  return { code: '000000', msg: '成功', data: told, order, afterwards: made.afterwards };
}

export function queryRefund(world: LakalaWorld, merchant: LakalaMerchant, data: Fields, twist: Twist): Result {
  const found = world.store.findRefund('lakala', merchant.merchantNo, data.out_trade_no ?? '');
  if (found === undefined || world.now() - found.refund.createdAt < twist.notFoundUntilMs) return fault('RFD90001', '退款不存在');
  return { code: '000000', msg: '成功', data: describeRefund(found.order, found.refund), order: found.order };
}
