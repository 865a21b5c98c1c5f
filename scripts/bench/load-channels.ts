import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { discoverChannels } from '../../core/channels/discover.ts';
// What the server has loaded by then: a library that it needs anyway is not the first channel's cost.
import '../../core/container.ts';
import { readJob } from './child.ts';

/** Which channels to load, one after another, in this order. */
export interface LoadJob {
  readonly folder: string;
  readonly ids: readonly string[];
  /**
   * Whether memory is measured, which takes a full collection around each channel. What others of its kind have compiled and
   * learnt is thrown away by that, as no start of a server does: time is measured without.
   */
  readonly isWeighed: boolean;
}

/** What loading one channel took, and what is held of it afterwards on the heap and outside of it. */
export interface LoadedChannel {
  readonly id: string;
  /** Processor time of all threads of this process. Time by the clock would be that of whoever else is on the machine. */
  readonly cpuUs: number;
  /** 0 where it was not measured. */
  readonly heldBytes: number;
}

/** What is reachable. Resident memory grows in steps of the allocator's, too coarse for one channel. */
async function heldBytes(isWeighed: boolean): Promise<number> {
  await turn();
  if (!isWeighed) return 0;
  const { gc } = globalThis;
  if (gc === undefined) throw new Error('to be run with --expose-gc');
  gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Loads a channel the way the server does, alone in a folder of its own, so that it is known which of them took what. */
async function loadOne(folder: string, id: string, isWeighed: boolean): Promise<LoadedChannel> {
  const alone = mkdtempSync(join(tmpdir(), 'paymux-load-'));
  symlinkSync(resolve(folder, id), join(alone, id));
  try {
    const before = await heldBytes(isWeighed);
    const spentBefore = process.cpuUsage();
    const { plugins, faults } = await discoverChannels(alone);
    const { user, system } = process.cpuUsage(spentBefore);
    if (!plugins.has(id)) throw new Error(faults.map(({ reason }) => reason).join('; '));
    return { id, cpuUs: user + system, heldBytes: (await heldBytes(isWeighed)) - before };
  } finally {
    rmSync(alone, { recursive: true });
  }
}

async function loadAll({ folder, ids, isWeighed }: LoadJob): Promise<readonly LoadedChannel[]> {
  const loaded: LoadedChannel[] = [];
  for (const id of ids) loaded.push(await loadOne(folder, id, isWeighed));
  return loaded;
}

process.stdout.write(JSON.stringify(await loadAll(await readJob<LoadJob>())));
