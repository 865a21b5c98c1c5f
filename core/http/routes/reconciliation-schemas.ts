import { z } from 'zod';
import { adjustReasons } from '../../reconciliation/adjust.ts';
import { classes } from '../../reconciliation/classes.ts';
import { reportFormats } from '../../reconciliation/report.ts';
import { amount, pageQuery } from './schemas.ts';

/** The shapes of reconciliations and discrepancies. */

const anyId = z.string().min(1).max(64);
const day = z.iso.date().describe('A business day of the vendor’s time zone');
const reconciliationStates = ['waiting', 'fetched', 'done', 'refused'] as const;
const discrepancyStates = ['suspended', 'open', 'resolved'] as const;
const note = z.string().min(1).max(1000).regex(/\S/).meta({ description: 'Why; kept for ever' });
const owner = z
  .string()
  .regex(/^[\x21-\x7e]{1,255}$/)
  .meta({ description: 'Who looks after it: a key, an address, a ticket' });

export const listReconciliationsQuery = z.strictObject({
  ...pageQuery,
  day: day.optional(),
  account: anyId.optional(),
  state: z.enum(reconciliationStates).optional(),
});

export const listDiscrepanciesQuery = z.strictObject({
  ...pageQuery,
  state: z.enum(discrepancyStates).optional(),
  class: z.enum(classes).optional(),
  reconciliation: anyId.optional(),
  payment: anyId.optional(),
  owner: owner.optional(),
});

export const reportQuery = z.strictObject({
  format: z.enum(reportFormats).optional().describe('csv when absent'),
  content: z.enum(['discrepancies', 'classes']).optional().describe('discrepancies when absent'),
});

export const documentQuery = z.strictObject({
  account: anyId.describe('Whose statement it is'),
  day,
  name: z
    .string()
    .min(1)
    .max(255)
    .regex(/^[^\p{Cc}/\\]+$/u)
    .optional()
    .describe('What the file is called, for people'),
});

export const noteBody = z.strictObject({ note });
export const refundBody = z.strictObject({ note, amount });
export const assignBody = z.strictObject({ note, owner: owner.nullable() });
export const adjustBody = z.strictObject({
  note,
  reason: z.enum(adjustReasons),
  amount: z.int().describe('By how many minor units more the channel owes than was booked; below 0: less'),
  currency: z.string().regex(/^[A-Z]{3}$/),
});

const classSum = z.strictObject({
  class: z.enum(classes),
  kind: z.enum(['payment', 'refund', 'fee', 'chargeback', 'payout', 'adjustment']),
  currency: z.string(),
  entries_there: z.int().describe('Entries of the statement'),
  amount_there: z.int(),
  entries_here: z.int().describe('Payments or refunds that are booked here, and payouts that a channel sent'),
  amount_here: z.int(),
});

export const reconciliationView = z.strictObject({
  id: z.string(),
  object: z.literal('reconciliation'),
  account: z.string(),
  channel: z.string(),
  livemode: z.boolean(),
  day: z.string(),
  state: z.enum(reconciliationStates),
  reason: z.string().nullable(),
  entries: z.int().nullable(),
  classes: z.array(classSum).describe('What the day comes to by class: the sums over all classes are both sides’ totals'),
  created_at: z.iso.datetime(),
  done_at: z.iso.datetime().nullable(),
});

export const documentView = reconciliationView.extend({
  document: z.strictObject({
    sha256: z.string().describe('Of the file as it came'),
    is_known: z.boolean().describe('Whether the day had the same one already, so that nothing changed'),
  }),
});

export const discrepancyView = z.strictObject({
  id: z.string(),
  object: z.literal('discrepancy'),
  reconciliation: z.string(),
  account: z.string(),
  channel: z.string(),
  livemode: z.boolean(),
  day: z.string(),
  class: z.enum(classes),
  kind: z.string(),
  number: z.string().nullable().describe('Our number, that the channel sees; of a payout that arrived, the channel’s'),
  channel_no: z.string().nullable(),
  currency: z.string(),
  amount_here: z.int().nullable(),
  amount_there: z.int().nullable(),
  fee_here: z.int().nullable(),
  fee_there: z.int().nullable(),
  payment: z.string().nullable(),
  refund: z.string().nullable(),
  payout: z.string().nullable().describe('What the channel says that it paid out: the same on its own day and on the bank’s'),
  state: z.enum(discrepancyStates).describe('suspended: it may yet come with the next days’ statements'),
  reason: z.string().nullable(),
  owner: z.string().nullable(),
  age_seconds: z.int().describe('How long it has been open, or was'),
  occurred_at: z.iso.datetime().nullable(),
  created_at: z.iso.datetime(),
  resolved_at: z.iso.datetime().nullable(),
  actions: z
    .array(
      z.strictObject({
        action: z.string(),
        actor: z.string(),
        note: z.string().nullable(),
        from_state: z.string().nullable(),
        to_state: z.string(),
        created_at: z.iso.datetime(),
      }),
    )
    .describe('All that was done about it, oldest first; in lists left out')
    .optional(),
});
