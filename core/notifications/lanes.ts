/** One try that waits to be made. */
export interface Job {
  /** Name and port of the receiver: what hangs, hangs as a whole. */
  readonly host: string;
  /** Makes the try. Never rejects. */
  run(): Promise<'received' | 'failed'>;
  /** Gives the job back: there is no place for it now. */
  putOff(delayMs: number): void;
}

export interface Lanes {
  /** Starts the job, keeps it for a moment, or puts it off. */
  accept(job: Job): void;
  /** How many jobs are running or kept. */
  held(): number;
  /** Puts off all that has not begun, from now on too. Resolves when nothing runs any more. */
  close(): Promise<void>;
}

export interface LaneOptions {
  /** Tries at once, to hosts that answer quickly and to those that do not. */
  readonly fastLane: number;
  readonly slowLane: number;
  /** A host that takes longer goes to the slow lane. */
  readonly slowAfterMs: number;
  /** Called when a job has ended. */
  readonly onFreed: () => void;
}

/** `unproven` hosts have answered nothing yet and get little, so that a hundred unknown ones cannot fill a lane by hanging. */
type Pace = 'unproven' | 'quick' | 'slow';

interface Host {
  readonly name: string;
  pace: Pace;
  running: number;
  readonly queue: Job[];
  /** How long its last slow answer took, and the instant up to which jobs were put off one behind another. */
  slowMs: number;
  bookedUntil: number;
}

const unprovenAtOnce = 2;
const unprovenQueue = 16;
const longestPutOffMs = 30_000;
const maxIdleHosts = 10_000;

/**
 * Two lanes, so that merchants that hang do not delay the others. In one pool of 64, a tenth of
 * hosts that took a second brought 20,000 tries a second down to 590. A job whose host turns out
 * slow leaves the fast lane at that moment, not when it ends.
 */
export function createLanes(options: LaneOptions): Lanes {
  const hosts = new Map<string, Host>();
  const waiting = new Set<Host>();
  const running = { fast: 0, slow: 0 };
  let queued = 0;
  let closed: PromiseWithResolvers<void> | null = null;

  const hasRoom = (host: Host): boolean => {
    if (host.pace === 'slow') return running.slow < options.slowLane && host.running < Math.max(1, Math.floor(options.slowLane / 4));
    const atOnce = host.pace === 'unproven' ? unprovenAtOnce : Math.max(unprovenAtOnce, Math.floor(options.fastLane / 2));
    return running.fast < options.fastLane && host.running < atOnce;
  };

  const start = (host: Host, job: Job): void => {
    const startedAt = performance.now();
    let lane: 'fast' | 'slow' = host.pace === 'slow' ? 'slow' : 'fast';
    running[lane] += 1;
    host.running += 1;
    const timer = setTimeout(() => {
      running[lane] -= 1;
      lane = 'slow';
      running.slow += 1;
      slowDown(host);
      startWaiting();
    }, options.slowAfterMs);
    void job.run().then((result) => {
      clearTimeout(timer);
      running[lane] -= 1;
      host.running -= 1;
      learn(host, performance.now() - startedAt, result);
      startWaiting();
      finish(host);
    });
  };

  const slowDown = (host: Host): void => {
    host.pace = 'slow';
    waiting.delete(host);
    for (const job of host.queue.splice(0)) {
      queued -= 1;
      job.putOff(nextPlace(host, options));
    }
  };

  const learn = (host: Host, tookMs: number, result: 'received' | 'failed'): void => {
    if (tookMs >= options.slowAfterMs) {
      host.slowMs = tookMs;
      slowDown(host);
    } else if (host.pace !== 'slow' || result === 'received') {
      host.pace = 'quick';
      host.bookedUntil = 0;
    }
  };

  /** One job of each host in turn, so that a long queue of one does not hold up the others. */
  const startWaiting = (): void => {
    let isMoving = true;
    while (isMoving && running.fast < options.fastLane) {
      isMoving = false;
      for (const host of [...waiting]) {
        if (!hasRoom(host)) continue;
        isMoving = startNext(host) || isMoving;
      }
    }
  };

  const startNext = (host: Host): boolean => {
    const job = host.queue.shift();
    if (host.queue.length === 0) waiting.delete(host);
    if (job === undefined) return false;
    queued -= 1;
    start(host, job);
    return true;
  };

  const finish = (host: Host): void => {
    if (hosts.size > maxIdleHosts && host.running === 0 && host.queue.length === 0) hosts.delete(host.name);
    if (running.fast + running.slow === 0) closed?.resolve();
    options.onFreed();
  };

  return {
    accept(job) {
      if (closed !== null) {
        job.putOff(0);
        return;
      }
      const host = hosts.get(job.host) ?? makeHost(job.host);
      hosts.set(job.host, host);
      if (hasRoom(host)) start(host, job);
      else if (host.pace === 'quick' || (host.pace === 'unproven' && host.queue.length < unprovenQueue)) {
        queued += 1;
        host.queue.push(job);
        waiting.add(host);
      } else job.putOff(nextPlace(host, options));
    },
    held: () => running.fast + running.slow + queued,
    close() {
      closed ??= Promise.withResolvers<void>();
      for (const host of waiting) for (const job of host.queue.splice(0)) job.putOff(0);
      waiting.clear();
      queued = 0;
      if (running.fast + running.slow === 0) closed.resolve();
      return closed.promise;
    },
  };
}

function makeHost(name: string): Host {
  return { name, pace: 'unproven', running: 0, queue: [], slowMs: 0, bookedUntil: 0 };
}

/**
 * How long to put a job off so that those of one slow host come back one behind another, at about
 * the rate at which it takes them; never for long, since it may recover.
 */
function nextPlace(host: Host, { slowLane, slowAfterMs }: LaneOptions): number {
  const now = performance.now();
  const each = Math.max(host.slowMs, slowAfterMs) / Math.max(1, Math.floor(slowLane / 4));
  host.bookedUntil = Math.min(now + longestPutOffMs, Math.max(now, host.bookedUntil) + each);
  return host.bookedUntil - now;
}
