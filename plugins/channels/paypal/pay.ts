import type { AttemptRef, PayRequest } from '../../../core/contract/channel.ts';
import type { Call } from '../../../core/contract/kit.ts';
import type { Outcome } from '../../../core/contract/outcome.ts';
import { explainCreate, explainFault, explainQuestion, saysNotFound, saysStillPayable } from './errors.ts';
import { ask, type Data, idOf, type PaypalAccount, recordsOf } from './gateway.ts';
import { type Amount, writeMoney } from './money.ts';
import { readOrder } from './order.ts';

const notFound = { kind: 'ok', report: { state: 'not_found' } } as const;
const unreadable = { kind: 'unknown', reason: 'unreadable' } as const;
const stillPayable = { kind: 'ok', report: { state: 'pending', echo: {} } } as const;

/** As the vendor's specification has it; a locale of any other form is left out. */
const languageTag = /^[a-z]{2}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|[0-9]{3}))?$/;

/** Creates an order and sends the shopper to PayPal, to approve it there. No money moves before `capture`. */
export async function pay(account: PaypalAccount, request: PayRequest, call: Call): Promise<Outcome> {
  const amount = writeMoney(account.kit, request.money);
  if (amount === null) return withoutCoins(request.money.currency);
  const body = orderOf(account, request, amount);
  const answer = await ask(account, call, { method: 'POST', path: '/v2/checkout/orders', body, requestId: request.number });
  if (answer.kind === 'fault') return explainCreate(answer.fault);
  if (answer.kind !== 'data') return answer;
  const id = idOf(answer.data.id);
  if (id === null) return unreadable;
  const url = approvalUrl(account, answer.data);
  // The answer to a repeat tells how far the order has come: approved, it has no page any more.
  const read = url === null ? readOrder(account, answer.data) : null;
  if (url !== null) return { kind: 'action', action: { type: 'redirect', url }, sessionNo: id };
  return read?.kind === 'ok' && read.report.state !== 'pending' ? { ...read, sessionNo: id } : unreadable;
}

function orderOf({ merchantId }: PaypalAccount, request: PayRequest, amount: Amount): Data {
  const unit = {
    amount,
    // Names who is to be paid, so that the answer names it too, and credentials of another account are refused.
    payee: { merchant_id: merchantId },
    description: shorten(request.subject, 127),
    custom_id: request.number,
    invoice_id: request.number,
  };
  const back = request.returnUrl === null ? {} : { return_url: request.returnUrl, cancel_url: request.returnUrl };
  const { locale } = request.payer;
  const language = locale !== undefined && languageTag.test(locale) ? { locale } : {};
  const experience = { user_action: 'PAY_NOW', shipping_preference: 'NO_SHIPPING', ...language, ...back };
  return { intent: 'CAPTURE', purchase_units: [unit], payment_source: { paypal: { experience_context: experience } } };
}

/** Cut between characters: half of a surrogate pair is no text. */
function shorten(text: string, length: number): string {
  return text.length <= length ? text : text.slice(0, length).replace(/[\ud800-\udbff]$/, '');
}

/** Where PayPal sends shoppers, and nowhere else: the browser of the shopper is taken there. */
function approvalUrl({ baseUrl }: PaypalAccount, order: Data): string | null {
  const link =
    recordsOf(order.links).find(({ rel }) => rel === 'payer-action') ?? recordsOf(order.links).find(({ rel }) => rel === 'approve');
  const url = typeof link?.href === 'string' && URL.canParse(link.href) ? new URL(link.href) : null;
  if (url === null || url.username !== '' || url.password !== '') return null;
  const isPaypal = url.protocol === 'https:' && (url.hostname === 'paypal.com' || url.hostname.endsWith('.paypal.com'));
  const base = new URL(baseUrl);
  // A gateway on loopback is no vendor: its pages may be beside it.
  const isBeside = isLoopback(base) && isLoopback(url);
  return isPaypal || isBeside ? url.href : null;
}

export function isLoopback({ hostname }: URL): boolean {
  return ['127.0.0.1', 'localhost', '[::1]'].includes(hostname);
}

export async function query(account: PaypalAccount, attempt: AttemptRef, call: Call): Promise<Outcome> {
  const id = idOf(attempt.sessionNo);
  if (id === null) return notFound;
  const answer = await ask(account, call, { method: 'GET', path: `/v2/checkout/orders/${id}` });
  if (answer.kind === 'fault') return saysNotFound(answer.fault) ? notFound : explainQuestion(answer.fault);
  if (answer.kind !== 'data') return answer;
  return answer.data.id === id ? readOrder(account, answer.data) : unreadable;
}

/** Takes the money of an approved order. A repeat under our number is answered with what the first one did. */
export async function capture(account: PaypalAccount, attempt: AttemptRef, call: Call): Promise<Outcome> {
  const id = idOf(attempt.sessionNo);
  if (id === null) return { kind: 'rejected', reason: 'validation' };
  const path = `/v2/checkout/orders/${id}/capture`;
  const answer = await ask(account, call, { method: 'POST', path, body: {}, requestId: attempt.number });
  if (answer.kind === 'data') return answer.data.id === id ? orPayable(readOrder(account, answer.data)) : unreadable;
  if (answer.kind !== 'fault') return answer;
  if (answer.fault.code === 'ORDER_ALREADY_CAPTURED') return query(account, attempt, call);
  if (saysStillPayable(answer.fault)) return stillPayable;
  return explainFault(answer.fault);
}

/** One capture that failed may be the answer to one instrument: that the order is over is the query's word, not this one's. */
function orPayable(outcome: Outcome): Outcome {
  return outcome.kind === 'declined' ? stillPayable : outcome;
}

export function withoutCoins(currency: string): {
  readonly kind: 'rejected';
  readonly reason: 'validation';
  readonly vendor: { readonly code: string; readonly message: string };
} {
  return {
    kind: 'rejected',
    reason: 'validation',
    vendor: { code: 'DECIMALS_NOT_SUPPORTED', message: `PayPal takes whole ${currency} only (PayPal 的该币种不支持小数)` },
  };
}
