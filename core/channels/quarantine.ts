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
 * Counts the bugs of an opened account that come in a row. One of them may be the fault of one request; so many are the
 * code's. It belongs to the instance: whatever opens the account anew (a change of it, of its channel's definition, a
 * restart) lets it out.
 */
export function createQuarantine(afterBugs: number): Quarantine {
  const bugs = new WeakMap<Channel, number>();
  const count = ({ channel }: OpenAccount) => bugs.get(channel) ?? 0;
  return {
    bug(account, operation) {
      if (fedByOthers.includes(operation)) return false;
      bugs.set(account.channel, count(account) + 1);
      return count(account) === afterBugs;
    },
    worked(account, operation) {
      if (!fedByOthers.includes(operation) && count(account) < afterBugs) bugs.delete(account.channel);
    },
    has: (account) => count(account) >= afterBugs,
  };
}
