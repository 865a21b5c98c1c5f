import { expect } from 'chai';
import type { Sample } from '../kit/shopper.ts';
import type { Moves, Shows, Stage, Started } from './stage.ts';

/** What closing owes the kernel, for one method. */
export function closingCases(get: () => Stage, sample: Sample, { paid, charges }: Moves, shows: Shows): void {
  const closeOf = async (started: Started) => {
    const stage = get();
    const outcome = await stage.channel.close?.(await stage.named(started), stage.call());
    stage.said.push(outcome);
    return outcome;
  };

  it('close of an unpaid attempt: what it says closed can then not be paid', async () => {
    const stage = get();
    const started = await stage.start(sample);
    const outcome = await closeOf(started);
    expect(outcome?.kind, JSON.stringify(outcome)).to.be.oneOf(['closed', 'notFound', 'unknown']);
    if (outcome?.kind !== 'closed') return;
    await stage.pay(started);
    expect(await charges(started.request.number)).to.have.length(0);
  });

  it('close twice is closed, or no longer found', async () => {
    const started = await get().start(sample);
    await closeOf(started);
    expect((await closeOf(started))?.kind).to.be.oneOf(['closed', 'notFound', 'unknown']);
  });

  it('close of a paid attempt never says closed', async () => {
    const outcome = await closeOf(await paid());
    expect(outcome?.kind, JSON.stringify(outcome)).to.be.oneOf(['paid', 'unknown', 'rejected']);
  });

  for (const behaviour of ['drop_before_execute', 'drop_after_execute', 'http_500'] as const) {
    it(`close that meets ${behaviour} is unknown`, async () => {
      const started = await get().start(sample);
      await get().misbehave('close', behaviour, { count: 1 });
      expect((await closeOf(started))?.kind).to.equal('unknown');
    });
  }

  it('close that is over the limit closes nothing', async () => {
    const started = await get().start(sample);
    await get().misbehave('close', 'rate_limited', { count: 1 });
    expect((await closeOf(started))?.kind).to.be.oneOf(['unknown', 'notSent']);
  });

  if (shows('bad_signature', 'close')) {
    it('close whose answer is signed by nobody is unknown', async () => {
      const started = await get().start(sample);
      await get().misbehave('close', 'bad_signature', { count: 5 });
      expect(await closeOf(started)).to.include({ kind: 'unknown', reason: 'bad_signature' });
    });
  }
}
