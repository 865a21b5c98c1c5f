import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { abilitiesOf } from '../../core/channels/abilities.ts';
import { amountRuleOf } from '../../core/channels/amounts.ts';
import type { Money } from '../../core/contract/money.ts';
import { exponentOf } from '../../core/money.ts';
import type { Sample } from '../kit/shopper.ts';
import { paidAttempt } from './refunds.ts';
import type { Stage, Started } from './stage.ts';

/** Amounts at which a wrong place of the point, or a fraction that is none, shows. */
const awkward = [1, 10, 99, 100, 101, 1001, 12_345, 1_000_010];

/** One currency for each number of decimals that the method takes, and for each by which the vendor departs from it. */
function currenciesOf({ channel, method }: Sample): readonly string[] {
  const decimalsOf = (currency: string) => `${exponentOf(currency)} ${channel.money.exponents?.[currency] ?? ''}`;
  return [...Map.groupBy(method.currencies, decimalsOf).values()].map(([first = '']) => first);
}

/** The refunds after those that were there, once some are: vendors carry them out a little later, some in pieces. */
async function untilRefunded(stage: Stage, before: number): Promise<readonly { readonly amount: number; readonly currency: string }[]> {
  for (let tries = 0; tries < 60 && (await stage.refunds()).length === before; tries += 1) await wait(50);
  await wait(100);
  return (await stage.refunds()).slice(before);
}

/** An amount near a wanted one that the method takes. */
function amountOf({ method }: Sample, wanted: number, currency: string): number {
  const { min = 1, max = Number.MAX_SAFE_INTEGER, step = 1 } = amountRuleOf(method, currency);
  const least = Math.max(min, wanted * step);
  return Math.min(least - (least % step), max - (max % step));
}

/** The money of a success, out of the answer to a query and out of callbacks that are signed. */
async function toldOf(stage: Stage, sample: Sample, started: Started): Promise<readonly Money[]> {
  const can = abilitiesOf(sample.channel, sample.method.product);
  const asked = can.query === 'none' ? null : await stage.query(await stage.named(started));
  const callbacks = await Promise.all((await stage.callbacks()).map((raw) => stage.parse(raw)));
  const items = callbacks.flatMap((callback) => (callback.kind === 'event' && callback.trust === 'signed' ? callback.items : []));
  const reports = items.flatMap((item) => (item.of === 'payment' && item.number === started.request.number ? [item.report] : []));
  const answers = asked?.kind === 'ok' ? [asked.report, ...reports] : reports;
  return answers.flatMap((report) => ('money' in report ? [report.money] : []));
}

/** The vendor's books hold exactly the money that was asked for. An amount may be refused, never changed. */
export function moneyCases(get: () => Stage, sample: Sample): void {
  for (const currency of currenciesOf(sample)) {
    const { min = 1, max = Number.MAX_SAFE_INTEGER, step = 1 } = amountRuleOf(sample.method, currency);
    it(`${currency}: the vendor's books hold what was asked for, to the last unit`, async function () {
      this.timeout(20_000);
      let taken = 0;
      for (const amount of awkward.filter((one) => one >= min && one <= max && one % step === 0)) {
        const stage = get();
        const started = await stage.start(sample, { money: { amount, currency } });
        if (started.outcome.kind === 'rejected' || started.outcome.kind === 'declined') continue;
        taken += 1;
        await stage.pay(started);
        const charges = (await stage.truth(started.request.number)).filter(({ kind }) => kind === 'charge');
        expect(
          charges.map((one) => [one.amount, one.currency]),
          JSON.stringify(started.outcome),
        ).to.deep.equal([[amount, currency]]);
      }
      expect(taken, 'amounts that were not refused').to.be.greaterThan(0);
    });

    it(`${currency}: what the vendor tells is read to the last unit`, async () => {
      const stage = get();
      const money = { amount: amountOf(sample, 12_345, currency), currency };
      stage.forget();
      const started = await stage.start(sample, { money });
      await stage.pay(started);
      for (const told of await toldOf(stage, sample, started)) expect(told).to.deep.equal(money);
    });

    if (abilitiesOf(sample.channel, sample.method.product).refund === 'none') continue;
    it(`${currency}: a refund moves what was asked for, to the last unit`, async function () {
      this.timeout(20_000);
      const stage = get();
      const amount = amountOf(sample, 12_345, currency);
      const attempt = await paidAttempt(stage, { ...sample, amount, currency });
      const before = await stage.refunds();
      const outcome = await stage.channel.refund?.(stage.refundOf(attempt, amount), stage.call());
      stage.said.push(outcome);
      const moved = await untilRefunded(stage, before.length);
      expect(
        moved.map((one) => one.amount).reduce((sum, one) => sum + one, 0),
        JSON.stringify(outcome),
      ).to.equal(amount);
      for (const one of moved) expect(one.currency).to.equal(currency);
      if (outcome?.kind === 'ok' && outcome.report.state === 'succeeded') expect(outcome.report.money).to.deep.equal({ amount, currency });
    });
  }

  for (const currency of sample.method.currencies) {
    it(`${currency}: a payment is taken, as the manifest says`, async () => {
      // Whole units: some vendors take no fractions of a currency that has them.
      const { outcome } = await get().start(sample, { money: { amount: amountOf(sample, 20_000, currency), currency } });
      expect(outcome.kind, JSON.stringify(outcome)).to.be.oneOf(['action', 'ok']);
    });
  }
}
