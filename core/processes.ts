import cluster, { type Worker } from 'node:cluster';
import { setTimeout as wait } from 'node:timers/promises';
import type { Log } from './log.ts';

export interface ProcessesRule {
  readonly count: number;
  /** Of each process; the metrics answer on a port of their own each, counted up from the first. */
  readonly metricsPort: number | null;
  /** An exit code by which a process says that starting it again cannot help. */
  readonly finalCode: number;
}

/** A process that ended is started again at once; one that cannot live is tried ever more rarely. */
const [livedMs, longestPauseMs] = [10_000, 30_000];

/**
 * Keeps so many server processes on one port, and answers the exit code once all have ended: after `stop` is aborted, or when
 * one says that no restart can help. They share nothing but the port and the database; when this process is killed they end.
 */
export async function keepProcesses(rule: ProcessesRule, log: Log, stop: AbortSignal): Promise<number> {
  const ending = new AbortController();
  const signal = AbortSignal.any([stop, ending.signal]);
  const codes = await Promise.all(
    Array.from({ length: rule.count }, async (_, index) => {
      const code = await keepOne(rule, index, log, signal);
      if (code === rule.finalCode) ending.abort();
      return code;
    }),
  );
  return codes.find((code) => code === rule.finalCode) ?? codes.find((code) => code !== 0) ?? 0;
}

async function keepOne(rule: ProcessesRule, index: number, log: Log, signal: AbortSignal): Promise<number> {
  for (let failures = 0; ; ) {
    const since = performance.now();
    const { code, cause } = await runOne(rule, index, signal);
    if (signal.aborted || code === rule.finalCode) return code;
    failures = performance.now() - since > livedMs ? 0 : failures + 1;
    const pauseMs = failures === 0 ? 0 : Math.min(500 * 2 ** failures, longestPauseMs);
    log.error('a server process ended and is started again', { process: index, cause, pause_ms: pauseMs });
    const isStopped = await wait(pauseMs, false, { signal }).catch(() => true);
    if (isStopped) return 0;
  }
}

interface Ended {
  readonly code: number;
  /** For people: `exit code 1`, `SIGKILL`. */
  readonly cause: string;
}

function runOne({ metricsPort }: ProcessesRule, index: number, signal: AbortSignal): Promise<Ended> {
  const worker: Worker = cluster.fork(metricsPort === null ? {} : { PAYMUX_METRICS_PORT: String(metricsPort + index) });
  const end = () => worker.process.kill('SIGTERM');
  signal.addEventListener('abort', end, { once: true });
  return new Promise((resolve) => {
    worker.once('exit', (code, killedBy) => {
      signal.removeEventListener('abort', end);
      const cause = killedBy === null ? `exit code ${code}` : String(killedBy);
      // One that was still starting has nothing to end, and dies of the signal.
      const isAsked = signal.aborted && killedBy === 'SIGTERM';
      resolve({ code: killedBy === null ? code : isAsked ? 0 : 1, cause });
    });
  });
}
