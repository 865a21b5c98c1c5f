import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { freePort } from '../../test/kit/free-port.ts';
import type { CallbackJob, CallbackResult } from './callback-load.ts';
import { runPart } from './child.ts';
import { send } from './compare.ts';
import { describeMachine, type Figure, type Report } from './report.ts';
import { codeMethod, type Rig } from './rig.ts';
import { type Given, refuseOthers, withRig, withServer } from './serve.ts';
import { memoryKib } from './usage.ts';

const warmUpSeconds = 2;

/** W2: a signed callback comes in, and the merchant has the notification; at a constant rate. */
export async function benchCallback({ engine, pace, profile, ratePerSecond }: Given): Promise<Report> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const merchantPort = await freePort();
  const notifyUrl = `http://127.0.0.1:${merchantPort}/told`;
  return withRig({ engine, connections: pace.connections, notifyUrl, accounts: [{ publicKey }] }, (rig) =>
    withServer(rig, { profile }, async (server) => {
      const many = { maxRequests: ratePerSecond * (pace.seconds + warmUpSeconds), warmUpMs: 0, durationMs: 600_000 };
      const sides = { rig, server, ids: [], pace, what: 'create' } as const;
      const made = await tellingMeanwhile(rig, merchantPort, () => send(sides, { port: server.port, method: codeMethod, ...many }));
      refuseOthers(made.statuses, ['201']);
      const job: CallbackJob = {
        port: server.port,
        merchantPort,
        path: `/v1/callbacks/stub/${rig.accounts[0]}`,
        privateKey,
        payments: made.numbers,
        ratePerSecond,
        warmUp: ratePerSecond * warmUpSeconds,
        connections: pace.connections,
        pids: { server: server.pid, ...rig.pids },
      };
      const result = await runPart<CallbackResult>(new URL('./callback-load.ts', import.meta.url), job);
      refuseOthers(result.statuses, ['200']);
      if (result.missing > 0) throw new Error(`${result.missing} of ${made.numbers.length} merchants were never told`);
      const figures = [
        ...figuresOf(result),
        { name: 'server memory, highest', value: memoryKib(server.pid).peak / 1024, unit: 'MiB', better: 'lower' },
      ];
      return {
        workload: 'callback',
        conditions: `${ratePerSecond}/s; ${rig.durability}; ${describeMachine()}`,
        figures: figures as Figure[],
      };
    }),
  );
}

/** The merchant hears of the new payments too. What it had not taken by then would be tried again while callbacks are measured. */
async function tellingMeanwhile<Made>(rig: Rig, port: number, make: () => Promise<Made>): Promise<Made> {
  const merchant = createServer((request, response) => {
    request.resume();
    response.writeHead(204).end();
  }).listen(port, '127.0.0.1');
  await once(merchant, 'listening');
  const made = await make();
  while (Number((await rig.read("SELECT COUNT(*) AS left_over FROM deliveries WHERE state = 'pending'"))?.['left_over']) > 0)
    await wait(200);
  merchant.closeAllConnections();
  merchant.close();
  return made;
}

function figuresOf({ told, answered, repeated }: CallbackResult): readonly Figure[] {
  return [
    { name: 'callbacks', value: told.operations, unit: 'count' },
    { name: 'callbacks a second', value: answered.perSecond, unit: '1/s', better: 'higher' },
    { name: 'callback to merchant p50', value: told.p50Ms, unit: 'ms', better: 'lower', goal: 10 },
    { name: 'callback to merchant p99', value: told.p99Ms, unit: 'ms', better: 'lower', goal: 50 },
    { name: 'callback to answer p50', value: answered.p50Ms, unit: 'ms', better: 'lower' },
    { name: 'callback to answer p99', value: answered.p99Ms, unit: 'ms', better: 'lower', goal: 20 },
    { name: 'told twice', value: repeated, unit: 'count', better: 'lower' },
    ...Object.entries(told.cpuUs).map(
      ([name, us]): Figure => ({ name: `CPU of a callback, ${name}`, value: us, unit: 'µs', better: 'lower' }),
    ),
  ];
}
