import { expect } from 'chai';
import type { Database, Row } from '../../core/store/database.ts';
import { checkMoney } from '../kit/check-money.ts';
import { forEachDatabase } from '../kit/database.ts';
import { eventually, type Merchant, startMerchant } from '../kit/merchant.ts';
import { type Paymux, startPaymux } from '../kit/paymux.ts';
import { type ServerProcess, serverProcess } from '../kit/process.ts';

/** As many as the promise names; fewer only to try something out. */
const payments = Number(process.env.PAYMUX_KILL_PAYMENTS ?? 2000);
const workers = 16;

describe('A server that is killed at any moment', () => {
  forEachDatabase((_name, open) => {
    let paymux: Paymux;
    let shop: Merchant;
    let server: ServerProcess;

    before(async function () {
      this.timeout(60_000);
      shop = await startMerchant();
      paymux = await startPaymux({ database: await open(), serves: false });
      await paymux.addEndpoint(shop.url);
      server = serverProcess({ ...paymux.environment, PAYMUX_LOG_LEVEL: 'error' });
      await paymux.control('/_autopay', { enabled: true, delay_ms: 5 });
    });

    after(async () => {
      await server.stop();
      await paymux.stop();
      await shop.stop();
    });

    it(`loses no charge and makes none twice, over ${payments} payments`, async function () {
      this.timeout(600_000);
      await server.start();
      const load = { left: payments, isOver: false };
      const killing = killAgainAndAgain(server, load);
      await Promise.all(Array.from({ length: workers }, (_, worker) => work(paymux, load, worker)));
      load.isOver = true;
      const kills = await killing;
      expect(kills).to.be.greaterThan(3);

      await eventually(
        () => allFinal(paymux.stored.database),
        () => 'payments that are not final',
        120_000,
      );
      const { entries } = (await paymux.control('/_truth?since=0')).body;
      expect(await checkMoney(paymux.stored.database, entries)).to.deep.equal([]);
      const succeeded = await paymux.stored.database.all("SELECT id FROM payments WHERE state = 'success'");
      await eventually(
        () => everyoneWasTold(shop, succeeded),
        () => 'payments without a notification',
        60_000,
      );
    });
  });
});

async function killAgainAndAgain(server: ServerProcess, load: { readonly isOver: boolean }): Promise<number> {
  let kills = 0;
  while (!load.isOver) {
    await new Promise((resolve) => setTimeout(resolve, 100 + Math.random() * 900));
    if (load.isOver) return kills;
    await server.kill();
    kills += 1;
    await server.start();
  }
  return kills;
}

/** A shop that does what every shop should: the same order again until there is an answer. */
async function work(paymux: Paymux, load: { left: number }, worker: number): Promise<void> {
  while (load.left > 0) {
    load.left -= 1;
    const order = {
      merchant_order_no: `kill-${worker}-${load.left}`,
      amount: 100 + load.left,
      currency: 'CNY',
      subject: 'Tea',
      method: 'wechat_native',
    };
    await eventually(
      () => isTaken(paymux, order),
      () => 'no answer to an order',
      60_000,
    );
  }
}

async function isTaken(paymux: Paymux, order: unknown): Promise<boolean> {
  try {
    const answer = await paymux.call('POST', '/v1/payments', order);
    if (answer.status < 500) expect(answer.status, answer.text).to.be.oneOf([200, 201]);
    return answer.status < 500;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}

async function allFinal(database: Database): Promise<boolean> {
  const open = await database.get("SELECT COUNT(*) AS n FROM payments WHERE state IN ('pending', 'processing')");
  const total = await database.get('SELECT COUNT(*) AS n FROM payments');
  const returning = await database.get("SELECT COUNT(*) AS n FROM refunds WHERE state NOT IN ('succeeded', 'failed')");
  return open?.n === 0 && total?.n === payments && returning?.n === 0;
}

function everyoneWasTold(shop: Merchant, succeeded: readonly Row[]): boolean {
  const told = new Set(shop.received.filter((one) => one.body.type === 'payment.succeeded').map((one) => one.body.data.object.id));
  return succeeded.every((row) => told.has(row.id as string));
}
