import { DatabaseUnavailable, UniqueError } from '../database.ts';

/**
 * What an error of the driver or the server means for a transaction:
 * `undone`: the server says that it was rolled back; run it again. `unready`: the server refused
 * and says so, which on a cluster includes COMMIT; run it again. `lost`: the connection is gone and
 * nothing more can be said. `unavailable`: no use in trying again now. `other`: the caller's.
 */
export type Meaning = 'undone' | 'unready' | 'lost' | 'unavailable' | 'unique' | 'other';

/** Deadlock or lost certification, lock wait timeout, record changed since read (snapshot isolation). */
const undone = [1213, 1205, 1020];
/** Node not ready for queries, error during COMMIT. */
const unready = [1047, 1180];
/** Server shutdown, aborted connections, network errors, connection killed, idle connection closed. */
const lost = [1053, 1152, 1158, 1159, 1160, 1161, 1184, 1927, 4031];
/** Too many connections, access denied, unknown database, read-only server or transaction, limits of the account. */
const unavailable = [1040, 1044, 1045, 1049, 1203, 1226, 1290, 1792, 1836];

const lostCodes = [
  'PROTOCOL_CONNECTION_LOST',
  'PROTOCOL_SEQUENCE_TIMEOUT',
  'PROTOCOL_PACKETS_OUT_OF_ORDER',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
];

interface ServerError extends Error {
  readonly errno?: unknown;
  readonly code?: unknown;
  readonly fatal?: unknown;
}

const duplicateEntry = 1062;

export function meaningOf(error: unknown): Meaning {
  if (!(error instanceof Error)) return 'other';
  const { errno, code, fatal } = error as ServerError;
  if (error instanceof DatabaseUnavailable || isOneOf(unavailable, errno)) return 'unavailable';
  if (errno === duplicateEntry) return 'unique';
  if (isOneOf(undone, errno)) return 'undone';
  if (isOneOf(unready, errno)) return 'unready';
  if (fatal === true || isOneOf(lost, errno) || isOneOf(lostCodes, code)) return 'lost';
  return 'other';
}

/** What a caller is told. The driver's error stays as the cause; it holds the SQL, never a parameter. */
export function explain(error: unknown): unknown {
  const meaning = meaningOf(error);
  if (meaning === 'unique') return new UniqueError(nameOfKey((error as Error).message));
  if (meaning === 'other' || error instanceof DatabaseUnavailable) return error;
  const { code } = error as ServerError;
  return new DatabaseUnavailable(`the database cannot be used: ${String(code ?? 'unknown')}`, { cause: error });
}

/** MySQL 8 writes `table.key`, MariaDB `key`. The duplicate value before it may hold anything, so look from the end. */
function nameOfKey(message: string): string {
  const quoted = /for key '([^']*)'$/.exec(message)?.[1] ?? '';
  return quoted.slice(quoted.lastIndexOf('.') + 1);
}

function isOneOf(list: readonly unknown[], value: unknown): boolean {
  return list.includes(value);
}
