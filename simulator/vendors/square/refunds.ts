import { jsonAnswer } from '../../answers.ts';
import { answerOnce, type Outcome } from '../../once.ts';
import { endRefund, refundedOf, refundOrder } from '../../orders.ts';
import { type Route, readJson } from '../../requests.ts';
import { amountOf, conflict, type Handler, invalid, isRecord, type Json, missing, newId, problem, strayOf, textOf } from './common.ts';
import type { Merchant, SquareWorld } from './index.ts';
import { describeRefund } from './objects.ts';

const refundWorkMs = 20;
const known = ['idempotency_key', 'payment_id', 'amount_money', 'reason'];

function makeRefund(world: SquareWorld, merchant: Merchant, json: Json): Outcome {
  const order = world.store.findByVendorNo(world.channel, textOf(json['payment_id']));
  if (order?.account !== merchant.locationId || order.state !== 'paid') return { show: () => missing('Payment') };
  const money = amountOf(json['amount_money']);
  if (money === null || money.currency !== order.currency) return { show: () => invalid('INVALID_VALUE', 'amount_money') };
  if (refundedOf(order) + money.amount > order.amount) return { show: () => problem(400, 'REFUND_ERROR', 'REFUND_AMOUNT_INVALID') };
  const facts = { reason: textOf(json['reason']) };
  const given = { number: textOf(json['idempotency_key']), vendorNo: `${order.vendorNo}_${newId()}`, amount: money.amount, facts };
  const { refund } = refundOrder(world, order, { ...given, done: false });
  const afterwards = () => void setTimeout(() => void endRefund(world, order, refund), refundWorkMs);
  return { show: (twist) => jsonAnswer(200, { refund: describeRefund(order, refund, twist) }), order, afterwards };
}

/** A refund is pending for a moment. */
export function makeRefundRoutes(world: SquareWorld): readonly Route<Handler>[] {
  const create: Handler = ({ wire, merchant, twist }) => {
    const json = readJson(wire);
    if (!isRecord(json)) return { answer: invalid('EXPECTED_JSON_BODY', 'Send JSON') };
    const fault =
      strayOf(json, known) ?? (textOf(json['idempotency_key']) === '' ? invalid('MISSING_REQUIRED_PARAMETER', 'idempotency_key') : null);
    if (fault !== null) return { answer: fault };
    const asked = { account: merchant.locationId, key: `refund ${textOf(json['idempotency_key'])}`, content: wire.body, twist };
    return answerOnce(world, asked, { conflict }, () => makeRefund(world, merchant, json));
  };
  const read: Handler = ({ parts, merchant, twist }) => {
    const orders = [...world.store.orders.values()].filter(
      ({ channel, account }) => channel === world.channel && account === merchant.locationId,
    );
    const order = orders.find(({ refunds }) => refunds.some(({ vendorNo }) => vendorNo === parts[0]));
    const refund = order?.refunds.find(({ vendorNo }) => vendorNo === parts[0]);
    if (order === undefined || refund === undefined) return { answer: missing('Refund') };
    return { answer: jsonAnswer(200, { refund: describeRefund(order, refund, twist) }), order };
  };
  return [
    ['POST', /^\/v2\/refunds$/, 'refund', create],
    ['GET', /^\/v2\/refunds\/([^/]+)$/, 'query', read],
  ];
}
