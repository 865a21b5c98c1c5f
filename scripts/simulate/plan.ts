import { createChance } from './random.ts';

/** What may go wrong with a call to a vendor, by row of the fault matrix. */
export const faultKinds = [
  'lost_before', // B2: the request never arrived
  'lost_after', // B1, B21, B28: executed, the answer lost
  'arrives_late', // B7: the caller gave up, and then it is executed
  'refused', // B4: no connection
  'declined', // B5
  'unknown_code', // B6: "system error", executed or not
  'hidden', // B3: what is young is not shown yet
  'other_amount', // B14, one answer with another amount
  'other_number', // B62
  'unreadable', // B61: a bad signature, executed all the same
] as const;
export type FaultKind = (typeof faultKinds)[number];

const stepWeights = {
  order: 24,
  repeat_order: 3,
  shopper_pays: 24,
  pays_other_amount: 1,
  pays_late: 1,
  close: 5,
  refund: 10,
  refund_storm: 1,
  read: 5,
  forged_callback: 2,
  wrong_callback: 1,
  old_callback: 2,
  merchant_down: 1,
  account_off: 1,
  late_policy: 1,
  kill: 4,
  pause: 1,
  clock: 1,
  wait_long: 3,
  /** Never by itself: money that moves without anybody's order, to see that it is found. */
  vendor_errs: 0,
} as const;
export type StepKind = keyof typeof stepWeights;

/** One thing that the world does. It has its own chance, so that leaving others out does not change it. */
export interface Step {
  readonly does: StepKind;
  readonly key: string;
  readonly gapMs: number;
}

/** Everything that a run depends on. */
export interface Plan {
  readonly seed: number;
  readonly steps: readonly Step[];
  readonly faults: readonly FaultKind[];
}

export function makePlan(seed: number, count: number): Plan {
  const chance = createChance(`plan ${seed}`);
  const steps = Array.from({ length: count }, (_, index) => {
    const does = chance.weigh(stepWeights);
    const gapMs = does === 'wait_long' ? chance.below(9000) * 1000 : chance.oneIn(8) ? chance.below(40_000) : chance.below(1500);
    return { does, key: `${seed} ${index} ${does}`, gapMs };
  });
  return { seed, steps, faults: faultKinds };
}
