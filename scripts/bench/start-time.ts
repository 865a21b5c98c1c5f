import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import { freePort } from '../../test/kit/free-port.ts';
import { endProcess } from './child.ts';
import { codeMethod, makeRig, type Rig } from './rig.ts';
import { serverEnvironment, serverOptions } from './server.ts';

/** From the start of the process to its first answer, in milliseconds, each as often as asked. */
export interface StartTimes {
  readonly channels: number;
  /** Up to the first payment that is answered 201. */
  readonly server: readonly number[];
  /** The libraries alone, up to the first answer. */
  readonly bare: readonly number[];
  readonly idleKib: number;
}

/** The limit: what koa, mysql2 and sequelize take to be loaded and to answer, without anything of ours. */
const bareServer = `import Koa from 'koa';
import 'mysql2/promise';
import 'sequelize';
const app = new Koa();
app.use((ctx) => { ctx.status = 201; ctx.body = '{}'; });
app.listen(Number(process.env.PORT), '127.0.0.1');`;

/** A server keeps a stopped clock's worth of garbage for a while: idle is what it holds when that has gone. */
const idleAfterMs = 5000;

export async function benchStart(rounds: number, channels: number, readKib: (pid: number) => number): Promise<StartTimes> {
  const rig = await makeRig({ engine: 'sqlite', connections: 1, channels });
  try {
    const server: number[] = [];
    const bare: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      bare.push((await timeOne(['--input-type=module', '--eval', bareServer], rig, round)).elapsedMs);
      server.push((await timeOne([...serverOptions, 'core/main.ts'], rig, round)).elapsedMs);
    }
    const { idleKib } = await timeOne([...serverOptions, 'core/main.ts'], rig, rounds, readKib);
    return { channels, server, bare, idleKib };
  } finally {
    await rig.remove();
  }
}

async function timeOne(args: readonly string[], rig: Rig, round: number, readKib: ((pid: number) => number) | null = null) {
  const port = await freePort();
  const env = { PATH: process.env['PATH'] ?? '', PORT: String(port), ...rig.environment, ...serverEnvironment };
  const since = performance.now();
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
  try {
    await untilPaid(child, `http://127.0.0.1:${port}/v1/payments`, rig, `${args.length}-${round}`);
    const elapsedMs = performance.now() - since;
    if (readKib === null) return { elapsedMs, idleKib: 0 };
    await wait(idleAfterMs);
    return { elapsedMs, idleKib: readKib(child.pid ?? 0) };
  } finally {
    await endProcess(child, 'SIGTERM');
  }
}

async function untilPaid(child: ChildProcess, url: string, rig: Rig, orderNo: string): Promise<void> {
  const headers = { authorization: `Bearer ${rig.key}`, 'content-type': 'application/json' };
  const order = { merchant_order_no: orderNo, amount: 1999, currency: 'CNY', subject: 'Two kinds of tea', method: codeMethod };
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode} before it served`);
    const status = await fetch(url, { method: 'POST', headers, body: JSON.stringify(order) }).then(
      (answer) => answer.arrayBuffer().then(() => answer.status),
      () => 0,
    );
    if (status === 201) return;
    if (status !== 0 && status !== 503) throw new Error(`the first payment was answered ${status}`);
    await wait(2);
  }
}
