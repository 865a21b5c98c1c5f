import { jsonAnswer } from '../../answers.ts';
import { draftOrder } from '../../orders.ts';
import { type Route, readJson } from '../../requests.ts';
import type { Answer } from '../../types.ts';
import {
  areNotes,
  collection,
  type Handler,
  invalid,
  isAmount,
  isRecord,
  type Json,
  missing,
  newSuffix,
  pageOf,
  textOf,
} from './common.ts';
import type { Merchant, RazorpayWorld } from './index.ts';
import { describeOrder, describePayment, describePayments } from './objects.ts';
import { makeRefundRoutes } from './refunds.ts';
import { listSettled } from './settlements.ts';

const yearMs = 365 * 24 * 3600_000;
const known = ['amount', 'currency', 'receipt', 'notes', 'payment_capture', 'partial_payment'];

/** The first fault of a request for an order; null when there is none. */
function faultOf(json: Json): Answer | null {
  const stray = Object.keys(json).find((name) => !known.includes(name));
  if (stray !== undefined) return invalid(`${stray} is/are not required and should not be sent`);
  if (!isAmount(json['amount'])) return invalid('Order amount less than minimum amount allowed');
  if (!/^[A-Z]{3}$/.test(textOf(json['currency']))) return invalid('Currency is not supported');
  if (textOf(json['receipt']).length > 40) return invalid('receipt may not be greater than 40 characters');
  // These accounts have no capture by hand, which would leave the money where it is.
  if (json['payment_capture'] !== true) return invalid('payment_capture must be true');
  return areNotes(json['notes']) ? null : invalid('notes must be at most 15 texts of at most 256 characters');
}

export function makeRoutes(world: RazorpayWorld): readonly Route<Handler>[] {
  const create: Handler = ({ wire, merchant, twist }) => {
    const json = readJson(wire);
    if (!isRecord(json)) return { answer: invalid('The request could not be read as JSON') };
    const fault = faultOf(json);
    if (fault !== null) return { answer: fault };
    const { amount, currency, receipt, notes } = json;
    const suffix = newSuffix();
    const order = draftOrder(world, {
      account: merchant.keyId,
      number: textOf(receipt),
      product: 'checkout',
      vendorNo: `pay_${suffix}`,
      amount: amount as number,
      currency: textOf(currency),
      subject: isRecord(notes) ? textOf(notes['subject']) : '',
      // Orders have no end.
      expiresAt: world.now() + yearMs,
      facts: { orderId: `order_${suffix}` },
    });
    world.store.save(order);
    return { answer: jsonAnswer(200, describeOrder(order, twist)), order };
  };

  const isHidden = (createdAt: number, untilMs: number) => world.now() - createdAt < untilMs;
  const ordersOf = (merchant: Merchant) =>
    [...world.store.orders.values()].filter(({ channel, account }) => channel === world.channel && account === merchant.keyId);
  const findOrder = (merchant: Merchant, id: string | undefined) => {
    const order = world.store.findByVendorNo(world.channel, (id ?? '').replace(/^order_/, 'pay_'));
    return order?.account === merchant.keyId ? order : undefined;
  };

  const readOrder: Handler = ({ parts, merchant, twist }) => {
    const order = findOrder(merchant, parts[0]);
    if (order === undefined || isHidden(order.createdAt, twist.notFoundUntilMs)) return { answer: missing() };
    return { answer: jsonAnswer(200, describeOrder(order, twist)), order };
  };

  const listOrders: Handler = ({ wire, merchant, twist }) => {
    const receipt = new URLSearchParams(wire.query).get('receipt');
    const seen = ordersOf(merchant).filter(({ createdAt }) => !isHidden(createdAt, twist.notFoundUntilMs));
    const found = pageOf(wire, receipt === null ? seen : seen.filter(({ number }) => number === receipt));
    const [order] = found;
    return { answer: collection(found.map((one) => describeOrder(one, twist))), ...(receipt !== null && order && { order }) };
  };

  const listPayments: Handler = ({ parts, merchant, twist }) => {
    const order = findOrder(merchant, parts[0]);
    return order === undefined ? { answer: missing() } : { answer: collection(describePayments(order, twist)), order };
  };

  const readPayment: Handler = ({ parts, merchant, twist }) => {
    const order = findOrder(merchant, parts[0]);
    return order?.state === 'paid' ? { answer: jsonAnswer(200, describePayment(order, twist)), order } : { answer: missing() };
  };

  return [
    ['POST', /^\/v1\/orders$/, 'pay', create],
    ['GET', /^\/v1\/orders$/, 'query', listOrders],
    ['GET', /^\/v1\/orders\/(order_\w+)$/, 'query', readOrder],
    ['GET', /^\/v1\/orders\/(order_\w+)\/payments$/, 'query', listPayments],
    ['GET', /^\/v1\/payments\/(pay_\w+)$/, 'query', readPayment],
    ['GET', /^\/v1\/settlements\/recon\/combined$/, 'statement', listSettled(world)],
    ...makeRefundRoutes(world),
  ];
}
