import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import Mocha from 'mocha';

/** One group of tests, as `scripts/lib/tally.ts` reads it. */
export interface GroupResult {
  readonly group: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly tests: readonly { readonly title: string; readonly state: string; readonly durationMs: number; readonly error?: string }[];
}

/** Mocha's own listing for people, and a JSON file for machines: the path comes as the reporter option `output`. */
export default class FileReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    const { output, group } = options.reporterOptions as { readonly output: string; readonly group: string };
    const tests: GroupResult['tests'][number][] = [];
    const { EVENT_TEST_PASS, EVENT_TEST_FAIL, EVENT_TEST_PENDING, EVENT_RUN_END } = Mocha.Runner.constants;
    const keep = (state: string) => (test: Mocha.Runnable, error?: Error) =>
      tests.push({ title: test.fullTitle(), state, durationMs: test.duration ?? 0, ...(error && { error: `${error.stack ?? error}` }) });
    runner.on(EVENT_TEST_PASS, keep('passed'));
    runner.on(EVENT_TEST_FAIL, keep('failed'));
    runner.on(EVENT_TEST_PENDING, keep('skipped'));
    runner.once(EVENT_RUN_END, () => writeResult(output, group, tests));
  }
}

/** Failures are counted from the list and not from mocha's statistics, because a failing hook has no place there. */
function writeResult(output: string, group: string, tests: GroupResult['tests']): void {
  const count = (state: string) => tests.filter((test) => test.state === state).length;
  const result: GroupResult = { group, passed: count('passed'), failed: count('failed'), skipped: count('skipped'), tests };
  mkdirSync(dirname(output), { recursive: true });
  writeFileSync(output, `${JSON.stringify(result, null, 1)}\n`);
}
