import { jsonAnswer } from '../../answers.ts';
import { closeOrder, draftOrder } from '../../orders.ts';
import { headerOf, type Route, readJson } from '../../requests.ts';
import type { Answer } from '../../types.ts';
import {
  conflictWith,
  type Handler,
  invalid,
  isMetadata,
  isOnly,
  type Json,
  missing,
  newId,
  recordOf,
  refusedState,
  textOf,
} from './common.ts';
import type { GoCardlessWorld, Merchant } from './index.ts';
import { describePayment, describeRequest } from './objects.ts';
import { listItems, listPayouts } from './payouts.ts';
import { makeRefundRoutes } from './refunds.ts';

/** A billing request has no end of its own. */
const yearMs = 365 * 24 * 3600_000;

function faultOf(json: Json): Answer | null {
  const asked = recordOf(json['payment_request']);
  if (
    !isOnly(json, ['payment_request', 'metadata', 'links']) ||
    !isOnly(asked, ['description', 'amount', 'currency', 'metadata', 'scheme'])
  ) {
    return invalid('unknown_attribute');
  }
  if (!/^[1-9]\d{0,12}$/.test(textOf(asked['amount']))) return invalid('invalid_amount');
  if (!['GBP', 'EUR'].includes(textOf(asked['currency']))) return invalid('unsupported_currency');
  if (textOf(asked['description']) === '' || textOf(asked['description']).length > 255) return invalid('invalid_description');
  return isMetadata(json['metadata']) && isMetadata(asked['metadata']) ? null : invalid('invalid_metadata');
}

function draftRequest(world: GoCardlessWorld, merchant: Merchant, json: Json, key: string) {
  const asked = recordOf(json['payment_request']);
  return draftOrder(world, {
    account: merchant.creditorId,
    number: textOf(recordOf(json['metadata'])['attempt_number']),
    product: 'instant',
    vendorNo: newId('PM'),
    amount: Number(asked['amount']),
    currency: textOf(asked['currency']),
    subject: textOf(asked['description']),
    expiresAt: world.now() + yearMs,
    fingerprint: key,
    facts: { requestId: newId('BRQ') },
  });
}

export function makeRoutes(world: GoCardlessWorld): readonly Route<Handler>[] {
  const ordersOf = (merchant: Merchant) =>
    [...world.store.orders.values()].filter(({ channel, account }) => channel === world.channel && account === merchant.creditorId);
  const findRequest = (merchant: Merchant, id: unknown) => ordersOf(merchant).find(({ facts }) => facts['requestId'] === id);

  const createRequest: Handler = ({ wire, merchant, twist }) => {
    const key = headerOf(wire, 'idempotency-key');
    const earlier = key === null ? undefined : ordersOf(merchant).find(({ fingerprint }) => fingerprint === key);
    if (earlier !== undefined) return { answer: conflictWith(earlier.facts['requestId'] ?? ''), order: earlier };
    const json = recordOf(recordOf(readJson(wire))['billing_requests']);
    const fault = faultOf(json);
    if (fault !== null) return { answer: fault };
    if (recordOf(json['links'])['creditor'] !== merchant.creditorId) return { answer: invalid('creditor_not_found') };
    const order = draftRequest(world, merchant, json, key ?? '');
    world.store.save(order);
    return { answer: jsonAnswer(201, { billing_requests: describeRequest(order, twist) }), order };
  };

  const createFlow: Handler = ({ wire, merchant }) => {
    const json = recordOf(recordOf(readJson(wire))['billing_request_flows']);
    const known = ['redirect_uri', 'exit_uri', 'lock_currency', 'prefilled_customer', 'links'];
    if (!isOnly(json, known)) return { answer: invalid('unknown_attribute') };
    const requestId = recordOf(json['links'])['billing_request'];
    const order = findRequest(merchant, requestId);
    if (order === undefined) return { answer: missing() };
    if (order.state !== 'open') return { answer: refusedState('billing_request_not_pending') };
    if (!URL.canParse(textOf(json['redirect_uri']))) return { answer: invalid('invalid_redirect_uri') };
    const facts = { ...order.facts, redirect: textOf(json['redirect_uri']), exit: textOf(json['exit_uri']) };
    const opened = { ...order, facts };
    world.store.save(opened);
    const flow = { id: newId('BRF'), authorisation_url: world.payPage(opened), links: { billing_request: requestId } };
    return { answer: jsonAnswer(201, { billing_request_flows: flow }), order: opened };
  };

  const readRequest: Handler = ({ parts, merchant, twist }) => {
    const order = findRequest(merchant, parts[0]);
    if (order === undefined || world.now() - order.createdAt < twist.notFoundUntilMs) return { answer: missing() };
    return { answer: jsonAnswer(200, { billing_requests: describeRequest(order, twist) }), order };
  };

  const cancelRequest: Handler = ({ parts, merchant, twist }) => {
    const order = findRequest(merchant, parts[0]);
    if (order === undefined) return { answer: missing() };
    if (order.state !== 'open') return { answer: refusedState('cancellation_failed'), order };
    const afterwards = closeOrder(world, order);
    return { answer: jsonAnswer(200, { billing_requests: describeRequest(order, twist) }), order, afterwards };
  };

  const readPayment: Handler = ({ parts, merchant, twist }) => {
    const order = world.store.findByVendorNo(world.channel, parts[0] ?? '');
    if (order?.account !== merchant.creditorId || order.state !== 'paid') return { answer: missing() };
    return { answer: jsonAnswer(200, { payments: describePayment(order, twist) }), order };
  };

  return [
    ['POST', /^\/billing_requests$/, 'pay', createRequest],
    ['POST', /^\/billing_request_flows$/, 'pay', createFlow],
    ['GET', /^\/billing_requests\/(BRQ\w+)$/, 'query', readRequest],
    ['POST', /^\/billing_requests\/(BRQ\w+)\/actions\/cancel$/, 'close', cancelRequest],
    ['GET', /^\/payments\/(PM\w+)$/, 'query', readPayment],
    ['GET', /^\/payouts$/, 'statement', listPayouts(world)],
    ['GET', /^\/payout_items$/, 'statement', listItems(world)],
    ...makeRefundRoutes(world),
  ];
}
