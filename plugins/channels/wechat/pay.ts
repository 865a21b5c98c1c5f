import type { AttemptRef, PayRequest, RefundRequest } from '../../../core/contract/channel.ts';
import type { Call } from '../../../core/contract/kit.ts';
import type { CloseOutcome, Outcome, RefundOutcome } from '../../../core/contract/outcome.ts';
import { closeBarCode, payBarCode, queryBarCode } from './barcode.ts';
import { closeCombined, payCombined, queryCombined } from './combine.ts';
import { queryCombinedRefund, refundCombined } from './combine-refund.ts';
import { explainCloseFault, explainFault, explainPayFault, saysNotFound } from './errors.ts';
import { ask, type WechatAccount } from './gateway.ts';
import { products } from './products.ts';
import { queryOrderRefund, refundOrder } from './refund.ts';
import { readPayment } from './reports.ts';
import { cutBytes, toChinaTime } from './texts.ts';

/** Creates the order and answers what the shopper has to do with it. */
export async function pay(account: WechatAccount, request: PayRequest, call: Call): Promise<Outcome> {
  if (request.money.currency !== 'CNY') return { kind: 'rejected', reason: 'unsupported' };
  if (request.product === 'barcode') return payBarCode(account, request, call);
  if (request.product === 'combine') return payCombined(account, request, call);
  const product = Object.hasOwn(products, request.product) ? products[request.product] : undefined;
  const shopper = product?.describeShopper(request.payer) ?? null;
  if (product === undefined || shopper === null) return { kind: 'rejected', reason: 'validation' };
  const body = {
    appid: product.appidOf(account),
    mchid: account.mchid,
    description: cutBytes(request.subject, 127),
    out_trade_no: request.number,
    time_expire: toChinaTime(request.expiresAt),
    notify_url: request.callbackUrl,
    amount: { total: request.money.amount, currency: request.money.currency },
    ...shopper,
  };
  const answer = await ask(account, call, { method: 'POST', path: `/v3/pay/transactions/${product.path}`, body });
  if (answer.kind === 'fault') return explainPayFault(answer.error);
  if (answer.kind !== 'data') return answer;
  const action = await product.readAction(account, request, answer.data, call);
  return action === null ? { kind: 'unknown', reason: 'unreadable' } : { kind: 'action', action };
}

/** Asks for an order by our number: the vendor's own number exists only once it is paid. */
export async function query(account: WechatAccount, attempt: AttemptRef, call: Call): Promise<Outcome> {
  if (attempt.product === 'barcode') return queryBarCode(account, attempt, call);
  if (attempt.product === 'combine') return queryCombined(account, attempt, call);
  const answer = await ask(account, call, { method: 'GET', path: `${makeOrderPath(attempt.number)}?mchid=${account.mchid}` });
  if (answer.kind === 'fault')
    return saysNotFound(answer.error) ? { kind: 'ok', report: { state: 'not_found' } } : explainFault(answer.error);
  if (answer.kind !== 'data') return answer;
  const report = readPayment(account.kit, answer.data);
  if (report === null) return { kind: 'unknown', reason: 'unreadable' };
  if (report.state === 'unmapped') return { kind: 'unknown', reason: 'unmapped', vendor: { code: report.code, message: '' } };
  if (report.state !== 'declined') return { kind: 'ok', report };
  return {
    kind: 'declined',
    echo: report.echo,
    code: report.code,
    advice: 'retry_other_method',
    vendor: { code: 'PAYERROR', message: '' },
  };
}

/** Closes an unpaid order. The vendor answers 204, and again 204 when it was closed before. */
export async function close(account: WechatAccount, attempt: AttemptRef, call: Call): Promise<CloseOutcome> {
  if (attempt.product === 'barcode') return closeBarCode(account, attempt, call);
  if (attempt.product === 'combine') return closeCombined(account, attempt, call);
  const path = `${makeOrderPath(attempt.number)}/close`;
  const answer = await ask(account, call, { method: 'POST', path, body: { mchid: account.mchid } });
  if (answer.kind === 'fault') return explainCloseFault(answer.error);
  return answer.kind === 'data' ? { kind: 'closed' } : answer;
}

/** Requests a refund. A repeat with the same number moves money once; a new number would move it again. */
export async function refund(account: WechatAccount, request: RefundRequest, call: Call): Promise<RefundOutcome> {
  return request.attempt.product === 'combine' ? refundCombined(account, request, call) : refundOrder(account, request, call);
}

/** Asks what became of a refund. */
export async function queryRefund(account: WechatAccount, request: RefundRequest, call: Call): Promise<RefundOutcome> {
  return request.attempt.product === 'combine' ? queryCombinedRefund(account, request, call) : queryOrderRefund(account, request, call);
}

function makeOrderPath(number: string): string {
  return `/v3/pay/transactions/out-trade-no/${encodeURIComponent(number)}`;
}
