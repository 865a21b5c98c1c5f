import { jsonAnswer } from '../../answers.ts';
import { answerOnce } from '../../once.ts';
import { chargeOrder, draftOrder } from '../../orders.ts';
import { headerOf, readJson } from '../../requests.ts';
import type { Answer, Order } from '../../types.ts';
import type { World } from '../../world.ts';
import {
  amountOf,
  captureIdOf,
  type Found,
  type Handler,
  isRecord,
  type Json,
  malformed,
  missing,
  newBase,
  strayOf,
  textOf,
  unprocessable,
} from './common.ts';
import type { Merchant, PaypalKeys } from './keys.ts';
import { describeOrder } from './objects.ts';

export type PaypalWorld = World<PaypalKeys>;

/** An order that nobody approves is kept for three hours. */
const orderMs = 3 * 3600_000;
const unitFields = ['reference_id', 'amount', 'payee', 'description', 'custom_id', 'invoice_id', 'soft_descriptor'];
const contextFields = [
  'brand_name',
  'locale',
  'shipping_preference',
  'return_url',
  'cancel_url',
  'landing_page',
  'user_action',
  'payment_method_preference',
];

const childOf = (json: Json, name: string): Json => (isRecord(json[name]) ? json[name] : {});
const contextOf = (json: Json) => childOf(childOf(childOf(json, 'payment_source'), 'paypal'), 'experience_context');

function unitOf(json: Json): Json {
  const units = Array.isArray(json['purchase_units']) ? json['purchase_units'] : [];
  return units.length === 1 && isRecord(units[0]) ? units[0] : {};
}

const isLength = (value: unknown, most: number) => value === undefined || (textOf(value) !== '' && textOf(value).length <= most);
const isUrl = (value: unknown) => value === undefined || URL.canParse(textOf(value));

function faultOf(json: Json, merchant: Merchant): Answer | null {
  const unit = unitOf(json);
  const context = contextOf(json);
  const stray =
    strayOf(json, ['intent', 'purchase_units', 'payment_source']) ?? strayOf(unit, unitFields) ?? strayOf(context, contextFields);
  if (stray !== null) return stray;
  if (json['intent'] !== 'CAPTURE') return malformed('INVALID_PARAMETER_VALUE', '/intent');
  const amount = amountOf(unit['amount']);
  if (typeof amount === 'string') return amount === 'INVALID_PARAMETER_SYNTAX' ? malformed(amount, '/amount') : unprocessable(amount);
  if (!isLength(unit['description'], 127)) return malformed('INVALID_STRING_LENGTH', '/description');
  if (!isLength(unit['custom_id'], 127) || !isLength(unit['invoice_id'], 127)) return malformed('INVALID_STRING_LENGTH', '/custom_id');
  if (childOf(unit, 'payee')['merchant_id'] !== merchant.merchantId) return unprocessable('PAYEE_ACCOUNT_INVALID');
  if (![undefined, 'CONTINUE', 'PAY_NOW'].includes(context['user_action'] as string))
    return malformed('INVALID_PARAMETER_VALUE', '/user_action');
  return isUrl(context['return_url']) && isUrl(context['cancel_url']) ? null : malformed('INVALID_PARAMETER_SYNTAX', '/return_url');
}

/** A repeat is answered with 200, and a key that comes with other content is refused. */
export const onceRules = {
  conflict: () => unprocessable('PAYPAL_REQUEST_ID_REUSED'),
  replay: (answer: Answer): Answer => ({ ...answer, status: 200 }),
};

/** Without `Prefer: return=representation` an answer is short. The wanted one is told by every client that reads it. */
export function onceKey({ wire, merchant, twist }: Found, operation: string) {
  const id = headerOf(wire, 'paypal-request-id');
  return { account: merchant.merchantId, key: id === null ? null : `${operation} ${id}`, content: wire.body, twist };
}

export function makeOrderRoutes(world: PaypalWorld) {
  const show = (order: Order, twist: Found['twist']) => describeOrder(order, twist, world.payPage(order));
  const find = (id: string, { merchant, twist }: Found): Order | null => {
    const order = world.store.findByVendorNo(world.channel, captureIdOf(id));
    const isHidden = order !== undefined && world.now() - order.createdAt < twist.notFoundUntilMs;
    return order?.account !== merchant.merchantId || isHidden || id !== `${id.slice(0, 16)}X` ? null : order;
  };

  const create: Handler = (found) => {
    const json = readJson(found.wire);
    if (!isRecord(json)) return { answer: malformed('MALFORMED_REQUEST_JSON', '/') };
    const fault = faultOf(json, found.merchant);
    if (fault !== null) return { answer: fault };
    if ((headerOf(found.wire, 'paypal-request-id') ?? '').length > 108) return { answer: malformed('INVALID_STRING_LENGTH', 'header') };
    return answerOnce(world, onceKey(found, 'create'), onceRules, () => {
      const order = draft(world, found.merchant, json);
      world.store.save(order);
      return { show: (twist) => jsonAnswer(201, show(order, twist)), order };
    });
  };

  const read: Handler = (found) => {
    const order = find(found.parts[0] ?? '', found);
    return order === null ? { answer: missing() } : { answer: jsonAnswer(200, show(order, found.twist)), order };
  };

  const capture: Handler = (found) => {
    const order = find(found.parts[0] ?? '', found);
    if (order === null) return { answer: missing() };
    if (!isRecord(readJson(found.wire))) return { answer: malformed('MALFORMED_REQUEST_JSON', '/') };
    return answerOnce(world, onceKey(found, `capture ${order.vendorNo}`), onceRules, () => {
      if (order.state === 'paid') return { show: () => unprocessable('ORDER_ALREADY_CAPTURED') };
      if (order.state !== 'approved') return { show: () => unprocessable('ORDER_NOT_APPROVED') };
      const afterwards = chargeOrder(world, order);
      return { show: (twist) => jsonAnswer(201, show(order, twist)), order, afterwards: () => void afterwards() };
    });
  };
  return { create, read, capture };
}

function draft(world: PaypalWorld, merchant: Merchant, json: Json): Order {
  const unit = unitOf(json);
  const amount = amountOf(unit['amount']);
  if (typeof amount === 'string') throw new Error('the amount was looked at before');
  const context = contextOf(json);
  return draftOrder(world, {
    account: merchant.merchantId,
    number: textOf(unit['custom_id']),
    product: 'checkout',
    vendorNo: captureIdOf(newBase()),
    ...amount,
    subject: textOf(unit['description']),
    expiresAt: world.now() + orderMs,
    approveFirst: true,
    returnUrl: textOf(context['return_url']) || null,
    facts: { invoice: textOf(unit['invoice_id']), cancelUrl: textOf(context['cancel_url']) },
  });
}
