import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { ChannelManifest } from '../../core/contract/manifest.ts';
import { businessDaysOf, dayOf } from '../../core/reconciliation/day.ts';
import { readFacts, runAdmin } from '../admin/command.ts';
import { forEachDatabase } from '../kit/database.ts';
import { eventually } from '../kit/merchant.ts';
import { orderNo, type Paymux, startPaymux } from '../kit/paymux.ts';
import { listSamples, payAsShopper } from '../kit/shopper.ts';

/** One method of each channel that can be asked for statements. */
const samples = (await listSamples()).filter(
  ({ channel, method }, index, all) =>
    channel.abilities.statement === 'api' && all.findIndex((one) => one.channel.id === channel.id) === index && method.action !== 'none',
);

describe('A statement, fetched by an operator', () =>
  forEachDatabase((_name, open) => {
    let paymux: Paymux;
    let folder: string;

    before(async function () {
      this.timeout(60_000);
      folder = mkdtempSync(join(tmpdir(), 'paymux-statements-'));
      paymux = await startPaymux({ database: await open(), channels: samples.map(({ channel }) => channel.id) });
    });
    after(async () => {
      await paymux.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    const todayOf = (channel: ChannelManifest) => dayOf(Date.now(), businessDaysOf(channel));
    const accountOf = async (channel: string, payment: string) => {
      const sql = 'SELECT account_id, number, channel_no FROM attempts WHERE payment_id = ? AND channel = ?';
      const row = await paymux.stored.database.get(sql, [payment, channel]);
      return { account: String(row?.account_id), number: String(row?.number), channelNo: String(row?.channel_no) };
    };

    for (const { channel, method, currency, amount, payer } of samples) {
      it(`${channel.id}: has the payment and its refund under our numbers`, async function () {
        this.timeout(30_000);
        const asked = { merchant_order_no: orderNo(), amount, currency, subject: 'Tea', method: method.id, payer };
        const { body: made } = await paymux.call('POST', '/v1/payments', { ...asked, return_url: 'https://shop.example/done' });
        await payAsShopper(paymux, made.action);
        const stateOf = async (path: string) => (await paymux.call('GET', path)).body.state;
        await eventually(
          async () => (await stateOf(`/v1/payments/${made.id}`)) === 'success',
          () => `${made.id} is not paid`,
        );
        // Where the vendor pays the rest out on the same day, there has to be some.
        const { step = 1 } = method;
        const back = channel.abilities.refund === 'partial' ? Math.floor(amount / 2 / step) * step : amount;
        const asking = { merchant_refund_no: orderNo(), amount: back };
        const { body: refund } = await paymux.call('POST', `/v1/payments/${made.id}/refunds`, asking);
        await eventually(
          async () => (await stateOf(`/v1/refunds/${refund.id}`)) === 'success',
          () => `${refund.id} is not done`,
        );
        const { account, number, channelNo } = await accountOf(channel.id, made.id);
        const words = ['statement', 'fetch', '--account', account, '--day', todayOf(channel), '--lines'];
        const facts = await readFacts(paymux.environment, ...words, '--folder', join(folder, channel.id));
        const line = (kind: string) => facts.lines.find((one: { kind: string }) => one.kind === kind);
        // A vendor that does not echo our number names the payment by its own.
        const named = line('payment').number === null ? { channelNo } : { number };
        expect(line('payment')).to.deep.include({ ...named, gross: { amount, currency } });
        expect(line('refund').gross).to.deep.equal({ amount: -back, currency });
        expect(
          facts.sums.map((sum: { kind: string; lines: number; gross: number }) => [sum.kind, sum.lines, sum.gross]),
        ).to.deep.include.members([
          ['payment', 1, amount],
          ['refund', 1, -back],
        ]);
      });
    }

    it('is not fetched over what is there, adds up again when it is read by hand, and is none when it was cut', async function () {
      this.timeout(30_000);
      const [channel] = samples.map((sample) => sample.channel).filter(({ id }) => id === 'wechat');
      const row = await paymux.stored.database.get("SELECT account_id FROM attempts WHERE channel = 'wechat' ORDER BY id DESC LIMIT 1");
      const account = String(row?.account_id);
      const there = join(folder, 'twice');
      const words = ['statement', 'fetch', '--account', account, '--day', todayOf(channel as ChannelManifest), '--folder', there];
      const facts = await readFacts(paymux.environment, ...words);
      const again = await runAdmin(paymux.environment, ...words);
      expect(again.code, 'nothing is overwritten').to.equal(1);
      const read: unknown[] = [];
      for (const file of readdirSync(there)) {
        const path = join(there, file);
        read.push(...(await readFacts(paymux.environment, 'statement', 'read', '--account', account, '--file', path)).sums);
        const cut = `${path}.cut`;
        const bytes = readFileSync(path);
        writeFileSync(cut, bytes.subarray(0, bytes.length / 2));
        expect((await runAdmin(paymux.environment, 'statement', 'read', '--account', account, '--file', cut)).code).to.equal(1);
      }
      expect(read).to.have.deep.members(facts.sums);
    });

    it('is refused for an account that is none, a day that is none, and a channel that has none', async () => {
      const run = (...words: string[]) => runAdmin(paymux.environment, 'statement', ...words);
      const none = await run('fetch', '--account', 'acc_none', '--day', '2026-01-31', '--folder', folder);
      expect([none.code, none.err]).to.deep.equal([1, 'there is no account acc_none\n']);
      const day = await run('fetch', '--account', 'acc_none', '--day', '2026-02-30x', '--folder', folder);
      expect([day.code, day.err.split('\n')[0]]).to.deep.equal([2, '--day must be a day such as 2026-01-31']);
    });

    it('an account’s keys are checked with the vendor', async () => {
      const [row] = await paymux.stored.database.all("SELECT id FROM channel_accounts WHERE channel = 'wechat' ORDER BY id LIMIT 1");
      expect(await readFacts(paymux.environment, 'account', 'check', '--id', String(row?.id))).to.deep.include({ account: row?.id });
    });
  }));
