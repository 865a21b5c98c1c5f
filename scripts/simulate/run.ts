import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Config, loadConfig } from '../../core/config.ts';
import { migrate } from '../../core/store/migrations/migrate.ts';
import { openDatabase } from '../../core/store/open.ts';
import { openSqlite } from '../../core/store/sqlite/engine.ts';
import { openReadOnly } from '../../core/store/sqlite/read-only.ts';
import { createWriterLock } from '../../core/store/sqlite/writer.ts';
import { checkArchived, checkEnd, checkNow } from './judge.ts';
import { makeMerchants } from './merchants.ts';
import type { Plan } from './plan.ts';
import { createChance } from './random.ts';
import { startServer } from './server.ts';
import { take } from './steps.ts';
import { createTime } from './time.ts';
import { pickKinds } from './traits.ts';
import { createVault } from './vendor.ts';
import { createWorld, type World } from './world.ts';

export interface Result {
  /** The same for the same plan, and for no other. */
  readonly digest: string;
  readonly failures: readonly string[];
  readonly counts: ReadonlyMap<string, number>;
}

/** A place for databases that are gone when the machine is: what is simulated needs no disk. */
export interface Place {
  readonly folder: string;
  readonly config: Config;
  remove(): void;
}

/** Makes an empty database once; every run gets a copy. */
export async function openPlace(): Promise<Place> {
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'paymux-simulate-'));
  const stored = await openDatabase({ dataDir: folder });
  await migrate(stored);
  await stored.close();
  // What is copied is the one file: nothing may be left in the journal beside it.
  const file = new DatabaseSync(join(folder, 'paymux.db'));
  file.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  file.close();
  const loaded = loadConfig({});
  if (loaded.kind === 'faults') throw new Error('the usual configuration is faulty');
  return { folder, config: loaded.config, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

const checkEverySteps = 1000;

/** Lives through a plan from the first second to the end of the last retry, in virtual time. */
export async function run(place: Place, plan: Plan, trace: ((line: string) => void) | null = null): Promise<Result> {
  const file = join(place.folder, `${plan.seed}.db`);
  copyFileSync(join(place.folder, 'paymux.db'), file);
  const database = await openSqlite(file, createWriterLock());
  const look = openReadOnly(file, 'each');
  try {
    const time = createTime(Date.UTC(2026, 0, 1));
    const kinds = pickKinds(createChance(`kinds ${plan.seed}`));
    const vendors = kinds.map((traits, index) => ({ id: `v${index + 1}`, traits, off: new Set<string>() }));
    const world = createWorld({ plan, time, database, vault: createVault(), vendors, merchants: makeMerchants() }, trace);
    startServer(world, place.config);
    if (plan.seed % 2 === 0) startServer(world, place.config);
    await live(world, () => nextDue(look.reader));
    await checkEnd(world, look.reader);
    await checkArchived(world, look.reader);
    return { digest: world.digest(), failures: world.failures, counts: world.counts };
  } finally {
    await look.close();
    await database.close();
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true });
  }
}

const hourMs = 3_600_000;
/** The longest retry of a notification is a day, and there are two days of them. */
const endingMs = [hourMs, 24 * hourMs, 72 * hourMs];

async function live(world: World, next: () => Promise<number | null>): Promise<void> {
  for (const [index, step] of world.plan.steps.entries()) {
    await world.time.pass(step.gapMs, next);
    take(world, step);
    if ((index + 1) % checkEverySteps === 0) await checkNow(world);
    if (world.failures.length > 0) return;
  }
  await world.time.pass(60_000, next);
  await checkNow(world);
  world.isHealing = true;
  for (const ms of endingMs) await world.time.pass(ms, next);
}

/** When a poll would find something. */
async function nextDue(reader: { get(sql: string): Promise<Readonly<Record<string, unknown>> | undefined> }): Promise<number | null> {
  const sql = `SELECT min((SELECT COALESCE(MIN(due_at), 9e15) FROM payments), (SELECT COALESCE(MIN(due_at), 9e15) FROM attempts),
    (SELECT COALESCE(MIN(due_at), 9e15) FROM refunds), (SELECT COALESCE(MIN(due_at), 9e15) FROM deliveries)) AS due`;
  const due = Number((await reader.get(sql))?.['due']);
  return due >= 9e15 ? null : due;
}
