import type { AttemptRef, PayRequest } from '../../../core/contract/channel.ts';
import type { Call } from '../../../core/contract/kit.ts';
import type { CloseOutcome, Outcome, PaymentReport } from '../../../core/contract/outcome.ts';
import { explainFault, explainQuestion, saysNotFound, saysRepeated } from './errors.ts';
import { type AirwallexAccount, ask, type Data, idOf, isRecord, ourNumber, timeOf } from './gateway.ts';

const notFound = { kind: 'ok', report: { state: 'not_found' } } as const;
const unreadable = { kind: 'unknown', reason: 'unreadable' } as const;

/** Creates a PaymentIntent. Its number and secret open Airwallex's page or fields in the shopper's browser. */
export async function pay(account: AirwallexAccount, request: PayRequest, call: Call): Promise<Outcome> {
  const body = {
    request_id: request.number,
    amount: account.kit.jsonNumber(account.kit.money.toMajor(request.money)),
    currency: request.money.currency,
    merchant_order_id: request.number,
    descriptor: request.subject.replace(/[^\x20-\x7e]/g, '').slice(0, 32),
    metadata: { paymux_number: request.number },
    ...(request.returnUrl === null ? {} : { return_url: request.returnUrl }),
  };
  const answer = await ask(account, call, { method: 'POST', path: '/payment_intents/create', body });
  if (answer.kind === 'data') return actionOf(account, answer.data);
  if (answer.kind !== 'fault') return answer;
  return saysRepeated(answer.fault) ? findIntent(account, request.number, call) : explainFault(answer.fault);
}

/** What an earlier create with the same number made: its answer was lost. */
async function findIntent(account: AirwallexAccount, number: string, call: Call): Promise<Outcome> {
  const answer = await ask(account, call, { method: 'GET', path: `/payment_intents?merchant_order_id=${number}` });
  if (answer.kind === 'fault') return explainQuestion(answer.fault);
  if (answer.kind !== 'data') return answer;
  const items = Array.isArray(answer.data.items) ? (answer.data.items as readonly unknown[]).filter(isRecord) : [];
  const found = items.find((one) => one.merchant_order_id === number && one.request_id === number);
  const id = idOf(found?.id);
  if (id === null) return unreadable;
  // The secret is given by the intent itself, and is a new one each time.
  const intent = await ask(account, call, { method: 'GET', path: `/payment_intents/${id}` });
  if (intent.kind === 'fault') return explainQuestion(intent.fault);
  return intent.kind === 'data' ? actionOf(account, intent.data) : intent;
}

function actionOf(account: AirwallexAccount, intent: Data): Outcome {
  const id = idOf(intent.id);
  const { client_secret: secret, currency } = intent;
  const report = readIntent(account, intent);
  if (id === null || report === null) return unreadable;
  if (report.state !== 'pending') return { kind: 'ok', report };
  if (typeof secret !== 'string' || secret === '' || typeof currency !== 'string') return unreadable;
  return { kind: 'action', action: { type: 'sdk', params: { intent_id: id, client_secret: secret, currency } }, channelNo: id };
}

/** What Airwallex says of an intent; null when it cannot be read. A failed try leaves an intent open for the next. */
export function readIntent({ kit }: AirwallexAccount, intent: Data): PaymentReport | null {
  const channelNo = idOf(intent.id);
  const number = ourNumber(intent.merchant_order_id);
  if (channelNo === null) return null;
  const echo = number === null ? {} : { number };
  switch (intent.status) {
    case 'REQUIRES_PAYMENT_METHOD':
    case 'REQUIRES_CUSTOMER_ACTION':
      return { state: 'pending', channelNo, echo };
    case 'PENDING':
    case 'PENDING_REVIEW':
    case 'REQUIRES_CAPTURE':
      return { state: 'processing', channelNo, echo };
    case 'CANCELLED':
      return { state: 'closed', channelNo, echo };
    case 'SUCCEEDED': {
      const money = kit.money.fromMajor(intent.captured_amount, intent.currency);
      return money === null ? null : { state: 'succeeded', channelNo, money, echo, ...timeOf(intent.updated_at) };
    }
    default:
      return null;
  }
}

export async function query(account: AirwallexAccount, attempt: AttemptRef, call: Call): Promise<Outcome> {
  const id = idOf(attempt.channelNo);
  if (id === null) return notFound;
  const answer = await ask(account, call, { method: 'GET', path: `/payment_intents/${id}` });
  if (answer.kind === 'fault') return saysNotFound(answer.fault) ? notFound : explainQuestion(answer.fault);
  if (answer.kind !== 'data') return answer;
  const report = answer.data.id === id ? readIntent(account, answer.data) : null;
  return report === null ? unreadable : { kind: 'ok', report };
}

/** What was cancelled is believed by the intent's own state alone: the answer to the request, or a question after it. */
export async function close(account: AirwallexAccount, attempt: AttemptRef, call: Call): Promise<CloseOutcome> {
  const id = idOf(attempt.channelNo);
  if (id === null) return { kind: 'notFound' };
  const body = { request_id: `${attempt.number}-cancel`, cancellation_reason: 'The order was closed' };
  const answer = await ask(account, call, { method: 'POST', path: `/payment_intents/${id}/cancel`, body });
  if (answer.kind === 'notSent' || answer.kind === 'unknown') return answer;
  if (answer.kind === 'data' && answer.data.id === id && answer.data.status === 'CANCELLED') return { kind: 'closed' };
  if (answer.kind === 'fault' && answer.fault.status === 401) return explainQuestion(answer.fault);
  return closedOrPaid(await query(account, attempt, call));
}

function closedOrPaid(found: Outcome): CloseOutcome {
  if (found.kind === 'unknown' || found.kind === 'notSent' || found.kind === 'rejected') return found;
  if (found.kind !== 'ok') return unreadable;
  const { state } = found.report;
  if (state === 'succeeded') return { kind: 'paid' };
  if (state === 'closed') return { kind: 'closed' };
  return state === 'not_found' ? { kind: 'notFound' } : { kind: 'unknown', reason: 'unmapped' };
}
