import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DataFolderError, openDataFolder, unusable } from '../data-folder.ts';

/**
 * Takes the folder for one server: the embedded database belongs to one process, because its jobs have no leases between
 * processes. The lock is SQLite's on a file beside the database, so it ends with the process however that ends. The admin command
 * and migrations work beside a server and do not take it. Answers what gives it back.
 */
export function lockForServer(dataDir: string): () => void {
  openDataFolder(dataDir);
  const file = openLockFile(dataDir);
  try {
    file.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
    return () => file.close();
  } catch (error) {
    file.close();
    const isBusy = (error as { errcode?: unknown }).errcode === sqliteBusy;
    if (!isBusy) throw unusable(dataDir, error);
    const advice = 'stop it, or let both use one MariaDB (PAYMUX_DATABASE_URL)';
    throw new DataFolderError(`another server is using the data folder ${dataDir}, and the embedded database serves one: ${advice}`);
  }
}

const sqliteBusy = 5;

function openLockFile(dataDir: string): DatabaseSync {
  try {
    const file = join(dataDir, 'server.lock');
    closeSync(openSync(file, 'a', 0o600));
    return new DatabaseSync(file);
  } catch (error) {
    throw unusable(dataDir, error);
  }
}
