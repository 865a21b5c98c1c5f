/**
 * Checks that the money of a database at rest is right: `npm run check:money -- --database <url or file> [--truth <file or simulator url>]`.
 * Prints each violation with its rows, and changes nothing. Ends with 0 (all holds), 1 (something does not) or 78 (wrong settings).
 */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadConfig } from '../core/config.ts';
import { parseAddress } from '../core/store/address.ts';
import type { Reader } from '../core/store/database.ts';
import { openReadOnly } from '../core/store/sqlite/read-only.ts';
import { findViolations, invariantCount } from './money/check.ts';
import { openTruth, readTruth } from './money/truth.ts';

const exitCodes = { holds: 0, violated: 1, settings: 78 } as const;
const dayMs = 86_400_000;

interface Opened {
  readonly reader: Reader;
  close(): Promise<void>;
}

async function openReader(place: string): Promise<Opened> {
  if (place.startsWith('mysql:')) {
    const { openMysql } = await import('../core/store/mysql/engine.ts');
    const database = openMysql(parseAddress(place), 1);
    return { reader: database, close: () => database.close() };
  }
  const file = existsSync(place) && statSync(place).isDirectory() ? join(place, 'paymux.db') : place;
  if (!existsSync(file)) throw new Error(`there is no database file ${file}`);
  return openReadOnly(file);
}

async function check(opened: Opened, truthPlace: string | undefined, eventsKeptFrom: number): Promise<number> {
  const truth = truthPlace === undefined ? null : await openTruth(readTruth(truthPlace));
  let payments = 0;
  let violations = 0;
  const onPayment = () => {
    payments += 1;
  };
  for await (const { number, name, says, rows } of findViolations({ reader: opened.reader, truth, eventsKeptFrom, onPayment })) {
    violations += 1;
    console.log(`C${number} ${name}\n  ${says}\n${rows.map((row) => `    ${JSON.stringify(row)}\n`).join('')}`);
  }
  truth?.close();
  const against = truth === null ? 'no truth log was given' : 'compared with the truth log';
  console.log(`${payments} payments, ${invariantCount} rules, ${violations} violations; ${against}`);
  return violations === 0 ? exitCodes.holds : exitCodes.violated;
}

async function main(args: readonly string[]): Promise<number> {
  const options = { database: { type: 'string' }, truth: { type: 'string' } } as const;
  const { values } = parseArgs({ args: [...args], options });
  const loaded = loadConfig(process.env);
  if (values.database === undefined && loaded.kind === 'faults') throw new Error('give --database <url or file>');
  const config = loaded.kind === 'faults' ? null : loaded.config;
  const keptDays = config?.retention.eventsDays ?? 1;
  const opened = await openReader(values.database ?? config?.database.url ?? config?.dataDir ?? '');
  try {
    return await check(opened, values.truth, Date.now() - keptDays * dayMs);
  } finally {
    await opened.close();
  }
}

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  return exitCodes.settings;
});
