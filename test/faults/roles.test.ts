import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'chai';
import { forEachDatabase } from '../kit/database.ts';
import { freePort } from '../kit/free-port.ts';
import { eventually, type Merchant, startMerchant } from '../kit/merchant.ts';
import { type Answer, orderNo, type Paymux, startPaymux, targetOf } from '../kit/paymux.ts';
import { type ServerProcess, serverProcess } from '../kit/process.ts';

describe('Servers that share the work', () => {
  forEachDatabase((name, open) => {
    let paymux: Paymux;
    let shop: Merchant;
    let running: ServerProcess[];

    // The embedded database belongs to one process, which does everything.
    if (name === 'sqlite') return;

    before(async function () {
      this.timeout(60_000);
      shop = await startMerchant();
      paymux = await startPaymux({ database: await open(), serves: false, environment: { PAYMUX_LOG_LEVEL: 'silent' } });
      await paymux.addEndpoint(shop.url);
    });
    beforeEach(() => {
      running = [];
    });
    afterEach(async function () {
      this.timeout(60_000);
      await Promise.all(running.map((server) => server.stop()));
    });
    after(async () => {
      await paymux?.stop();
      await shop?.stop();
    });

    async function start(more: Readonly<Record<string, string>>): Promise<ServerProcess> {
      const server = serverProcess({ ...paymux.environment, ...more });
      running.push(server);
      await server.start();
      return server;
    }

    async function send(server: ServerProcess, method: string, path: string, body?: object) {
      const headers = { authorization: `Bearer ${paymux.key}`, 'content-type': 'application/json' };
      const answer = await fetch(server.url + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
      return { status: answer.status, body: (await answer.json()) as Answer['body'] };
    }

    const order = () => ({ merchant_order_no: orderNo(), amount: 900, currency: 'CNY', subject: 'Tea', method: 'wechat_native' });

    async function takeOne(server: ServerProcess): Promise<string> {
      const created = await send(server, 'POST', '/v1/payments', order());
      expect(created.status, JSON.stringify(created.body)).to.equal(201);
      await paymux.control('/_pay', { target: targetOf(created.body.action) });
      await eventually(async () => (await send(server, 'GET', `/v1/payments/${created.body.id}`)).body.state === 'success');
      return created.body.id;
    }

    const told = (id: string) => shop.received.some(({ body }) => body.type === 'payment.succeeded' && JSON.stringify(body).includes(id));

    it('one answers requests and one does what has a time: neither does the other’s', async function () {
      this.timeout(90_000);
      const api = await start({ PAYMUX_ROLES: 'api' });
      const id = await takeOne(api);
      expect(told(id)).to.equal(false);
      const worker = await start({ PAYMUX_ROLES: 'worker', PORT: String(await freePort()) });
      await eventually(() => told(id));
      expect((await send(worker, 'GET', '/livez')).status).to.equal(200);
      expect((await send(worker, 'POST', '/v1/payments', order())).status).to.equal(404);
    });

    it('several processes serve one port, are started again when they die, and stop together', async function () {
      this.timeout(120_000);
      const metricsPort = await freePort();
      const server = await start({ PAYMUX_PROCESSES: '2', PAYMUX_METRICS_PORT: String(metricsPort) });
      const children = () =>
        execFileSync('ps', ['-o', 'pid=', '--ppid', String(server.pid())], { encoding: 'utf8' })
          .trim()
          .split(/\s+/)
          .map(Number);
      await eventually(() => children().length === 2);
      const [first = 0, second = 0] = children();
      for (const port of [metricsPort, metricsPort + 1]) {
        await eventually(async () =>
          fetch(`http://127.0.0.1:${port}/metrics`).then(
            (answer) => answer.ok,
            () => false,
          ),
        );
      }
      process.kill(first, 'SIGKILL');
      // Requests that the dead one held are lost, as with any server that dies; the next are answered.
      await eventually(() => takeOne(server).catch(() => null));
      await eventually(() => children().length === 2 && !children().includes(first) && children().includes(second));
      const id = await takeOne(server);
      await eventually(() => told(id));
      const all = children();
      expect(await server.stop()).to.equal(0);
      for (const pid of all) expect(() => process.kill(pid, 0)).to.throw();
    });

    it('processes that cannot be configured end all of it, with 78 and the reason', async function () {
      this.timeout(60_000);
      const env = { PATH: process.env.PATH ?? '', ...paymux.environment, PAYMUX_KEY_FILE: '/nowhere/paymux.key' };
      const child = spawn(process.execPath, ['core/main.ts', '--processes', '2'], { env, stdio: ['ignore', 'ignore', 'pipe'] });
      let said = '';
      child.stderr.on('data', (chunk: Buffer) => {
        said += chunk.toString();
      });
      expect((await once(child, 'exit'))[0]).to.equal(78);
      expect(said).to.include('/nowhere/paymux.key');
    });
  });
});
