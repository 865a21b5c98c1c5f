import { randomBytes } from 'node:crypto';
import { jsonAnswer } from '../../answers.ts';
import { checkField, object, type Rule, text } from '../../fields.ts';
import type { Outcome } from '../../once.ts';
import { closeOrder, draftOrder, endRefund, refundedOf, refundOrder } from '../../orders.ts';
import type { Answer, Done, Order, Twist } from '../../types.ts';
import { fromYuan } from '../../yuan.ts';
import type { MollieProfile, MollieWorld } from './keys.ts';
import { describePayment, describeRefund, statusOf, withoutDecimals } from './objects.ts';

const lifeMs = 15 * 60_000;
/** How long a refund takes after it was taken. */
const refundWorkMs = 250;

const titles: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized Request',
  404: 'Not Found',
  422: 'Unprocessable Entity',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
};

export const problem = (status: number, detail: string, field?: string): Answer =>
  jsonAnswer(
    status,
    { status, title: titles[status] ?? 'Error', detail, ...(field === undefined ? {} : { field }), _links: {} },
    { 'content-type': 'application/hal+json' },
  );
const refuse = (status: number, detail: string, field?: string): Outcome => ({ show: () => problem(status, detail, field) });
export const nothing = problem(404, 'No payment or refund exists with this token.');
export const hal = (status: number, value: unknown): Answer => jsonAnswer(status, value, { 'content-type': 'application/hal+json' });

const amount = object({ currency: text(3, 3, /^[A-Z]{3}$/), value: text(1, 16, /^\d+(\.\d\d)?$/) }, 'currency', 'value');
const metadata = object({ paymux_attempt: text(1, 64), paymux_refund: text(1, 64), order_id: text(1, 64) });
const address = text(1, 1024, /^https?:\/\/\S+$/);
const paymentShape: Rule = object(
  {
    ...{ amount, description: text(1, 255), redirectUrl: address, cancelUrl: address, webhookUrl: address, metadata },
    ...{ method: text(1, 32, /^(creditcard|paypal|ideal|bancontact|eps|przelewy24|blik)$/), locale: text(5, 5, /^[a-z]{2}_[A-Z]{2}$/) },
  },
  ...['amount', 'description', 'redirectUrl'],
);
const refundShape: Rule = object({ amount, description: text(1, 140), metadata }, 'amount');

interface Wanted {
  readonly amount: { readonly currency: string; readonly value: string };
  readonly description?: string;
  readonly redirectUrl?: string;
  readonly cancelUrl?: string;
  readonly webhookUrl?: string;
  readonly method?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** Exactly as many decimals as the currency has. */
function readAmount({ amount: { currency, value } }: Wanted): number | null {
  if (withoutDecimals.has(currency)) return /^[1-9]\d{0,8}$/.test(value) ? Number(value) : null;
  const minor = /\.\d\d$/.test(value) ? fromYuan(value) : null;
  return minor === 0 ? null : minor;
}

const randomId = (prefix: string) => `${prefix}_${randomBytes(10).toString('hex')}`;

/** POST /v2/payments */
export function createPayment(world: MollieWorld, profile: MollieProfile, body: unknown): Outcome {
  const fault = checkField(body, paymentShape);
  if (fault !== null) return refuse(422, fault.issue, fault.field.slice(1).replaceAll('/', '.'));
  const wanted = body as Wanted;
  const minor = readAmount(wanted);
  if (minor === null) return refuse(422, 'The amount contains an invalid value', 'amount');
  const vendorNo = randomId('tr');
  const order = draftOrder(world, {
    account: profile.profileId,
    number: wanted.metadata?.paymux_attempt ?? vendorNo,
    product: wanted.method ?? 'checkout',
    vendorNo,
    amount: minor,
    currency: wanted.amount.currency,
    subject: wanted.description ?? '',
    expiresAt: world.now() + lifeMs,
    notifyUrl: wanted.webhookUrl ?? null,
    returnUrl: wanted.redirectUrl ?? null,
    facts: {
      metadata: JSON.stringify(wanted.metadata ?? null),
      ...(wanted.method === undefined ? {} : { method: wanted.method }),
      ...(wanted.cancelUrl === undefined ? {} : { cancelUrl: wanted.cancelUrl }),
    },
  });
  world.store.save(order);
  return { show: (twist) => hal(201, describePayment(world, order, twist)), order };
}

function findOwn(world: MollieWorld, profile: MollieProfile, id: string, twist: Twist): Order | undefined {
  const order = world.store.findByVendorNo(world.channel, id);
  return order?.account === profile.profileId && world.now() - order.createdAt >= twist.notFoundUntilMs ? order : undefined;
}

/** GET /v2/payments/{id} */
export function readPayment(world: MollieWorld, profile: MollieProfile, [id = '']: readonly string[], twist: Twist): Done {
  const order = findOwn(world, profile, id, twist);
  return order ? { answer: hal(200, describePayment(world, order, twist)), order } : { answer: nothing };
}

/** DELETE /v2/payments/{id} */
export function cancelPayment(world: MollieWorld, profile: MollieProfile, [id = '']: readonly string[], twist: Twist): Done {
  const order = findOwn(world, profile, id, twist);
  if (order === undefined) return { answer: nothing };
  const isCancelable = statusOf(order, world.now()) === 'open' && order.facts.method === undefined;
  if (!isCancelable) return { answer: problem(422, 'The payment cannot be canceled') };
  const afterwards = closeOrder(world, order);
  return { answer: hal(200, describePayment(world, order, twist)), order, afterwards };
}

/** POST /v2/payments/{id}/refunds: taken now, carried out a moment later. */
export function createRefund(world: MollieWorld, profile: MollieProfile, body: unknown, [id = '']: readonly string[]): Outcome {
  const order = world.store.findByVendorNo(world.channel, id);
  if (order === undefined || order.account !== profile.profileId) return { show: () => nothing };
  const fault = checkField(body, refundShape);
  if (fault !== null) return refuse(422, fault.issue, fault.field.slice(1).replaceAll('/', '.'));
  const wanted = body as Wanted;
  if (order.state !== 'paid') return refuse(422, 'The payment is not paid');
  if (wanted.amount.currency !== order.currency) return refuse(422, 'The currency is not that of the payment', 'amount.currency');
  const minor = readAmount(wanted);
  if (minor === null) return refuse(422, 'The amount contains an invalid value', 'amount');
  if (minor > order.amount - refundedOf(order)) return refuse(422, 'The amount is higher than the maximum', 'amount');
  const vendorNo = randomId('re');
  const facts = { metadata: JSON.stringify(wanted.metadata ?? null), description: wanted.description ?? order.subject };
  const number = wanted.metadata?.paymux_refund ?? vendorNo;
  const { refund } = refundOrder(world, order, { number, vendorNo, amount: minor, done: false, facts });
  const afterwards = () => void setTimeout(() => void endRefund(world, order, refund), refundWorkMs);
  const taken = { ...refund };
  return { show: (twist) => hal(201, describeRefund(order, taken, twist)), order, afterwards };
}

/** GET /v2/payments/{id}/refunds/{refund} */
export function readRefund(world: MollieWorld, profile: MollieProfile, [id = '', refundId = '']: readonly string[], twist: Twist): Done {
  const found = world.store.findRefund(world.channel, profile.profileId, refundId);
  const isKnown = found?.order.vendorNo === id && found.refund.vendorNo === refundId;
  if (!isKnown || world.now() - found.refund.createdAt < twist.notFoundUntilMs) return { answer: nothing };
  return { answer: hal(200, describeRefund(found.order, found.refund, twist)), order: found.order };
}
