import { draftOrder } from '../../orders.ts';
import type { NewTruth } from '../../truth.ts';
import type { Order, Twist } from '../../types.ts';
import {
  checkShape,
  invalid,
  methodsOf,
  minute,
  missing,
  noSuch,
  pickNumber,
  problem,
  randomId,
  type StripeRequest,
  type StripeResult,
} from './common.ts';
import { type Form, groupAt, metadataAt, textAt } from './form.ts';
import type { StripeWorld } from './keys.ts';
import { describeSession, expandedIn, sessionStatus, writeFacts } from './objects.ts';
import { expandOnly, sessionShape } from './shapes.ts';

interface Price {
  readonly amount: number;
  readonly currency: string;
  readonly name: string;
}

/** What one line of a session costs. */
function readLine(line: Form, at: string): Price | StripeResult {
  if (textAt(line, 'price') !== undefined) return noSuch('price', textAt(line, 'price') ?? '', `${at}[price]`);
  const data = groupAt(line, 'price_data');
  const [currency, unit, quantity] = [textAt(data, 'currency'), textAt(data, 'unit_amount'), textAt(line, 'quantity')];
  const name = textAt(groupAt(data, 'product_data'), 'name');
  if (currency === undefined) return missing(`${at}[price_data][currency]`);
  if (unit === undefined) return missing(`${at}[price_data][unit_amount]`);
  if (name === undefined) return missing(`${at}[price_data][product_data][name]`);
  if (quantity === undefined) return missing(`${at}[quantity]`);
  if (!/^[A-Za-z]{3}$/.test(currency)) return invalid(`${at}[price_data][currency]`, `Invalid currency: ${currency}`);
  if (Number(unit) < 0 || Number(quantity) < 1) return invalid(at, 'Amounts and quantities must be positive');
  return { amount: Number(unit) * Number(quantity), currency: currency.toUpperCase(), name };
}

function readTotal(form: Form): Price | StripeResult {
  const lines = Object.entries(groupAt(form, 'line_items'));
  const prices: Price[] = [];
  for (const [index, line] of lines) {
    const price = readLine(typeof line === 'string' ? {} : line, `line_items[${index}]`);
    if ('status' in price) return price;
    prices.push(price);
  }
  const [first] = prices;
  if (first === undefined) return missing('line_items');
  if (prices.some(({ currency }) => currency !== first.currency))
    return invalid('line_items', 'All line items must have the same currency');
  const amount = prices.reduce((sum, price) => sum + price.amount, 0);
  return amount < 1 || amount > 99_999_999 ? invalid('line_items', 'The total is too small or too large') : { ...first, amount };
}

const showSession = (world: StripeWorld, order: Order, form: Form) => (twist: Twist) =>
  describeSession(order, twist, { nowMs: world.now(), pagesUrl: world.pagesUrl, expand: expandedIn(form) });

/** POST /v1/checkout/sessions */
export function createSession(world: StripeWorld, { account, form }: StripeRequest): StripeResult {
  const wrong = checkShape(form, sessionShape);
  if (wrong !== null) return wrong;
  const [mode, successUrl] = [textAt(form, 'mode'), textAt(form, 'success_url')];
  if (successUrl === undefined) return missing('success_url');
  if (!/^https?:\/\//.test(successUrl)) return problem(400, { code: 'url_invalid', message: 'Not a valid URL', param: 'success_url' });
  if (mode !== 'payment') return invalid('mode', 'Only the mode `payment` is available to this account');
  const price = readTotal(form);
  if ('status' in price) return price;
  const nowMs = world.now();
  const expiresAt = textAt(form, 'expires_at') === undefined ? nowMs + 24 * 60 * minute : Number(form.expires_at) * 1000;
  // A few seconds of grace for the way here; Stripe's own limits are 30 minutes and 24 hours.
  if (expiresAt < nowMs + 30 * minute - 5000 || expiresAt > nowMs + 24 * 60 * minute + 5000) {
    return invalid('expires_at', 'The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout Session creation.');
  }
  const reference = textAt(form, 'client_reference_id');
  if (reference !== undefined && reference.length > 200) return invalid('client_reference_id', 'Invalid string: at most 200 characters');
  const [metadata, intentMetadata] = [metadataAt(form), metadataAt(groupAt(form, 'payment_intent_data'))];
  const [token, vendorNo] = [`cs_test_${randomId()}${randomId()}`, `pi_3${randomId()}`];
  const number = pickNumber(reference, { ...intentMetadata, ...metadata }, token);
  const cancelUrl = textAt(form, 'cancel_url') ?? null;
  const facts = writeFacts({
    metadata,
    intentMetadata,
    clientReferenceId: reference ?? null,
    clientSecret: `${vendorNo}_secret_${randomId()}`,
    successUrl,
    cancelUrl,
    cancellationReason: null,
    paymentMethodTypes: methodsOf(form),
  });
  const { amount, currency, name: subject } = price;
  const order = draftOrder(world, {
    account,
    number,
    product: 'checkout',
    token,
    vendorNo,
    amount,
    currency,
    subject,
    expiresAt,
    returnUrl: successUrl,
    facts,
  });
  return { status: 200, show: showSession(world, order, form), order, changed: { owed: [] } };
}

function findSession(world: StripeWorld, { account, id }: StripeRequest): Order | undefined {
  const order = world.store.findByToken('stripe', id);
  return order?.account === account && order.product === 'checkout' ? order : undefined;
}

/** GET /v1/checkout/sessions/{id} */
export function readSession(world: StripeWorld, request: StripeRequest, twist: Twist): StripeResult {
  const wrong = checkShape(request.form, expandOnly);
  if (wrong !== null) return wrong;
  const order = findSession(world, request);
  const hidden = order !== undefined && world.now() - order.createdAt < twist.notFoundUntilMs;
  if (order === undefined || hidden) return noSuch('checkout.session', request.id, 'session');
  return { status: 200, show: showSession(world, order, request.form), order };
}

/** POST /v1/checkout/sessions/{id}/expire */
export function expireSession(world: StripeWorld, request: StripeRequest): StripeResult {
  const wrong = checkShape(request.form, expandOnly);
  if (wrong !== null) return wrong;
  const order = findSession(world, request);
  if (order === undefined) return noSuch('checkout.session', request.id, 'session');
  const status = sessionStatus(order, world.now());
  if (status !== 'open') {
    return invalid(
      'session',
      `Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of \`${status}\`.`,
    );
  }
  order.state = 'closed';
  order.closedAt = world.now();
  const happened: NewTruth = { kind: 'close', number: order.number, vendor_no: order.vendorNo, amount: order.amount };
  return {
    status: 200,
    show: showSession(world, order, request.form),
    order,
    changed: { happened, owed: world.callbacks.owe(order, 'expired', null) },
  };
}
