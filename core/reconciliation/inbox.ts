import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Something that lies in the folder of documents, as one look saw it. */
export interface Lying {
  /** Below the folder, with `/`. */
  readonly path: string;
  readonly isFile: boolean;
  readonly size: number;
  readonly mtimeMs: number;
  readonly ino: number;
}

/** `<account>/<day>/<file>`. */
const levels = 3;
/** Where files go that were looked after. */
export const outcomes = ['taken', 'refused'] as const;
export type Outcome = (typeof outcomes)[number];

/** Everything that lies where documents are put. Nothing is opened, and no link is followed. Names with a dot in front are still being written. */
export async function lookInto(folder: string): Promise<readonly Lying[]> {
  const names = (await readdir(folder)).filter((name) => !outcomes.some((outcome) => outcome === name));
  return lookAt(folder, names);
}

/** How many documents lie refused, each with its reason beside it. */
export async function countRefused(folder: string): Promise<number> {
  const paths = (await readdir(join(folder, 'refused'), { recursive: true, withFileTypes: true }).catch(orNull)) ?? [];
  const files = new Set(paths.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name)));
  return [...files].filter((path) => files.has(`${path}.txt`)).length;
}

async function lookAt(folder: string, paths: readonly string[]): Promise<readonly Lying[]> {
  const found: Lying[] = [];
  for (const path of paths) {
    const parts = path.split('/');
    const name = parts.at(-1) ?? '';
    const stats = name.startsWith('.') ? null : await lstat(join(folder, path)).catch(orNull);
    if (stats === null) continue;
    if (!stats.isDirectory() || parts.length === levels) {
      found.push({ path, isFile: stats.isFile(), size: stats.size, mtimeMs: stats.mtimeMs, ino: stats.ino });
      continue;
    }
    const names = (await readdir(join(folder, path)).catch(orNull)) ?? [];
    found.push(
      ...(await lookAt(
        folder,
        names.map((one) => `${path}/${one}`),
      )),
    );
  }
  return found;
}

/** Whoever puts files there may take them away at any moment. */
function orNull(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
  throw error;
}

/** Tells of each look what was exactly so in the one before it: what still grows is left alone. */
export function createStillness(): (lying: readonly Lying[]) => readonly Lying[] {
  const before = new Set<string>();
  return (lying) => {
    const still = lying.filter((one) => before.has(JSON.stringify(one)));
    before.clear();
    for (const one of lying) before.add(JSON.stringify(one));
    return still;
  };
}
