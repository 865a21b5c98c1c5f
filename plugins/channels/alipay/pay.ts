import type { AttemptRef, PayRequest, RefundRequest } from '../../../core/contract/channel.ts';
import type { Call, Kit } from '../../../core/contract/kit.ts';
import type { Money } from '../../../core/contract/money.ts';
import type { CloseOutcome, Outcome, RefundOutcome } from '../../../core/contract/outcome.ts';
import { closeBarCode, payBarCode } from './barcode.ts';
import { readFailure } from './errors.ts';
import { type Answer, ask, type Merchant, readText, readTime, signQuestion } from './gateway.ts';
import { buildForm } from './sign.ts';
import { isAbout, orderOf, undecided, unreadable } from './trade.ts';

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
  if (request.product === 'barcode') return payBarCode(merchant, request, call);
  if (request.product === 'app') return describeAppCall(merchant, request);
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

/** The text that the mobile app hands to Alipay's SDK. Like a page, it is the same for every repeat, and nothing is sent. */
async function describeAppCall(merchant: Merchant, request: PayRequest): Promise<Outcome> {
  const content = orderOf(merchant.kit, request, 'QUICK_MSECURITY_PAY');
  const question = { method: 'alipay.trade.app.pay', content, callbackUrl: request.callbackUrl };
  const orderStr = buildForm(await signQuestion(merchant, question, request.createdAt));
  return { kind: 'action', action: { type: 'sdk', params: { orderStr } } };
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

export async function close(merchant: Merchant, attempt: AttemptRef, call: Call): Promise<CloseOutcome> {
  if (attempt.product === 'barcode') return closeBarCode(merchant, attempt, call);
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
  if (!isAbout(answer, request.attempt)) return unreadable;
  const outcome = readRefund(merchant.kit, answer, request.money);
  const isOpen = outcome.kind === 'ok' && outcome.report.state === 'processing';
  if (!isOpen || request.attempt.product !== 'barcode') return outcome;
  // No callback will come for a bar code, so what this answer leaves open is asked at once.
  const asked = await queryRefund(merchant, request, call);
  return asked.kind === 'ok' && asked.report.state === 'succeeded' ? asked : outcome;
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
