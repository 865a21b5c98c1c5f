/** One try that waits to be made. */
export interface Job {
  /** Name and port of the receiver: what hangs, hangs as a whole. */
  readonly host: string;
  /** Makes the try. Never rejects. */
  run(): Promise<'received' | 'failed'>;
  /** Gives the job back: there is no place for it now. */
  putOff(delayMs: number): void;
}

/** How many tries are under way in each lane. */
export interface Running {
  fast: number;
  slow: number;
}

export interface LaneLimits {
  /** Tries at once, to hosts that answer quickly and to those that do not. */
  readonly fastLane: number;
  readonly slowLane: number;
  /** A host that takes longer goes to the slow lane. */
  readonly slowAfterMs: number;
}

/** What is known of a receiver. */
export interface Host {
  readonly name: string;
  /** `unproven`: it has answered nothing yet, and gets little, so that many unknown ones cannot fill a lane by hanging. */
  pace: 'unproven' | 'quick' | 'slow';
  running: number;
  readonly queue: Job[];
  /** How long its last slow answer took. */
  slowMs: number;
  /** The instant up to which its jobs were put off, one behind another. */
  bookedUntil: number;
}

const unprovenAtOnce = 2;
const unprovenQueue = 16;
/** By then it has answered, or is known to be slow. */
const unprovenPutOffMs = 500;
/** Never for long, since a host may recover. */
const longestPutOffMs = 30_000;

export function makeHost(name: string): Host {
  return { name, pace: 'unproven', running: 0, queue: [], slowMs: 0, bookedUntil: 0 };
}

/** Half of the fast lane at most, a quarter of the slow one: no host fills a lane. */
export function hasRoom(host: Host, running: Running, limits: LaneLimits): boolean {
  if (host.pace === 'slow') return running.slow < limits.slowLane && host.running < slowShare(limits);
  const atOnce = host.pace === 'unproven' ? unprovenAtOnce : Math.max(unprovenAtOnce, Math.floor(limits.fastLane / 2));
  return running.fast < limits.fastLane && host.running < atOnce;
}

/** Keeps a job until there is room. False where the wait could be long. */
export function addToQueue(host: Host, job: Job): boolean {
  const isShort = host.pace === 'quick' || (host.pace === 'unproven' && host.queue.length < unprovenQueue);
  if (isShort) host.queue.push(job);
  return isShort;
}

export function takeQueue(host: Host): readonly Job[] {
  return host.queue.splice(0);
}

/**
 * Answers the pace of the host now. Only a quick success makes it quick, or keeps it so: an address that refuses at once
 * would take half of the lane for tries that come to nothing.
 */
export function learnFrom(host: Host, tookMs: number, result: 'received' | 'failed', slowAfterMs: number): Host['pace'] {
  if (tookMs >= slowAfterMs) {
    host.slowMs = tookMs;
    return 'slow';
  }
  if (result === 'received') {
    host.pace = 'quick';
    host.bookedUntil = 0;
  } else if (host.pace === 'quick') host.pace = 'unproven';
  return host.pace;
}

/** How long to put a job off so that those of one host come back one behind another, at about the rate at which it takes them. */
export function bookPlace(host: Host, limits: LaneLimits, now: number): number {
  if (host.pace !== 'slow') return unprovenPutOffMs;
  const each = Math.max(host.slowMs, limits.slowAfterMs) / slowShare(limits);
  host.bookedUntil = Math.min(now + longestPutOffMs, Math.max(now, host.bookedUntil) + each);
  return Math.round(host.bookedUntil - now);
}

function slowShare({ slowLane }: LaneLimits): number {
  return Math.max(1, Math.floor(slowLane / 4));
}
