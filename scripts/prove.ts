/**
 * Runs every program that tries to make the money wrong, and writes what came of it to docs/proofs.md:
 * `npm run prove` takes less than an hour, two at a time; `npm run prove -- --quick` takes a few minutes (and writes nothing).
 * `--only 'Crash points'` runs one of them, and leaves the rows of the others as they are.
 * Ends with 1 where anything was violated.
 */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { listProofs, type Outcome, type Proof } from './prove/proofs.ts';

const whole = { seeds: 1000, steps: 300, isWhole: true };
const quick = { seeds: 20, steps: 200, isWhole: false };

interface Proven extends Outcome {
  readonly proof: Proof;
  readonly minutes: number;
}

function run({ command, environment }: Proof): Promise<string> {
  const env = { ...process.env, ...environment };
  const child = spawn(process.execPath, [...command], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => resolve(Buffer.concat(chunks).toString('utf8')));
  });
}

async function prove(proof: Proof): Promise<Proven> {
  const since = performance.now();
  const outcome = proof.read(await run(proof));
  const minutes = Math.ceil((performance.now() - since) / 60_000);
  console.log(`${proof.name}: ${outcome.tried}, ${outcome.violations} violations, ${minutes} min`);
  for (const example of outcome.examples) console.log(`  ${example}`);
  return { ...outcome, proof, minutes };
}

/** Each has servers and databases of its own, and waits half the time for those that it killed to come back. */
const atOnce = 2;

async function proveAll(proofs: readonly Proof[], keep: (proven: Proven) => void): Promise<void> {
  const waiting = [...proofs];
  const work = async () => {
    for (let proof = waiting.shift(); proof !== undefined; proof = waiting.shift()) keep(await prove(proof));
  };
  const ends = await Promise.allSettled(Array.from({ length: atOnce }, work));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

interface Row {
  readonly name: string;
  readonly text: string;
}

const page = 'docs/proofs.md';

/** The rows that the page has by now: of what is not run this time they stay. */
function readRows(): readonly Row[] {
  const lines = existsSync(page) ? readFileSync(page, 'utf8').split('\n') : [];
  return lines.flatMap((text) => {
    const [, name] = /^\| ([A-Z][^|]*?) \|/.exec(text) ?? [];
    return name === undefined ? [] : [{ name, text }];
  });
}

function rowOf({ proof, tried, violations, minutes }: Proven): Row {
  const [commit] = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).split('\n');
  const day = new Date().toISOString().slice(0, 10);
  return { name: proof.name, text: `| ${proof.name} | ${tried} | ${violations} | ${minutes} min | ${commit}, ${day} |` };
}

function writePage(proofs: readonly Proof[], proven: readonly Proven[]): string {
  const rows = new Map([...readRows(), ...proven.map(rowOf)].map(({ name, text }) => [name, text]));
  return [
    '# What was tried, and what came of it',
    '',
    'Written by `npm run prove`. What each program does and which rules it checks: [money-safety.md](money-safety.md).',
    '',
    ...proofs.flatMap(({ name, about }) => [`- **${name}.** ${about}`]),
    '',
    '| proof | tried | violations | took | commit, day |',
    '|---|---|---|---|---|',
    ...proofs.flatMap(({ name }) => rows.get(name) ?? []),
    '',
    `Node ${process.versions.node}, ${cpus().length} processors. Both engines, SQLite and MariaDB, where it is installed.`,
    '',
  ].join('\n');
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false }, only: { type: 'string' } } });
  const proofs = listProofs(values.quick ? quick : whole);
  const wanted = proofs.filter(({ name }) => values.only === undefined || name === values.only);
  if (wanted.length === 0) throw new Error(`there is no such proof; there are: ${proofs.map(({ name }) => name).join(', ')}`);
  const proven: Proven[] = [];
  await proveAll(wanted, (one) => {
    proven.push(one);
    // At once: a later one that cannot run takes nothing of what was shown.
    if (!values.quick) writeFileSync(page, writePage(proofs, proven));
  });
  return proven.some(({ violations }) => violations > 0) ? 1 : 0;
}

process.exitCode = await main();
