import type { OpenAccount } from '../channels/accounts.ts';
import type { CallbackItem, Trust } from '../contract/channel.ts';
import type { Kernel } from '../payments/deps.ts';
import type { Received } from '../payments/receive.ts';
import { readAttempt } from '../store/tables/attempts.ts';
import { findRefund } from '../store/tables/refunds.ts';
import { evidenceOfReport, expectedRefund } from './evidence.ts';
import { execute } from './execute.ts';
import { settleRefund } from './settle.ts';

type RefundItem = Extract<CallbackItem, { of: 'refund' }>;

/** Takes one fact about a refund out of a callback: a signed one that agrees settles, any other makes us ask. */
export async function receiveRefund(kernel: Kernel, account: OpenAccount, item: RefundItem, trust: Trust): Promise<Received> {
  const refund = await findRefund(kernel.database, item.number, item.channelNo);
  const attempt = refund === null ? null : await readAttempt(kernel.database, refund.attempt_id);
  if (refund === null || attempt === null) return 'unknown';
  if (attempt.account_id !== account.id) return 'wrong_account';
  const { report } = item;
  const isSaid = report.state !== 'changed';
  const evidence = isSaid ? evidenceOfReport(report, expectedRefund(refund, account.channel.merchantNo, account.record.livemode)) : null;
  const proves = evidence?.kind === 'succeeded' || evidence?.kind === 'failed' || evidence?.kind === 'abnormal';
  if (trust === 'signed' && proves) {
    await settleRefund(kernel, { refund, evidence, cause: 'callback' });
    return 'settled';
  }
  if (refund.state !== 'created') await execute(kernel, refund.id);
  return 'queried';
}
