import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { Reader, Row, Tx, Value } from '../database.ts';
import { insert } from './row.ts';

/** What is moved into the archive: the rows of a payment as they stood in their tables. */
export interface Story {
  readonly payment: string;
  readonly history: readonly Row[];
  readonly events: readonly Row[];
  readonly deliveries: readonly Row[];
  readonly tries: readonly Row[];
}

const [zip, unzip] = [promisify(gzip), promisify(gunzip)];

/** Stories of many payments, compressed together: they are so much alike that each takes a tenth of what it takes alone. */
export async function packStories(stories: readonly Story[]): Promise<string> {
  return (await zip(JSON.stringify(stories))).toString('base64');
}

async function unpackStories(content: string): Promise<readonly Story[]> {
  return JSON.parse((await unzip(Buffer.from(content, 'base64'))).toString('utf8')) as readonly Story[];
}

export interface Archived {
  readonly id: string;
  readonly stories: readonly Story[];
  /** The stories, packed. */
  readonly content: string;
  readonly at: number;
}

/**
 * Puts the stories into the archive and takes their rows away. False: a row has come, gone or changed since they were read, and the
 * transaction must not be committed. The payments must be locked.
 */
export async function moveStories(tx: Tx, { id, stories, content, at }: Archived): Promise<boolean> {
  const payments = stories.map(({ payment }) => payment).toSorted();
  const ends = { from_payment: payments.at(0) ?? '', to_payment: payments.at(-1) ?? '' };
  await insert(tx, 'archives', { id, ...ends, payments: payments.length, content, created_at: at });
  const all = <Part extends 'history' | 'events' | 'deliveries' | 'tries'>(part: Part) => stories.flatMap((story) => story[part]);
  const idsOf = (rows: readonly Row[]) => rows.map((row) => row['id'] ?? null);
  // By what they belong to and not by their own ids: one more than was read makes the counts differ.
  const steps = [
    { sql: 'DELETE FROM delivery_attempts WHERE delivery_id IN', keys: idsOf(all('deliveries')), count: all('tries').length },
    { sql: "DELETE FROM deliveries WHERE state <> 'pending' AND event_id IN", keys: idsOf(all('events')), count: all('deliveries').length },
    { sql: 'DELETE FROM events WHERE subject_id IN', keys: subjectsOf(all('events')), count: all('events').length },
    { sql: 'DELETE FROM history WHERE subject_id IN', keys: subjectsOf(all('history')), count: all('history').length },
  ];
  for (const { sql, keys, count } of steps) {
    if (keys.length > 0 && (await tx.run(`${sql} (${keys.map(() => '?').join(', ')})`, keys)) !== count) return false;
  }
  return true;
}

const subjectsOf = (rows: readonly Row[]): readonly Value[] => [...new Set(rows.map((row) => row['subject_id'] ?? null))];

/** The stories of some payments, as far as they are in the archive. One payment may have several: it went on after it was archived. */
export async function readStories(reader: Reader, paymentIds: readonly string[]): Promise<readonly Story[]> {
  const sorted = paymentIds.toSorted();
  const sql = 'SELECT content FROM archives WHERE to_payment >= ? AND from_payment <= ? ORDER BY id';
  const rows = await reader.all(sql, [sorted.at(0) ?? '', sorted.at(-1) ?? '']);
  const wanted = new Set(paymentIds);
  const stories: Story[] = [];
  for (const row of rows) {
    const all = await unpackStories(String(row['content']));
    stories.push(...all.filter(({ payment }) => wanted.has(payment)));
  }
  return stories;
}
