/**
 * Changes every expression of the modules that money hangs on, one at a time, and counts how many changes some test notices:
 * `npm run mutation [-- --only settle] [--survivors] [--concurrency 1]`. Ends with 1 where it is less than 85 of a hundred for any group.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { copyTree } from './lib/copy-tree.ts';
import { type Group, groups } from './mutation/groups.ts';

const tools = resolve('scripts/mutation');
const stryker = join(tools, 'node_modules/@stryker-mutator/core/bin/stryker.js');
const leastScore = 85;

interface Mutant {
  readonly status: 'Killed' | 'Timeout' | 'Survived' | 'NoCoverage' | 'CompileError' | 'RuntimeError' | 'Ignored';
  readonly mutatorName: string;
  readonly replacement?: string;
  readonly location: { readonly start: { readonly line: number; readonly column: number } };
}

interface Report {
  readonly files: Readonly<Record<string, { readonly mutants: readonly Mutant[] }>>;
}

function install(): void {
  if (existsSync(stryker)) return;
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: tools, stdio: 'inherit' });
}

/** The tests that run without a mutant have to pass: the tool refuses to begin otherwise. */
function mutate(root: string, { modules, tests }: Group, concurrency: number): Report {
  const mocha = `${process.execPath} node_modules/mocha/bin/mocha.js --bail --grep MariaDB --invert ${tests.join(' ')}`;
  const config = {
    testRunner: 'command',
    commandRunner: { command: mocha },
    mutate: modules,
    // Packages are shared with the working tree by a link, which only a run in place follows; the copy is thrown away.
    inPlace: true,
    tsconfigFile: 'none.json',
    plugins: [],
    checkers: [],
    concurrency,
    reporters: ['json'],
    jsonReporter: { fileName: 'mutation.json' },
    timeoutMS: 30_000,
  };
  writeFileSync(join(root, 'stryker.json'), JSON.stringify(config));
  // What vendors have published is beside the repository, not beside its copy.
  const env = { ...process.env, PAYMUX_VECTORS: resolve(process.env['PAYMUX_VECTORS'] ?? '../shared/vectors') };
  const args = [stryker, 'run', 'stryker.json', '--logLevel', 'error'];
  execFileSync(process.execPath, args, { cwd: root, env, stdio: ['ignore', 2, 'inherit'] });
  return JSON.parse(readFileSync(join(root, 'mutation.json'), 'utf8')) as Report;
}

function printSurvivors(root: string, report: Report): void {
  for (const [file, { mutants }] of Object.entries(report.files)) {
    const lines = readFileSync(join(root, file), 'utf8').split('\n');
    for (const { status, mutatorName, replacement = '', location } of mutants) {
      if (status !== 'Survived' && status !== 'NoCoverage') continue;
      const { line, column } = location.start;
      console.log(`  ${file}:${line}:${column} ${mutatorName} → ${replacement.split('\n')[0]}\n      ${lines[line - 1]?.trim()}`);
    }
  }
}

/** How many of a hundred changes were noticed, rounded down. */
function scoreOf(report: Report): { readonly noticed: number; readonly all: number; readonly score: number } {
  const mutants = Object.values(report.files).flatMap((file) => file.mutants);
  const noticed = mutants.filter(({ status }) => status === 'Killed' || status === 'Timeout').length;
  const all = noticed + mutants.filter(({ status }) => status === 'Survived' || status === 'NoCoverage').length;
  return { noticed, all, score: Math.floor((noticed * 100) / all) };
}

function main(): number {
  const options = { only: { type: 'string' }, survivors: { type: 'boolean', default: false }, concurrency: { type: 'string' } } as const;
  const { values } = parseArgs({ options });
  const concurrency = Number(values.concurrency ?? availableParallelism());
  install();
  const root = copyTree();
  let low = 0;
  try {
    for (const group of groups.filter(({ name }) => name.includes(values.only ?? ''))) {
      const report = mutate(root, group, concurrency);
      const { noticed, all, score } = scoreOf(report);
      if (score < leastScore) low += 1;
      console.log(`${score < leastScore ? 'LOW ' : 'good'} ${group.name}: ${noticed} of ${all} changes noticed, ${score} %`);
      if (values.survivors) printSurvivors(root, report);
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
  return low === 0 ? 0 : 1;
}

process.exitCode = main();
