import { expect } from 'chai';
import { accept, adjust, queryAgain } from '../../core/reconciliation/act.ts';
import { viewDiscrepancy } from '../../core/reconciliation/view.ts';
import type { DiscrepancyRow } from '../../core/store/tables/discrepancies.ts';
import { readBalance } from '../../core/store/tables/ledger.ts';
import { checkMoney } from '../kit/check-money.ts';
import { forEachDatabase, type TestDatabase } from '../kit/database.ts';
import { openPayoutShop, type PayoutShop, payoutLine } from '../kit/payout-shop.ts';

const dayMs = 86_400_000;
const [first, second, eighth, ninth] = ['2026-05-01', '2026-05-02', '2026-05-08', '2026-05-09'];

describe('A payout of a channel', () =>
  forEachDatabase((_name, open) => {
    let stored: TestDatabase;
    let shop: PayoutShop;

    beforeEach(async () => {
      stored = await open();
      shop = openPayoutShop(stored.database);
      shop.turn(dayMs);
    });
    afterEach(async () => expect(await checkMoney(stored.database)).to.deep.equal([]));

    const states = async () => (await shop.payouts()).map(({ channel_no: number, state }) => `${number} ${state}`);
    const balanceOf = async (account: string) => {
      const { folded, later } = await readBalance(stored.database, account);
      return (folded ?? 0) + (later ?? 0);
    };
    const untouched = async () => Object.fromEntries(await Promise.all(tables.map(async (table) => [table, await rowsOf(table)])));
    const rowsOf = (table: string) => stored.database.all(`SELECT * FROM ${table}`);

    it('that arrives on the day it was sent is on both days, and in the sums of both', async () => {
      const sent = await shop.channelDay(first, [payoutLine(first, 50_000)]);
      expect(await shop.found()).to.deep.equal(['timing payout suspended']);
      const came = await shop.bankDay(first, [{ day: first, number: 'B1', amount: 50_000 }]);
      expect(sent.kind === 'done' && sent.sums).to.deep.equal([
        { class: 'timing', kind: 'payout', currency: 'CNY', entries_there: 1, amount_there: -50_000, entries_here: 0, amount_here: 0 },
      ]);
      expect(came.kind === 'done' && came.sums).to.deep.equal([
        { class: 'matched', kind: 'payout', currency: 'CNY', entries_there: 1, amount_there: 50_000, entries_here: 1, amount_here: 50_000 },
      ]);
      expect(await states()).to.deep.equal(['po_1000001 arrived']);
      expect(await shop.found()).to.deep.equal(['timing payout resolved agrees_now']);
    });

    it('is the same where the bank was first', async () => {
      await shop.bankDay(second, [{ day: second, number: 'B1', amount: 50_000 }]);
      expect(await shop.found()).to.deep.equal(['missing_here payment open']);
      await shop.channelDay(first, [payoutLine(first, 50_000)]);
      expect(await shop.lookAgain()).to.be.above(0);
      expect(await states()).to.deep.equal(['po_1000001 arrived']);
      expect(await shop.found()).to.deep.equal(['timing payout resolved agrees_now', 'missing_here payment resolved agrees_now']);
      expect(await shop.lookAgain()).to.equal(0);
    });

    it('is what the channel owes no longer, from the day it was sent on', async () => {
      await shop.channelDay(first, [payoutLine(first, 50_000)]);
      expect(await balanceOf('paid_out:acc_1:CNY')).to.equal(50_000);
      expect(await balanceOf('channel_receivable:acc_1:CNY')).to.equal(-50_000);
      await shop.bankDay(second, [{ day: second, number: 'B1', amount: 50_000 }]);
      expect(await balanceOf('paid_out:acc_1:CNY')).to.equal(50_000);
    });

    it('may take a week, over the end of a month too', async () => {
      shop.turn(-2 * dayMs);
      await shop.channelDay('2026-04-28', [payoutLine('2026-04-28', 700), payoutLine('2026-04-28', 800, 'po_1000002')]);
      const came = [
        { day: '2026-05-05', number: 'B1', amount: 700 },
        { day: '2026-05-06', number: 'B2', amount: 800 },
      ];
      shop.turn(7 * dayMs);
      await shop.bankDay('2026-05-05', came);
      expect(await states()).to.deep.equal(['po_1000001 arrived', 'po_1000002 awaited']);
      expect(await shop.found()).to.have.members([
        'timing payout resolved agrees_now',
        'timing payout suspended',
        'missing_here payment open',
      ]);
    });

    it('is not what came before it was sent, went out, or is another amount', async () => {
      await shop.channelDay(second, [payoutLine(second, 700)]);
      await shop.bankDay(second, [
        { day: first, number: 'B1', amount: 700 },
        { day: second, number: 'B2', amount: -700 },
        { day: second, number: 'B3', amount: 701 },
      ]);
      expect(await states()).to.deep.equal(['po_1000001 awaited']);
    });

    it('of the same amount as another is the older one, and each arrives once', async () => {
      await shop.channelDay(first, [payoutLine(first, 700, 'po_older')]);
      await shop.channelDay(second, [payoutLine(second, 700, 'po_newer')]);
      await shop.bankDay(second, [{ day: second, number: 'B1', amount: 700 }]);
      expect(await states()).to.deep.equal(['po_older arrived', 'po_newer awaited']);
      await shop.bankDay('2026-05-03', [{ day: '2026-05-03', number: 'B2', amount: 700 }]);
      expect(await states()).to.deep.equal(['po_older arrived', 'po_newer arrived']);
      const keys = new Set((await shop.payouts()).map(({ bank_key: key }) => key));
      expect(keys.size).to.equal(2);
    });

    it('that the bank’s text names is that one, whatever came before', async () => {
      await shop.channelDay(first, [payoutLine(first, 700, 'po_1000001')]);
      await shop.bankDay(second, [{ day: second, number: 'B1', amount: 700, text: 'VENDOR po_1000002 PAYOUT' }]);
      expect(await states()).to.deep.equal(['po_1000001 arrived']);
      await shop.channelDay(second, [payoutLine(second, 700, 'po_1000002')]);
      await shop.lookAgain();
      expect(await states()).to.deep.equal(['po_1000001 awaited', 'po_1000002 arrived']);
      expect(await shop.found()).to.deep.equal(['timing payout suspended', 'timing payout resolved agrees_now']);
    });

    it('changes places with another where a better document of the bank names them the other way round', async () => {
      await shop.channelDay(first, [payoutLine(first, 700), payoutLine(first, 700, 'po_1000002')]);
      const rows = (texts: readonly string[]) => texts.map((text, index) => ({ day: second, number: `B${index}`, amount: 700, text }));
      await shop.bankDay(second, rows(['', '']));
      const before = (await shop.payouts()).map(({ bank_key: key }) => key);
      await shop.bankDayAgain(second, rows(['po_1000002', 'po_1000001']));
      expect((await shop.payouts()).map(({ bank_key: key }) => key)).to.deep.equal(before.reverse());
      expect(await shop.lookAgain()).to.equal(0);
    });

    it('of which the bank kept a part is named, and differs by that', async () => {
      await shop.channelDay(first, [payoutLine(first, 50_000)]);
      const came = await shop.bankDay(second, [{ day: second, number: 'B1', amount: 49_000, text: 'po_1000001 less charges' }]);
      expect(came.kind === 'done' && came.sums).to.deep.equal([
        {
          ...{ class: 'amount_differs', kind: 'payout', currency: 'CNY' },
          ...{ entries_there: 1, amount_there: 49_000, entries_here: 1, amount_here: 50_000 },
        },
      ]);
      expect(await states()).to.deep.equal(['po_1000001 differs']);
      expect(await shop.found()).to.deep.equal(['timing payout resolved agrees_now', 'amount_differs payout open']);
      const row = await stored.database.get("SELECT number, channel_no, amount_here, amount_there FROM discrepancies WHERE state = 'open'");
      expect(row).to.deep.equal({ number: 'po_1000001', channel_no: 'B1', amount_here: 50_000, amount_there: 49_000 });
    });

    it('that does not come is overdue after ten days, and may come late all the same', async () => {
      await shop.channelDay(first, [payoutLine(first, 700)]);
      shop.turn(9 * dayMs);
      expect(await shop.lookAgain()).to.equal(0);
      expect(await shop.found()).to.deep.equal(['timing payout suspended']);
      shop.turn(2 * dayMs);
      expect(await shop.lookAgain()).to.be.above(0);
      expect(await shop.found()).to.deep.equal(['missing_there payout open']);
      await shop.bankDay(eighth, [{ day: eighth, number: 'B1', amount: 700 }]);
      expect(await shop.found()).to.deep.equal(['timing payout resolved agrees_now']);
      expect(await states()).to.deep.equal(['po_1000001 arrived']);
    });

    it('that is overdue is neither adjusted, which would take it from the ledger twice, nor asked about like a payment', async () => {
      await shop.channelDay(first, [payoutLine(first, 700)]);
      shop.turn(12 * dayMs);
      await shop.lookAgain();
      const row = (await stored.database.get("SELECT * FROM discrepancies WHERE state = 'open'")) as unknown as DiscrepancyRow;
      expect(viewDiscrepancy(row, new Date())).to.include({ class: 'missing_there', payout: row.subject_id, payment: null, refund: null });
      const acting = { id: row.id, actor: 'key_1', note: null };
      const adjustment = { reason: 'unexplained', amount: -700, currency: 'CNY', appId: 'app_1' } as const;
      expect(await adjust(shop.kernel, acting, adjustment, 1_000_000)).to.deep.equal({ kind: 'not_adjustable' });
      expect(await queryAgain(shop.kernel, acting)).to.deep.equal({ kind: 'not_open' });
      expect(await accept(shop.kernel, acting, 1_000_000)).to.include({ kind: 'discrepancy' });
    });

    it('that comes later than a week is known by its number alone', async () => {
      await shop.channelDay(first, [payoutLine(first, 700), payoutLine(first, 800, 'po_1000002')]);
      shop.turn(9 * dayMs);
      await shop.bankDay(ninth, [
        { day: ninth, number: 'B1', amount: 700 },
        { day: ninth, number: 'B2', amount: 800, text: 'po_1000002' },
      ]);
      expect(await states()).to.deep.equal(['po_1000001 awaited', 'po_1000002 arrived']);
    });

    it('that comes months later is named by its own entry when that day is compared again', async () => {
      await shop.channelDay(first, [payoutLine(first, 700)]);
      shop.turn(90 * dayMs);
      await shop.lookAgain();
      await shop.bankDay('2026-07-20', [{ day: '2026-07-20', number: 'B1', amount: 700, text: 'po_1000001' }]);
      await shop.lookAgain();
      const before = await untouched();
      shop.turn(1000);
      expect(await shop.bankDay('2026-07-20', [{ day: '2026-07-20', number: 'B1', amount: 700, text: 'po_1000001' }])).to.include({
        written: 0,
      });
      expect(await untouched()).to.deep.equal(before);
      expect(await states()).to.deep.equal(['po_1000001 arrived']);
    });

    it('changes nothing when its days are compared again, or their documents come again', async () => {
      await shop.channelDay(first, [payoutLine(first, 700), payoutLine(first, 800, 'po_1000002')]);
      const came = [{ day: second, number: 'B1', amount: 700 }];
      await shop.bankDay(second, came);
      const before = await untouched();
      shop.turn(1000);
      expect(await shop.channelDay(first, [payoutLine(first, 700), payoutLine(first, 800, 'po_1000002')])).to.include({ written: 0 });
      expect(await shop.bankDay(second, came)).to.include({ written: 0 });
      expect(await shop.lookAgain()).to.equal(0);
      expect(await untouched()).to.deep.equal(before);
    });

    it('that a better document does not have is withdrawn, with its ledger entry, and the bank’s day says so', async () => {
      await shop.channelDay(first, [payoutLine(first, 700)]);
      await shop.bankDay(second, [{ day: second, number: 'B1', amount: 700 }]);
      await shop.channelDayAgain(first, [payoutLine(first, 900)]);
      expect(await states()).to.have.members(['po_1000001 withdrawn', 'po_1000001 awaited']);
      expect(await balanceOf('paid_out:acc_1:CNY')).to.equal(900);
      await shop.lookAgain();
      expect(await shop.found()).to.have.members([
        'timing payout resolved agrees_now',
        'timing payout suspended',
        'missing_here payment open',
      ]);
      await shop.channelDayAgain(first, [payoutLine(first, 700)]);
      await shop.lookAgain();
      expect((await states()).sort()).to.deep.equal(['po_1000001 arrived', 'po_1000001 withdrawn', 'po_1000001 withdrawn']);
      expect(await balanceOf('paid_out:acc_1:CNY')).to.equal(700);
    });

    it('that is withdrawn alone leaves the bank’s entry to a person', async () => {
      await shop.channelDay(first, [payoutLine(first, 700)]);
      await shop.bankDay(second, [{ day: second, number: 'B1', amount: 700 }]);
      await shop.channelDayAgain(first, [payoutLine(first, -1)]);
      await shop.lookAgain();
      expect(await states()).to.deep.equal(['po_1000001 withdrawn']);
      expect(await shop.found()).to.deep.equal(['timing payout resolved agrees_now', 'missing_here payment open']);
    });

    it('is awaited again where a better document of the bank does not have it', async () => {
      await shop.channelDay(first, [payoutLine(first, 700)]);
      await shop.bankDay(second, [{ day: second, number: 'B1', amount: 700 }]);
      await shop.bankDayAgain(second, [{ day: second, number: 'B2', amount: 600 }]);
      await shop.lookAgain();
      expect(await states()).to.deep.equal(['po_1000001 awaited']);
      expect(await shop.found()).to.deep.equal(['timing payout suspended', 'missing_here payment open']);
    });

    it('is not two, where the bank lists one transfer on two days', async () => {
      await shop.channelDay(first, [payoutLine(first, 700), payoutLine(first, 700, 'po_1000002')]);
      const came = { day: second, number: 'B1', amount: 700 };
      await shop.bankDay(second, [came]);
      await shop.bankDay('2026-05-03', [came, { day: '2026-05-03', number: 'B9', amount: 1 }]);
      expect((await states()).sort()).to.deep.equal(['po_1000001 arrived', 'po_1000002 awaited']);
      expect(await shop.found()).to.include('duplicate payment open');
    });

    it('is not two, where the bank lists one transfer twice on a day', async () => {
      await shop.channelDay(first, [payoutLine(first, 700), payoutLine(first, 700, 'po_1000002')]);
      const came = { day: second, number: 'B1', amount: 700 };
      await shop.bankDay(second, [came, { ...came, text: 'again' }]);
      expect(await states()).to.deep.equal(['po_1000001 arrived', 'po_1000002 awaited']);
    });

    it('is not two, where the channel lists it on two days', async () => {
      await shop.channelDay(first, [payoutLine(first, 700)]);
      await shop.channelDay(second, [payoutLine(first, 700), payoutLine(second, 700)]);
      expect(await states()).to.deep.equal(['po_1000001 awaited', 'po_1000001 awaited']);
      expect(await shop.found()).to.have.members(['timing payout suspended', 'timing payout suspended', 'duplicate payout open']);
      expect(await balanceOf('paid_out:acc_1:CNY')).to.equal(1400);
      expect(await shop.reconcile(second)).to.include({ written: 0 });
      expect(await shop.reconcile(first)).to.include({ written: 0 });
    });

    it('that came back, or goes nowhere that is known, is not compared', async () => {
      await shop.channelDay(first, [payoutLine(first, -700)]);
      shop.payTo(null);
      const done = await shop.channelDay(second, [payoutLine(second, 700)]);
      expect(done.kind === 'done' && done.sums.map((sum) => sum.class)).to.deep.equal(['not_compared']);
      expect(await shop.payouts()).to.deep.equal([]);
      expect(await shop.found()).to.deep.equal([]);
    });

    it('goes where it was said to go when it was sent', async () => {
      await shop.channelDay(first, [payoutLine(first, 700)]);
      for (const to of ['acc_other', null]) {
        shop.payTo(to);
        expect(await shop.reconcile(first)).to.include({ written: 0 });
      }
      await shop.bankDay(second, [{ day: second, number: 'B1', amount: 700 }]);
      expect(await states()).to.deep.equal(['po_1000001 arrived']);
    });

    it('to another bank account is not looked for on this one', async () => {
      shop.payTo('acc_other');
      await shop.channelDay(first, [payoutLine(first, 700)]);
      await shop.bankDay(second, [{ day: second, number: 'B1', amount: 700 }]);
      expect(await states()).to.deep.equal(['po_1000001 awaited']);
    });
  }));

const tables = ['payouts', 'reconciliations', 'statement_files', 'discrepancies', 'discrepancy_actions', 'ledger_postings', 'events'];
