import { appendFileSync } from 'node:fs';
import { DatabaseSync, StatementSync } from 'node:sqlite';
import mysql2 from 'mysql2';

/**
 * Loaded into a server before its own code (`node --import`): writes every statement that reaches a
 * driver to the file in BENCH_RECORD. What the raw loop replays is thus what the server really sends.
 */
const file = process.env['BENCH_RECORD'] ?? '/dev/null';

// biome-ignore lint/suspicious/noExplicitAny: methods of two drivers are wrapped, whatever their types.
type Method = (this: any, ...args: any[]) => any;

/** Gives each connection a number, in the order in which they are first seen. */
function countConnections(): (connection: object) => number {
  const numbers = new WeakMap<object, number>();
  let seen = 0;
  return (connection) => {
    const known = numbers.get(connection);
    if (known !== undefined) return known;
    seen += 1;
    numbers.set(connection, seen);
    return seen;
  };
}

function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'object' && value !== null && 'value' in value) return plain(value.value);
  return value;
}

function note(connection: number, sql: string, params: readonly unknown[]): void {
  appendFileSync(file, `${JSON.stringify({ connection, sql, params: params.map(plain) })}\n`);
}

function wrap(prototype: object, name: string, before: (self: object, args: readonly unknown[]) => void): void {
  const original = Reflect.get(prototype, name) as Method;
  Reflect.set(prototype, name, function (this: object, ...args: unknown[]) {
    before(this, args);
    return original.apply(this, args);
  } satisfies Method);
}

for (const name of ['run', 'get', 'all']) {
  wrap(StatementSync.prototype, name, (self, args) => note(0, (self as StatementSync).sourceSQL, args));
}
wrap(DatabaseSync.prototype, 'exec', (_self, [sql]) => note(0, String(sql), []));
const numberOf = countConnections();
for (const name of ['execute', 'query']) {
  wrap((mysql2 as unknown as { Connection: { prototype: object } }).Connection.prototype, name, (self, [statement, params]) => {
    const sql = typeof statement === 'string' ? statement : (statement as { sql: string }).sql;
    note(numberOf(self), sql, Array.isArray(params) ? params : []);
  });
}
