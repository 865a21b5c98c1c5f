import type { RefundRequest } from '../../../core/contract/channel.ts';
import type { Call } from '../../../core/contract/kit.ts';
import type { RefundOutcome, RefundReport } from '../../../core/contract/outcome.ts';
import { askCombined, type Part, partNumber } from './combine.ts';
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
    const outcome = await refundOrder(account, requestOf(request, part, index), call);
    if (outcome.kind !== 'ok') return index === 0 ? outcome : afterSome(outcome);
    reports.push(outcome.report);
    // What comes next would move money for a refund that cannot succeed any more.
    if (outcome.report.state === 'failed' || outcome.report.state === 'abnormal') return queryCombinedRefund(account, request, call);
  }
  return { kind: 'ok', report: joinReports(request, reports) };
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
    const outcome = await queryOrderRefund(account, requestOf(request, part, index), call);
    if (outcome.kind !== 'ok') return outcome;
    reports.push(outcome.report);
  }
  return { kind: 'ok', report: joinReports(request, reports) };
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

function requestOf(request: RefundRequest, part: Part, index: number): RefundRequest {
  const attempt = { ...request.attempt, number: part.number, money: part.money };
  return { ...request, number: partNumber(request.number, index), money: part.money, attempt };
}

/** An unknown part was never sent, or is not yet known: "not found" makes the kernel send all again, each under its own number. */
function joinReports({ number, money: { currency } }: RefundRequest, reports: readonly RefundReport[]): RefundReport {
  const isOurs = reports.every((report, index) => report.state === 'not_found' || report.echo.number === partNumber(number, index));
  const echo = { number: isOurs ? number : '' };
  const states = new Set(reports.map(({ state }) => state));
  if (states.has('abnormal') || (states.has('failed') && states.size > 1)) return { state: 'abnormal', echo };
  if (states.has('failed')) return { state: 'failed', code: 'refund_rejected', echo };
  if (states.has('not_found')) return { state: 'not_found' };
  const done = reports.filter((report) => report.state === 'succeeded');
  const [first] = done;
  if (first === undefined || done.length < reports.length) return { state: 'processing', echo };
  const amount = done.reduce((sum, { money }) => sum + money.amount, 0);
  const money = { amount: done.every((one) => one.money.currency === currency) ? amount : 0, currency };
  return { state: 'succeeded', channelNo: first.channelNo, money, echo, ...(first.at === undefined ? {} : { at: first.at }) };
}
