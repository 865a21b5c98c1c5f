import type { OpenAccount } from '../channels/accounts.ts';
import type { Kernel } from '../payments/deps.ts';
import {
  changeReconciliation,
  type ReconciliationRow,
  readDueReconciliations,
  readLastDone,
  readReconciliationsFrom,
} from '../store/tables/reconciliations.ts';
import { readGivenDays } from '../store/tables/statement-files.ts';
import { announceReconciliation } from './announce.ts';
import { addDays, businessDaysOf, dayOf, instantAt } from './day.ts';
import { holdAccount } from './hold.ts';
import { importFetched } from './import.ts';
import { openReconciliation, type ReconcileDeps, reconcileDay } from './reconcile.ts';

/** A day of an account that is to be fetched, or compared, by now. */
export interface DueDay {
  readonly account: OpenAccount;
  readonly day: string;
}

/** How far back days are caught up that nobody asked for while it was time. Vendors keep statements for months, operators logs for weeks. */
const mostDaysBack = 31;
const hourMs = 3_600_000;
const longestPauseHours = 24;
/** The job itself takes a while, and must not miss its next hour by that. */
const slackMs = 15 * 60_000;

/** The days that are due: over, at the vendor by its own clock, and not compared; those whose waiting is over; and those with something given. Oldest first. */
export async function listDueDays(kernel: Kernel): Promise<readonly DueDay[]> {
  const made = new Map(
    (await kernel.database.all('SELECT id, created_at FROM channel_accounts')).map((row) => [row['id'], Number(row['created_at'])]),
  );
  const due: DueDay[] = [...(await listGivenDays(kernel))];
  const isGiven = new Set(due.map(({ account, day }) => `${account.id} ${day}`));
  for (const account of kernel.channels.accounts()) {
    if (account.record.status === 'retired') continue;
    const fresh = isAsked(account) ? await listFreshDays(kernel, account, made.get(account.id) ?? 0) : [];
    const days = [...(await listDaysAgain(kernel, account)), ...fresh];
    for (const day of days) if (!isGiven.has(`${account.id} ${day}`)) due.push({ account, day });
  }
  return due.sort((one, other) => (one.day < other.day ? -1 : 1));
}

/** The days for which a person gave a document that was not compared yet. */
export async function listGivenDays({ channels, database }: Kernel): Promise<readonly DueDay[]> {
  const given = await readGivenDays(database);
  return given.flatMap(({ accountId, day }) => {
    const account = channels.account(accountId);
    return account?.channel.readStatement === undefined ? [] : [{ account, day }];
  });
}

const isAsked = ({ channel, record }: OpenAccount) => channel.fetchStatement !== undefined && record.status !== 'retired';

/** When a day was last compared, of each channel that is asked for statements. */
export async function listLastReconciled(kernel: Kernel) {
  const asked = new Set(
    kernel.channels
      .accounts()
      .filter(isAsked)
      .map(({ channelId }) => channelId),
  );
  return (await readLastDone(kernel.database)).filter(({ channel }) => asked.has(channel));
}

/** Those that were compared and whose waiting is over, or for which another account's day may have brought something. */
async function listDaysAgain({ clock, database }: Kernel, { id }: OpenAccount): Promise<readonly string[]> {
  return (await readDueReconciliations(database, id, clock.now().getTime())).map(({ day }) => day);
}

async function listFreshDays(kernel: Kernel, account: OpenAccount, madeAt: number): Promise<readonly string[]> {
  const now = kernel.clock.now().getTime();
  const { zone, readyAt } = account.manifest.statements ?? { zone: 'UTC', readyAt: '00:00' };
  const businessDays = businessDaysOf(account.manifest);
  const today = dayOf(now, businessDays);
  const first = [addDays(today, -mostDaysBack), dayOf(madeAt, businessDays)].sort()[1] ?? today;
  const known = new Map((await readReconciliationsFrom(kernel.database, account.id, first)).map((row) => [row.day, row]));
  const fresh: string[] = [];
  for (let day = first; day < today; day = addDays(day, 1)) {
    const isReady = now >= instantAt(addDays(day, 1), readyAt, zone);
    if (isReady && isOpen(known.get(day), now)) fresh.push(day);
  }
  return fresh;
}

const isOpen = (row: ReconciliationRow | undefined, now: number) => row === undefined || (row.state !== 'done' && (row.due_at ?? 0) <= now);

/**
 * Brings a due day in and compares it, unless somebody else does so at this moment. What fails is tried again ever more rarely, and
 * never given up: a day that is not compared is one whose money nobody has looked at.
 */
export async function attendDay(deps: ReconcileDeps, { account, day }: DueDay): Promise<'done' | 'not_yet' | 'failed' | 'held'> {
  const leased = await holdAccount(deps, account, (held) => attendHeld(held, account, day));
  return leased.kind === 'held' ? 'held' : leased.result;
}

async function attendHeld(deps: ReconcileDeps, account: OpenAccount, day: string): Promise<'done' | 'not_yet' | 'failed'> {
  const row = await openReconciliation(deps, account, day);
  if (await hasGivenAnew(deps, account, day)) return compareGiven(deps, row, account);
  if (row.state !== 'fetched' && row.state !== 'done') {
    const fetched = await importFetched(deps, account, day);
    if (fetched.kind === 'notYet') return postpone(deps, row, 'not_yet', 'the vendor has it not yet');
    if (fetched.kind !== 'ready' && fetched.kind !== 'empty') return postpone(deps, row, 'failed', `${fetched.kind}: ${fetched.reason}`);
  }
  const done = await reconcileDay(deps, { account, day });
  return done.kind === 'done' ? 'done' : postpone(deps, row, 'failed', done.reason);
}

/** Whether a person gave a document of the day that was not compared yet. */
export async function hasGivenAnew({ kernel: { database } }: ReconcileDeps, { id }: OpenAccount, day: string): Promise<boolean> {
  return (await readGivenDays(database)).some((one) => one.accountId === id && one.day === day);
}

/**
 * What a person gave is enough, as it is on the command line. Refused, it leaves a day that is done as it is, and nothing is to be tried
 * again; but whoever gave it waits for an answer.
 */
async function compareGiven(deps: ReconcileDeps, row: ReconciliationRow, account: OpenAccount): Promise<'done' | 'failed'> {
  const compared = await reconcileDay(deps, { account, day: row.day });
  if (compared.kind === 'done') return 'done';
  if (row.state !== 'done') return postpone(deps, row, 'failed', compared.reason);
  const reason = compared.reason.slice(0, 1000);
  const now = deps.kernel.clock.now().getTime();
  await deps.kernel.database.transaction(async (tx) => {
    await changeReconciliation(tx, row.id, { reason });
    await announceReconciliation(deps.kernel, tx, { type: 'reconciliation.refused', row: { ...row, reason }, now });
  });
  tellFailed(deps, row, reason);
  return 'failed';
}

/** One that is not there yet is asked for at every hourly run; what failed after about 1, 2, 4 … 24 hours. */
async function postpone<T extends 'not_yet' | 'failed'>(
  { kernel }: ReconcileDeps,
  row: ReconciliationRow,
  result: T,
  reason: string,
): Promise<T> {
  const tries = row.tries + 1;
  const hours = result === 'not_yet' ? 1 : Math.min(2 ** row.tries, longestPauseHours);
  const due = kernel.clock.now().getTime() + hours * hourMs - slackMs;
  const changes = { tries, due_at: due, reason: reason.slice(0, 1000) };
  await kernel.database.transaction((tx) => changeReconciliation(tx, row.id, changes));
  if (result === 'failed') tellFailed({ kernel }, row, reason);
  return result;
}

const tellFailed = ({ kernel }: Pick<ReconcileDeps, 'kernel'>, { account_id: account, day }: ReconciliationRow, reason: string) =>
  kernel.log.error('a day could not be reconciled', { account, day, reason });
