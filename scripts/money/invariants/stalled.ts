import { found, type Invariant, isLive, isOpen, isPaid } from '../invariant.ts';

export const nothingStalls: Invariant = {
  number: 34,
  name: 'whatever is not at its end says when it is looked at next, unless it is held for an operator',
  *check({ payment, attempts, refunds }) {
    const isHeld = attempts.some(isPaid);
    const isWaiting = payment.state === 'pending' || payment.state === 'processing';
    if (isWaiting && payment.due_at === null && !isHeld) yield found(`${payment.id}: ${payment.state}, and never looked at again`, payment);
    for (const row of attempts)
      if (isLive(row) && row.due_at === null) yield found(`${row.id}: ${row.state}, and never asked about again`, row);
    for (const row of refunds)
      if (isOpen(row) && row.due_at === null) yield found(`${row.id}: ${row.state}, and never asked about again`, row);
  },
};
