/**
 * Lives through years of faults in seconds: `npm run simulate -- --seed 7 --steps 2000 [--seeds 100] [--trace]`.
 * The same seed is the same life. Ends with 1 where the money was wrong at the end of one.
 */
import { parseArgs } from 'node:util';
import { makePlan } from './simulate/plan.ts';
import { openPlace, run } from './simulate/run.ts';

async function main(args: readonly string[]): Promise<number> {
  const options = { seed: { type: 'string' }, steps: { type: 'string' }, seeds: { type: 'string' }, trace: { type: 'boolean' } } as const;
  const { values } = parseArgs({ args: [...args], options });
  const [seed, steps, seeds] = [Number(values.seed ?? 1), Number(values.steps ?? 1000), Number(values.seeds ?? 1)];
  const place = await openPlace();
  let failed = 0;
  try {
    for (let one = seed; one < seed + seeds; one += 1) {
      const result = await run(place, makePlan(one, steps), values.trace ? (line) => console.log(line) : null);
      if (result.failures.length > 0) failed += 1;
      console.log(`seed ${one}: ${steps} steps, ${result.failures.length} failures, log ${result.digest.slice(0, 16)}`);
      for (const failure of result.failures) console.log(`  ${failure}`);
      if (seeds === 1) console.log([...result.counts].map(([what, count]) => `  ${what}: ${count}`).join('\n'));
    }
  } finally {
    place.remove();
  }
  return failed === 0 ? 0 : 1;
}

process.exit(await main(process.argv.slice(2)));
