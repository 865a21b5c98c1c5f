import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { makeNumber } from '../../core/ids.ts';
import { readJob } from './child.ts';
import { type Connection, openConnection } from './connection.ts';
import { type Measured, sumUp } from './latency.ts';
import { cpuMs } from './usage.ts';

/** What the generator is asked to do. Runs as a process of its own. */
export interface LoadJob {
  readonly port: number;
  readonly key: string;
  readonly what: 'create' | 'query' | 'refund' | 'echo';
  readonly method: string;
  /** Payments to read or to refund. */
  readonly ids: readonly string[];
  /** How many refunds in a row are of the same payment. */
  readonly refundsEach?: number;
  /** What one refund gives back. */
  readonly refundAmount?: number;
  /** Where the merchants are told, in turn. Absent: where the app says. */
  readonly notifyUrls?: readonly string[];
  readonly connections: number;
  readonly warmUpMs: number;
  readonly durationMs: number;
  /** Requests started each second, whatever the answers do; null: each connection sends as soon as it is answered. */
  readonly ratePerSecond: number | null;
  /** Ends after this many requests, warm-up included; null: by time alone. */
  readonly maxRequests: number | null;
  readonly isKeyed: boolean;
  /** Order numbers in no order, as many merchants make them. By default they grow with time. */
  readonly isShuffled: boolean;
  /** Processes whose CPU time is counted, by name. */
  readonly pids: Readonly<Record<string, number>>;
}

export interface LoadResult {
  readonly measured: Measured;
  /** Answers by status, warm-up included. */
  readonly statuses: Readonly<Record<string, number>>;
  /** How many ids were answered twice. Warm-up included. */
  readonly repeatedIds: number;
  /** Some of the payments that were made. */
  readonly ids: readonly string[];
  /** Some of them that wait for their shopper, each with the number that its channel knows. */
  readonly numbers: readonly (readonly [string, string])[];
}

interface Run {
  readonly job: LoadJob;
  readonly durations: number[];
  readonly statuses: Record<string, number>;
  readonly ids: Set<string>;
  readonly numbers: [string, string][];
  readonly countFrom: number;
  readonly until: number;
  repeated: number;
  sent: number;
}

const keptIds = 20_000;

/** The text of one request, complete. */
function makeRequest(job: LoadJob, index: number): string {
  const head = `Host: 127.0.0.1\r\nAuthorization: Bearer ${job.key}\r\n`;
  if (job.what === 'query') return `GET /v1/payments/${job.ids[index % job.ids.length]} HTTP/1.1\r\n${head}\r\n`;
  const isRefund = job.what === 'refund';
  const path = isRefund ? `/v1/payments/${job.ids[Math.floor(index / (job.refundsEach ?? 1)) % job.ids.length]}/refunds` : '/v1/payments';
  const body = JSON.stringify(isRefund ? makeRefund(job) : makeOrder(job, index));
  const keyed = job.isKeyed ? `Idempotency-Key: ${randomBytes(16).toString('hex')}\r\n` : '';
  const typed = `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n`;
  return `POST ${path} HTTP/1.1\r\n${head}${keyed}${typed}\r\n${body}`;
}

function makeRefund({ refundAmount = 1999 }: LoadJob) {
  return { merchant_refund_no: makeNumber(new Date()), amount: refundAmount, reason: 'cold tea' };
}

function makeOrder({ method, notifyUrls = [], isShuffled }: LoadJob, index: number) {
  const told = notifyUrls.length === 0 ? {} : { notify_url: notifyUrls[index % notifyUrls.length] };
  const number = isShuffled ? randomBytes(13).toString('hex') : makeNumber(new Date());
  const order = { merchant_order_no: number, amount: 1999, currency: 'CNY', subject: 'Two kinds of tea' };
  return { ...order, method, metadata: { cart: '7f1' }, ...told };
}

async function sendOne(run: Run, connection: Connection, since: number): Promise<void> {
  const index = run.sent;
  run.sent += 1;
  const answer = await connection.send(makeRequest(run.job, index));
  const now = performance.now();
  run.statuses[answer.status] = (run.statuses[answer.status] ?? 0) + 1;
  if (since >= run.countFrom && since < run.until) run.durations.push(now - since);
  if (run.job.what === 'create') noteId(run, answer.body);
}

function noteId(run: Run, body: string): void {
  const id = /"id":"(pay_[0-9A-Z]{26})"/.exec(body)?.[1];
  if (id === undefined) return;
  const number = /stub:\/\/pay\/(\w+)/.exec(body)?.[1];
  if (number !== undefined && run.numbers.length < keptIds) run.numbers.push([id, number]);
  if (run.ids.has(id)) run.repeated += 1;
  else run.ids.add(id);
}

function isOver(run: Run): boolean {
  return performance.now() >= run.until || (run.job.maxRequests !== null && run.sent >= run.job.maxRequests);
}

async function sendInTurn(run: Run, connection: Connection): Promise<void> {
  while (!isOver(run)) await sendOne(run, connection, performance.now());
}

/** A request that finds no free connection waits for one, and its wait is counted: that is what a shop's clients would feel. */
async function sendAtRate(run: Run, connections: readonly Connection[], ratePerSecond: number): Promise<void> {
  const free = [...connections];
  const late: number[] = [];
  const underWay = new Set<Promise<void>>();
  const startNext = () => {
    for (let connection = free.pop(); connection !== undefined; connection = free.pop()) {
      const since = late.shift();
      if (since === undefined) return void free.push(connection);
      underWay.add(track(connection, since));
    }
  };
  const track = (connection: Connection, since: number): Promise<void> => {
    const sending: Promise<void> = sendOne(run, connection, since).then(() => {
      underWay.delete(sending);
      free.push(connection);
      startNext();
    });
    return sending;
  };
  const begin = performance.now();
  for (let due = 0; !isOver(run); await wait(1)) {
    for (; begin + (due * 1000) / ratePerSecond <= performance.now(); due += 1) late.push(begin + (due * 1000) / ratePerSecond);
    startNext();
  }
  while (underWay.size > 0 || late.length > 0) await Promise.race([...underWay]);
}

async function main(): Promise<LoadResult> {
  const job = await readJob<LoadJob>();
  const connections = await Promise.all(Array.from({ length: job.connections }, () => openConnection(job.port)));
  const countFrom = performance.now() + job.warmUpMs;
  const until = countFrom + job.durationMs;
  const run: Run = { job, durations: [], statuses: {}, ids: new Set(), numbers: [], countFrom, until, repeated: 0, sent: 0 };
  const pids = { ...job.pids, generator: process.pid };
  const spent = (): Record<string, number> => Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, cpuMs(pid)]));
  let before = spent();
  setTimeout(() => {
    before = spent();
  }, job.warmUpMs);
  const rate = job.ratePerSecond;
  await (rate === null ? Promise.all(connections.map((one) => sendInTurn(run, one))) : sendAtRate(run, connections, rate));
  const elapsedMs = Math.min(performance.now(), until) - countFrom;
  const after = spent();
  for (const connection of connections) connection.close();
  const used = Object.fromEntries(Object.entries(after).map(([name, ms]) => [name, ms - (before[name] ?? 0)]));
  const ids = [...run.ids].slice(0, keptIds);
  return { measured: sumUp(run.durations, elapsedMs, used), statuses: run.statuses, repeatedIds: run.repeated, ids, numbers: run.numbers };
}

process.stdout.write(JSON.stringify(await main()));
