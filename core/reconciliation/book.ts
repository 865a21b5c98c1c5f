import type { OpenAccount } from '../channels/accounts.ts';
import { check } from '../payments/check.ts';
import type { Kernel } from '../payments/deps.ts';
import { type Evidence, isName } from '../payments/evidence.ts';
import { settle } from '../payments/settle.ts';
import { isPaid } from '../payments/states.ts';
import { execute } from '../refunds/execute.ts';
import { settleRefund } from '../refunds/settle.ts';
import { readAttempt } from '../store/tables/attempts.ts';
import { readRefund } from '../store/tables/refunds.ts';
import type { Unsettled } from './compare.ts';
import type { Finding } from './match.ts';

export interface Booking {
  readonly account: OpenAccount;
  /** Whether the document came from the vendor itself. One that a person gave proves nothing: it only makes us ask. */
  readonly isFromVendor: (fileId: string) => boolean;
}

/**
 * Books money that a statement names and that is not booked here, by the kernel's rules for evidence. Answers what is booked by
 * now; the rest stays for a person.
 */
export async function bookUnsettled(kernel: Kernel, booking: Booking, unsettled: readonly Unsettled[]): Promise<readonly Finding[]> {
  const booked: Finding[] = [];
  for (const one of unsettled) {
    const isBooked = one.finding.kind === 'refund' ? await bookRefund(kernel, booking, one) : await bookPayment(kernel, booking, one);
    if (isBooked) booked.push({ ...one.finding, state: 'resolved', reason: 'settled' });
  }
  return booked;
}

async function bookPayment(kernel: Kernel, { account, isFromVendor }: Booking, { found, entry }: Unsettled): Promise<boolean> {
  const attempt = await readAttempt(kernel.database, found.id);
  if (attempt === null) return false;
  const { gross, channelNo, occurredAt } = entry.line;
  const agrees = gross.amount === attempt.amount && gross.currency === attempt.currency && isName(channelNo);
  // Another amount is for the vendor to confirm, twice: a statement is one answer.
  if (agrees && isFromVendor(entry.fileId) && kernel.channels.speaksFor(account, attempt)) {
    const evidence: Evidence = { kind: 'paid', amount: gross.amount, channelNo, at: occurredAt.getTime() };
    await settle(kernel, { attempt, evidence, cause: 'statement' });
  } else await check(kernel, attempt.id, 'statement');
  const after = await readAttempt(kernel.database, attempt.id);
  return after !== null && isPaid(after.state);
}

async function bookRefund(kernel: Kernel, { isFromVendor }: Booking, { found, entry }: Unsettled): Promise<boolean> {
  const refund = await readRefund(kernel.database, found.id);
  // One that is being sent at this moment has its answer soon, and until then nothing else may speak for it.
  if (refund === null || refund.state === 'created' || refund.state === 'sending') return false;
  const { gross, channelNo, occurredAt } = entry.line;
  const agrees = gross.amount === -refund.amount && gross.currency === refund.currency && isName(channelNo);
  if (!agrees) return false;
  if (isFromVendor(entry.fileId)) {
    const evidence = { kind: 'succeeded', channelNo, at: occurredAt.getTime() } as const;
    await settleRefund(kernel, { refund, evidence, cause: 'statement' });
  } else await execute(kernel, refund.id);
  return (await readRefund(kernel.database, refund.id))?.state === 'succeeded';
}
