import type { RefundRequest } from '../../../core/contract/channel.ts';
import type { Call } from '../../../core/contract/kit.ts';
import type { RefundOutcome, RefundReport } from '../../../core/contract/outcome.ts';
import { explainFault, explainQuestion, saysNotFound, saysRepeated } from './errors.ts';
import { type AirwallexAccount, ask, type Data, idOf, isRecord, ourNumber, timeOf } from './gateway.ts';

const notFound = { kind: 'ok', report: { state: 'not_found' } } as const;
const unreadable = { kind: 'unknown', reason: 'unreadable' } as const;

export async function refund(account: AirwallexAccount, request: RefundRequest, call: Call): Promise<RefundOutcome> {
  const body = {
    request_id: request.number,
    payment_intent_id: request.attempt.channelNo,
    amount: account.kit.jsonNumber(account.kit.money.toMajor(request.money)),
    ...(request.reason === null ? {} : { reason: request.reason.slice(0, 128) }),
  };
  const answer = await ask(account, call, { method: 'POST', path: '/refunds/create', body });
  if (answer.kind === 'data') return outcomeOf(account, answer.data);
  if (answer.kind !== 'fault') return answer;
  return saysRepeated(answer.fault) ? findRefund(account, request, call) : explainFault(answer.fault);
}

/** By Airwallex's number once it is known; before that, among the refunds of the payment. */
export async function queryRefund(account: AirwallexAccount, request: RefundRequest, call: Call): Promise<RefundOutcome> {
  const id = idOf(request.channelNo);
  if (id === null) return findRefund(account, request, call);
  const answer = await ask(account, call, { method: 'GET', path: `/refunds/${id}` });
  if (answer.kind === 'fault') return saysNotFound(answer.fault) ? notFound : explainQuestion(answer.fault);
  return answer.kind === 'data' ? outcomeOf(account, answer.data) : answer;
}

async function findRefund(account: AirwallexAccount, { number, attempt }: RefundRequest, call: Call): Promise<RefundOutcome> {
  const intentId = idOf(attempt.channelNo);
  if (intentId === null) return { kind: 'rejected', reason: 'validation' };
  const answer = await ask(account, call, { method: 'GET', path: `/refunds?payment_intent_id=${intentId}&page_size=100` });
  if (answer.kind === 'fault') return explainQuestion(answer.fault);
  if (answer.kind !== 'data' || !Array.isArray(answer.data.items)) return answer.kind === 'data' ? unreadable : answer;
  const found = (answer.data.items as readonly unknown[]).filter(isRecord).find((one) => one.request_id === number);
  if (found !== undefined) return outcomeOf(account, found);
  // What may be on another page is not missing.
  return answer.data.has_more === false ? notFound : { kind: 'unknown', reason: 'unmapped' };
}

function outcomeOf(account: AirwallexAccount, data: Data): RefundOutcome {
  const report = readRefund(account, data);
  return report === null ? unreadable : { kind: 'ok', report };
}

export function readRefund({ kit }: AirwallexAccount, data: Data): (RefundReport & { readonly channelNo: string }) | null {
  const channelNo = idOf(data.id);
  const number = ourNumber(data.request_id);
  if (channelNo === null || number === null) return null;
  const echo = { number };
  if (data.status === 'RECEIVED' || data.status === 'ACCEPTED') return { state: 'processing', channelNo, echo };
  if (data.status === 'FAILED') return { state: 'failed', code: 'refund_rejected', channelNo, echo };
  const money = kit.money.fromMajor(data.amount, data.currency);
  if (data.status !== 'SETTLED' || money === null) return null;
  return { state: 'succeeded', channelNo, money, echo, ...timeOf(data.updated_at) };
}
