import { randomInt } from 'node:crypto';
import { canonicalJson, checkField, object, type Rule, text } from '../../fields.ts';
import { closeOrder, draftOrder, refundedOf, refundOrder } from '../../orders.ts';
import { toChinaText } from '../../time.ts';
import type { Order, Refund, Twist } from '../../types.ts';
import type { CmbMerchant, CmbWorld } from './sign.ts';

/** What a request comes to: business data, or a code. `layer` is the member of the answer that says FAIL. */
export type Result =
  | { readonly data: Readonly<Record<string, unknown>>; readonly order?: Order; readonly afterwards?: () => void }
  | { readonly code: string; readonly layer: 'returnCode' | 'respCode' };

type Json = Readonly<Record<string, string>>;
export type Handler = (world: CmbWorld, merchant: CmbMerchant, json: unknown, twist: Twist) => Result;

const refuse = (code: string): Result => ({ code, layer: 'respCode' });
const malformed = (code: string): Result => ({ code, layer: 'returnCode' });

const amount = text(1, 13, /^[1-9]\d*$/);
const ascii = (max: number) => text(1, max, /^[\x21-\x7e]+$/);
const orderNo = ascii(32);
const who = { merId: ascii(32), userId: ascii(32) };
const beijing = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/;

const orderRule: Readonly<Record<string, Rule>> = {
  ...who,
  orderId: orderNo,
  notifyUrl: text(1, 256, /^https?:\/\//),
  currencyCode: text(3, 3, /^156$/),
  transactionType: text(4, 4, /^TT(01|03|04)$/),
  txnAmt: amount,
  terminalNo: ascii(32),
  terminalIp: ascii(64),
  goodsName: text(1, 40, /^[^/=&]+$/),
  orderDetails: text(1, 1024),
  platformName: text(1, 40),
  tradePlace: text(1, 128),
  orderTimeExpire: text(19, 19, beijing),
  mchReserved: text(1, 128),
};
const { orderDetails: _, platformName: __, mchReserved: ___, ...orderNeeds } = orderRule;
const queryRule = { ...who, orderId: orderNo, cmbOrderId: orderNo };
const closeRule = { ...who, origOrderId: orderNo, origCmbOrderId: orderNo };
const refundRule: Readonly<Record<string, Rule>> = {
  ...who,
  orderId: orderNo,
  origOrderId: orderNo,
  origCmbOrderId: orderNo,
  notifyUrl: text(1, 256, /^https?:\/\//),
  currencyCode: text(3, 3, /^156$/),
  txnAmt: amount,
  refundAmt: amount,
  refundReason: text(1, 256),
  mchReserved: text(1, 128),
};

/** The first fault of a request in the bank's words: `TXNAMT_NOT_LAWFUL` for a bad `txnAmt`. */
function check(merchant: CmbMerchant, json: unknown, fields: Readonly<Record<string, Rule>>, needs: readonly string[]): Result | null {
  const fault = checkField(json, object(fields, ...needs));
  if (fault?.issue === 'is not a known field') return malformed('UNDEFINED_PRAM');
  if (fault !== null) return malformed(`${fault.field.slice(1).toUpperCase()}_NOT_LAWFUL`);
  const { merId, userId } = json as Json;
  if (merId !== merchant.merId) return malformed('MERID_NOT_EXIST');
  return userId === merchant.userId ? null : refuse('USERID_CHECK_FAILED');
}

const compact = (atMs: number) => toChinaText(atMs).replaceAll(/[^0-9]/g, '');
const bankNo = (nowMs: number) => `0031${compact(nowMs).slice(2)}${randomInt(1_000_000, 10_000_000)}`;
const echoOf = (order: Order, twist: Twist) => ({
  merId: twist.wrongAccount ? '308999999999999' : order.account,
  orderId: order.number,
  cmbOrderId: order.vendorNo,
});

export const createOrder: Handler = (world, merchant, json, twist) => {
  const fault = check(merchant, json, orderRule, Object.keys(orderNeeds));
  if (fault !== null) return fault;
  const asked = json as Json;
  const expiresAt = Date.parse(`${asked['orderTimeExpire']}+08:00`);
  if (!(expiresAt > world.now())) return malformed('ORDERTIMEEXPIRE_NOT_LAWFUL');
  const fingerprint = canonicalJson(json);
  const earlier = world.store.findOrder(world.channel, merchant.merId, asked['orderId'] ?? '');
  if (earlier !== undefined && (earlier.state !== 'open' || earlier.fingerprint !== fingerprint)) return refuse('ORDERID_DUPLICATION');
  const order = earlier ?? makeOrder(world, asked, { expiresAt, fingerprint });
  if (earlier === undefined) world.store.save(order);
  const address = world.payPage(order);
  const context = { cdtrPtyId: 'C1030844001116', mrchntNo: merchant.merId, encryptInfo: order.token, ncrptnSN: '01' };
  const invitation = order.product === 'TT01' ? { qrCode: address } : { invokeUrl: address, context };
  return { data: { ...echoOf(order, twist), txnTime: compact(order.createdAt), ...invitation }, order };
};

function makeOrder(world: CmbWorld, asked: Json, known: Pick<Order, 'expiresAt' | 'fingerprint'>): Order {
  return draftOrder(world, {
    ...known,
    account: asked['merId'] ?? '',
    number: asked['orderId'] ?? '',
    product: asked['transactionType'] ?? '',
    vendorNo: bankNo(world.now()),
    amount: Number(asked['txnAmt']),
    currency: 'CNY',
    subject: asked['goodsName'] ?? '',
    notifyUrl: asked['notifyUrl'] ?? null,
    facts: { ...(asked['mchReserved'] !== undefined && { mchReserved: asked['mchReserved'] }) },
  });
}

const finished = (atMs: number) => ({ endDate: compact(atMs).slice(0, 8), endTime: compact(atMs).slice(8) });

/** A paid order as queries and callbacks describe it. */
export function describePaid(order: Order, twist: Twist): Readonly<Record<string, string>> {
  const facts = { txnAmt: String(order.amount + (twist.wrongAmount ? 1 : 0)), dscAmt: '0', currencyCode: '156', payType: 'EC' };
  return { ...echoOf(order, twist), ...order.facts, ...facts, txnTime: compact(order.createdAt), ...finished(order.paidAt) };
}

/** A refund that has been carried out, as queries and callbacks describe it. */
export function describeRefund(order: Order, refund: Refund, twist: Twist): Readonly<Record<string, string>> {
  const facts = { refundAmt: String(refund.amount + (twist.wrongAmount ? 1 : 0)), refundDscAmt: '0', currencyCode: '156' };
  const echo = { ...echoOf(order, twist), orderId: refund.number, cmbOrderId: refund.vendorNo };
  return { ...echo, ...facts, txnTime: compact(refund.createdAt), ...finished(refund.createdAt) };
}

export const queryOrder: Handler = (world, merchant, json, twist) => {
  const fault = check(merchant, json, queryRule, ['merId', 'userId']);
  if (fault !== null) return fault;
  const order = findOrder(world, merchant, (json as Json)['orderId'], (json as Json)['cmbOrderId']);
  if (order === undefined || world.now() - order.createdAt < twist.notFoundUntilMs) return refuse('CMBORDERID_NOT_EXIST');
  if (order.state === 'open' && order.expiresAt <= world.now()) return refuse('ORDERID_INVALID');
  const isPaid = order.state === 'paid';
  const tradeState = isPaid ? (refundedOf(order) > 0 ? 'R' : 'S') : order.state === 'closed' ? 'C' : 'P';
  const { endDate, endTime, ...unpaid } = describePaid(order, twist);
  return { data: { ...unpaid, ...(isPaid && { endDate, endTime }), tradeState }, order };
};

/** The bank's own number counts where both are given. */
function findOrder(world: CmbWorld, merchant: CmbMerchant, number: string | undefined, bankNumber: string | undefined): Order | undefined {
  const { store, channel } = world;
  const order =
    bankNumber === undefined ? store.findOrder(channel, merchant.merId, number ?? '') : store.findByVendorNo(channel, bankNumber);
  return order?.account === merchant.merId ? order : undefined;
}

export const close: Handler = (world, merchant, json) => {
  const fault = check(merchant, json, closeRule, ['merId', 'userId']);
  if (fault !== null) return fault;
  const order = findOrder(world, merchant, (json as Json)['origOrderId'], (json as Json)['origCmbOrderId']);
  if (order === undefined) return refuse('CMBORDERID_NOT_EXIST');
  if (order.state === 'paid') return refuse('TRADESTATE_NOT_LAWFUL');
  if (order.state === 'open') closeOrder(world, order);
  return { data: { merId: merchant.merId, origOrderId: order.number, txnTime: compact(world.now()), closeState: 'C' }, order };
};

export const refund: Handler = (world, merchant, json, twist) => {
  const fault = check(merchant, json, refundRule, ['merId', 'userId', 'orderId', 'refundAmt']);
  if (fault !== null) return fault;
  const asked = json as Json;
  const order = findOrder(world, merchant, asked['origOrderId'], asked['origCmbOrderId']);
  if (order === undefined) return refuse('CMBORDERID_NOT_EXIST');
  const known = world.store.findRefund(world.channel, merchant.merId, asked['orderId'] ?? '');
  const wanted = Number(asked['refundAmt']);
  if (known !== undefined && (known.order !== order || known.refund.amount !== wanted)) return refuse('ORDERID_DUPLICATION');
  const answer = (one: Refund) => ({
    ...echoOf(order, twist),
    orderId: one.number,
    cmbOrderId: one.vendorNo,
    txnTime: compact(one.createdAt),
  });
  if (known !== undefined) return { data: { ...answer(known.refund), refundState: 'S' }, order };
  if (order.state !== 'paid') return refuse('TRADESTATE_NOT_LAWFUL');
  if (asked['txnAmt'] !== undefined && Number(asked['txnAmt']) !== order.amount) return malformed('TXNAMT_NOT_LAWFUL');
  if (refundedOf(order) + wanted > order.amount) return refuse('NOT_ENOUGH');
  const facts = { ...(asked['notifyUrl'] !== undefined && { notifyUrl: asked['notifyUrl'] }) };
  const given = { number: asked['orderId'] ?? '', vendorNo: bankNo(world.now()), amount: wanted, done: true, facts };
  const made = refundOrder(world, order, given);
  return { data: { ...answer(made.refund), refundState: 'P' }, order, afterwards: made.afterwards };
};

export const queryRefund: Handler = (world, merchant, json, twist) => {
  const fault = check(merchant, json, queryRule, ['merId', 'userId']);
  if (fault !== null) return fault;
  const found = world.store.findRefund(world.channel, merchant.merId, (json as Json)['orderId'] ?? '');
  if (found === undefined || world.now() - found.refund.createdAt < twist.notFoundUntilMs) return refuse('CMBORDERID_NOT_EXIST');
  return { data: { ...describeRefund(found.order, found.refund, twist), tradeState: 'S' }, order: found.order };
};
