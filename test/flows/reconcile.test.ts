import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { systemClock } from '../../core/clock.ts';
import { loadConfig } from '../../core/config.ts';
import type { ChannelManifest } from '../../core/contract/manifest.ts';
import { reconciliationTask } from '../../core/reconcile-thread.ts';
import { businessDaysOf, dayOf } from '../../core/reconciliation/day.ts';
import { readFacts, runAdmin } from '../admin/command.ts';
import { forEachDatabase } from '../kit/database.ts';
import { eventually, type Merchant, type Received, startMerchant, verifyNotification } from '../kit/merchant.ts';
import { orderNo, type Paymux, startPaymux } from '../kit/paymux.ts';
import { listSamples, payAsShopper } from '../kit/shopper.ts';

/** Text packed twice, fixed widths of what was settled, pages of JSON, and one that names no number of ours. */
const channels = ['wechat', 'alipay', 'unionpay', 'stripe', 'gocardless'];
const samples = (await listSamples()).filter(
  ({ channel, method }, index, all) =>
    channels.includes(channel.id) && all.findIndex((one) => one.channel.id === channel.id) === index && method.action !== 'none',
);

describe('A day, reconciled by an operator', () =>
  forEachDatabase((_name, open) => {
    let paymux: Paymux;
    let office: Merchant;
    let secret: string;

    before(async function () {
      this.timeout(60_000);
      paymux = await startPaymux({ database: await open(), channels: samples.map(({ channel }) => channel.id) });
      office = await startMerchant();
      const { body } = await paymux.call('POST', '/v1/notification_endpoints', { url: office.url, types: ['reconciliation.done'] });
      secret = body.secret;
    });
    after(async () => {
      await paymux.stop();
      await office.stop();
    });

    const dayIn = (zone: string) => dayOf(Date.now(), { zone, cutOff: '00:00' });
    const todayOf = (channel: ChannelManifest) => dayOf(Date.now(), businessDaysOf(channel));

    for (const { channel, method, currency, amount, payer } of samples) {
      it(`${channel.id}: agrees with the vendor, the payment and its refund, and again`, async function () {
        this.timeout(30_000);
        const asked = { merchant_order_no: orderNo(), amount, currency, subject: 'Tea', method: method.id, payer };
        const { body: made } = await paymux.call('POST', '/v1/payments', { ...asked, return_url: 'https://shop.example/done' });
        await payAsShopper(paymux, made.action);
        const isDone = async (path: string) => (await paymux.call('GET', path)).body.state === 'success';
        await eventually(
          () => isDone(`/v1/payments/${made.id}`),
          () => `${made.id} is not paid`,
        );
        const { step = 1 } = method;
        const back = channel.abilities.refund === 'partial' ? Math.floor(amount / 2 / step) * step : amount;
        const { body: refund } = await paymux.call('POST', `/v1/payments/${made.id}/refunds`, {
          merchant_refund_no: orderNo(),
          amount: back,
        });
        await eventually(
          () => isDone(`/v1/refunds/${refund.id}`),
          () => `${refund.id} is not done`,
        );
        const words = ['reconcile', '--day', todayOf(channel), '--channel', channel.id];
        const { accounts } = await readFacts(paymux.environment, ...words);
        const done = accounts.filter((one: { state: string }) => one.state === 'done');
        const classes = done.flatMap((one: { classes: { class: string; kind: string }[] }) => one.classes);
        const compared = classes.filter((one: { class: string }) => one.class !== 'not_compared');
        expect(
          compared.map((one: { class: string; kind: string; amount_there: number; amount_here: number }) => [
            one.class,
            one.kind,
            one.amount_there,
            one.amount_here,
          ]),
        ).to.deep.equal([
          ['matched', 'payment', amount, amount],
          ['matched', 'refund', -back, -back],
        ]);
        const { accounts: again } = await readFacts(paymux.environment, ...words);
        const doneAgain = again.filter((one: { state: string }) => one.state === 'done');
        expect(doneAgain.map((one: { rows_written: number }) => one.rows_written)).to.deep.equal(done.map(() => 0));
        const isAbout = ({ body }: Received) => body.data.object['id'] === done[0].reconciliation;
        const told = await office.waitFor(isAbout);
        verifyNotification(told, secret);
        const { body: day } = await paymux.call('GET', `/v1/reconciliations/${done[0].reconciliation}`);
        expect(told.body.data.object).to.deep.equal(day);
        // The comparison that changed nothing is no news.
        expect(office.received.filter(isAbout)).to.have.length(1);
      });
    }

    it('knows a document that was fetched when it comes by hand, and refuses one that was cut, whole', async function () {
      this.timeout(30_000);
      const folder = mkdtempSync(join(tmpdir(), 'paymux-reconcile-'));
      try {
        const day = dayIn('Asia/Shanghai');
        const row = await paymux.stored.database.get("SELECT account_id FROM reconciliations WHERE channel = 'wechat' AND state = 'done'");
        const account = String(row?.['account_id']);
        await readFacts(paymux.environment, 'statement', 'fetch', '--account', account, '--day', day, '--folder', folder);
        const file = join(folder, readdirSync(folder)[0] ?? '');
        const words = ['reconcile', '--day', day, '--account', account, '--file'];
        const { accounts } = await readFacts(paymux.environment, ...words, file);
        expect(accounts[0]).to.include({ state: 'done', rows_written: 0 });
        for (const again of [[...words, file], words.slice(0, -1)]) {
          const { accounts: same } = await readFacts(paymux.environment, ...again, '--again');
          expect(same[0]).to.include({ state: 'done', rows_written: 0 });
        }
        const cut = `${file}.cut`;
        writeFileSync(cut, readFileSync(file).subarray(0, 400));
        const files = () => paymux.stored.database.all('SELECT id FROM statement_files');
        const before = await files();
        const refused = await runAdmin(paymux.environment, ...words, cut);
        expect(refused.code).to.equal(1);
        expect(refused.err).to.match(/^acc_\w+: (the bill|line \d+ of the bill|this is no bill)/);
        expect(await files()).to.deep.equal(before);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });

    it('is done by itself for days that were missed, on a thread of its own', async function () {
      this.timeout(30_000);
      const { database } = paymux.stored;
      const made = Date.now() - 3 * 86_400_000;
      await database.transaction((tx) => tx.run("UPDATE channel_accounts SET created_at = ? WHERE channel = 'stripe'", [made]));
      const loaded = loadConfig(paymux.environment);
      if (loaded.kind === 'faults') throw new Error(JSON.stringify(loaded.faults));
      const row = await database.get("SELECT id FROM channel_accounts WHERE channel = 'stripe' ORDER BY id LIMIT 1");
      const record = { status: 'enabled' };
      const one = { id: String(row?.['id']), record, channel: { fetchStatement: () => undefined }, manifest: {} };
      const kernel = { database, clock: systemClock, channels: { accounts: () => [one] } } as never;
      await reconciliationTask(loaded.config, kernel).run(database);
      const days = await database.all('SELECT day, state FROM reconciliations WHERE account_id = ? AND day < ? ORDER BY day', [
        one.id,
        dayIn('UTC'),
      ]);
      expect(days.length).to.be.greaterThan(1);
      expect(days.map(({ day, state }) => ({ day, state }))).to.deep.equal(days.map(({ day }) => ({ day, state: 'done' })));
    });

    it('is refused for a day that is none, and a file of no account', async () => {
      const none = await runAdmin(paymux.environment, 'reconcile', '--day', '2026-02-30');
      expect([none.code, none.err.split('\n')[0]]).to.deep.equal([2, '--day must be a day such as 2026-01-31']);
      const file = await runAdmin(paymux.environment, 'reconcile', '--day', '2026-01-31', '--file', 'none.csv');
      expect([file.code, file.err.split('\n')[0]]).to.deep.equal([2, '--file needs --account']);
    });
  }));
