import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ChannelPlugin } from '../contract/channel.ts';
import { manifestFaults } from './manifest.ts';

export interface Discovered {
  readonly plugins: ReadonlyMap<string, ChannelPlugin>;
  /** Folders that hold no usable channel, and why. */
  readonly faults: readonly { readonly folder: string; readonly reason: string }[];
}

/** Finds the channels: every folder below `folder` with an `index.ts` or `index.js` is one. Nothing is registered anywhere. */
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
  const entry = files.find((file) => file === 'index.ts' || file === 'index.js');
  if (entry === undefined) return 'has no index.ts or index.js';
  try {
    const module = (await import(pathToFileURL(join(folder, name, entry)).href)) as { default?: unknown };
    const faults = manifestFaults(name, module.default);
    return faults.length === 0 ? (module.default as ChannelPlugin) : faults.join('; ');
  } catch (error) {
    return `cannot be loaded: ${error instanceof Error ? error.message : String(error)}`;
  }
}
