import type { AttemptRef, PayRequest } from '../../../core/contract/channel.ts';
import type { Call } from '../../../core/contract/kit.ts';
import type { CloseOutcome, Outcome } from '../../../core/contract/outcome.ts';
import { readFailure } from './errors.ts';
import { type Answer, ask, type Merchant, readText } from './gateway.ts';
import { isAbout, orderOf, queryTrade, readTrade, undecided, unreadable } from './trade.ts';

/** Not a failure: the buyer has yet to enter the password. */
const waitsForBuyer = '10003';

/**
 * Takes the money behind a bar code that the shopper shows. No address for callbacks is given: once a cancel has
 * taken money back, a callback tells of it as of a refunded trade, and nothing in it says that the money never counted.
 */
export async function payBarCode(merchant: Merchant, request: PayRequest, call: Call): Promise<Outcome> {
  const { authCode } = request.payer;
  // Alipay's codes begin with 25 to 30. Another wallet's code would only come back as invalid, a round trip later.
  if (authCode === undefined || !/^(2[5-9]|30)\d{14,22}$/.test(authCode)) return { kind: 'rejected', reason: 'validation' };
  const content = { ...orderOf(merchant.kit, request, 'FACE_TO_FACE_PAYMENT'), scene: 'bar_code', auth_code: authCode };
  const answer = await ask(merchant, { method: 'alipay.trade.pay', content }, call);
  if (answer.kind !== 'answer') return answer;
  if (answer.failure !== null && answer.failure.code !== waitsForBuyer) return readFailure(answer.failure);
  return isAbout(answer, request) ? readPaid(merchant, answer) : unreadable;
}

function readPaid({ kit }: Merchant, { node, failure }: Answer): Outcome {
  const report = readTrade(kit, {
    status: failure === null ? 'TRADE_SUCCESS' : 'WAIT_BUYER_PAY',
    channelNo: node['trade_no'],
    total: node['total_amount'],
    paidAt: node['gmt_payment'],
    wasPaid: null,
    echo: { number: readText(node['out_trade_no']) ?? '' },
  });
  if (typeof report === 'string') return { kind: 'unknown', reason: report };
  return { kind: 'ok', report: report.state === 'pending' ? { ...report, state: 'processing' } : report };
}

/**
 * A cancel closes an unpaid trade, and gives the money of a paid one back. So a paid trade is never cancelled while it
 * can still count: the question comes first, and only one that Alipay cannot yet call paid is cancelled.
 */
export async function closeBarCode(merchant: Merchant, attempt: AttemptRef, call: Call): Promise<CloseOutcome> {
  const asked = await queryTrade(merchant, attempt, call);
  if (asked.kind === 'action' || asked.kind === 'declined') return unreadable;
  if (asked.kind !== 'ok') return asked;
  const { report } = asked;
  if (report.state === 'not_found') return { kind: 'notFound' };
  if (report.echo.number !== attempt.number) return unreadable;
  if (report.state === 'succeeded') return { kind: 'paid' };
  return report.state === 'closed' ? { kind: 'closed' } : cancel(merchant, attempt, call);
}

/** Without an `action` Alipay found no trade; with `retry_flag` Y it could not finish, and wants the same again. */
async function cancel(merchant: Merchant, attempt: AttemptRef, call: Call): Promise<CloseOutcome> {
  const answer = await ask(merchant, { method: 'alipay.trade.cancel', content: { out_trade_no: attempt.number } }, call);
  if (answer.kind !== 'answer') return answer;
  if (answer.failure !== null) return undecided(readFailure(answer.failure));
  const { retry_flag: retryFlag, action } = answer.node;
  if (!isAbout(answer, attempt)) return unreadable;
  if (retryFlag === 'Y') return { kind: 'unknown', reason: 'server_error' };
  if (retryFlag !== 'N') return unreadable;
  if (action === undefined || action === '') return { kind: 'notFound' };
  if (action === 'refund') call.log('warn', 'a bar code was paid while it was being cancelled, and Alipay gave the money back');
  return action === 'close' || action === 'refund' ? { kind: 'closed' } : unreadable;
}
