import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GroupResult } from './reporter.ts';

/**
 * Adds up the results of a run and prints its closing line: `node scripts/lib/tally.ts <folder>`.
 * A run in which nothing ran is a failed run.
 */
function readResults(folder: string): readonly GroupResult[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return files.sort().map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')));
}

function add(results: readonly GroupResult[], what: 'passed' | 'failed' | 'skipped'): number {
  return results.reduce((sum, result) => sum + result[what], 0);
}

/** Beside its name, because a long run's output may be kept by its end alone. Nothing where no reason is known. */
function indented(error = ''): string {
  return error === '' ? '' : `\n${error.replace(/^/gm, '    ')}`;
}

const results = readResults(process.argv[2] ?? 'test-results');
for (const result of results.filter(({ failed }) => failed > 0)) {
  console.log(`failed in ${result.group}:`);
  for (const test of result.tests.filter(({ state }) => state === 'failed')) console.log(`  ${test.title}${indented(test.error)}`);
}
const [passed, failed, skipped] = [add(results, 'passed'), add(results, 'failed'), add(results, 'skipped')];
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
