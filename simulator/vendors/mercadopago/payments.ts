import { randomInt } from 'node:crypto';
import { jsonAnswer } from '../../answers.ts';
import { boolean, checkField, integer, list, object, type Rule, text } from '../../fields.ts';
import type { Outcome } from '../../once.ts';
import { draftOrder, refundedOf, refundOrder } from '../../orders.ts';
import type { Answer, Done, Order, Twist } from '../../types.ts';
import { fromYuan } from '../../yuan.ts';
import type { MercadoMerchant, MercadoWorld } from './keys.ts';
import { describePayment, describePreference, describeRefund, withoutDecimals } from './objects.ts';

type Json = Readonly<Record<string, unknown>>;

export const problem = (status: number, error: string, message: string, cause?: number): Answer =>
  jsonAnswer(status, { message, error, status, cause: cause === undefined ? [] : [{ code: cause, description: message }] });
const refuse = (message: string, cause?: number): Outcome => ({ show: () => problem(400, 'bad_request', message, cause) });
const nothing = problem(404, 'not_found', 'Payment not found');

const address = text(1, 500, /^https?:\/\/\S+$/);
const time = text(29, 29, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d$/);
const item = object(
  { id: text(1, 256), title: text(1, 256), quantity: integer(1, 1), currency_id: text(3, 3, /^(ARS|BRL|CLP|COP|MXN|PEN|UYU)$/) },
  ...['title', 'quantity', 'currency_id'],
);
const excluded = list(object({ id: text(1, 64) }, 'id'), 10);
const preferenceShape: Rule = object(
  {
    ...{ items: list(item, 1), external_reference: text(1, 256), notification_url: address, expires: boolean },
    back_urls: object({ success: address, pending: address, failure: address }),
    ...{ expiration_date_from: time, expiration_date_to: time },
    payment_methods: object({ excluded_payment_types: excluded, excluded_payment_methods: excluded }),
  },
  'items',
);

const isRecord = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

function readAmount(value: unknown, currency: string): number | null {
  if (typeof value !== 'number' || value <= 0) return null;
  if (withoutDecimals.has(currency)) return Number.isSafeInteger(value) ? value : null;
  return fromYuan(value);
}

interface Wanted {
  readonly items: readonly { readonly title: string; readonly currency_id: string }[];
  readonly external_reference?: string;
  readonly notification_url?: string;
  readonly back_urls?: { readonly success?: string; readonly failure?: string };
  readonly expiration_date_to?: string;
}

/** POST /checkout/preferences */
export function createPreference(world: MercadoWorld, merchant: MercadoMerchant, body: unknown): Outcome {
  if (!isRecord(body) || !Array.isArray(body.items) || !isRecord(body.items[0])) return refuse('items needed');
  const { unit_price: price, ...first } = body.items[0];
  const fault = checkField({ ...body, items: [first, ...body.items.slice(1)] }, preferenceShape);
  if (fault !== null) return refuse(`${fault.field} ${fault.issue}`);
  const wanted = body as unknown as Wanted;
  const { title = '', currency_id: currency = '' } = wanted.items[0] ?? {};
  const amount = readAmount(price, currency);
  if (amount === null) return refuse('unit_price invalid');
  const vendorNo = `1${randomInt(1e9, 9e9)}`;
  const order = draftOrder(world, {
    ...{ account: merchant.userId, number: wanted.external_reference ?? vendorNo, product: 'checkout', vendorNo, amount, currency },
    subject: title,
    expiresAt: wanted.expiration_date_to === undefined ? world.now() + 24 * 3600_000 : Date.parse(wanted.expiration_date_to),
    notifyUrl: wanted.notification_url ?? null,
    returnUrl: wanted.back_urls?.success ?? null,
    facts: wanted.back_urls?.failure === undefined ? {} : { failureUrl: wanted.back_urls.failure },
  });
  world.store.save(order);
  return { show: (twist) => jsonAnswer(201, describePreference(world, order, twist)), order };
}

/** GET /checkout/preferences/{id} */
export function readPreference(world: MercadoWorld, merchant: MercadoMerchant, [id = '']: readonly string[], twist: Twist): Done {
  const order = id.startsWith(`${merchant.userId}-`)
    ? world.store.findByToken(world.channel, id.slice(merchant.userId.length + 1))
    : undefined;
  return order ? { answer: jsonAnswer(200, describePreference(world, order, twist)), order } : { answer: nothing };
}

const isVisible = (world: MercadoWorld, merchant: MercadoMerchant, order: Order, twist: Twist) =>
  order.channel === world.channel &&
  order.account === merchant.userId &&
  order.state === 'paid' &&
  world.now() - order.createdAt >= twist.notFoundUntilMs;

/** GET /v1/payments/search */
export function searchPayments(world: MercadoWorld, merchant: MercadoMerchant, query: string, twist: Twist): Done {
  const params = new URLSearchParams(query);
  const number = params.get('external_reference');
  const all = [...world.store.orders.values()].filter((order) => isVisible(world, merchant, order, twist) && order.number === number);
  const limit = Number(params.get('limit') ?? 30);
  const results = all.slice(0, limit).map((order) => describePayment(order, twist));
  return { answer: jsonAnswer(200, { paging: { total: all.length, limit, offset: 0 }, results }) };
}

/** GET /v1/payments/{id} */
export function readPayment(world: MercadoWorld, merchant: MercadoMerchant, [id = '']: readonly string[], twist: Twist): Done {
  const order = world.store.findByVendorNo(world.channel, id);
  const isKnown = order !== undefined && isVisible(world, merchant, order, twist);
  return isKnown ? { answer: jsonAnswer(200, describePayment(order, twist)), order } : { answer: nothing };
}

/** POST /v1/payments/{id}/refunds. Without an amount it refunds what is left. */
export function createRefund(
  world: MercadoWorld,
  merchant: MercadoMerchant,
  body: unknown,
  [id = '']: readonly string[],
  key: string,
): Outcome {
  const order = world.store.findByVendorNo(world.channel, id);
  if (order?.account !== merchant.userId || order.state !== 'paid') return { show: () => nothing };
  if (!isRecord(body) || Object.keys(body).some((name) => name !== 'amount')) return refuse('body invalid');
  const left = order.amount - refundedOf(order);
  const amount = body.amount === undefined ? left : readAmount(body.amount, order.currency);
  if (amount === null) return refuse('amount invalid');
  if (left === 0 || amount > left) return refuse('The action requested is not valid for the current payment state', 2063);
  // A refund has no number of the merchant's: what tells one from another is the key.
  const { refund, afterwards } = refundOrder(world, order, { number: key, vendorNo: `2${randomInt(1e9, 9e9)}`, amount, done: true });
  return { show: (twist) => jsonAnswer(201, describeRefund(order, refund, twist)), order, afterwards };
}

/** GET /v1/payments/{id}/refunds/{refund} */
export function readRefund(
  world: MercadoWorld,
  merchant: MercadoMerchant,
  [id = '', refundId = '']: readonly string[],
  twist: Twist,
): Done {
  const found = world.store.findRefund(world.channel, merchant.userId, refundId);
  const isKnown = found?.order.vendorNo === id && found.refund.vendorNo === refundId;
  return isKnown ? { answer: jsonAnswer(200, describeRefund(found.order, found.refund, twist)), order: found.order } : { answer: nothing };
}
