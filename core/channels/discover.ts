import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ChannelPlugin } from '../contract/channel.ts';
import { readDefinition } from './declared/read.ts';
import { manifestFaults } from './manifest.ts';

export interface Discovered {
  readonly plugins: Map<string, ChannelPlugin>;
  /** Folders that hold no usable channel, and why. */
  readonly faults: readonly { readonly folder: string; readonly reason: string }[];
}

/** The files of a channel that is written down as data. */
export const definitionFiles: readonly string[] = ['channel.yaml', 'channel.json'];

/**
 * Finds the channels: every folder below `folder` is one, with code (`index.ts`, `index.js`) or as data
 * (`channel.yaml`, `channel.json`). Nothing is registered anywhere.
 */
export async function discoverChannels(folder: string): Promise<Discovered> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => null);
  if (entries === null) return { plugins: new Map(), faults: [{ folder, reason: 'is no folder that can be read' }] };
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  const plugins = new Map<string, ChannelPlugin>();
  const faults: { folder: string; reason: string }[] = [];
  // One after another: whatever one of them does to the process has a name then.
  for (const name of names.sort()) {
    const result = await loadGuarded(resolve(folder), name);
    if (typeof result === 'string') faults.push({ folder: name, reason: result });
    else plugins.set(name, result);
  }
  return { plugins, faults };
}

/** Longer than any channel takes to load on a machine that is busy. */
const loadTimeoutMs = 15_000;

/**
 * Loads one channel and sees what else it does. Code that runs in our process cannot be locked in: an endless loop, or
 * an exception from a timer of its own, takes the process along whatever we do (docs/decisions/0016).
 */
async function loadGuarded(folder: string, name: string): Promise<ChannelPlugin | string> {
  const before = prototypeKeys();
  const onExit = () => {
    process.exitCode = 1;
    process.stderr.write(`the channel ${name} ended the process while it was loaded\n`);
  };
  process.once('exit', onExit);
  const deadline = Promise.withResolvers<string>();
  const timer = setTimeout(() => deadline.resolve(`did not finish loading within ${loadTimeoutMs / 1000} s`), loadTimeoutMs);
  try {
    const result = await Promise.race([load(folder, name), deadline.promise]);
    const added = prototypeKeys().filter((key) => !before.includes(key));
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

async function load(folder: string, name: string): Promise<ChannelPlugin | string> {
  const files = await readdir(join(folder, name));
  const entries = files.filter((file) => file === 'index.ts' || file === 'index.js' || definitionFiles.includes(file));
  const [entry] = entries;
  if (entry === undefined) return 'has no index.ts, index.js, channel.yaml or channel.json';
  if (entries.length > 1) return `has ${entries.join(' and ')}: a channel is one of them`;
  return definitionFiles.includes(entry) ? loadDefinition(folder, name, entry) : loadCode(folder, name, entry);
}

/** Reads a channel that is data. All its faults are told at once. */
export async function loadDefinition(folder: string, name: string, file: string): Promise<ChannelPlugin | string> {
  const text = await readFile(join(folder, name, file), 'utf8').catch(() => null);
  if (text === null) return `has a ${file} that cannot be read`;
  const read = readDefinition(name, text);
  return read.kind === 'read' ? read.plugin : `has faults in ${file}:\n${read.faults.map((fault) => `  ${fault}`).join('\n')}`;
}

async function loadCode(folder: string, name: string, entry: string): Promise<ChannelPlugin | string> {
  try {
    const module = (await import(pathToFileURL(join(folder, name, entry)).href)) as { default?: unknown };
    const faults = manifestFaults(name, module.default);
    return faults.length === 0 ? (module.default as ChannelPlugin) : faults.join('; ');
  } catch (error) {
    return `cannot be loaded: ${error instanceof Error ? error.message : String(error)}`;
  }
}
