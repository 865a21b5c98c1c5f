import type { Reader } from '../../core/store/database.ts';
import { across, checkAcross, findOrphanMoney } from './across.ts';
import { readCases } from './books.ts';
import { findUnevenDays } from './days.ts';
import type { Invariant, Violation } from './invariant.ts';
import { amountsAreWhole, oneApp, paidIsWhatWasAsked } from './invariants/amounts.ts';
import { chargesReallyHappened } from './invariants/charges.ts';
import { endsAreTold } from './invariants/events.ts';
import { historiesAreLegal } from './invariants/histories.ts';
import {
  channelsOweWhatTheyTook,
  feesAreThoseAgreed,
  merchantsAreOwedTheirs,
  moneyIsPosted,
  otherMoneyWaits,
} from './invariants/ledger.ts';
import { countersAreSums, refundsAreOfTheirAttempt, refundsReallyHappened } from './invariants/refunds.ts';
import { nothingStalls } from './invariants/stalled.ts';
import { extraMoneyGoesBack, oneAcceptedSuccess, oneAtATime } from './invariants/successes.ts';
import type { Truth } from './truth.ts';

export const invariants: readonly Invariant[] = [
  chargesReallyHappened,
  oneAcceptedSuccess,
  oneAtATime,
  countersAreSums,
  refundsAreOfTheirAttempt,
  refundsReallyHappened,
  extraMoneyGoesBack,
  paidIsWhatWasAsked,
  historiesAreLegal,
  endsAreTold,
  oneApp,
  amountsAreWhole,
  nothingStalls,
  moneyIsPosted,
  merchantsAreOwedTheirs,
  otherMoneyWaits,
  channelsOweWhatTheyTook,
  feesAreThoseAgreed,
];

/** How many rules there are, for whoever reports that all of them hold. */
export const invariantCount = invariants.length + across.length;

export interface Checking {
  readonly reader: Reader;
  /** Null: the database is compared with itself only. */
  readonly truth: Truth | null;
  /** Events of before may have been deleted in accordance with their retention. */
  readonly eventsKeptFrom?: number;
  /** Called for each payment, after it was looked at. */
  readonly onPayment?: () => void;
}

/**
 * Everything that must hold of the books at rest, and between them and what vendors really did.
 * It only reads. Violations come as they are found; none come when all is well.
 */
export async function* findViolations({ reader, truth, eventsKeptFrom = 0, onPayment }: Checking): AsyncIterable<Violation> {
  for await (const one of readCases({ reader, truth, eventsKeptFrom })) {
    for (const { number, name, check } of invariants) for (const fault of check(one)) yield { number, name, ...fault };
    onPayment?.();
  }
  yield* checkAcross(reader);
  yield* findUnevenDays(reader);
  if (truth !== null) yield* findOrphanMoney(reader, truth);
}
