import { DatabaseUnavailable } from './database.ts';

/** How members that arrive together are written together. */
export interface GroupRule<Member, Result> {
  /** Groups that may be written at the same time. */
  readonly lanes: number;
  /** The largest group. Groups have 1, 2, 4, 8 … members, so that a statement for many has few forms to be prepared in. */
  readonly most: number;
  /** Writes all members in one transaction, or none, and answers what became of each, in their order. */
  readonly write: (members: readonly Member[]) => Promise<readonly Result[]>;
  /** Members of one key are never in one group: what they write hangs on one another. Absent: none do. */
  readonly keyOf?: (member: Member) => string;
  /** Nobody waits longer for a turn, and no more than so many: a request that came too late is refused, not queued. */
  readonly waitMs: number;
  readonly mostWaiting: number;
}

interface Waiting<Member, Result> {
  readonly member: Member;
  readonly since: number;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Group commit in the process: while one group is being written, the next gathers. Nobody waits for company: a member that finds
 * a free lane is written at once, alone. Each is told when its own write is durable, or why it failed; one that cannot be
 * written (its number is taken, say) never fails its neighbours, because a group that fails is written again in halves.
 */
export function createGroup<Member, Result>(rule: GroupRule<Member, Result>): (member: Member) => Promise<Result> {
  const waiting: Waiting<Member, Result>[] = [];
  let busy = 0;
  const serve = async () => {
    busy += 1;
    while (waiting.length > 0) await writeAll(rule.write, takeGroup(waiting, rule));
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
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
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

/** Takes the next group out of those that wait: the oldest, and after them in their order whoever has another key. */
function takeGroup<Member, Result>(
  waiting: Waiting<Member, Result>[],
  { most, keyOf }: GroupRule<Member, Result>,
): Waiting<Member, Result>[] {
  if (keyOf === undefined) return waiting.splice(0, sizeOf(Math.min(waiting.length, most)));
  const byKey = new Map<string, Waiting<Member, Result>>();
  for (const one of waiting) {
    if (byKey.size === most) break;
    const key = keyOf(one.member);
    if (!byKey.has(key)) byKey.set(key, one);
  }
  const group = [...byKey.values()].slice(0, sizeOf(byKey.size));
  const taken = new Set(group);
  waiting.splice(0, waiting.length, ...waiting.filter((one) => !taken.has(one)));
  return group;
}

async function writeAll<Member, Result>(
  write: GroupRule<Member, Result>['write'],
  group: readonly Waiting<Member, Result>[],
): Promise<void> {
  try {
    const results = await write(group.map(({ member }) => member));
    for (const [index, one] of group.entries()) one.resolve(results[index] as Result);
  } catch (error) {
    if (group.length === 1 || error instanceof DatabaseUnavailable) for (const one of group) one.reject(error);
    else {
      const half = group.length / 2;
      await writeAll(write, group.slice(0, half));
      await writeAll(write, group.slice(half));
    }
  }
}
