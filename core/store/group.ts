import { DatabaseUnavailable } from './database.ts';

/** How members that arrive together are written together. */
export interface GroupRule<Member> {
  /** Groups that may be written at the same time. */
  readonly lanes: number;
  /** The largest group. Groups have 1, 2, 4, 8 … members, so that a statement for many has few forms to be prepared in. */
  readonly most: number;
  /** Writes all members in one transaction, or none. */
  readonly write: (members: readonly Member[]) => Promise<void>;
  /** Nobody waits longer for a turn, and no more than so many: a request that came too late is refused, not queued. */
  readonly waitMs: number;
  readonly mostWaiting: number;
}

interface Waiting<Member> {
  readonly member: Member;
  readonly since: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Group commit in the process: while one group is being written, the next gathers. Nobody waits for company: a member that finds
 * a free lane is written at once, alone. Each is told when its own write is durable, or why it failed; one that cannot be
 * written (its number is taken, say) never fails its neighbours, because a group that fails is written again in halves.
 */
export function createGroup<Member>(rule: GroupRule<Member>): (member: Member) => Promise<void> {
  const waiting: Waiting<Member>[] = [];
  let busy = 0;
  const serve = async () => {
    busy += 1;
    while (waiting.length > 0) await writeAll(rule.write, waiting.splice(0, sizeOf(Math.min(waiting.length, rule.most))));
    busy -= 1;
  };
  let isTimed = false;
  const refuseLate = () => {
    const now = performance.now();
    const count = waiting.findLastIndex(({ since }) => since <= now - rule.waitMs) + 1;
    for (const late of waiting.splice(0, count)) late.reject(tooLate());
    isTimed = false;
    startTimer(now);
  };
  const startTimer = (now: number) => {
    const [next] = waiting;
    if (isTimed || next === undefined) return;
    isTimed = true;
    setTimeout(refuseLate, next.since + rule.waitMs - now).unref();
  };
  return (member) => {
    if (waiting.length >= rule.mostWaiting) return Promise.reject(tooLate());
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const since = performance.now();
    waiting.push({ member, since, resolve, reject });
    if (busy < rule.lanes) void serve();
    else startTimer(since);
    return promise;
  };
}

const tooLate = () => new DatabaseUnavailable('the database takes no more writes in time');

/** The largest power of two that is not more. */
const sizeOf = (count: number) => 2 ** Math.floor(Math.log2(count));

async function writeAll<Member>(write: GroupRule<Member>['write'], group: readonly Waiting<Member>[]): Promise<void> {
  try {
    await write(group.map(({ member }) => member));
    for (const one of group) one.resolve();
  } catch (error) {
    if (group.length === 1 || error instanceof DatabaseUnavailable) for (const one of group) one.reject(error);
    else {
      const half = group.length / 2;
      await writeAll(write, group.slice(0, half));
      await writeAll(write, group.slice(half));
    }
  }
}
