/**
 * The narrow waist between the kernel's SQL and the two engines. SQL is written once, in the part
 * of the language that SQLite, MariaDB and MySQL share; parameters are always bound (`?`).
 */

/** A value that may be bound. Booleans are stored as 0 and 1, times as integer milliseconds since 1970 UTC, JSON as text. */
export type Value = string | number | null | Buffer;

/** A row as both engines return it: integers as numbers (an unsafe one throws), text as strings, binary as Buffer. */
export type Row = Readonly<Record<string, Value>>;

/** Reads. Outside a transaction each sees the last committed state. */
export interface Reader {
  get(sql: string, params?: readonly Value[]): Promise<Row | undefined>;
  all(sql: string, params?: readonly Value[]): Promise<readonly Row[]>;
}

/** The handle of one open transaction. It must not be used after the function it was given to returns. */
export interface Tx extends Reader {
  /** Runs a writing statement and answers how many rows its WHERE clause matched. */
  run(sql: string, params?: readonly Value[]): Promise<number>;
  /** Has `tell` called once COMMIT is durable, before the caller learns of it; never where the transaction is rolled back. It must not throw. */
  onCommit(tell: () => void): void;
}

/** A row that the transaction writes under an id made beforehand: its presence proves that COMMIT happened. */
export interface Proof {
  readonly table: string;
  readonly id: string;
  /** A column and what was written to it, where somebody else could have written a row under the same id. */
  readonly holds?: readonly [column: string, value: Value];
}

export interface Database extends Reader {
  readonly engine: 'sqlite' | 'mysql';
  /**
   * Runs `work` in a transaction and answers its result once COMMIT is durable.
   *
   * The whole of it is run again after a deadlock, a lock timeout, a lost certification or an
   * unready cluster node (COMMIT included), so `work` must touch nothing but its `tx`. When the
   * connection is lost during COMMIT, `proof` is looked up; without a proof the error is thrown.
   * An error thrown by `work` rolls back and is thrown on unchanged; {@link UniqueError} says
   * that a unique key was taken.
   */
  transaction<T>(work: (tx: Tx) => Promise<T>, proof?: Proof): Promise<T>;
  /** Resolves when a statement can be run, rejects otherwise. For `/readyz`. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** A unique key was already taken. `key` is the name of the index, where the engine tells it. */
export class UniqueError extends Error {
  readonly key: string;
  constructor(key: string) {
    super(`unique key already taken: ${key}`);
    this.name = 'UniqueError';
    this.key = key;
  }
}

/** The database cannot be reached or is read-only. The API answers 503; nothing was acknowledged. */
export class DatabaseUnavailable extends Error {
  constructor(message: string, options?: { cause: unknown }) {
    super(message, options);
    this.name = 'DatabaseUnavailable';
  }
}
