import type { RefundRequest } from '../../../core/contract/channel.ts';
import type { Call } from '../../../core/contract/kit.ts';
import type { RefundOutcome, RefundReport } from '../../../core/contract/outcome.ts';
import type { Part } from '../../../core/contract/parts.ts';
import type { Merchant } from './gateway.ts';
import { askMerged } from './merge.ts';
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
    const outcome = await refundTrade(merchant, merchant.kit.parts.refundOf(request, part, index), call);
    if (outcome.kind !== 'ok') return index === 0 ? outcome : afterSome(outcome);
    reports.push(outcome.report);
  }
  return { kind: 'ok', report: merchant.kit.parts.joinRefunds(request.money.currency, reports, {}) };
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
    const outcome = await queryTradeRefund(merchant, merchant.kit.parts.refundOf(request, part, index), call);
    if (outcome.kind !== 'ok') return outcome;
    reports.push(outcome.report);
  }
  const { number, money } = request;
  const { parts: kit } = merchant.kit;
  const isOurs = reports.every((report, index) => report.state === 'not_found' || report.echo.number === kit.number(number, index));
  return isOurs ? { kind: 'ok', report: kit.joinRefunds(money.currency, reports, { number }) } : unreadable;
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
