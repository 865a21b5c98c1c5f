import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import { gate } from '../../scripts/simulate/life.ts';
import { makePlan } from '../../scripts/simulate/plan.ts';
import { openPlace, type Place, run } from '../../scripts/simulate/run.ts';
import { shrink } from '../../scripts/simulate/shrink.ts';
import { createTime } from '../../scripts/simulate/time.ts';

const seeds = Number(process.env.PAYMUX_SIMULATE_SEEDS ?? 200);
const steps = Number(process.env.PAYMUX_SIMULATE_STEPS ?? 120);

describe('Lives of servers, vendors, shoppers and merchants under faults', () => {
  let place: Place;
  before(async () => {
    place = await openPlace();
  });
  after(() => place.remove());

  it('are the same life for the same seed, and another for another', async function () {
    this.timeout(20_000);
    const first = await run(place, makePlan(7, 60));
    const again = await run(place, makePlan(7, 60));
    const other = await run(place, makePlan(8, 60));
    expect(again.digest).to.equal(first.digest);
    expect(other.digest).to.not.equal(first.digest);
  });

  it('have every kind of fault, step and death in them', async function () {
    this.timeout(60_000);
    const counts = new Map<string, number>();
    for (let seed = 1; seed <= 12; seed += 1) {
      const result = await run(place, makePlan(seed, 150));
      for (const [what, count] of result.counts) counts.set(what, (counts.get(what) ?? 0) + count);
    }
    const plan = makePlan(1, 2000);
    const wanted = [
      ...plan.faults.map((fault) => `fault ${fault}`),
      ...new Set(plan.steps.map(({ does }) => `step ${does}`)),
      'death',
      'payment archived',
    ];
    expect(wanted.filter((what) => !counts.has(what))).to.deep.equal([]);
  });

  it('leave nothing of a dead server in memory, not even what waits for ever', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const die = () => {
      const waiting = { for: 'an answer' };
      void gate({ isDead: true, pausedUntil: 0, fuse: null }, createTime(0)).then(() => waiting);
      return new WeakRef(waiting);
    };
    const rest = die();
    // What a WeakRef points at lives to the end of the turn in which it was made.
    await new Promise(setImmediate);
    collect();
    expect(rest.deref()).to.equal(undefined);
  });

  it('that go wrong are made smaller', async function () {
    this.timeout(60_000);
    const sound = makePlan(5, 80);
    const plan = { ...sound, steps: sound.steps.toSpliced(40, 0, { does: 'vendor_errs', key: 'error', gapMs: 0 } as const) };
    const whole = await run(place, plan);
    expect(whole.failures).to.have.length(1);
    const small = await shrink(place, plan, 30_000);
    expect(small.failures).to.deep.equal(whole.failures);
    expect(small.plan.steps.map(({ does }) => does)).to.deep.equal(['vendor_errs']);
    expect(small.plan.faults).to.deep.equal([]);
  });

  for (let from = 1; from <= seeds; from += 20) {
    it(`come to a right end: seeds ${from} to ${Math.min(seeds, from + 19)}`, async function () {
      this.timeout(120_000);
      for (let seed = from; seed < from + 20 && seed <= seeds; seed += 1) {
        const { failures } = await run(place, makePlan(seed, steps));
        expect(failures, `npm run simulate -- --seed ${seed} --steps ${steps}`).to.deep.equal([]);
      }
    });
  }
});
