import type { Reader, Value } from '../database.ts';

/** A payment or refund that was booked, as far as a statement speaks of such. */
export interface BookedRow {
  readonly id: string;
  readonly number: string;
  readonly amount: number;
  readonly currency: string;
  readonly fee: number | null;
  readonly at: number;
}

/** One that a statement names, booked or not. */
export interface NamedRow {
  readonly id: string;
  readonly payment_id: string;
  readonly app_id: string;
  readonly account_id: string;
  readonly number: string;
  readonly channel_no: string | null;
  readonly state: string;
  readonly amount: number;
  readonly currency: string;
  readonly fee: number | null;
  readonly at: number | null;
}

export interface BookedSpan {
  readonly accountId: string;
  readonly from: number;
  readonly to: number;
}

/**
 * The account stands in an expression, so that both engines go by the time: by the index of accounts they would read all that an
 * account ever took, again for each piece.
 */
const booked = {
  payment: `SELECT id, number, amount_paid AS amount, currency_paid AS currency, fee_expected AS fee, succeeded_at AS at
    FROM attempts WHERE succeeded_at >= ? AND succeeded_at < ? AND COALESCE(account_id, '') = ? AND state IN ('succeeded', 'succeeded_late')
    AND (succeeded_at > ? OR id > ?) ORDER BY succeeded_at, id`,
  refund: `SELECT refunds.id AS id, refunds.number AS number, refunds.amount AS amount, refunds.currency AS currency, NULL AS fee,
    refunds.succeeded_at AS at FROM refunds JOIN attempts ON attempts.id = refunds.attempt_id
    WHERE refunds.succeeded_at >= ? AND refunds.succeeded_at < ? AND COALESCE(attempts.account_id, '') = ? AND refunds.state = 'succeeded'
    AND (refunds.succeeded_at > ? OR refunds.id > ?) ORDER BY refunds.succeeded_at, refunds.id`,
} as const;

export type BookedKind = keyof typeof booked;

const rowsAtOnce = 2000;

/** All of an account that was booked in a span of time, oldest first, read piece by piece. */
export async function* readBooked(
  reader: Reader,
  kind: BookedKind,
  { accountId, from, to }: BookedSpan,
): AsyncIterable<readonly BookedRow[]> {
  let [at, id] = [from, ''];
  for (;;) {
    const sql = `${booked[kind]} LIMIT ${rowsAtOnce}`;
    const rows = (await reader.all(sql, [at, to, accountId, at, id])) as unknown as readonly BookedRow[];
    if (rows.length > 0) yield rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < rowsAtOnce) return;
    [at, id] = [last.at, last.id];
  }
}

const named = {
  payment: `SELECT attempts.id AS id, payment_id, app_id, account_id, number, channel_no, attempts.state AS state,
    CASE WHEN attempts.state IN ('succeeded', 'succeeded_late') THEN attempts.amount_paid ELSE attempts.amount END AS amount,
    COALESCE(currency_paid, attempts.currency) AS currency, fee_expected AS fee, attempts.succeeded_at AS at
    FROM attempts JOIN payments ON payments.id = attempts.payment_id`,
  refund: `SELECT refunds.id AS id, refunds.payment_id AS payment_id, refunds.app_id AS app_id, attempts.account_id AS account_id,
    refunds.number AS number, refunds.channel_no AS channel_no, refunds.state AS state, refunds.amount AS amount,
    refunds.currency AS currency, NULL AS fee, refunds.succeeded_at AS at FROM refunds JOIN attempts ON attempts.id = refunds.attempt_id`,
} as const;

const tables = { payment: 'attempts', refund: 'refunds' } as const;

/** Those with one of our numbers, of whatever account. */
export async function readByNumbers(reader: Reader, kind: BookedKind, numbers: readonly string[]): Promise<readonly NamedRow[]> {
  return readNamed(reader, `${named[kind]} WHERE ${tables[kind]}.number IN (${marksOf(numbers)})`, numbers);
}

/** Those of an account with one of the vendor's numbers. Some vendors number several refunds alike. */
export async function readByChannelNos(
  reader: Reader,
  kind: BookedKind,
  accountId: string,
  channelNos: readonly string[],
): Promise<readonly NamedRow[]> {
  const sql = `${named[kind]} WHERE attempts.account_id = ? AND ${tables[kind]}.channel_no IN (${marksOf(channelNos)})`;
  return channelNos.length === 0 ? [] : readNamed(reader, sql, [accountId, ...channelNos]);
}

async function readNamed(reader: Reader, sql: string, params: readonly Value[]): Promise<readonly NamedRow[]> {
  return params.length === 0 ? [] : ((await reader.all(sql, params)) as unknown as readonly NamedRow[]);
}

const marksOf = (values: readonly string[]) => values.map(() => '?').join(', ');
