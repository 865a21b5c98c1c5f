import { check } from '../payments/check.ts';
import type { Kernel } from '../payments/deps.ts';
import { execute } from '../refunds/execute.ts';
import type { Tx } from '../store/database.ts';
import { readByNumbers } from '../store/tables/booked.ts';
import {
  changeDiscrepancy,
  type DiscrepancyAction,
  type DiscrepancyChanges,
  type DiscrepancyRow,
  readDiscrepancy,
} from '../store/tables/discrepancies.ts';
import { type Adjustment, canAdjust, postAdjustment, reverseAdjustment } from './adjust.ts';

/** Who does something about a discrepancy, and why. Kept for ever. */
export interface Acting {
  readonly id: string;
  /** The key or the operator. */
  readonly actor: string;
  readonly note: string | null;
}

export type Acted =
  | { readonly kind: 'discrepancy'; readonly discrepancy: DiscrepancyRow }
  | { readonly kind: 'not_open' | 'not_adjustable' };

/** What is written beside the row, in its transaction. */
type Also = (tx: Tx, row: DiscrepancyRow, told: DiscrepancyAction) => Promise<void>;

/** What becomes of the row; null: nothing. A word says why it cannot be. */
type Decision = DiscrepancyChanges | 'not_open' | 'not_adjustable' | null;
type Decide = (row: DiscrepancyRow) => Promise<Decision> | Decision;

/** Ends a discrepancy as it is: what the vendor says, or what we say, is taken for right. Like writing off, above `aloneUpTo` it takes two. */
export function accept(kernel: Kernel, acting: Acting, aloneUpTo: number): Promise<Acted> {
  return act(kernel, acting, 'accept', (row) => endByTwo(kernel, acting, row, { asked: 'accept_asked', as: 'accepted', aloneUpTo }));
}

/** Notes that money was given back over it. The refund itself is one like any other. */
export function noteRefund(kernel: Kernel, acting: Acting): Promise<Acted> {
  return act(kernel, acting, 'refund', () => resolved(kernel, 'refunded'));
}

/**
 * Ends a discrepancy whose money nobody will look for any more. Above `aloneUpTo` minor units it takes two: the first asks for it,
 * another one ends it, and the first alone cannot by asking twice.
 */
export async function writeOff(kernel: Kernel, acting: Acting, aloneUpTo: number): Promise<Acted> {
  const asked = 'write_off_asked';
  return act(kernel, acting, 'write_off', (row) => endByTwo(kernel, acting, row, { asked, as: 'written_off', aloneUpTo }));
}

/** Ends a discrepancy by an entry of the ledger. Above `aloneUpTo` it takes two who want the same entry. */
export async function adjust(kernel: Kernel, acting: Acting, adjustment: Adjustment, aloneUpTo: number): Promise<Acted> {
  const asked = `adjust_asked: ${adjustment.reason} ${adjustment.amount}`;
  const decide = (now: DiscrepancyRow) =>
    canAdjust(now, adjustment) ? endByTwo(kernel, acting, now, { asked, as: 'adjusted', aloneUpTo }) : 'not_adjustable';
  return act(kernel, acting, 'adjust', decide, async (tx, now, told) => {
    if (told.to_state === 'resolved') await postAdjustment(tx, now, adjustment, told);
  });
}

/** Says who looks after a discrepancy; null: nobody. */
export async function assign(kernel: Kernel, acting: Acting, owner: string | null): Promise<Acted> {
  return act(kernel, acting, 'assign', () => ({ owner }));
}

interface ByTwo {
  /** What the row says while the second is waited for. */
  readonly asked: string;
  readonly as: string;
  readonly aloneUpTo: number;
}

function endByTwo(kernel: Kernel, { actor }: Acting, row: DiscrepancyRow, by: ByTwo): DiscrepancyChanges | null {
  if (atStake(row) <= by.aloneUpTo) return resolved(kernel, by.as);
  // Not by the owner, whom anybody can change.
  if (row.reason !== by.asked || row.asked_by === null) return { reason: by.asked, asked_by: actor };
  return row.asked_by === actor ? null : resolved(kernel, by.as);
}

/** The money that is not accounted for. */
export function atStake({ class: name, amount_here, amount_there, fee_here, fee_there }: DiscrepancyRow): number {
  if (name === 'fee_differs') return Math.abs((fee_here ?? 0) - (fee_there ?? 0));
  if (name === 'amount_differs') return Math.abs((amount_here ?? 0) - (amount_there ?? 0));
  return Math.max(Math.abs(amount_here ?? 0), Math.abs(amount_there ?? 0));
}

/** Takes back how a discrepancy was ended. Nothing of what was done is forgotten. */
export async function reopen(kernel: Kernel, acting: Acting): Promise<Acted> {
  const open = { state: 'open', reason: 'reopened', owner: acting.actor, resolved_at: null } as const;
  return change(kernel, acting, 'reopen', (row) => (row.state === 'resolved' ? open : null), reverseAdjustment);
}

/** Asks the vendor about the payment or refund once more, and ends what agrees by now. */
export async function queryAgain(kernel: Kernel, acting: Acting): Promise<Acted> {
  const row = await readDiscrepancy(kernel.database, acting.id);
  if (row === null || row.state === 'resolved' || row.subject_id === null || row.kind === 'payout') return { kind: 'not_open' };
  if (row.kind === 'refund') await execute(kernel, row.subject_id);
  else await check(kernel, row.subject_id, 'operator');
  return act(kernel, acting, 'query', async (now) => ((await agreesNow(kernel, now)) ? resolved(kernel, 'settled') : {}));
}

async function agreesNow({ database }: Kernel, row: DiscrepancyRow): Promise<boolean> {
  if (row.class !== 'status_differs' || row.number === null) return false;
  const kind = row.kind === 'refund' ? 'refund' : 'payment';
  const [ours] = await readByNumbers(database, kind, [row.number]);
  const isBooked = ours?.state === 'succeeded' || ours?.state === 'succeeded_late';
  return isBooked && ours.amount === Math.abs(row.amount_there ?? 0) && ours.currency === row.currency;
}

const resolved = ({ clock }: Kernel, reason: string): DiscrepancyChanges => ({
  state: 'resolved',
  reason,
  resolved_at: clock.now().getTime(),
});

/** Something that only an open discrepancy allows: asked of the row that is changed, since two may ask at once. */
function act(kernel: Kernel, acting: Acting, action: string, decide: Decide, also?: Also): Promise<Acted> {
  return change(kernel, acting, action, (row) => (row.state === 'resolved' ? 'not_open' : decide(row)), also);
}

/** Decides on the row as it is; once more where somebody changed it meanwhile. */
async function change(kernel: Kernel, { id, actor, note }: Acting, action: string, decide: Decide, also?: Also): Promise<Acted> {
  const { database, newId, clock } = kernel;
  const actionId = newId('dac_');
  for (;;) {
    const row = await readDiscrepancy(database, id);
    if (row === null) return { kind: 'not_open' };
    const changes = await decide(row);
    if (changes === null) return { kind: 'discrepancy', discrepancy: row };
    if (typeof changes === 'string') return { kind: changes };
    const to_state = changes.state ?? row.state;
    const told: DiscrepancyAction = {
      id: actionId,
      discrepancy_id: id,
      action,
      actor,
      note,
      from_state: row.state,
      to_state,
      created_at: clock.now().getTime(),
    };
    const write = async (tx: Tx) => {
      const isFirst = await changeDiscrepancy(tx, row, changes, told);
      if (isFirst) await also?.(tx, row, told);
      return isFirst;
    };
    if (await database.transaction(write, { table: 'discrepancy_actions', id: actionId }))
      return { kind: 'discrepancy', discrepancy: { ...row, ...changes, version: row.version + 1 } };
  }
}
