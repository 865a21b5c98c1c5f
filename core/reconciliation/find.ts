import type { Reader } from '../store/database.ts';
import { type BookedKind, type NamedRow, readByChannelNos, readByNumbers } from '../store/tables/booked.ts';
import { readDiscrepanciesAbout } from '../store/tables/discrepancies.ts';
import { readDoneDays } from '../store/tables/reconciliations.ts';
import { type BusinessDays, dayOf } from './day.ts';
import type { Elsewhere, Entry, Ours } from './match.ts';

/** Something of ours that an entry names. */
export interface Found extends Ours {
  readonly id: string;
  readonly paymentId: string;
  readonly accountId: string;
  readonly number: string;
  readonly elsewhere: Elsewhere;
}

export interface Day {
  readonly accountId: string;
  readonly day: string;
  readonly businessDays: BusinessDays;
  readonly reconciliationId: string;
}

/** What some entries name, by our number or else by the vendor's: in the order of the entries, null where it is nothing of ours. */
export async function findOurs(reader: Reader, kind: BookedKind, day: Day, entries: readonly Entry[]): Promise<readonly (Found | null)[]> {
  const numbers = [...new Set(entries.flatMap(({ line }) => (line.number === null ? [] : [line.number])))];
  const byNumber = new Map((await readByNumbers(reader, kind, numbers)).map((row) => [row.number, row]));
  const isFound = ({ line }: Entry) => line.number !== null && byNumber.has(line.number);
  const channelNos = [...new Set(entries.filter((entry) => !isFound(entry)).map(({ line }) => line.channelNo))];
  const byChannelNo = Map.groupBy(await readByChannelNos(reader, kind, day.accountId, channelNos), (row) => row.channel_no);
  const rows = entries.map(({ line }) => byNumber.get(line.number ?? '') ?? pick(byChannelNo.get(line.channelNo) ?? []));
  const elsewhere = await lookElsewhere(
    reader,
    day,
    rows.filter((row) => row !== null),
  );
  return rows.map((row) => (row === null ? null : toFound(kind, row, elsewhere(row))));
}

/** The only one; of several attempts the one that is booked. Two refunds that share a vendor's number cannot be told apart. */
function pick(rows: readonly NamedRow[]): NamedRow | null {
  if (rows.length === 1) return rows[0] ?? null;
  const paid = rows.filter(isBooked);
  return paid.length === 1 ? (paid[0] ?? null) : null;
}

const isBooked = ({ state }: NamedRow) => state === 'succeeded' || state === 'succeeded_late';

function toFound(kind: BookedKind, row: NamedRow, elsewhere: Elsewhere): Found {
  const { id, payment_id: paymentId, account_id: accountId, number, amount, currency, fee, at } = row;
  const signed = kind === 'refund' ? -amount : amount;
  return { id, paymentId, accountId, number, isBooked: isBooked(row), amount: signed, currency, fee, at, elsewhere };
}

/**
 * What other days know of something. A day that is done and awaits nothing has had it. Only its own discrepancies and days are
 * kept to know this by: a row for every entry that agreed would be most of the database.
 */
async function lookElsewhere(reader: Reader, day: Day, rows: readonly NamedRow[]): Promise<(row: NamedRow) => Elsewhere> {
  const known = await readDiscrepanciesAbout(
    reader,
    rows.map(({ id }) => id),
  );
  const others = Map.groupBy(
    known.filter((one) => one.reconciliation_id !== day.reconciliationId),
    (one) => one.subject_id,
  );
  const ownDay = ({ at }: NamedRow) => (at === null ? day.day : dayOf(at, day.businessDays));
  const days = [...new Set(rows.map(ownDay))].filter((own) => own !== day.day);
  const done = await readDoneDays(reader, day.accountId, days);
  return (row) => {
    const told = others.get(row.id) ?? [];
    if (told.some(({ entry, class: name }) => entry !== null && name === 'timing')) return 'settled';
    if (told.some(({ entry }) => entry === null)) return 'awaited';
    return done.has(ownDay(row)) ? 'settled' : 'unknown';
  };
}

/** Which of some things of ours another day's statement names. */
export async function findPaired(reader: Reader, reconciliationId: string, subjectIds: readonly string[]): Promise<ReadonlySet<string>> {
  const known = await readDiscrepanciesAbout(reader, subjectIds);
  const others = known.filter((one) => one.reconciliation_id !== reconciliationId && one.entry !== null && one.class === 'timing');
  return new Set(others.flatMap(({ subject_id: id }) => (id === null ? [] : [id])));
}
