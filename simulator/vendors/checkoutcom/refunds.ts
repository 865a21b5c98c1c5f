import { jsonAnswer } from '../../answers.ts';
import { answerOnce } from '../../once.ts';
import { endRefund, refundedOf, refundOrder } from '../../orders.ts';
import { headerOf, type Route, readJson } from '../../requests.ts';
import { type Handler, invalid, isAmount, isRecord, missing, newSuffix, problem, strayOf, textOf } from './common.ts';
import type { CheckoutWorld, Merchant } from './index.ts';
import { describeRefund } from './objects.ts';

const refundWorkMs = 20;
const conflict = () => invalid('idempotency_key_reused');

/** A refund is taken with 202 and carried out a little later. Only answers of 2xx are kept with their keys. */
export function makeRefundRoutes(world: CheckoutWorld): readonly Route<Handler>[] {
  const findPaid = (merchant: Merchant, id: string | undefined) => {
    const order = world.store.findByVendorNo(world.channel, id ?? '');
    return order?.account === merchant.channelId && order.state === 'paid' ? order : undefined;
  };

  const refund: Handler = ({ wire, parts, merchant, twist }) => {
    const order = findPaid(merchant, parts[0]);
    // Without a body, all that is left goes back: the vendor's library may leave it out.
    const json = wire.body.length === 0 ? {} : readJson(wire);
    if (order === undefined) return { answer: missing() };
    if (!isRecord(json) || strayOf(json, ['amount', 'reference']) !== undefined) return { answer: invalid('request_body_malformed') };
    const key = headerOf(wire, 'cko-idempotency-key');
    return answerOnce(world, { account: merchant.channelId, key, content: wire.body, twist }, { conflict }, () => {
      const left = order.amount - refundedOf(order);
      const asked = json['amount'] ?? left;
      if (left === 0) return { show: () => problem(403, '') };
      if (!isAmount(asked) || asked > left) return { show: () => invalid('refund_amount_exceeds_balance') };
      const number = textOf(json['reference']);
      const taken = refundOrder(world, order, { number, vendorNo: `act_${newSuffix()}`, amount: asked, done: false });
      const finish = () => void setTimeout(() => void endRefund(world, order, taken.refund), refundWorkMs);
      const links = { payment: { href: `/payments/${order.vendorNo}` } };
      const show = () => jsonAnswer(202, { action_id: taken.refund.vendorNo, reference: number, _links: links });
      return { show, order, afterwards: finish };
    });
  };

  const actions: Handler = ({ parts, merchant, twist }) => {
    const order = findPaid(merchant, parts[0]);
    if (order === undefined) return { answer: missing() };
    const seen = order.refunds.filter(({ createdAt }) => world.now() - createdAt >= twist.notFoundUntilMs);
    const at = new Date(order.paidAt).toISOString();
    const capture = { id: `act_${order.vendorNo.slice(4)}`, type: 'Capture', processed_on: at, amount: order.amount, approved: true };
    return { answer: jsonAnswer(200, [...seen.map((one) => describeRefund(one, twist)), capture]), order };
  };

  return [
    ['POST', /^\/payments\/(pay_\w+)\/refunds$/, 'refund', refund],
    ['GET', /^\/payments\/(pay_\w+)\/actions$/, 'query', actions],
  ];
}
