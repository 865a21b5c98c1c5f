import { jsonAnswer } from '../../answers.ts';
import { draftOrder } from '../../orders.ts';
import { type Route, readJson } from '../../requests.ts';
import { type Handler, invalid, isAmount, isRecord, type Json, missing, newSuffix, strayOf, textOf } from './common.ts';
import type { CheckoutWorld, Merchant } from './index.ts';
import { describePage, describePayment } from './objects.ts';
import { makeRefundRoutes } from './refunds.ts';

/** How long a page can be paid. */
const pageMs = 30 * 60_000;
const addresses = ['success_url', 'failure_url', 'cancel_url'];
const known = [
  ...['amount', 'currency', 'payment_type', 'reference', 'description', 'billing', 'customer', 'capture'],
  ...['processing_channel_id', 'metadata', 'locale', ...addresses],
];

/** At most nine digits; of the currencies with three decimals the last has to be 0. */
const isWritable = (amount: number, currency: string): boolean =>
  amount <= 999_999_999 && (!['BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND'].includes(currency) || amount % 10 === 0);

/** The codes of all that is wrong with a request for a page. */
function faultsOf(json: Json, merchant: Merchant): readonly string[] {
  const billing = isRecord(json['billing']) && isRecord(json['billing']['address']) ? json['billing']['address'] : {};
  const rules: readonly (readonly [boolean, string])[] = [
    [strayOf(json, known) === undefined, 'field_unknown'],
    [isAmount(json['amount']) && isWritable(json['amount'], textOf(json['currency'])), 'amount_invalid'],
    [/^[A-Z]{3}$/.test(textOf(json['currency'])), 'currency_invalid'],
    [textOf(json['reference']).length <= 50, 'reference_invalid'],
    [textOf(json['description']).length <= 100, 'description_invalid'],
    [/^[A-Z]{2}$/.test(textOf(billing['country'])), 'country_address_invalid'],
    [json['capture'] === true, 'capture_required'],
    [json['processing_channel_id'] === merchant.channelId, 'processing_channel_id_invalid'],
    ...addresses.map((name) => [URL.canParse(textOf(json[name])), `${name}_invalid`] as const),
  ];
  return rules.filter(([isFine]) => !isFine).map(([, code]) => code);
}

export function makeRoutes(world: CheckoutWorld): readonly Route<Handler>[] {
  const create: Handler = ({ wire, merchant }) => {
    const json = readJson(wire);
    if (!isRecord(json)) return { answer: invalid('request_body_malformed') };
    const faults = faultsOf(json, merchant);
    if (faults.length > 0) return { answer: invalid(...faults) };
    const order = draftOrder(world, {
      account: merchant.channelId,
      number: textOf(json['reference']),
      product: 'hosted',
      vendorNo: `pay_${newSuffix()}`,
      amount: json['amount'] as number,
      currency: textOf(json['currency']),
      subject: textOf(json['description']),
      expiresAt: world.now() + pageMs,
      returnUrl: textOf(json['success_url']),
      facts: { pageId: `hpp_${newSuffix()}`, cancelUrl: textOf(json['cancel_url']) },
    });
    world.store.save(order);
    const links = { redirect: { href: world.payPage(order) } };
    return { answer: jsonAnswer(201, { id: order.facts['pageId'], reference: order.number, _links: links, warnings: [] }), order };
  };

  const ordersOf = (merchant: Merchant) =>
    [...world.store.orders.values()].filter(({ channel, account }) => channel === world.channel && account === merchant.channelId);
  const isHidden = (createdAt: number, untilMs: number) => world.now() - createdAt < untilMs;

  const readPage: Handler = ({ parts, merchant, twist }) => {
    const order = ordersOf(merchant).find(({ facts }) => facts['pageId'] === parts[0]);
    if (order === undefined || isHidden(order.createdAt, twist.notFoundUntilMs)) return { answer: missing() };
    return { answer: jsonAnswer(200, describePage(order, world.now(), twist)), order };
  };

  const readPayment: Handler = ({ parts, merchant, twist }) => {
    const order = world.store.findByVendorNo(world.channel, parts[0] ?? '');
    if (order?.account !== merchant.channelId || order.state !== 'paid') return { answer: missing() };
    return { answer: jsonAnswer(200, describePayment(order, twist)), order };
  };

  const listPayments: Handler = ({ wire, merchant, twist }) => {
    const reference = new URLSearchParams(wire.query).get('reference') ?? '';
    const found = ordersOf(merchant).filter(({ number, state }) => number === reference && state === 'paid');
    const data = found.filter(({ paidAt }) => !isHidden(paidAt, twist.notFoundUntilMs)).map((one) => describePayment(one, twist));
    const [order] = found;
    return { answer: jsonAnswer(200, { limit: 100, skip: 0, total_count: data.length, data }), ...(order && { order }) };
  };

  return [
    ['POST', /^\/hosted-payments$/, 'pay', create],
    ['GET', /^\/hosted-payments\/(hpp_\w+)$/, 'query', readPage],
    ['GET', /^\/payments$/, 'query', listPayments],
    ['GET', /^\/payments\/(pay_\w+)$/, 'query', readPayment],
    ...makeRefundRoutes(world),
  ];
}
