import { expect } from 'chai';
import { addDays } from '../../core/reconciliation/day.ts';
import { readFacts } from '../admin/command.ts';
import { checkMoney } from '../kit/check-money.ts';
import { forEachDatabase } from '../kit/database.ts';
import { eventually } from '../kit/merchant.ts';
import { goBackTo, type Past } from '../kit/past.ts';
import { orderNo, type Paymux, startPaymux } from '../kit/paymux.ts';
import { listSamples, payAsShopper, type Sample } from '../kit/shopper.ts';

/** Of the month before the last. UnionPay is asked for a day without its year: for one of the last twelve months. */
const monthEnd = new Date(Date.UTC(new Date().getUTCFullYear(), new Date().getUTCMonth() - 1, 0)).toISOString().slice(0, 10);
/** Midnights of vendors' own zones at which calendars do something, long over: everybody has the statements by now. */
const midnights = [
  {
    says: 'that ends a leap month in China',
    channels: ['wechat'],
    days: ['2024-02-29', '2024-03-01'],
    at: '2024-02-29T16:00:00Z',
  },
  {
    says: 'that ends a year in Greenwich',
    channels: ['stripe'],
    days: ['2024-12-31', '2025-01-01'],
    at: '2025-01-01T00:00:00Z',
  },
  {
    says: 'that ends a day of 25 hours in Amsterdam',
    channels: ['mollie'],
    days: ['2024-10-27', '2024-10-28'],
    at: '2024-10-27T23:00:00Z',
  },
  {
    says: 'that ends a day of 23 hours, and a month, in Amsterdam',
    channels: ['mollie'],
    days: ['2024-03-31', '2024-04-01'],
    at: '2024-03-31T22:00:00Z',
  },
  {
    says: 'that comes at 23:00 for UnionPay, and ends a month',
    channels: ['unionpay'],
    days: [monthEnd, addDays(monthEnd, 1)],
    at: `${monthEnd}T15:00:00Z`,
  },
] as const;
const minuteMs = 60_000;
/** What vendors list on the day on which they settle it may be on any of these. */
const settledWithinDays = 4;

interface Bought {
  readonly id: string;
  readonly amount: number;
}

interface Sum {
  readonly class: string;
  readonly kind: string;
  readonly entries_there: number;
}

describe('A midnight', () => {
  for (const { says, channels, days, at } of midnights)
    describe(says, () =>
      forEachDatabase((_name, open) => {
        let paymux: Paymux;
        let past: Past;
        let samples: readonly Sample[];
        const midnight = Date.parse(at);

        before(async function () {
          this.timeout(60_000);
          past = goBackTo(midnight - 10 * minuteMs);
          paymux = await startPaymux({ database: await open(), channels });
          samples = (await listSamples()).filter(
            ({ channel, method }, index, all) =>
              (channels as readonly string[]).includes(channel.id) &&
              method.action !== 'none' &&
              all.findIndex((one) => one.channel.id === channel.id && one.method.action !== 'none') === index,
          );
        });
        after(async () => {
          await paymux.stop();
          past.end();
        });

        const isDone = (path: string) =>
          eventually(
            async () => (await paymux.call('GET', path)).body.state === 'success',
            () => path,
          );
        const buy = async ({ method, currency, amount, payer }: Sample): Promise<Bought> => {
          const asked = { merchant_order_no: orderNo(), amount, currency, subject: 'Tea', method: method.id, payer };
          const { body: made } = await paymux.call('POST', '/v1/payments', { ...asked, return_url: 'https://shop.example/done' });
          await payAsShopper(paymux, made.action);
          await isDone(`/v1/payments/${made.id}`);
          return { id: made.id, amount };
        };
        const giveBack = async ({ id, amount }: Bought) => {
          const { body } = await paymux.call('POST', `/v1/payments/${id}/refunds`, { merchant_refund_no: orderNo(), amount });
          await isDone(`/v1/refunds/${body.id}`);
        };

        it('has each payment and refund on its own day, on both sides, and none on two', async function () {
          this.timeout(120_000);
          const early: Bought[] = [];
          for (const sample of samples) early.push(await buy(sample));
          past.goTo(midnight + minuteMs);
          for (const one of early) await giveBack(one);
          for (const sample of samples) await buy(sample);
          past.comeBack();
          const found: Record<string, number> = {};
          for (const { channel } of samples)
            for (const day of daysOf(days, channel.statements?.day === 'settlement')) {
              const { accounts } = await readFacts(paymux.environment, 'reconcile', '--day', day, '--channel', channel.id);
              for (const { classes = [] } of accounts as { classes?: readonly Sum[] }[]) count(found, channel.id, classes);
            }
          expect(found).to.deep.equal(Object.fromEntries(samples.map(({ channel }) => [channel.id, 3])));
          const { data } = (await paymux.call('GET', '/v1/discrepancies?limit=100')).body;
          expect((data as { state: string }[]).filter(({ state }) => state !== 'resolved')).to.deep.equal([]);
          const { entries } = (await paymux.control('/_truth?since=0')).body;
          expect(await checkMoney(paymux.stored.database, entries)).to.deep.equal([]);
        });
      }),
    );
});

/** How many entries agree, each on the day that is its own on both sides. */
function count(found: Record<string, number>, channel: string, classes: readonly Sum[]): void {
  const agreeing = classes.filter((one) => one.class === 'matched');
  found[channel] = (found[channel] ?? 0) + agreeing.reduce((total, { entries_there }) => total + entries_there, 0);
}

function daysOf([first]: readonly string[], isSettlement: boolean): readonly string[] {
  const many = isSettlement ? settledWithinDays : 2;
  return Array.from({ length: many }, (_, index) => addDays(first ?? '', index));
}
