import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { discoverChannels } from '../../core/channels/discover.ts';
import { readJob } from './child.ts';

/** Which channels to load, one after another, in this order. */
export interface LoadJob {
  readonly folder: string;
  readonly ids: readonly string[];
}

/** What loading one channel took, and what is held of it afterwards on the heap and outside of it. */
export interface LoadedChannel {
  readonly id: string;
  /** By the clock; on a shared machine, others' work is in it. */
  readonly loadUs: number;
  /** Of the processor, by all threads of this process. */
  readonly cpuUs: number;
  readonly heldBytes: number;
}

const { gc } = globalThis;
if (gc === undefined) throw new Error('to be run with --expose-gc');

/** What is reachable. Resident memory grows in steps of the allocator's, too coarse for one channel. */
async function heldBytes(collect: () => unknown): Promise<number> {
  await turn();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Loads a channel the way the server does, alone in a folder of its own, so that it is known which of them took what. */
async function loadOne(folder: string, id: string, collect: () => unknown): Promise<LoadedChannel> {
  const alone = mkdtempSync(join(tmpdir(), 'paymux-load-'));
  symlinkSync(resolve(folder, id), join(alone, id));
  try {
    const before = await heldBytes(collect);
    const startedAt = performance.now();
    const spentBefore = process.cpuUsage();
    const { plugins, faults } = await discoverChannels(alone);
    const loadUs = Math.round((performance.now() - startedAt) * 1000);
    const { user, system } = process.cpuUsage(spentBefore);
    if (!plugins.has(id)) throw new Error(faults.map(({ reason }) => reason).join('; '));
    return { id, loadUs, cpuUs: user + system, heldBytes: (await heldBytes(collect)) - before };
  } finally {
    rmSync(alone, { recursive: true });
  }
}

const { folder, ids } = await readJob<LoadJob>();
const loaded: LoadedChannel[] = [];
for (const id of ids) loaded.push(await loadOne(folder, id, gc));
process.stdout.write(JSON.stringify(loaded));
