import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { migrate } from '../../core/store/migrations/migrate.ts';
import { type OpenDatabase, openDatabase } from '../../core/store/open.ts';
import { checkMoney } from '../kit/check-money.ts';
import { freePort } from '../kit/free-port.ts';
import { type Galera, hasGalera, startGalera } from '../kit/galera.ts';
import { eventually } from '../kit/merchant.ts';
import { type Paymux, startPaymux, targetOf } from '../kit/paymux.ts';
import { type ServerProcess, serverProcess } from '../kit/process.ts';

const name = 'paymux_cluster';

/** Two servers, each on another node of three. A load balancer between servers and nodes would only hide which node a server has. */
describe('Servers on a cluster of three databases', function () {
  this.timeout(240_000);
  let galera: Galera;
  let opened: OpenDatabase;
  let paymux: Paymux;
  let servers: readonly [ServerProcess, ServerProcess];
  const folder = mkdtempSync(join(tmpdir(), 'paymux-galera-'));

  before('Galera is installed', async function () {
    if (!hasGalera()) this.skip();
    galera = await startGalera();
    await galera.nodes[0].query(`CREATE DATABASE ${name}`);
    const options = { url: galera.addressAt(2, name), dataDir: folder };
    opened = await openDatabase(options);
    await migrate(opened);
    const [one, two] = [await freePort(), await freePort()];
    const environment = { PAYMUX_LOG_LEVEL: 'silent', PAYMUX_CHANNELS_TIMEOUT_MS: '1000', PAYMUX_PUBLIC_URL: `http://127.0.0.1:${two}` };
    paymux = await startPaymux({ database: { ...opened, options }, serves: false, environment });
    // One writes in groups and the other, as is the default on a cluster, does not.
    const on = (port: number, node: number, more: object = {}) =>
      serverProcess({ ...paymux.environment, PORT: String(port), PAYMUX_DATABASE_URL: galera.addressAt(node, name), ...more });
    servers = [on(one, 0, { PAYMUX_DATABASE_WRITES: 'grouped' }), on(two, 1)];
    await Promise.all(servers.map((server) => server.start()));
  });
  after(async () => {
    await Promise.all((servers ?? []).map((server) => server.kill()));
    await paymux?.stop();
    await opened?.close();
    await galera?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const call = async (server: ServerProcess, path: string, body?: object) => {
    const headers = { authorization: `Bearer ${paymux.key}`, 'content-type': 'application/json' };
    const post = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
    const answer = await fetch(server.url + path, { headers, ...post, signal: AbortSignal.timeout(20_000) }).catch(() => null);
    // biome-ignore lint/suspicious/noExplicitAny: answers have every shape.
    return answer === null ? null : { status: answer.status, body: (await answer.json()) as any };
  };
  const orderOf = (number: string) => ({
    merchant_order_no: number,
    amount: 1000,
    currency: 'CNY',
    subject: 'Tea',
    method: 'wechat_native',
  });
  /** On whichever server answers: what a merchant does whose request was lost. */
  const insist = (path: string, body: object | undefined, allowed: readonly number[]) =>
    eventually(
      async () => {
        for (const server of servers) {
          const answer = await call(server, path, body);
          if (answer !== null && allowed.includes(answer.status)) return answer.body;
        }
        return null;
      },
      () => `no answer to ${path}`,
      60_000,
    );
  /** The books are compared with the vendors' when nothing moves: they are not read in one moment. */
  const untilAtRest = () =>
    eventually(
      async () => {
        const payments = await opened.database.get("SELECT COUNT(*) AS n FROM payments WHERE state = 'processing'");
        const refunds = await opened.database.get("SELECT COUNT(*) AS n FROM refunds WHERE state NOT IN ('succeeded', 'failed')");
        return Number(payments?.n) + Number(refunds?.n) === 0;
      },
      () => 'something that has not come to its end',
      90_000,
    );
  const findWrong = async () => checkMoney(opened.database, (await paymux.control('/_truth?since=0')).body.entries);

  it('show on one node what was answered on another, at once', async () => {
    for (let index = 0; index < 40; index += 1) {
      const made = await call(servers[index % 2] as ServerProcess, '/v1/payments', orderOf(`fresh-${index}`));
      expect(made?.status).to.equal(201);
      expect((await call(servers[(index + 1) % 2] as ServerProcess, `/v1/payments/${made?.body.id}`))?.status, `${index}`).to.equal(200);
    }
  });

  it('make one payment of an order that both are sent at the same time', async () => {
    for (let index = 0; index < 25; index += 1) {
      const both = await Promise.all(servers.map((server) => call(server, '/v1/payments', orderOf(`both-${index}`))));
      for (const answer of both) expect(answer?.status, JSON.stringify(answer?.body)).to.be.oneOf([200, 201]);
      expect(new Set(both.map((answer) => answer?.body.id)).size).to.equal(1);
    }
    expect(await findWrong()).to.deep.equal([]);
  });

  it('never refund more than was paid, however the refunds are spread over the nodes', async () => {
    const { id, action } = await insist('/v1/payments', orderOf('refunds'), [201]);
    await paymux.control('/_pay', { target: targetOf(action) });
    await eventually(async () => (await call(servers[0], `/v1/payments/${id}`))?.body.state === 'success');
    const refund = (index: number) =>
      call(servers[index % 2] as ServerProcess, `/v1/payments/${id}/refunds`, { merchant_refund_no: `r-${index}`, amount: 300 });
    const answers = await Promise.all(Array.from({ length: 24 }, (_, index) => refund(index)));
    expect(answers.filter((answer) => answer !== null && answer.status < 300)).to.have.length(3);
    await untilAtRest();
    expect(await findWrong()).to.deep.equal([]);
  });

  it('lose nothing that they acknowledged when a node dies under load and comes back, and then a server', async () => {
    const load = { isOver: false, made: 0 };
    const work = async (worker: number) => {
      while (!load.isOver) {
        load.made += 1;
        const number = `load-${worker}-${load.made}`;
        const { id } = await insist('/v1/payments', orderOf(number), [200, 201]);
        const payment = await insist(`/v1/payments/${id}`, undefined, [200]);
        if (payment.action !== null) await paymux.control('/_pay', { target: targetOf(payment.action) });
        if (load.made % 3 === 0) await insist(`/v1/payments/${id}/refunds`, { merchant_refund_no: number, amount: 100 }, [200, 201, 409]);
      }
    };
    const working = Promise.all([1, 2, 3, 4].map(work));
    const untilMade = (count: number) =>
      eventually(
        () => load.made >= count,
        () => `${load.made} payments`,
        60_000,
      );
    await untilMade(40);
    await galera.nodes[0].kill();
    await untilMade(80);
    await galera.nodes[0].start();
    await galera.untilSynced(0);
    await untilMade(load.made + 20);
    await servers[1].kill();
    await untilMade(load.made + 20);
    await servers[1].start();
    load.isOver = true;
    await working;
    await untilAtRest();
    await eventually(
      async () => (await findWrong()).length === 0,
      () => 'a violation',
      70_000,
    ).catch(() => undefined);
    expect(await findWrong()).to.deep.equal([]);
    const kept = await opened.database.get("SELECT COUNT(*) AS n FROM payments WHERE merchant_order_no LIKE 'load-%'");
    expect(Number(kept?.n)).to.equal(load.made);
  });

  it('take nothing on a node that has lost the others, say so, and go on once they are back', async () => {
    await Promise.all([galera.nodes[1].kill(), galera.nodes[2].kill()]);
    await eventually(
      async () => (await fetch(`${servers[0].url}/readyz`)).status === 503,
      () => 'a server that says that it is ready',
      30_000,
    );
    const refused = await call(servers[0], '/v1/payments', orderOf('minority'));
    expect(refused?.status ?? 503).to.be.oneOf([500, 503]);
    // Two of three died at once: an operator has to say that the one that is left is right.
    await galera.nodes[0].query("SET GLOBAL wsrep_provider_options = 'pc.bootstrap=YES'");
    await eventually(
      async () => (await fetch(`${servers[0].url}/readyz`)).status === 200,
      () => 'a server that is not ready',
      60_000,
    );
    expect((await call(servers[0], '/v1/payments', orderOf('minority')))?.status).to.be.oneOf([200, 201]);
  });
});
