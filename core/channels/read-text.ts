import { readFile, stat } from 'node:fs/promises';

/** The text of a file of a channel; null where there is none. A pipe or a device is none: reading it might never end. */
export async function readText(path: string): Promise<string | null> {
  try {
    return (await stat(path)).isFile() ? await readFile(path, 'utf8') : null;
  } catch {
    return null;
  }
}
