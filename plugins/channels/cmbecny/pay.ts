import type { AttemptRef, PayRequest, RefundRequest } from '../../../core/contract/channel.ts';
import type { Call, Kit } from '../../../core/contract/kit.ts';
import type {
  Action,
  CloseOutcome,
  Echo,
  Outcome,
  PaymentReport,
  RefundOutcome,
  RefundReport,
  VendorError,
} from '../../../core/contract/outcome.ts';
import { explainCloseFault, explainFault, explainRefundFault, readQueryFault, readRefundQueryFault } from './errors.ts';
import { ask, type CmbAccount, type Data } from './gateway.ts';

/** The bank's `transactionType` of each product. */
const transactionTypes: Readonly<Record<string, string>> = { qr: 'TT01', app: 'TT03', h5: 'TT04' };
/** ISO 4217 in digits: the bank's e-CNY orders are in yuan only. */
const yuan = '156';

/** Creates the order and answers what the shopper has to do with it. */
export async function pay(account: CmbAccount, request: PayRequest, call: Call): Promise<Outcome> {
  const transactionType = transactionTypes[request.product];
  if (request.money.currency !== 'CNY' || transactionType === undefined) return { kind: 'rejected', reason: 'unsupported' };
  const answer = await ask(account, call, '/ecny/unifiedOrder', {
    merId: account.merchantNo,
    orderId: request.number,
    userId: account.userId,
    notifyUrl: request.callbackUrl,
    currencyCode: yuan,
    transactionType,
    txnAmt: String(request.money.amount),
    terminalNo: account.terminalNo,
    terminalIp: account.terminalIp,
    goodsName: describeGoods(request),
    ...(account.platformName === null ? {} : { platformName: account.platformName }),
    tradePlace: account.tradePlace,
    orderTimeExpire: toBeijingTime(request.expiresAt),
  });
  if (answer.kind === 'fault') return explainFault(answer.error);
  if (answer.kind !== 'data') return answer;
  const { merId, orderId, cmbOrderId } = answer.data;
  const action = readAction(request.product, answer.data);
  if (merId !== account.merchantNo || orderId !== request.number || action === null) return { kind: 'unknown', reason: 'unreadable' };
  return { kind: 'action', action, ...(isText(cmbOrderId) ? { channelNo: cmbOrderId } : {}) };
}

function readAction(product: string, { qrCode, invokeUrl, context }: Data): Action | null {
  if (product === 'qr') return isText(qrCode) ? { type: 'qr', qrContent: qrCode } : null;
  if (!isText(invokeUrl)) return null;
  // The wallet is opened by the address together with the context, as a page and as an app.
  return { type: 'sdk', params: { invokeUrl, ...(isRecord(context) ? { context } : {}) } };
}

/** Asks for an order by our number. */
export async function query(account: CmbAccount, attempt: AttemptRef, call: Call): Promise<Outcome> {
  const answer = await ask(account, call, '/orderquery', {
    merId: account.merchantNo,
    orderId: attempt.number,
    userId: account.userId,
  });
  if (answer.kind === 'fault') return readFault(answer.error, answer.data);
  if (answer.kind !== 'data') return answer;
  const { tradeState } = answer.data;
  const report = readPayment(account.kit, answer.data, tradeState);
  if (report === 'failed') return readFailure(answer.data);
  if (report !== null) return { kind: 'ok', report };
  return { kind: 'unknown', reason: 'unreadable', ...(isText(tradeState) ? { vendor: { code: tradeState, message: '' } } : {}) };
}

function readFault(error: VendorError, data: Data): Outcome {
  const said = readQueryFault(error);
  if (said === 'not_found') return { kind: 'ok', report: { state: 'not_found' } };
  if (said === null) return explainFault(error);
  return { kind: 'ok', report: { state: 'pending', echo: readEcho(data) } };
}

function readEcho({ orderId, merId }: Data): Echo {
  return { ...(isText(orderId) ? { number: orderId } : {}), ...(isText(merId) ? { merchantNo: merId } : {}) };
}

/** F is final by the bank's appendix 4. */
function readFailure(data: Data): Outcome {
  const message = isText(data['errDescription']) ? data['errDescription'].slice(0, 256) : '';
  return { kind: 'declined', echo: readEcho(data), code: 'declined', advice: 'retry_other_method', vendor: { code: 'F', message } };
}

/** Reads an order as a query or a callback states it. R is a paid order some of which was returned: how much, only refunds say. */
export function readPayment(kit: Kit, order: Data, state: unknown): PaymentReport | 'failed' | null {
  const { merId, orderId, cmbOrderId } = order;
  if (!isText(merId) || !isText(orderId)) return null;
  const echo: Echo = { number: orderId, merchantNo: merId };
  const channelNo = isText(cmbOrderId) ? { channelNo: cmbOrderId } : {};
  if (state === 'S' || state === 'R') {
    const money = order['currencyCode'] === yuan ? kit.money.fromMinor(textOnly(order['txnAmt']), 'CNY') : null;
    return money === null || !isText(cmbOrderId)
      ? null
      : { state: 'succeeded', channelNo: cmbOrderId, money, echo, ...readTime(order['endDate'], order['endTime']) };
  }
  if (state === 'P') return { state: 'pending', ...channelNo, echo };
  if (state === 'C' || state === 'D') return { state: 'closed', ...channelNo, echo };
  return state === 'F' ? 'failed' : null;
}

/** Closes an unpaid order. */
export async function close(account: CmbAccount, attempt: AttemptRef, call: Call): Promise<CloseOutcome> {
  const answer = await ask(account, call, '/close', {
    merId: account.merchantNo,
    origOrderId: attempt.number,
    ...(attempt.channelNo === null ? {} : { origCmbOrderId: attempt.channelNo }),
    userId: account.userId,
  });
  if (answer.kind === 'fault') return explainCloseFault(answer.error);
  if (answer.kind !== 'data') return answer;
  const { merId, origOrderId, closeState } = answer.data;
  const isClosed = merId === account.merchantNo && origOrderId === attempt.number && closeState === 'C';
  return isClosed ? { kind: 'closed' } : { kind: 'unknown', reason: 'unreadable' };
}

/** Requests a refund. The bank says that a repeat under the same number is carried out once. */
export async function refund(account: CmbAccount, request: RefundRequest, call: Call): Promise<RefundOutcome> {
  const { money, attempt } = request;
  if (money.currency !== 'CNY') return { kind: 'rejected', reason: 'unsupported' };
  const answer = await ask(account, call, '/refund', {
    merId: account.merchantNo,
    orderId: request.number,
    userId: account.userId,
    notifyUrl: request.callbackUrl,
    currencyCode: yuan,
    txnAmt: String(attempt.money.amount),
    refundAmt: String(money.amount),
    ...(request.reason === null || request.reason === '' ? {} : { refundReason: cut(request.reason, 256) }),
    origOrderId: attempt.number,
    ...(attempt.channelNo === null ? {} : { origCmbOrderId: attempt.channelNo }),
  });
  if (answer.kind === 'fault') return explainRefundFault(answer.error);
  return answer.kind === 'data' ? concludeRefund(account.kit, answer.data, answer.data['refundState']) : answer;
}

/** Asks what became of a refund. */
export async function queryRefund(account: CmbAccount, request: RefundRequest, call: Call): Promise<RefundOutcome> {
  const answer = await ask(account, call, '/refundquery', {
    merId: account.merchantNo,
    orderId: request.number,
    userId: account.userId,
  });
  if (answer.kind === 'fault') {
    const report = readRefundQueryFault(answer.error);
    return report === null ? explainFault(answer.error) : { kind: 'ok', report };
  }
  return answer.kind === 'data' ? concludeRefund(account.kit, answer.data, answer.data['tradeState']) : answer;
}

function concludeRefund(kit: Kit, data: Data, state: unknown): RefundOutcome {
  const report = readRefund(kit, data, state);
  return report === null ? { kind: 'unknown', reason: 'unreadable' } : { kind: 'ok', report };
}

/**
 * Reads a refund. The answer to `refund` has no amount even for a state S: it is then still under
 * way for us, and the refund's own query, which has one, settles it.
 */
export function readRefund(kit: Kit, data: Data, state: unknown): RefundReport | null {
  const { merId, orderId, cmbOrderId, refundAmt, currencyCode } = data;
  if (!isText(merId) || !isText(orderId)) return null;
  const echo: Echo = { number: orderId, merchantNo: merId };
  const channelNo = isText(cmbOrderId) ? { channelNo: cmbOrderId } : {};
  if (state === 'S' && isText(cmbOrderId) && refundAmt !== undefined && currencyCode !== undefined) {
    const money = currencyCode === yuan ? kit.money.fromMinor(textOnly(refundAmt), 'CNY') : null;
    return money === null
      ? null
      : { state: 'succeeded', channelNo: cmbOrderId, money, echo, ...readTime(data['endDate'], data['endTime']) };
  }
  if (state === 'P' || state === 'S') return { state: 'processing', ...channelNo, echo };
  return state === 'F' ? { state: 'failed', code: 'refund_rejected', ...channelNo, echo } : null;
}

/** The bank's amounts are text of fen. */
function textOnly(value: unknown): unknown {
  return typeof value === 'string' ? value : null;
}

const beijingOffsetMs = 8 * 3_600_000;

/** `yyyy-mm-ddTHH:MM:SS` in Beijing. China has one time zone and no summer time. */
function toBeijingTime(time: Date): string {
  return new Date(time.getTime() + beijingOffsetMs).toISOString().slice(0, 19);
}

/** The bank writes the day (20190527) and the time (201843) of Beijing apart. */
function readTime(day: unknown, time: unknown): { readonly at?: Date } {
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(isText(day) && isText(time) ? day + time : '');
  if (parts === null) return {};
  const [, year, month, date, hour, minute, second] = parts;
  const at = new Date(`${year}-${month}-${date}T${hour}:${minute}:${second}+08:00`);
  return Number.isNaN(at.getTime()) ? {} : { at };
}

/** The bank refuses marks such as / = & in the goods' name, and of more than 40 characters in one of its two tables. */
function describeGoods({ subject, number }: PayRequest): string {
  const kept = subject.replace(/[^\p{L}\p{N}.,_()-]+/gu, ' ').trim();
  return kept === '' ? number : cut(kept, 40).trim();
}

function cut(text: string, characters: number): string {
  return [...text].slice(0, characters).join('');
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isRecord(value: unknown): value is Data {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
