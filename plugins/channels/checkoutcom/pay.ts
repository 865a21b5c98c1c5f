import type { AttemptRef, PayRequest } from '../../../core/contract/channel.ts';
import type { Call } from '../../../core/contract/kit.ts';
import type { Outcome, PaymentReport, Unknown } from '../../../core/contract/outcome.ts';
import { explainFault } from './errors.ts';
import { type Answer, ask, type CheckoutAccount, type Data, idOf, isRecord, recordsOf, timeOf } from './gateway.ts';

const unreadable: Unknown = { kind: 'unknown', reason: 'unreadable' };

/** Opens a hosted page. Pages are not among the addresses that know idempotency keys: a repeat would open a second one. */
export async function pay(account: CheckoutAccount, request: PayRequest, call: Call): Promise<Outcome> {
  const { money, number, payer } = request;
  const back = request.returnUrl ?? `${new URL(request.callbackUrl).origin}/checkout/return`;
  const customer = {
    ...(payer.email === undefined ? {} : { email: payer.email }),
    ...(payer.name === undefined ? {} : { name: payer.name }),
  };
  const body = {
    amount: money.amount,
    currency: money.currency,
    payment_type: 'Regular',
    reference: number,
    description: Array.from(request.subject).slice(0, 100).join(''),
    billing: { address: { country: payer.country ?? account.defaultCountry } },
    ...(Object.keys(customer).length === 0 ? {} : { customer }),
    success_url: back,
    failure_url: back,
    cancel_url: back,
    capture: true,
    processing_channel_id: account.processingChannelId,
  };
  const answer = await ask(account, call, { method: 'POST', path: '/hosted-payments', body });
  if (answer.kind !== 'data') return refusalOf(answer);
  const sessionNo = idOf(answer.data.id, 'hpp');
  const url = redirectOf(answer.data);
  if (sessionNo === null || url === null || answer.data.reference !== number) return unreadable;
  return { kind: 'action', action: { type: 'redirect', url }, sessionNo };
}

function redirectOf({ _links: links }: Data): string | null {
  const redirect = isRecord(links) && isRecord(links.redirect) ? links.redirect.href : null;
  return typeof redirect === 'string' && /^https?:\/\/\S+$/.test(redirect) ? redirect : null;
}

/**
 * Asks for the page first, then for its payment. Where the page's number was lost, and where it ended unpaid, the
 * payments under our reference are asked for: a try that began in time may still be at the bank.
 */
export async function query(account: CheckoutAccount, attempt: AttemptRef, call: Call): Promise<Outcome> {
  if (attempt.sessionNo === null) return queryPayments(account, attempt.number, 'not_found', call);
  const answer = await ask(account, call, { method: 'GET', path: `/hosted-payments/${encodeURIComponent(attempt.sessionNo)}` });
  if (answer.kind === 'fault' && answer.fault.status === 404) return queryPayments(account, attempt.number, 'not_found', call);
  if (answer.kind !== 'data') return refusalOf(answer);
  const { status, reference, payment_id: paymentId } = answer.data;
  if (reference !== attempt.number) return unreadable;
  if (status === 'Payment Pending') return { kind: 'ok', report: { state: 'pending', echo: { number: reference } } };
  if (status === 'Expired') return queryPayments(account, attempt.number, 'closed', call);
  const id = idOf(paymentId, 'pay');
  return status === 'Payment Received' && id !== null ? queryPayment(account, id, call) : unreadable;
}

async function queryPayment(account: CheckoutAccount, id: string, call: Call): Promise<Outcome> {
  const answer = await ask(account, call, { method: 'GET', path: `/payments/${id}` });
  if (answer.kind !== 'data') return refusalOf(answer);
  // The page says that it was paid: a failed try as its payment would contradict that.
  const report = answer.data.id === id ? readPayment(account, answer.data) : null;
  return report === null || report.state === 'pending' ? unreadable : { kind: 'ok', report };
}

/** The tries under one reference. `otherwise` is what none of them means. */
async function queryPayments(account: CheckoutAccount, number: string, otherwise: 'not_found' | 'closed', call: Call): Promise<Outcome> {
  const answer = await ask(account, call, { method: 'GET', path: `/payments?limit=100&reference=${number}` });
  if (answer.kind !== 'data') return refusalOf(answer);
  const payments = recordsOf(answer.data.data);
  if (payments === null || payments.some(({ reference }) => reference !== number)) return unreadable;
  const reports = payments.map((one) => readPayment(account, one));
  if (reports.includes(null)) return unreadable;
  const found = reports.find((one) => one?.state === 'succeeded') ?? reports.find((one) => one?.state === 'processing');
  if (found !== undefined && found !== null) return { kind: 'ok', report: found };
  if (otherwise === 'closed') return { kind: 'ok', report: { state: 'closed', echo: { number } } };
  // A failed try proves a page, which can still be paid as long as nobody knows its end.
  return { kind: 'ok', report: reports.length === 0 ? { state: 'not_found' } : { state: 'pending', echo: { number } } };
}

const paid: ReadonlySet<unknown> = new Set(['Captured', 'Partially Refunded']);
const working: ReadonlySet<unknown> = new Set(['Pending', 'Authorized', 'Retry Scheduled']);
const failed: ReadonlySet<unknown> = new Set(['Declined', 'Canceled', 'Expired', 'Voided']);

/**
 * A payment as answers carry it; null when it cannot be read. Failed ones are one try, after which the page can
 * still be paid. `Authorized` waits for the capture that we asked for. `Refunded` is money that came and went back
 * before we knew of it, and `Partially Captured` is no amount that we asked for: an operator looks.
 */
export function readPayment({ kit }: CheckoutAccount, data: Data): PaymentReport | null {
  const { reference, status } = data;
  const channelNo = idOf(data.id, 'pay');
  if (typeof reference !== 'string' || channelNo === null) return null;
  const echo = { number: reference };
  if (failed.has(status)) return { state: 'pending', echo };
  if (working.has(status)) return { state: 'processing', echo };
  const money = kit.money.fromMinor(data.amount, data.currency);
  if (!paid.has(status) || money === null) return null;
  return { state: 'succeeded', channelNo, money, echo, ...timeOf(data.processed_on) };
}

function refusalOf(answer: Exclude<Answer, { kind: 'data' }>) {
  return answer.kind === 'fault' ? explainFault(answer.fault) : answer;
}
