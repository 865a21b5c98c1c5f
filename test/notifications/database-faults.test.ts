import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Dispatcher } from '../../core/notifications/deliver.ts';
import { openDatabase } from '../../core/store/open.ts';
import { forEachDatabase } from '../kit/database.ts';
import { type Fault, type MysqlProxy, startMysqlProxy } from '../kit/mysql-proxy.ts';
import { type Outbox, openOutbox, type Shop, startShop } from './kit.ts';
import { eventually } from './wait.ts';

/** The statements of a delivery: it is found, claimed, committed, and after the call what came of it is written and committed. */
const places = [
  ['when it is looked for', /^SELECT .*FROM deliveries/s, 1],
  ['when it is claimed', /^UPDATE deliveries SET due_at/, 1],
  ['at the COMMIT of the claim', /^COMMIT$/, 1],
  ['when its try is written', /^INSERT INTO delivery_attempts/, 1],
  ['when it is ticked off', /^UPDATE deliveries SET state|^UPDATE deliveries SET (?!due_at)/, 1],
  ['at the COMMIT of what came of it', /^COMMIT$/, 2],
] as const;

/** `again`: that the shop is told twice, under the same id, is what the lease is for. */
const faults: readonly (readonly [string, Fault, 'once' | 'again'])[] = [
  ['error 1213', { do: 'answer', errno: 1213 }, 'once'],
  ['error 1205', { do: 'answer', errno: 1205 }, 'once'],
  ['error 1047', { do: 'answer', errno: 1047 }, 'once'],
  ['error 1290', { do: 'answer', errno: 1290 }, 'again'],
  ['a cut before it arrives', { do: 'cutBefore' }, 'again'],
  ['a cut after it arrived', { do: 'cutAfter' }, 'again'],
];

const leaseMs = 40_000;

describe('A notification over a fault of the database', () =>
  forEachDatabase((name, open) => {
    if (name !== 'mariadb') return;
    let outbox: Outbox;
    let shop: Shop;
    let proxy: MysqlProxy;
    let dispatcher: Dispatcher;
    let close: () => Promise<void>;

    before(async () => {
      const stored = await open();
      const folder = await mkdtemp(join(tmpdir(), 'paymux-notify-'));
      outbox = await openOutbox(stored, join(folder, 'key'));
      shop = await startShop();
      const url = new URL(String(stored.options.url));
      proxy = await startMysqlProxy(Number(url.port));
      url.port = String(proxy.port);
      const through = await openDatabase({ ...stored.options, url: url.href });
      dispatcher = outbox.dispatcher({ database: through.database });
      dispatcher.start();
      close = async () => {
        await dispatcher.stop(0);
        await through.close();
        await proxy.close();
        await shop.stop();
        await outbox.stop();
        await rm(folder, { recursive: true });
      };
    });
    after(() => close?.());

    for (const [what, fault, times] of faults) {
      for (const [where, statement, nth] of places) {
        it(`(${what} ${where}) arrives ${times === 'once' ? 'once' : 'at least once, and only under its own id'}`, async function () {
          this.timeout(30_000);
          shop.received.length = 0;
          let met = 0;
          let claimed = false;
          proxy.set(({ sql }) => {
            claimed ||= /^UPDATE deliveries SET due_at/.test(sql);
            if (!statement.test(sql) || (sql === 'COMMIT' && !claimed)) return null;
            met += 1;
            return met === nth ? fault : null;
          });
          const id = await outbox.announce({ notifyUrl: shop.url });
          dispatcher.kick();
          await eventually(() => met >= nth);
          await eventually(async () => {
            const [row] = await outbox.deliveries(id);
            if (row?.['state'] === 'delivered') return true;
            if (times === 'again') outbox.clock.move(leaseMs);
            return false;
          });
          expect(new Set(shop.received.map(({ headers }) => headers['webhook-id']))).to.deep.equal(new Set([id]));
          if (times === 'once') expect(shop.received).to.have.length(1);
          proxy.set(() => null);
        });
      }
    }
  }));
