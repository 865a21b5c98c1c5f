import { found, type Invariant, isLive, isPaid, isSuccess, sum } from '../invariant.ts';

export const oneAcceptedSuccess: Invariant = {
  number: 6,
  name: 'a payment is a success exactly if one of its attempts was accepted and paid',
  *check({ payment, attempts }) {
    const accepted = attempts.find(({ id }) => id === payment.accepted_attempt_id);
    if (isSuccess(payment) !== (accepted !== undefined))
      yield found(`${payment.id}: ${payment.state} with accepted attempt ${payment.accepted_attempt_id ?? 'none'}`, payment, ...attempts);
    if (payment.accepted_attempt_id !== null && accepted === undefined)
      yield found(`${payment.id}: it accepted an attempt of another payment, or none`, payment);
    if (accepted !== undefined && !isPaid(accepted))
      yield found(`${payment.id}: its accepted attempt is ${accepted.state}`, payment, accepted);
  },
};

export const oneAtATime: Invariant = {
  number: 6,
  name: 'two attempts of a payment can never be paid at once',
  *check({ payment, attempts }) {
    const live = attempts.filter(isLive);
    if (live.length > 1) yield found(`${payment.id}: ${live.length} attempts can be paid at once`, ...live);
  },
};

export const extraMoneyGoesBack: Invariant = {
  number: 9,
  name: 'money that should not have come goes back once, unless it is held for an operator',
  *check({ payment, attempts, refunds }) {
    for (const attempt of attempts.filter(isPaid)) {
      const isAccepted = payment.accepted_attempt_id === attempt.id;
      const extra = attempt.amount_paid - (isAccepted ? attempt.amount : 0);
      const own = refunds.filter((row) => row.attempt_id === attempt.id && row.kind !== 'merchant');
      const back = sum(own.filter(({ state }) => state !== 'failed'));
      // Its vendor ended it for good: an operator is shown it (the refund says why).
      const isEnded = own.length > 0 && own.every(({ state }) => state === 'failed');
      const isHeld = back === 0 && !isAccepted && (payment.exception === 'mismatch' || payment.exception === 'late');
      if (back !== extra && !isHeld && !isEnded)
        yield found(`${attempt.id}: ${extra} came in excess, ${back} goes back`, attempt, payment, ...own);
    }
  },
};
