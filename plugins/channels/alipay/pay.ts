import type { AttemptRef, PayRequest, RefundRequest } from '../../../core/contract/channel.ts';
import type { Call } from '../../../core/contract/kit.ts';
import type { CloseOutcome, Outcome, RefundOutcome } from '../../../core/contract/outcome.ts';
import { closeBarCode, payBarCode } from './barcode.ts';
import { readFailure } from './errors.ts';
import { ask, type Merchant, readText, signQuestion } from './gateway.ts';
import { closeMerged, isMerged, payMerged, queryMerged } from './merge.ts';
import { queryMergedRefund, refundMerged } from './merge-refund.ts';
import { queryTradeRefund, refundTrade } from './refund.ts';
import { buildForm } from './sign.ts';
import { closeTrade, isAbout, orderOf, queryTrade, unreadable } from './trade.ts';

/** Products whose call is opened by the shopper's browser, not by us: method and product code. */
const pages: Readonly<Record<string, { readonly method: string; readonly productCode: string }>> = {
  page: { method: 'alipay.trade.page.pay', productCode: 'FAST_INSTANT_TRADE_PAY' },
  wap: { method: 'alipay.trade.wap.pay', productCode: 'QUICK_WAP_WAY' },
};

export async function pay(merchant: Merchant, request: PayRequest, call: Call): Promise<Outcome> {
  if (request.product === 'precreate') return precreate(merchant, request, call);
  if (request.product === 'barcode') return payBarCode(merchant, request, call);
  if (isMerged(request)) return payMerged(merchant, request, call);
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

export function close(merchant: Merchant, attempt: AttemptRef, call: Call): Promise<CloseOutcome> {
  if (attempt.product === 'barcode') return closeBarCode(merchant, attempt, call);
  return isMerged(attempt) ? closeMerged(merchant, attempt, call) : closeTrade(merchant, attempt, call);
}

export function query(merchant: Merchant, attempt: AttemptRef, call: Call): Promise<Outcome> {
  return isMerged(attempt) ? queryMerged(merchant, attempt, call) : queryTrade(merchant, attempt, call);
}

export function refund(merchant: Merchant, request: RefundRequest, call: Call): Promise<RefundOutcome> {
  return isMerged(request.attempt) ? refundMerged(merchant, request, call) : refundTrade(merchant, request, call);
}

export function queryRefund(merchant: Merchant, request: RefundRequest, call: Call): Promise<RefundOutcome> {
  return isMerged(request.attempt) ? queryMergedRefund(merchant, request, call) : queryTradeRefund(merchant, request, call);
}

/** Asks about a number that cannot exist: a signed "no such trade" proves both keys and the app id. */
export async function probe(merchant: Merchant, call: Call): Promise<{ readonly ok: boolean; readonly detail: string }> {
  const answer = await ask(merchant, { method: 'alipay.trade.query', content: { out_trade_no: 'PAYMUX_PROBE' } }, call);
  if (answer.kind === 'notSent') return { ok: false, detail: `not sent: ${answer.reason}` };
  if (answer.kind !== 'answer') return { ok: false, detail: answer.vendor?.code ?? answer.reason };
  const isKnown = answer.failure === null || answer.failure.subCode === 'ACQ.TRADE_NOT_EXIST';
  return { ok: isKnown, detail: isKnown ? 'Alipay knows this application and its keys' : (answer.failure?.subCode ?? '') };
}
