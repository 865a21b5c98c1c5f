import { createHash } from 'node:crypto';
import type { IdPrefix } from '../ids.ts';
import type { Database, Tx } from '../store/database.ts';
import { type NamedRow, readByNumbers } from '../store/tables/booked.ts';
import {
  changeDiscrepancy,
  type DiscrepancyAmount,
  type DiscrepancyChanges,
  type DiscrepancyRow,
  insertDiscrepancies,
  readDiscrepanciesAbout,
  readDiscrepanciesByKey,
  readDiscrepanciesOf,
} from '../store/tables/discrepancies.ts';
import { type ReconciliationRow, wakeDay } from '../store/tables/reconciliations.ts';
import { reverseAdjustment } from './adjust.ts';
import type { Finding } from './match.ts';
import type { Seal } from './seal.ts';

export interface RecordDeps {
  readonly database: Database;
  readonly newId: (prefix: IdPrefix) => string;
  readonly now: number;
  /** The seal of a document, by its id. */
  readonly sealOf: (fileId: string) => Seal;
}

type Found = Finding & { readonly key: string };

/** Who did what no person did. */
export const byItself = 'paymux';
const rowsAtOnce = 100;

/**
 * Writes what does not agree, each once however often the day is compared, and ends what agrees by now. What a person has decided
 * stays, unless the entry has become something else. Answers how many rows were written.
 */
export async function recordFindings(deps: RecordDeps, day: ReconciliationRow, findings: readonly Finding[]): Promise<number> {
  const found = findings.map((finding) => ({ ...finding, key: keyOf(finding.name) }));
  let written = 0;
  for (let from = 0; from < found.length; from += rowsAtOnce) written += await writeSome(deps, day, found.slice(from, from + rowsAtOnce));
  return written + (await endOthers(deps, day, new Set(found.map(({ key }) => key))));
}

const keyOf = (name: string) => createHash('sha256').update(name).digest('hex');

async function writeSome(deps: RecordDeps, day: ReconciliationRow, found: readonly Found[]): Promise<number> {
  const named = await readNamed(deps.database, found);
  const ids = found.map(() => deps.newId('dis_'));
  return deps.database.transaction(async (tx) => {
    const keys = found.map(({ key }) => key);
    const stored = new Map((await readDiscrepanciesByKey(tx, day.id, keys)).map((row) => [row.entry_key, row]));
    const fresh = found.flatMap((one, index) => (stored.has(one.key) ? [] : [makeRow(deps, day, one, ids[index] ?? '', named(one))]));
    await insertDiscrepancies(tx, fresh);
    let changed = 0;
    for (const one of found) {
      const row = stored.get(one.key);
      if (row !== undefined && (await follow(deps, tx, row, one))) changed += 1;
    }
    return fresh.length + changed + (await endAwaited(deps, tx, day, found, named));
  });
}

/** What the findings name of ours. */
async function readNamed(database: Database, found: readonly Found[]): Promise<(finding: Finding) => NamedRow | null> {
  const tableOf = ({ kind }: Finding) => (kind === 'refund' ? 'refund' : 'payment');
  const rows = new Map<string, NamedRow>();
  for (const kind of ['payment', 'refund'] as const) {
    const numbers = found.flatMap((one) => (one.number === null || one.kind === 'payout' || tableOf(one) !== kind ? [] : [one.number]));
    for (const row of await readByNumbers(database, kind, numbers)) rows.set(`${kind} ${row.number}`, row);
  }
  return (finding) => (finding.kind === 'payout' ? null : (rows.get(`${tableOf(finding)} ${finding.number}`) ?? null));
}

function makeRow(deps: RecordDeps, day: ReconciliationRow, found: Found, id: string, named: NamedRow | null): DiscrepancyRow {
  return {
    id,
    reconciliation_id: day.id,
    entry_key: found.key,
    account_id: day.account_id,
    channel: day.channel,
    app_id: named?.app_id ?? null,
    livemode: day.livemode,
    day: day.day,
    class: found.class,
    kind: found.kind,
    number: keepable(found.number),
    channel_no: keepable(found.channelNo),
    ...amountsOf(found),
    payment_id: named?.payment_id ?? null,
    subject_id: found.subjectId ?? named?.id ?? null,
    ...evidenceOf(deps, found, id),
    occurred_at: found.occurredAt,
    state: found.state,
    reason: found.reason,
    owner: null,
    asked_by: null,
    version: 0,
    created_at: deps.now,
    resolved_at: found.state === 'resolved' ? deps.now : null,
  };
}

/** A number as the tables hold it; what is none of ours may be anything, and is in the evidence. */
export const keepable = (name: string | null) => (name !== null && /^[\x21-\x7e]{1,255}$/.test(name) ? name : null);

/** What was found may have become something else, grown old, come right, or come back with a better document. */
async function follow(deps: RecordDeps, tx: Tx, row: DiscrepancyRow, found: Found): Promise<boolean> {
  const { class: name, state, reason } = found;
  const amounts = amountsOf(found);
  const isOther = row.class !== name || amountNames.some((column) => row[column] !== amounts[column]);
  // What ended by itself was no decision.
  const hasMoved = row.state !== state && (row.state !== 'resolved' || row.reason === 'agrees_now');
  if (!isOther && !hasMoved) return false;
  const evidence = isOther ? { ...amounts, ...evidenceOf(deps, found, row.id) } : {};
  return change(
    deps,
    tx,
    row,
    { class: name, state, reason, resolved_at: state === 'resolved' ? deps.now : null, ...evidence },
    'compared',
  );
}

const amountNames = ['currency', 'amount_here', 'amount_there', 'fee_here', 'fee_there'] as const satisfies readonly DiscrepancyAmount[];

const amountsOf = ({ currency, amountHere, amountThere, feeHere, feeThere }: Found) => ({
  currency,
  amount_here: amountHere,
  amount_there: amountThere,
  fee_here: feeHere,
  fee_there: feeThere,
});

const evidenceOf = (deps: RecordDeps, { entry }: Found, id: string) => ({
  file_id: entry?.fileId ?? null,
  entry: entry?.place ?? null,
  evidence: entry === null ? null : deps.sealOf(entry.fileId).seal(Buffer.from(entry.line.raw), id),
});

/** What an earlier day waited for has come with this one. */
async function endAwaited(
  deps: RecordDeps,
  tx: Tx,
  day: ReconciliationRow,
  found: readonly Found[],
  named: (finding: Finding) => NamedRow | null,
): Promise<number> {
  const came = found.filter((one) => one.class === 'timing' && one.entry !== null);
  const subjects = came.flatMap((one) => named(one)?.id ?? []);
  const rows = await readDiscrepanciesAbout(tx, subjects);
  let ended = 0;
  for (const row of rows) {
    // What was adjusted and has come would be in the ledger twice.
    const isOver = row.state === 'resolved' && row.reason !== 'adjusted';
    if (row.reconciliation_id === day.id || row.entry !== null || isOver) continue;
    const changes = { class: 'timing', state: 'resolved', reason: 'on_two_days', resolved_at: deps.now } as const;
    if (!(await change(deps, tx, row, changes, 'compared'))) continue;
    ended += 1;
    // Its day counted it as missing.
    if (row.class !== 'timing') await wakeDay(tx, row.reconciliation_id, deps.now);
  }
  return ended;
}

/** What does not agree any more that did not: it is settled by now, or a further document has it. */
async function endOthers(deps: RecordDeps, day: ReconciliationRow, keys: ReadonlySet<string>): Promise<number> {
  let [after, ended] = ['', 0];
  for (;;) {
    const rows = await readDiscrepanciesOf(deps.database, day.id, after, 1000);
    // What was adjusted and agrees now would be in the ledger twice.
    const over = rows.filter((row) => (row.state !== 'resolved' || row.reason === 'adjusted') && !keys.has(row.entry_key));
    for (const row of over) {
      const changes = { state: 'resolved', reason: 'agrees_now', resolved_at: deps.now } as const;
      if (await deps.database.transaction((tx) => change(deps, tx, row, changes, 'compared'))) ended += 1;
    }
    const last = rows.at(-1);
    if (last === undefined) return ended;
    after = last.entry_key;
  }
}

/** False: a person was faster; the next comparison looks again. */
export async function change(
  deps: Pick<RecordDeps, 'newId' | 'now'>,
  tx: Tx,
  row: DiscrepancyRow,
  changes: DiscrepancyChanges,
  action: string,
): Promise<boolean> {
  const told = {
    id: deps.newId('dac_'),
    discrepancy_id: row.id,
    action,
    actor: byItself,
    note: changes.reason ?? null,
    from_state: row.state,
    to_state: changes.state ?? row.state,
    created_at: deps.now,
  };
  const isFirst = await changeDiscrepancy(tx, row, changes, told);
  if (isFirst && row.state === 'resolved') await reverseAdjustment(tx, row, told);
  return isFirst;
}
