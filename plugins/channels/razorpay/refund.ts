import type { RefundRequest } from '../../../core/contract/channel.ts';
import type { Call } from '../../../core/contract/kit.ts';
import type { RefundOutcome, RefundReport } from '../../../core/contract/outcome.ts';
import { explainFault, explainRefundFault, saysNotFound } from './errors.ts';
import { ask, type Data, idOf, isRecord, itemsOf, type RazorpayAccount } from './gateway.ts';

const pageSize = 100;
const maxPages = 10;

/**
 * Our number goes out three times: as the receipt and in the notes, by which a lost refund is found, and
 * as the key under which Razorpay documents repeats to be safe. For how long it keeps keys is not documented,
 * so the manifest does not rely on them.
 */
export async function refund(account: RazorpayAccount, request: RefundRequest, call: Call): Promise<RefundOutcome> {
  const { number, money, reason, attempt } = request;
  // Notes take 256 characters.
  const notes = { refund_number: number, ...(reason === null ? {} : { reason: Array.from(reason).slice(0, 120).join('') }) };
  const answer = await ask(account, call, {
    method: 'POST',
    path: `/v1/payments/${encodeURIComponent(attempt.channelNo ?? '')}/refund`,
    headers: { 'x-refund-idempotency': number },
    body: { amount: money.amount, speed: 'normal', receipt: number, notes },
  });
  if (answer.kind === 'fault') return explainRefundFault(answer.fault);
  return answer.kind === 'data' ? outcomeOf(account, answer.data, attempt.channelNo) : answer;
}

export async function queryRefund(account: RazorpayAccount, request: RefundRequest, call: Call): Promise<RefundOutcome> {
  if (request.channelNo === null) return findRefund(account, request, call);
  const answer = await ask(account, call, { method: 'GET', path: `/v1/refunds/${encodeURIComponent(request.channelNo)}` });
  if (answer.kind === 'fault') {
    return saysNotFound(answer.fault) ? { kind: 'ok', report: { state: 'not_found' } } : explainFault(answer.fault);
  }
  return answer.kind === 'data' ? outcomeOf(account, answer.data, request.attempt.channelNo) : answer;
}

/** Looks through the payment's refunds. That ours is on no page proves something only when no page was left. */
async function findRefund(account: RazorpayAccount, request: RefundRequest, call: Call): Promise<RefundOutcome> {
  const path = `/v1/payments/${encodeURIComponent(request.attempt.channelNo ?? '')}/refunds`;
  for (let page = 0; page < maxPages; page += 1) {
    const answer = await ask(account, call, { method: 'GET', path: `${path}?count=${pageSize}&skip=${page * pageSize}` });
    if (answer.kind === 'fault') return explainFault(answer.fault);
    if (answer.kind !== 'data') return answer;
    const items = itemsOf(answer.data);
    if (items === null) return { kind: 'unknown', reason: 'unreadable' };
    const found = items.find((one) => numberOf(one) === request.number);
    if (found !== undefined) return outcomeOf(account, found, request.attempt.channelNo);
    if (items.length < pageSize) return { kind: 'ok', report: { state: 'not_found' } };
  }
  return { kind: 'unknown', reason: 'unmapped' };
}

function outcomeOf(account: RazorpayAccount, data: Data, paymentId: string | null): RefundOutcome {
  const report = data.payment_id === paymentId ? readRefund(account, data) : null;
  return report === null ? { kind: 'unknown', reason: 'unreadable' } : { kind: 'ok', report };
}

/** Our number. The receipt is lost where a refund was taken over by support, the notes are not. */
export function numberOf({ receipt, notes }: Data): string | null {
  if (typeof receipt === 'string' && receipt !== '') return receipt;
  return isRecord(notes) && typeof notes.refund_number === 'string' ? notes.refund_number : null;
}

/** A refund as answers and callbacks carry it; null when it cannot be read or is none of ours. */
export function readRefund({ kit, accountId }: RazorpayAccount, data: Data): RefundReport | null {
  const channelNo = idOf(data.id, 'rfnd');
  const number = numberOf(data);
  if (channelNo === null || number === null) return null;
  const echo = { number, ...(accountId === null ? {} : { merchantNo: accountId }) };
  if (data.status === 'pending') return { state: 'processing', channelNo, echo };
  if (data.status === 'failed') return { state: 'failed', code: 'refund_rejected', channelNo, echo };
  const money = kit.money.fromMinor(data.amount, data.currency);
  if (data.status !== 'processed' || money === null) return null;
  return { state: 'succeeded', channelNo, money, echo };
}
