import { stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, isAbsolute, join, resolve } from 'node:path';
import { readText } from './read-text.ts';

/** Where a channel comes from, for logs and for `GET /v1/channels`. */
export interface Origin {
  readonly kind: 'folder' | 'package';
  /** The folder's name, or the package's. */
  readonly name: string;
  /** As the package.json beside the channel says; null where there is none. */
  readonly version: string | null;
  /** Where it lies. Never shown outside. */
  readonly folder: string;
}

/** A package as far as it concerns us. */
export interface FoundPackage {
  readonly folder: string;
  readonly name: string;
  readonly version: string | null;
  /** The file that the package names as its own, if it names one. */
  readonly main: string | null;
}

/** The server's own root: its node_modules are looked into after those of the working directory. */
const serverRoot = resolve(import.meta.dirname, '../..');

/**
 * Finds a channel's package: an npm name in the node_modules of the working directory (and those above it), then in the
 * server's; or a path that begins with `.` or `/`. Its `exports` play no part: they may hide the package.json.
 */
export async function findPackage(item: string, workingFolder = process.cwd()): Promise<FoundPackage | string> {
  const folders = isPath(item) ? [resolve(workingFolder, item)] : [workingFolder, serverRoot].flatMap((root) => modulesOf(root, item));
  for (const folder of folders) {
    const found = (await readPackage(folder)) ?? (isPath(item) ? await readBare(folder) : null);
    if (found !== null) return found;
  }
  return isPath(item)
    ? 'is no folder that can be read'
    : 'is not installed: neither the working directory nor the server has it in node_modules';
}

const isPath = (item: string) => item.startsWith('.') || isAbsolute(item);

function modulesOf(root: string, name: string): readonly string[] {
  return (createRequire(join(root, 'package.json')).resolve.paths(name) ?? []).map((folder) => join(folder, name));
}

/** The package in a folder; null when there is none. */
export async function readPackage(folder: string): Promise<FoundPackage | null> {
  const text = await readText(join(folder, 'package.json'));
  const { name, version, main } = text === null ? {} : readFields(text);
  if (typeof name !== 'string') return null;
  return { folder, name, version: typeof version === 'string' ? version : null, main: typeof main === 'string' ? main : null };
}

/** A path may also name a channel's folder that is no package. */
async function readBare(folder: string): Promise<FoundPackage | null> {
  const isFolder = (await stat(folder).catch(() => null))?.isDirectory() === true;
  return isFolder ? { folder, name: basename(folder), version: null, main: null } : null;
}

function readFields(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}

/** Files that make a folder a channel, with code or as data. */
export const codeFiles: readonly string[] = ['index.ts', 'index.js', 'index.mjs'];
export const definitionFiles: readonly string[] = ['channel.yaml', 'channel.json'];

/** The one file that is the channel: the `main` of a package, else one of the usual names. */
export async function findEntry(
  folder: string,
  files: readonly string[],
  main: string | null,
): Promise<string | { readonly fault: string }> {
  if (main !== null) {
    const isInside = !isAbsolute(main) && resolve(folder, main).startsWith(`${resolve(folder)}/`);
    const isFile = isInside && (await stat(join(folder, main)).catch(() => null))?.isFile() === true;
    return isFile ? main : { fault: `names ${main} as its main file, which is not in it` };
  }
  const entries = files.filter((file) => codeFiles.includes(file) || definitionFiles.includes(file));
  const [entry] = entries;
  if (entry === undefined) return { fault: 'has no index.ts, index.js, index.mjs, channel.yaml or channel.json' };
  return entries.length > 1 ? { fault: `has ${entries.join(' and ')}: a channel is one of them` } : entry;
}
