import { abilitiesOf } from '../channels/abilities.ts';
import type { OpenAccount } from '../channels/accounts.ts';
import type { RefundRequest } from '../contract/channel.ts';
import type { RefundOutcome } from '../contract/outcome.ts';
import type { Kernel } from '../payments/deps.ts';
import { nextCheckMs } from '../payments/ladder.ts';
import { attemptRefOf, callbackUrl } from '../payments/request.ts';
import type { Tx } from '../store/database.ts';
import { type AttemptRow, readAttempt } from '../store/tables/attempts.ts';
import { claimDue, type Due } from '../store/tables/due.ts';
import { insertTransitions } from '../store/tables/history.ts';
import { changeRefund, type RefundRow, readRefund } from '../store/tables/refunds.ts';
import { evidenceOfRefund, expectedRefund, type RefundEvidence } from './evidence.ts';
import { settleRefund } from './settle.ts';
import { isOpenRefund } from './states.ts';

/** Takes a refund one step further: sends it if nothing was sent, otherwise asks what became of it. */
export async function execute(kernel: Kernel, refundId: string): Promise<RefundRow> {
  const refund = await readRefund(kernel.database, refundId);
  if (refund === null) throw new Error(`refund ${refundId} is not stored`);
  const attempt = await readAttempt(kernel.database, refund.attempt_id);
  const account = attempt === null ? undefined : kernel.channels.accountOf(attempt);
  if (!isOpenRefund(refund.state) || attempt === null) return refund;
  if (account === undefined) {
    kernel.log.warn('a refund waits for an account that cannot be opened', { refund: refund.id, account: attempt.account_id });
    return refund;
  }
  const asking: Asking = { kernel, account, attempt, refund };
  const evidence = refund.state === 'created' ? await sendFirst(asking) : await ask(asking);
  if (evidence === null) return refund;
  const isFirst = refund.state === 'created';
  return settleRefund(kernel, { refund, evidence, cause: isFirst ? 'kernel' : 'query', ...(isFirst ? { checks: refund.checks } : {}) });
}

/** Looks after a refund whose time has come. */
export async function attendRefund(kernel: Kernel, due: Due): Promise<void> {
  const now = kernel.clock.now().getTime();
  const next = now + nextCheckMs('refund', due.checks);
  if (await claimDue(kernel.database, 'refunds', due, now, next)) await execute(kernel, due.id);
}

interface Asking {
  readonly kernel: Kernel;
  readonly account: OpenAccount;
  readonly attempt: AttemptRow;
  readonly refund: RefundRow;
}

/** Commits `sending` before the first byte, so that a crash leaves a refund that is asked about, not one that is forgotten. */
async function sendFirst(asking: Asking): Promise<RefundEvidence | null> {
  const { kernel, refund, account } = asking;
  const { refund: ability } = abilitiesOf(account.manifest, asking.attempt.product);
  const isPart = refund.amount !== asking.attempt.amount_paid;
  if (account.channel.refund === undefined || ability === 'none' || (ability === 'full' && isPart))
    return { kind: 'failed', code: 'channel_unsupported', advice: 'contact_support', vendor: null, how: 'refused' };
  const at = kernel.clock.now().getTime();
  const id = kernel.newId('his_');
  const claim = async (tx: Tx) => {
    if (!(await changeRefund(tx, refund.id, 'created', { state: 'sending', due_at: at + kernel.timing.callMs + 2000 }))) return false;
    const transition = { subjectId: refund.id, from: 'created', to: 'sending', cause: 'kernel', at } as const;
    await insertTransitions(tx, [{ id, ...transition }]);
    return true;
  };
  const mine = await kernel.database.transaction(claim, { table: 'history', id });
  return mine ? send(asking, 'refund') : null;
}

/** `repeat`: an earlier send may have arrived, so a refusal of this one proves nothing about that one. */
async function send({ kernel, account, attempt, refund }: Asking, as: 'refund' | 'repeat'): Promise<RefundEvidence> {
  const request = refundRequest(kernel, attempt, refund);
  const outcome = await kernel.caller.call(
    account,
    'refund',
    async (call) => account.channel.refund?.(request, call) as Promise<RefundOutcome>,
  );
  return evidenceOfRefund(outcome, expectedRefund(refund, account.channel.merchantNo, account.record.livemode), as);
}

/**
 * Asks about a refund that was sent. Where the channel cannot be asked by our number, or does not
 * know it, the same number with the same amount is sent again: every channel takes that as a
 * repeat. Never under a new number, which would be a second refund. Where a repeat would be a second
 * refund by now, an operator decides.
 */
async function ask(asking: Asking): Promise<RefundEvidence | null> {
  const { kernel, account, attempt, refund } = asking;
  const { abilities, idempotency } = account.manifest;
  const canAsk = abilities.queryRefund === 'by_number' || (abilities.queryRefund === 'by_channel_no' && refund.channel_no !== null);
  const expected = expectedRefund(refund, account.channel.merchantNo, account.record.livemode);
  if (canAsk) {
    const request = refundRequest(kernel, attempt, refund);
    const outcome = await kernel.caller.call(
      account,
      'query_refund',
      async (call) => account.channel.queryRefund?.(request, call) as Promise<RefundOutcome>,
    );
    const evidence = evidenceOfRefund(outcome, expected, 'query');
    if (evidence.kind !== 'notFound' || mustWait(asking)) return evidence;
  } else if (refund.state === 'processing') return silent(asking);
  const ageMs = kernel.clock.now().getTime() - refund.created_at;
  const isYoung = idempotency.ttlHours === undefined || ageMs < idempotency.ttlHours * 3_600_000;
  const repeatIsSafe = isYoung && idempotency.refund !== false;
  return repeatIsSafe ? send(asking, 'repeat') : { kind: 'abnormal', channelNo: null };
}

/** A refund that only a callback can end, and none came for very long: an operator looks. Its money stays set aside, and a callback still ends it. */
function silent({ kernel, refund }: Asking): RefundEvidence | null {
  const ageMs = kernel.clock.now().getTime() - refund.created_at;
  return refund.exception === null && ageMs >= kernel.timing.refundSilentMs ? { kind: 'abnormal', channelNo: null } : null;
}

/** What the vendor had taken and then no longer knows is sent again only when it said so twice, and never over an operator's head. */
function mustWait({ kernel, account, refund }: Asking): boolean {
  if (refund.state !== 'processing') return false;
  if (refund.exception === 'abnormal' || refund.not_found_at === null) return true;
  return kernel.clock.now().getTime() - refund.not_found_at < kernel.channels.settleRules(account.id).notFoundIsFinalAfterMs;
}

function refundRequest(kernel: Kernel, attempt: AttemptRow, refund: RefundRow): RefundRequest {
  return {
    number: refund.number,
    channelNo: refund.channel_no,
    money: { amount: refund.amount, currency: refund.currency },
    reason: refund.reason,
    createdAt: new Date(refund.created_at),
    attempt: attemptRefOf(attempt),
    callbackUrl: callbackUrl(kernel.publicUrl, attempt.channel, attempt.account_id),
  };
}
