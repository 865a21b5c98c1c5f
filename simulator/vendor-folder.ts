import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

export const entries = ['index.ts', 'index.js', 'index.mjs'];

/** The file that makes a folder a vendor's; undefined when there is none. */
export function entryOf(folder: string): string | undefined {
  return entries.map((file) => join(folder, file)).find((path) => existsSync(path));
}

/** The vendors that channels bring along: `<channel>/simulator/` in a folder of channels. */
export function listBroughtAlong(channelsFolder: string): readonly string[] {
  if (!existsSync(channelsFolder)) return [];
  const folders = readdirSync(channelsFolder).map((name) => join(channelsFolder, name, 'simulator'));
  return folders.filter((folder) => entryOf(folder) !== undefined);
}
