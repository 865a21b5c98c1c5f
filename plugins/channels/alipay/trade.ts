import type { AttemptRef, PayRequest } from '../../../core/contract/channel.ts';
import type { Call, Kit } from '../../../core/contract/kit.ts';
import type { Money } from '../../../core/contract/money.ts';
import type { CloseOutcome, Declined, Echo, Outcome, PaymentReport, Rejected, Unknown } from '../../../core/contract/outcome.ts';
import { readFailure } from './errors.ts';
import { type Answer, ask, formatTime, type Merchant, readText, readTime } from './gateway.ts';

export const unreadable: Unknown = { kind: 'unknown', reason: 'unreadable' };

/** The part of an order that all products have. */
export function orderOf(kit: Kit, request: PayRequest, productCode: string): Record<string, string> {
  return {
    out_trade_no: request.number,
    total_amount: kit.money.toMajor(request.money),
    subject: cleanSubject(request.subject),
    product_code: productCode,
    // Absolute: a relative time would start anew with every repeat.
    time_expire: formatTime(request.expiresAt),
  };
}

/** Alipay's documents forbid `/`, `=` and `&` in a subject; their full-width twins read the same. */
function cleanSubject(subject: string): string {
  return subject.replaceAll('/', '／').replaceAll('=', '＝').replaceAll('&', '＆');
}

/** What `close` may answer when the trade no longer waits for its buyer. It may be paid or closed: a query tells. */
const notWaitingCodes: readonly string[] = [
  'ACQ.TRADE_STATUS_ERROR',
  'ACQ.REASON_TRADE_STATUS_INVALID',
  'ACQ.REASON_ILLEGAL_STATUS',
  'ACQ.TRADE_HAS_SUCCESS',
  'ACQ.TRADE_HAS_FINISHED',
  'ACQ.TRADE_HAS_CLOSE',
];

export async function closeTrade(merchant: Merchant, attempt: AttemptRef, call: Call): Promise<CloseOutcome> {
  const answer = await ask(merchant, { method: 'alipay.trade.close', content: { out_trade_no: attempt.number } }, call);
  if (answer.kind !== 'answer') return answer;
  if (answer.failure === null) return isAbout(answer, attempt) ? { kind: 'closed' } : unreadable;
  const { subCode } = answer.failure;
  // The page may be open or the code on screen: the trade is made when the shopper logs in or scans.
  if (subCode === 'ACQ.TRADE_NOT_EXIST') return { kind: 'notFound' };
  if (notWaitingCodes.includes(subCode)) return { kind: 'paid' };
  return undecided(readFailure(answer.failure));
}

export async function queryTrade(merchant: Merchant, attempt: AttemptRef, call: Call): Promise<Outcome> {
  const asked = await askTrade(merchant, attempt, call);
  return 'report' in asked ? { kind: 'ok', report: asked.report } : asked;
}

/** What a trade is worth stands in every answer about it, and in the report only of one that was paid. */
export interface AskedTrade {
  readonly report: PaymentReport;
  readonly total: Money | null;
}

export async function askTrade(
  merchant: Merchant,
  attempt: AttemptRef,
  call: Call,
): Promise<AskedTrade | Exclude<Outcome, { kind: 'ok' }>> {
  const answer = await ask(merchant, { method: 'alipay.trade.query', content: { out_trade_no: attempt.number } }, call);
  if (answer.kind !== 'answer') return answer;
  if (answer.failure?.subCode === 'ACQ.TRADE_NOT_EXIST') return { report: { state: 'not_found' }, total: null };
  if (answer.failure !== null) return undecided(readFailure(answer.failure));
  const { node } = answer;
  const number = readText(node['out_trade_no']);
  if (number === undefined) return unreadable;
  const report = readTrade(merchant.kit, {
    status: node['trade_status'],
    channelNo: node['trade_no'],
    total: node['total_amount'],
    currency: node['trans_currency'],
    paidAt: node['send_pay_date'],
    // Closed by a cancel that took the money back, or refunded before we heard that it had come: either way it is not there.
    wasPaid: attempt.product === 'barcode' ? false : wasPaid(merchant.kit, node),
    echo: { number },
  });
  const total = merchant.kit.money.fromMajor(node['total_amount'], node['trans_currency'] ?? 'CNY');
  // Whoever shows a bar code has acted; Alipay may still want the password.
  if (attempt.product === 'barcode' && typeof report !== 'string' && report.state === 'pending')
    return { report: { ...report, state: 'processing' }, total };
  return typeof report === 'string' ? { kind: 'unknown', reason: report } : { report, total };
}

/** A trade as an answer or a callback tells of it; the two name the same facts differently. */
export interface Trade {
  readonly status: unknown;
  readonly channelNo: unknown;
  readonly total: unknown;
  readonly currency?: unknown;
  readonly paidAt: unknown;
  /** Of a closed trade: whether money had come in before. Null when the facts contradict each other. */
  readonly wasPaid: boolean | null;
  readonly echo: Echo;
}

/** What a trade means, or why it means nothing. */
export function readTrade(kit: Kit, trade: Trade): PaymentReport | 'unreadable' | 'unmapped' {
  const { echo } = trade;
  const channelNo = readText(trade.channelNo);
  const known = channelNo === undefined ? { echo } : { channelNo, echo };
  if (trade.status === 'WAIT_BUYER_PAY') return { state: 'pending', ...known };
  const isClosed = trade.status === 'TRADE_CLOSED';
  if (isClosed && trade.wasPaid === null) return 'unmapped';
  if (isClosed && !trade.wasPaid) return { state: 'closed', ...known };
  if (!isClosed && trade.status !== 'TRADE_SUCCESS' && trade.status !== 'TRADE_FINISHED') return 'unmapped';
  const money = kit.money.fromMajor(trade.total, trade.currency ?? 'CNY');
  const at = readTime(trade.paidAt);
  if (money === null || channelNo === undefined) return 'unreadable';
  return { state: 'succeeded', channelNo, money, echo, ...(at === undefined ? {} : { at }) };
}

/**
 * A trade is also closed once all of it was refunded, and then carries the time it was paid. Should a closed trade
 * carry that time and yet say that nothing was paid or received, we do not guess: goods would leave unpaid.
 */
function wasPaid(kit: Kit, node: Readonly<Record<string, unknown>>): boolean | null {
  if (readText(node['send_pay_date']) === undefined) return false;
  const amounts = [node['buyer_pay_amount'], node['receipt_amount']].filter((amount) => amount !== undefined);
  return amounts.length === 0 || amounts.some((amount) => isPositive(kit, amount)) ? true : null;
}

export function isPositive(kit: Kit, amount: unknown): boolean {
  return (kit.money.fromMajor(amount, 'CNY')?.amount ?? 0) > 0;
}

/** The outcomes without a place for the number have to be compared here; for the others the kernel compares the echo. */
export function isAbout(answer: Answer, attempt: Pick<AttemptRef, 'number'>): boolean {
  return answer.node['out_trade_no'] === attempt.number;
}

/** A failed question is no answer: what would decline a payment says nothing about one that is asked about. */
export function undecided(failure: Declined | Rejected | Unknown): Rejected | Unknown {
  return failure.kind === 'declined' ? { kind: 'unknown', reason: 'unmapped', vendor: failure.vendor } : failure;
}
