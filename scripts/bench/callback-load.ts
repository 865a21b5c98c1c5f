import { createPrivateKey, sign } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { readJob } from './child.ts';
import { type Connection, openConnection } from './connection.ts';
import { type Measured, sumUp } from './latency.ts';
import { cpuMs } from './usage.ts';

/** Plays the channel that calls back and the merchant who is told. Runs as a process of its own. */
export interface CallbackJob {
  readonly port: number;
  readonly merchantPort: number;
  /** Of the account that is called back. */
  readonly path: string;
  readonly privateKey: string;
  /** Payments and the numbers that the channel knows them by. Each is called back for once. */
  readonly payments: readonly (readonly [string, string])[];
  readonly ratePerSecond: number;
  /** The first so many are called back for and not counted: the server's code is compiled by them. */
  readonly warmUp: number;
  readonly connections: number;
  readonly pids: Readonly<Record<string, number>>;
}

export interface CallbackResult {
  /** From when a callback was due until the merchant had the notification. */
  readonly told: Measured;
  /** From when a callback was due until the channel had its answer. */
  readonly answered: Measured;
  readonly statuses: Readonly<Record<string, number>>;
  /** Notifications of one payment's success beyond the first. */
  readonly repeated: number;
  readonly missing: number;
}

const graceMs = 20_000;

interface Run {
  readonly dueAt: Map<string, number>;
  readonly toldAt: Map<string, number>;
  readonly answeredMs: number[];
  readonly statuses: Record<string, number>;
  repeated: number;
}

async function main(): Promise<CallbackResult> {
  const job = await readJob<CallbackJob>();
  const requests = job.payments.map(([, number]) => makeRequest(job, number));
  const run: Run = { dueAt: new Map(), toldAt: new Map(), answeredMs: [], statuses: {}, repeated: 0 };
  const merchant = createServer(async (request, response) => {
    noteTold(run, await readBody(request));
    response.writeHead(204).end();
  }).listen(job.merchantPort, '127.0.0.1');
  const connections = await Promise.all(Array.from({ length: job.connections }, () => openConnection(job.port)));
  const warm = { ...job, payments: job.payments.slice(0, job.warmUp) };
  await sendAll(run, warm, requests.slice(0, job.warmUp), connections);
  run.answeredMs.length = 0;
  const counted = { ...job, payments: job.payments.slice(job.warmUp) };
  const before = spentBy(job.pids);
  const startedAt = performance.now();
  await sendAll(run, counted, requests.slice(job.warmUp), connections);
  const elapsedMs = performance.now() - startedAt;
  const until = performance.now() + graceMs;
  while (run.toldAt.size < job.payments.length && performance.now() < until) await wait(20);
  const used = Object.fromEntries(Object.entries(spentBy(job.pids)).map(([name, ms]) => [name, ms - (before[name] ?? 0)]));
  for (const connection of connections) connection.close();
  merchant.closeAllConnections();
  merchant.close();
  const toldMs = counted.payments.map(([id]) => (run.toldAt.get(id) ?? Number.NaN) - (run.dueAt.get(id) ?? 0)).filter((ms) => ms >= 0);
  return {
    told: sumUp(toldMs, elapsedMs, used),
    answered: sumUp(run.answeredMs, elapsedMs, used),
    statuses: run.statuses,
    repeated: run.repeated,
    missing: job.payments.length - run.toldAt.size,
  };
}

/** Signed beforehand: the channel's own signing is not what is measured. */
function makeRequest({ path, privateKey }: CallbackJob, number: string): string {
  const body = JSON.stringify({ number, amount: 1999, currency: 'CNY' });
  const signature = sign('RSA-SHA256', Buffer.from(body), createPrivateKey(privateKey)).toString('base64');
  return `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Signature: ${signature}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

/** A callback that finds no free connection waits for one, and its wait is counted. */
async function sendAll(run: Run, job: CallbackJob, requests: readonly string[], connections: readonly Connection[]): Promise<void> {
  const begin = performance.now() + 50;
  let next = 0;
  const takeTurns = async (connection: Connection) => {
    for (let index = next++; index < requests.length; index = next++) {
      const due = begin + (index * 1000) / job.ratePerSecond;
      run.dueAt.set(job.payments[index]?.[0] ?? '', due);
      if (due > performance.now()) await wait(due - performance.now());
      const { status } = await connection.send(requests[index] ?? '');
      run.statuses[status] = (run.statuses[status] ?? 0) + 1;
      run.answeredMs.push(performance.now() - due);
    }
  };
  await Promise.all(connections.map(takeTurns));
}

async function readBody(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  return text;
}

function noteTold(run: Run, body: string): void {
  if (!body.includes('"type":"payment.succeeded"')) return;
  const id = /pay_[0-9A-Z]{26}/.exec(body)?.[0] ?? '';
  if (run.toldAt.has(id)) run.repeated += 1;
  else run.toldAt.set(id, performance.now());
}

function spentBy(pids: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, cpuMs(pid)]));
}

process.stdout.write(JSON.stringify(await main()), () => process.exit(0));
