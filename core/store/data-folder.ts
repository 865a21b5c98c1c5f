import { mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** A folder for data that cannot be used. The message is for the operator. */
export class DataFolderError extends Error {}

/** Makes the folder for data where it is not there. */
export function openDataFolder(dataDir: string): void {
  try {
    makeFolder(resolve(dataDir));
  } catch (error) {
    throw unusable(dataDir, error);
  }
}

/** Not node's recursive `mkdir`: below /proc, where nothing can be made, it tries for ever (Node 24.21). */
function makeFolder(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory()) return;
  if (found !== undefined) throw new Error(`EEXIST: ${path} is no folder`);
  makeFolder(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    // Another process may have been quicker.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

export function unusable(dataDir: string, error: unknown): DataFolderError {
  const reason = error instanceof Error ? error.message : String(error);
  return new DataFolderError(`the data folder ${dataDir} cannot be used (PAYMUX_DATA_DIR): ${reason}`);
}
