import fc from 'fast-check';
import type { Plan } from './plan.ts';
import { type Place, run } from './run.ts';

export interface Shrunk {
  readonly plan: Plan;
  readonly failures: readonly string[];
  readonly runs: number;
}

/**
 * Looks for a smaller life that goes wrong: fewer steps, and fewer kinds of faults. Every step has
 * its own chance, so the rest of a life stays much as it was when one is left out.
 */
export async function shrink(place: Place, plan: Plan, limitMs: number): Promise<Shrunk> {
  let best: Shrunk = { plan, failures: [], runs: 0 };
  let runs = 0;
  const endAt = Date.now() + limitMs;
  const fails = async (steps: Plan['steps'], faults: Plan['faults']): Promise<boolean> => {
    if (Date.now() > endAt) return false;
    runs += 1;
    const smaller = { seed: plan.seed, steps, faults };
    const { failures } = await run(place, smaller);
    if (failures.length > 0) best = { plan: smaller, failures, runs };
    return failures.length > 0;
  };
  const property = fc.asyncProperty(
    fc.subarray([...plan.steps]),
    fc.subarray([...plan.faults]),
    async (steps, faults) => !(await fails(steps, faults)),
  );
  // The example is the life that went wrong; fast-check leaves things out of it as long as it still does.
  await fc.check(property, { numRuns: 1, examples: [[[...plan.steps], [...plan.faults]]], endOnFailure: false });
  return { ...best, runs };
}
