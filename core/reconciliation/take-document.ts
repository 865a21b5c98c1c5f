import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, open, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { OpenAccount } from '../channels/accounts.ts';
import { businessDaysOf, dayOf, isDay } from './day.ts';
import { hasGivenAnew } from './due.ts';
import { holdAccount } from './hold.ts';
import { importGiven } from './import.ts';
import type { Lying } from './inbox.ts';
import { putAway } from './put-away.ts';
import { type ReconcileDeps, reconcileDay } from './reconcile.ts';

/** Thrown while a document is read that somebody goes on writing, so that nothing of it is kept. */
class StillWritten extends Error {}

type Taken = { readonly kind: 'taken' } | { readonly kind: 'refused'; readonly reason: string } | { readonly kind: 'later' };

/**
 * Brings in and compares one document of the folder, and then puts it away. It may be broken off anywhere: what lies there still is
 * looked at again, and the same bytes are the same document.
 */
export async function takeDocument(deps: ReconcileDeps, folder: string, lying: Lying): Promise<Taken['kind']> {
  const place = readPlace(deps, lying);
  const taken = typeof place === 'string' ? refused(place) : await compareDocument(deps, folder, lying, place);
  // Where another file has come in its place meanwhile, that one is looked at next, and this one's bytes are kept where they were compared.
  if (taken.kind === 'later' || !(await isThere(folder, lying))) return 'later';
  await putAway(folder, lying.path, taken.kind, taken.kind === 'refused' ? taken.reason : null);
  const { log } = deps.kernel;
  if (taken.kind === 'taken') log.info('a document was taken from the folder', { path: lying.path });
  else log.error('a document of the folder was refused', { path: lying.path, reason: taken.reason });
  return taken.kind;
}

const refused = (reason: string) => ({ kind: 'refused', reason }) as const;

interface Place {
  readonly account: OpenAccount;
  readonly day: string;
}

/** What the path says; or why it says nothing, for the person who put the file there. */
function readPlace({ kernel }: ReconcileDeps, { path, isFile }: Lying): Place | string {
  const [accountId = '', day = '', name] = path.split('/');
  if (name === undefined) return 'a document lies at <account>/<day>/<file>';
  if (!isFile) return 'this is no regular file';
  const account = kernel.channels.account(accountId);
  if (account?.channel.readStatement === undefined) return `there is no account ${accountId} whose statements can be read`;
  if (!isDay(day)) return `${day} is no day such as 2026-01-31`;
  const businessDays = businessDaysOf(account.manifest);
  const isOver = day < dayOf(kernel.clock.now().getTime(), businessDays);
  return isOver ? { account, day } : `${day} is not over yet in ${businessDays.zone}`;
}

async function compareDocument(deps: ReconcileDeps, folder: string, lying: Lying, { account, day }: Place): Promise<Taken> {
  const handle = await openLying(folder, lying);
  if (handle === null) return { kind: 'later' };
  try {
    const leased = await holdAccount(deps, account, async (held): Promise<Taken> => {
      // Whether that one or this was refused could not be told.
      if (await hasGivenAnew(held, account, day)) return { kind: 'later' };
      await importGiven(held, account, day, { name: basename(lying.path), content: readStill(handle, lying) });
      const done = await reconcileDay(held, { account, day });
      return done.kind === 'done' ? { kind: 'taken' } : refused(done.reason);
    });
    return leased.kind === 'held' ? { kind: 'later' } : leased.result;
  } catch (error) {
    if (error instanceof StillWritten) return { kind: 'later' };
    throw error;
  } finally {
    await handle.close();
  }
}

/** Null where it is not what was seen any more. No pipe is waited for, and no link leads out of the folder. */
async function openLying(folder: string, lying: Lying): Promise<FileHandle | null> {
  const own = join(await realpath(folder), dirname(lying.path));
  if ((await realpath(join(folder, dirname(lying.path))).catch(() => null)) !== own) return null;
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await open(join(own, basename(lying.path)), flags).catch(() => null);
  if (handle === null || (await isStill(handle, lying))) return handle;
  await handle.close();
  return null;
}

async function isStill(handle: FileHandle, lying: Lying): Promise<boolean> {
  const now = await handle.stat();
  return now.isFile() && isSame(now, lying);
}

async function isThere(folder: string, lying: Lying): Promise<boolean> {
  const now = await lstat(join(folder, lying.path)).catch(() => null);
  return now !== null && isSame(now, lying);
}

const isSame = (now: Stats, { size, mtimeMs, ino }: Lying) => now.size === size && now.mtimeMs === mtimeMs && now.ino === ino;

async function* readStill(handle: FileHandle, lying: Lying): AsyncIterable<Uint8Array> {
  yield* handle.createReadStream({ autoClose: false, start: 0 });
  if (!(await isStill(handle, lying))) throw new StillWritten(`${lying.path} changed while it was read`);
}
