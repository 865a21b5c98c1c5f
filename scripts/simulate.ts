/**
 * Lives through days of faults in virtual time: `npm run simulate -- --seed 7 --steps 2000 [--seeds 100] [--trace] [--no-shrink]`.
 * The same seed is the same life. One in which the money went wrong is made smaller, and the status is then 1.
 */
import { parseArgs } from 'node:util';
import { makePlan, type Plan } from './simulate/plan.ts';
import { openPlace, type Place, run } from './simulate/run.ts';

const shrinkForMs = 60_000;

async function explain(place: Place, plan: Plan): Promise<void> {
  // Development only: fast-check is not there in production, and nobody shrinks there.
  const { shrink } = await import('./simulate/shrink.ts');
  const { plan: small, failures, runs } = await shrink(place, plan, shrinkForMs);
  console.log(`  made smaller in ${runs} runs to ${small.steps.length} steps, faults: ${small.faults.join(', ') || 'none'}`);
  for (const { key, gapMs } of small.steps) console.log(`    after ${gapMs} ms ${key}`);
  for (const failure of failures) console.log(`    ${failure}`);
}

function readCount(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new Error(`not a number of anything: ${text}`);
  return Number(text);
}

async function main(args: readonly string[]): Promise<number> {
  const flag = { type: 'boolean' } as const;
  const text = { type: 'string' } as const;
  const { values } = parseArgs({ args: [...args], options: { seed: text, steps: text, seeds: text, trace: flag, 'no-shrink': flag } });
  const [seed, steps, seeds] = [readCount(values.seed, 1), readCount(values.steps, 1000), readCount(values.seeds, 1)];
  const trace = values.trace ? (line: string) => console.log(line) : null;
  const place = await openPlace();
  let failed = 0;
  const counts = new Map<string, number>();
  try {
    for (let one = seed; one < seed + seeds; one += 1) {
      const plan = makePlan(one, steps);
      const result = await run(place, plan, trace);
      for (const [what, count] of result.counts) counts.set(what, (counts.get(what) ?? 0) + count);
      console.log(`seed ${one}: ${steps} steps, ${result.failures.length} failures, log ${result.digest.slice(0, 16)}`);
      if (result.failures.length === 0) continue;
      failed += 1;
      for (const failure of result.failures) console.log(`  ${failure}`);
      if (values['no-shrink'] !== true) await explain(place, plan);
    }
  } finally {
    place.remove();
  }
  for (const [what, count] of [...counts].sort()) console.log(`  ${what}: ${count}`);
  console.log(`${seeds} seeds, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

// Servers that died are waiting still: nothing but the end of the process ends them.
process.exit(
  await main(process.argv.slice(2)).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    return 2;
  }),
);
