import { expect } from 'chai';
import { checkMoney } from '../kit/check-money.ts';
import { forEachDatabase } from '../kit/database.ts';
import { freePort } from '../kit/free-port.ts';
import { eventually, type Merchant, startMerchant } from '../kit/merchant.ts';
import { type Answer, type Paymux, startPaymux, targetOf } from '../kit/paymux.ts';
import { type ServerProcess, serverProcess } from '../kit/process.ts';

const count = 4;
const indexes = Array.from({ length: count }, (_, index) => index);

describe('A server that stands still for longer than its leases', () => {
  forEachDatabase((name, open) => {
    let paymux: Paymux;
    let paused: ServerProcess;
    let other: ServerProcess;
    let merchant: Merchant;

    before(async function () {
      // The embedded database belongs to one process.
      if (name === 'sqlite') this.skip();
      this.timeout(60_000);
      const [one, two] = [await freePort(), await freePort()];
      const environment = { PAYMUX_PUBLIC_URL: `http://127.0.0.1:${two}`, PAYMUX_CHANNELS_TIMEOUT_MS: '3000' };
      paymux = await startPaymux({ database: await open(), serves: false, environment, channels: ['wechat'] });
      merchant = await startMerchant();
      paused = serverProcess({ ...paymux.environment, PORT: String(one) });
      other = serverProcess({ ...paymux.environment, PORT: String(two) });
      await Promise.all([paused.start(), other.start()]);
    });

    after(async () => {
      if (paused?.pid()) process.kill(paused.pid(), 'SIGCONT');
      await Promise.all([paused?.kill(), other?.stop()]);
      await merchant?.stop();
      await paymux?.stop();
    });

    it('while it made payments and refunds: another one takes them over, and neither does anything a second time', async function () {
      this.timeout(120_000);
      const { database } = paymux.stored;
      const bought = await Promise.all(indexes.map((index) => buy(index)));
      for (const operation of ['pay', 'refund'])
        await paymux.control('/_scenario', { channel: 'wechat', operation, behaviour: 'late', delay_ms: 2000 });
      const hanging = [
        ...indexes.map((index) => create(paused, `new-${index}`)),
        ...bought.map((id, index) => giveBack(paused, id, index)),
      ];
      const ended = Promise.allSettled(hanging);
      await eventually(async () => (await sending()) === 2 * count);
      process.kill(paused.pid(), 'SIGSTOP');
      await paymux.control('/_scenario', undefined, 'DELETE');
      const made = await Promise.all(indexes.map((index) => until(() => create(other, `new-${index}`))));
      const refunds = await Promise.all(bought.map((id, index) => until(() => giveBack(other, id, index))));
      for (const { body } of made) await pay(body.id);
      const haveEnded = async () => {
        const row = await database.get("SELECT COUNT(*) AS n FROM payments WHERE state IN ('success', 'refunded')");
        const back = await database.get("SELECT COUNT(*) AS n FROM refunds WHERE state = 'succeeded'");
        return row?.['n'] === 2 * count && back?.['n'] === count;
      };
      await eventually(haveEnded, () => 'something that the other server did not take over', 60_000);
      process.kill(paused.pid(), 'SIGCONT');
      await ended;
      const again = await Promise.all(indexes.map((index) => until(() => create(paused, `new-${index}`))));
      expect(again.map(({ body }) => body.id)).to.deep.equal(made.map(({ body }) => body.id));
      const same = await Promise.all(bought.map((id, index) => until(() => giveBack(paused, id, index))));
      expect(same.map(({ body }) => body.id)).to.deep.equal(refunds.map(({ body }) => body.id));
      expect(await haveEnded()).to.equal(true);
      const { entries } = (await paymux.control('/_truth?since=0')).body;
      expect(await checkMoney(database, entries)).to.deep.equal([]);
      const kinds = (entries as { kind: string }[]).map(({ kind }) => kind);
      expect(kinds.filter((kind) => kind === 'charge')).to.have.length(2 * count);
      expect(kinds.filter((kind) => kind === 'refund')).to.have.length(count);
    });

    const send = async (server: ServerProcess, path: string, body: unknown, key: string): Promise<Answer> => {
      const headers = { authorization: `Bearer ${paymux.key}`, 'content-type': 'application/json', 'idempotency-key': key };
      const answer = await fetch(server.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
      const text = await answer.text();
      return { status: answer.status, headers: answer.headers, body: JSON.parse(text), text };
    };
    const create = (server: ServerProcess, no: string) => {
      const order = {
        merchant_order_no: no,
        amount: 1000,
        currency: 'CNY',
        subject: 'Tea',
        method: 'wechat_native',
        notify_url: merchant.url,
      };
      return send(server, '/v1/payments', order, `key-${no}`);
    };
    const giveBack = (server: ServerProcess, id: string, index: number) =>
      send(server, `/v1/payments/${id}/refunds`, { merchant_refund_no: `refund-${index}`, amount: 600 }, `key-refund-${index}`);
    /** Until nobody else has the idempotency key. */
    const until = (ask: () => Promise<Answer>) =>
      eventually(
        async () => {
          const answer = await ask();
          return answer.status < 300 ? answer : null;
        },
        () => 'no answer',
        60_000,
      );
    const read = async (id: string) => {
      const answer = await fetch(`${other.url}/v1/payments/${id}`, { headers: { authorization: `Bearer ${paymux.key}` } });
      return (await answer.json()) as { state: string; action: unknown };
    };
    const pay = async (id: string) => {
      const { action } = await eventually(
        async () => {
          const payment = await read(id);
          return payment.action === null ? null : payment;
        },
        () => `no action of ${id}`,
        30_000,
      );
      await paymux.control('/_pay', { target: targetOf(action) });
    };
    const buy = async (index: number): Promise<string> => {
      const { body } = await create(other, `old-${index}`);
      await pay(body.id);
      await eventually(async () => (await read(body.id)).state === 'success');
      return body.id;
    };
    const sending = async () => {
      const { database } = paymux.stored;
      const rows = await Promise.all(
        ['attempts', 'refunds'].map((table) => database.get(`SELECT COUNT(*) AS n FROM ${table} WHERE state = 'sending'`)),
      );
      return rows.reduce((sum, row) => sum + Number(row?.['n']), 0);
    };
  });
});
