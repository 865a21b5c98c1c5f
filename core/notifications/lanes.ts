import { type Stopwatch, systemStopwatch } from '../clock.ts';
import {
  addToQueue,
  bookPlace,
  type Host,
  hasRoom,
  type Job,
  type LaneLimits,
  learnFrom,
  makeHost,
  type Running,
  takeQueue,
} from './hosts.ts';

export interface Lanes {
  /** Starts the job, keeps it for a moment, or puts it off. */
  accept(job: Job): void;
  /** How many jobs are running or kept. */
  held(): number;
  /** Puts off all that has not begun, from now on too. Resolves when nothing runs any more. */
  close(): Promise<void>;
}

export interface LaneOptions extends LaneLimits {
  readonly stopwatch?: Stopwatch;
  /** Called when fewer jobs are held than before. */
  readonly onFreed: () => void;
}

interface State {
  readonly options: LaneOptions;
  readonly stopwatch: Stopwatch;
  readonly hosts: Map<string, Host>;
  /** Hosts with a queue, in the order in which they are served. */
  readonly waiting: Set<Host>;
  readonly running: Running;
  closed: PromiseWithResolvers<void> | null;
}

/** What is known of idle hosts is forgotten beyond this. */
const maxHosts = 10_000;

/**
 * Two lanes, so that merchants that hang do not delay the others. In one pool of 64, a tenth of
 * hosts that took a second brought 20,000 tries a second down to 590. A job whose host turns out
 * slow leaves the fast lane at that moment, not when it ends.
 */
export function createLanes(options: LaneOptions): Lanes {
  const { stopwatch = systemStopwatch } = options;
  const state: State = { options, stopwatch, hosts: new Map(), waiting: new Set(), running: { fast: 0, slow: 0 }, closed: null };
  return {
    accept: (job) => accept(state, job),
    held() {
      let queued = 0;
      for (const host of state.waiting) queued += host.queue.length;
      return state.running.fast + state.running.slow + queued;
    },
    close() {
      state.closed ??= Promise.withResolvers<void>();
      for (const host of state.waiting) for (const job of takeQueue(host)) job.putOff(0);
      state.waiting.clear();
      resolveWhenIdle(state);
      return state.closed.promise;
    },
  };
}

function accept(state: State, job: Job): void {
  if (state.closed !== null) {
    job.putOff(0);
    return;
  }
  const host = state.hosts.get(job.host) ?? makeHost(job.host);
  state.hosts.set(job.host, host);
  if (hasRoom(host, state.running, state.options)) start(state, host, job);
  else if (addToQueue(host, job)) state.waiting.add(host);
  else job.putOff(bookPlace(host, state.options, state.stopwatch.elapsedMs()));
}

function start(state: State, host: Host, job: Job): void {
  const { running, options, stopwatch } = state;
  const startedAt = stopwatch.elapsedMs();
  let lane: keyof Running = host.pace === 'slow' ? 'slow' : 'fast';
  running[lane] += 1;
  host.running += 1;
  const cancel = stopwatch.after(options.slowAfterMs, () => {
    running[lane] -= 1;
    lane = 'slow';
    running.slow += 1;
    slowDown(state, host);
    startWaiting(state);
    options.onFreed();
  });
  void job.run().then((result) => {
    cancel();
    running[lane] -= 1;
    host.running -= 1;
    if (learnFrom(host, stopwatch.elapsedMs() - startedAt, result, options.slowAfterMs) === 'slow') slowDown(state, host);
    startWaiting(state);
    forget(state, host);
    resolveWhenIdle(state);
    options.onFreed();
  });
}

/** A slow host keeps no queue: its jobs would outlive their leases. */
function slowDown(state: State, host: Host): void {
  host.pace = 'slow';
  state.waiting.delete(host);
  for (const job of takeQueue(host)) job.putOff(bookPlace(host, state.options, state.stopwatch.elapsedMs()));
}

/** One job of each host in turn, so that a long queue of one does not hold up the others. */
function startWaiting(state: State): void {
  let isMoving = true;
  while (isMoving) {
    const ready = [...state.waiting].filter((host) => hasRoom(host, state.running, state.options));
    for (const host of ready) startNext(state, host);
    isMoving = ready.length > 0;
  }
}

function startNext(state: State, host: Host): void {
  if (!hasRoom(host, state.running, state.options)) return;
  const job = host.queue.shift();
  // To the end of the row of those that wait.
  state.waiting.delete(host);
  if (host.queue.length > 0) state.waiting.add(host);
  if (job !== undefined) start(state, host, job);
}

function forget({ hosts }: State, host: Host): void {
  if (hosts.size > maxHosts && host.running === 0 && host.queue.length === 0) hosts.delete(host.name);
}

function resolveWhenIdle({ running, closed }: State): void {
  if (running.fast + running.slow === 0) closed?.resolve();
}
