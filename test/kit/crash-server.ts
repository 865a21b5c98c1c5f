/**
 * The server, as `core/main.ts` starts it, that kills itself where `PAYMUX_CRASH_AT` says: at the
 * first pass, or with `PAYMUX_CRASH_AFTER` at a later one. Each point that it passes is a line in
 * the file `PAYMUX_CRASH_LOG`.
 */
import { appendFileSync } from 'node:fs';
import { ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { loadConfig } from '../../core/config.ts';
import type { Cradle } from '../../core/container.ts';
import { runAll } from '../../core/jobs/schedule.ts';
import { boot, die, houseKeeping } from '../../core/main.ts';
import { archiveFinished } from '../../core/payments/archive.ts';
import type { Tx } from '../../core/store/database.ts';

const { PAYMUX_CRASH_AT: crashAt, PAYMUX_CRASH_AFTER: passes = '1', PAYMUX_CRASH_LOG: file = '/dev/null', ...environment } = process.env;

function makePoint(): (name: string) => void {
  const seen = new Set<string>();
  let left = Number(passes);
  return (name) => {
    if (!seen.has(name)) appendFileSync(file, `${name}\n`);
    seen.add(name);
    if (name !== crashAt) return;
    left -= 1;
    // As a power cut would end it: no handler runs, nothing is flushed.
    if (left === 0) process.kill(process.pid, 'SIGKILL');
  };
}

const point = makePoint();

/** Who began the transaction: `payments/pay.pay`. */
function nameOfCaller(): string {
  const frames = (new Error().stack ?? '')
    .split('\n')
    .map((line) => /at (?:async )?(?:Object\.)?([\w.]+) \(.*\/core\/(.+)\.ts:/.exec(line));
  const frame = frames.find((found) => found !== null && !/^(store)\//.test(found[2] ?? ''));
  return frame === undefined || frame === null ? 'unnamed' : `${frame[2]}.${frame[1]}`;
}

function watchTransactions({ database }: Cradle): void {
  const begin = database.transaction;
  Object.assign(database, {
    async transaction<T>(work: (tx: Tx) => Promise<T>, ...more: []) {
      const name = nameOfCaller();
      point(`before ${name}`);
      const inside = async (tx: Tx) => {
        const result = await work(tx);
        point(`inside ${name}`);
        return result;
      };
      const result = await begin(inside, ...more);
      point(`after ${name}`);
      return result;
    },
  });
}

function watchCalls({ caller }: Cradle): void {
  const { call } = caller;
  const watched: typeof call = async (account, operation, work) => {
    point(`before calling ${operation}`);
    const answer = await call(account, operation, (tools) => {
      const answering = work(tools);
      point(`while calling ${operation}`);
      return answering;
    });
    point(`after calling ${operation}`);
    return answer;
  };
  Object.assign(caller, { call: watched });
}

function watchReloads({ channels }: Cradle): void {
  const { reload } = channels;
  const watched: typeof reload = (records, off) => {
    point('before taking over accounts');
    const faults = reload(records, off);
    point('after taking over accounts');
    return faults;
  };
  Object.assign(channels, { reload: watched });
}

/** `POST payments`, without what is different each time. */
function nameOfRequest(method = '', url = ''): string {
  const parts = (url.split('?')[0] ?? '').split('/').filter((part) => /^[a-z]+$/.test(part) && part !== 'v');
  return `${method} ${parts.join('/')}`;
}

function watchAnswers(): void {
  const { end } = ServerResponse.prototype;
  ServerResponse.prototype.end = function watched(this: ServerResponse, ...rest: unknown[]) {
    const name = nameOfRequest(this.req.method, this.req.url);
    point(`before answering ${name}`);
    this.once('finish', () => point(`after answering ${name}`));
    return (end as (...all: unknown[]) => ServerResponse).apply(this, rest);
  } as typeof end;
}

/** What comes once an hour, at once: the leases of the server that was killed before have ended by then. */
async function keepHouse(cradle: Cradle): Promise<void> {
  await cradle.database.transaction((tx) => tx.run('UPDATE leases SET expires_at = 0'));
  await runAll(cradle, houseKeeping(cradle));
}

/** Archives whatever has come to an end just now, again and again: by the hour and the day, nothing would be old enough. */
async function archiveAtOnce({ database }: Cradle): Promise<never> {
  for (;;) {
    const now = new Date();
    await archiveFinished({ database, now, before: new Date(now.getTime() + 60_000) });
    await wait(100);
  }
}

async function main(): Promise<void> {
  const loaded = loadConfig(environment);
  if (loaded.kind === 'faults') throw new Error(JSON.stringify(loaded.faults));
  watchAnswers();
  point('before opening the database');
  const wired: Cradle[] = [];
  const server = await boot(loaded.config, undefined, (cradle) => {
    point('after migrating');
    watchTransactions(cradle);
    watchCalls(cradle);
    watchReloads(cradle);
    wired.push(cradle);
  });
  point('serving');
  for (const cradle of wired) await keepHouse(cradle);
  if (crashAt?.includes('payments/archive')) for (const cradle of wired) void archiveAtOnce(cradle).catch(die);
  process.once('SIGTERM', () => void server.stop().then(() => process.exit(0)));
}

main().catch(die);
