import type { RefundRequest } from '../../../core/contract/channel.ts';
import type { Call } from '../../../core/contract/kit.ts';
import type { RefundOutcome, RefundReport } from '../../../core/contract/outcome.ts';
import { explainFault, explainRefundFault, saysNotFound } from './errors.ts';
import { ask, type Data, idOf, isRecord, livemodeOf, type PaystackAccount, timeOf } from './gateway.ts';

const pageSize = 100;
const maxPages = 10;
/** Their clock and ours may differ. */
const clockSlackMs = 10 * 60_000;

/** Refunds have no number of the merchant's. Ours goes into the merchant's note, by which a lost one is found again. */
export async function refund(account: PaystackAccount, request: RefundRequest, call: Call): Promise<RefundOutcome> {
  const body = {
    transaction: request.attempt.number,
    amount: request.money.amount,
    currency: request.money.currency,
    merchant_note: request.number,
    ...(request.reason === null ? {} : { customer_note: request.reason }),
  };
  const answer = await ask(account, call, { method: 'POST', path: '/refund', body });
  if (answer.kind === 'fault') return explainRefundFault(answer.fault);
  return answer.kind === 'data' ? outcomeOf(account, answer.data) : answer;
}

export async function queryRefund(account: PaystackAccount, request: RefundRequest, call: Call): Promise<RefundOutcome> {
  if (request.channelNo === null) return findRefund(account, request, call);
  const answer = await ask(account, call, { method: 'GET', path: `/refund/${encodeURIComponent(request.channelNo)}` });
  if (answer.kind === 'fault') {
    return saysNotFound(answer.fault) ? { kind: 'ok', report: { state: 'not_found' } } : explainFault(answer.fault);
  }
  return answer.kind === 'data' ? outcomeOf(account, answer.data) : answer;
}

/** Looks through the refunds since ours was made. That it is on no page proves something only when there was no page left. */
async function findRefund(account: PaystackAccount, request: RefundRequest, call: Call): Promise<RefundOutcome> {
  const from = new Date(request.createdAt.getTime() - clockSlackMs).toISOString();
  for (let page = 1; page <= maxPages; page += 1) {
    const path = `/refund?${new URLSearchParams({ perPage: String(pageSize), page: String(page), from })}`;
    const answer = await ask(account, call, { method: 'GET', path });
    if (answer.kind === 'fault') return explainFault(answer.fault);
    if (answer.kind !== 'data') return answer;
    if (!Array.isArray(answer.data)) return { kind: 'unknown', reason: 'unreadable' };
    const found = answer.data.filter(isRecord).find((one) => one.merchant_note === request.number);
    if (found !== undefined) return outcomeOf(account, found);
    if (answer.data.length < pageSize) return { kind: 'ok', report: { state: 'not_found' } };
  }
  return { kind: 'unknown', reason: 'unmapped' };
}

function outcomeOf(account: PaystackAccount, data: unknown): RefundOutcome {
  const report = isRecord(data) ? readRefund(account, data) : null;
  return report === null ? { kind: 'unknown', reason: 'unreadable' } : { kind: 'ok', report };
}

function readRefund({ kit }: PaystackAccount, data: Data): RefundReport | null {
  const channelNo = idOf(data.id);
  const { merchant_note: number, status } = data;
  if (channelNo === null || typeof number !== 'string') return null;
  const echo = { number, ...livemodeOf(data.domain) };
  if (status === 'pending' || status === 'processing') return { state: 'processing', channelNo, echo };
  // The bank account of the customer has to be given before it goes on.
  if (status === 'needs-attention') return { state: 'abnormal', channelNo, echo };
  if (status === 'failed') return { state: 'failed', code: 'refund_rejected', channelNo, echo };
  const money = kit.money.fromMinor(data.amount, data.currency);
  if (status !== 'processed' || money === null) return null;
  return { state: 'succeeded', channelNo, money, echo, ...timeOf(data.refunded_at) };
}
