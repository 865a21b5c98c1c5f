import { expect } from 'chai';
import { abilitiesOf } from '../../core/channels/abilities.ts';
import type { Outcome } from '../../core/contract/outcome.ts';
import type { Sample } from '../kit/shopper.ts';
import type { Moves, Shows, Stage } from './stage.ts';

/** What asking owes the kernel, for one method that can be asked about. */
export function askingCases(get: () => Stage, sample: Sample, { paid }: Moves, shows: Shows): void {
  openCases(get, sample);
  troubleCases(get, sample);
  spoiledCases(get, paid, shows);
}

function openCases(get: () => Stage, sample: Sample): void {
  const { method } = sample;
  const can = abilitiesOf(sample.channel, method.product);
  it('query of what nobody paid never says paid, declined or closed', async () => {
    const stage = get();
    const started = await stage.start(sample);
    if (method.action === 'none') return;
    expectOpen(await stage.query(await stage.named(started)));
  });

  it('query of an attempt whose answer was lost never says declined or closed', async () => {
    const stage = get();
    await stage.misbehave('pay', 'drop_after_execute', { count: 1 });
    const started = await stage.start(sample);
    if (started.outcome.kind === 'action') return;
    const outcome = await stage.query(started.request);
    expect(outcome.kind, JSON.stringify(outcome)).to.be.oneOf(['ok', 'unknown', 'rejected']);
    if (outcome.kind === 'ok') expect(outcome.report.state).to.not.equal('closed');
    // Nothing but its number is known of it.
    if (can.query === 'by_number') expect(outcome.kind, 'what the manifest promises').to.not.equal('rejected');
  });

  it('query of an attempt that the vendor does not know yet says so, or that nobody knows', async () => {
    const stage = get();
    const started = await stage.start(sample);
    const request = await stage.named(started);
    await stage.misbehave('query', 'not_found_until_ms', { delay_ms: 3_600_000 });
    expectNothing(await stage.query(request));
  });

  it('query of an attempt that never reached the vendor, which does not know it, says so, or that nobody knows', async () => {
    const stage = get();
    await stage.misbehave('pay', 'drop_before_execute', { count: 1 });
    const started = await stage.start(sample);
    if (started.outcome.kind === 'unknown') expectNothing(await stage.query(started.request));
  });

  it('query of what nobody paid says nothing else when its time is over by our own clock', async () => {
    const stage = get();
    if (method.action === 'none') return;
    const request = await stage.named(await stage.start(sample));
    expectOpen(await stage.query({ ...request, expiresAt: new Date(Date.now() - 1000) }));
  });
}

function troubleCases(get: () => Stage, sample: Sample): void {
  for (const behaviour of ['drop_before_execute', 'http_500', 'hang'] as const) {
    it(`query that meets ${behaviour} is unknown`, async () => {
      const stage = get();
      const started = await stage.start(sample);
      const request = await stage.named(started);
      await stage.misbehave('query', behaviour, { count: 1 });
      expect(await stage.query(request)).to.include({ kind: 'unknown' });
    });
  }

  it('query that is over the limit is unknown, or not sent', async () => {
    const stage = get();
    const request = await stage.named(await stage.start(sample));
    await stage.misbehave('query', 'rate_limited', { count: 1 });
    expect((await stage.query(request)).kind).to.be.oneOf(['unknown', 'notSent']);
  });
}

function spoiledCases(get: () => Stage, paid: Moves['paid'], shows: Shows): void {
  if (shows('bad_signature', 'query')) {
    it('query whose answer is signed by nobody is unknown', async () => {
      const stage = get();
      const started = await paid();
      await stage.misbehave('query', 'bad_signature', { count: 5 });
      expect(await stage.query(await stage.named(started))).to.include({ kind: 'unknown', reason: 'bad_signature' });
    });
  }

  if (shows('wrong_amount', 'query')) {
    it('query shows the amount that the vendor states, never the one that was asked for', async () => {
      const stage = get();
      const started = await paid();
      await stage.misbehave('query', 'wrong_amount', { count: 5 });
      const outcome = await stage.query(await stage.named(started));
      if (outcome.kind === 'ok' && outcome.report.state === 'succeeded')
        expect(outcome.report.money).to.not.deep.equal(started.request.money);
    });
  }

  if (shows('wrong_account', 'query')) {
    it('query shows the merchant that the vendor states, never the own one', async () => {
      const stage = get();
      const started = await paid();
      await stage.misbehave('query', 'wrong_account', { count: 5 });
      const outcome = await stage.query(await stage.named(started));
      if (outcome.kind !== 'ok' || outcome.report.state === 'not_found') return;
      expect(outcome.report.echo.merchantNo, JSON.stringify(outcome)).to.be.a('string');
      expect(outcome.report.echo.merchantNo).to.not.equal(stage.channel.merchantNo);
    });
  }
}

function expectOpen(outcome: Outcome): void {
  const text = JSON.stringify(outcome);
  expect(outcome.kind, text).to.equal('ok');
  if (outcome.kind === 'ok') expect(outcome.report.state, text).to.be.oneOf(['pending', 'processing', 'not_found']);
}

function expectNothing(outcome: Outcome): void {
  const text = JSON.stringify(outcome);
  expect(outcome.kind, text).to.be.oneOf(['ok', 'unknown', 'rejected']);
  if (outcome.kind === 'ok') expect(outcome.report.state, text).to.be.oneOf(['pending', 'processing', 'not_found']);
}
