import type { Channel } from '../contract/channel.ts';
import type { OpenAccount } from './accounts.ts';
import type { Operation } from './call.ts';

/** How the code of each opened account behaves. */
export interface Quarantine {
  /** An exception where an outcome was due. Answers true when it was the one too many. */
  bug(account: OpenAccount, operation: Operation): boolean;
  /** An outcome of whatever kind: the code works. */
  worked(account: OpenAccount, operation: Operation): void;
  has(account: OpenAccount): boolean;
}

/** These count for nothing: strangers send callbacks, and a statement that an operator hands over may be spoiled. */
const fedByOthers: readonly Operation[] = ['callback', 'statement'];

/**
 * Counts the bugs of an opened account that come in a row, of each operation by itself: that payments are made says nothing about a
 * query that always throws. One of them may be the fault of one request; so many are the code's. It belongs to the instance: whatever opens the account anew (a change of it, of its channel's definition, a
 * restart) lets it out.
 */
export function createQuarantine(afterBugs: number): Quarantine {
  const bugs = new WeakMap<Channel, Map<Operation, number>>();
  const has = ({ channel }: OpenAccount) => Math.max(0, ...(bugs.get(channel)?.values() ?? [])) >= afterBugs;
  return {
    bug(account, operation) {
      if (fedByOthers.includes(operation)) return false;
      const before = has(account);
      const counts = bugs.get(account.channel) ?? new Map<Operation, number>();
      bugs.set(account.channel, counts.set(operation, (counts.get(operation) ?? 0) + 1));
      return !before && has(account);
    },
    worked(account, operation) {
      if (!has(account)) bugs.get(account.channel)?.delete(operation);
    },
    has,
  };
}
