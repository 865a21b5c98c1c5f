import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate } from '../../core/store/migrations/migrate.ts';
import { type OpenDatabase, type OpenOptions, openDatabase } from '../../core/store/open.ts';
import { hasMariadb, sharedMariadb } from './mariadb.ts';

/** A database that nobody else uses, and how to open it a second time. */
export interface TestDatabase extends OpenDatabase {
  readonly options: OpenOptions;
}

/** Makes a fresh database, migrated unless told otherwise. It is closed and removed when the block has run. */
export type OpenTestDatabase = (how?: { readonly migrated?: boolean }) => Promise<TestDatabase>;

/** Runs a block of tests on each engine. Where MariaDB is not installed its block is skipped by name. */
export function forEachDatabase(block: (name: 'sqlite' | 'mariadb', open: OpenTestDatabase) => void): void {
  describe('on SQLite', () => {
    block('sqlite', collect(placeForSqlite));
  });
  describe('on MariaDB', () => {
    before('MariaDB is installed', async function () {
      if (!hasMariadb()) this.skip();
      this.timeout(60_000);
      await sharedMariadb();
    });
    block('mariadb', collect(placeForMariadb));
  });
}

interface Place {
  readonly options: OpenOptions;
  remove(): Promise<void>;
}

function collect(makePlace: () => Promise<Place>): OpenTestDatabase {
  const opened: (() => Promise<void>)[] = [];
  after('close the databases', async function () {
    // Dropping one takes MariaDB up to 0.3 s on a busy machine, and the checker's tests open one for each rule.
    this.timeout(60_000);
    for (const close of opened.splice(0)) await close();
  });
  return async ({ migrated = true } = {}) => {
    const place = await makePlace();
    const database = await openDatabase(place.options);
    opened.push(async () => {
      await database.close();
      await place.remove();
    });
    if (migrated) await migrate(database);
    return { ...database, options: place.options };
  };
}

async function placeForSqlite(): Promise<Place> {
  const dataDir = await mkdtemp(join(tmpdir(), 'paymux-sqlite-'));
  return { options: { dataDir }, remove: () => rm(dataDir, { recursive: true, force: true }) };
}

async function placeForMariadb(): Promise<Place> {
  const server = await sharedMariadb();
  if (server === null) throw new Error('MariaDB is not installed');
  const url = await server.createDatabase();
  const name = new URL(url).pathname.slice(1);
  const remove = async () => void (await server.query(`DROP DATABASE ${name}`));
  return { options: { url, dataDir: tmpdir() }, remove };
}
