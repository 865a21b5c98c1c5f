import { expect } from 'chai';
import { abilitiesOf } from '../../core/channels/abilities.ts';
import type { Outcome } from '../../core/contract/outcome.ts';
import type { Sample } from '../kit/shopper.ts';
import type { Stage, Started, Truth } from './stage.ts';

/** What paying, asking and closing owe the kernel, for one method. Declared as tests; the stage is open when they run. */
export function payingCases(
  get: () => Stage,
  sample: Sample,
  shows: (behaviour: 'bad_signature' | 'wrong_amount', operation: string) => boolean,
): void {
  const { method } = sample;
  const can = abilitiesOf(sample.channel, method.product);
  const paid = async (): Promise<Started> => {
    const started = await get().start(sample);
    await get().pay(started);
    return started;
  };
  const charges = async (number: string) => (await get().truth(number)).filter(({ kind }) => kind === 'charge');

  sendingCases(get, sample);
  successCases(get, sample, { paid, charges });
  if (can.query !== 'none') askingCases(get, sample, paid, shows);
  if (can.close !== 'none' && method.action !== 'none') closingCases(get, sample, { paid, charges });
}

/** What paying answers when all is well, and when it is not. */
function sendingCases(get: () => Stage, { method, channel: manifest, ...rest }: Sample): void {
  const sample = { method, channel: manifest, ...rest };
  it('pay answers with the step that the manifest declares', async () => {
    const { outcome } = await get().start(sample);
    if (method.action === 'none') expect(outcome.kind, JSON.stringify(outcome)).to.equal('ok');
    else expect(outcome, JSON.stringify(outcome)).to.have.nested.property('action.type', method.action);
  });

  for (const behaviour of ['drop_before_execute', 'drop_after_execute', 'http_500', 'hang'] as const) {
    it(`pay that meets ${behaviour} is unknown, or sent nothing`, async () => {
      await get().misbehave('pay', behaviour, { count: 1 });
      const { outcome, sent } = await get().start(sample);
      if (sent === 0) expect(outcome.kind).to.equal('action');
      else expect(outcome, JSON.stringify(outcome)).to.include({ kind: 'unknown' });
    });
  }

  it('pay to a vendor that takes no connection was not sent', async () => {
    await get().misbehave('pay', 'refuse');
    const { outcome, sent } = await get().start(sample);
    if (sent === 0) expect(outcome.kind).to.equal('action');
    else expect(outcome, JSON.stringify(outcome)).to.include({ kind: 'notSent' });
  });

  it('pay that is over the limit is what the manifest says', async () => {
    await get().misbehave('pay', 'rate_limited', { count: 1 });
    const { outcome, sent } = await get().start(sample);
    const expected = sent === 0 ? 'action' : manifest.rateLimited;
    expect(outcome.kind, JSON.stringify(outcome)).to.equal(expected);
  });

  it('a decline with a code that nobody knows is no success and moves the payment nowhere', async () => {
    await get().misbehave('pay', 'decline', { count: 1, code: 'PAYMUX_NEVER_HEARD' });
    const { outcome, sent } = await get().start(sample);
    if (sent === 0) return;
    expect(outcome.kind, JSON.stringify(outcome)).to.be.oneOf(['declined', 'unknown', 'rejected']);
    if (outcome.kind === 'declined') expect(manifest.failoverCodes).to.not.include(outcome.code);
  });
}

function successCases(get: () => Stage, sample: Sample, { paid, charges }: Moves): void {
  const can = abilitiesOf(sample.channel, sample.method.product);
  it('the same request again makes no second payable thing', async () => {
    const stage = get();
    const first = await stage.start(sample);
    const again: Started = { ...first, outcome: await stage.channel.pay(first.request, stage.call()) };
    // The kernel sends again only what the manifest calls idempotent: elsewhere a vendor may open a second page.
    if (!sample.channel.idempotency.create && again.outcome.kind === 'action') return;
    await stage.pay(first);
    await stage.pay(again);
    expect(await charges(first.request.number)).to.have.length(1);
  });

  it('what was paid is a success with the vendor’s own facts, by query or by callback', async () => {
    const stage = get();
    await stage.callbacks();
    const started = await paid();
    const { number, money } = started.request;
    const asked = can.query === 'none' ? null : await stage.query(await stage.named(started));
    const told = (await Promise.all((await stage.callbacks()).map((raw) => stage.parse(raw)))).flatMap((callback) =>
      callback.kind === 'event' && callback.trust === 'signed'
        ? callback.items.filter((item) => item.of === 'payment' && (item.number ?? number) === number).map((item) => item.report)
        : [],
    );
    const answers = asked?.kind === 'ok' ? [asked.report, ...told] : told;
    const successes = answers.filter((report) => report.state === 'succeeded');
    expect(successes.length, JSON.stringify({ asked, told })).to.be.greaterThan(0);
    for (const report of successes) {
      expect(report).to.have.deep.property('money', money);
      expect((report as { channelNo: string }).channelNo).to.be.a('string').and.not.empty;
      expect((report as { echo: { number?: string } }).echo.number ?? number).to.equal(number);
    }
    expect((await charges(number)).map(({ amount, currency }) => ({ amount, currency }))).to.deep.equal([money]);
  });
}

type Shows = (behaviour: 'bad_signature' | 'wrong_amount', operation: string) => boolean;

function askingCases(get: () => Stage, sample: Sample, paid: Moves['paid'], shows: Shows): void {
  const { method } = sample;
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
  });

  for (const behaviour of ['drop_before_execute', 'http_500', 'hang'] as const) {
    it(`query that meets ${behaviour} is unknown`, async () => {
      const stage = get();
      const started = await stage.start(sample);
      const request = await stage.named(started);
      await stage.misbehave('query', behaviour, { count: 1 });
      expect(await stage.query(request)).to.include({ kind: 'unknown' });
    });
  }

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
}

function expectOpen(outcome: Outcome): void {
  const text = JSON.stringify(outcome);
  expect(outcome.kind, text).to.equal('ok');
  if (outcome.kind === 'ok') expect(outcome.report.state, text).to.be.oneOf(['pending', 'processing', 'not_found']);
}

interface Moves {
  readonly paid: () => Promise<Started>;
  readonly charges: (number: string) => Promise<readonly Truth[]>;
}

function closingCases(get: () => Stage, sample: Sample, { paid, charges }: Moves): void {
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
}
