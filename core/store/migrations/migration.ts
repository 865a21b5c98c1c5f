import type { Definition } from './definition.ts';

/** What a migration may do. Every step must bear being run again: MySQL cannot roll back a change of schema. */
export interface MigrationContext {
  readonly engine: 'sqlite' | 'mysql';
  createTable(name: string, definition: Definition): Promise<void>;
  /** Adds the columns that are not there yet, written as in a definition. */
  addColumns(table: string, columns: Definition['columns']): Promise<void>;
  addIndex(name: string, table: string, columns: readonly string[]): Promise<void>;
  dropIndex(name: string, table: string): Promise<void>;
  /** Runs one statement. On SQLite all statements of a migration are one transaction. */
  run(sql: string): Promise<void>;
}

export interface Migration {
  /** Names sort in the order of running. */
  readonly name: string;
  up(context: MigrationContext): Promise<void>;
}
