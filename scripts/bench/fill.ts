import { openDatabase } from '../../core/store/open.ts';
import { tables } from '../../core/store/schema.ts';
import type { Rig } from './rig.ts';

type Value = string | number | null;

/** What one payment leaves behind, by table, and by which column it is found. Statement by statement this many rows a payment are copied. */
const places = {
  payments: 'id',
  attempts: 'payment_id',
  history: 'subject_id',
  events: 'subject_id',
  ledger_postings: 'payment_id',
} as const;

const perStatement = 50_000;
const numbers = /[0-9A-HJKMNP-TV-Z]{26}/g;

/** Fills a rig's database with copies of one finished payment, under other ids and random order numbers, by statements of 50,000 rows. */
export async function fillBooks(rig: Rig, paymentId: string, payments: number): Promise<void> {
  const stored = await openDatabase({ url: rig.engine === 'mariadb' ? rig.database : null, dataDir: rig.folder });
  const { database } = stored;
  try {
    const attempts = await database.all('SELECT id FROM attempts WHERE payment_id = ?', [paymentId]);
    const subjects = [paymentId, ...attempts.map(({ id }) => String(id))];
    const marks = subjects.map(() => '?').join(', ');
    const tokens: string[] = [];
    const samples: { readonly table: keyof typeof places; readonly row: Readonly<Record<string, unknown>> }[] = [];
    for (const [table, column] of Object.entries(places) as [keyof typeof places, string][]) {
      const rows = await database.all(`SELECT * FROM ${table} WHERE ${column} IN (${marks})`, subjects);
      samples.push(...rows.map((row) => ({ table, row })));
    }
    for (let from = 1; from <= payments; from += perStatement) {
      const to = Math.min(payments, from + perStatement - 1);
      await database.transaction(async (tx) => {
        for (const { table, row } of samples) {
          const { sql, params } = copyStatement(rig, table, row, tokens);
          await tx.run(`${sql} ${rowsOf(rig, from, to)}`, params);
        }
      });
      if ((to / perStatement) % 4 === 0) console.error(`${to} of ${payments} payments filled in`);
    }
  } finally {
    await stored.close();
  }
}

/** `n` from one number to another: one of the engines counts for itself, the other has tables that do. */
function rowsOf({ engine }: Rig, from: number, to: number): string {
  if (engine === 'mariadb') return `FROM (SELECT seq AS n FROM seq_${from}_to_${to}) numbers`;
  return `FROM (WITH RECURSIVE numbers(n) AS (SELECT ${from} UNION ALL SELECT n + 1 FROM numbers WHERE n < ${to}) SELECT n FROM numbers)`;
}

function copyStatement(rig: Rig, table: keyof typeof places, row: Readonly<Record<string, unknown>>, tokens: string[]) {
  const columns = Object.keys(tables[table].columns);
  const params: Value[] = [];
  const written = columns.map((column) => {
    const value = row[column] as Value;
    // A merchant's numbers come in no order: the unfriendliest case for an index.
    if (column === 'merchant_order_no') return randomSql(rig);
    if (column === 'position') return 'n';
    if (typeof value === 'string') return textSql(rig, value, tokens, params);
    params.push(value);
    return '?';
  });
  return { sql: `INSERT INTO ${table} (${columns.join(', ')}) SELECT ${written.join(', ')}`, params };
}

/** The text with each of our numbers in it replaced by one that grows with `n`. What all payments share stays. */
function textSql(rig: Rig, value: string, tokens: string[], params: Value[]): string {
  const parts: string[] = [];
  let from = 0;
  for (const match of value.matchAll(numbers)) {
    if (rig.fixedIds.some((id) => id.endsWith(match[0]))) continue;
    params.push(value.slice(from, match.index));
    from = match.index + 26;
    if (!tokens.includes(match[0])) tokens.push(match[0]);
    parts.push('?', numberSql(rig, tokens.indexOf(match[0])));
  }
  params.push(value.slice(from));
  return join(rig, [...parts, '?']);
}

function join({ engine }: Rig, parts: readonly string[]): string {
  return engine === 'mariadb' ? `CONCAT(${parts.join(', ')})` : `(${parts.join(' || ')})`;
}

/** Below every number that a server makes today, so that those go on at the end of their index. */
function numberSql(rig: Rig, token: number): string {
  const suffix = String(token).padStart(2, '0');
  return rig.engine === 'mariadb' ? `CONCAT(LPAD(n, 24, '0'), '${suffix}')` : `(printf('%024d', n) || '${suffix}')`;
}

function randomSql({ engine }: Rig): string {
  return engine === 'mariadb' ? 'LEFT(MD5(n), 26)' : 'hex(randomblob(13))';
}
