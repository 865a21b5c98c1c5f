import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { checkMoney } from '../kit/check-money.ts';
import { crashPoints } from '../kit/crash-points.ts';
import { forEachDatabase, type TestDatabase } from '../kit/database.ts';
import { eventually, type Merchant, startMerchant } from '../kit/merchant.ts';
import { type Answer, type Paymux, startPaymux, targetOf } from '../kit/paymux.ts';
import { type ServerProcess, serverProcess } from '../kit/process.ts';

/** `all` visits every point, as `npm run crash-points` does; otherwise every so manyth. */
const every = process.env.PAYMUX_CRASH_POINTS === 'all' ? 1 : 18;

describe('A server that kills itself at a named point', () => {
  forEachDatabase((name, open) => {
    let paymux: Paymux;
    let shop: Merchant;
    let stored: TestDatabase;
    const folder = mkdtempSync(join(tmpdir(), 'paymux-crash-'));
    const log = join(folder, 'points');
    let load = { isOver: true };
    let servers: readonly ServerProcess[] = [];

    before(async function () {
      this.timeout(60_000);
      shop = await startMerchant();
      stored = await open();
      paymux = await startPaymux({ database: stored, serves: false });
      await paymux.addEndpoint(shop.url);
    });

    // One point that fails must not fail the next.
    afterEach(async () => {
      load.isOver = true;
      await Promise.all(servers.map((server) => server.kill()));
    });

    after(async () => {
      await paymux.stop();
      await shop.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    const environmentOf = (more: Readonly<Record<string, string>>) => ({ ...paymux.environment, PAYMUX_LOG_LEVEL: 'error', ...more });
    const points = crashPoints.filter((_point, index) => (index + (name === 'sqlite' ? 0 : 9)) % every === 0);

    for (const point of points) {
      it(`${point}: dies there, and what it left behind comes to a right end`, async function () {
        this.timeout(150_000);
        writeFileSync(log, '');
        const mortal = serverProcess(environmentOf({ PAYMUX_CRASH_AT: point, PAYMUX_CRASH_LOG: log }), 'test/kit/crash-server.ts');
        const next = serverProcess(environmentOf({}));
        load = { isOver: false };
        servers = [mortal, next];
        const trading = tradeAgainAndAgain(paymux, load, shop);
        await mortal.start().catch(() => undefined);
        await eventually(
          () => mortal.hasEnded(),
          () => `passed: ${readFileSync(log, 'utf8')}`,
          25_000,
        ).finally(() => mortal.kill());
        await next.start();
        load.isOver = true;
        await trading;
        await eventually(
          () => isAtRest(stored),
          () => 'rows that are not at rest',
          30_000,
        );
        // What was paid while nobody listened is told again by the vendor, or asked about, within a minute.
        await eventually(
          async () => (await findWrong(paymux)).length === 0,
          () => 'a violation, the same for as long',
          70_000,
        ).catch(() => undefined);
        await next.stop();
        expect(await findWrong(paymux)).to.deep.equal([]);
      });
    }
  });
});

async function findWrong(paymux: Paymux): Promise<readonly string[]> {
  const { entries } = (await paymux.control('/_truth?since=0')).body;
  return checkMoney(paymux.stored.database, entries);
}

/** One trade of every kind after another, by a merchant who tolerates a server that is away, until it is over. */
async function tradeAgainAndAgain(paymux: Paymux, load: { readonly isOver: boolean }, { answers }: Merchant): Promise<void> {
  while (!load.isOver) {
    // What is not taken at once is looked for a second later: all else is handed over.
    answers.push(503);
    await Promise.all([0, 1, 2].map((index) => trade(paymux, `${process.hrtime.bigint()}-${index}`).catch(tolerate)));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function tolerate(error: unknown): void {
  // A server that is away: fetch says no more.
  if (!(error instanceof TypeError)) throw error;
}

async function trade(paymux: Paymux, no: string): Promise<void> {
  const order = { amount: 100, currency: 'CNY', subject: 'Tea', method: no.endsWith('1') ? 'alipay_precreate' : 'wechat_native' };
  const keyed = { 'idempotency-key': no };
  const bought = await paymux.call('POST', '/v1/payments', { ...order, merchant_order_no: `b-${no}` }, keyed);
  const dropped = await paymux.call('POST', '/v1/payments', { ...order, merchant_order_no: `d-${no}` });
  await shop(paymux, no);
  await swapAccount(paymux);
  if (isMade(dropped)) await paymux.call('POST', `/v1/payments/${dropped.body.id}/close`);
  if (!isMade(bought) || bought.body.action === null) return;
  await paymux.control('/_pay', { target: targetOf(bought.body.action) });
  for (let tries = 0; tries < 40; tries += 1) {
    const { body } = await paymux.call('GET', `/v1/payments/${bought.body.id}`);
    if (body.state === 'success') break;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  for (const part of [30, 70]) {
    const refund = { amount: part, merchant_refund_no: `r${part}-${no}` };
    await paymux.call('POST', `/v1/payments/${bought.body.id}/refunds`, refund);
  }
}

/** A shopper who comes by a link, chooses, chooses again, and pays. */
async function shop(paymux: Paymux, no: string): Promise<void> {
  const link = await paymux.call(
    'POST',
    '/v1/payment_links',
    { amount: 100, currency: 'CNY', subject: 'Tea' },
    { 'idempotency-key': `l-${no}` },
  );
  if (!isMade(link)) return;
  const post = (url: string, form: Readonly<Record<string, string>>) =>
    fetch(url, { method: 'POST', body: new URLSearchParams(form), redirect: 'manual' });
  const page = await (await fetch(link.body.url)).text();
  const taken = await post(link.body.url, { page: /name="page" value="(\w+)"/.exec(page)?.[1] ?? '' });
  const checkout = taken.headers.get('location');
  if (taken.status !== 303 || checkout === null) return;
  for (const method of ['wechat_native', 'alipay_precreate']) await post(checkout, { method });
  const id = /pay_\w+/.exec(checkout)?.[0] ?? '';
  const { action } = (await paymux.call('GET', `/v1/payments/${id}`)).body;
  if (action !== null && action !== undefined) await paymux.control('/_pay', { target: targetOf(action) });
}

const isMade = ({ status }: Answer): boolean => status === 200 || status === 201;

/** The accounts are taken over anew while payments are under way. */
async function swapAccount({ stored: { database } }: Paymux): Promise<void> {
  await database.transaction(async (tx) => {
    await tx.run('UPDATE channel_accounts SET weight = 3 - weight, version = version + 1 WHERE weight IN (1, 2)');
    await tx.run("UPDATE versions SET value = value + 1 WHERE id = 'config'");
  });
}

async function isAtRest({ database }: TestDatabase): Promise<boolean> {
  const payments = await database.get(
    // A code that nobody has scanned is not known to every vendor, and cannot be closed there before its time.
    `SELECT COUNT(*) AS n FROM payments WHERE state = 'processing' AND closing = 0 AND (action IS NULL
      OR EXISTS (SELECT 1 FROM attempts WHERE attempts.payment_id = payments.id AND attempts.state = 'closing'))`,
  );
  const refunds = await database.get("SELECT COUNT(*) AS n FROM refunds WHERE state NOT IN ('succeeded', 'failed')");
  return payments?.n === 0 && refunds?.n === 0;
}
