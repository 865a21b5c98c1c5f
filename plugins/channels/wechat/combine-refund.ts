import type { RefundRequest } from '../../../core/contract/channel.ts';
import type { Call } from '../../../core/contract/kit.ts';
import type { RefundOutcome, RefundReport } from '../../../core/contract/outcome.ts';
import type { Part } from '../../../core/contract/parts.ts';
import { askCombined } from './combine.ts';
import type { WechatAccount } from './gateway.ts';
import { queryOrderRefund, refundOrder } from './refund.ts';

const unreadable = { kind: 'unknown', reason: 'unreadable' } as const;

/**
 * Refunds the whole of a combined payment, part after part: the vendor refunds single orders only, and a share of the
 * whole belongs to no order by itself. Each part's refund has a number of its own, so that a repeat moves each once.
 */
export async function refundCombined(account: WechatAccount, request: RefundRequest, call: Call): Promise<RefundOutcome> {
  const parts = await findParts(account, request, call);
  if ('kind' in parts) return parts;
  const reports: RefundReport[] = [];
  for (const [index, part] of parts.entries()) {
    const outcome = await refundOrder(account, account.kit.parts.refundOf(request, part, index), call);
    if (outcome.kind !== 'ok') return index === 0 ? outcome : afterSome(outcome);
    reports.push(outcome.report);
    // What comes next would move money for a refund that cannot succeed any more.
    if (outcome.report.state === 'failed' || outcome.report.state === 'abnormal') return queryCombinedRefund(account, request, call);
  }
  return { kind: 'ok', report: join(account, request, reports) };
}

/** A refusal of a later part leaves the earlier ones refunded: neither a success nor a failure, so an operator decides. */
function afterSome(outcome: Exclude<RefundOutcome, { kind: 'ok' }>): RefundOutcome {
  const isRefused = outcome.kind === 'declined' || (outcome.kind === 'rejected' && outcome.reason !== 'number_reused');
  if (isRefused) return { kind: 'ok', report: { state: 'abnormal', echo: {} } };
  return outcome.kind === 'unknown' ? outcome : { kind: 'unknown', reason: 'unmapped' };
}

/** Asks what became of each part's refund. */
export async function queryCombinedRefund(account: WechatAccount, request: RefundRequest, call: Call): Promise<RefundOutcome> {
  const parts = await findParts(account, request, call);
  if ('kind' in parts) return parts.kind === 'rejected' ? unreadable : parts;
  const reports: RefundReport[] = [];
  for (const [index, part] of parts.entries()) {
    const outcome = await queryOrderRefund(account, account.kit.parts.refundOf(request, part, index), call);
    if (outcome.kind !== 'ok') return outcome;
    reports.push(outcome.report);
  }
  return { kind: 'ok', report: join(account, request, reports) };
}

/** The parts of the payment, as the vendor states them: the kernel keeps only their sum. */
async function findParts(account: WechatAccount, request: RefundRequest, call: Call): Promise<readonly Part[] | RefundOutcome> {
  const { attempt, money } = request;
  if (money.amount !== attempt.money.amount || money.currency !== 'CNY') return { kind: 'rejected', reason: 'unsupported' };
  const asked = await askCombined(account, attempt, call);
  if (!('parts' in asked)) return asked.kind === 'unknown' || asked.kind === 'notSent' || asked.kind === 'rejected' ? asked : unreadable;
  const { report } = asked;
  const isPaid = report.state === 'succeeded' && report.money.amount === money.amount;
  const isOurs = isPaid && report.echo.number === attempt.number && report.echo.merchantNo === account.mchid;
  return isOurs ? asked.parts : unreadable;
}

/** What the parts' refunds come to. It is ours where each of them is. */
function join({ kit }: WechatAccount, { number, money }: RefundRequest, reports: readonly RefundReport[]): RefundReport {
  const isOurs = reports.every((report, index) => report.state === 'not_found' || report.echo.number === kit.parts.number(number, index));
  return kit.parts.joinRefunds(money.currency, reports, { number: isOurs ? number : '' });
}
