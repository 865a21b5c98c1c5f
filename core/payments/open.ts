import type { Proof, Tx } from '../store/database.ts';
import { type AttemptRow, insertAttempts } from '../store/tables/attempts.ts';
import { insertTransitions } from '../store/tables/history.ts';
import { insertPayments, type PaymentRow } from '../store/tables/payments.ts';
import { paymentAnnouncement } from './announce.ts';
import type { Kernel } from './deps.ts';

/** A payment with its first attempt, before a byte of it goes to a channel; without one where the shopper has still to choose. */
export interface Opening {
  readonly payment: PaymentRow;
  readonly attempt: AttemptRow | null;
}

/** Writes payments with their first attempts, their history and their events: all of them in one transaction, or none. */
export async function writeOpenings(
  kernel: Pick<Kernel, 'database' | 'announce' | 'newId' | 'publicUrl'>,
  openings: readonly Opening[],
): Promise<readonly undefined[]> {
  const [first] = openings;
  if (first === undefined) return [];
  // One row proves the commit of them all.
  const proof: Proof = { table: 'payments', id: first.payment.id };
  await kernel.database.transaction((tx) => insertOpenings(kernel, tx, openings), proof);
  return openings.map(() => undefined);
}

/** The same inside a transaction that writes more than these. */
export async function insertOpenings(
  kernel: Pick<Kernel, 'announce' | 'newId' | 'publicUrl'>,
  tx: Tx,
  openings: readonly Opening[],
): Promise<void> {
  await insertPayments(
    tx,
    openings.map(({ payment }) => payment),
  );
  const attempts = openings.flatMap(({ attempt }) => attempt ?? []);
  if (attempts.length > 0) await insertAttempts(tx, attempts);
  const transitions = openings.flatMap(({ payment, attempt }) =>
    [payment, ...(attempt === null ? [] : [attempt])].map(({ id, state }) => ({
      id: kernel.newId('his_'),
      subjectId: id,
      from: null,
      to: state,
      cause: 'merchant' as const,
      at: payment.created_at,
    })),
  );
  await insertTransitions(tx, transitions);
  const events = openings.map(({ payment }) =>
    paymentAnnouncement(kernel, { eventId: kernel.newId('evt_'), type: 'payment.created', payment, now: payment.created_at }),
  );
  await kernel.announce(tx, events);
}
