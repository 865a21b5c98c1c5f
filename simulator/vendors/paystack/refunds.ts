import { endRefund, refundedOf, refundOrder } from '../../orders.ts';
import { type Route, readJson } from '../../requests.ts';
import { good, type Handler, isAmount, type Json, newId, problem, textOf } from './common.ts';
import type { Merchant, PaystackWorld } from './index.ts';
import { describeRefund } from './objects.ts';

const refundWorkMs = 20;

/** Refunds are taken at once and carried out a little later. */
export function makeRefundRoutes(world: PaystackWorld): readonly Route<Handler>[] {
  const refund: Handler = ({ wire, merchant, twist }) => {
    const { transaction, amount, merchant_note: number, customer_note: customerNote } = (readJson(wire) ?? {}) as Json;
    const order = world.store.findOrder(world.channel, merchant.publicKey, textOf(transaction));
    if (order?.state !== 'paid') return { answer: problem(404, 'transaction_not_found', 'Transaction not found') };
    const left = order.amount - refundedOf(order);
    const asked = amount ?? left;
    if (left === 0) return { answer: problem(400, 'transaction_reversed', 'Transaction has been fully reversed') };
    if (!isAmount(asked) || asked > left) {
      return { answer: problem(400, 'invalid_amount', 'Refund amount is more than what is left') };
    }
    const given = {
      number: textOf(number),
      vendorNo: newId(),
      amount: asked,
      facts: { customerNote: textOf(customerNote) },
    };
    const taken = refundOrder(world, order, { ...given, done: false });
    const finish = () => void setTimeout(() => void endRefund(world, order, taken.refund), refundWorkMs);
    return { answer: good('Refund has been queued for processing', describeRefund(order, taken.refund, twist)), order, afterwards: finish };
  };

  const refundsOf = (merchant: Merchant) =>
    [...world.store.orders.values()]
      .filter((order) => order.channel === world.channel && order.account === merchant.publicKey)
      .flatMap((order) => order.refunds.map((one) => ({ order, one })));

  const readRefund: Handler = ({ parts, merchant, twist }) => {
    const found = refundsOf(merchant).find(({ one }) => one.vendorNo === parts[0]);
    if (found === undefined) return { answer: problem(404, 'refund_not_found', 'Refund not found') };
    return { answer: good('Refund retrieved', describeRefund(found.order, found.one, twist)), order: found.order };
  };

  const listRefunds: Handler = ({ wire, merchant, twist }) => {
    const asked = new URLSearchParams(wire.query);
    const size = Number(asked.get('perPage') ?? 50);
    const skipped = (Number(asked.get('page') ?? 1) - 1) * size;
    const from = Date.parse(asked.get('from') ?? '1970-01-01');
    const to = Date.parse(asked.get('to') ?? '9999-12-31');
    const found = refundsOf(merchant).filter(
      ({ one }) => one.createdAt >= from && one.createdAt <= to && world.now() - one.createdAt >= twist.notFoundUntilMs,
    );
    const page = found.slice(skipped, skipped + size).map(({ order, one }) => describeRefund(order, one, twist));
    return { answer: good('Refunds retrieved', page) };
  };

  return [
    ['POST', /^\/refund$/, 'refund', refund],
    ['GET', /^\/refund\/(\d+)$/, 'query', readRefund],
    ['GET', /^\/refund$/, 'query', listRefunds],
  ];
}
