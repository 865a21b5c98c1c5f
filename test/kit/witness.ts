import type { LogFields } from '../../core/log.ts';
import type { Kernel } from '../../core/payments/deps.ts';
import type { Reader } from '../../core/store/database.ts';

/** What a kernel tells those who watch it: lines of its log, counts of its metrics, and payments that it says are committed. */
export interface Witness {
  readonly kernel: Kernel;
  readonly lines: (readonly [level: string, message: string, fields: LogFields | undefined])[];
  readonly counts: (readonly [metric: string, labels: unknown])[];
  readonly committed: unknown[];
}

/** The same kernel, overheard. */
export function watchKernel(kernel: Kernel): Witness {
  const lines: Witness['lines'] = [];
  const counts: Witness['counts'] = [];
  const committed: unknown[] = [];
  const say = (level: string) => (message: string, fields?: LogFields) => void lines.push([level, message, fields]);
  const log = { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') } as Kernel['log'];
  const count = (_target: object, metric: string | symbol) => (labels: unknown) => void counts.push([String(metric), labels]);
  const metrics = new Proxy({}, { get: count }) as Kernel['metrics'];
  return { kernel: { ...kernel, log, metrics, afterCommit: (one) => void committed.push(one) }, lines, counts, committed };
}

/** What the history says of a subject, oldest first: from, to, cause and detail. */
export async function readMoves(reader: Reader, subjectId: string): Promise<readonly (readonly unknown[])[]> {
  const rows = await reader.all('SELECT * FROM history WHERE subject_id = ? ORDER BY id', [subjectId]);
  return rows.map((row) => [row['from_state'], row['to_state'], row['cause'], row['detail']]);
}

/** The events of a subject, oldest first: type, number and what is told. */
export async function readTold(reader: Reader, subjectId: string) {
  const rows = await reader.all('SELECT * FROM events WHERE subject_id = ? ORDER BY id', [subjectId]);
  return rows.map((row) => ({
    type: row['type'],
    sequence: row['sequence'],
    data: JSON.parse(String(row['data'])) as Record<string, unknown>,
  }));
}
