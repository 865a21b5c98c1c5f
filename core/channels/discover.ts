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
  const loaded = await Promise.all(names.sort().map(async (name) => ({ name, result: await load(resolve(folder), name) })));
  const plugins = new Map<string, ChannelPlugin>();
  const faults: { folder: string; reason: string }[] = [];
  for (const { name, result } of loaded) {
    if (typeof result === 'string') faults.push({ folder: name, reason: result });
    else plugins.set(name, result);
  }
  return { plugins, faults };
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
