import { found, type Invariant, isSuccess } from '../invariant.ts';

export const amountsAreWhole: Invariant = {
  number: 32,
  name: 'no amount is negative, fractional or too large, and a payment has one currency',
  *check({ payment, attempts, refunds }) {
    const sums = [payment.amount, payment.amount_paid, payment.amount_refunded, payment.refund_reserved];
    if (!sums.every((one) => Number.isSafeInteger(one) && one >= 0) || payment.amount === 0)
      yield found(`${payment.id}: an amount is none: ${sums}`, payment);
    if (!/^[A-Z]{3}$/.test(payment.currency)) yield found(`${payment.id}: ${payment.currency} is no currency`, payment);
    for (const row of [...attempts, ...refunds]) {
      if (!Number.isSafeInteger(row.amount) || row.amount <= 0) yield found(`${row.id}: ${row.amount} is no amount`, row);
      if (row.currency !== payment.currency) yield found(`${row.id}: another currency than its payment`, row, payment);
    }
    for (const row of attempts) if (row.amount !== payment.amount) yield found(`${row.id}: asks for another amount`, row, payment);
  },
};

export const paidIsWhatWasAsked: Invariant = {
  number: 10,
  name: 'a success is paid in full, and nothing else is paid at all',
  *check({ payment, attempts }) {
    if (payment.amount_paid !== (isSuccess(payment) ? payment.amount : 0))
      yield found(`${payment.id}: ${payment.state} with ${payment.amount_paid} paid`, payment);
    const accepted = attempts.find(({ id }) => id === payment.accepted_attempt_id);
    if (accepted !== undefined && accepted.amount_paid < payment.amount)
      yield found(`${payment.id}: it accepted ${accepted.amount_paid} for ${payment.amount}`, payment, accepted);
  },
};

export const oneApp: Invariant = {
  number: 30,
  name: 'a payment, its refunds and its events belong to one app',
  *check({ payment, refunds, events }) {
    for (const row of refunds) if (row.app_id !== payment.app_id) yield found(`${row.id}: another app than its payment`, row, payment);
    for (const row of [...events.values()].flat())
      if (row.app_id !== payment.app_id) yield found(`${row.id}: another app than its payment`, row, payment);
  },
};
