import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { lookInto } from '../../core/reconciliation/inbox.ts';
import { takeDocument } from '../../core/reconciliation/take-document.ts';
import { forEachDatabase } from '../kit/database.ts';
import { openInboxShop, textOf } from '../kit/inbox-shop.ts';
import { day, type GivenLine, lineOf, noon } from '../kit/statement-shop.ts';
import { makeVault } from '../kit/vault.ts';

const [next, after] = ['2026-05-02', '2026-05-03'];
const cut = Date.parse(`${day}T23:00:00Z`);
const afterNoon = (of: string) => Date.parse(`${of}T12:00:00Z`);

describe('A day that ends at 23:00', () =>
  forEachDatabase((_name, open) => {
    const openShop = async () => {
      const { database } = await open();
      const shown = async () =>
        (await database.all('SELECT day, class, state FROM discrepancies ORDER BY day')).map((row) => Object.values(row));
      return { ...openInboxShop(database, makeVault(), '23:00'), database, shown };
    };

    it('has what was booked before its end, and the next what was booked from then on', async () => {
      const { shop, shown } = await openShop();
      const [early, late] = [await shop.paid(cut - 1000), await shop.paid(cut)];
      for (const [of, attempt] of [
        [day, early],
        [next, late],
      ] as const) {
        const done = await shop.run(of, [lineOf(attempt)]);
        expect(done.kind === 'done' && done.sums.map((sum) => [sum.class, sum.entries_there, sum.entries_here])).to.deep.equal([
          ['matched', 1, 1],
        ]);
      }
      expect(await shown()).to.deep.equal([]);
    });

    it('has what stands on the neighbour’s statement within two hours of the cut-off waited for, and paired', async () => {
      const { shop, shown } = await openShop();
      const late = await shop.paid(cut - 1000);
      await shop.run(day, []);
      expect(await shown()).to.deep.equal([[day, 'timing', 'suspended']]);
      await shop.run(next, [{ ...lineOf(late), at: cut + 1000 }]);
      expect(await shown()).to.deep.equal([
        [day, 'timing', 'resolved'],
        [next, 'timing', 'resolved'],
      ]);
    });

    it('knows a payment of its last hour on the calendar as the next day’s, when it is named once more', async () => {
      const { shop, shown } = await openShop();
      const payment = await shop.paid(cut + 1000);
      await shop.run(next, [lineOf(payment)]);
      await shop.run(after, [{ ...lineOf(payment), at: afterNoon(after) }]);
      expect(await shown()).to.deep.equal([[after, 'duplicate', 'open']]);
    });

    it('does not take a payment for had by a day that is done and was not its own', async () => {
      const { shop, shown } = await openShop();
      const payment = await shop.paid(cut + 1000);
      await shop.run(day, []);
      await shop.run(after, [{ ...lineOf(payment), at: afterNoon(after) }]);
      expect((await shown()).map(([of, name]) => [of, name])).to.deep.equal([[after, 'timing']]);
    });

    it('refuses a document of the next day by the vendor’s count, and says of which it is', async () => {
      const { shop } = await openShop();
      const done = await shop.run(day, [{ number: 'NOTOURS', at: cut }]);
      expect(done.kind === 'refused' && done.reason).to.equal(`${day}.jsonl is not of ${day}: no entry is, and entry 1 is of ${next}`);
    });

    it('takes a document that comes by hand from its end on, an hour before midnight', async () => {
      const { shop, deps } = await openShop();
      const folder = mkdtempSync(join(tmpdir(), 'paymux-cut-off-'));
      const take = async (lines: readonly GivenLine[]) => {
        mkdirSync(join(folder, 'acc_1', day), { recursive: true });
        writeFileSync(join(folder, 'acc_1', day, 'bill.jsonl'), await textOf(lines));
        const [lying] = await lookInto(folder);
        return lying === undefined ? 'nothing there' : takeDocument(deps, folder, lying);
      };
      try {
        shop.turn(cut - 1000 - noon);
        expect(await take([{ number: 'NOTOURS' }])).to.equal('refused');
        shop.turn(1000);
        expect(await take([{ number: 'NOTOURS' }])).to.equal('taken');
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });
  }));
