import { mkdirSync } from 'node:fs';

/** A folder for data that cannot be used. The message is for the operator. */
export class DataFolderError extends Error {}

/** Makes the folder for data where it is not there. */
export function openDataFolder(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true });
  } catch (error) {
    throw unusable(dataDir, error);
  }
}

export function unusable(dataDir: string, error: unknown): DataFolderError {
  const reason = error instanceof Error ? error.message : String(error);
  return new DataFolderError(`the data folder ${dataDir} cannot be used (PAYMUX_DATA_DIR): ${reason}`);
}
