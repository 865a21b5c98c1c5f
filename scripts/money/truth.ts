import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';

/** What really happened at a vendor. */
export interface TruthEntry {
  readonly kind: 'charge' | 'refund' | 'close';
  readonly number: string;
  readonly amount: number;
  readonly currency: string;
}

/** The vendors' truth, to be asked by our numbers. */
export interface Truth {
  of(numbers: readonly string[]): readonly TruthEntry[];
  /** Different numbers of charges and refunds in their order, a page at a time. */
  pages(size: number): Iterable<readonly Pick<TruthEntry, 'kind' | 'number'>[]>;
  close(): void;
}

/**
 * Keeps the entries in a temporary file of SQLite's own, so that millions of them need no memory.
 * Entries that move no money are left out: a close that came twice is nobody's loss.
 */
export async function openTruth(entries: Iterable<TruthEntry> | AsyncIterable<TruthEntry>): Promise<Truth> {
  const file = new DatabaseSync('');
  file.exec('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF');
  file.exec('CREATE TABLE truth (kind TEXT, number TEXT, amount INTEGER, currency TEXT); BEGIN');
  const insert = file.prepare('INSERT INTO truth VALUES (?, ?, ?, ?)');
  for await (const { kind, number, amount, currency } of entries) if (kind !== 'close') insert.run(kind, number, BigInt(amount), currency);
  file.exec('COMMIT; CREATE INDEX by_number ON truth (number)');
  const select = file.prepare('SELECT kind, number, amount, currency FROM truth WHERE number = ?');
  const next = file.prepare('SELECT DISTINCT number, kind FROM truth WHERE number > ? ORDER BY number LIMIT ?');
  return {
    of: (numbers) => numbers.flatMap((number) => select.all(number) as unknown as readonly TruthEntry[]),
    *pages(size) {
      for (let after = ''; ; ) {
        const page = next.all(after, BigInt(size)) as unknown as readonly Pick<TruthEntry, 'kind' | 'number'>[];
        if (page.length > 0) yield page;
        if (page.length < size) return;
        after = page.at(-1)?.number ?? after;
      }
    },
    close: () => file.close(),
  };
}

/** Reads a truth log: from a running simulator (`http://…`), or from a file of one JSON object a line, a journal of the simulator too. */
export function readTruth(place: string): AsyncIterable<TruthEntry> {
  return /^https?:\/\//.test(place) ? fromSimulator(place) : fromFile(place);
}

async function* fromSimulator(url: string): AsyncIterable<TruthEntry> {
  const answer = await fetch(new URL('/_truth?since=0', url));
  if (!answer.ok) throw new Error(`the simulator answered ${answer.status}`);
  const { entries } = (await answer.json()) as { readonly entries: readonly TruthEntry[] };
  yield* entries;
}

interface Line extends Partial<TruthEntry> {
  readonly truth?: TruthEntry;
  readonly all?: readonly Line[];
}

async function* fromFile(path: string): AsyncIterable<TruthEntry> {
  for await (const text of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY }))
    if (text !== '') yield* entriesOf(JSON.parse(text) as Line);
}

function entriesOf(line: Line): readonly TruthEntry[] {
  if (line.all !== undefined) return line.all.flatMap(entriesOf);
  if (line.truth !== undefined) return [line.truth];
  return line.kind === undefined || line.number === undefined ? [] : [line as TruthEntry];
}
