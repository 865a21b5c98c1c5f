import type { AttemptRef, PayRequest, RefundRequest } from '../../../core/contract/channel.ts';
import type { Call, Kit } from '../../../core/contract/kit.ts';
import type { Money } from '../../../core/contract/money.ts';
import type {
  Action,
  CloseOutcome,
  Declined,
  Echo,
  Outcome,
  RefundOutcome,
  RefundReport,
  Succeeded,
  Unknown,
} from '../../../core/contract/outcome.ts';
import { decline, explainFault, explainQuestion, type Fault, readFault, refundFailureCode, saysNotFound } from './errors.ts';
import { type Answer, ask, type Data, type Form, type StripeAccount } from './gateway.ts';

/**
 * Currencies whose minor unit at Stripe is that of ISO 4217. Left out on purpose: ISK, UGX, HUF and TWD, whose special
 * rules change, MGA, which Stripe counts without decimals, and those of three decimals, whose last digit must be zero.
 */
export const currencies: readonly string[] = [
  ...['USD', 'EUR', 'GBP', 'JPY', 'HKD', 'SGD', 'AUD', 'CAD', 'CHF', 'CNY', 'KRW'],
  ...['NZD', 'SEK', 'NOK', 'DKK', 'PLN', 'CZK', 'MXN', 'BRL', 'INR', 'MYR', 'THB', 'PHP', 'VND'],
];

/** Stripe's API reference: "up to eight digits". */
export const maxAmount = 99_999_999;

const unmapped: Unknown = { kind: 'unknown', reason: 'unmapped' };
const notFound = { kind: 'ok', report: { state: 'not_found' } } as const;

/** Creates the session or the intent and answers what the shopper's browser has to do with it. */
export async function pay(account: StripeAccount, request: PayRequest, call: Call): Promise<Outcome> {
  const { amount, currency } = request.money;
  if (!currencies.includes(currency)) return { kind: 'rejected', reason: 'unsupported' };
  if (!Number.isSafeInteger(amount) || amount <= 0 || amount > maxAmount) return { kind: 'rejected', reason: 'validation' };
  const product = products[request.product];
  if (product === undefined) return { kind: 'rejected', reason: 'unsupported' };
  const { path, form, action, total } = product;
  const answer = await ask(account, call, { method: 'POST', path, form: form(request), idempotencyKey: request.number });
  if (answer.kind === 'fault') return explainFault(answer.fault);
  if (answer.kind !== 'data') return answer;
  const reading = readPayable(account.kit, answer.data);
  if (reading === null || 'kind' in reading) return unmapped;
  const money = readMoney(account.kit, answer.data[total], answer.data.currency);
  const isAsAsked = isOurs(account, answer.data, request.number) && money?.amount === amount && money.currency === currency;
  const toDo = reading.state === 'pending' && isAsAsked ? action(account, answer.data) : null;
  // What is not as asked is never shown to the shopper; its id is kept, so that it can be closed.
  return toDo === null ? { kind: 'ok', report: reading } : { kind: 'action', action: toDo, channelNo: reading.channelNo };
}

interface Product {
  readonly path: string;
  readonly form: (request: PayRequest) => Form;
  readonly action: (account: StripeAccount, created: Data) => Action | null;
  /** The member that states the amount to be paid. */
  readonly total: string;
}

const products: Readonly<Record<string, Product>> = {
  checkout: { path: '/v1/checkout/sessions', form: sessionForm, action: redirectTo, total: 'amount_total' },
  payment_intent: { path: '/v1/payment_intents', form: intentForm, action: handToClient, total: 'amount' },
};

function sessionForm(request: PayRequest): Form {
  const { number, money, subject } = request;
  // Stripe demands an address to return to; without one of the merchant's, it is a neutral page of ours.
  const back = request.returnUrl ?? `${new URL(request.callbackUrl).origin}/checkout/return`;
  return [
    ['mode', 'payment'],
    ['client_reference_id', number],
    ['success_url', back],
    ['cancel_url', back],
    ['expires_at', String(sessionEnd(request))],
    ['line_items[0][quantity]', '1'],
    ['line_items[0][price_data][currency]', money.currency.toLowerCase()],
    ['line_items[0][price_data][unit_amount]', String(money.amount)],
    ['line_items[0][price_data][product_data][name]', subject],
    ['metadata[paymux_attempt]', number],
    // The payment of a session has events of its own, and they carry only this.
    ['payment_intent_data[metadata][paymux_attempt]', number],
  ];
}

function intentForm({ number, money, subject }: PayRequest): Form {
  return [
    ['amount', String(money.amount)],
    ['currency', money.currency.toLowerCase()],
    ['automatic_payment_methods[enabled]', 'true'],
    ['description', subject],
    ['metadata[paymux_attempt]', number],
  ];
}

/**
 * Unix seconds, from the request alone, so that a repeat has the same bytes. Stripe takes 30
 * minutes to 24 hours from the moment it creates the session; a minute on each side is for the
 * way there. A payment that ends earlier is expired by the kernel through `close`.
 */
function sessionEnd({ createdAt, expiresAt }: PayRequest): number {
  const from = createdAt.getTime();
  const endMs = Math.min(Math.max(expiresAt.getTime(), from + 31 * 60_000), from + (24 * 60 - 1) * 60_000);
  return Math.floor(endMs / 1_000);
}

function redirectTo(_account: StripeAccount, { url }: Data): Action | null {
  return isText(url) && /^https?:\/\//.test(url) ? { type: 'redirect', url } : null;
}

function handToClient(account: StripeAccount, { id, client_secret: clientSecret }: Data): Action | null {
  if (!isText(clientSecret)) return null;
  return { type: 'sdk', params: { client_secret: clientSecret, publishable_key: account.publishableKey, payment_intent: id } };
}

/** Asks by the id of a session or of an intent: a session's payment goes by its intent once it is paid. */
export async function query(account: StripeAccount, attempt: AttemptRef, call: Call): Promise<Outcome> {
  const path = pathOf(attempt.channelNo);
  if (path === null) return { kind: 'rejected', reason: 'unsupported' };
  const expand = isSession(attempt.channelNo) ? '?expand[]=payment_intent' : '';
  const answer = await ask(account, call, { method: 'GET', path: `${path}${expand}` });
  if (answer.kind === 'fault') return saysNotFound(answer.fault) ? notFound : explainQuestion(answer.fault);
  if (answer.kind !== 'data') return answer;
  if (answer.data.id !== attempt.channelNo) return unmapped;
  const reading = readPayable(account.kit, answer.data);
  if (reading === null) return unmapped;
  if (!('kind' in reading)) return { kind: 'ok', report: reading };
  // A decline carries no echo for the kernel to compare, so it counts only for the very attempt that was asked for.
  return isOurs(account, answer.data, attempt.number) ? reading : unmapped;
}

/** Expires the session or cancels the intent. A refusal means that it is not open any more: then its state tells which end it took. */
export async function close(account: StripeAccount, attempt: AttemptRef, call: Call): Promise<CloseOutcome> {
  const path = pathOf(attempt.channelNo);
  if (path === null) return { kind: 'rejected', reason: 'unsupported' };
  const verb = isSession(attempt.channelNo) ? 'expire' : 'cancel';
  // Without an Idempotency-Key: a replay would repeat a refusal long after its reason is gone.
  const answer = await ask(account, call, { method: 'POST', path: `${path}/${verb}` });
  if (answer.kind !== 'fault') return concludeClose(account, attempt, answer) ?? unmapped;
  if (saysNotFound(answer.fault)) return { kind: 'notFound' };
  const refusal = explainQuestion(answer.fault);
  if (answer.fault.status !== 400) return refusal;
  const now = await ask(account, call, { method: 'GET', path });
  return now.kind === 'fault' ? explainQuestion(now.fault) : (concludeClose(account, attempt, now) ?? refusal);
}

/** Null: still open. Acted on but undecided is "paid" as well: too late to close, and the kernel queries for the facts. */
function concludeClose(account: StripeAccount, attempt: AttemptRef, answer: Exclude<Answer, { kind: 'fault' }>): CloseOutcome | null {
  if (answer.kind !== 'data') return answer;
  if (answer.data.id !== attempt.channelNo) return unmapped;
  const reading = readPayable(account.kit, answer.data);
  if (reading === null) return unmapped;
  if ('kind' in reading) return { kind: 'paid' };
  if (reading.state === 'pending') return null;
  return { kind: reading.state === 'closed' ? 'closed' : 'paid' };
}

/** Returns money of the intent that was paid. */
export async function refund(account: StripeAccount, request: RefundRequest, call: Call): Promise<RefundOutcome> {
  const { number, money, reason, attempt } = request;
  const intent = attempt.channelNo;
  if (intent === null || !/^pi_\w+$/.test(intent)) return { kind: 'rejected', reason: 'validation' };
  if (!Number.isSafeInteger(money.amount) || money.amount <= 0) return { kind: 'rejected', reason: 'validation' };
  const form: Form = [
    ['payment_intent', intent],
    ['amount', String(money.amount)],
    ['metadata[paymux_refund]', number],
    // Stripe's own `reason` takes three words only, and one of them blocks the card.
    ...(reason === null || reason === '' ? [] : [['metadata[reason]', [...reason].slice(0, 200).join('')] as const]),
  ];
  const answer = await ask(account, call, { method: 'POST', path: '/v1/refunds', form, idempotencyKey: number });
  if (answer.kind === 'fault') return explainFault(answer.fault);
  return answer.kind === 'data' ? concludeRefund(account, request, answer.data) : answer;
}

export async function queryRefund(account: StripeAccount, request: RefundRequest, call: Call): Promise<RefundOutcome> {
  const { channelNo } = request;
  if (channelNo === null || !/^[a-z]+_\w+$/.test(channelNo)) return { kind: 'rejected', reason: 'unsupported' };
  const answer = await ask(account, call, { method: 'GET', path: `/v1/refunds/${channelNo}` });
  if (answer.kind === 'fault') return saysNotFound(answer.fault) ? notFound : explainQuestion(answer.fault);
  if (answer.kind !== 'data') return answer;
  return answer.data.id === channelNo ? concludeRefund(account, request, answer.data) : unmapped;
}

/** The echo has no place for the payment that a refund is of, so it is compared here. */
function concludeRefund(account: StripeAccount, request: RefundRequest, data: Data): RefundOutcome {
  if (idOf(data.payment_intent) !== request.attempt.channelNo) return unmapped;
  const report = readRefund(account.kit, data);
  return report === null ? unmapped : { kind: 'ok', report };
}

/** What an object says of a payment. A final "no" has no report in the contract and stays an outcome. Null: a state that is not ours to guess. */
type Reading =
  | Succeeded
  | { readonly state: 'pending' | 'processing' | 'closed'; readonly channelNo: string; readonly echo: Echo }
  | Declined
  | null;

/** Reads a session or an intent, as an answer or an event holds it. */
export function readPayable(kit: Kit, object: Data): Reading {
  if (object.object === 'checkout.session') return readSession(kit, object);
  return object.object === 'payment_intent' ? readIntent(kit, object) : null;
}

/**
 * A session goes by its own id until it is paid: only by that can it be expired. From then on it
 * goes by its intent, which a refund needs. `no_payment_required` is not money: Stripe says it of
 * payments that are put off to a later day.
 */
function readSession(kit: Kit, session: Data): Reading {
  const { id: channelNo, status, payment_status: paymentStatus, payment_intent: intent } = session;
  if (typeof channelNo !== 'string' || !isSession(channelNo)) return null;
  const echo = readEcho(session, 'paymux_attempt');
  if (paymentStatus === 'paid') return succeed(idOf(intent), readMoney(kit, session.amount_total, session.currency), echo);
  if (paymentStatus !== 'unpaid') return null;
  if (status === 'open') return { state: 'pending', channelNo, echo };
  if (status === 'expired') return { state: 'closed', channelNo, echo };
  return status === 'complete' ? readDelayed(intent, channelNo, echo) : null;
}

/** Completed, and money still under way. The shopper has no second try in a completed session, so its intent's failure is the end. */
function readDelayed(intent: unknown, channelNo: string, echo: Echo): Reading {
  if (!isRecord(intent)) return { state: 'processing', channelNo, echo };
  if (intent.status === 'canceled') return { state: 'closed', channelNo, echo };
  return intent.status === 'requires_payment_method' ? declineOf(intent) : { state: 'processing', channelNo, echo };
}

/** The final decline of a payment whose last try failed. */
function declineOf(intent: Data): Declined {
  const unexplained: Fault = { status: 402, type: 'card_error', code: '', declineCode: '', message: '' };
  return decline(readFault(intent.last_payment_error, 402) ?? unexplained);
}

/** An intent that failed once can be tried again by the shopper, so it is pending until it is cancelled. */
function readIntent(kit: Kit, intent: Data): Reading {
  const { id: channelNo, status } = intent;
  if (typeof channelNo !== 'string' || !/^pi_\w+$/.test(channelNo)) return null;
  const echo = readEcho(intent, 'paymux_attempt');
  switch (status) {
    case 'succeeded':
      return succeed(channelNo, readMoney(kit, intent.amount_received, intent.currency), echo);
    case 'requires_payment_method':
    case 'requires_confirmation':
    case 'requires_action':
      return { state: 'pending', channelNo, echo };
    case 'processing':
    case 'requires_capture':
      return { state: 'processing', channelNo, echo };
    case 'canceled':
      return { state: 'closed', channelNo, echo };
    default:
      return null;
  }
}

function succeed(channelNo: string | null, money: Money | null, echo: Echo): Reading {
  return channelNo === null || money === null ? null : { state: 'succeeded', channelNo, money, echo };
}

/** Reads a refund; null when a member is missing or its state is unknown. */
export function readRefund(
  kit: Kit,
  refunded: Data,
): (Exclude<RefundReport, { readonly state: 'not_found' }> & { readonly channelNo: string }) | null {
  const { id: channelNo, status } = refunded;
  if (refunded.object !== 'refund' || !isText(channelNo)) return null;
  const echo = readEcho(refunded, 'paymux_refund');
  if (status === 'succeeded') {
    const money = readMoney(kit, refunded.amount, refunded.currency);
    return money === null ? null : { state: 'succeeded', channelNo, money, echo };
  }
  if (status === 'pending') return { state: 'processing', channelNo, echo };
  if (status === 'requires_action') return { state: 'abnormal', channelNo, echo };
  const hasFailed = status === 'failed' || status === 'canceled';
  return hasFailed ? { state: 'failed', code: refundFailureCode(refunded.failure_reason), channelNo, echo } : null;
}

function readEcho(object: Data, name: string): Echo {
  const number = numberOf(object, name);
  const { livemode } = object;
  return { ...(number === undefined ? {} : { number }), ...(typeof livemode === 'boolean' ? { livemode } : {}) };
}

/**
 * Our number from the metadata, which only the holder of the API key can write. Not from
 * `client_reference_id`: whoever opens a merchant's Payment Link can put any text there.
 */
export function numberOf(object: Data, name: string): string | undefined {
  const number = isRecord(object.metadata) ? object.metadata[name] : undefined;
  return isText(number) ? number : undefined;
}

/** Whether an object is about this number and of this account's environment. */
export function isOurs(account: StripeAccount, object: Data, number: string): boolean {
  const echo = readEcho(object, 'paymux_attempt');
  return echo.number === number && echo.livemode === account.livemode;
}

/** Stripe writes currencies in small letters. */
function readMoney(kit: Kit, amount: unknown, currency: unknown): Money | null {
  const isWritten = typeof amount === 'number' && typeof currency === 'string' && /^[a-z]{3}$/.test(currency);
  return isWritten ? kit.money.fromMinor(amount, currency.toUpperCase()) : null;
}

/** The path of a session or an intent; null for an id that is neither, which must not become part of an address. */
function pathOf(channelNo: string | null): string | null {
  if (channelNo === null) return null;
  if (isSession(channelNo)) return `/v1/checkout/sessions/${channelNo}`;
  return /^pi_\w+$/.test(channelNo) ? `/v1/payment_intents/${channelNo}` : null;
}

function isSession(channelNo: string | null): boolean {
  return channelNo !== null && /^cs_\w+$/.test(channelNo);
}

/** The id of a related object, which Stripe gives alone or expanded. */
function idOf(related: unknown): string | null {
  const id = isRecord(related) ? related.id : related;
  return isText(id) ? id : null;
}

export function isRecord(value: unknown): value is Data {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
