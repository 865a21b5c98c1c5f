import type { RefundRequest } from '../../../core/contract/channel.ts';
import type { Call } from '../../../core/contract/kit.ts';
import type { RefundOutcome, RefundReport, Unknown } from '../../../core/contract/outcome.ts';
import { explainFault, explainRefundFault } from './errors.ts';
import { ask, createOnce, type Data, type GoCardlessAccount, idOf, isRecord, noteOf, recordOf } from './gateway.ts';

const unreadable: Unknown = { kind: 'unknown', reason: 'unreadable' };

/** A repeat is answered with what its key created before. */
export async function refund(account: GoCardlessAccount, request: RefundRequest, call: Call): Promise<RefundOutcome> {
  const { number, money, attempt } = request;
  const body = { amount: money.amount, metadata: { refund_number: number }, links: { payment: attempt.channelNo } };
  const answer = await createOnce(account, call, { resource: 'refunds', key: number, body });
  if (answer.kind === 'fault') return explainRefundFault(answer.fault);
  return answer.kind === 'data' ? outcomeOf(account, answer.data.refunds, request) : answer;
}

export async function queryRefund(account: GoCardlessAccount, request: RefundRequest, call: Call): Promise<RefundOutcome> {
  if (request.channelNo === null) return findRefund(account, request, call);
  const answer = await ask(account, call, { resource: 'refunds', path: `/${encodeURIComponent(request.channelNo)}` });
  if (answer.kind === 'fault') {
    return answer.fault.status === 404 ? { kind: 'ok', report: { state: 'not_found' } } : explainFault(answer.fault);
  }
  return answer.kind === 'data' ? outcomeOf(account, answer.data.refunds, request) : answer;
}

/** A payment takes five refunds, so that one page holds them all; where it does not, nothing is proven. */
async function findRefund(account: GoCardlessAccount, request: RefundRequest, call: Call): Promise<RefundOutcome> {
  const path = `?${new URLSearchParams({ payment: request.attempt.channelNo ?? '', limit: '500' })}`;
  const answer = await ask(account, call, { resource: 'refunds', path });
  if (answer.kind === 'fault') return explainFault(answer.fault);
  if (answer.kind !== 'data') return answer;
  const { refunds, meta } = answer.data;
  if (!Array.isArray(refunds) || !refunds.every(isRecord)) return unreadable;
  const found = refunds.find(({ metadata }) => noteOf(metadata, 'refund_number') === request.number);
  if (found !== undefined) return outcomeOf(account, found, request);
  const isWhole = recordOf(recordOf(meta).cursors).after === null;
  return isWhole ? { kind: 'ok', report: { state: 'not_found' } } : unreadable;
}

function outcomeOf(account: GoCardlessAccount, data: unknown, { attempt }: RefundRequest): RefundOutcome {
  const isOurs = isRecord(data) && recordOf(data.links).payment === attempt.channelNo;
  const report = isOurs ? readRefund(account, data) : null;
  return report === null ? unreadable : { kind: 'ok', report };
}

const working: ReadonlySet<unknown> = new Set(['created', 'pending_submission', 'submitted']);
/** The money is back with the merchant, or never left. */
const failed: ReadonlySet<unknown> = new Set(['cancelled', 'bounced', 'funds_returned']);

function readRefund({ kit }: GoCardlessAccount, data: Data): RefundReport | null {
  const channelNo = idOf(data.id, 'RF');
  const number = noteOf(data.metadata, 'refund_number');
  if (channelNo === null || number === null) return null;
  const echo = { number };
  if (working.has(data.status)) return { state: 'processing', channelNo, echo };
  if (failed.has(data.status)) return { state: 'failed', code: 'refund_rejected', channelNo, echo };
  const money = kit.money.fromMinor(data.amount, data.currency);
  return data.status === 'paid' && money !== null ? { state: 'succeeded', channelNo, money, echo } : null;
}
