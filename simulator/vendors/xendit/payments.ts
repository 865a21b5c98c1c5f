import { createHash, randomUUID } from 'node:crypto';
import { jsonAnswer } from '../../answers.ts';
import { checkField } from '../../fields.ts';
import type { Outcome } from '../../once.ts';
import { draftOrder, endRefund, refundedOf, refundOrder } from '../../orders.ts';
import type { Answer, Done, Order, Twist } from '../../types.ts';
import { fromYuan } from '../../yuan.ts';
import type { XenditMerchant, XenditWorld } from './keys.ts';
import { describePaymentRequest, describeRefund } from './objects.ts';
import { complaintOf, kinds, paymentShape, refundShape } from './shapes.ts';

type Json = Readonly<Record<string, unknown>>;

// A wallet's page ends by itself; codes and accounts carry their time.
const walletLifeMs = 30 * 60_000;
const defaultLifeMs = 24 * 3600_000;
/** How long a refund takes after it was taken. */
const refundWorkMs = 250;

export const problem = (status: number, code: string, message: string): Answer => jsonAnswer(status, { error_code: code, message });
const invalid = (message: string): Outcome => ({ show: () => problem(400, 'API_VALIDATION_ERROR', message) });
const refused = (status: number, code: string, message: string): Outcome => ({ show: () => problem(status, code, message) });

const isRecord = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Amounts are JSON numbers; of the rupiah there are no parts. */
function readAmount(value: unknown, currency: unknown): number | null {
  const minor = typeof value === 'number' ? fromYuan(value) : null;
  if (minor === null || minor === 0) return null;
  return currency === 'IDR' && !Number.isSafeInteger(value) ? null : minor;
}

interface Wanted {
  readonly currency: string;
  readonly country?: string;
  readonly reference_id?: string;
  readonly description?: string;
  readonly payment_method: Json & { readonly type: string };
}

/** POST /payment_requests */
export function createPaymentRequest(world: XenditWorld, merchant: XenditMerchant, body: unknown): Outcome {
  if (!isRecord(body) || !isRecord(body.payment_method)) return invalid('payment_method is required');
  const { amount: given, ...rest } = body;
  const type = String(body.payment_method.type);
  const kind = Object.hasOwn(kinds, type) ? kinds[type] : undefined;
  if (kind === undefined) return invalid('payment_method.type must be a known type');
  const fault = checkField(rest, paymentShape(kind));
  if (fault !== null) return invalid(complaintOf(fault));
  const wanted = rest as unknown as Wanted;
  const { channel_code: code, channel_properties: properties = {} } = wanted.payment_method[kind.member] as {
    channel_code: string;
    channel_properties?: Record<string, string>;
  };
  const currencies = Object.hasOwn(kind.currencies, code) ? kind.currencies[code] : undefined;
  if (currencies === undefined) return refused(400, 'CHANNEL_CODE_NOT_SUPPORTED_ERROR', `${code} is not supported`);
  if (!currencies.includes(wanted.currency)) return refused(400, 'CURRENCY_MISMATCHED', `${code} does not take ${wanted.currency}`);
  const missing = kind.needs(code).find((name) => properties[name] === undefined);
  if (missing !== undefined) return invalid(`channel_properties.${missing} is required`);
  const amount = readAmount(given, wanted.currency);
  if (amount === null) return invalid('amount must be a positive number of the currency');
  const life = type === 'EWALLET' ? walletLifeMs : defaultLifeMs;
  const expiresAt = properties.expires_at === undefined ? world.now() + life : Date.parse(properties.expires_at);
  if (!(expiresAt > world.now())) return invalid('expires_at must be in the future');
  const order = makeOrder(world, merchant, { wanted, amount, expiresAt, type, member: kind.member, code, properties });
  world.store.save(order);
  return { show: (twist) => jsonAnswer(201, describePaymentRequest(world, order, twist)), order };
}

interface Checked {
  readonly wanted: Wanted;
  readonly amount: number;
  readonly expiresAt: number;
  readonly type: string;
  readonly member: string;
  readonly code: string;
  readonly properties: Readonly<Record<string, string>>;
}

function makeOrder(world: XenditWorld, merchant: XenditMerchant, checked: Checked): Order {
  const { wanted, amount, expiresAt, type, member, code, properties } = checked;
  const vendorNo = `pr-${randomUUID()}`;
  const digits = createHash('sha256')
    .update(vendorNo)
    .digest('hex')
    .replaceAll(/[^0-9]/g, '')
    .slice(0, 12);
  return draftOrder(world, {
    account: merchant.businessId,
    number: wanted.reference_id ?? randomUUID(),
    product: member,
    vendorNo,
    amount,
    currency: wanted.currency,
    subject: wanted.description ?? '',
    expiresAt,
    returnUrl: properties.success_return_url ?? null,
    facts: {
      ...{ type, member, code, given: JSON.stringify(properties), account: `8808${digits}` },
      ...(wanted.country === undefined ? {} : { country: wanted.country }),
    },
  });
}

const findOwn = (world: XenditWorld, merchant: XenditMerchant, id: string, twist: Twist): Order | undefined => {
  const order = world.store.findByVendorNo(world.channel, id);
  return order?.account === merchant.businessId && world.now() - order.createdAt >= twist.notFoundUntilMs ? order : undefined;
};

const nothing: Answer = problem(404, 'DATA_NOT_FOUND', 'There is no such object.');

/** GET /payment_requests/{id} */
export function readPaymentRequest(world: XenditWorld, merchant: XenditMerchant, id: string, twist: Twist): Done {
  const order = findOwn(world, merchant, id, twist);
  return order ? { answer: jsonAnswer(200, describePaymentRequest(world, order, twist)), order } : { answer: nothing };
}

/** GET /payment_requests?reference_id=… */
export function listPaymentRequests(world: XenditWorld, merchant: XenditMerchant, query: string, twist: Twist): Done {
  const params = new URLSearchParams(query);
  const unknown = [...params.keys()].find((name) => !['reference_id', 'id', 'limit'].includes(name));
  if (unknown !== undefined) return { answer: problem(400, 'API_VALIDATION_ERROR', `${unknown} is not a known parameter`) };
  const [numbers, ids] = [params.getAll('reference_id'), params.getAll('id')];
  const found = [...world.store.orders.values()].filter(
    (order) =>
      order.channel === world.channel &&
      order.account === merchant.businessId &&
      world.now() - order.createdAt >= twist.notFoundUntilMs &&
      (numbers.length === 0 || numbers.includes(order.number)) &&
      (ids.length === 0 || ids.includes(order.vendorNo)),
  );
  const limit = Number(params.get('limit') ?? 10);
  const data = found.slice(0, limit).map((order) => describePaymentRequest(world, order, twist));
  return { answer: jsonAnswer(200, { data, has_more: found.length > limit }) };
}

/** POST /refunds: taken now, carried out a moment later, told by a callback. */
export function createRefund(world: XenditWorld, merchant: XenditMerchant, body: unknown, twist: Twist): Outcome {
  if (!isRecord(body)) return invalid('body must be a JSON object');
  const { amount: given, ...rest } = body;
  const fault = checkField(rest, refundShape);
  if (fault !== null) return invalid(complaintOf(fault));
  const wanted = rest as { payment_request_id: string; reference_id?: string; currency?: string; reason: string; metadata?: unknown };
  const order = findOwn(world, merchant, wanted.payment_request_id, twist);
  if (order === undefined) return { show: () => nothing };
  if (order.state !== 'paid') return refused(400, 'INELIGIBLE_TRANSACTION', 'The payment request has not succeeded.');
  if (order.facts.type === 'VIRTUAL_ACCOUNT') return refused(400, 'REFUND_NOT_SUPPORTED', 'Transfers cannot be refunded.');
  if (wanted.currency !== undefined && wanted.currency !== order.currency) return invalid('currency is not that of the payment');
  const left = order.amount - refundedOf(order);
  const amount = given === undefined ? left : readAmount(given, order.currency);
  if (amount === null) return invalid('amount must be a positive number of the currency');
  if (amount > left || left === 0) return refused(400, 'MAXIMUM_REFUND_AMOUNT_REACHED', 'More than is left of the payment.');
  const facts = { reason: wanted.reason, metadata: JSON.stringify(wanted.metadata ?? null) };
  const vendorNo = `rfd-${randomUUID()}`;
  const { refund } = refundOrder(world, order, { number: wanted.reference_id ?? vendorNo, vendorNo, amount, done: false, facts });
  const afterwards = () => void setTimeout(() => void endRefund(world, order, refund), refundWorkMs);
  // The answer of this moment is what a repeat hears as well.
  const taken = { ...refund };
  return { show: (spoiled) => jsonAnswer(200, describeRefund(order, taken, spoiled)), order, afterwards };
}

/** GET /refunds/{id} */
export function readRefund(world: XenditWorld, merchant: XenditMerchant, id: string, twist: Twist): Done {
  const found = world.store.findRefund(world.channel, merchant.businessId, id);
  const isHidden = found === undefined || found.refund.vendorNo !== id || world.now() - found.refund.createdAt < twist.notFoundUntilMs;
  return isHidden ? { answer: nothing } : { answer: jsonAnswer(200, describeRefund(found.order, found.refund, twist)), order: found.order };
}
