import { expect } from 'chai';
import { makeId } from '../../core/ids.ts';
import { archiveFinished } from '../../core/payments/archive.ts';
import { closePayment } from '../../core/payments/close.ts';
import { receivePayment } from '../../core/payments/receive.ts';
import { noteTakenBack } from '../../core/payments/take-back.ts';
import type { Database, Tx } from '../../core/store/database.ts';
import { readStories } from '../../core/store/tables/archives.ts';
import { checkMoney } from '../kit/check-money.ts';
import { forEachDatabase } from '../kit/database.ts';
import { paid, refunded, type Scripted, scriptKernel, unpaid } from '../kit/scripted.ts';

const dayMs = 86_400_000;

describe('The archive of finished payments', function () {
  this.timeout(20_000);

  forEachDatabase((_name, open) => {
    const start = async (): Promise<Scripted> => scriptKernel((await open()).database);
    const count = async ({ kernel }: Scripted, table: string) =>
      Number((await kernel.database.get(`SELECT COUNT(*) AS n FROM ${table}`))?.['n']);
    /** What the hourly run does 401 days from now, where things are archived after 400. */
    const archiveLater = (shop: Scripted, database: Database = shop.kernel.database) => {
      const now = shop.kernel.clock.now();
      return archiveFinished({ database, now, before: new Date(now.getTime() + dayMs) });
    };
    const expectSound = async (shop: Scripted) => expect(await checkMoney(shop.kernel.database)).to.deep.equal([]);
    const isArchived = async ({ kernel }: Scripted, id: string) => (await readStories(kernel.database, [id])).length > 0;

    const buy = async (shop: Scripted, more: Parameters<Scripted['order']>[0] = {}) => {
      shop.vendor.pay = ({ number }) => paid(number);
      return shop.order(more);
    };
    const drop = async (shop: Scripted) => {
      shop.vendor.pay = () => ({ kind: 'action', action: { type: 'qr', qrContent: 'code' } });
      shop.vendor.query = ({ number }) => ({ kind: 'ok', report: { state: 'closed', echo: { number } } });
      const id = await shop.order();
      await closePayment(shop.kernel, { paymentId: id, reason: 'merchant', cause: 'merchant' });
      const [attempt] = await shop.attempts(id);
      return { id, number: attempt?.number ?? '' };
    };
    /** A notification of the payment's first event, in that state. */
    const tell = async ({ kernel }: Scripted, id: string, state: string) => {
      const event = await kernel.database.get('SELECT id FROM events WHERE subject_id = ? ORDER BY id LIMIT 1', [id]);
      const delivery = makeId('dlv_', new Date(0));
      await kernel.database.transaction(async (tx) => {
        const sql = `INSERT INTO deliveries (id, event_id, app_id, url, state, tries, created_at) VALUES (?, ?, 'app_1', 'https://shop.example/', ?, 1, 1)`;
        await tx.run(sql, [delivery, String(event?.['id']), state]);
        await tx.run('INSERT INTO delivery_attempts (id, delivery_id, duration_ms, created_at) VALUES (?, ?, 1, 1)', [delivery, delivery]);
      });
    };

    it('takes what happened to them and what was told of it, and leaves what money is found and decided by', async () => {
      const shop = await start();
      const id = await buy(shop);
      await shop.refund(id, 40);
      const { id: closed } = await drop(shop);
      await tell(shop, id, 'delivered');
      const before = { steps: await count(shop, 'history'), events: await count(shop, 'events') };
      await expectSound(shop);
      expect(await archiveLater(shop)).to.equal(2);
      for (const table of ['history', 'events', 'deliveries', 'delivery_attempts']) expect(await count(shop, table), table).to.equal(0);
      const stories = await readStories(shop.kernel.database, [id, closed]);
      expect(stories.flatMap(({ history }) => history)).to.have.length(before.steps);
      expect(stories.flatMap(({ events }) => events)).to.have.length(before.events);
      expect(stories.flatMap(({ deliveries, tries }) => [...deliveries, ...tries])).to.have.length(2);
      expect(await shop.payment(id)).to.include({ state: 'success', amount_refunded: 40 });
      expect(await count(shop, 'archives'), 'both in one row').to.equal(1);
      await expectSound(shop);
      expect(await archiveLater(shop), 'once').to.equal(0);
    });

    it('does not free their order numbers: the same order again is the same payment, and another is refused', async () => {
      const shop = await start();
      const id = await buy(shop, { merchantOrderNo: 'order-1' });
      await archiveLater(shop);
      expect(await shop.order({ merchantOrderNo: 'order-1' })).to.equal(id);
      const other = shop.order({ merchantOrderNo: 'order-1', hash: 'another' });
      expect(await other.catch((error: Error) => error.message)).to.match(/merchant_order_no_used/);
    });

    it('lets them be refunded as before, and takes that too when it is old', async () => {
      const shop = await start();
      const id = await buy(shop);
      await archiveLater(shop);
      await shop.refund(id, 60);
      expect(await shop.payment(id)).to.include({ amount_refunded: 60, refund_reserved: 0 });
      await expectSound(shop);
      expect(await archiveLater(shop)).to.equal(1);
      expect(await readStories(shop.kernel.database, [id])).to.have.length(2);
      await expectSound(shop);
      await shop.refund(id, 40);
      expect((await shop.payment(id)).state).to.equal('refunded');
      await expectSound(shop);
    });

    it('lets money that comes after all go back', async () => {
      const shop = await start();
      const { id, number } = await drop(shop);
      expect(await archiveLater(shop)).to.equal(1);
      const [account, told] = [shop.kernel.channels.account('acc_1'), paid(number)];
      if (account === undefined || told.kind !== 'ok' || told.report.state !== 'succeeded') throw new Error('no account');
      await receivePayment(shop.kernel, account, { of: 'payment', number, report: told.report }, 'signed');
      await shop.attend();
      expect((await shop.refunds(id)).map(({ kind, state }) => [kind, state])).to.deep.equal([['late', 'succeeded']]);
      await expectSound(shop);
    });

    const kept: Readonly<Record<string, (shop: Scripted) => Promise<string>>> = {
      'that may still be paid': async (shop) => {
        shop.vendor.query = ({ number }) => unpaid(number);
        return shop.order();
      },
      'whose refund is under way': async (shop) => {
        const id = await buy(shop);
        shop.vendor.refund = (request) => refunded(request, { state: 'processing' });
        await shop.refund(id, 40);
        return id;
      },
      'whose refund ended otherwise than was booked': async (shop) => {
        const id = await buy(shop);
        await shop.refund(id, 40);
        await shop.kernel.database.transaction((tx) => tx.run("UPDATE refunds SET exception = 'abnormal' WHERE payment_id = ?", [id]));
        return id;
      },
      'of whose attempts one is still unknown': async (shop) => {
        const id = await buy(shop);
        await shop.kernel.database.transaction((tx) => tx.run("UPDATE attempts SET state = 'unknown' WHERE payment_id = ?", [id]));
        return id;
      },
      'with money that nobody has decided about': async (shop) => {
        const id = await buy(shop);
        await shop.kernel.database.transaction((tx) => tx.run("UPDATE payments SET exception = 'mismatch' WHERE id = ?", [id]));
        return id;
      },
      'whose money the channel took back': async (shop) => {
        const id = await buy(shop);
        const [attempt] = await shop.attempts(id);
        if (attempt === undefined) throw new Error('no attempt');
        await noteTakenBack(shop.kernel, attempt);
        await shop.kernel.database.transaction((tx) => tx.run('UPDATE payments SET exception = NULL WHERE id = ?', [id]));
        return id;
      },
      'that is to be looked at again': async (shop) => {
        const id = await buy(shop);
        await shop.kernel.database.transaction((tx) => tx.run('UPDATE payments SET due_at = 1 WHERE id = ?', [id]));
        return id;
      },
      'whose merchant has still to be told': async (shop) => {
        const id = await buy(shop);
        await tell(shop, id, 'pending');
        return id;
      },
      'that does not agree with a statement': async (shop) => {
        const id = await buy(shop);
        const [attempt] = await shop.attempts(id);
        const sql = `INSERT INTO discrepancies (id, reconciliation_id, entry_key, account_id, channel, livemode, day, class, kind, currency, subject_id, state, created_at)
          VALUES ('dis_1', 'rec_1', 'k', 'acc_1', 'fake', 0, '2026-05-01', 'missing_there', 'payment', 'CNY', ?, 'suspended', 1)`;
        await shop.kernel.database.transaction((tx) => tx.run(sql, [attempt?.id ?? '']));
        return id;
      },
      'to which something happened yesterday': async (shop) => {
        const id = await buy(shop);
        shop.turn(2 * dayMs);
        await shop.refund(id, 40);
        shop.turn(-2 * dayMs);
        return id;
      },
    };
    for (const [what, make] of Object.entries(kept)) {
      it(`leaves one alone ${what}, and takes its neighbour`, async () => {
        const shop = await start();
        const id = await make(shop);
        const neighbour = await buy(shop);
        expect(await archiveLater(shop)).to.equal(1);
        expect(await isArchived(shop, id)).to.equal(false);
        expect(await isArchived(shop, neighbour)).to.equal(true);
        expect(await shop.kernel.database.all('SELECT id FROM history WHERE subject_id = ?', [id])).to.not.have.length(0);
      });
    }

    /** The database, in which something happens right before the archive's transaction, or right before its end. */
    const withMoment = (
      database: Database,
      moment: { readonly before?: () => Promise<unknown>; readonly atEnd?: (tx: Tx) => Promise<void> },
    ) => ({
      ...database,
      transaction: (async (work: (tx: Tx) => Promise<unknown>, proof) => {
        await moment.before?.();
        return database.transaction(async (tx) => {
          const result = await work(tx);
          await moment.atEnd?.(tx);
          return result;
        }, proof);
      }) as Database['transaction'],
    });

    it('moves nothing of a payment that somebody writes to at that moment', async () => {
      const shop = await start();
      const id = await buy(shop);
      const busy = withMoment(shop.kernel.database, { before: () => shop.refund(id, 10) });
      expect(await archiveLater(shop, busy)).to.equal(0);
      expect([await count(shop, 'archives'), await isArchived(shop, id)]).to.deep.equal([0, false]);
      await expectSound(shop);
    });

    it('moves nothing whose notification is sent again at that moment', async () => {
      const shop = await start();
      const id = await buy(shop);
      await tell(shop, id, 'delivered');
      const { database } = shop.kernel;
      const replay = () => database.transaction((tx) => tx.run("UPDATE deliveries SET state = 'pending', due_at = 1"));
      expect(await archiveLater(shop, withMoment(database, { before: replay }))).to.equal(0);
      expect([await count(shop, 'archives'), await count(shop, 'deliveries'), await count(shop, 'delivery_attempts')]).to.deep.equal([
        0, 1, 1,
      ]);
      await expectSound(shop);
    });

    it('loses nothing when it dies before its commit, and does it the next time', async () => {
      const shop = await start();
      await buy(shop);
      const dying = withMoment(shop.kernel.database, {
        atEnd: async () => {
          throw new Error('no power');
        },
      });
      expect(await archiveLater(shop, dying).catch((error: Error) => error.message)).to.equal('no power');
      expect(await count(shop, 'archives')).to.equal(0);
      await expectSound(shop);
      expect(await archiveLater(shop)).to.equal(1);
      await expectSound(shop);
    });

    it('takes more payments than one transaction may', async () => {
      const shop = await start();
      const all: string[] = [];
      for (let index = 0; index < 130; index += 1) all.push(await buy(shop));
      expect(await archiveLater(shop)).to.equal(130);
      expect(await count(shop, 'archives')).to.be.greaterThan(1);
      expect((await readStories(shop.kernel.database, all)).map(({ payment }) => payment)).to.have.members(all);
      await expectSound(shop);
    });
  });
});
