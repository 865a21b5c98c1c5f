import type { AttemptRef, PayRequest } from '../../../core/contract/channel.ts';
import type { Call, Kit } from '../../../core/contract/kit.ts';
import type { CloseOutcome, Outcome, PaymentReport } from '../../../core/contract/outcome.ts';
import type { Part } from '../../../core/contract/parts.ts';
import { explainCloseFault, explainFault, explainPayFault, saysNotFound } from './errors.ts';
import { ask, type WechatAccount } from './gateway.ts';
import { readCode } from './products.ts';
import { readPayment, type Unmapped } from './reports.ts';
import { cutBytes, type Data, isRecord, isText, toChinaTime } from './texts.ts';

/** The vendor's rule for merchants: 2 to 10 orders are paid together, all or none. */
const [fewestLines, mostLines] = [2, 10];

/** Creates one payment of several of the merchant's orders. */
export async function payCombined(account: WechatAccount, request: PayRequest, call: Call): Promise<Outcome> {
  const { orderLines } = request;
  const { parts } = account.kit;
  if (orderLines.length < fewestLines || orderLines.length > mostLines || !parts.isWhole(request))
    return { kind: 'rejected', reason: 'validation' };
  const body = {
    combine_appid: account.appid,
    combine_mchid: account.mchid,
    combine_out_trade_no: request.number,
    sub_orders: orderLines.map((line, index) => ({
      mchid: account.mchid,
      attach: cutBytes(line.merchantOrderNo, 127),
      amount: { total_amount: line.money.amount, currency: line.money.currency },
      out_trade_no: parts.number(request.number, index),
      description: cutBytes(line.subject ?? request.subject, 127),
    })),
    time_expire: toChinaTime(request.expiresAt),
    notify_url: request.callbackUrl,
  };
  const answer = await ask(account, call, { method: 'POST', path: '/v3/combine-transactions/native', body });
  if (answer.kind === 'fault') return explainPayFault(answer.error);
  if (answer.kind !== 'data') return answer;
  const action = await readCode(account, request, answer.data);
  return action === null ? { kind: 'unknown', reason: 'unreadable' } : { kind: 'action', action };
}

/** A combined payment: what all of its parts say together. */
export interface Combined {
  readonly report: PaymentReport;
  readonly parts: readonly Part[];
}

export async function queryCombined(account: WechatAccount, attempt: AttemptRef, call: Call): Promise<Outcome> {
  const asked = await askCombined(account, attempt, call);
  return 'report' in asked ? { kind: 'ok', report: asked.report } : asked;
}

/** Asks for a combined payment with its parts. */
export async function askCombined(account: WechatAccount, attempt: AttemptRef, call: Call): Promise<Combined | Outcome> {
  const answer = await ask(account, call, { method: 'GET', path: makePath(attempt.number) });
  if (answer.kind === 'fault')
    return saysNotFound(answer.error) ? { kind: 'ok', report: { state: 'not_found' } } : explainFault(answer.error);
  if (answer.kind !== 'data') return answer;
  const read = readCombined(account.kit, answer.data);
  if (read === null) return { kind: 'unknown', reason: 'unreadable' };
  return 'code' in read ? { kind: 'unknown', reason: 'unmapped', vendor: { code: read.code, message: '' } } : read;
}

/** Closes every part. The vendor wants exactly those that were made, so it is asked for them. */
export async function closeCombined(account: WechatAccount, attempt: AttemptRef, call: Call): Promise<CloseOutcome> {
  const asked = await askCombined(account, attempt, call);
  if (!('report' in asked)) return asked.kind === 'action' || asked.kind === 'declined' ? { kind: 'unknown', reason: 'unreadable' } : asked;
  if (asked.report.state === 'not_found' || !('parts' in asked)) return { kind: 'notFound' };
  if (asked.report.echo.number !== attempt.number || asked.report.echo.merchantNo !== account.mchid)
    return { kind: 'unknown', reason: 'unreadable' };
  if (asked.report.state === 'succeeded') return { kind: 'paid' };
  if (asked.report.state === 'closed') return { kind: 'closed' };
  const parts = asked.parts.map(({ number }) => ({ mchid: account.mchid, out_trade_no: number }));
  const body = { combine_appid: account.appid, sub_orders: parts };
  const answer = await ask(account, call, { method: 'POST', path: `${makePath(attempt.number)}/close`, body });
  if (answer.kind === 'fault') return explainCloseFault(answer.error);
  return answer.kind === 'data' ? { kind: 'closed' } : answer;
}

function makePath(number: string): string {
  return `/v3/combine-transactions/out-trade-no/${encodeURIComponent(number)}`;
}

/**
 * Reads a combined payment as a query or a callback states it; null when something that must be there is not. The
 * parts must be ours, numbered without a gap: were one missing at the end, the sum would not be the money, and the
 * kernel compares that.
 */
export function readCombined(kit: Kit, order: Data): Combined | Unmapped | null {
  const { combine_out_trade_no: number, combine_mchid: merchantNo, sub_orders: list } = order;
  if (!isText(number) || !isText(merchantNo) || !Array.isArray(list) || list.length === 0) return null;
  const read = list.filter(isRecord).map((part) => readPart(kit, part));
  const parts = read.filter((part) => part !== null && 'report' in part).sort((a, b) => (a.number < b.number ? -1 : 1));
  const strange = read.find((part) => part !== null && 'code' in part);
  if (strange !== undefined && strange !== null && 'code' in strange) return strange;
  const isOurs = ({ number: own, report }: Part, index: number) =>
    own === kit.parts.number(number, index) && 'echo' in report && report.echo.merchantNo === merchantNo;
  if (parts.length !== list.length || !parts.every(isOurs)) return null;
  const report = kit.parts.join(parts, { number, merchantNo });
  return report === null ? { state: 'unmapped', code: parts.map((part) => part.report.state).join(' and ') } : { report, parts };
}

function readPart(kit: Kit, part: Data): Part | Unmapped | null {
  const { total_amount: total, currency } = isRecord(part.amount) ? part.amount : ({} as Data);
  const report = readPayment(kit, { ...part, amount: { total, currency } });
  const money = kit.money.fromMinor(total, currency);
  if (report === null || money === null || !isText(part.out_trade_no)) return null;
  if (report.state === 'unmapped') return report;
  return report.state === 'declined' ? { state: 'unmapped', code: 'PAYERROR' } : { number: part.out_trade_no, money, report };
}
