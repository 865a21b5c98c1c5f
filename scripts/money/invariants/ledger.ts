import type { AttemptRow } from '../../../core/store/tables/attempts.ts';
import { takenBackDetail } from '../../../core/store/tables/history.ts';
import type { PostingRow } from '../../../core/store/tables/ledger.ts';
import { found, type Invariant, isOpen, isPaid, isSuccess, type PaymentCase, sum } from '../invariant.ts';

/** Causes that only the kernel posts. All others are decisions of people and of statements, which no row of a payment tells. */
const ofTheKernel = /^(paid|taken_back|refund_created|refund_succeeded|refund_failed):/;

const ownPostings = ({ postings }: PaymentCase): readonly PostingRow[] => postings.filter(({ entry_id: id }) => ofTheKernel.test(id));

/** What the payment's own entries make of one account. */
const balance = (one: PaymentCase, account: string): number => sum(ownPostings(one).filter(({ account_id: id }) => id === account));

const appAccount = ({ payment }: PaymentCase, kind: string): string => `${kind}:${payment.app_id}:${payment.currency}`;

const paidIn = (attempts: readonly AttemptRow[]): number => attempts.filter(isPaid).reduce((total, one) => total + one.amount_paid, 0);

/** The history is the only place that tells of it. */
const wasTakenBack = ({ history }: PaymentCase, { id }: AttemptRow): boolean =>
  (history.get(id) ?? []).some(({ from_state: from, to_state: to, detail }) => from === to && detail === takenBackDetail);

export const moneyIsPosted: Invariant = {
  number: 1,
  name: 'whatever moved money has its entry in the ledger, and nothing else has one',
  *check(one) {
    const { payment, attempts, refunds } = one;
    const wanted = new Set([
      ...attempts.filter(isPaid).map(({ id }) => `paid:${id}`),
      ...attempts.filter((attempt) => wasTakenBack(one, attempt)).map(({ id }) => `taken_back:${id}`),
      ...refunds.map(({ id }) => `refund_created:${id}`),
      ...refunds.filter((refund) => !isOpen(refund)).map(({ id, state }) => `refund_${state}:${id}`),
    ]);
    const posted = new Set(ownPostings(one).map(({ entry_id: id }) => id));
    for (const id of [...wanted].filter((each) => !posted.has(each)))
      yield found(`${payment.id}: ${id} is not in the ledger`, payment, ...attempts, ...refunds);
    for (const id of [...posted].filter((each) => !wanted.has(each)))
      yield found(`${payment.id}: ${id} is in the ledger, and never was`, payment, ...one.postings);
    for (const row of one.postings)
      if (row.livemode !== payment.livemode || row.currency !== payment.currency)
        yield found(`${row.entry_id}: another currency or environment than its payment`, row, payment);
  },
};

export const merchantsAreOwedTheirs: Invariant = {
  number: 21,
  name: 'a merchant is owed what was paid for its payments, less what goes back',
  *check(one) {
    const { payment } = one;
    const owed = isSuccess(payment) ? payment.amount - payment.amount_refunded - payment.refund_reserved : 0;
    const posted = balance(one, appAccount(one, 'merchant_payable'));
    if (posted + owed !== 0) yield found(`${payment.id}: ${owed} is the merchant’s, the ledger says ${-posted}`, payment, ...one.postings);
  },
};

export const otherMoneyWaits: Invariant = {
  number: 3,
  name: 'in suspense is what came and was neither accepted nor sent back, and set aside is what is on its way back',
  *check(one) {
    const { payment, attempts, refunds } = one;
    const back = sum(refunds.filter(({ kind, state }) => kind !== 'merchant' && state !== 'failed'));
    const held = paidIn(attempts) - (isSuccess(payment) ? payment.amount : 0) - back;
    const inSuspense = -balance(one, appAccount(one, 'suspense'));
    if (inSuspense !== held || held < 0)
      yield found(`${payment.id}: ${held} is held, the ledger says ${inSuspense}`, payment, ...attempts, ...one.postings);
    const underWay = sum(refunds.filter(isOpen));
    const setAside = -balance(one, appAccount(one, 'refunds_pending'));
    if (setAside !== underWay)
      yield found(`${payment.id}: ${underWay} is on its way back, the ledger says ${setAside}`, payment, ...refunds, ...one.postings);
  },
};

export const channelsOweWhatTheyTook: Invariant = {
  number: 24,
  name: 'a channel owes what it was paid, less what went back, what it took back and its fee',
  *check(one) {
    const { payment, attempts, refunds } = one;
    for (const [account, own] of Map.groupBy(attempts, ({ account_id: id }) => id)) {
      const ids = new Set(own.map(({ id }) => id));
      const back = sum(refunds.filter(({ attempt_id: id, state }) => ids.has(id) && state === 'succeeded'));
      const takenBack = paidIn(own.filter((attempt) => wasTakenBack(one, attempt)));
      const fees = own.filter(isPaid).reduce((total, { fee_expected: fee }) => total + (fee ?? 0), 0);
      const owed = paidIn(own) - back - takenBack - fees;
      const posted = balance(one, `channel_receivable:${account}:${payment.currency}`);
      if (posted !== owed)
        yield found(`${payment.id}: ${account} owes ${owed}, the ledger says ${posted}`, ...own, ...refunds, ...one.postings);
    }
  },
};

export const feesAreThoseAgreed: Invariant = {
  number: 25,
  name: 'the fee that is expected is that of the terms as they were when the attempt was made',
  *check({ attempts, postings }) {
    for (const attempt of attempts.filter(isPaid)) {
      const own = postings.filter(({ entry_id: id, account_id: to }) => id === `paid:${attempt.id}` && to.startsWith('fees_expected:'));
      if (sum(own) !== (attempt.fee_expected ?? 0))
        yield found(`${attempt.id}: a fee of ${attempt.fee_expected ?? 0} was agreed, the ledger says ${sum(own)}`, attempt, ...own);
    }
  },
};
