import type { AttemptRef, PayRequest } from '../../../core/contract/channel.ts';
import type { Call } from '../../../core/contract/kit.ts';
import type { CloseOutcome, Outcome, PaymentReport } from '../../../core/contract/outcome.ts';
import { explainBarCodeFault, explainCloseFault, explainFault, saysNotFound } from './errors.ts';
import type { WechatAccount } from './gateway.ts';
import { cutBytes } from './texts.ts';
import { askV2, type Fields } from './v2.ts';

/** The vendor asks merchants to wait so long after a payment before they reverse it. */
const restMs = 15_000;
const notConfigured = { kind: 'rejected', reason: 'config' } as const;

/** Takes the money behind a bar code that the shopper shows. No callback will come, so whatever is open is asked about. */
export async function payBarCode(account: WechatAccount, request: PayRequest, call: Call): Promise<Outcome> {
  const { authCode, clientIp = '127.0.0.1' } = request.payer;
  if (account.v2 === null) return notConfigured;
  // The vendor's codes have 18 digits, the first two from 10 to 15.
  if (authCode === undefined || !/^1[0-5]\d{16}$/.test(authCode)) return { kind: 'rejected', reason: 'validation' };
  const fields = {
    body: cutBytes(request.subject, 127),
    out_trade_no: request.number,
    total_fee: String(request.money.amount),
    fee_type: request.money.currency,
    spbill_create_ip: clientIp,
    auth_code: authCode,
  };
  const answer = await askV2(account, account.v2, call, { path: '/pay/micropay', fields });
  if (answer.kind === 'fault' && answer.error.code === 'USERPAYING')
    return { kind: 'ok', report: { state: 'processing', echo: readEcho(answer.fields) } };
  if (answer.kind === 'fault') return explainBarCodeFault(answer.error);
  return answer.kind === 'data' ? conclude(readPaid(account, answer.fields)) : answer;
}

export async function queryBarCode(account: WechatAccount, attempt: AttemptRef, call: Call): Promise<Outcome> {
  if (account.v2 === null) return notConfigured;
  const answer = await askV2(account, account.v2, call, { path: '/pay/orderquery', fields: { out_trade_no: attempt.number } });
  if (answer.kind === 'fault')
    return saysNotFound(answer.error) ? { kind: 'ok', report: { state: 'not_found' } } : explainFault(answer.error);
  if (answer.kind !== 'data') return answer;
  const { trade_state: state = '', out_trade_no: number, mch_id: merchantNo } = answer.fields;
  if (number === undefined || merchantNo === undefined) return { kind: 'unknown', reason: 'unreadable' };
  if (state !== 'PAYERROR') return conclude(readOrder(account, answer.fields));
  return {
    kind: 'declined',
    echo: { number, merchantNo },
    code: 'declined',
    advice: 'retry_other_method',
    vendor: { code: 'PAYERROR', message: '' },
  };
}

type Read = PaymentReport | { readonly state: 'unmapped'; readonly code: string } | null;

/**
 * A bar code's shopper has acted, so an unpaid order is processing. REFUND is no success here: it is asked only while
 * we do not know of any money, and whoever gave it back was not us.
 */
function readOrder(account: WechatAccount, fields: Fields): Read {
  const { trade_state: state = '' } = fields;
  const echo = readEcho(fields);
  if (state === 'SUCCESS') return readPaid(account, fields);
  if (state === 'USERPAYING' || state === 'NOTPAY' || state === 'ACCEPT') return { state: 'processing', echo };
  return state === 'REVOKED' || state === 'CLOSED' ? { state: 'closed', echo } : { state: 'unmapped', code: state };
}

function readPaid({ kit }: WechatAccount, fields: Fields): Read {
  const { transaction_id: channelNo = '', out_trade_no: number, mch_id: merchantNo, fee_type: currency = 'CNY' } = fields;
  const money = kit.money.fromMinor(fields.total_fee, currency);
  if (channelNo === '' || number === undefined || merchantNo === undefined || money === null) return null;
  const at = readTime(fields.time_end);
  return { state: 'succeeded', channelNo, money, echo: { number, merchantNo }, ...(at === null ? {} : { at }) };
}

function conclude(read: Read): Outcome {
  if (read === null) return { kind: 'unknown', reason: 'unreadable' };
  if (read.state === 'unmapped') return { kind: 'unknown', reason: 'unmapped', vendor: { code: read.code, message: '' } };
  return { kind: 'ok', report: read };
}

function readEcho({ out_trade_no: number, mch_id: merchantNo }: Fields) {
  return { ...(number === undefined ? {} : { number }), ...(merchantNo === undefined ? {} : { merchantNo }) };
}

/** `yyyyMMddHHmmss` in China. */
function readTime(text = ''): Date | null {
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(text);
  if (parts === null) return null;
  const [, year, month, day, hour, minute, second] = parts;
  const at = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}+08:00`);
  return Number.isNaN(at.getTime()) ? null : at;
}

/**
 * A reverse closes an unpaid order, and gives the money of a paid one back. So a paid order is never reversed while it
 * can still count: the question comes first.
 */
export async function closeBarCode(account: WechatAccount, attempt: AttemptRef, call: Call): Promise<CloseOutcome> {
  if (account.v2 === null) return notConfigured;
  const asked = await queryBarCode(account, attempt, call);
  if (asked.kind === 'unknown' || asked.kind === 'notSent' || asked.kind === 'rejected') return asked;
  if (asked.kind === 'ok') {
    const { report } = asked;
    if (report.state === 'not_found') return { kind: 'notFound' };
    if (report.echo.number !== attempt.number) return { kind: 'unknown', reason: 'unreadable' };
    if (report.state === 'succeeded') return { kind: 'paid' };
    if (report.state === 'closed') return { kind: 'closed' };
  }
  if (call.now().getTime() - attempt.createdAt.getTime() < restMs) return { kind: 'unknown', reason: 'unmapped' };
  return reverse(account, account.v2, attempt, call);
}

/** `recall` Y: the gateway could not finish, and wants the same again. */
async function reverse(
  account: WechatAccount,
  access: NonNullable<WechatAccount['v2']>,
  attempt: AttemptRef,
  call: Call,
): Promise<CloseOutcome> {
  const question = { path: '/secapi/pay/reverse', fields: { out_trade_no: attempt.number }, showsCertificate: true };
  const answer = await askV2(account, access, call, question);
  if (answer.kind === 'fault')
    return answer.fields.recall === 'Y' ? { kind: 'unknown', reason: 'server_error' } : explainCloseFault(answer.error);
  if (answer.kind !== 'data') return answer;
  return answer.fields.recall === 'N' ? { kind: 'closed' } : { kind: 'unknown', reason: 'server_error' };
}
