import type { OpenAccount } from '../channels/accounts.ts';
import type { CallbackItem, Trust } from '../contract/channel.ts';
import type { Kernel } from '../payments/deps.ts';
import type { Received } from '../payments/receive.ts';
import { readAttempt, readAttemptByNumber } from '../store/tables/attempts.ts';
import { findRefund, type RefundRow, readRefunds } from '../store/tables/refunds.ts';
import { evidenceOfReport, expectedRefund } from './evidence.ts';
import { execute } from './execute.ts';
import { settleRefund } from './settle.ts';
import { isOpenRefund } from './states.ts';

type RefundItem = Extract<CallbackItem, { of: 'refund' }>;

/** Not sent, or being sent at this moment: its answer comes first, and soon after it the refund is asked about anyway. */
function isUnderWay(state: RefundRow['state']): boolean {
  return state === 'created' || state === 'sending';
}

/** The vendor says that refunds of an attempt changed, and not which: each that is open is asked about. */
async function askAboutAll(kernel: Kernel, account: OpenAccount, attemptNumber: string): Promise<Received> {
  const attempt = await readAttemptByNumber(kernel.database, attemptNumber);
  if (attempt === null) return 'unknown';
  if (!kernel.channels.speaksFor(account, attempt)) return 'wrong_account';
  const refunds = await readRefunds(kernel.database, attempt.payment_id);
  const sent = refunds.filter(({ attempt_id, state }) => attempt_id === attempt.id && !isUnderWay(state) && isOpenRefund(state));
  for (const { id } of sent) await execute(kernel, id);
  return 'queried';
}

/** Takes one fact about a refund out of a callback: a signed one that agrees settles, any other makes us ask. */
export async function receiveRefund(kernel: Kernel, account: OpenAccount, item: RefundItem, trust: Trust): Promise<Received> {
  const { number, channelNo, attemptNumber } = item;
  if (number === undefined && channelNo === undefined && attemptNumber !== undefined) return askAboutAll(kernel, account, attemptNumber);
  const refund = await findRefund(kernel.database, account.id, number, channelNo);
  const attempt = refund === null ? null : await readAttempt(kernel.database, refund.attempt_id);
  if (refund === null || attempt === null) return 'unknown';
  if (!kernel.channels.speaksFor(account, attempt)) return 'wrong_account';
  const { report } = item;
  const isSaid = report.state !== 'changed';
  const evidence = isSaid ? evidenceOfReport(report, expectedRefund(refund, account.channel.merchantNo, account.record.livemode)) : null;
  const proves = evidence?.kind === 'succeeded' || evidence?.kind === 'failed' || evidence?.kind === 'abnormal';
  if (trust === 'signed' && proves) {
    await settleRefund(kernel, { refund, evidence, cause: 'callback' });
    return 'settled';
  }
  if (!isUnderWay(refund.state)) await execute(kernel, refund.id);
  return 'queried';
}
