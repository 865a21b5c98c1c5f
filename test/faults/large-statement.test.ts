import { expect } from 'chai';
import cron from 'node-cron';
import sinon from 'sinon';
import { fetchOfferedAccounts } from '../../core/access/admin/demo.ts';
import { systemClock } from '../../core/clock.ts';
import { loadConfig } from '../../core/config.ts';
import { documentsTask } from '../../core/reconcile-thread.ts';
import { addDays } from '../../core/reconciliation/day.ts';
import { forEachDatabase } from '../kit/database.ts';
import { type Paymux, startPaymux } from '../kit/paymux.ts';
import type { Fact } from '../kit/statement-facts.ts';
import { writeWechat } from '../kit/statement-writers.ts';

const entries = 100_000;
const day = addDays(new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Shanghai' }).format(new Date()), -1);

describe('A server that is given a statement of a hundred thousand entries', () =>
  forEachDatabase((_name, open) => {
    let paymux: Paymux;
    let account: string;

    before(async function () {
      this.timeout(60_000);
      sinon.stub(cron, 'schedule').returns({ stop: () => undefined } as never);
      paymux = await startPaymux({ database: await open(), channels: ['wechat'] });
      account = String((await paymux.stored.database.get("SELECT id FROM channel_accounts WHERE channel = 'wechat'"))?.['id']);
    });
    after(() => {
      sinon.restore();
      return paymux.stop();
    });

    /** Does not add up to its own totals, which only its last line tells: all of it is read, and nothing of it is written. */
    const writeBill = async () => {
      const offered = await fetchOfferedAccounts(paymux.simulator.url);
      if (typeof offered === 'string') throw new Error(offered);
      const at = Date.parse(`${day}T04:00:00Z`);
      const facts = Array.from({ length: entries }, (_, place): Fact => {
        const channelNo = `42000000${place}`;
        return { kind: 'payment', number: `NOTOURS${place}`, channelNo, amount: 100, currency: 'CNY', fee: 1, at };
      });
      const text = writeWechat(facts, day).content.toString().replaceAll('1900000109', String(offered['wechat']?.[0]?.config['mchid']));
      return Buffer.from(text.replace(`\`${entries}.0`, `\`${entries + 1}.0`));
    };

    /** How many requests were answered while something was done, and which share of the processor this thread took of what the process took. */
    const watch = async <T>(work: Promise<T>): Promise<{ result: T; answered: number; share: number }> => {
      let isOver = false;
      let answered = 0;
      const [own, whole] = [process.threadCpuUsage(), process.cpuUsage()];
      const asking = (async () => {
        for (; !isOver; answered += 1) {
          expect((await paymux.call('GET', '/v1/payments?limit=1')).status).to.equal(200);
          // Seldom: on a busy machine the reading takes longer, and asking meanwhile would be what this thread is busy with.
          await systemClock.sleep(50);
        }
      })();
      const result = await work.finally(() => {
        isOver = true;
      });
      const sum = ({ user, system }: NodeJS.CpuUsage) => user + system;
      const share = sum(process.threadCpuUsage(own)) / sum(process.cpuUsage(whole));
      await asking;
      return { result, answered, share };
    };

    it('goes on to answer while it comes and while it is read, which its own thread has hardly a part in', async function () {
      this.timeout(120_000);
      const bill = await writeBill();
      const path = `/v1/reconciliations/documents?account=${account}&day=${day}`;
      const headers = { authorization: `Bearer ${paymux.key}`, 'content-type': 'text/csv' };
      const given = await watch(fetch(paymux.url + path, { method: 'POST', headers, body: bill }).then((answer) => answer.json()));
      expect(given.result).to.deep.include({ state: 'waiting', day });
      expect(given.answered).to.be.greaterThan(0);

      const loaded = loadConfig(paymux.environment);
      if (loaded.kind === 'faults') throw new Error(JSON.stringify(loaded.faults));
      const one = { channel: { readStatement: () => undefined } };
      const kernel = { database: paymux.stored.database, clock: systemClock, channels: { account: () => one, accounts: () => [] } };
      const read = await watch(documentsTask(loaded.config, kernel as never).run(paymux.stored.database));
      const row = await paymux.stored.database.get('SELECT state, reason FROM reconciliations WHERE day = ?', [day]);
      expect(row?.['reason']).to.match(/does not add up to its own totals/);
      expect(read.answered).to.be.greaterThan(5);
      // Read on this thread it was 0.7; read on its own, 0.06 to 0.11.
      expect(read.share).to.be.lessThan(0.4);
    });
  }));
