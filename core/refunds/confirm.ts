import { noteOf, type Testimony, takesOperatorsWord, testimonyFault } from '../payments/confirm.ts';
import type { Kernel } from '../payments/deps.ts';
import { readAttempt } from '../store/tables/attempts.ts';
import { type RefundRow, readRefund } from '../store/tables/refunds.ts';
import { settleRefund } from './settle.ts';

export interface RefundConfirmation extends Testimony {
  readonly refundId: string;
}

/** `changed` is false where the same had been said before. */
export type ConfirmedRefund =
  | { readonly kind: 'confirmed'; readonly changed: boolean; readonly refund: RefundRow }
  | { readonly kind: 'refused'; readonly reason: string };

const refused = (reason: string): ConfirmedRefund => ({ kind: 'refused', reason });

/** Takes an operator's word that a refund was paid out, for a channel that nobody can ask. */
export async function confirmRefund(kernel: Kernel, said: RefundConfirmation): Promise<ConfirmedRefund> {
  const before = await readRefund(kernel.database, said.refundId);
  if (before === null) return refused(`there is no refund ${said.refundId}`);
  const attempt = await readAttempt(kernel.database, before.attempt_id);
  if (attempt === null || !takesOperatorsWord(kernel, attempt)) return refused('its channel confirms it, not an operator');
  const fault = testimonyFault(said);
  if (fault !== null) return refused(fault);
  if (before.state === 'failed') return refused('it has failed, and its money was given free; refund again under a new number');
  const evidence = { kind: 'succeeded', channelNo: said.reference, at: null } as const;
  const refund = await settleRefund(kernel, { refund: before, evidence, cause: 'operator', note: noteOf(said) });
  if (refund.state !== 'succeeded') return refused(`it is ${refund.state}: a running server has to take it up first`);
  if (refund.channel_no !== said.reference) return refused(`it is confirmed already, under ${refund.channel_no}`);
  return { kind: 'confirmed', changed: before.state !== 'succeeded', refund };
}
