import type { Database } from '../database.ts';
import { keyCollations } from '../migrations/definition.ts';

type Settings = Readonly<Record<string, string>>;

/**
 * What has to be changed before this database may hold payments, all at once; empty when nothing
 * has. Each text says what is set, what must be set and the statement that sets it. Our own
 * sessions are strict in any case; the server's settings are what every other client writes under.
 */
export async function checkDatabase(database: Database): Promise<string[]> {
  if (database.engine === 'sqlite') return [];
  const server = await readSettings(database, 'SHOW GLOBAL VARIABLES');
  const session = await readSettings(database, 'SHOW SESSION VARIABLES');
  return [
    checkStrictness(server),
    ...checkDurability(server),
    checkAutocommit(server, session),
    checkIsolation(session),
    checkCharset(session, await database.get('SELECT DATABASE() AS name')),
    checkCollations(await database.all('SELECT COLLATION_NAME AS name FROM information_schema.COLLATIONS')),
  ].filter((fault) => fault !== null);
}

/** Whether other nodes write the same database at the same time. */
export async function isGalera(database: Database): Promise<boolean> {
  if (database.engine === 'sqlite') return false;
  const row = await database.get("SHOW GLOBAL VARIABLES LIKE 'wsrep_on'");
  return row?.['Value'] === 'ON';
}

async function readSettings(database: Database, sql: string): Promise<Settings> {
  const rows = await database.all(sql);
  return Object.fromEntries(rows.map((row) => [String(row['Variable_name']), String(row['Value'])]));
}

function checkStrictness(server: Settings): string | null {
  const modes = (server['sql_mode'] ?? '').split(',').filter((mode) => mode !== '');
  if (modes.includes('STRICT_TRANS_TABLES') || modes.includes('STRICT_ALL_TABLES')) return null;
  const wanted = ['STRICT_TRANS_TABLES', ...modes].join();
  return fault('sql_mode', modes.join() || 'empty', 'strict, or values that do not fit are cut', `SET GLOBAL sql_mode = '${wanted}'`);
}

/** With flush = 0, 190 of 4,830 acknowledged commits were gone after kill -9; with 1 none of 3,414. */
function checkDurability(server: Settings): (string | null)[] {
  const flush = server['innodb_flush_log_at_trx_commit'] ?? 'unknown';
  const sync = server['sync_binlog'] ?? 'unknown';
  const binlog = server['log_bin'] === 'ON';
  const format = server['binlog_format'] ?? 'ROW';
  const lost = '1, or a crash loses payments that were acknowledged';
  return [
    flush === '1' ? null : fault('innodb_flush_log_at_trx_commit', flush, lost, 'SET GLOBAL innodb_flush_log_at_trx_commit = 1'),
    binlog && sync !== '1' ? fault('sync_binlog', sync, lost, 'SET GLOBAL sync_binlog = 1') : null,
    binlog && format === 'STATEMENT'
      ? fault('binlog_format', format, 'ROW, or READ COMMITTED cannot write', "SET GLOBAL binlog_format = 'ROW'")
      : null,
  ];
}

function checkAutocommit(server: Settings, session: Settings): string | null {
  if (server['autocommit'] === 'ON' && session['autocommit'] === 'ON') return null;
  return fault('autocommit', 'OFF', 'ON, or single statements stay uncommitted', 'SET GLOBAL autocommit = ON');
}

/** Every session of ours has asked for READ COMMITTED. MariaDB before 11.1 calls the variable `tx_isolation`. */
function checkIsolation(session: Settings): string | null {
  const name = 'transaction_isolation' in session ? 'transaction_isolation' : 'tx_isolation';
  const level = session[name] ?? 'unknown';
  if (level === 'READ-COMMITTED') return null;
  const wanted = 'READ-COMMITTED, and something between us and the server undoes it';
  return fault(name, level, wanted, 'SET GLOBAL TRANSACTION ISOLATION LEVEL READ COMMITTED');
}

function checkCharset(session: Settings, row: Readonly<Record<string, unknown>> | undefined): string | null {
  const charset = session['character_set_database'] ?? 'unknown';
  if (charset === 'utf8mb4') return null;
  const statement = `ALTER DATABASE \`${String(row?.['name'])}\` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`;
  return fault('character_set_database', charset, 'utf8mb4, or names are mangled', statement);
}

function checkCollations(rows: readonly Readonly<Record<string, unknown>>[]): string | null {
  const known = rows.map((row) => row['name']);
  if (keyCollations.some((collation) => known.includes(collation))) return null;
  return `the server has neither of the collations ${keyCollations.join(' and ')}, so keys would compare inexactly; use MariaDB 10.2 or MySQL 8.0.17, or newer`;
}

function fault(name: string, is: string, wanted: string, statement: string): string {
  return `${name} is ${is}; it must be ${wanted}. Set it with: ${statement};`;
}
