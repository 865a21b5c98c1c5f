/**
 * Runs every program that tries to make the money wrong, and writes what came of it to docs/proofs.md:
 * `npm run prove` takes about an hour, `npm run prove -- --quick` a few minutes (and writes nothing).
 * Ends with 1 where anything was violated.
 */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { listProofs, type Outcome, type Proof } from './prove/proofs.ts';

const whole = { seeds: 1500, steps: 300, isWhole: true };
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

function writePage(proven: readonly Proven[]): string {
  const rows = proven.map(({ proof, tried, violations, minutes }) => `| ${proof.name} | ${tried} | ${violations} | ${minutes} min |`);
  return [
    '# What was tried, and what came of it',
    '',
    'Written by `npm run prove`. What each program does and which rules it checks: [money-safety.md](money-safety.md).',
    '',
    ...proven.flatMap(({ proof }) => [`- **${proof.name}.** ${proof.about}`]),
    '',
    '| proof | tried | violations | took |',
    '|---|---|---|---|',
    ...rows,
    '',
    `Node ${process.versions.node}, ${cpus().length} processors, ${new Date().toISOString().slice(0, 10)}. Both engines, SQLite and MariaDB, where it is installed.`,
    '',
  ].join('\n');
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
  const proven: Proven[] = [];
  for (const proof of listProofs(values.quick ? quick : whole)) proven.push(await prove(proof));
  if (!values.quick) writeFileSync('docs/proofs.md', writePage(proven));
  return proven.some(({ violations }) => violations > 0) ? 1 : 0;
}

process.exitCode = await main();
