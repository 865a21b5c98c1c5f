import type { App } from '../access/directory.ts';
import type { Channels } from '../channels/accounts.ts';
import type { Caller } from '../channels/call.ts';
import type { Clock } from '../clock.ts';
import type { IdPrefix } from '../ids.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { Database, Tx } from '../store/database.ts';
import type { Committed } from './after-commit.ts';
import type { LatePolicy } from './decide.ts';
import type { Opening } from './open.ts';
import type { RecentSuccess } from './recent-success.ts';
import type { Settled, Settling } from './settle.ts';

/** What an event carries into the outbox. */
export interface Announcement {
  readonly eventId: string;
  readonly appId: string;
  /** The payment's own address; null: the app's. */
  readonly notifyUrl: string | null;
  /** Whether it is for the endpoints of the app alone, which say what they want to be told. */
  readonly endpointsOnly?: boolean;
  readonly type: string;
  readonly subjectId: string;
  readonly sequence: number;
  readonly data: unknown;
  readonly now: number;
}

/** What the payment and refund verbs need. Wired once, in `container.ts`. */
export interface Kernel {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly channels: Channels;
  readonly caller: Caller;
  /** The base of the addresses that vendors call back, without a slash at its end. */
  readonly publicUrl: string;
  /** A number that grows by one with each payment; it spreads load over accounts of one priority. */
  readonly nextTurn: () => number;
  /** Which methods ended well lately: the checkout shows them first. */
  readonly recentSuccess: RecentSuccess;
  readonly apps: { get(id: string): App | undefined; latePolicy(appId: string): LatePolicy };
  /** A new time-ordered id with this prefix. */
  readonly newId: (prefix: IdPrefix) => string;
  /** A secret that cannot be guessed, for addresses that let in whoever knows them. */
  readonly newToken: () => string;
  /** Writes events and their deliveries inside the caller's transaction. */
  readonly announce: (tx: Tx, announcements: readonly Announcement[]) => Promise<void>;
  /** Commits a payment with its first attempt, together with others that come at the same time. */
  readonly open: (opening: Opening) => Promise<void>;
  /** Commits what evidence about an attempt means, together with what is settled at the same time. */
  readonly settleTogether: (settling: Settling) => Promise<Settled>;
  /** Counts what a payment came to; called once the transaction is durable. */
  readonly afterCommit: (committed: Committed) => void;
  readonly timing: {
    readonly callMs: number;
    readonly payMs: number;
    /** How long callbacks may still be signed for credentials that were replaced. */
    readonly rotationGraceMs: number;
    /** How long a refund that cannot be asked about may be under way before an operator is shown it. */
    readonly refundSilentMs: number;
  };
}
