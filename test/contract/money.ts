import { expect } from 'chai';
import { exponentOf } from '../../core/money.ts';
import type { Sample } from '../kit/shopper.ts';
import type { Stage } from './stage.ts';

/** Amounts at which a wrong place of the point, or a fraction that is none, shows. */
const awkward = [1, 10, 99, 100, 101, 1001, 12_345, 1_000_010];

/** One currency for each number of decimals that the method takes. */
function currenciesOf({ channel, method }: Sample): readonly string[] {
  const decimalsOf = (currency: string) => channel.money.exponents?.[currency] ?? exponentOf(currency);
  return [...Map.groupBy(method.currencies, decimalsOf).values()].map(([first = '']) => first);
}

/** The vendor's books hold exactly the money that was asked for. An amount may be refused, never changed. */
export function moneyCases(get: () => Stage, sample: Sample): void {
  const { min = 1, max = Number.MAX_SAFE_INTEGER, step = 1 } = sample.method;
  for (const currency of currenciesOf(sample)) {
    it(`${currency}: the vendor's books hold what was asked for, to the last unit`, async function () {
      this.timeout(20_000);
      for (const amount of awkward.filter((one) => one >= min && one <= max && one % step === 0)) {
        const stage = get();
        const started = await stage.start(sample, { money: { amount, currency } });
        if (started.outcome.kind === 'rejected' || started.outcome.kind === 'declined') continue;
        await stage.pay(started);
        const charges = (await stage.truth(started.request.number)).filter(({ kind }) => kind === 'charge');
        expect(
          charges.map((one) => [one.amount, one.currency]),
          JSON.stringify(started.outcome),
        ).to.deep.equal([[amount, currency]]);
      }
    });
  }
}
