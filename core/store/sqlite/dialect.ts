import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { cacheStatements, openReader, openWriter, type Prepare } from './connection.ts';
import { codeName } from './errors.ts';
import { retryWhileBusy, type WriterLock } from './writer.ts';

type Parameters = readonly unknown[] | Readonly<Record<string, unknown>>;
type Callback = (this: Statement, error: Error | null, rows?: unknown[]) => void;

const OPEN_READONLY = 1;
const OPEN_READWRITE = 2;
const OPEN_CREATE = 4;

/** What sequelize reads off `this` in a callback. It looks at the name of this class. */
class Statement {
  lastID = 0;
  changes = 0;
}

/**
 * The part of the sqlite3 package that sequelize 6 uses, over the SQLite inside Node: the package
 * itself is archived and has to be compiled. Writers queue in the lock that the engine uses too.
 */
export function createDialect(lock: WriterLock) {
  class Database {
    readonly filename: string;
    private readonly handle = new Handle(lock);

    constructor(filename: string, mode: number, callback: (error: Error | null) => void) {
      this.filename = filename;
      this.handle.open(filename, mode).then(
        () => callback(null),
        (error: unknown) => callback(toDialectError(error)),
      );
    }

    serialize(work: () => void): void {
      work();
    }

    run(sql: string, ...rest: readonly unknown[]): this {
      return this.start(sql, rest);
    }

    all(sql: string, ...rest: readonly unknown[]): this {
      return this.start(sql, rest);
    }

    exec(sql: string, ...rest: readonly unknown[]): this {
      return this.start(sql, rest);
    }

    close(callback?: (error: Error | null) => void): void {
      this.handle.close();
      callback?.(null);
    }

    private start(sql: string, rest: readonly unknown[]): this {
      const callback = rest.find((one): one is Callback => typeof one === 'function');
      const parameters = rest.find((one) => typeof one === 'object' && one !== null) as Parameters | undefined;
      const statement = new Statement();
      this.handle.step(sql, parameters ?? [], statement).then(
        (rows) => callback?.call(statement, null, rows),
        (error: unknown) => callback?.call(statement, toDialectError(error)),
      );
      return this;
    }
  }
  const dialect = { Database, OPEN_READONLY, OPEN_READWRITE, OPEN_CREATE, verbose: () => dialect };
  return dialect;
}

/** One connection and, while its transaction is open, the right to write. */
class Handle {
  private readonly lock: WriterLock;
  private connection: DatabaseSync | null = null;
  private prepare: Prepare | null = null;
  private release: (() => void) | null = null;

  constructor(lock: WriterLock) {
    this.lock = lock;
  }

  async open(filename: string, mode: number): Promise<void> {
    const connection = await retryWhileBusy(() => ((mode & OPEN_READONLY) !== 0 ? openReader(filename) : openWriter(filename)));
    this.connection = connection;
    this.prepare = cacheStatements(connection);
  }

  /** Takes the right to write where the text needs it, and keeps it from BEGIN to COMMIT or ROLLBACK. */
  async step(sql: string, parameters: Parameters, statement: Statement): Promise<unknown[]> {
    if (isRead(sql) || this.release !== null) {
      try {
        return await retryWhileBusy(() => this.execute(sql, parameters, statement));
      } finally {
        if (!this.connection?.isTransaction) this.giveBack();
      }
    }
    // A deferred transaction that begins to write late is refused instead of waiting: take the file at BEGIN.
    const text = /^\s*BEGIN\b/i.test(sql) ? 'BEGIN IMMEDIATE' : sql;
    const release = await this.lock.take();
    try {
      return await retryWhileBusy(() => this.execute(text, parameters, statement));
    } finally {
      if (this.connection?.isTransaction) this.release = release;
      else release();
    }
  }

  /** Ends an open transaction first: a connection that is thrown away must not keep the file. */
  close(): void {
    if (this.connection?.isTransaction) this.connection.exec('ROLLBACK');
    this.giveBack();
    this.connection?.close();
    this.connection = null;
    this.prepare = null;
  }

  private execute(sql: string, parameters: Parameters, statement: Statement): unknown[] {
    if (this.prepare === null) throw new Error('the connection is closed');
    const compiled = this.prepare(sql);
    const named = isList(parameters) ? {} : toNamed(parameters);
    const listed = isList(parameters) ? parameters.map(toPlain) : [];
    if (compiled.columns().length > 0) return compiled.all(named, ...listed);
    const done = compiled.run(named, ...listed);
    statement.changes = Number(done.changes);
    statement.lastID = Number(done.lastInsertRowid);
    return [];
  }

  private giveBack(): void {
    this.release?.();
    this.release = null;
  }
}

function isRead(sql: string): boolean {
  return /^\s*(SELECT|PRAGMA|EXPLAIN)\b/i.test(sql);
}

function isList(parameters: Parameters): parameters is readonly unknown[] {
  return Array.isArray(parameters);
}

function toNamed(parameters: Readonly<Record<string, unknown>>): Record<string, SQLInputValue> {
  return Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, toPlain(value)]));
}

/** Converts before the driver sees it: it takes a Date as the first value for a set of named parameters and shifts the rest. */
function toPlain(value: unknown): SQLInputValue {
  if (value === undefined || value === null) return null;
  if (typeof value === 'boolean') return value ? 1n : 0n;
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'string' || typeof value === 'bigint' || value instanceof Uint8Array) return value;
  if (typeof value !== 'number') throw new TypeError(`not a value that can be stored: ${typeof value}`);
  if (!Number.isSafeInteger(value)) throw new RangeError(`not an integer that can be stored exactly: ${value}`);
  return BigInt(value);
}

/** Sequelize tells errors apart by the codes of the sqlite3 package. */
function toDialectError(error: unknown): Error {
  const name = codeName(error);
  const text = error instanceof Error ? error.message : String(error);
  return Object.assign(new Error(name === null ? text : `${name}: ${text}`, { cause: error }), name === null ? {} : { code: name });
}
