import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { updateAccount } from '../../core/access/admin/accounts.ts';
import { createKey } from '../../core/access/admin/keys.ts';
import { discoverChannels } from '../../core/channels/discover.ts';
import { filesKit } from '../../core/channels/files.ts';
import { systemClock } from '../../core/clock.ts';
import { loadConfig } from '../../core/config.ts';
import { documentsTask, reconciliationTask } from '../../core/reconcile-thread.ts';
import { checkMoney } from '../kit/check-money.ts';
import { forEachDatabase } from '../kit/database.ts';
import { eventually } from '../kit/merchant.ts';
import { goBackTo, type Past } from '../kit/past.ts';
import { must, orderNo, type Paymux, startPaymux } from '../kit/paymux.ts';
import { listSamples, payAsShopper, type Sample } from '../kit/shopper.ts';
import type { Fact } from '../kit/statement-facts.ts';
import { writeWechat } from '../kit/statement-writers.ts';

/** Payments of each engine's day; a full one is 10,000. */
const count = Number(process.env['PAYMUX_DAY'] ?? 48);
const workers = 16;
/** Of a full day it has megabytes. */
const truthEveryMs = 200;
const channels = ['wechat', 'alipay', 'yeepay', 'stripe', 'paypal', 'square', 'paystack', 'xendit'];
const samples = (await listSamples()).filter(
  ({ channel, method }, index, all) =>
    channels.includes(channel.id) &&
    method.action !== 'none' &&
    all.findIndex((one) => one.channel.id === channel.id && one.method.action !== 'none') === index,
);
const dayMs = 86_400_000;
/** At noon in Greenwich it is the same day for every vendor. Of two days before, even the latest has its statement by now. */
const noon = Math.floor(Date.now() / dayMs) * dayMs - 2 * dayMs + dayMs / 2;
const day = new Date(noon).toISOString().slice(0, 10);

/** What goes wrong, each for a share of what it happens to. */
const faults = [
  { operation: 'pay', behaviour: 'drop_after_execute', probability: 0.05 },
  { operation: 'callback', behaviour: 'drop_before_execute', probability: 0.1 },
  { operation: 'callback', behaviour: 'duplicate', probability: 0.1 },
  { operation: 'callback', behaviour: 'late', probability: 0.1, delay_ms: 500 },
  { operation: 'query', behaviour: 'http_500', probability: 0.05 },
  { operation: 'refund', behaviour: 'drop_after_execute', probability: 0.05 },
] as const;
/** The vendor keeps 0.60 %. */
const wrongFee = { fees: [{ method: 'wechat_native', currency: 'CNY', percent: '0.38' }] };
/** What the vendor has of somebody else's, who writes by the same number. */
const strangers: readonly Fact[] = [1, 2, 3].map((index) => ({
  ...{ kind: 'payment', number: `ELSEWHERE${index}`, channelNo: `420000000${index}`, currency: 'CNY' },
  ...{ amount: index * 400, fee: 0, at: noon + index },
}));
/** What one key may decide alone. */
const aloneUpTo = 500;

interface Sum {
  readonly class: string;
  readonly kind: string;
  readonly entries_there: number;
  readonly entries_here: number;
  readonly amount_there: number;
  readonly amount_here: number;
}

interface Day {
  readonly id: string;
  readonly channel: string;
  readonly account: string;
  readonly state: string;
  readonly reason: string | null;
  readonly entries: number;
  readonly classes: readonly Sum[];
}

interface Discrepancy {
  readonly id: string;
  readonly class: string;
  readonly amount_there: number;
  readonly fee_here: number;
  readonly fee_there: number;
}

describe('A whole day over eight channels with faults', () =>
  forEachDatabase((_name, open) => {
    let paymux: Paymux;
    let otherKey: string;
    let past: Past;

    before(async function () {
      this.timeout(60_000);
      expect(samples.length).to.equal(channels.length);
      past = goBackTo(noon);
      const environment = { PAYMUX_RECONCILIATION_WRITE_OFF_ALONE: String(aloneUpTo) };
      paymux = await startPaymux({ database: await open(), channels, environment });
      otherKey = must(await createKey(paymux.admin, { appId: paymux.appId, scopes: ['*'] })).key;
      const { plugins } = await discoverChannels('plugins/channels');
      for (const { id, channel } of paymux.accounts)
        if (channel === 'wechat') must(await updateAccount({ ...paymux.admin, plugins }, { id, terms: wrongFee }));
      await eventually(async () => (await paymux.call('GET', '/v1/events', undefined, bearer(otherKey))).status === 200);
      for (const [index, channel] of channels.entries())
        for (const fault of faults) {
          const said = await paymux.control('/_scenario', { channel, seed: index + 1, ...fault });
          expect(said.body, said.text).to.include({ effective: true });
        }
    });
    after(async () => {
      await paymux.stop();
      past.end();
    });

    const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
    const truth = async () => (await paymux.control('/_truth?since=0')).body.entries as readonly { kind: string }[];
    const days = async (): Promise<readonly Day[]> => (await paymux.call('GET', `/v1/reconciliations?limit=100&day=${day}`)).body.data;
    const openOnes = async (filter = ''): Promise<readonly Discrepancy[]> =>
      (await paymux.call('GET', `/v1/discrepancies?state=open&limit=100${filter}`)).body.data;
    const strange = async () => (await openOnes('&class=missing_here')).toSorted((a, b) => a.amount_there - b.amount_there);
    const act = async (id: string, verb: string, more: object = {}, key = paymux.key) => {
      const answer = await paymux.call('POST', `/v1/discrepancies/${id}/${verb}`, { note: 'Looked at', ...more }, bearer(key));
      expect(answer.status, answer.text).to.equal(200);
      return answer.body.state as string;
    };
    /** Runs a task as the server does: on a thread of its own, which lives now. */
    const runTask = async (makeTask: typeof reconciliationTask) => {
      const loaded = loadConfig(paymux.environment);
      if (loaded.kind === 'faults') throw new Error(JSON.stringify(loaded.faults));
      const { database } = paymux.stored;
      const some = paymux.accounts.map(({ id }) => ({ id, record: { status: 'enabled' }, manifest: {}, channel: statementsOf }));
      const accounts = { accounts: () => some, account: () => some[0] };
      await makeTask(loaded.config, { database, clock: systemClock, channels: accounts } as never).run(database);
    };

    it(`comes to rest: ${count} payments and every third refunded, and nothing that moved is not booked`, async function () {
      this.timeout(60_000 + count * 500);
      const left = Array.from({ length: count }, (_, index) => index);
      const shop = async () => {
        for (let index = left.pop(); index !== undefined; index = left.pop())
          await buy(paymux, samples[index % samples.length] as Sample, index % 3 === 0);
      };
      await Promise.all(Array.from({ length: workers }, shop));
      await paymux.control('/_scenario', undefined, 'DELETE');
      await untilAtRest(paymux, truth);
      // Whose create was lost is often unpaid for ever: its shopper has seen no next step.
      expect((await truth()).filter(({ kind }) => kind === 'charge').length).to.be.at.least(Math.floor(count / 2));
      past.comeBack();
    });

    it('is compared by the job, but for the vendor who is late; and an hour later that one too', async function () {
      this.timeout(60_000 + count * 20);
      await paymux.control('/_scenario', { channel: 'yeepay', operation: 'statement', behaviour: 'http_500' });
      await runTask(reconciliationTask);
      const late = (await days()).filter(({ state }) => state !== 'done');
      expect(new Set(late.map(({ channel }) => channel))).to.deep.equal(new Set(['yeepay']));
      expect(late[0]?.reason).to.be.a('string');
      await paymux.control('/_scenario', undefined, 'DELETE');
      // It is not asked again before its time.
      await runTask(reconciliationTask);
      expect((await days()).filter(({ state }) => state !== 'done')).to.have.length(late.length);
      await paymux.stored.database.transaction((tx) => tx.run('UPDATE reconciliations SET due_at = due_at - 3600000'));
      await runTask(reconciliationTask);
      expect((await days()).map(({ state }) => state)).to.deep.equal(paymux.accounts.map(() => 'done'));
    });

    it('agrees with the vendors to the last cent: what they moved, what is booked, and both in the classes', async () => {
      const sums = (await days()).flatMap(({ classes }) => classes).filter(({ class: name }) => name !== 'not_compared');
      expect(sums.filter(({ class: name }) => name !== 'matched' && name !== 'fee_differs')).to.deep.equal([]);
      const moved = (await truth()).map(({ kind }) => kind);
      for (const [kind, name] of [
        ['payment', 'charge'],
        ['refund', 'refund'],
      ] as const) {
        const [there, here] = [total(sums, kind, 'entries_there'), total(sums, kind, 'entries_here')];
        expect([there, here]).to.deep.equal([moved.filter((one) => one === name).length, there]);
        expect(total(sums, kind, 'amount_there')).to.equal(total(sums, kind, 'amount_here'));
      }
      expect(await checkMoney(paymux.stored.database, (await truth()) as never)).to.deep.equal([]);
    });

    it('is reported in three forms that say the same', async function () {
      this.timeout(20_000);
      for (const one of await days()) {
        const ask = (format: string) =>
          fetch(`${paymux.url}/v1/reconciliations/${one.id}/report?content=classes&format=${format}`, { headers: bearer(paymux.key) });
        const csv = (await (await ask('csv')).text())
          .replace('\ufeff', '')
          .trim()
          .split('\r\n')
          .map((line) => line.split(','));
        const txt = (await (await ask('txt')).text())
          .trim()
          .split('\r\n')
          .map((line) => line.split('\t'));
        const xlsx: string[][] = [];
        for await (const { cells } of filesKit.csv(chunks(Buffer.from(await (await ask('xlsx')).arrayBuffer())), { charset: 'utf-8' }))
          xlsx.push([...cells]);
        expect(csv).to.have.length(one.classes.length + 1);
        expect(csv.slice(1).map((cells) => [cells[3], cells[4], Number(cells[6]), Number(cells[8])])).to.deep.equal(
          one.classes.map((sum) => [sum.class, sum.kind, sum.entries_there, sum.entries_here]),
        );
        expect(txt).to.deep.equal(csv);
        // A workbook has numbers, and no zeros behind them.
        const plain = (rows: string[][]) =>
          rows.map((cells) => cells.map((cell) => (/^-?\d+\.\d+$/.test(cell) ? String(Number(cell)) : cell)));
        expect(plain(xlsx)).to.deep.equal(plain(csv));
      }
    });

    it('takes one more document by hand, which names what nobody here knows', async function () {
      this.timeout(30_000);
      const account = (await days()).find(({ channel, entries }) => channel === 'wechat' && entries > 0)?.account ?? '';
      const offered = paymux.accounts.find(({ id }) => id === account)?.offeredId ?? '';
      const { name, content } = writeWechat(strangers, day);
      const text = content.toString('utf8').replaceAll('1900000109', offered);
      const path = `/v1/reconciliations/documents?${new URLSearchParams({ account, day, name })}`;
      const given = await paymux.call('POST', path, text, { 'content-type': 'text/csv' });
      expect(given.status, given.text).to.equal(202);
      await runTask(documentsTask);
      expect((await strange()).map((one) => one.amount_there)).to.deep.equal([400, 800, 1200]);
      expect(await openOnes('&class=fee_differs')).to.not.deep.equal([]);
      // The same document again changes nothing.
      expect((await paymux.call('POST', path, text, { 'content-type': 'text/csv' })).status).to.equal(200);
    });

    it('is resolved by people: in the ledger, by two of them, written off, accepted, opened again', async function () {
      this.timeout(60_000 + count * 50);
      const [small, middle, large] = await strange();
      const unexplained = { reason: 'unexplained', currency: 'CNY' };
      expect(await act(small?.id ?? '', 'adjust', { ...unexplained, amount: 400 })).to.equal('resolved');
      expect(await act(middle?.id ?? '', 'adjust', { ...unexplained, amount: 800 })).to.equal('open');
      expect(await act(middle?.id ?? '', 'adjust', { ...unexplained, amount: 800 }, otherKey)).to.equal('resolved');
      expect(await act(large?.id ?? '', 'write_off')).to.equal('open');
      expect(await act(large?.id ?? '', 'write_off')).to.equal('open');
      expect(await act(large?.id ?? '', 'write_off', {}, otherKey)).to.equal('resolved');
      expect(await act(small?.id ?? '', 'reopen')).to.equal('open');
      expect(await act(small?.id ?? '', 'accept')).to.equal('resolved');
      for (let fees = await openOnes(); fees.length > 0; fees = await openOnes())
        for (const [index, fee] of fees.entries()) {
          const amount = fee.fee_here - fee.fee_there;
          const adjusts =
            index % 2 === 0 ? act(fee.id, 'adjust', { reason: 'fee_differs', currency: 'CNY', amount }) : act(fee.id, 'accept');
          expect(await adjusts).to.equal('resolved');
        }
      expect(await checkMoney(paymux.stored.database, (await truth()) as never)).to.deep.equal([]);
    });

    it('stays as it was decided when it is compared again', async function () {
      this.timeout(60_000);
      await paymux.stored.database.transaction((tx) => tx.run('UPDATE reconciliations SET due_at = 1 WHERE day = ?', [day]));
      await runTask(reconciliationTask);
      expect(await openOnes()).to.deep.equal([]);
    });
  }));

/** Enough for a task to see that there is something to do; what that is, its thread finds out. */
const statementsOf = { fetchStatement: () => undefined, readStatement: () => undefined };

const total = (sums: readonly Sum[], of: string, what: Exclude<keyof Sum, 'class' | 'kind'>) =>
  sums.filter(({ kind }) => kind === of).reduce((all, sum) => all + sum[what], 0);

async function* chunks(bytes: Buffer): AsyncIterable<Uint8Array> {
  yield bytes;
}

/** The shopper pays where there is a step to be taken; of what is paid, some goes back. */
async function buy(paymux: Paymux, { method, currency, amount, payer }: Sample, goesBack: boolean): Promise<void> {
  const asked = { merchant_order_no: orderNo(), amount, currency, subject: 'Tea', method: method.id, payer };
  const { body: made } = await paymux.call('POST', '/v1/payments', { ...asked, return_url: 'https://shop.example/done' });
  const stateOf = async () => (await paymux.call('GET', `/v1/payments/${made.id}`)).body;
  if (made.action) await payAsShopper(paymux, made.action);
  if (!made.action || !goesBack) return;
  await eventually(
    async () => (await stateOf()).state === 'success',
    () => `${made.id} is not paid`,
    60_000,
  );
  await paymux.call('POST', `/v1/payments/${made.id}/refunds`, { merchant_refund_no: orderNo(), amount });
}

/** Nothing is asked or waited for any more but what no shopper paid. */
async function untilAtRest({ stored: { database } }: Paymux, truth: () => Promise<readonly { kind: string }[]>): Promise<void> {
  const atRest = async () => {
    await wait(truthEveryMs);
    const charged = (await truth()).filter(({ kind }) => kind === 'charge').length;
    const [paid] = await database.all("SELECT COUNT(*) AS n FROM attempts WHERE state IN ('succeeded', 'succeeded_late')");
    const [open] = await database.all("SELECT COUNT(*) AS n FROM refunds WHERE state NOT IN ('succeeded', 'failed')");
    return Number(paid?.['n']) === charged && Number(open?.['n']) === 0;
  };
  await eventually(atRest, () => 'money that is not booked', 60_000 + count * 10);
}
