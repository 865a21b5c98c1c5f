import type { Reader } from '../../core/store/database.ts';
import { tables } from '../../core/store/schema.ts';
import { readStories } from '../../core/store/tables/archives.ts';
import type { AttemptRow } from '../../core/store/tables/attempts.ts';
import type { PostingRow } from '../../core/store/tables/ledger.ts';
import type { RefundRow } from '../../core/store/tables/refunds.ts';
import type { EventRow, HistoryRow, PaymentCase, PaymentFacts } from './invariant.ts';
import type { Truth } from './truth.ts';

/** Payments read at once: what is in memory is bounded by what hangs on so many. */
const pageSize = 250;

const unread = new Set(['request', 'metadata', 'action', 'subject']);
const paymentColumns = Object.keys(tables.payments.columns).filter((name) => !unread.has(name));

export interface Sources {
  readonly reader: Reader;
  readonly truth: Truth | null;
  readonly eventsKeptFrom: number;
}

/** Every payment with all that hangs on it, one after another by id, in bounded memory. */
export async function* readCases(sources: Sources): AsyncIterable<PaymentCase> {
  const sql = `SELECT ${paymentColumns.join(', ')} FROM payments WHERE id > ? ORDER BY id LIMIT ${pageSize}`;
  for (let after = ''; ; ) {
    const payments = (await sources.reader.all(sql, [after])) as unknown as readonly PaymentFacts[];
    if (payments.length > 0) yield* await readPage(sources, payments);
    if (payments.length < pageSize) return;
    after = payments.at(-1)?.id ?? after;
  }
}

async function readPage({ reader, truth, eventsKeptFrom }: Sources, payments: readonly PaymentFacts[]): Promise<readonly PaymentCase[]> {
  const ids = payments.map(({ id }) => id);
  const attempts = await readWhere<AttemptRow>(reader, 'attempts', 'payment_id', ids);
  const refunds = await readWhere<RefundRow>(reader, 'refunds', 'payment_id', ids);
  const postings = await readWhere<PostingRow>(reader, 'ledger_postings', 'payment_id', ids);
  const told = [...ids, ...refunds.map(({ id }) => id)];
  // What is finished and old is in the archive; what has happened since is where it always is.
  const stories = await readStories(reader, ids);
  const steps = await readWhere<HistoryRow>(reader, 'history', 'subject_id', [...told, ...attempts.map(({ id }) => id)]);
  const recent = await readWhere<EventRow>(reader, 'events', 'subject_id', told, 'id, app_id, subject_id, type, sequence');
  const history = [...stories.flatMap((story) => story.history as unknown as readonly HistoryRow[]), ...steps];
  const events = [...stories.flatMap((story) => story.events as unknown as readonly EventRow[]), ...recent];
  const entries = truth?.of([...attempts, ...refunds].map(({ number }) => number));
  const shared = {
    history: Map.groupBy(history, (row) => row.subject_id),
    events: Map.groupBy(events, (row) => row.subject_id),
    truth: entries === undefined ? null : Map.groupBy(entries, ({ number }) => number),
    eventsKeptFrom,
  };
  const attemptsOf = Map.groupBy(attempts, (row) => row.payment_id);
  const refundsOf = Map.groupBy(refunds, (row) => row.payment_id);
  const postingsOf = Map.groupBy(postings, (row) => row.payment_id);
  return payments.map((payment) => {
    const own = { payment, attempts: attemptsOf.get(payment.id) ?? [], refunds: refundsOf.get(payment.id) ?? [] };
    return { ...shared, ...own, postings: postingsOf.get(payment.id) ?? [], events: eventsOf(shared.events, own) };
  });
}

function eventsOf(events: ReadonlyMap<string, readonly EventRow[]>, { payment, refunds }: Pick<PaymentCase, 'payment' | 'refunds'>) {
  return new Map([payment, ...refunds].map(({ id }) => [id, events.get(id) ?? []]));
}

const chunkSize = 100;

/** A full chunk always has the same text, so that each engine compiles it once. */
export async function readWhere<T>(
  reader: Reader,
  table: string,
  column: string,
  keys: readonly string[],
  what = '*',
): Promise<readonly T[]> {
  const rows: T[] = [];
  for (let start = 0; start < keys.length; start += chunkSize) {
    const chunk = keys.slice(start, start + chunkSize);
    const padded = [...chunk, ...Array.from({ length: chunkSize - chunk.length }, () => '')];
    const sql = `SELECT ${what} FROM ${table} WHERE ${column} IN (${padded.map(() => '?').join()})`;
    rows.push(...((await reader.all(sql, padded)) as unknown as readonly T[]));
  }
  return rows;
}
