import { jsonAnswer } from '../../answers.ts';
import { endRefund, refundedOf, refundOrder } from '../../orders.ts';
import { headerOf, type Route, readJson } from '../../requests.ts';
import { conflictWith, type Handler, invalid, isMetadata, isOnly, missing, newId, recordOf, refusedState, textOf } from './common.ts';
import type { GoCardlessWorld, Merchant } from './index.ts';
import { describeRefund } from './objects.ts';

const refundWorkMs = 20;
const maxRefunds = 5;

export function makeRefundRoutes(world: GoCardlessWorld): readonly Route<Handler>[] {
  const findPaid = (merchant: Merchant, id: unknown) => {
    const order = world.store.findByVendorNo(world.channel, textOf(id));
    return order?.account === merchant.creditorId && order.state === 'paid' ? order : undefined;
  };

  const create: Handler = ({ wire, merchant, twist }) => {
    const json = recordOf(recordOf(readJson(wire))['refunds']);
    const order = findPaid(merchant, recordOf(json['links'])['payment']);
    if (order === undefined) return { answer: missing() };
    const key = headerOf(wire, 'idempotency-key') ?? '';
    const earlier = order.refunds.find(({ facts }) => key !== '' && facts['key'] === key);
    if (earlier !== undefined) return { answer: conflictWith(earlier.vendorNo), order };
    if (!isOnly(json, ['amount', 'metadata', 'links', 'reference', 'total_amount_confirmation']) || !isMetadata(json['metadata'])) {
      return { answer: invalid('unknown_attribute') };
    }
    const { amount } = json;
    if (!Number.isSafeInteger(amount) || (amount as number) < 1) return { answer: invalid('invalid_amount') };
    if (order.refunds.length >= maxRefunds) return { answer: refusedState('number_of_refunds_exceeded') };
    if ((amount as number) > order.amount - refundedOf(order)) return { answer: refusedState('available_refund_amount_insufficient') };
    const taken = refundOrder(world, order, {
      number: textOf(recordOf(json['metadata'])['refund_number']),
      vendorNo: newId('RF'),
      amount: amount as number,
      facts: { key },
      done: false,
    });
    const finish = () => void setTimeout(() => void endRefund(world, order, taken.refund), refundWorkMs);
    return { answer: jsonAnswer(201, { refunds: describeRefund(order, taken.refund, twist) }), order, afterwards: finish };
  };

  const read: Handler = ({ parts, merchant, twist }) => {
    const found = world.store.findRefund(world.channel, merchant.creditorId, parts[0] ?? '');
    if (found === undefined) return { answer: missing() };
    return { answer: jsonAnswer(200, { refunds: describeRefund(found.order, found.refund, twist) }), order: found.order };
  };

  const list: Handler = ({ wire, merchant, twist }) => {
    const order = findPaid(merchant, new URLSearchParams(wire.query).get('payment'));
    const seen = (order?.refunds ?? []).filter(({ createdAt }) => world.now() - createdAt >= twist.notFoundUntilMs);
    const refunds = order === undefined ? [] : seen.map((one) => describeRefund(order, one, twist));
    return { answer: jsonAnswer(200, { refunds, meta: { cursors: { before: null, after: null }, limit: 500 } }), ...(order && { order }) };
  };

  return [
    ['POST', /^\/refunds$/, 'refund', create],
    ['GET', /^\/refunds\/(RF\w+)$/, 'query', read],
    ['GET', /^\/refunds$/, 'query', list],
  ];
}
