import type { OpenAccount } from '../channels/accounts.ts';
import type { CallbackItem, Trust } from '../contract/channel.ts';
import { type AttemptRow, readAttemptByChannelNo, readAttemptByNumber, readAttemptBySessionNo } from '../store/tables/attempts.ts';
import { check } from './check.ts';
import type { Kernel } from './deps.ts';
import { compareEcho, type Evidence, evidenceOfDecline, evidenceOfReport, expectedOf, isApproved } from './evidence.ts';
import { alreadySettled, noteUnusableName, settle } from './settle.ts';
import { noteTakenBack } from './take-back.ts';

/** How a callback's fact was taken. `unknown`: there is no such attempt here. `wrong_account`: it belongs to another account. */
export type Received = 'settled' | 'queried' | 'unknown' | 'wrong_account';

type PaymentItem = Extract<CallbackItem, { of: 'payment' }>;

/**
 * Takes one fact about a payment out of a callback. Only a signed one that agrees with the attempt
 * in every member settles; any other only makes us ask the channel ourselves.
 */
export async function receivePayment(kernel: Kernel, account: OpenAccount, item: PaymentItem, trust: Trust): Promise<Received> {
  const attempt = await findAttempt(kernel, account, item);
  if (attempt === null) return 'unknown';
  if (!kernel.channels.speaksFor(account, attempt)) return 'wrong_account';
  if (alreadySettled(attempt)) return receiveOfPaid(kernel, account, attempt, item, trust);
  const evidence = evidenceOfItem(account, attempt, item);
  if (trust === 'signed' && evidence !== null) {
    if (isProof(evidence)) {
      await settle(kernel, { attempt, evidence, cause: 'callback' });
      // What the shopper agreed to is taken at once, as far as the channel says the same when it is asked.
      if (!isApproved(evidence)) return 'settled';
    } else noteDoubt(kernel, account, attempt, evidence);
  }
  const answered = await check(kernel, attempt.id, 'callback');
  // Where nobody can be asked, the vendor's signed word of other money is all that there will be: an operator has to see it.
  if (answered === null && trust === 'signed' && evidence?.kind === 'paidOther')
    await settle(kernel, { attempt, evidence: { ...evidence, onlyTold: true }, cause: 'callback' });
  return 'queried';
}

/** Money that is booked stays booked. Only that the vendor takes it back is news; what else is said of it is old. */
async function receiveOfPaid(
  kernel: Kernel,
  account: OpenAccount,
  attempt: AttemptRow,
  item: PaymentItem,
  trust: Trust,
): Promise<Received> {
  if (item.report.state !== 'reversed') return 'settled';
  const other = compareEcho(item.report.echo, expectedOf(attempt, account.channel.merchantNo, account.record.livemode));
  if (other !== null) noteDoubt(kernel, account, attempt, { kind: 'mismatch', what: other });
  else if (trust === 'signed') await noteTakenBack(kernel, attempt);
  else kernel.log.warn('an unsigned callback says that a payment was taken back', { attempt: attempt.id, account: account.id });
  return 'settled';
}

async function findAttempt(kernel: Kernel, account: OpenAccount, item: PaymentItem): Promise<AttemptRow | null> {
  const byNumber = item.number === undefined ? null : await readAttemptByNumber(kernel.database, item.number);
  if (byNumber !== null) return byNumber;
  const { channelNo, sessionNo } = item;
  const byChannelNo = channelNo === undefined ? null : await readAttemptByChannelNo(kernel.database, account.id, channelNo);
  if (byChannelNo !== null || sessionNo === undefined) return byChannelNo;
  return readAttemptBySessionNo(kernel.database, account.id, sessionNo);
}

/** Null: the vendor says only that there is something to ask about. */
function evidenceOfItem(account: OpenAccount, attempt: AttemptRow, item: PaymentItem): Evidence | null {
  if (item.report.state === 'changed' || item.report.state === 'reversed') return null;
  const expected = expectedOf(attempt, account.channel.merchantNo, account.record.livemode);
  if (item.report.state === 'declined') return evidenceOfDecline({ ...item.report, advice: 'retry_other_method', vendor: null }, expected);
  return evidenceOfReport(item.report, expected);
}

function isProof({ kind }: Evidence): boolean {
  return kind !== 'mismatch' && kind !== 'paidOther' && kind !== 'unknown';
}

function noteDoubt(kernel: Kernel, account: OpenAccount, attempt: AttemptRow, evidence: Evidence): void {
  noteUnusableName(kernel, attempt, evidence);
  if (evidence.kind === 'unknown') return;
  const field = evidence.kind === 'mismatch' ? evidence.what : 'amount';
  kernel.metrics.callbackMismatch({ channel: account.channelId, field });
  kernel.log.warn('a signed callback does not agree with its attempt; asking the channel', {
    attempt: attempt.id,
    account: account.id,
    field,
  });
}
