import type { AccountRecord, OpenAccount } from './accounts.ts';

/** Credentials that an account had. */
export interface PreviousVersion {
  readonly version: number;
  /** True when the version after it belongs to another merchant of the vendor: its payments are asked about with it, for ever. */
  readonly isMoved: boolean;
  readonly replacedAt: Date;
  /** As of an account: a function, so that nothing printed shows it. */
  readonly config: AccountRecord['config'];
}

/**
 * The credentials for an attempt that was made with some version: the newest that are of the same merchant. Keys of one
 * merchant that were exchanged are exchanged for old payments too, since the vendor takes only the new ones.
 * Null: the account's present ones.
 */
export function versionFor(previous: readonly PreviousVersion[], madeWith: number): PreviousVersion | null {
  const later = previous.filter(({ version, isMoved }) => isMoved && version >= madeWith);
  return later.reduce<PreviousVersion | null>((first, one) => (first === null || one.version < first.version ? one : first), null);
}

/** How many earlier credentials of each kind a callback is tried with: strangers can send as many callbacks as they like. */
const triedVersions = 4;

/**
 * The earlier credentials that a callback may still be signed for, newest first. Those of another merchant are that for good,
 * and have places of their own; those that strangers have (replaced at 0) never are.
 */
export function versionsForCallbacks(previous: readonly PreviousVersion[], since: Date): readonly PreviousVersion[] {
  const newest = (some: readonly PreviousVersion[]) => some.toSorted((a, b) => b.version - a.version).slice(0, triedVersions);
  const trusted = previous.filter(({ replacedAt }) => replacedAt.getTime() > 0);
  const moved = newest(trusted.filter(({ isMoved }) => isMoved));
  const recent = newest(trusted.filter(({ isMoved, replacedAt }) => !isMoved && replacedAt.getTime() > since.getTime()));
  return [...moved, ...recent].toSorted((a, b) => b.version - a.version);
}

/** Opens each earlier version once, when it is first asked for: most never are. */
export function openPreviousBy(open: (record: AccountRecord) => OpenAccount | null) {
  const opened = new Map<string, OpenAccount | null>();
  return (record: AccountRecord, { version, config }: PreviousVersion): OpenAccount | null => {
    const name = `${record.id}:${version}`;
    const known = opened.get(name);
    if (known !== undefined) return known;
    const made = open({ ...record, version, config });
    opened.set(name, made);
    return made;
  };
}
