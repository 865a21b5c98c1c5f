/**
 * Takes away one safety of the kernel at a time, in a copy, and shows which test notices: `npm run mutants [-- --only <words>]`.
 * Ends with 1 where nothing notices one: that safety could be lost without anybody knowing.
 */
import { execFile } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { copyTree } from './lib/copy-tree.ts';
import { type Safety, safeties } from './mutants/safeties.ts';

const testTimeoutMs = 180_000;

interface Failed {
  readonly test: string;
  readonly why: string;
}

/** The first test of a file that fails; null when all pass. */
function runTests(root: string, file: string): Promise<Failed | null> {
  const args = [join(root, 'node_modules/mocha/bin/mocha.js'), '--bail', '--reporter', 'json', '--grep', 'on MariaDB', '--invert', file];
  const env = { ...process.env, PAYMUX_SIMULATE_SEEDS: '40', NODE_ENV: 'test' };
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: root, env, timeout: testTimeoutMs, maxBuffer: 1 << 26 }, (error, stdout) => {
      if (error === null) return resolve(null);
      resolve(readFailure(stdout) ?? { test: file, why: 'the tests did not run to their end' });
    });
  });
}

function readFailure(report: string): Failed | null {
  const start = report.indexOf('{\n  "stats"');
  if (start < 0) return null;
  const { failures } = JSON.parse(report.slice(start)) as {
    readonly failures: readonly { fullTitle: string; err: { message?: string } }[];
  };
  const [first] = failures;
  return first === undefined ? null : { test: first.fullTitle, why: (first.err.message ?? '').split('\n')[0]?.slice(0, 160) ?? '' };
}

async function breakOne(root: string, safety: Safety): Promise<Failed | null> {
  const path = join(root, safety.file);
  const sound = readFileSync(path, 'utf8');
  if (sound.split(safety.text).length !== 2) throw new Error(`${safety.file} does not hold exactly once: ${safety.text}`);
  writeFileSync(
    path,
    sound.replace(safety.text, () => safety.without),
  );
  try {
    for (const file of safety.tests) {
      const failed = await runTests(root, file);
      if (failed !== null) return failed;
    }
    return null;
  } finally {
    writeFileSync(path, sound);
  }
}

async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: { only: { type: 'string' } } });
  const root = copyTree();
  let unnoticed = 0;
  try {
    const wanted = safeties.filter(({ name }) => name.includes(values.only ?? ''));
    for (const file of new Set(wanted.flatMap(({ tests }) => tests))) {
      const failed = await runTests(root, file);
      if (failed !== null) throw new Error(`${file} fails with every safety in place: ${failed.test}: ${failed.why}`);
    }
    for (const safety of wanted) {
      const failed = await breakOne(root, safety);
      if (failed === null) unnoticed += 1;
      console.log(`${failed === null ? 'UNNOTICED' : 'noticed  '} without: ${safety.name} (${safety.file})`);
      console.log(
        failed === null ? `            not by ${safety.tests.join(', ')}` : `            ${failed.test}\n            ${failed.why}`,
      );
    }
    console.log(`${wanted.length} safeties taken away, ${unnoticed} of them unnoticed`);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
  return unnoticed === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  return 2;
});
