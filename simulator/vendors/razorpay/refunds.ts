import { jsonAnswer } from '../../answers.ts';
import { answerOnce } from '../../once.ts';
import { endRefund, refundedOf, refundOrder } from '../../orders.ts';
import { headerOf, type Route, readJson } from '../../requests.ts';
import type { Answer, Order } from '../../types.ts';
import { areNotes, collection, type Handler, invalid, isRecord, type Json, missing, newSuffix, pageOf, textOf } from './common.ts';
import type { Merchant, RazorpayWorld } from './index.ts';
import { describeRefund } from './objects.ts';

const refundWorkMs = 20;
const known = ['amount', 'speed', 'receipt', 'notes'];
const conflict = () => invalid('Different request with the same idempotency key has already been processed.');

function faultOf(json: Json, order: Order, key: string | null): Answer | null {
  const stray = Object.keys(json).find((name) => !known.includes(name));
  if (stray !== undefined) return invalid(`${stray} is/are not required and should not be sent`);
  if (key !== null && !/^[A-Za-z0-9_-]{10,}$/.test(key)) return invalid('The idempotency key is not in its form');
  if (!areNotes(json['notes'])) return invalid('notes must be at most 15 texts of at most 256 characters');
  if (!['normal', 'optimum', undefined].includes(json['speed'] as string)) return invalid('speed is normal or optimum');
  const left = order.amount - refundedOf(order);
  if (left === 0) return invalid('The payment has been fully refunded already');
  const { amount } = json;
  const isAmount = amount === undefined || (Number.isSafeInteger(amount) && (amount as number) > 0);
  if (!isAmount) return invalid('The amount must be an integer');
  return ((amount as number | undefined) ?? left) > left
    ? invalid('The total refund amount is greater than the refund payment amount')
    : null;
}

/** Refunds are taken at once and carried out a little later. */
export function makeRefundRoutes(world: RazorpayWorld): readonly Route<Handler>[] {
  const findPaid = (merchant: Merchant, paymentId: string | undefined) => {
    const order = world.store.findByVendorNo(world.channel, paymentId ?? '');
    return order?.account === merchant.keyId && order.state === 'paid' ? order : undefined;
  };

  const create: Handler = ({ wire, parts, merchant, twist }) => {
    const order = findPaid(merchant, parts[0]);
    if (order === undefined) return { answer: missing() };
    const json = readJson(wire);
    if (!isRecord(json)) return { answer: invalid('The request could not be read as JSON') };
    const key = headerOf(wire, 'x-refund-idempotency');
    return answerOnce(world, { account: merchant.keyId, key, content: wire.body, twist }, { conflict }, () => {
      const fault = faultOf(json, order, key);
      if (fault !== null) return { show: () => fault };
      const notes = isRecord(json['notes']) ? json['notes'] : {};
      const { refund } = refundOrder(world, order, {
        number: textOf(json['receipt']),
        vendorNo: `rfnd_${newSuffix()}`,
        amount: (json['amount'] as number | undefined) ?? order.amount - refundedOf(order),
        facts: { note: textOf(notes['refund_number']), reason: textOf(notes['reason']) },
        done: false,
      });
      const finish = () => void setTimeout(() => void endRefund(world, order, refund), refundWorkMs);
      return { show: (spoiling) => jsonAnswer(200, describeRefund(order, refund, spoiling)), order, afterwards: finish };
    });
  };

  const list: Handler = ({ wire, parts, merchant, twist }) => {
    const order = findPaid(merchant, parts[0]);
    if (order === undefined) return { answer: missing() };
    const seen = order.refunds.filter(({ createdAt }) => world.now() - createdAt >= twist.notFoundUntilMs);
    return { answer: collection(pageOf(wire, seen).map((one) => describeRefund(order, one, twist))), order };
  };

  const read: Handler = ({ parts, merchant, twist }) => {
    const found = world.store.findRefund(world.channel, merchant.keyId, parts[0] ?? '');
    if (found === undefined) return { answer: missing() };
    return { answer: jsonAnswer(200, describeRefund(found.order, found.refund, twist)), order: found.order };
  };

  return [
    ['POST', /^\/v1\/payments\/(pay_\w+)\/refund$/, 'refund', create],
    ['GET', /^\/v1\/payments\/(pay_\w+)\/refunds$/, 'query', list],
    ['GET', /^\/v1\/refunds\/(rfnd_\w+)$/, 'query', read],
  ];
}
