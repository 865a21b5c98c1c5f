import type { AttemptRef } from '../../../core/contract/channel.ts';
import type { Call, Kit } from '../../../core/contract/kit.ts';
import type { CloseOutcome, Echo, Outcome, PaymentReport, Unknown } from '../../../core/contract/outcome.ts';
import { ask, type Data, type LakalaAccount, textOf, timeOf, toChinaDigits } from './gateway.ts';

export const unreadable: Unknown = { kind: 'unknown', reason: 'unreadable' };

export function echoOf(data: Data): Echo {
  const [number, merchantNo] = [textOf(data['out_trade_no']), textOf(data['merchant_no'])];
  return { ...(number !== null && { number }), ...(merchantNo !== null && { merchantNo }) };
}

/** Money that came. A payment that was given back later was paid as well. Null without the vendor's number or its amount. */
export function readPaid(kit: Kit, data: Data): Extract<PaymentReport, { state: 'succeeded' }> | null {
  const channelNo = textOf(data['trade_no']);
  const money = kit.money.fromMinor(data['total_amount'], 'CNY');
  if (channelNo === null || money === null || typeof data['total_amount'] !== 'string') return null;
  return { state: 'succeeded', channelNo, money, echo: echoOf(data), ...timeOf(data['trade_time']) };
}

/** Asks by our number. That the question was answered says nothing of the payment: `trade_state` does. */
export async function query(account: LakalaAccount, attempt: AttemptRef, call: Call): Promise<Outcome> {
  const answer = await ask(account, call, '/api/v3/labs/query/tradequery', {
    out_trade_no: attempt.number,
    trade_req_date: toChinaDigits(attempt.createdAt).slice(0, 8),
  });
  // Which code says that there is no such order could not be learnt, so none is read that way.
  if (answer.kind === 'fault') return { kind: 'unknown', reason: 'unmapped', vendor: answer.fault };
  return answer.kind === 'data' ? readState(account.kit, answer.data, attempt.product) : answer;
}

function readState(kit: Kit, data: Data, product: string): Outcome {
  const channelNo = textOf(data['trade_no']);
  const about = { ...(channelNo !== null && { channelNo }), echo: echoOf(data) };
  if (about.echo.number === undefined) return unreadable;
  switch (data['trade_state']) {
    case 'SUCCESS':
    case 'PART_REFUND':
    case 'REFUND': {
      const report = readPaid(kit, data);
      return report === null ? unreadable : { kind: 'ok', report };
    }
    case 'INIT':
    case 'CREATE':
      return { kind: 'ok', report: { state: 'pending', ...about } };
    case 'DEAL':
    case 'UNKNOWN':
      return { kind: 'ok', report: { state: 'processing', ...about } };
    case 'CLOSE':
      return { kind: 'ok', report: { state: 'closed', ...about } };
    case 'FAIL':
      // A payment code is good for one try. Whether a shopper may try again with a QR code is not documented.
      if (product !== 'barcode') return { kind: 'unknown', reason: 'unmapped', vendor: { code: 'FAIL', message: '' } };
      return {
        kind: 'declined',
        echo: about.echo,
        code: 'declined',
        advice: 'retry_other_method',
        vendor: { code: 'FAIL', message: describe(data) },
      };
    default:
      return { kind: 'unknown', reason: 'unmapped' };
  }
}

const describe = (data: Data) => (textOf(data['trade_state_desc']) ?? 'The payment failed. (交易失败)').slice(0, 256);

/** Lakala's yes to a close only acknowledges it, and its no has no documented codes: what became of it, a query tells. */
export async function close(account: LakalaAccount, attempt: AttemptRef, call: Call): Promise<CloseOutcome> {
  const answer = await ask(account, call, '/api/v3/labs/relation/close', {
    origin_out_trade_no: attempt.number,
    location_info: { request_ip: account.requestIp },
  });
  if (answer.kind !== 'data' && answer.kind !== 'fault') return answer;
  const asked = await query(account, attempt, call);
  if (asked.kind === 'ok' && asked.report.state === 'closed') {
    return isOurs(account, attempt, asked.report.echo) ? { kind: 'closed' } : unreadable;
  }
  if (asked.kind === 'ok' && asked.report.state === 'succeeded') return { kind: 'paid' };
  return asked.kind === 'unknown' ? asked : { kind: 'unknown', reason: 'unmapped' };
}

function isOurs({ merchantNo }: LakalaAccount, { number }: AttemptRef, echo: Echo): boolean {
  return echo.number === number && (echo.merchantNo ?? merchantNo) === merchantNo;
}
