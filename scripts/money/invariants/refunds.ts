import { found, type Invariant, isOpen, isPaid, sum } from '../invariant.ts';

export const countersAreSums: Invariant = {
  number: 7,
  name: 'the counters of a payment are the sums of its refunds, and never more than was paid',
  *check({ payment, refunds }) {
    const own = refunds.filter(({ kind }) => kind === 'merchant');
    const done = sum(own.filter(({ state }) => state === 'succeeded'));
    const reserved = sum(own.filter(isOpen));
    const rows = [payment, ...own];
    if (done !== payment.amount_refunded)
      yield found(`${payment.id}: ${payment.amount_refunded} refunded, its refunds say ${done}`, ...rows);
    if (reserved !== payment.refund_reserved)
      yield found(`${payment.id}: ${payment.refund_reserved} reserved, its refunds say ${reserved}`, ...rows);
    if (done + reserved > payment.amount_paid) yield found(`${payment.id}: ${done + reserved} of ${payment.amount_paid} go back`, ...rows);
    const isWhole = payment.amount_paid > 0 && payment.amount_refunded === payment.amount_paid;
    if (isWhole !== (payment.state === 'refunded'))
      yield found(`${payment.id}: ${payment.state} with ${payment.amount_refunded} refunded`, ...rows);
  },
};

export const refundsAreOfTheirAttempt: Invariant = {
  number: 8,
  name: 'of no attempt does more go back than came in, here and at its vendor',
  *check({ payment, attempts, refunds, truth }) {
    const known = new Set(attempts.map(({ id }) => id));
    for (const refund of refunds)
      if (!known.has(refund.attempt_id)) yield found(`${refund.id}: refunds an attempt that its payment does not have`, refund, payment);
    for (const attempt of attempts) {
      const own = refunds.filter(({ attempt_id: id, state }) => id === attempt.id && state !== 'failed');
      if (own.length > 0 && !isPaid(attempt)) yield found(`${attempt.id}: ${attempt.state}, and money goes back`, attempt, ...own);
      if (sum(own) > attempt.amount_paid) yield found(`${attempt.id}: ${sum(own)} goes back of ${attempt.amount_paid}`, attempt, ...own);
      const made = refunds.filter(({ attempt_id: id }) => id === attempt.id).flatMap(({ number }) => truth?.get(number) ?? []);
      if (sum(made) > attempt.amount_paid) yield found(`${attempt.id}: ${sum(made)} went back of ${attempt.amount_paid}`, attempt, ...made);
    }
  },
};

export const refundsReallyHappened: Invariant = {
  number: 8,
  name: 'each refund that a vendor made is one refund here, and the reverse',
  *check({ refunds, truth }) {
    if (truth === null) return;
    for (const refund of refunds) {
      const made = (truth.get(refund.number) ?? []).filter(({ kind }) => kind === 'refund');
      const [first] = made;
      if (made.length > 1) yield found(`${refund.number}: refunded ${made.length} times`, refund, ...made);
      if (refund.state === 'succeeded' && first === undefined) yield found(`${refund.number}: a refund that never was`, refund);
      if (refund.state === 'failed' && first !== undefined)
        yield found(`${refund.number}: money went back, and here it failed`, refund, first);
      if (first !== undefined && (first.amount !== refund.amount || first.currency !== refund.currency))
        yield found(`${refund.number}: ${first.amount} ${first.currency} went back, asked were ${refund.amount}`, refund, first);
    }
  },
};
