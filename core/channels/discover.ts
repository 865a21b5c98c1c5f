import { readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ChannelPlugin } from '../contract/channel.ts';
import { readDefinition } from './declared/read.ts';
import { manifestFaults } from './manifest.ts';
import { definitionFiles, findEntry, findPackage, type Origin, readPackage } from './packages.ts';
import { readText } from './read-text.ts';
import { runBlamed } from './strays.ts';

export interface Discovered {
  readonly plugins: Map<string, ChannelPlugin>;
  /** Where each of them comes from, by its id. */
  readonly origins: Map<string, Origin>;
  /** Folders and packages that hold no usable channel, and why. */
  readonly faults: readonly { readonly folder: string; readonly reason: string }[];
}

/** A place where a channel was found, before it is loaded. */
interface Place {
  /** What it is called when there is something to say of it: the folder's name, or the package as it was configured. */
  readonly called: string;
  readonly folder: string;
  readonly origin: Origin;
  /** What its manifest has to be called; null for a package, which has a name of its own. */
  readonly id: string | null;
  readonly main: string | null;
}

/**
 * Finds the channels: every folder below `folder` is one, with code (`index.ts`, `index.js`, `index.mjs`) or as data
 * (`channel.yaml`, `channel.json`), and so is every package that the configuration names. Nothing else registers one.
 */
export async function discoverChannels(folder: string, packages: readonly string[] = []): Promise<Discovered> {
  const plugins = new Map<string, ChannelPlugin>();
  const origins = new Map<string, Origin>();
  const faults: { folder: string; reason: string }[] = [];
  // One after another: whatever one of them does to the process has a name then.
  for (const place of [...(await findFolders(folder)), ...(await findPackages(packages))]) {
    const result = 'reason' in place ? place.reason : await loadGuarded(place);
    const fault = typeof result === 'string' ? result : clashOf(result.manifest.id, origins);
    if (typeof result === 'string' || fault !== null) faults.push({ folder: place.called, reason: fault ?? '' });
    else {
      plugins.set(result.manifest.id, result);
      if ('origin' in place) origins.set(result.manifest.id, place.origin);
    }
  }
  return { plugins, origins, faults };
}

/** Two channels cannot have one id: a payment's method would not say which of them has the money. */
export function clashOf(id: string, origins: ReadonlyMap<string, Origin>): string | null {
  const known = origins.get(id);
  return known === undefined ? null : `has the id ${id}, which the ${known.kind} ${known.name} has already`;
}

type Missing = { readonly called: string; readonly reason: string };

async function findFolders(folder: string): Promise<readonly (Place | Missing)[]> {
  const entries = await readdir(folder).catch(() => null);
  if (entries === null) return [{ called: folder, reason: 'is no folder that can be read' }];
  // Packages that several channels share lie beside them, and mounts keep what is theirs under names with a dot.
  const names = entries.filter((name) => name !== 'node_modules' && !name.startsWith('.')).sort();
  const found = await Promise.all(names.map((name) => placeOfFolder(resolve(folder, name), name)));
  return found.filter((place) => place !== null);
}

async function placeOfFolder(folder: string, name: string): Promise<Place | null> {
  // A link to a folder is one too: that is how a channel is mounted from elsewhere.
  const isFolder = (await stat(folder).catch(() => null))?.isDirectory() === true;
  if (!isFolder) return null;
  const version = (await readPackage(folder))?.version ?? null;
  return { called: name, folder, origin: { kind: 'folder', name, version, folder }, id: name, main: null };
}

function findPackages(items: readonly string[]): Promise<readonly (Place | Missing)[]> {
  return Promise.all(
    items.map(async (called) => {
      const found = await findPackage(called);
      if (typeof found === 'string') return { called, reason: found };
      const { folder, name, version, main } = found;
      return { called, folder, origin: { kind: 'package' as const, name, version, folder }, id: null, main };
    }),
  );
}

/** Longer than any channel takes to load on a machine that is busy. */
const loadTimeoutMs = 15_000;

/**
 * Loads one channel and sees what else it does. Code that runs in our process cannot be locked in: an endless loop takes
 * the process along whatever we do (docs/decisions/0016).
 */
async function loadGuarded(place: Place): Promise<ChannelPlugin | string> {
  const before = new Set(prototypeKeys());
  const onExit = () => {
    process.exitCode = 1;
    process.stderr.write(`the channel ${place.called} ended the process while it was loaded\n`);
  };
  process.once('exit', onExit);
  const onStray = (error: unknown) => {
    process.stderr.write(
      `the channel ${place.called} left something behind that threw: ${error instanceof Error ? error.message : error}\n`,
    );
  };
  const deadline = Promise.withResolvers<string>();
  const timer = setTimeout(() => deadline.resolve(`did not finish loading within ${loadTimeoutMs / 1000} s`), loadTimeoutMs);
  try {
    const result = await Promise.race([runBlamed(onStray, () => load(place)), deadline.promise]);
    const added = prototypeKeys().filter((key) => !before.has(key));
    return added.length === 0 ? result : `changes what every program relies on: ${added.join(', ')}`;
  } finally {
    clearTimeout(timer);
    process.off('exit', onExit);
  }
}

/** The members of the built-in prototypes. A member that is added to them turns up in everybody's objects. */
function prototypeKeys(): readonly string[] {
  const shared = { Object, Array, Function, String, Number, Boolean, Promise, RegExp, Date, Map, Set, Buffer };
  return Object.entries(shared).flatMap(([name, type]) => Reflect.ownKeys(type.prototype).map((key) => `${name}.prototype.${String(key)}`));
}

async function load({ folder, id, main }: Place): Promise<ChannelPlugin | string> {
  const entry = await findEntry(folder, await readdir(folder), main);
  if (typeof entry !== 'string') return entry.fault;
  return definitionFiles.includes(basename(entry)) ? loadDefinition(folder, id, entry) : loadCode(folder, id, entry);
}

/** Reads a channel that is data. All its faults are told at once. */
export async function loadDefinition(folder: string, id: string | null, file: string): Promise<ChannelPlugin | string> {
  const text = await readText(join(folder, file));
  if (text === null) return `has a ${file} that cannot be read`;
  const read = readDefinition(id, text);
  return read.kind === 'read' ? read.plugin : `has faults in ${file}:\n${read.faults.map((fault) => `  ${fault}`).join('\n')}`;
}

async function loadCode(folder: string, id: string | null, entry: string): Promise<ChannelPlugin | string> {
  try {
    const module = (await import(pathToFileURL(join(folder, entry)).href)) as { default?: unknown };
    const faults = manifestFaults(id, module.default);
    return faults.length === 0 ? (module.default as ChannelPlugin) : faults.join('; ');
  } catch (error) {
    return `cannot be loaded: ${error instanceof Error ? error.message : String(error)}`;
  }
}
