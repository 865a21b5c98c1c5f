import type { AttemptRef, PayRequest, RefundRequest } from '../../../core/contract/channel.ts';
import type { Call, Kit } from '../../../core/contract/kit.ts';
import type { Money } from '../../../core/contract/money.ts';
import type {
  CloseOutcome,
  Declined,
  Echo,
  Outcome,
  PaymentReport,
  RefundOutcome,
  Rejected,
  Unknown,
} from '../../../core/contract/outcome.ts';
import { readFailure } from './errors.ts';
import { type Answer, ask, formatTime, type Merchant, readText, readTime, signQuestion } from './gateway.ts';
import { buildForm } from './sign.ts';

const unreadable: Unknown = { kind: 'unknown', reason: 'unreadable' };

/** Products whose call is opened by the shopper's browser, not by us: method and product code. */
const pages: Readonly<Record<string, { readonly method: string; readonly productCode: string }>> = {
  page: { method: 'alipay.trade.page.pay', productCode: 'FAST_INSTANT_TRADE_PAY' },
  wap: { method: 'alipay.trade.wap.pay', productCode: 'QUICK_WAP_WAY' },
};

/** What `close` may answer when the trade no longer waits for its buyer. It may be paid or closed: a query tells. */
const notWaitingCodes: readonly string[] = [
  'ACQ.TRADE_STATUS_ERROR',
  'ACQ.REASON_TRADE_STATUS_INVALID',
  'ACQ.REASON_ILLEGAL_STATUS',
  'ACQ.TRADE_HAS_SUCCESS',
  'ACQ.TRADE_HAS_FINISHED',
  'ACQ.TRADE_HAS_CLOSE',
];

export async function pay(merchant: Merchant, request: PayRequest, call: Call): Promise<Outcome> {
  if (request.product === 'precreate') return precreate(merchant, request, call);
  const page = Object.hasOwn(pages, request.product) ? pages[request.product] : undefined;
  if (page === undefined) return { kind: 'rejected', reason: 'unsupported' };
  const { returnUrl } = request;
  const question = {
    method: page.method,
    content: {
      ...orderOf(merchant.kit, request, page.productCode),
      ...(request.product === 'wap' && returnUrl !== null ? { quit_url: returnUrl } : {}),
    },
    callbackUrl: request.callbackUrl,
    ...(returnUrl === null ? {} : { returnUrl }),
  };
  // Nothing is sent: Alipay first hears of the trade when the browser opens this address. Its time is the attempt's
  // and not the clock's, so that the same attempt always has the same address.
  const params = await signQuestion(merchant, question, request.createdAt);
  return { kind: 'action', action: { type: 'redirect', url: `${merchant.gatewayUrl}?${buildForm(params)}` } };
}

async function precreate(merchant: Merchant, request: PayRequest, call: Call): Promise<Outcome> {
  const content = orderOf(merchant.kit, request, 'FACE_TO_FACE_PAYMENT');
  const question = { method: 'alipay.trade.precreate', content, callbackUrl: request.callbackUrl };
  const answer = await ask(merchant, question, call, true);
  if (answer.kind !== 'answer') return answer;
  if (answer.failure !== null) return readFailure(answer.failure);
  const qrContent = readText(answer.node['qr_code']);
  if (qrContent === undefined || !isAbout(answer, request)) return unreadable;
  return { kind: 'action', action: { type: 'qr', qrContent } };
}

function orderOf(kit: Kit, request: PayRequest, productCode: string): Record<string, string> {
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

export async function query(merchant: Merchant, attempt: AttemptRef, call: Call): Promise<Outcome> {
  const answer = await ask(merchant, { method: 'alipay.trade.query', content: { out_trade_no: attempt.number } }, call);
  if (answer.kind !== 'answer') return answer;
  if (answer.failure?.subCode === 'ACQ.TRADE_NOT_EXIST') return { kind: 'ok', report: { state: 'not_found' } };
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
    wasPaid: wasPaid(merchant.kit, node),
    echo: { number },
  });
  return typeof report === 'string' ? { kind: 'unknown', reason: report } : { kind: 'ok', report };
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

export async function close(merchant: Merchant, attempt: AttemptRef, call: Call): Promise<CloseOutcome> {
  const answer = await ask(merchant, { method: 'alipay.trade.close', content: { out_trade_no: attempt.number } }, call);
  if (answer.kind !== 'answer') return answer;
  if (answer.failure === null) return isAbout(answer, attempt) ? { kind: 'closed' } : unreadable;
  const { subCode } = answer.failure;
  // The page may be open or the code on screen: the trade is made when the shopper logs in or scans.
  if (subCode === 'ACQ.TRADE_NOT_EXIST') return { kind: 'notFound' };
  if (notWaitingCodes.includes(subCode)) return { kind: 'paid' };
  return undecided(readFailure(answer.failure));
}

export async function refund(merchant: Merchant, request: RefundRequest, call: Call): Promise<RefundOutcome> {
  const content = {
    out_trade_no: request.attempt.number,
    refund_amount: merchant.kit.money.toMajor(request.money),
    out_request_no: request.number,
    ...(request.reason === null || request.reason === '' ? {} : { refund_reason: request.reason.slice(0, 256) }),
  };
  const answer = await ask(merchant, { method: 'alipay.trade.refund', content }, call);
  if (answer.kind !== 'answer') return answer;
  if (answer.failure !== null) return readFailure(answer.failure);
  return isAbout(answer, request.attempt) ? readRefund(merchant.kit, answer, request.money) : unreadable;
}

/**
 * `fund_change` N says that this send moved nothing, perhaps because an earlier one did. And `refund_fee` is the total
 * of all refunds of the trade: it states this refund's amount only while there is no other. A query settles the rest.
 */
function readRefund(kit: Kit, { node }: Answer, asked: Money): RefundOutcome {
  const channelNo = readText(node['trade_no']);
  const total = kit.money.fromMajor(node['refund_fee'], 'CNY');
  const moved = node['fund_change'];
  if (moved === 'N') return { kind: 'ok', report: { state: 'processing', echo: {} } };
  if (moved !== 'Y' || channelNo === undefined || total === null) return unreadable;
  if (total.amount > asked.amount) return { kind: 'ok', report: { state: 'processing', channelNo, echo: {} } };
  const at = readTime(node['gmt_refund_pay']);
  return { kind: 'ok', report: { state: 'succeeded', channelNo, money: total, echo: {}, ...(at === undefined ? {} : { at }) } };
}

export async function queryRefund(merchant: Merchant, request: RefundRequest, call: Call): Promise<RefundOutcome> {
  const content = { out_trade_no: request.attempt.number, out_request_no: request.number, query_options: ['gmt_refund_pay'] };
  const answer = await ask(merchant, { method: 'alipay.trade.fastpay.refund.query', content }, call);
  if (answer.kind !== 'answer') return answer;
  if (answer.failure?.subCode === 'ACQ.TRADE_NOT_EXIST') return { kind: 'ok', report: { state: 'not_found' } };
  if (answer.failure !== null) return undecided(readFailure(answer.failure));
  const { node } = answer;
  const status = node['refund_status'] ?? '';
  // Code 10000 says only that the question was answered; of a refund that it does not have, Alipay tells nothing.
  if (status === '' && node['refund_amount'] === undefined) return { kind: 'ok', report: { state: 'not_found' } };
  const number = readText(node['out_request_no']);
  if (number === undefined || !isAbout(answer, request.attempt)) return unreadable;
  if (status === 'REFUND_PROCESSING') return { kind: 'ok', report: { state: 'processing', echo: { number } } };
  if (status !== '' && status !== 'REFUND_SUCCESS') return { kind: 'unknown', reason: 'unmapped' };
  const channelNo = readText(node['trade_no']);
  const money = merchant.kit.money.fromMajor(node['refund_amount'], 'CNY');
  if (channelNo === undefined || money === null) return unreadable;
  const at = readTime(node['gmt_refund_pay']);
  return { kind: 'ok', report: { state: 'succeeded', channelNo, money, echo: { number }, ...(at === undefined ? {} : { at }) } };
}

/** Asks about a number that cannot exist: a signed "no such trade" proves both keys and the app id. */
export async function probe(merchant: Merchant, call: Call): Promise<{ readonly ok: boolean; readonly detail: string }> {
  const answer = await ask(merchant, { method: 'alipay.trade.query', content: { out_trade_no: 'PAYMUX_PROBE' } }, call);
  if (answer.kind === 'notSent') return { ok: false, detail: `not sent: ${answer.reason}` };
  if (answer.kind !== 'answer') return { ok: false, detail: answer.vendor?.code ?? answer.reason };
  const isKnown = answer.failure === null || answer.failure.subCode === 'ACQ.TRADE_NOT_EXIST';
  return { ok: isKnown, detail: isKnown ? 'Alipay knows this application and its keys' : (answer.failure?.subCode ?? '') };
}

/** The outcomes without a place for the number have to be compared here; for the others the kernel compares the echo. */
function isAbout(answer: Answer, attempt: Pick<AttemptRef, 'number'>): boolean {
  return answer.node['out_trade_no'] === attempt.number;
}

/** A failed question is no answer: what would decline a payment says nothing about one that is asked about. */
function undecided(failure: Declined | Rejected | Unknown): Rejected | Unknown {
  return failure.kind === 'declined' ? { kind: 'unknown', reason: 'unmapped', vendor: failure.vendor } : failure;
}
