import { type Clock, type Stopwatch, systemStopwatch } from '../clock.ts';
import type { Random } from '../ids.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { Database } from '../store/database.ts';
import type { Resolve } from './address.ts';
import { attempt, putOff, type Result } from './attempt.ts';
import { type Claimed, claimDue, claimLimit, readDue, readNextDue } from './claim.ts';
import type { Endpoints } from './endpoints.ts';
import type { HandOver } from './enqueue.ts';
import { createLanes, type Lanes } from './lanes.ts';
import { createPoster, type Poster } from './post.ts';
import { createRecorder, type Recorder } from './record.ts';
import { type Range, replayEvent, replayRange } from './replay.ts';
import { resolveByMachine } from './resolve.ts';
import { createWaker, type Waker } from './waker.ts';

export interface DispatcherDeps {
  readonly database: Database;
  readonly endpoints: Endpoints;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'notification' | 'watch'>;
  /** For one try, everything included. */
  readonly timeoutMs: number;
  readonly fastLane: number;
  readonly slowLane: number;
  /** Private networks that notifications may be sent to. */
  readonly allowNetworks: readonly string[];
  readonly pollMs: number;
  /** A host that takes longer to answer goes to the slow lane. */
  readonly slowAfterMs?: number;
  readonly resolve?: Resolve;
  /** From 0 to 1. */
  readonly random?: () => number;
  /** For ids. */
  readonly randomBytes?: Random;
  readonly stopwatch?: Stopwatch;
  /** The way to merchants: over the network unless another is given. */
  readonly poster?: Poster;
}

/** Delivers what the outbox holds, at least once, under the same id on every try. */
export interface Dispatcher extends HandOver {
  start(): void;
  /** Gives tries under way this long to end. What has not begun is left to whoever comes next. */
  stop(graceMs?: number): Promise<void>;
  /** Sends an event again to all who still may receive it. Answers how many that are. */
  replayEvent(eventId: string): Promise<number>;
  /** Sends again what was not delivered of the events of a time range. */
  replayRange(range: Range): Promise<number>;
}

/**
 * What is handed over begins at once or is given back, so its lease is little longer than a try: the less, the sooner another server
 * makes up for one that died.
 */
const handOverSlackMs = 2000;
/** How long a claim holds beyond a try's own time: the wait in a lane, and the writing afterwards. */
const leaseSlackMs = 15_000;
/** Claims of several servers differ by this, so that each can tell its own. */
const leaseSpreadMs = 5000;
/** More is claimed only while fewer than this wait or run: at 2 s each in the fast lane they are through within the slack. */
const heldLimit = 200;
/** Under load, claims follow each other no faster: each finds more to do. */
const claimEveryMs = 5;
const usualGraceMs = 5000;

interface Work extends DispatcherDeps {
  readonly random: () => number;
  readonly stopwatch: Stopwatch;
  readonly poster: Poster;
  readonly lanes: Lanes;
  readonly recorder: Recorder;
  readonly waker: Waker;
}

export function createDispatcher(deps: DispatcherDeps): Dispatcher {
  const work = open(deps);
  const { waker, lanes, poster, recorder, clock } = work;
  const stopping = new AbortController();
  let running: Promise<void> | null = null;
  const again = async (count: Promise<number>) => {
    const sent = await count;
    waker.wake();
    return sent;
  };
  return {
    start() {
      if (running !== null) return;
      deps.metrics.watch({ notificationsOldestPendingSeconds: () => readOldestAge(deps) });
      running = loop(work, stopping.signal);
    },
    kick: () => waker.wake(),
    leaseFor(count) {
      const isTaking = running !== null && !stopping.signal.aborted && lanes.held() + count <= heldLimit;
      return isTaking ? leaseFrom(work, clock.now().getTime(), handOverSlackMs) : null;
    },
    take(claimed) {
      for (const delivery of claimed) accept(work, delivery);
    },
    async stop(graceMs = usualGraceMs) {
      stopping.abort();
      waker.wake();
      waker.freed();
      await running;
      const idle = lanes.close();
      const timer = setTimeout(() => poster.interrupt(), graceMs);
      await idle;
      clearTimeout(timer);
      await recorder.drained();
      await poster.close();
    },
    replayEvent: (eventId) => again(replayEvent(deps, eventId, clock.now().getTime())),
    replayRange: (range) => again(replayRange(deps, range, clock.now().getTime())),
  };
}

function open(deps: DispatcherDeps): Work {
  const { fastLane, slowLane, timeoutMs, allowNetworks, slowAfterMs = 2000, resolve = resolveByMachine, random = Math.random } = deps;
  const { stopwatch = systemStopwatch, poster = createPoster({ timeoutMs, allowNetworks, resolve }) } = deps;
  const waker = createWaker(deps.clock);
  const onRecorded = (results: readonly Result[]) => {
    for (const result of results) report(deps, result);
    if (results.some(({ state }) => state === 'pending')) waker.wake();
  };
  return {
    ...deps,
    random,
    stopwatch,
    waker,
    poster,
    lanes: createLanes({ fastLane, slowLane, slowAfterMs, stopwatch, onFreed: () => waker.freed() }),
    recorder: createRecorder({ database: deps.database, clock: deps.clock, log: deps.log, random: deps.randomBytes, onRecorded }),
  };
}

async function loop(work: Work, stopping: AbortSignal): Promise<void> {
  while (!stopping.aborted) {
    work.waker.arm();
    if (work.lanes.held() > heldLimit) await work.waker.sleepUntilFreed();
    else await round(work).then((pauseMs) => work.waker.sleep(pauseMs));
    if (!stopping.aborted) await work.clock.sleep(claimEveryMs);
  }
}

/** Starts what is due, and answers how long nothing more will be. A database that is away is no reason to stop looking. */
async function round(work: Work): Promise<number> {
  const { database, clock, log, pollMs } = work;
  try {
    const now = clock.now().getTime();
    const due = await readDue(database, now);
    for (const delivery of await claimDue(database, due, now, leaseFrom(work, now, leaseSlackMs))) accept(work, delivery);
    if (due.length === claimLimit) return 0;
    const next = await readNextDue(database);
    return next === null ? pollMs : Math.min(pollMs, Math.max(0, next - clock.now().getTime()));
  } catch (error) {
    log.error('could not look for notifications that are due', { error });
    return pollMs;
  }
}

const leaseFrom = ({ timeoutMs, random }: Work, now: number, slackMs: number) =>
  now + timeoutMs + slackMs + Math.floor(random() * leaseSpreadMs);

function accept(work: Work, delivery: Claimed): void {
  const { clock, recorder, timeoutMs } = work;
  const giveBack = (delayMs: number) => {
    // In half seconds, so that those put off together are written together.
    const dueAt = delayMs === 0 ? clock.now().getTime() : Math.ceil((clock.now().getTime() + delayMs) / 500) * 500;
    recorder.add(putOff(delivery, dueAt));
  };
  work.lanes.accept({
    host: URL.parse(delivery.url)?.host ?? '',
    async run() {
      if (clock.now().getTime() + timeoutMs > delivery.leaseUntil) {
        giveBack(0);
        return 'failed';
      }
      const result = await attempt(work, delivery);
      recorder.add(result);
      return result.state === 'delivered' ? 'received' : 'failed';
    },
    putOff: giveBack,
  });
}

function report({ metrics, log }: DispatcherDeps, { delivery, state, tried }: Result): void {
  if (tried === null) return;
  const result = state === 'pending' ? 'retry' : state;
  metrics.notification({ result }, tried.durationMs / 1000);
  if (state !== 'dead') return;
  const facts = { delivery: delivery.id, event: delivery.event.id, app_id: delivery.appId, endpoint: delivery.endpointId };
  log.error('a notification could not be delivered', { ...facts, tries: delivery.tries + 1, status: tried.status, reason: tried.error });
}

async function readOldestAge({ database, clock }: DispatcherDeps): Promise<number> {
  const now = clock.now().getTime();
  const row = await database.get('SELECT created_at FROM deliveries WHERE due_at <= ? ORDER BY due_at LIMIT 1', [now]);
  return row === undefined ? 0 : Math.max(0, now - Number(row['created_at'])) / 1000;
}
