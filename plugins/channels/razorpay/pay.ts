import type { AttemptRef, PayRequest } from '../../../core/contract/channel.ts';
import type { Call } from '../../../core/contract/kit.ts';
import type { Outcome, PaymentReport, Rejected, Unknown } from '../../../core/contract/outcome.ts';
import { explainFault, saysNotFound } from './errors.ts';
import { type Answer, ask, type Data, idOf, isRecord, itemsOf, type RazorpayAccount } from './gateway.ts';

const unreadable: Unknown = { kind: 'unknown', reason: 'unreadable' };
const notFound: Outcome = { kind: 'ok', report: { state: 'not_found' } };

/** Opens an order, which the shopper pays in Razorpay's own window. Our number is its receipt. */
export async function pay(account: RazorpayAccount, request: PayRequest, call: Call): Promise<Outcome> {
  const { money, number, subject } = request;
  const body = { amount: money.amount, currency: money.currency, receipt: number, payment_capture: true, notes: { subject } };
  const answer = await ask(account, call, { method: 'POST', path: '/v1/orders', body });
  if (answer.kind !== 'data') return refusalOf(answer);
  const { data } = answer;
  const sessionNo = idOf(data.id, 'order');
  // An order of another amount or under another number would take money that nobody asked for.
  const isOurs = data.receipt === number && data.amount === money.amount && data.currency === money.currency;
  if (sessionNo === null || !isOurs) return unreadable;
  return { kind: 'action', action: { type: 'sdk', params: checkoutOptions(account, request, sessionNo) }, sessionNo };
}

/** What `new Razorpay(options)` takes in the shopper's browser. */
function checkoutOptions(account: RazorpayAccount, { money, subject, payer }: PayRequest, orderId: string): Data {
  const prefill = {
    ...(payer.name === undefined ? {} : { name: payer.name }),
    ...(payer.email === undefined ? {} : { email: payer.email }),
    ...(payer.phone === undefined ? {} : { contact: payer.phone }),
  };
  return {
    key: account.keyId,
    order_id: orderId,
    amount: money.amount,
    currency: money.currency,
    name: account.businessName,
    description: subject,
    ...(Object.keys(prefill).length === 0 ? {} : { prefill }),
  };
}

/**
 * Asks for the order first, because only it echoes our number, and for its payments where somebody tried to
 * pay. An order whose creation was never answered is looked for by its receipt.
 */
export async function query(account: RazorpayAccount, attempt: AttemptRef, call: Call): Promise<Outcome> {
  const order = attempt.sessionNo === null ? await findOrder(account, attempt, call) : await readOrder(account, attempt.sessionNo, call);
  if (order.kind !== 'order') return order;
  const { id: sessionNo, data } = order;
  const number = typeof data.receipt === 'string' ? data.receipt : null;
  if (number === null) return unreadable;
  if (data.status === 'created') return { kind: 'ok', report: { state: 'pending', echo: { number } }, sessionNo };
  if (data.status !== 'attempted' && data.status !== 'paid') return unreadable;
  const answer = await ask(account, call, { method: 'GET', path: `/v1/orders/${sessionNo}/payments` });
  if (answer.kind !== 'data') return refusalOf(answer);
  const payments = itemsOf(answer.data);
  const report = payments === null ? null : readPayments(account, payments, sessionNo, number);
  // A paid order without money is being refunded, or its payments lag behind.
  if (report === null || (data.status === 'paid' && report.state === 'pending')) return unreadable;
  return { kind: 'ok', report, sessionNo };
}

type FoundOrder = { readonly kind: 'order'; readonly id: string; readonly data: Data } | Outcome;

async function readOrder(account: RazorpayAccount, sessionNo: string, call: Call): Promise<FoundOrder> {
  const answer = await ask(account, call, { method: 'GET', path: `/v1/orders/${encodeURIComponent(sessionNo)}` });
  if (answer.kind === 'fault' && saysNotFound(answer.fault)) return notFound;
  if (answer.kind !== 'data') return refusalOf(answer);
  return answer.data.id === sessionNo ? { kind: 'order', id: sessionNo, data: answer.data } : unreadable;
}

async function findOrder(account: RazorpayAccount, { number }: AttemptRef, call: Call): Promise<FoundOrder> {
  const answer = await ask(account, call, { method: 'GET', path: `/v1/orders?receipt=${number}` });
  if (answer.kind !== 'data') return refusalOf(answer);
  const items = itemsOf(answer.data);
  if (items === null) return unreadable;
  const [found, second] = items.filter(({ receipt }) => receipt === number);
  if (found === undefined) return items.length === 0 ? notFound : unreadable;
  const id = idOf(found.id, 'order');
  return id === null || second !== undefined ? unreadable : { kind: 'order', id, data: found };
}

/** What the tries at one order come to. `failed` is one try: the order can still be paid. */
function readPayments(account: RazorpayAccount, payments: readonly Data[], orderId: string, number: string): PaymentReport | null {
  if (payments.some((one) => one.order_id !== orderId || !known.has(one.status))) return null;
  const captured = payments.find(({ status }) => status === 'captured');
  if (captured !== undefined) return readPayment(account, captured, number);
  if (payments.some(({ status }) => status === 'refunded')) return null;
  const isAuthorized = payments.some(({ status }) => status === 'authorized');
  return { state: isAuthorized ? 'processing' : 'pending', echo: { number } };
}

const known: ReadonlySet<unknown> = new Set(['created', 'authorized', 'captured', 'refunded', 'failed']);

/**
 * One payment that was captured or waits for it; null for every other. `number` is the order's receipt,
 * which payments do not carry. `refunded` is money that came and went back: no state of ours tells that.
 */
export function readPayment({ kit, accountId }: RazorpayAccount, data: Data, number: string | null): PaymentReport | null {
  const echo = { ...(number === null ? {} : { number }), ...(accountId === null ? {} : { merchantNo: accountId }) };
  // Captured by Razorpay itself a little later, as the order asked for.
  if (data.status === 'authorized') return { state: 'processing', echo };
  const channelNo = idOf(data.id, 'pay');
  const money = kit.money.fromMinor(data.amount, data.currency);
  if (data.status !== 'captured' || channelNo === null || money === null) return null;
  return { state: 'succeeded', channelNo, money, echo };
}

function refusalOf(answer: Exclude<Answer, { kind: 'data' }>): Exclude<Answer, { kind: 'data' | 'fault' }> | Rejected {
  return answer.kind === 'fault' ? explainFault(answer.fault) : answer;
}

/** `{entity: {…}}`, as callbacks wrap each object. */
export function entityOf(value: unknown): Data | null {
  return isRecord(value) && isRecord(value.entity) ? value.entity : null;
}
