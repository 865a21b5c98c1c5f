import type { Vault } from '../access/vault.ts';
import type { OpenAccount } from '../channels/accounts.ts';
import type { Kernel } from '../payments/deps.ts';
import { UniqueError } from '../store/database.ts';
import {
  changeReconciliation,
  dueNext,
  insertReconciliation,
  type ReconciliationChanges,
  type ReconciliationRow,
  readReconciliation,
  readReconciliationOf,
} from '../store/tables/reconciliations.ts';
import {
  dropStatementFile,
  markCompared,
  markSuperseded,
  readHalfDone,
  readStatementFiles,
  type StatementFileRow,
} from '../store/tables/statement-files.ts';
import { announceReconciliation } from './announce.ts';
import { bookUnsettled } from './book.ts';
import type { ClassSum } from './classes.ts';
import { type Comparing, type Comparison, compareDay } from './compare.ts';
import { addDays, type BusinessDays, businessDaysOf, spanOf } from './day.ts';
import { type KeepDeps, type Kept, sealOf } from './keep.ts';
import type { Finding, Patience } from './match.ts';
import { awaitedUntil } from './payouts/take.ts';
import { type WrittenPayouts, writePayouts } from './payouts/write.ts';
import { recordFindings } from './record.ts';
import { Refusal } from './refuse.ts';

export interface ReconcileDeps {
  readonly kernel: Kernel;
  readonly vault: Vault;
}

export interface Reconciling {
  readonly account: OpenAccount;
  readonly day: string;
  /** Called now and then with how many entries were read. */
  readonly onProgress?: (entries: number) => void;
  /** The documents that are to be the day's, by hash: the others count no more once these were compared. */
  readonly replacement?: ReadonlyMap<string, Kept['kind']>;
}

/** `written`: how many rows came or changed; none where all was so already. */
export type Reconciled =
  | { readonly kind: 'done'; readonly reconciliation: ReconciliationRow; readonly sums: readonly ClassSum[]; readonly written: number }
  | { readonly kind: 'refused'; readonly reason: string };

/** How far from midnight a payment may stand on the next day's statement: the vendor's clock, and when it says that it happened. */
const edgeMs = 2 * 3_600_000;
/** For how many days what is missing may still come. Vendors that list what they settled take a week over some. */
const patienceDays = { trade: 3, settlement: 14 } as const;

/** The row of an account's day, made when it is first needed. */
export async function openReconciliation(
  { kernel }: Pick<ReconcileDeps, 'kernel'>,
  account: OpenAccount,
  day: string,
): Promise<ReconciliationRow> {
  const known = await readReconciliationOf(kernel.database, account.id, day);
  if (known !== null) return known;
  const row = newRow(kernel, account, day);
  try {
    await kernel.database.transaction((tx) => insertReconciliation(tx, row), { table: 'reconciliations', id: row.id });
    return row;
  } catch (error) {
    const other = error instanceof UniqueError ? await readReconciliationOf(kernel.database, account.id, day) : null;
    if (other === null) throw error;
    return other;
  }
}

function newRow({ newId, clock }: Kernel, account: OpenAccount, day: string): ReconciliationRow {
  return {
    id: newId('rec_'),
    account_id: account.id,
    channel: account.channelId,
    livemode: account.record.livemode ? 1 : 0,
    day,
    state: 'waiting',
    reason: null,
    tries: 0,
    due_at: null,
    entries: null,
    totals: null,
    created_at: clock.now().getTime(),
    done_at: null,
  };
}

/** The documents of a reconciliation; what a server that died was receiving, or putting in the place of others, is dropped. */
export async function readWholeFiles(
  { kernel: { database } }: Pick<ReconcileDeps, 'kernel'>,
  id: string,
): Promise<readonly StatementFileRow[]> {
  // What was to take the place of others may have been compared by half: discrepancies may name it.
  for (const half of await readHalfDone(database, id))
    await database.transaction((tx) => (half.state === 'replacing' ? markSuperseded(tx, half.id) : dropStatementFile(tx, half.id)));
  return readStatementFiles(database, id);
}

/**
 * Compares a day with its kept documents and writes what came of it. It may be broken off anywhere and begun again: all that it
 * writes has a name within its day, and the day counts as done when everything else is written.
 */
export async function reconcileDay(deps: ReconcileDeps, reconciling: Reconciling): Promise<Reconciled> {
  const { account, day, replacement, onProgress = () => undefined } = reconciling;
  const { kernel, vault } = deps;
  const row = await openReconciliation(deps, account, day);
  const { files, replaced } = await chooseFiles(deps, row, replacement);
  const comparing = makeComparing(deps, { account, day, onProgress }, row, files);
  const keeping: KeepDeps = { database: kernel.database, vault, newId: kernel.newId, now: () => comparing.now };
  try {
    const first = await compareDay(keeping, comparing);
    const isFromVendor = (fileId: string) => files.find(({ id }) => id === fileId)?.source === 'vendor';
    const booked = await bookUnsettled(kernel, { account, isFromVendor }, first.unsettled);
    // What was booked has its place on one of the days now, which only another look shows.
    const comparison = booked.length === 0 ? first : await compareDay(keeping, comparing);
    const settled = await settlePayouts(keeping, row, comparing, comparison);
    return await write({ ...keeping, kernel, replaced }, settled.day, files, comparing, settled, booked);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    await refuse(
      deps,
      row,
      files.filter(({ sha256 }) => replacement?.get(sha256) !== 'known'),
      error,
    );
    return { kind: 'refused', reason: error.message };
  }
}

type Settled = Comparison & Pick<WrittenPayouts, 'day'> & { readonly payoutsWritten: number };

/** Beyond this it is no coincidence that somebody always compares the bank's day, or the channel's, at the same moment. */
const mostTries = 5;

/** Writes what became of payouts; the comparison again where another day's had them change meanwhile. */
async function settlePayouts(deps: KeepDeps, row: ReconciliationRow, comparing: Comparing, first: Comparison): Promise<Settled> {
  let comparison = first;
  for (let tries = 0; tries < mostTries; tries += 1) {
    const done = await writePayouts({ ...deps, now: comparing.now }, row, comparison.payouts);
    if (done !== null) return { ...comparison, day: done.day, payoutsWritten: done.written };
    comparison = await compareDay(deps, comparing);
  }
  throw new Error(`the payouts of ${row.account_id} on ${row.day} never stood still`);
}

/** The documents that count, and those that count no more when these were compared. */
async function chooseFiles(deps: ReconcileDeps, { id }: ReconciliationRow, replacement: Reconciling['replacement']) {
  if (replacement === undefined) return { files: await readWholeFiles(deps, id), replaced: [] };
  const whole = await readStatementFiles(deps.kernel.database, id);
  const files = whole.filter(({ sha256 }) => replacement.has(sha256));
  return { files, replaced: whole.filter((file) => file.state === 'compared' && !files.includes(file)) };
}

function makeComparing(
  { kernel }: ReconcileDeps,
  { account, day, onProgress }: Pick<Reconciling, 'account' | 'day'> & Pick<Comparing, 'onProgress'>,
  row: ReconciliationRow,
  files: readonly StatementFileRow[],
): Comparing {
  const { statements } = account.manifest;
  const businessDays = businessDaysOf(account.manifest);
  const isByTrade = statements?.day !== 'settlement';
  const { merchantNo } = account.channel;
  return {
    account,
    day: { accountId: account.id, day, businessDays, reconciliationId: row.id },
    span: spanOf(day, businessDays),
    patience: patienceFor(day, businessDays, isByTrade && statements !== undefined),
    isByTrade,
    files,
    now: kernel.clock.now().getTime(),
    isSibling(accountId) {
      const other = kernel.channels.account(accountId);
      return other?.channelId === account.channelId && merchantNo !== null && other.channel.merchantNo === merchantNo;
    },
    onProgress,
  };
}

/** Where a vendor’s day is not known, or lists what was settled on it, anything may be on another day. */
function patienceFor(day: string, businessDays: BusinessDays, isKnown: boolean): Patience {
  const days = isKnown ? patienceDays.trade : patienceDays.settlement;
  return { edgeMs: isKnown ? edgeMs : Number.MAX_SAFE_INTEGER, until: spanOf(addDays(day, days), businessDays).to };
}

type Writing = KeepDeps & { readonly kernel: Kernel; readonly replaced: readonly StatementFileRow[] };

async function write(
  deps: Writing,
  row: ReconciliationRow,
  files: readonly StatementFileRow[],
  comparing: Comparing,
  comparison: Settled,
  booked: readonly Finding[],
): Promise<Reconciled> {
  const seals = new Map(files.map((file) => [file.id, sealOf(deps, file)]));
  const sealOfFile = (fileId: string) => seals.get(fileId) ?? raise(fileId);
  const names = new Set(comparison.findings.map(({ name }) => name));
  const findings = [...comparison.findings, ...booked.filter(({ name }) => !names.has(name))];
  const { now } = comparing;
  const found = await recordFindings({ ...deps, now, sealOf: sealOfFile }, row, findings);
  const changes: ReconciliationChanges = {
    state: 'done',
    reason: null,
    entries: comparison.entries,
    totals: JSON.stringify(comparison.sums),
    due_at: nextLook(row, comparing, comparison, findings),
  };
  const written = comparison.payoutsWritten + found + (await finish(deps, row, files, changes, comparison, now));
  const reconciliation = (await readReconciliation(deps.database, row.id)) ?? row;
  return { kind: 'done', reconciliation, sums: comparison.sums, written };
}

/** When the first of what is waited for is waited for no longer. Once it has come, a look at that time is one for nothing. */
function nextLook(row: ReconciliationRow, comparing: Comparing, { payouts }: Comparison, findings: readonly Finding[]): number | null {
  const { now, patience } = comparing;
  const ends = payouts.sent.filter(({ state }) => state === 'awaited').map((payout) => awaitedUntil(payout, comparing));
  if (findings.some(({ state, kind }) => state === 'suspended' && kind !== 'payout')) ends.push(patience.until);
  const next = ends.filter((end) => end > now);
  if (next.length > 0) return Math.min(...next);
  return row.due_at !== null && row.due_at > now ? row.due_at : null;
}

function raise(fileId: string): never {
  throw new Error(`there is no document ${fileId}`);
}

async function finish(
  { database, kernel, replaced }: Writing,
  row: ReconciliationRow,
  files: readonly StatementFileRow[],
  changes: ReconciliationChanges,
  { documents }: Comparison,
  now: number,
): Promise<number> {
  const fresh = files.filter(isFresh);
  const totalsOf = ({ id }: StatementFileRow) => JSON.stringify(documents.get(id)?.sums ?? []);
  // A bank's document has others where one of its entries has become a payout.
  const changed = files.filter((file) => isFresh(file) || file.totals !== totalsOf(file));
  const isSame = Object.entries(changes).every(([column, value]) => row[column as keyof ReconciliationRow] === value);
  if (isSame && changed.length === 0 && replaced.length === 0) return 0;
  const isNews = fresh.length > 0 || row.state !== 'done' || row.totals !== changes.totals;
  await database.transaction(async (tx) => {
    for (const file of changed) await markCompared(tx, file.id, documents.get(file.id)?.entries ?? 0, totalsOf(file));
    for (const { id } of replaced) await markSuperseded(tx, id);
    const { due_at, ...rest } = changes;
    const done = { ...row, ...changes, done_at: now };
    await changeReconciliation(tx, row.id, { ...rest, done_at: now });
    // Another account's day may have asked for a further look while this one was compared.
    await dueNext(tx, row, due_at ?? null);
    if (isNews) await announceReconciliation(kernel, tx, { type: 'reconciliation.done', row: done, now });
  });
  return changed.length + replaced.length + 1;
}

const isFresh = ({ state }: StatementFileRow) => state === 'kept' || state === 'replacing';

/**
 * A document that is refused is refused whole, and what the day came to before it stands. What the vendor gave is one statement, and
 * goes together; what people gave beside it waits to be compared without it.
 */
async function refuse({ kernel }: ReconcileDeps, row: ReconciliationRow, files: readonly StatementFileRow[], { message, fileId }: Refusal) {
  const fresh = files.filter(isFresh);
  const isAtFault = ({ id, source }: StatementFileRow) => id === fileId && source === 'hand';
  const dropped = fresh.some(isAtFault) ? fresh.filter(isAtFault) : fresh;
  const refused = { ...row, state: 'refused', reason: message.slice(0, 1000) } as const;
  // The job asks for such a day ever again: the same refusal is told once.
  const isNews = row.state !== 'done' && (row.state !== 'refused' || row.reason !== refused.reason);
  const now = kernel.clock.now().getTime();
  await kernel.database.transaction(async (tx) => {
    for (const { id } of dropped) await dropStatementFile(tx, id);
    if (row.state !== 'done') await changeReconciliation(tx, row.id, { state: 'refused', reason: refused.reason });
    if (isNews) await announceReconciliation(kernel, tx, { type: 'reconciliation.refused', row: refused, now });
  });
}
