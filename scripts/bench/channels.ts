import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { runPart } from './child.ts';
import type { LoadedChannel, LoadJob } from './load-channels.ts';
import { median } from './print.ts';
import { serverEnvironment } from './server.ts';
import { benchStart } from './start-time.ts';
import { memoryKib } from './usage.ts';
import { benchWechat, type WechatCost } from './wechat.ts';

/** What the channels cost: each at load, all of them in an idle server, and one that signs and verifies with RSA. */
export interface ChannelsCost {
  readonly loads: readonly LoadCost[];
  readonly rounds: number;
  readonly idleKib: number;
  readonly wechat: WechatCost;
}

/** What loading one channel costs. */
export interface LoadCost {
  readonly id: string;
  /** By the clock, in the quietest round: what it takes where nothing else is running. */
  readonly leastUs: number;
  /** Of the processor, in the middle round. */
  readonly cpuUs: number;
  readonly heldBytes: number;
}

const folder = 'plugins/channels';
/** Fewer say what a busy moment of the machine was like. */
const fewestRounds = 9;

export async function benchChannels(rounds: number, seconds: number): Promise<ChannelsCost> {
  const ids = readdirSync(folder).toSorted();
  const most = Math.max(rounds, fewestRounds);
  const loads = await loadAll(ids, most);
  const { idleKib } = await benchStart(1, ids.length, (pid) => memoryKib(pid).now);
  return { loads, rounds: most, idleKib, wechat: await benchWechat(rounds, seconds) };
}

/**
 * Each round is a fresh process with another order. What several channels share, such as the reader of definitions, is
 * paid for by whoever of them comes first, so that the middle of the rounds is what a channel costs itself.
 */
async function loadAll(ids: readonly string[], rounds: number): Promise<readonly LoadCost[]> {
  const part = new URL('./load-channels.ts', import.meta.url);
  const options = { args: ['--expose-gc'], environment: serverEnvironment };
  const seen: LoadedChannel[] = [];
  // The first process fills the compile cache, which a server finds filled after its first start.
  await runPart<readonly LoadedChannel[]>(part, { folder, ids } satisfies LoadJob, options);
  for (let round = 0; round < rounds; round += 1) {
    const job: LoadJob = { folder, ids: shuffle(ids, round) };
    seen.push(...(await runPart<readonly LoadedChannel[]>(part, job, options)));
  }
  return ids.map((id) => {
    const own = seen.filter((one) => one.id === id);
    const middle = (pick: (one: LoadedChannel) => number) => median(own.map(pick));
    const leastUs = Math.min(...own.map((one) => one.loadUs));
    return { id, leastUs, cpuUs: middle((one) => one.cpuUs), heldBytes: middle((one) => one.heldBytes) };
  });
}

/** An order of its own for each round, the same in every run. */
function shuffle(ids: readonly string[], round: number): readonly string[] {
  const keyOf = (id: string) => createHash('sha256').update(`${round} ${id}`).digest('hex');
  return ids.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}
