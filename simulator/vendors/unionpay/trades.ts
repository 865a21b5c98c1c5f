import { createHash, randomInt } from 'node:crypto';
import { type Afterwards, chargeOrder, draftOrder, endRefund, refundedOf, refundOrder } from '../../orders.ts';
import { toChinaDay } from '../../time.ts';
import type { Order, Refund, Twist } from '../../types.ts';
import type { UnionpayMerchant, UnionpayWorld } from './keys.ts';
import type { Params } from './sign.ts';

/** One verified request. */
export interface Asked {
  readonly merchant: UnionpayMerchant;
  readonly product: string;
  readonly params: Params;
  readonly twist: Twist;
}

/** What the gateway says to it, not yet signed. */
export interface Said {
  readonly fields: Params;
  readonly order?: Order;
  readonly afterwards?: Afterwards;
}

const refundWorkMs = 20;
const hourMs = 3600_000;

/** What is cleared from 23:00 in China is of the next day of settlement. */
export const settleDayOf = (atMs: number) => toChinaDay(atMs + hourMs);

export const say = (respCode: string, respMsg: string, more: Params = {}): Said => ({ fields: { respCode, respMsg, ...more } });

const newId = (world: UnionpayWorld) => `${toChinaDay(world.now())}${Array.from({ length: 13 }, () => randomInt(10)).join('')}`;

/** `YYYYMMDDhhmmss` in China; null for a day or an hour that does not exist. */
export function readTime(text: string): number | null {
  const iso = text.replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/, '$1-$2-$3T$4:$5:$6+08:00');
  const at = Date.parse(iso);
  return Number.isNaN(at) ? null : at;
}

function fingerprintOf(params: Params): string {
  const pairs = Object.entries(params).filter(([name]) => name !== 'signature');
  return createHash('sha256').update(JSON.stringify(pairs.sort())).digest('base64');
}

function isTaken(world: UnionpayWorld, { merchant, params }: Asked): boolean {
  const number = params.orderId ?? '';
  const order = world.store.findOrder(world.channel, merchant.merId, number);
  return order !== undefined || world.store.findRefund(world.channel, merchant.merId, number) !== undefined;
}

export function startOrder(world: UnionpayWorld, asked: Asked): Said {
  const { merchant, product, params } = asked;
  const expiresAt = params.payTimeout === undefined ? world.now() + hourMs : readTime(params.payTimeout);
  if (expiresAt === null || expiresAt <= world.now()) return say('10', '报文格式错误[payTimeout]');
  const fingerprint = fingerprintOf(params);
  const earlier = world.store.findOrder(world.channel, merchant.merId, params.orderId ?? '');
  // A browser that loads the form again comes to the same page.
  const isSameForm = ['web', 'wap', 'netbank'].includes(product) && earlier?.fingerprint === fingerprint;
  if (earlier !== undefined && isSameForm) return { ...say('00', '成功'), order: earlier };
  if (isTaken(world, asked)) return say('12', '重复交易');
  const order = draftOrder(world, {
    account: merchant.merId,
    number: params.orderId ?? '',
    product,
    token: newId(world),
    vendorNo: newId(world),
    amount: Number(params.txnAmt),
    currency: 'CNY',
    subject: '',
    expiresAt,
    notifyUrl: params.backUrl ?? null,
    returnUrl: params.frontUrl ?? null,
    fingerprint,
    facts: { txnTime: params.txnTime ?? '', bizType: params.bizType ?? '', txnSubType: params.txnSubType ?? '' },
    known: false,
  });
  if (product === 'barcode') {
    const afterwards = chargeOrder(world, order);
    return { ...say('00', '成功[0000000]', { queryId: order.vendorNo }), order, afterwards: () => void afterwards() };
  }
  world.store.save(order);
  const given: Params = product === 'app' ? { tn: order.token } : product === 'qr' ? { qrCode: world.payPage(order) } : {};
  return { ...say('00', '成功[0000000]', given), order };
}

/** Taken at once, carried out a little later. */
export function startRefund(world: UnionpayWorld, asked: Asked): Said {
  const { merchant, params } = asked;
  if (isTaken(world, asked)) return say('12', '重复交易');
  const order = world.store.findByVendorNo(world.channel, params.origQryId ?? '');
  if (order?.account !== merchant.merId || order.state !== 'paid') return say('35', '原交易不存在或状态不正确');
  if (order.facts.bizType !== params.bizType) return say('36', '与原交易信息不符');
  const amount = Number(params.txnAmt);
  if (refundedOf(order) + amount > order.amount) return say('36', '与原交易信息不符[txnAmt]');
  const facts = { txnTime: params.txnTime ?? '', backUrl: params.backUrl ?? '' };
  const given = { number: params.orderId ?? '', vendorNo: newId(world), amount, facts, done: false };
  const { refund } = refundOrder(world, order, given);
  const said = say('00', '成功[0000000]', { queryId: refund.vendorNo, origQryId: order.vendorNo, txnAmt: String(amount) });
  return { ...said, order, afterwards: () => finishRefund(world, order, refund) };
}

export function finishRefund(world: UnionpayWorld, order: Order, refund: Refund): void {
  setTimeout(() => void endRefund(world, order, refund), refundWorkMs);
}

const notFound = say('34', '查无此交易');
const isYoung = (world: UnionpayWorld, at: number, twist: Twist) => world.now() - at < twist.notFoundUntilMs;

/** An order is a transaction from the moment its shopper pays: before that there is nothing to find. */
export function findTransaction(world: UnionpayWorld, { merchant, params, twist }: Asked): Said {
  const number = params.orderId ?? '';
  const order = world.store.findOrder(world.channel, merchant.merId, number);
  if (order !== undefined) {
    const isFound = order.known && order.state === 'paid' && order.facts.txnTime === params.txnTime;
    if (!isFound || isYoung(world, order.createdAt, twist)) return notFound;
    return { fields: { respCode: '00', respMsg: '成功[0000000]', ...describe(order, null, twist), ...origOf('00') }, order };
  }
  const found = world.store.findRefund(world.channel, merchant.merId, number);
  if (found?.refund.facts.txnTime !== params.txnTime || found === undefined) return notFound;
  if (isYoung(world, found.refund.createdAt, twist)) return notFound;
  const fields = { respCode: '00', respMsg: '成功[0000000]', ...describe(found.order, found.refund, twist) };
  return { fields: { ...fields, ...origOf(found.refund.done ? '00' : '05') }, order: found.order };
}

const origOf = (code: string): Params => ({ origRespCode: code, origRespMsg: code === '00' ? '成功[0000000]' : '交易已受理，请稍后查询' });

/** A transaction as queries and callbacks tell of it. */
export function describe(order: Order, refund: Refund | null, twist: Twist): Params {
  const amount = String((refund ?? order).amount + (twist.wrongAmount ? 1 : 0));
  return {
    txnType: refund === null ? '01' : '04',
    txnSubType: refund === null ? (order.facts.txnSubType ?? '01') : '00',
    bizType: order.facts.bizType ?? '000201',
    accessType: '0',
    merId: twist.wrongAccount ? '777290058119999' : order.account,
    orderId: refund === null ? order.number : refund.number,
    txnTime: (refund ?? order).facts.txnTime ?? '',
    txnAmt: amount,
    currencyCode: '156',
    queryId: refund === null ? order.vendorNo : refund.vendorNo,
    ...(refund === null ? {} : { origQryId: order.vendorNo }),
    settleAmt: amount,
    settleCurrencyCode: '156',
    settleDate: settleDayOf(refund === null ? order.paidAt : refund.createdAt).slice(4),
    traceNo: order.vendorNo.slice(-6),
  };
}
