import type { Reader } from '../../core/store/database.ts';
import type { Across } from './across.ts';
import { found, type Violation } from './invariant.ts';

const most = 'LIMIT 1000';
const name = 'the classes of a day come to the totals of its documents';
const hasAdjusted = "action = 'adjust' AND to_state = 'resolved'";
const isReversed = "SELECT 1 FROM ledger_postings WHERE entry_id = CONCAT('adjustment_reversed:', discrepancy_actions.id)";
const isStanding = `CASE WHEN EXISTS (${isReversed}) THEN 0 ELSE 1 END`;

/** What must hold of the days that were compared with statements. */
export const acrossDays: readonly Across[] = [
  {
    number: 20,
    name: 'an entry of a statement has one class',
    sql: `SELECT file_id, entry, COUNT(*) AS n FROM discrepancies WHERE entry IS NOT NULL AND state <> 'resolved'
      GROUP BY file_id, entry HAVING COUNT(*) > 1 ${most}`,
    says: (row) => `entry ${row['entry']} of ${row['file_id']}: ${row['n']} classes`,
  },
  {
    number: 20,
    name: 'what is ours and in no statement of its day has one class',
    sql: `SELECT reconciliation_id, subject_id, COUNT(*) AS n FROM discrepancies
      WHERE entry IS NULL AND subject_id IS NOT NULL AND state <> 'resolved'
      GROUP BY reconciliation_id, subject_id HAVING COUNT(*) > 1 ${most}`,
    says: (row) => `${row['subject_id']} on ${row['reconciliation_id']}: ${row['n']} classes`,
  },
  {
    number: 22,
    name: 'a document that was compared is kept',
    sql: `SELECT id, reconciliation_id FROM statement_files WHERE state IN ('compared', 'superseded')
      AND NOT EXISTS (SELECT 1 FROM statement_pieces WHERE statement_pieces.file_id = statement_files.id) ${most}`,
    says: (row) => `${row['id']} of ${row['reconciliation_id']}: nothing of it is left`,
  },
  {
    number: 22,
    name: 'a document counts no more where another one of its day counts instead',
    sql: `SELECT id, reconciliation_id FROM statement_files WHERE state = 'superseded' AND entries IS NOT NULL
      AND reconciliation_id NOT IN (SELECT reconciliation_id FROM statement_files WHERE state = 'compared') ${most}`,
    says: (row) => `${row['id']} of ${row['reconciliation_id']}: nothing counts instead`,
  },
  {
    number: 22,
    name: 'each change of a discrepancy is an action',
    sql: `SELECT id, version FROM discrepancies
      WHERE version <> (SELECT COUNT(*) FROM discrepancy_actions WHERE discrepancy_id = discrepancies.id) ${most}`,
    says: (row) => `${row['id']}: its actions do not tell of its ${row['version']} changes`,
  },
  {
    number: 22,
    name: 'an adjustment is in the ledger, by an action that ended a discrepancy',
    sql: `SELECT id FROM discrepancy_actions WHERE ${hasAdjusted}
        AND NOT EXISTS (SELECT 1 FROM ledger_postings WHERE entry_id = CONCAT('adjusted:', discrepancy_actions.id))
      UNION ALL SELECT DISTINCT entry_id AS id FROM ledger_postings WHERE entry_id LIKE 'adjusted:%'
        AND NOT EXISTS (SELECT 1 FROM discrepancy_actions WHERE id = SUBSTR(ledger_postings.entry_id, 10) AND ${hasAdjusted}) ${most}`,
    says: (row) => `${row['id']}: the ledger and the actions do not tell the same`,
  },
  {
    number: 22,
    name: 'an adjustment stands while its discrepancy is ended by it, and no longer',
    sql: `SELECT discrepancies.id AS id, state, reason, SUM(${isStanding}) AS n FROM discrepancies
      JOIN discrepancy_actions ON discrepancy_actions.discrepancy_id = discrepancies.id AND ${hasAdjusted}
      GROUP BY discrepancies.id, state, reason
      HAVING SUM(${isStanding}) <> CASE WHEN state = 'resolved' AND reason = 'adjusted' THEN 1 ELSE 0 END ${most}`,
    says: (row) => `${row['id']} is ${row['state']} (${row['reason']}), and ${row['n']} adjustments of it stand`,
  },
  {
    number: 23,
    name: 'a day of an account is one day',
    sql: `SELECT account_id, day, COUNT(*) AS n FROM reconciliations GROUP BY account_id, day HAVING COUNT(*) > 1 ${most}`,
    says: (row) => `${row['account_id']} ${row['day']}: ${row['n']} days`,
  },
  {
    number: 23,
    name: 'a document that comes again is the same document',
    sql: `SELECT account_id, day, sha256, COUNT(*) AS n FROM statement_files GROUP BY account_id, day, sha256 HAVING COUNT(*) > 1 ${most}`,
    says: (row) => `${row['account_id']} ${row['day']}: ${row['n']} documents are ${row['sha256']}`,
  },
  {
    number: 23,
    name: 'a discrepancy that is found again is the same discrepancy',
    sql: `SELECT reconciliation_id, entry_key, COUNT(*) AS n FROM discrepancies
      GROUP BY reconciliation_id, entry_key HAVING COUNT(*) > 1 ${most}`,
    says: (row) => `${row['reconciliation_id']} ${row['entry_key']}: ${row['n']} discrepancies`,
  },
];

const daysAtOnce = 250;

/** Days whose classes do not come to what their documents come to. Both are stored as JSON, which the engines read differently. */
export async function* findUnevenDays(reader: Reader): AsyncIterable<Violation> {
  const days = `SELECT id, entries, totals FROM reconciliations WHERE state = 'done' AND id > ? ORDER BY id LIMIT ${daysAtOnce}`;
  for (let after = ''; ; ) {
    const rows = await reader.all(days, [after]);
    for (const row of rows) {
      const sql = "SELECT id, totals FROM statement_files WHERE reconciliation_id = ? AND state = 'compared'";
      const files = await reader.all(sql, [String(row['id'])]);
      const [classed, own] = [sumClasses(row['totals']), sumDocuments(files.map(({ totals }) => totals))];
      if (classed !== own || Number(row['entries']) !== countClasses(row['totals']))
        yield { number: 20, name, ...found(`${row['id']}: its classes come to ${classed}, its documents to ${own}`, row, ...files) };
    }
    if (rows.length < daysAtOnce) return;
    after = String(rows.at(-1)?.['id']);
  }
}

interface Part {
  readonly kind: string;
  readonly currency: string;
  readonly entries: number;
  readonly amount: number;
}

interface ClassSum {
  readonly kind: string;
  readonly currency: string;
  readonly entries_there: number;
  readonly amount_there: number;
}

const read = <T>(text: unknown) => JSON.parse(typeof text === 'string' ? text : '[]') as readonly T[];
const countClasses = (text: unknown) => read<ClassSum>(text).reduce((sum, one) => sum + one.entries_there, 0);
const sumClasses = (text: unknown) =>
  sumUp(read<ClassSum>(text).map((one) => ({ ...one, entries: one.entries_there, amount: one.amount_there })));

function sumDocuments(texts: readonly unknown[]): string {
  const sums = texts.flatMap((text) => read<Part & { readonly lines: number; readonly gross: number }>(text));
  return sumUp(sums.map((one) => ({ ...one, entries: one.lines, amount: one.gross })));
}

/** By kind and currency, in one order, as text. */
function sumUp(parts: readonly Part[]): string {
  const groups = Map.groupBy(
    parts.filter(({ entries }) => entries > 0),
    ({ kind, currency }) => `${kind} ${currency}`,
  );
  const add = (group: readonly Part[], of: 'entries' | 'amount') => group.reduce((sum, one) => sum + one[of], 0);
  const texts = [...groups].map(([key, group]) => `${key} ${add(group, 'entries')} of ${add(group, 'amount')}`);
  return texts.sort().join(', ') || 'nothing';
}
