import type { RefundRequest } from '../../../core/contract/channel.ts';
import type { Call } from '../../../core/contract/kit.ts';
import type { RefundOutcome } from '../../../core/contract/outcome.ts';
import { askCodes, readFailure, successCodes, undecided } from './errors.ts';
import { ask, type Merchant, paths, readText } from './gateway.ts';
import { isAbout, isNamed, namesOf, queryOf, readMoney, unreadable, unsupported } from './pay.ts';
import { productOf } from './products.ts';
import type { Fields } from './sign.ts';
import { formatTime } from './wire.ts';

export async function refund(merchant: Merchant, request: RefundRequest, call: Call): Promise<RefundOutcome> {
  const product = productOf(request.attempt);
  if (product === null || request.attempt.channelNo === null) return unsupported;
  const question: Fields = {
    txnType: '04',
    txnSubType: '00',
    bizType: product.bizType,
    channelType: product.channelType,
    orderId: request.number,
    txnTime: formatTime(request.createdAt),
    txnAmt: String(request.money.amount),
    origQryId: request.attempt.channelNo,
    backUrl: request.callbackUrl,
  };
  const answer = await ask(merchant, paths.back, question, call);
  if (answer.kind !== 'answer') return answer;
  const { fields } = answer;
  const code = readText(fields, 'respCode') ?? '';
  if (!isAbout(merchant, fields, request.number)) return unreadable;
  // 00 is acceptance: the query tells the end. 12 on a repeat says that an earlier send was taken.
  const isTaken = successCodes.includes(code) || askCodes.includes(code);
  return isTaken ? { kind: 'ok', report: { state: 'processing', ...namesOf(fields) } } : readFailure(fields, 'resp', 'refund');
}

export async function queryRefund(merchant: Merchant, request: RefundRequest, call: Call): Promise<RefundOutcome> {
  const product = productOf(request.attempt);
  if (product === null) return unsupported;
  const answer = await ask(merchant, paths.query, queryOf(product, request.number, request.createdAt), call);
  if (answer.kind !== 'answer') return answer;
  const code = readText(answer.fields, 'respCode') ?? '';
  if (code === '34') return { kind: 'ok', report: { state: 'not_found' } };
  if (!successCodes.includes(code)) return undecided(readFailure(answer.fields, 'resp', 'refund'));
  return readText(answer.fields, 'txnType') === '04' ? readRefund(merchant, answer.fields) : unreadable;
}

function readRefund(merchant: Merchant, fields: Fields): RefundOutcome {
  const code = readText(fields, 'origRespCode');
  if (code === undefined || !isNamed(fields)) return unreadable;
  const names = namesOf(fields);
  if (askCodes.includes(code)) return { kind: 'ok', report: { state: 'processing', ...names } };
  if (successCodes.includes(code)) {
    const money = readMoney(merchant.kit, fields);
    if (money === null || names.channelNo === undefined) return unreadable;
    return { kind: 'ok', report: { state: 'succeeded', channelNo: names.channelNo, money, echo: names.echo } };
  }
  const failure = readFailure(fields, 'origResp', 'refund');
  return failure.kind === 'declined' ? { kind: 'ok', report: { state: 'failed', code: failure.code, ...names } } : failure;
}
