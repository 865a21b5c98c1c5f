import type { Clock } from '../clock.ts';
import { makeNumber, type Random } from '../ids.ts';
import type { Log } from '../log.ts';
import { type Database, DatabaseUnavailable, type Tx, type Value } from '../store/database.ts';
import type { Result, Tried } from './attempt.ts';
import { inChunks, marks } from './chunks.ts';
import { disableEndpoint, type Health, noteHealth } from './disable.ts';

export interface RecorderDeps {
  readonly database: Database;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly log: Log;
  readonly random?: Random | undefined;
  /** Called when results are durable. */
  readonly onRecorded: (results: readonly Result[]) => void;
}

export interface Recorder {
  add(result: Result): void;
  /** Gathers no longer, and resolves when all that was added is written. */
  drained(): Promise<void>;
}

const maxBatch = 200;
/** Nobody waits for what is written here, and each COMMIT saved is one that a payment need not wait for. */
const gatherMs = 10;

/** Writes what tries came to, those that end within a moment together. */
export function createRecorder(deps: RecorderDeps): Recorder {
  const waiting: Result[] = [];
  const hurry = new AbortController();
  let running: Promise<void> | null = null;
  const run = async () => {
    while (waiting.length > 0) {
      await deps.clock.sleep(gatherMs, hurry.signal);
      await writeBatch(deps, waiting.splice(0, maxBatch));
    }
    running = null;
  };
  return {
    add(result) {
      waiting.push(result);
      running ??= run();
    },
    drained() {
      hurry.abort();
      return running ?? Promise.resolve();
    },
  };
}

/** A result that cannot be written must not take its neighbours with it. Its delivery is made again when the lease ends. */
async function writeBatch(deps: RecorderDeps, batch: readonly Result[]): Promise<void> {
  try {
    const failingTooLong = await deps.database.transaction((tx) => write(tx, batch, deps.random));
    await disable(deps, batch, failingTooLong);
    deps.onRecorded(batch);
  } catch (error) {
    if (batch.length === 1 || error instanceof DatabaseUnavailable) {
      deps.log.error('could not record deliveries', { deliveries: batch.map(({ delivery }) => delivery.id), error });
      return;
    }
    for (const one of batch) await writeBatch(deps, [one]);
  }
}

async function write(tx: Tx, batch: readonly Result[], random: Random | undefined): Promise<readonly string[]> {
  await insertTried(tx, batch, random);
  await writeDelivered(tx, batch);
  await writePutOff(tx, batch);
  for (const result of batch) if (result.tried !== null && result.state !== 'delivered') await writeFailed(tx, result, result.tried);
  return noteHealth(tx, healthOf(batch), Math.max(0, ...batch.map(({ tried }) => tried?.at ?? 0)));
}

async function insertTried(tx: Tx, batch: readonly Result[], random: Random | undefined): Promise<void> {
  const rows = batch.flatMap(({ delivery, tried }) => (tried === null ? [] : [{ deliveryId: delivery.id, tried }]));
  for (const chunk of inChunks(rows)) {
    const values = chunk.flatMap(({ deliveryId, tried }): Value[] => [
      `dla_${makeNumber(new Date(tried.at), random)}`,
      deliveryId,
      tried.status,
      tried.error,
      tried.durationMs,
      tried.at,
    ]);
    const places = chunk.map(() => '(?, ?, ?, ?, ?, ?)').join(', ');
    await tx.run(`INSERT INTO delivery_attempts (id, delivery_id, status, error, duration_ms, created_at) VALUES ${places}`, values);
  }
}

/** Whoever holds the lease by now: received is received. */
async function writeDelivered(tx: Tx, batch: readonly Result[]): Promise<void> {
  const delivered = batch.filter(({ state }) => state === 'delivered');
  for (const [status, results] of Map.groupBy(delivered, ({ tried }) => tried?.status ?? null)) {
    const at = Math.max(...results.map(({ tried }) => (tried?.at ?? 0) + (tried?.durationMs ?? 0)));
    for (const chunk of inChunks(results.map(({ delivery }) => delivery.id))) {
      const sql = `UPDATE deliveries SET state = 'delivered', tries = tries + 1, due_at = NULL, status = ?, error = NULL, delivered_at = ?
        WHERE id IN (${marks(chunk.length)}) AND state = 'pending'`;
      await tx.run(sql, [status, at, ...chunk]);
    }
  }
}

async function writePutOff(tx: Tx, batch: readonly Result[]): Promise<void> {
  const back = batch.filter(({ tried }) => tried === null);
  for (const results of Map.groupBy(back, ({ delivery, dueAt }) => `${delivery.leaseUntil} ${dueAt}`).values()) {
    const [first] = results;
    if (first === undefined) continue;
    for (const chunk of inChunks(results.map(({ delivery }) => delivery.id))) {
      const sql = `UPDATE deliveries SET due_at = ? WHERE id IN (${marks(chunk.length)}) AND due_at = ?`;
      await tx.run(sql, [first.dueAt, ...chunk, first.delivery.leaseUntil]);
    }
  }
}

/** Only while the lease is ours: after it, another server may be trying already. */
async function writeFailed(tx: Tx, { delivery, state, dueAt }: Result, { status, error }: Tried): Promise<void> {
  const sql = 'UPDATE deliveries SET state = ?, tries = ?, due_at = ?, status = ?, error = ? WHERE id = ? AND due_at = ?';
  await tx.run(sql, [state, delivery.tries + 1, dueAt, status, error, delivery.id, delivery.leaseUntil]);
}

function healthOf(batch: readonly Result[]): Health {
  const tried = batch.filter(({ tried }) => tried !== null);
  const idsOf = (results: readonly Result[]) => new Set(results.flatMap(({ delivery }) => delivery.endpointId ?? []));
  const well = idsOf(tried.filter(({ state }) => state === 'delivered'));
  const failing = idsOf(tried.filter(({ state }) => state !== 'delivered'));
  return { well: [...well], failing: [...failing].filter((id) => !well.has(id)) };
}

/** Endpoints that said 410, or that have failed for too long. */
async function disable({ database, log }: RecorderDeps, batch: readonly Result[], failingTooLong: readonly string[]): Promise<void> {
  const gone = batch.filter(({ tried }) => tried?.status === 410).flatMap(({ delivery }) => delivery.endpointId ?? []);
  for (const endpoint of new Set([...gone, ...failingTooLong])) {
    const reason = gone.includes(endpoint) ? 'it answered 410' : 'it has failed for five days';
    if (await disableEndpoint(database, endpoint)) log.warn('a notification endpoint was switched off', { endpoint, reason });
  }
}
