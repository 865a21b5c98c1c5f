import { time } from '../payments/view.ts';
import type { DiscrepancyAction, DiscrepancyRow } from '../store/tables/discrepancies.ts';
import type { ReconciliationRow } from '../store/tables/reconciliations.ts';
import type { ClassSum } from './classes.ts';

const timeOrNull = (at: number | null) => (at === null ? null : time(at));

/** A reconciliation as the API shows it. */
export function viewReconciliation(row: ReconciliationRow) {
  return {
    id: row.id,
    object: 'reconciliation' as const,
    account: row.account_id,
    channel: row.channel,
    livemode: row.livemode === 1,
    day: row.day,
    state: row.state,
    reason: row.reason,
    entries: row.entries,
    classes: JSON.parse(row.totals ?? '[]') as readonly ClassSum[],
    created_at: time(row.created_at),
    done_at: timeOrNull(row.done_at),
  };
}

/** A discrepancy as the API shows it. The entry itself stays sealed: it names shoppers, and the vendor has it too. */
export function viewDiscrepancy(row: DiscrepancyRow, now: Date, actions?: readonly DiscrepancyAction[]) {
  return {
    id: row.id,
    object: 'discrepancy' as const,
    reconciliation: row.reconciliation_id,
    account: row.account_id,
    channel: row.channel,
    livemode: row.livemode === 1,
    day: row.day,
    class: row.class,
    kind: row.kind,
    number: row.number,
    channel_no: row.channel_no,
    currency: row.currency,
    amount_here: row.amount_here,
    amount_there: row.amount_there,
    fee_here: row.fee_here,
    fee_there: row.fee_there,
    payment: row.payment_id,
    refund: row.kind === 'refund' ? row.subject_id : null,
    payout: row.kind === 'payout' ? row.subject_id : null,
    state: row.state,
    reason: row.reason,
    owner: row.owner,
    age_seconds: Math.floor(((row.resolved_at ?? now.getTime()) - row.created_at) / 1000),
    occurred_at: timeOrNull(row.occurred_at),
    created_at: time(row.created_at),
    resolved_at: timeOrNull(row.resolved_at),
    ...(actions === undefined ? {} : { actions: actions.map(viewAction) }),
  };
}

const viewAction = ({ action, actor, note, from_state, to_state, created_at }: DiscrepancyAction) => ({
  action,
  actor,
  note,
  from_state,
  to_state,
  created_at: time(created_at),
});
