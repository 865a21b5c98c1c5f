import { expect } from 'chai';
import { settle } from '../../core/payments/settle.ts';
import type { Database } from '../../core/store/database.ts';
import { tables } from '../../core/store/schema.ts';
import { readOutstanding } from '../../core/store/tables/discrepancies.ts';
import { insert } from '../../core/store/tables/row.ts';
import { checkMoney } from '../kit/check-money.ts';
import { forEachDatabase } from '../kit/database.ts';
import { day, lineOf, noon, openStatementShop } from '../kit/statement-shop.ts';

describe('A database that came back without its last commits', () =>
  forEachDatabase((_name, open) => {
    it('has what it lost back from the vendor’s statement, or told: nothing is silently gone', async function () {
      this.timeout(30_000);
      const { database } = await open();
      const shop = openStatementShop(database);
      const kept = lineOf(await shop.paid());
      const order = await shop.unpaid(700);
      const before = await readAll(database);
      const evidence = { kind: 'paid', amount: 700, channelNo: `v-${order.number}`, at: noon } as const;
      const settled = lineOf((await settle(shop.kernel, { attempt: order, evidence, cause: 'callback' })).attempt);
      const lost = lineOf(await shop.paid(noon, 300));
      await restore(database, before);

      const done = await shop.run(day, [kept, settled, lost]);
      expect(done).to.include({ kind: 'done' });
      // The order was known here: its payment is booked by what the vendor says.
      expect((await shop.attempts(order.payment_id))[0]).to.include({ state: 'succeeded', amount: 700 });
      // Of this one nothing is known here any more: a person has to look, and the alert rings.
      const found = await database.all("SELECT class, number, amount_there, amount_here FROM discrepancies WHERE state = 'open'");
      expect(found).to.deep.equal([{ class: 'missing_here', number: lost.number, amount_there: 300, amount_here: null }]);
      expect(await readOutstanding(database)).to.have.lengthOf(1);
      expect(await shop.reconcile(day)).to.include({ kind: 'done', written: 0 });
      expect(await checkMoney(database)).to.deep.equal([]);
    });
  }));

type Rows = readonly (readonly [string, readonly Parameters<typeof insert>[2][]])[];

async function readAll(database: Database): Promise<Rows> {
  const all: [string, readonly Parameters<typeof insert>[2][]][] = [];
  for (const table of Object.keys(tables)) all.push([table, (await database.all(`SELECT * FROM ${table}`)) as never]);
  return all;
}

/** What a replica has that took over too early. */
async function restore(database: Database, all: Rows): Promise<void> {
  await database.transaction(async (tx) => {
    for (const [table, rows] of all) {
      await tx.run(`DELETE FROM ${table}`);
      for (const row of rows) await insert(tx, table as never, row);
    }
  });
}
