import { jsonAnswer } from '../../answers.ts';
import { closeOrder, draftOrder, endRefund, refundedOf, refundOrder } from '../../orders.ts';
import { type Route, readJson } from '../../requests.ts';
import type { Order } from '../../types.ts';
import {
  type AirwallexWorld,
  describeIntent,
  describeRefund,
  type Found,
  type Handler,
  invalid,
  isRecord,
  missing,
  newId,
  problem,
  readAmount,
  secretOf,
  textOf,
} from './common.ts';
import { listRecords, listSettlements } from './settlements.ts';

const lifeMs = 24 * 3600_000;
const workMs = 20;

export function makeRoutes(world: AirwallexWorld): readonly Route<Handler>[] {
  const ordersOf = ({ merchant }: Found) =>
    [...world.store.orders.values()].filter(({ channel, account }) => channel === world.channel && account === merchant.accountId);

  const findBy = (id: string, { merchant, twist }: Found): Order | null => {
    const order = world.store.findByVendorNo(world.channel, id);
    const isHidden = order !== undefined && world.now() - order.createdAt < twist.notFoundUntilMs;
    return order?.account !== merchant.accountId || isHidden ? null : order;
  };

  const readIntent: Handler = (found) => {
    const order = findBy(found.parts[0] ?? '', found);
    if (order === null) return { answer: missing() };
    return { answer: jsonAnswer(200, { ...describeIntent(order, found.twist), client_secret: secretOf(order) }), order };
  };

  const listIntents: Handler = (found) => {
    const number = new URLSearchParams(found.wire.query).get('merchant_order_id');
    const items = ordersOf(found).filter((order) => order.number === number);
    return { answer: jsonAnswer(200, { has_more: false, items: items.map((order) => describeIntent(order, found.twist)) }) };
  };

  const cancel: Handler = (found) => {
    const order = findBy(found.parts[0] ?? '', found);
    const json = readJson(found.wire);
    if (order === null) return { answer: missing() };
    if (!isRecord(json) || textOf(json['request_id']) === '') return { answer: invalid('request_id') };
    if (order.state !== 'open') return { answer: problem(400, 'invalid_status_for_operation'), order };
    const afterwards = closeOrder(world, order);
    return { answer: jsonAnswer(200, describeIntent(order, found.twist)), order, afterwards };
  };

  const readRefund: Handler = (found) => {
    const order = ordersOf(found).find(({ refunds }) => refunds.some(({ vendorNo }) => vendorNo === found.parts[0]));
    const refund = order?.refunds.find(({ vendorNo }) => vendorNo === found.parts[0]);
    if (order === undefined || refund === undefined) return { answer: missing() };
    return { answer: jsonAnswer(200, describeRefund(order, refund, found.twist)), order };
  };

  const listRefunds: Handler = (found) => {
    const order = findBy(new URLSearchParams(found.wire.query).get('payment_intent_id') ?? '', found);
    const items = order?.refunds.map((refund) => describeRefund(order, refund, found.twist)) ?? [];
    return { answer: jsonAnswer(200, { has_more: false, items }) };
  };

  return [
    ['POST', /^\/api\/v1\/pa\/payment_intents\/create$/, 'pay', makeCreate(world, ordersOf)],
    ['GET', /^\/api\/v1\/pa\/payment_intents$/, 'query', listIntents],
    ['GET', /^\/api\/v1\/pa\/payment_intents\/([^/]+)$/, 'query', readIntent],
    ['POST', /^\/api\/v1\/pa\/payment_intents\/([^/]+)\/cancel$/, 'close', cancel],
    ['POST', /^\/api\/v1\/pa\/refunds\/create$/, 'refund', makeRefund(world, ordersOf, findBy)],
    ['GET', /^\/api\/v1\/pa\/refunds$/, 'query', listRefunds],
    ['GET', /^\/api\/v1\/pa\/refunds\/([^/]+)$/, 'query', readRefund],
    ['GET', /^\/api\/v1\/pa\/financial\/settlements$/, 'statement', listSettlements(world)],
    ['GET', /^\/api\/v1\/pa\/settlement_records$/, 'statement', listRecords(world)],
  ];
}

type OrdersOf = (found: Found) => readonly Order[];

/** A `request_id` that comes again is refused, whatever it carries. */
function makeCreate(world: AirwallexWorld, ordersOf: OrdersOf): Handler {
  return (found) => {
    const json = readJson(found.wire);
    if (!isRecord(json)) return { answer: invalid('body') };
    const [requestId, currency] = [textOf(json['request_id']), textOf(json['currency'])];
    if (requestId === '' || requestId.length > 64) return { answer: invalid('request_id') };
    if (!/^[A-Z]{3}$/.test(currency)) return { answer: invalid('currency') };
    const amount = readAmount(found.wire, currency);
    if (amount === null) return { answer: invalid('amount') };
    const number = textOf(json['merchant_order_id']);
    if (number === '' || number.length > 64) return { answer: invalid('merchant_order_id') };
    if (textOf(json['descriptor']).length > 32) return { answer: invalid('descriptor') };
    if (ordersOf(found).some(({ facts }) => facts['requestId'] === requestId)) return { answer: problem(400, 'duplicate_request') };
    const order = draftOrder(world, {
      account: found.merchant.accountId,
      number,
      product: 'checkout',
      vendorNo: `int_${newId()}`,
      amount,
      currency,
      subject: textOf(json['descriptor']),
      expiresAt: world.now() + lifeMs,
      returnUrl: textOf(json['return_url']) || null,
      facts: { requestId },
    });
    world.store.save(order);
    return { answer: jsonAnswer(201, { ...describeIntent(order, found.twist), client_secret: secretOf(order) }), order };
  };
}

function makeRefund(world: AirwallexWorld, ordersOf: OrdersOf, findBy: (id: string, found: Found) => Order | null): Handler {
  return (found) => {
    const json = readJson(found.wire);
    if (!isRecord(json)) return { answer: invalid('body') };
    const order = findBy(textOf(json['payment_intent_id']), found);
    if (order?.state !== 'paid') return { answer: missing() };
    const number = textOf(json['request_id']);
    if (number === '' || number.length > 64) return { answer: invalid('request_id') };
    const isKnown = ordersOf(found).some(({ refunds }) => refunds.some((refund) => refund.number === number));
    if (isKnown) return { answer: problem(400, 'duplicate_request') };
    const amount = readAmount(found.wire, order.currency);
    if (amount === null) return { answer: invalid('amount') };
    if (refundedOf(order) + amount > order.amount) return { answer: problem(400, 'amount_above_limit') };
    const facts = { reason: textOf(json['reason']) };
    const { refund } = refundOrder(world, order, { number, vendorNo: `rfd_${newId()}`, amount, facts, done: false });
    const afterwards = () => void setTimeout(() => void endRefund(world, order, refund), workMs);
    return { answer: jsonAnswer(201, describeRefund(order, refund, found.twist)), order, afterwards };
  };
}
