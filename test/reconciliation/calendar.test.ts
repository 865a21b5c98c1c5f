import { expect } from 'chai';
import type { OpenAccount } from '../../core/channels/accounts.ts';
import type { StatementOutcome } from '../../core/contract/statement.ts';
import { attendDay, listDueDays } from '../../core/reconciliation/due.ts';
import type { ReconcileDeps } from '../../core/reconciliation/reconcile.ts';
import { readReconciliationOf } from '../../core/store/tables/reconciliations.ts';
import { forEachDatabase } from '../kit/database.ts';
import { type GivenLine, lineOf, noon, openStatementShop, type StatementShop, writeDocument } from '../kit/statement-shop.ts';

const hourMs = 3_600_000;

/** A day of a zone, when it begins and the next does, and when its statement is ready at six: from the zones' own published rules. */
interface Day {
  readonly says: string;
  readonly zone: string;
  /** Midnight when absent. */
  readonly cutOff?: string;
  readonly day: string;
  readonly from: string;
  readonly to: string;
  readonly ready: string;
}

const days: readonly Day[] = [
  {
    says: 'of 25 hours in New York',
    zone: 'America/New_York',
    day: '2026-11-01',
    from: '2026-11-01T04:00:00Z',
    to: '2026-11-02T05:00:00Z',
    ready: '2026-11-02T11:00:00Z',
  },
  {
    says: 'of 23 hours in New York',
    zone: 'America/New_York',
    day: '2027-03-14',
    from: '2027-03-14T05:00:00Z',
    to: '2027-03-15T04:00:00Z',
    ready: '2027-03-15T10:00:00Z',
  },
  {
    says: 'of 25 hours in Amsterdam',
    zone: 'Europe/Amsterdam',
    day: '2026-10-25',
    from: '2026-10-24T22:00:00Z',
    to: '2026-10-25T23:00:00Z',
    ready: '2026-10-26T05:00:00Z',
  },
  {
    says: 'of 23 hours in Amsterdam',
    zone: 'Europe/Amsterdam',
    day: '2027-03-28',
    from: '2027-03-27T23:00:00Z',
    to: '2027-03-28T22:00:00Z',
    ready: '2027-03-29T04:00:00Z',
  },
  {
    says: 'that ends a month and a year in Shanghai',
    zone: 'Asia/Shanghai',
    day: '2026-12-31',
    from: '2026-12-30T16:00:00Z',
    to: '2026-12-31T16:00:00Z',
    ready: '2026-12-31T22:00:00Z',
  },
  {
    says: 'that ends a February',
    zone: 'UTC',
    day: '2027-02-28',
    from: '2027-02-28T00:00:00Z',
    to: '2027-03-01T00:00:00Z',
    ready: '2027-03-01T06:00:00Z',
  },
  {
    says: 'that ends at 23:00 in Shanghai, and a year',
    zone: 'Asia/Shanghai',
    cutOff: '23:00',
    day: '2026-12-31',
    from: '2026-12-30T15:00:00Z',
    to: '2026-12-31T15:00:00Z',
    ready: '2026-12-31T22:00:00Z',
  },
  {
    says: 'of 25 hours that ends at 20:00 in Chicago',
    zone: 'America/Chicago',
    cutOff: '20:00',
    day: '2026-11-01',
    from: '2026-11-01T01:00:00Z',
    to: '2026-11-02T02:00:00Z',
    ready: '2026-11-02T12:00:00Z',
  },
  {
    says: 'of 23 hours that ends at five in the morning in Amsterdam',
    zone: 'Europe/Amsterdam',
    cutOff: '05:00',
    day: '2027-03-27',
    from: '2027-03-27T04:00:00Z',
    to: '2027-03-28T03:00:00Z',
    ready: '2027-03-28T04:00:00Z',
  },
];

/** What the vendor has of a day: it is asked for the first two times in vain. */
interface Late {
  readonly deps: ReconcileDeps;
  readonly asked: string[];
}

function openLate(shop: StatementShop, { zone, cutOff = '00:00', day }: Day, lines: readonly GivenLine[]): Late {
  const asked: string[] = [];
  const fetchStatement = async (of: string): Promise<StatementOutcome> => {
    asked.push(of);
    if (of !== day) return { kind: 'empty' };
    return asked.length < 3 ? { kind: 'notYet' } : { kind: 'ready', documents: only(lines) };
  };
  const manifest = { ...shop.account.manifest, statements: { zone, cutOff, readyAt: '06:00' } } as const;
  const account: OpenAccount = { ...shop.account, manifest, channel: { ...shop.account.channel, fetchStatement } };
  const kernel = { ...shop.kernel, channels: { ...shop.kernel.channels, accounts: () => [account] } };
  return { asked, deps: { ...shop.deps, kernel } };
}

async function* only(lines: readonly GivenLine[]) {
  yield writeDocument(lines);
}

async function attendAll(deps: ReconcileDeps): Promise<readonly string[]> {
  const results: string[] = [];
  for (const due of await listDueDays(deps.kernel)) results.push(`${due.day} ${await attendDay(deps, due)}`);
  return results;
}

/** One payment at the first and the last second of the day and at each hour between, and one a second beyond either end. */
async function payAllDay(shop: StatementShop, from: number, to: number): Promise<readonly GivenLine[]> {
  await shop.paid(from - 1000);
  await shop.paid(to);
  const lines: GivenLine[] = [];
  for (let at = from; at < to; at += hourMs) lines.push(lineOf(await shop.paid(at)));
  return [...lines, lineOf(await shop.paid(to - 1000))];
}

describe('A day of the calendar', () =>
  forEachDatabase((_name, open) => {
    for (const one of days) {
      it(`${one.says} is due by its own clock, waits for a late statement, and has all of its payments and no other`, async function () {
        this.timeout(30_000);
        const { database } = await open();
        const shop = openStatementShop(database);
        const [from, to, ready] = [one.from, one.to, one.ready].map((text) => Date.parse(text)) as [number, number, number];
        const columns = 'id, channel, livemode, status, priority, weight, config, version, created_at, updated_at';
        const sql = `INSERT INTO channel_accounts (${columns}) VALUES ('acc_1', 'fake', 0, 'enabled', 1, 1, '{}', 1, ?, ?)`;
        await database.transaction((tx) => tx.run(sql, [from, from]));
        const lines = await payAllDay(shop, from, to);
        const { deps, asked } = openLate(shop, one, lines);

        shop.turn(ready - 1000 - noon);
        expect(await attendAll(deps)).to.deep.equal([]);
        shop.turn(1000);
        expect(await attendAll(deps)).to.deep.equal([`${one.day} not_yet`]);
        shop.turn(hourMs);
        expect(await attendAll(deps)).to.deep.equal([`${one.day} not_yet`]);
        shop.turn(hourMs);
        expect(await attendAll(deps)).to.deep.equal([`${one.day} done`]);
        expect(asked).to.deep.equal([one.day, one.day, one.day]);

        const row = await readReconciliationOf(database, 'acc_1', one.day);
        const amount = 100 * lines.length;
        expect(JSON.parse(row?.totals ?? '[]')).to.deep.equal([
          {
            ...{ class: 'matched', kind: 'payment', currency: 'CNY' },
            ...{ entries_there: lines.length, amount_there: amount, entries_here: lines.length, amount_here: amount },
          },
        ]);
        expect(lines.length).to.equal((to - from) / hourMs + 1);
        expect(await database.all('SELECT id FROM discrepancies')).to.deep.equal([]);
      });
    }
  }));
