import { type AttemptRow, readAttempts } from '../store/tables/attempts.ts';
import { readPayment } from '../store/tables/payments.ts';
import type { Kernel } from './deps.ts';
import { type Evidence, isName } from './evidence.ts';
import { type Settled, settle } from './settle.ts';
import { isLive, isPaid } from './states.ts';

/** What an operator says and answers for. Kept in the history as it is. */
export interface Testimony {
  /** The number under which the money can be found: the bank's, or that of a receipt. */
  readonly reference: string;
  readonly evidence: string;
  readonly operator: string;
}

export interface Confirmation extends Testimony {
  readonly paymentId: string;
  readonly amount: number;
  readonly currency: string;
  /** Said on purpose where the money is not what was asked: a slip of the keyboard must not settle. */
  readonly otherAmount: boolean;
}

/** `changed` is false where the same had been said before. */
export type Confirmed =
  | { readonly kind: 'confirmed'; readonly changed: boolean; readonly settled: Settled }
  | { readonly kind: 'refused'; readonly reason: string };

const refused = (reason: string): Confirmed => ({ kind: 'refused', reason });

/** Takes an operator's word that money came, for a channel that nobody can ask. All rules for money hold as for a vendor's word. */
export async function confirmPayment(kernel: Kernel, said: Confirmation): Promise<Confirmed> {
  const payment = await readPayment(kernel.database, said.paymentId);
  if (payment === null) return refused(`there is no payment ${said.paymentId}`);
  const attempt = findConfirmable(kernel, await readAttempts(kernel.database, payment.id));
  if (attempt === undefined) return refused('its money is confirmed by its channel, not by an operator');
  const fault = faultOf(said, attempt);
  if (fault !== null) return refused(fault);
  const settled = await settle(kernel, { attempt, evidence: evidenceOf(said, attempt), cause: 'operator', note: noteOf(said) });
  return conclude(said, settled);
}

/** The note that the history keeps of an operator's word. */
export function noteOf({ reference, evidence, operator }: Testimony): string {
  return JSON.stringify({ operator, reference, evidence });
}

/** Why a testimony says nothing that can be kept; null when it does. */
export function testimonyFault({ reference, evidence, operator }: Testimony): string | null {
  if (!isName(reference)) return 'the reference must be 1 to 255 visible ASCII characters, without spaces';
  const isText = (text: string) => text.trim() !== '' && text.length <= 1000;
  return isText(evidence) && isText(operator) ? null : 'the evidence and the operator must be texts of 1 to 1000 characters';
}

/** Whether an operator's word is taken for money on this channel. */
export function takesOperatorsWord(kernel: Kernel, { channel }: Pick<AttemptRow, 'channel'>): boolean {
  return kernel.channels.plugins.get(channel)?.manifest.confirmedBy === 'operator';
}

/** The attempt that was paid, else the one that waits, else the last: money may come after its end. */
function findConfirmable(kernel: Kernel, attempts: readonly AttemptRow[]): AttemptRow | undefined {
  const own = attempts.filter((attempt) => takesOperatorsWord(kernel, attempt)).toReversed();
  return own.find(({ state }) => isPaid(state)) ?? own.find(({ state }) => isLive(state)) ?? own[0];
}

function faultOf(said: Confirmation, attempt: AttemptRow): string | null {
  if (!Number.isSafeInteger(said.amount) || said.amount <= 0) return 'the amount must be an integer above 0, in minor units';
  const isAsked = said.amount === attempt.amount && said.currency === attempt.currency;
  if (!isAsked && !said.otherAmount && !isPaid(attempt.state))
    return `${attempt.amount} ${attempt.currency} (minor units) were asked; if other money really came, say so with --other-amount`;
  return testimonyFault(said);
}

function evidenceOf({ amount, currency, reference }: Confirmation, attempt: AttemptRow): Evidence {
  if (currency !== attempt.currency) return { kind: 'mismatch', what: 'currency' };
  return { kind: 'paid', amount, channelNo: reference, at: null };
}

/** Judged by what is stored now: another operator may have been faster. */
function conclude(said: Confirmation, settled: Settled): Confirmed {
  const { attempt, changed } = settled;
  if (!isPaid(attempt.state)) {
    const why =
      said.currency === attempt.currency ? `${said.reference} has paid another payment of this account` : 'it is another currency';
    return refused(`not counted: ${why}; the payment is marked as a mismatch`);
  }
  const isSame = attempt.channel_no === said.reference && attempt.amount_paid === said.amount && attempt.currency_paid === said.currency;
  if (isSame) return { kind: 'confirmed', changed, settled };
  return refused(`it is confirmed already, with ${attempt.amount_paid} ${attempt.currency_paid} (minor units) under ${attempt.channel_no}`);
}
