import type { AttemptRef, PayRequest } from '../../../core/contract/channel.ts';
import type { Call, Kit } from '../../../core/contract/kit.ts';
import type { Money } from '../../../core/contract/money.ts';
import type { Echo, Outcome, PaymentReport, Rejected, Unknown } from '../../../core/contract/outcome.ts';
import { bankCode } from './banks.ts';
import { askCodes, readFailure, successCodes, undecided, vendorError } from './errors.ts';
import { ask, type Merchant, paths, readText, signQuestion } from './gateway.ts';
import { type Product, productOf } from './products.ts';
import type { Fields } from './sign.ts';
import { formatTime } from './wire.ts';

export const unreadable: Unknown = { kind: 'unknown', reason: 'unreadable' };
export const unsupported: Rejected = { kind: 'rejected', reason: 'unsupported' };

export async function pay(merchant: Merchant, request: PayRequest, call: Call): Promise<Outcome> {
  const product = productOf(request);
  if (product === null || request.money.currency !== 'CNY') return unsupported;
  const question = questionOf(merchant, request, product);
  if (question === null) return { kind: 'rejected', reason: 'validation' };
  // Nothing is sent: UnionPay first hears of the order when the browser posts this form.
  if (product.path === paths.front) {
    const fields = await signQuestion(merchant, question);
    return { kind: 'action', action: { type: 'form', url: `${merchant.baseUrl}${product.path}`, fields } };
  }
  const answer = await ask(merchant, product.path, question, call);
  if (answer.kind !== 'answer') return answer;
  return readPayAnswer(merchant, request, answer.fields);
}

function questionOf(merchant: Merchant, request: PayRequest, product: Product): Fields | null {
  const order: Fields = {
    txnType: '01',
    txnSubType: product.txnSubType,
    bizType: product.bizType,
    channelType: product.channelType,
    orderId: request.number,
    // Names the order together with its number, in every query too: the attempt's time and never the clock's.
    txnTime: formatTime(request.createdAt),
    txnAmt: String(request.money.amount),
    currencyCode: '156',
    backUrl: request.callbackUrl,
  };
  if (request.product === 'barcode') {
    const { authCode } = request.payer;
    if (authCode === undefined || authCode === '') return null;
    return { ...order, qrNo: authCode, ...(merchant.terminalId === null ? {} : { termId: merchant.terminalId }) };
  }
  const front: Fields = product.path === paths.front && request.returnUrl !== null ? { frontUrl: request.returnUrl } : {};
  const bank = request.product === 'netbank' ? readBank(request) : {};
  return bank && { ...order, ...front, ...bank, payTimeout: formatTime(request.expiresAt) };
}

function readBank({ payer: { bankCode: code = '' } }: PayRequest): Fields | null {
  return bankCode.test(code) ? { issInsCode: code } : null;
}

/** Success says that the order was accepted. Even of a bar code UnionPay wants the query asked before money is booked. */
function readPayAnswer(merchant: Merchant, request: PayRequest, fields: Fields): Outcome {
  const code = readText(fields, 'respCode') ?? '';
  if (!isAbout(merchant, fields, request.number)) return unreadable;
  const isUndecided = askCodes.includes(code);
  if (!isUndecided && !successCodes.includes(code)) return readFailure(fields, 'resp', 'payment');
  if (request.product === 'barcode') return { kind: 'ok', report: { state: 'processing', ...namesOf(fields) } };
  if (isUndecided) return { kind: 'unknown', reason: 'unmapped', vendor: vendorError(fields) };
  const given = readText(fields, request.product === 'app' ? 'tn' : 'qrCode');
  if (given === undefined) return unreadable;
  return { kind: 'action', action: request.product === 'app' ? { type: 'sdk', params: { tn: given } } : { type: 'qr', qrContent: given } };
}

export async function query(merchant: Merchant, attempt: AttemptRef, call: Call): Promise<Outcome> {
  const product = productOf(attempt);
  if (product === null) return unsupported;
  const answer = await ask(merchant, paths.query, queryOf(product, attempt.number, attempt.createdAt), call);
  if (answer.kind !== 'answer') return answer;
  const { fields } = answer;
  const code = readText(fields, 'respCode') ?? '';
  if (code === '34') return { kind: 'ok', report: { state: 'not_found' } };
  if (!successCodes.includes(code)) return undecided(readFailure(fields, 'resp', 'payment'));
  if (readText(fields, 'txnType') !== '01') return unreadable;
  return readPayment(merchant, attempt, fields);
}

/** What the state of the original transaction means; the answer's own code only says that the question was understood. */
function readPayment(merchant: Merchant, attempt: AttemptRef, fields: Fields): Outcome {
  const code = readText(fields, 'origRespCode');
  if (code === undefined || !isNamed(fields)) return unreadable;
  if (askCodes.includes(code)) return { kind: 'ok', report: { state: 'processing', ...namesOf(fields) } };
  if (successCodes.includes(code)) {
    const report = readSuccess(merchant.kit, fields);
    return report === null ? unreadable : { kind: 'ok', report };
  }
  // The kernel compares the echo of a report; a decline has none, so it must not be believed of another number.
  return isAbout(merchant, fields, attempt.number) ? readFailure(fields, 'origResp', 'payment') : unreadable;
}

/** The question about a transaction of any kind: it takes the number and the time that it was made with. */
export function queryOf(product: Product, number: string, createdAt: Date): Fields {
  return { txnType: '00', txnSubType: '00', bizType: product.bizType, orderId: number, txnTime: formatTime(createdAt) };
}

export function readSuccess(kit: Kit, fields: Fields): Extract<PaymentReport, { state: 'succeeded' }> | null {
  const channelNo = readText(fields, 'queryId');
  const money = readMoney(kit, fields);
  return channelNo === undefined || money === null ? null : { state: 'succeeded', channelNo, money, echo: echoOf(fields) };
}

/** The order's amount in fen. `settleAmt` is what the merchant receives, perhaps in another currency. */
export function readMoney(kit: Kit, fields: Fields): Money | null {
  return readText(fields, 'currencyCode') === '156' ? kit.money.fromMinor(readText(fields, 'txnAmt'), 'CNY') : null;
}

export function echoOf(fields: Fields): Echo {
  const number = readText(fields, 'orderId');
  const merchantNo = readText(fields, 'merId');
  return { ...(number === undefined ? {} : { number }), ...(merchantNo === undefined ? {} : { merchantNo }) };
}

export function namesOf(fields: Fields): { readonly channelNo?: string; readonly echo: Echo } {
  const channelNo = readText(fields, 'queryId');
  return { ...(channelNo === undefined ? {} : { channelNo }), echo: echoOf(fields) };
}

export function isNamed(fields: Fields): boolean {
  return readText(fields, 'orderId') !== undefined && readText(fields, 'merId') !== undefined;
}

/** The outcomes without an echo have to be compared here; for the others the kernel does it. */
export function isAbout(merchant: Merchant, fields: Fields, number: string): boolean {
  return readText(fields, 'orderId') === number && readText(fields, 'merId') === merchant.merchantId;
}

/** Asks about an order that cannot exist: a signed "no such transaction" proves the key, the certificates and the merchant number. */
export async function probe(merchant: Merchant, call: Call): Promise<{ readonly ok: boolean; readonly detail: string }> {
  const question = { txnType: '00', txnSubType: '00', bizType: '000000', orderId: 'PAYMUXPROBE', txnTime: formatTime(call.now()) };
  const answer = await ask(merchant, paths.query, question, call);
  if (answer.kind === 'notSent') return { ok: false, detail: `not sent: ${answer.reason}` };
  if (answer.kind !== 'answer') return { ok: false, detail: answer.vendor?.code ?? answer.reason };
  const code = readText(answer.fields, 'respCode') ?? '';
  const isKnown = code === '34' || successCodes.includes(code);
  return { ok: isKnown, detail: isKnown ? 'UnionPay knows this merchant and its certificate' : vendorError(answer.fields).message };
}
