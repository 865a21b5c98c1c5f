import { found, type Invariant, isPaid } from '../invariant.ts';

export const chargesReallyHappened: Invariant = {
  number: 5,
  name: 'each charge at a vendor is one success here, and each success here is one charge',
  *check({ attempts, truth }) {
    if (truth === null) return;
    for (const attempt of attempts) {
      const charges = (truth.get(attempt.number) ?? []).filter(({ kind }) => kind === 'charge');
      const [first] = charges;
      if (charges.length > 1) yield found(`${attempt.number}: charged ${charges.length} times`, attempt, ...charges);
      if (isPaid(attempt) && first === undefined) yield found(`${attempt.number}: a success without a charge`, attempt);
      if (first === undefined) continue;
      if (!isPaid(attempt)) yield found(`${attempt.number}: charged, and here ${attempt.state}`, attempt, first);
      else if (attempt.amount_paid !== first.amount || (attempt.currency_paid ?? attempt.currency) !== first.currency)
        yield found(`${attempt.number}: another sum was charged`, attempt, first);
    }
  },
};
