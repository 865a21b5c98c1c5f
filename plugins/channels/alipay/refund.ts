import type { RefundRequest } from '../../../core/contract/channel.ts';
import type { Call, Kit } from '../../../core/contract/kit.ts';
import type { Money } from '../../../core/contract/money.ts';
import type { RefundOutcome } from '../../../core/contract/outcome.ts';
import { readFailure } from './errors.ts';
import { type Answer, ask, type Merchant, readText, readTime } from './gateway.ts';
import { isAbout, undecided, unreadable } from './trade.ts';

export async function refundTrade(merchant: Merchant, request: RefundRequest, call: Call): Promise<RefundOutcome> {
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
  const asked = await queryTradeRefund(merchant, request, call);
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

export async function queryTradeRefund(merchant: Merchant, request: RefundRequest, call: Call): Promise<RefundOutcome> {
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
