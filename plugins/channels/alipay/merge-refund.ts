import type { RefundRequest } from '../../../core/contract/channel.ts';
import type { Call } from '../../../core/contract/kit.ts';
import type { RefundOutcome, RefundReport } from '../../../core/contract/outcome.ts';
import type { Merchant } from './gateway.ts';
import { askMerged, type Part, partNumber } from './merge.ts';
import { queryTradeRefund, refundTrade } from './refund.ts';
import { unreadable } from './trade.ts';

/**
 * Refunds the whole of a merged payment, trade after trade: a share of the whole belongs to no trade by itself. Each
 * has a refund number of its own, so that a repeat moves each once.
 */
export async function refundMerged(merchant: Merchant, request: RefundRequest, call: Call): Promise<RefundOutcome> {
  const parts = await findParts(merchant, request, call);
  if ('kind' in parts) return parts;
  const reports: RefundReport[] = [];
  for (const [index, part] of parts.entries()) {
    const outcome = await refundTrade(merchant, requestOf(request, part, index), call);
    if (outcome.kind !== 'ok') return index === 0 ? outcome : afterSome(outcome);
    reports.push(outcome.report);
  }
  return { kind: 'ok', report: joinReports(request, reports, {}) };
}

/** A refusal of a later trade leaves the earlier ones refunded: neither a success nor a failure, so an operator decides. */
function afterSome(outcome: Exclude<RefundOutcome, { kind: 'ok' }>): RefundOutcome {
  if (outcome.kind === 'declined' || outcome.kind === 'rejected') return { kind: 'ok', report: { state: 'abnormal', echo: {} } };
  return outcome.kind === 'unknown' ? outcome : { kind: 'unknown', reason: 'unmapped' };
}

export async function queryMergedRefund(merchant: Merchant, request: RefundRequest, call: Call): Promise<RefundOutcome> {
  const parts = await findParts(merchant, request, call);
  if ('kind' in parts) return parts.kind === 'rejected' ? unreadable : parts;
  const reports: RefundReport[] = [];
  for (const [index, part] of parts.entries()) {
    const outcome = await queryTradeRefund(merchant, requestOf(request, part, index), call);
    if (outcome.kind !== 'ok') return outcome;
    reports.push(outcome.report);
  }
  const isOurs = reports.every((report, index) => report.state === 'not_found' || report.echo.number === partNumber(request.number, index));
  return isOurs ? { kind: 'ok', report: joinReports(request, reports, { number: request.number }) } : unreadable;
}

/** The trades of the payment, as the vendor states them: the kernel keeps only their sum. */
async function findParts(merchant: Merchant, request: RefundRequest, call: Call): Promise<readonly Part[] | RefundOutcome> {
  const { attempt, money } = request;
  if (money.amount !== attempt.money.amount || money.currency !== 'CNY') return { kind: 'rejected', reason: 'unsupported' };
  const asked = await askMerged(merchant, attempt, call);
  if (!('parts' in asked)) return asked.kind === 'action' || asked.kind === 'declined' ? unreadable : asked;
  const isPaid = asked.report.state === 'succeeded' && asked.report.money.amount === money.amount;
  return isPaid ? asked.parts : unreadable;
}

function requestOf(request: RefundRequest, part: Part, index: number): RefundRequest {
  const attempt = { ...request.attempt, number: part.number, money: part.money };
  return { ...request, number: partNumber(request.number, index), money: part.money, attempt };
}

/** An unknown part was never sent: "not found" makes the kernel send all again, each under its own number. */
function joinReports({ money }: RefundRequest, reports: readonly RefundReport[], echo: { readonly number?: string }): RefundReport {
  if (reports.some(({ state }) => state === 'not_found')) return { state: 'not_found' };
  const done = reports.filter((report) => report.state === 'succeeded');
  const [first] = done;
  if (first === undefined || done.length < reports.length) return { state: 'processing', echo };
  const amount = done.reduce((sum, report) => sum + report.money.amount, 0);
  const at = first.at === undefined ? {} : { at: first.at };
  return { state: 'succeeded', channelNo: first.channelNo, money: { ...money, amount }, echo, ...at };
}
