import { jsonAnswer } from '../../answers.ts';
import { closeOrder } from '../../orders.ts';
import type { Route } from '../../requests.ts';
import { type Done, honest, type Order } from '../../types.ts';
import { type Handler, invalid, missing } from './common.ts';
import type { SquareWorld } from './index.ts';
import { makeCreateLink } from './links.ts';
import { listMoved } from './lists.ts';
import { describeOrder, describePayment } from './objects.ts';
import { makeCreatePayment } from './payments.ts';
import { makeRefundRoutes } from './refunds.ts';

export function makeRoutes(world: SquareWorld): readonly Route<Handler>[] {
  const findBy =
    (has: (order: Order, id: string) => boolean, what: string, act: (order: Order, found: Parameters<Handler>[0]) => Done): Handler =>
    (found) => {
      const mine = [...world.store.orders.values()].filter(
        (order) => order.channel === world.channel && order.account === found.merchant.locationId,
      );
      const order = mine.find((one) => has(one, found.parts[0] ?? ''));
      const isHidden = order !== undefined && world.now() - order.createdAt < found.twist.notFoundUntilMs;
      return order === undefined || isHidden ? { answer: missing(what) } : act(order, found);
    };
  // A link has no payment before it is paid.
  const isPayment = (order: Order, id: string) => order.vendorNo === id && (order.product === 'card' || order.state === 'paid');

  const readPayment = findBy(isPayment, 'Payment', (order, { twist }) => ({
    answer: jsonAnswer(200, { payment: describePayment(order, twist) }),
    order,
  }));

  const readOrder = findBy(
    (order, id) => order.facts['orderId'] === id,
    'Order',
    (order, { twist }) => ({ answer: jsonAnswer(200, { order: describeOrder(order, twist) }), order }),
  );

  const cancelPayment = findBy(isPayment, 'Payment', (order) => {
    if (order.state !== 'open') return { answer: invalid('BAD_REQUEST', 'The payment cannot be cancelled any more'), order };
    const afterwards = closeOrder(world, order);
    return { answer: jsonAnswer(200, { payment: describePayment(order, honest) }), order, afterwards };
  });

  const deleteLink = findBy(
    (order, id) => order.facts['linkId'] === id && order.state !== 'closed',
    'Payment link',
    (order) => {
      if (order.state === 'paid') return { answer: invalid('BAD_REQUEST', 'The order is paid'), order };
      const afterwards = closeOrder(world, order);
      return { answer: jsonAnswer(200, { id: order.facts['linkId'], cancelled_order_id: order.facts['orderId'] }), order, afterwards };
    },
  );

  return [
    ['POST', /^\/v2\/payments$/, 'pay', makeCreatePayment(world)],
    ['POST', /^\/v2\/online-checkout\/payment-links$/, 'pay', makeCreateLink(world)],
    ['GET', /^\/v2\/payments\/([^/]+)$/, 'query', readPayment],
    ['GET', /^\/v2\/orders\/([^/]+)$/, 'query', readOrder],
    ['POST', /^\/v2\/payments\/([^/]+)\/cancel$/, 'close', cancelPayment],
    ['DELETE', /^\/v2\/online-checkout\/payment-links\/([^/]+)$/, 'close', deleteLink],
    ['GET', /^\/v2\/payments$/, 'statement', listMoved(world, 'payments')],
    ['GET', /^\/v2\/refunds$/, 'statement', listMoved(world, 'refunds')],
    ...makeRefundRoutes(world),
  ];
}
