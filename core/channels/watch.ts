import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { ChannelPlugin } from '../contract/channel.ts';
import { clashOf, loadDefinition } from './discover.ts';
import { codeFiles, definitionFiles, type Origin } from './packages.ts';

export interface WatchDeps {
  readonly folder: string;
  /** The channels that are served. A changed definition takes the place of the one before it. */
  readonly plugins: Map<string, ChannelPlugin>;
  readonly origins: Map<string, Origin>;
  readonly pollMs: number;
  /** Called after a channel was exchanged. */
  readonly onChange: (channel: string) => void;
  readonly onFault: (channel: string, reason: string) => void;
}

export interface DefinitionWatch {
  /** Definitions that are not served as they stand in their files, and why. */
  faults(): ReadonlyMap<string, string>;
  stop(): Promise<void>;
}

interface Seen {
  readonly mark: string;
  readonly file: string;
}

/**
 * Takes over changed definitions while the server runs. It looks instead of being told: what tells of changes
 * differs by file system, and says nothing on many network and container mounts.
 */
export async function watchDefinitions(deps: WatchDeps): Promise<DefinitionWatch> {
  const folder = resolve(deps.folder);
  const faults = new Map<string, string>();
  let seen = await look(folder);
  const served = new Set([...seen.keys()].filter((channel) => deps.plugins.has(channel) && deps.origins.get(channel)?.kind === 'folder'));
  let isStopped = false;
  let round = Promise.resolve();
  const turn = async () => {
    const now = await look(folder).catch(() => seen);
    const before = seen;
    seen = now;
    for (const [channel, { mark, file }] of now) {
      if (before.get(channel)?.mark !== mark && (await exchange(deps, faults, folder, channel, file))) served.add(channel);
    }
    for (const channel of [...before.keys()].filter((known) => !now.has(known))) {
      if (served.has(channel)) tell(deps, faults, channel, 'has lost its definition; the last good one is served');
      // Never served: with its file goes all that was wrong.
      else faults.delete(channel);
    }
  };
  const timer = setInterval(() => {
    round = round.then(() => (isStopped ? undefined : turn()));
  }, deps.pollMs).unref();
  return {
    faults: () => faults,
    async stop() {
      isStopped = true;
      clearInterval(timer);
      await round;
    },
  };
}

/** The definitions in the folder, each with what changes when it does. */
async function look(folder: string): Promise<ReadonlyMap<string, Seen>> {
  const names = (await readdir(folder)).filter((name) => !name.startsWith('.'));
  const found = await Promise.all(names.map(async (name) => [name, await lookInto(join(folder, name))] as const));
  return new Map(found.flatMap(([name, seen]) => (seen === null ? [] : [[name, seen] as const])));
}

async function lookInto(folder: string): Promise<Seen | null> {
  for (const file of definitionFiles) {
    const found = await stat(join(folder, file), { bigint: true }).catch(() => null);
    if (found !== null) return { file, mark: `${file} ${found.ino} ${found.size} ${found.mtimeNs}` };
  }
  return null;
}

/** True when the definition is served from now on. */
async function exchange(deps: WatchDeps, faults: Map<string, string>, folder: string, channel: string, file: string): Promise<boolean> {
  const known = deps.plugins.get(channel);
  const files = await readdir(join(folder, channel)).catch((): string[] => []);
  if (deps.origins.get(channel)?.kind === 'package') {
    return tell(deps, faults, channel, clashOf(channel, deps.origins) ?? '');
  }
  if (codeFiles.some((name) => files.includes(name))) {
    return tell(deps, faults, channel, `has code and ${file}: a channel is one of them`);
  }
  const loaded = await loadDefinition(join(folder, channel), channel, file);
  if (typeof loaded === 'string') {
    return tell(deps, faults, channel, known === undefined ? loaded : `${loaded}\n  the last good one is served`);
  }
  faults.delete(channel);
  deps.plugins.set(channel, loaded);
  if (known === undefined) deps.origins.set(channel, { kind: 'folder', name: channel, version: null, folder: join(folder, channel) });
  deps.onChange(channel);
  return true;
}

function tell(deps: WatchDeps, faults: Map<string, string>, channel: string, reason: string): false {
  faults.set(channel, reason);
  deps.onFault(channel, reason);
  return false;
}
