import type { AttemptRef, PayRequest } from '../../../core/contract/channel.ts';
import type { Call } from '../../../core/contract/kit.ts';
import type { CloseOutcome, Outcome, Unknown } from '../../../core/contract/outcome.ts';
import { explainFault } from './errors.ts';
import { type Answer, ask, createOnce, type Data, type GoCardlessAccount, idOf, noteOf, recordOf } from './gateway.ts';

const unreadable: Unknown = { kind: 'unknown', reason: 'unreadable' };

/**
 * Opens a billing request under our number, and a page to it. A repeat finds the same request by its key; pages may
 * be many, because one request is paid once.
 */
export async function pay(account: GoCardlessAccount, request: PayRequest, call: Call): Promise<Outcome> {
  const { number, money, subject } = request;
  const metadata = { attempt_number: number };
  const body = {
    metadata,
    // The bank's app shows it; what it takes at most is not documented.
    payment_request: {
      description: Array.from(subject).slice(0, 200).join(''),
      amount: String(money.amount),
      currency: money.currency,
      metadata,
    },
    ...(account.creditorId === null ? {} : { links: { creditor: account.creditorId } }),
  };
  const answer = await createOnce(account, call, { resource: 'billing_requests', key: number, body });
  if (answer.kind !== 'data') return refusalOf(answer);
  const created = recordOf(answer.data.billing_requests);
  const sessionNo = idOf(created.id, 'BRQ');
  const asked = recordOf(created.payment_request);
  const stated = account.kit.money.fromMinor(asked.amount, asked.currency);
  const isOurs = noteOf(created.metadata, 'attempt_number') === number;
  const isSame = stated !== null && stated.amount === money.amount && stated.currency === money.currency;
  if (sessionNo === null || !isOurs || !isSame) return unreadable;
  return openPage(account, request, sessionNo, call);
}

/** From here on a billing request exists: no failure proves that nothing was done. */
async function openPage(account: GoCardlessAccount, request: PayRequest, sessionNo: string, call: Call): Promise<Outcome> {
  const back = request.returnUrl ?? `${new URL(request.callbackUrl).origin}/checkout/return`;
  const { email } = request.payer;
  const body = {
    redirect_uri: back,
    exit_uri: back,
    lock_currency: true,
    ...(email === undefined ? {} : { prefilled_customer: { email } }),
    links: { billing_request: sessionNo },
  };
  const answer = await ask(account, call, { resource: 'billing_request_flows', key: call.nonce(), body });
  if (answer.kind === 'unknown') return answer;
  if (answer.kind !== 'data') return { kind: 'unknown', reason: 'unmapped' };
  const { authorisation_url: url, links } = recordOf(answer.data.billing_request_flows);
  const isPage = typeof url === 'string' && /^https?:\/\/\S+$/.test(url) && recordOf(links).billing_request === sessionNo;
  return isPage ? { kind: 'action', action: { type: 'redirect', url }, sessionNo } : unreadable;
}

/** Asks for the billing request, and where it has become a payment, for that. */
export async function query(account: GoCardlessAccount, attempt: AttemptRef, call: Call): Promise<Outcome> {
  const found = await readRequest(account, attempt, call);
  if (found.kind !== 'request') return found;
  const { data } = found;
  const paymentId = paymentOf(data);
  if (paymentId !== null) return queryPayment(account, attempt.number, paymentId, call);
  const echo = { number: attempt.number };
  if (data.status === 'pending') return { kind: 'ok', report: { state: 'pending', echo } };
  if (data.status === 'cancelled') return { kind: 'ok', report: { state: 'closed', echo } };
  const isWorking = data.status === 'ready_to_fulfil' || data.status === 'fulfilling' || data.status === 'fulfilled';
  return isWorking ? { kind: 'ok', report: { state: 'processing', echo } } : unreadable;
}

const paymentOf = ({ links, payment_request: asked }: Data): string | null =>
  idOf(recordOf(links).payment_request_payment, 'PM') ?? idOf(recordOf(recordOf(asked).links).payment, 'PM');

/** The number of a request is read from it before anything else is believed. */
async function readRequest(account: GoCardlessAccount, { sessionNo, number }: AttemptRef, call: Call) {
  if (sessionNo === null) return { kind: 'unknown', reason: 'unmapped' } as const;
  const answer = await ask(account, call, { resource: 'billing_requests', path: `/${encodeURIComponent(sessionNo)}` });
  if (answer.kind !== 'data') return refusalOf(answer);
  const data = recordOf(answer.data.billing_requests);
  const isOurs = data.id === sessionNo && noteOf(data.metadata, 'attempt_number') === number;
  return isOurs ? ({ kind: 'request', data } as const) : unreadable;
}

async function queryPayment(account: GoCardlessAccount, number: string, paymentId: string, call: Call): Promise<Outcome> {
  const answer = await ask(account, call, { resource: 'payments', path: `/${paymentId}` });
  if (answer.kind !== 'data') return refusalOf(answer);
  const payment = recordOf(answer.data.payments);
  // The number is the billing request's word, which names this payment as its own.
  return payment.id === paymentId ? readPayment(account, payment, number) : unreadable;
}

const waiting: ReadonlySet<unknown> = new Set(['pending_customer_approval', 'pending_submission', 'submitted']);
const paid: ReadonlySet<unknown> = new Set(['confirmed', 'paid_out']);
const refused: ReadonlySet<unknown> = new Set(['failed', 'customer_approval_denied']);

/**
 * One payment. `charged_back` is money that came and was taken back before we heard of it: no state of ours
 * tells that, and an operator looks.
 */
function readPayment({ kit, creditorId }: GoCardlessAccount, data: Data, number: string): Outcome {
  const channelNo = idOf(data.id, 'PM');
  if (channelNo === null) return unreadable;
  const { creditor } = recordOf(data.links);
  if (creditorId !== null && typeof creditor !== 'string') return unreadable;
  const merchant = creditorId === null ? {} : { merchantNo: creditor as string };
  const echo = { number: noteOf(data.metadata, 'attempt_number') ?? number, ...merchant };
  if (waiting.has(data.status)) return { kind: 'ok', report: { state: 'processing', channelNo, echo } };
  if (data.status === 'cancelled') return { kind: 'ok', report: { state: 'closed', channelNo, echo } };
  if (refused.has(data.status)) {
    const vendor = { code: String(data.status), message: 'the bank or the payer refused the payment' };
    return { kind: 'declined', echo, code: 'declined', advice: 'retry_other_method', vendor };
  }
  const money = kit.money.fromMinor(data.amount, data.currency);
  return paid.has(data.status) && money !== null ? { kind: 'ok', report: { state: 'succeeded', channelNo, money, echo } } : unreadable;
}

/** Cancels the billing request, which ends its pages too. One that became a payment is past cancelling. */
export async function close(account: GoCardlessAccount, attempt: AttemptRef, call: Call): Promise<CloseOutcome> {
  if (attempt.sessionNo === null) return { kind: 'unknown', reason: 'unmapped' };
  const path = `/${encodeURIComponent(attempt.sessionNo)}/actions/cancel`;
  const answer = await ask(account, call, { resource: 'billing_requests', path, body: {} });
  if (answer.kind === 'data') {
    const { id, status } = recordOf(answer.data.billing_requests);
    return id === attempt.sessionNo && status === 'cancelled' ? { kind: 'closed' } : unreadable;
  }
  if (answer.kind !== 'fault') return answer;
  return answer.fault.type === 'invalid_state' ? learnWhy(account, attempt, call) : explainFault(answer.fault);
}

async function learnWhy(account: GoCardlessAccount, attempt: AttemptRef, call: Call): Promise<CloseOutcome> {
  const found = await readRequest(account, attempt, call);
  if (found.kind !== 'request') return found;
  if (paymentOf(found.data) !== null || found.data.status === 'fulfilled') return { kind: 'paid' };
  return found.data.status === 'cancelled' ? { kind: 'closed' } : { kind: 'unknown', reason: 'unmapped' };
}

function refusalOf(answer: Exclude<Answer, { kind: 'data' }>) {
  return answer.kind === 'fault' ? explainFault(answer.fault) : answer;
}
