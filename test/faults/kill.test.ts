import { expect } from 'chai';
import type { Database, Row } from '../../core/store/database.ts';
import { forEachDatabase } from '../kit/database.ts';
import { eventually, type Merchant, startMerchant } from '../kit/merchant.ts';
import { type Paymux, startPaymux } from '../kit/paymux.ts';
import { type ServerProcess, serverProcess } from '../kit/process.ts';

/** As many as the promise names; fewer only to try something out. */
const payments = Number(process.env.PAYMUX_KILL_PAYMENTS ?? 2000);
const workers = 16;

interface TruthEntry {
  readonly kind: 'charge' | 'refund' | 'close';
  readonly number: string;
  readonly amount: number;
}

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
      this.timeout(280_000);
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
      await checkAgainstTruth(paymux);
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
  return open?.n === 0 && total?.n === payments;
}

async function checkAgainstTruth(paymux: Paymux): Promise<void> {
  const truth = (await paymux.control('/_truth?since=0')).body.entries as TruthEntry[];
  const charges = truth.filter((entry) => entry.kind === 'charge');
  expect(new Set(charges.map((entry) => entry.number)).size, 'a number charged twice').to.equal(charges.length);
  const rows = await paymux.stored.database.all(
    'SELECT a.number, a.amount, a.state, p.state AS payment_state, p.accepted_attempt_id, a.id FROM attempts a JOIN payments p ON p.id = a.payment_id',
  );
  const byNumber = new Map(rows.map((row) => [row.number, row]));
  for (const charge of charges) {
    const row = byNumber.get(charge.number);
    const isAccepted = row?.payment_state === 'success' && row.accepted_attempt_id === row.id && row.amount === charge.amount;
    const isReturned = truth.some((entry) => entry.kind === 'refund' && entry.amount === charge.amount);
    expect(isAccepted || isReturned, `charge ${charge.number}`).to.equal(true);
  }
  const succeeded = rows.filter((row) => row.state === 'succeeded' || row.state === 'succeeded_late');
  expect(succeeded.length, 'attempts that succeeded').to.equal(charges.length);
}

function everyoneWasTold(shop: Merchant, succeeded: readonly Row[]): boolean {
  const told = new Set(shop.received.filter((one) => one.body.type === 'payment.succeeded').map((one) => one.body.data.object.id));
  return succeeded.every((row) => told.has(row.id as string));
}
