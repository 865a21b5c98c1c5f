import type { AttemptRef } from '../../../core/contract/channel.ts';
import type { Call } from '../../../core/contract/kit.ts';
import type { CloseOutcome, Outcome } from '../../../core/contract/outcome.ts';
import { explainQuestion, saysNotFound } from './errors.ts';
import { ask, type Data, isRecord, ourNumber, type SquareAccount, textOf } from './gateway.ts';
import { readPayment } from './payment.ts';
import { splitSession } from './session.ts';

const notFound = { kind: 'ok', report: { state: 'not_found' } } as const;
const unreadable = { kind: 'unknown', reason: 'unreadable' } as const;

export async function query(account: SquareAccount, attempt: AttemptRef, call: Call): Promise<Outcome> {
  const session = splitSession(attempt.sessionNo);
  if (session !== null) return queryOrder(account, session.orderId, call);
  return attempt.channelNo === null ? notFound : queryPayment(account, attempt.channelNo, call);
}

async function queryPayment(account: SquareAccount, id: string, call: Call): Promise<Outcome> {
  const answer = await ask(account, call, { method: 'GET', path: `/v2/payments/${encodeURIComponent(id)}` });
  if (answer.kind === 'fault') return saysNotFound(answer.fault) ? notFound : explainQuestion(answer.fault);
  if (answer.kind !== 'data') return answer;
  const { payment } = answer.data;
  const isAsked = isRecord(payment) && payment.id === id;
  return (isAsked ? readPayment(account, payment)?.outcome : undefined) ?? unreadable;
}

/** Which payments belong to a link is known to its order alone. */
async function queryOrder(account: SquareAccount, id: string, call: Call): Promise<Outcome> {
  const answer = await ask(account, call, { method: 'GET', path: `/v2/orders/${encodeURIComponent(id)}` });
  if (answer.kind === 'fault') return saysNotFound(answer.fault) ? notFound : explainQuestion(answer.fault);
  if (answer.kind !== 'data') return answer;
  const { order } = answer.data;
  if (!isRecord(order)) return unreadable;
  const tried = await queryTenders(account, order, call);
  if (tried !== null) return tried;
  const number = ourNumber(order.reference_id);
  const merchantNo = textOf(order.location_id);
  if (number === null || merchantNo === null) return unreadable;
  const state = order.state === 'CANCELED' ? 'closed' : 'pending';
  return { kind: 'ok', report: { state, echo: { number, merchantNo } } };
}

/** A shopper who was refused may try again on the same page: more tries than this are not looked at one by one. */
const mostTenders = 10;

/**
 * What the tries to pay an order come to; null where none of them has money, or may yet have. A try that was refused or cancelled
 * ends nothing (TenderCardDetailsStatus FAILED, VOIDED): the page takes another, until the order itself is over.
 */
async function queryTenders(account: SquareAccount, order: Data, call: Call): Promise<Outcome | null> {
  const ids = tendersOf(order);
  if (ids.length > mostTenders) return { kind: 'unknown', reason: 'unmapped' };
  const outcomes: Outcome[] = [];
  for (const id of ids) outcomes.push(await queryPayment(account, id, call));
  const states = ['succeeded', 'approved', 'processing'] as const;
  const live = states.map((state) => outcomes.find((one) => one.kind === 'ok' && one.report.state === state));
  // One that could not be read may be the one that was paid.
  const unsure = outcomes.find(({ kind }) => kind !== 'ok' && kind !== 'declined');
  return live[0] ?? unsure ?? live[1] ?? live[2] ?? null;
}

function tendersOf({ tenders }: Data): readonly string[] {
  const listed = Array.isArray(tenders) ? (tenders as readonly unknown[]).filter(isRecord) : [];
  return listed.flatMap((one) => textOf(one.payment_id) ?? textOf(one.id) ?? []);
}

/** A link is deleted, which cancels its order. A card payment is over when it has an answer: it can only be cancelled while it is not. */
export async function close(account: SquareAccount, attempt: AttemptRef, call: Call): Promise<CloseOutcome> {
  const session = splitSession(attempt.sessionNo);
  if (session === null && attempt.channelNo === null) return { kind: 'notFound' };
  const asked =
    session !== null
      ? ({ method: 'DELETE', path: `/v2/online-checkout/payment-links/${encodeURIComponent(session.linkId)}` } as const)
      : ({ method: 'POST', path: `/v2/payments/${encodeURIComponent(attempt.channelNo ?? '')}/cancel`, body: {} } as const);
  const answer = await ask(account, call, asked);
  if (answer.kind === 'data') return { kind: 'closed' };
  if (answer.kind !== 'fault') return answer;
  // Gone, or paid: only the order and the payment know.
  const isOver = saysNotFound(answer.fault) || answer.fault.status === 400;
  return isOver ? closedOrPaid(await query(account, attempt, call)) : explainQuestion(answer.fault);
}

function closedOrPaid(found: Outcome): CloseOutcome {
  if (found.kind === 'unknown' || found.kind === 'notSent' || found.kind === 'rejected') return found;
  if (found.kind === 'declined') return { kind: 'closed' };
  if (found.kind !== 'ok') return unreadable;
  const { state } = found.report;
  if (state === 'succeeded') return { kind: 'paid' };
  if (state === 'closed') return { kind: 'closed' };
  return state === 'not_found' ? { kind: 'notFound' } : { kind: 'unknown', reason: 'unmapped' };
}
