import type { Reader } from '../../core/store/database.ts';
import { readWhere } from './books.ts';
import { acrossDays } from './days.ts';
import { found, type Violation } from './invariant.ts';
import { acrossLedger } from './ledger.ts';
import { acrossPayouts } from './payouts.ts';
import type { Truth } from './truth.ts';

/** Something that must hold of all rows together. */
export interface Across {
  readonly number: number;
  readonly name: string;
  /** Its rows are violations. */
  readonly sql: string;
  says(row: Readonly<Record<string, unknown>>): string;
}

const most = 'LIMIT 1000';
const orphan = (table: string, column: string, parent: string): string =>
  `SELECT id, ${column} FROM ${table} WHERE NOT EXISTS (SELECT 1 FROM ${parent} WHERE ${parent}.id = ${table}.${column}) ${most}`;
const twice = (table: string, columns: string, where: string): string =>
  `SELECT ${columns}, COUNT(*) AS n FROM ${table} WHERE ${where} GROUP BY ${columns} HAVING COUNT(*) > 1 ${most}`;
const values = (row: Readonly<Record<string, unknown>>): string => Object.values(row).join(' ');

/** What can only be seen of all payments together. The database groups and joins: nothing of it is held here. */
export const across: readonly Across[] = [
  {
    number: 27,
    name: 'one transaction of a vendor pays one attempt',
    sql: twice('attempts', 'account_id, channel_no', "state IN ('succeeded', 'succeeded_late') AND channel_no IS NOT NULL"),
    says: (row) => `${row['account_id']} ${row['channel_no']}: paid ${row['n']} attempts`,
  },
  {
    number: 27,
    name: 'an order number of an app is one payment',
    sql: twice('payments', 'app_id, merchant_order_no', '1 = 1'),
    says: (row) => `${row['app_id']} ${row['merchant_order_no']}: ${row['n']} payments`,
  },
  {
    number: 27,
    name: 'a refund number of an app is one refund',
    sql: twice('refunds', 'app_id, merchant_refund_no', 'merchant_refund_no IS NOT NULL'),
    says: (row) => `${row['app_id']} ${row['merchant_refund_no']}: ${row['n']} refunds`,
  },
  {
    number: 27,
    name: 'our number of an attempt is one attempt',
    sql: twice('attempts', 'number', '1 = 1'),
    says: (row) => `${row['number']}: ${row['n']} attempts`,
  },
  {
    number: 30,
    name: 'every attempt has its payment',
    sql: orphan('attempts', 'payment_id', 'payments'),
    says: (row) => `${row['id']}: its payment ${row['payment_id']} is not there`,
  },
  {
    number: 30,
    name: 'every refund has its payment',
    sql: orphan('refunds', 'payment_id', 'payments'),
    says: (row) => `${row['id']}: its payment ${row['payment_id']} is not there`,
  },
  {
    number: 28,
    name: 'every delivery has its event',
    sql: orphan('deliveries', 'event_id', 'events'),
    says: (row) => `${row['id']}: its event ${row['event_id']} is not there`,
  },
  {
    number: 28,
    name: 'a notification that is not delivered says when it is sent next',
    sql: `SELECT id, state, due_at FROM deliveries WHERE (state = 'pending' AND due_at IS NULL) OR (state <> 'pending' AND due_at IS NOT NULL) ${most}`,
    says: (row) => `${row['id']}: ${row['state']}, and due at ${row['due_at'] ?? 'no time'}`,
  },
  {
    number: 29,
    name: 'an idempotency key that is done has its answer',
    sql: `SELECT id, state FROM idempotency WHERE state = 'done' AND (status IS NULL OR body IS NULL) ${most}`,
    says: (row) => `${row['id']}: done, without an answer`,
  },
  ...acrossLedger,
  ...acrossDays,
  ...acrossPayouts,
];

export async function* checkAcross(reader: Reader): AsyncIterable<Violation> {
  for (const { number, name, sql, says } of across)
    for (const row of await reader.all(sql)) yield { number, name, ...found(says(row), row) };
}

const pageSize = 1000;

/** Money that moved under a number that nobody here knows. */
export async function* findOrphanMoney(reader: Reader, truth: Truth): AsyncIterable<Violation> {
  for (const page of truth.pages(pageSize)) {
    for (const [kind, table] of [
      ['charge', 'attempts'],
      ['refund', 'refunds'],
    ] as const) {
      const numbers = page.filter((entry) => entry.kind === kind).map((entry) => entry.number);
      const known = new Set((await readWhere<{ readonly number: string }>(reader, table, 'number', numbers, 'number')).map(values));
      for (const number of numbers.filter((one) => !known.has(one)))
        yield {
          number: 5,
          name: 'no money moves that is not known here',
          ...found(`${number}: a ${kind} that is not known here`, ...truth.of([number])),
        };
    }
  }
}
