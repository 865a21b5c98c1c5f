import type { RefundRequest } from '../../../core/contract/channel.ts';
import type { Call } from '../../../core/contract/kit.ts';
import type { RefundOutcome } from '../../../core/contract/outcome.ts';
import { explainRefund } from './errors.ts';
import { ask, type Data, type LakalaAccount, textOf, timeOf } from './gateway.ts';
import { echoOf, unreadable } from './trade.ts';

export async function refund(account: LakalaAccount, request: RefundRequest, call: Call): Promise<RefundOutcome> {
  const reason = [...(request.reason ?? '')].slice(0, 32).join('').trim();
  const answer = await ask(account, call, '/api/v3/rfd/refund_front/refund', {
    out_trade_no: request.number,
    refund_amount: String(request.money.amount),
    ...(reason !== '' && { refund_reason: reason }),
    origin_out_trade_no: request.attempt.number,
    origin_trade_no: request.attempt.channelNo,
    location_info: { request_ip: account.requestIp },
  });
  if (answer.kind === 'data') return readRefund(account, request, answer.data);
  return answer.kind === 'fault' ? explainRefund(answer.fault) : answer;
}

export async function queryRefund(account: LakalaAccount, request: RefundRequest, call: Call): Promise<RefundOutcome> {
  const answer = await ask(account, call, '/api/v3/rfd/refund_front/refund_query', { out_trade_no: request.number });
  // No code is documented as "no such refund": an error is no proof that an earlier request was lost.
  if (answer.kind === 'fault') return { kind: 'unknown', reason: 'unmapped', vendor: answer.fault };
  return answer.kind === 'data' ? readRefund(account, request, answer.data) : answer;
}

function readRefund({ kit }: LakalaAccount, { attempt }: RefundRequest, data: Data): RefundOutcome {
  const [channelNo, echo] = [textOf(data['trade_no']), echoOf(data)];
  if (echo.number === undefined || data['origin_out_trade_no'] !== attempt.number) return unreadable;
  const about = { ...(channelNo !== null && { channelNo }), echo };
  switch (data['trade_state']) {
    case 'SUCCESS': {
      const money = typeof data['refund_amount'] === 'string' ? kit.money.fromMinor(data['refund_amount'], 'CNY') : null;
      if (channelNo === null || money === null) return unreadable;
      return { kind: 'ok', report: { state: 'succeeded', channelNo, money, echo, ...timeOf(data['trade_time']) } };
    }
    case 'INIT':
    case 'DEAL':
    case 'PROCESSING':
    case 'TIMEOUT':
      return { kind: 'ok', report: { state: 'processing', ...about } };
    case 'EXCEPTION':
      return { kind: 'ok', report: { state: 'abnormal', ...about } };
    case 'FAIL':
      return { kind: 'ok', report: { state: 'failed', code: 'refund_rejected', ...about } };
    default:
      return { kind: 'unknown', reason: 'unmapped' };
  }
}
