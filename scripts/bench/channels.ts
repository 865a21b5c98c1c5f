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
  /** Processor time in the quietest round: what others on the machine do to it is least there. */
  readonly leastUs: number;
  /** Processor time in the middle one. */
  readonly middleUs: number;
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
 * Each round is a fresh process that begins with another channel, every second one in the opposite order. What several
 * share, such as the reader of definitions, is paid for by whoever of them comes first, and none does in most rounds.
 */
async function loadAll(ids: readonly string[], rounds: number): Promise<readonly LoadCost[]> {
  // The first process fills the compile cache, which a server finds filled after its first start.
  await runLoads({ folder, ids, isWeighed: false });
  const weighed = await runLoads({ folder, ids, isWeighed: true });
  const seen: LoadedChannel[] = [];
  for (let round = 0; round < rounds; round += 1) {
    seen.push(...(await runLoads({ folder, ids: turn(ids, round, rounds), isWeighed: false })));
  }
  return ids.map((id) => {
    const spent = seen.filter((one) => one.id === id).map(({ cpuUs }) => cpuUs);
    const heldBytes = weighed.find((one) => one.id === id)?.heldBytes ?? 0;
    return { id, leastUs: Math.min(...spent), middleUs: median(spent), heldBytes };
  });
}

function runLoads(job: LoadJob): Promise<readonly LoadedChannel[]> {
  const part = new URL('./load-channels.ts', import.meta.url);
  return runPart(part, job, { args: job.isWeighed ? ['--expose-gc'] : [], environment: serverEnvironment });
}

function turn(ids: readonly string[], round: number, rounds: number): readonly string[] {
  const from = Math.floor((round * ids.length) / rounds);
  const turned = [...ids.slice(from), ...ids.slice(0, from)];
  return round % 2 === 0 ? turned : turned.toReversed();
}
