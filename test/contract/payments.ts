import { expect } from 'chai';
import { abilitiesOf } from '../../core/channels/abilities.ts';
import type { Sample } from '../kit/shopper.ts';
import { askingCases } from './asking.ts';
import { closingCases } from './closing.ts';
import type { Moves, Shows, Stage, Started } from './stage.ts';

/** What paying, asking and closing owe the kernel, for one method. Declared as tests; the stage is open when they run. */
export function payingCases(get: () => Stage, sample: Sample, shows: Shows): void {
  const { method } = sample;
  const can = abilitiesOf(sample.channel, method.product);
  const paid = async (): Promise<Started> => {
    const started = await get().start(sample);
    await get().pay(started);
    return started;
  };
  const charges = async (number: string) => (await get().truth(number)).filter(({ kind }) => kind === 'charge');

  sendingCases(get, sample);
  if (shows('bad_signature', 'pay')) unsignedCase(get, sample);
  successCases(get, sample, { paid, charges });
  if (can.query !== 'none') askingCases(get, sample, { paid, charges }, shows);
  if (can.close !== 'none' && method.action !== 'none') closingCases(get, sample, { paid, charges }, shows);
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

function unsignedCase(get: () => Stage, sample: Sample): void {
  it('pay whose answer is signed by nobody is unknown', async () => {
    await get().misbehave('pay', 'bad_signature', { count: 5 });
    const { outcome, sent } = await get().start(sample);
    if (sent > 0) expect(outcome, JSON.stringify(outcome)).to.include({ kind: 'unknown', reason: 'bad_signature' });
  });
}

const moneyIn = async (stage: Stage) => (await stage.history()).filter(({ kind }) => kind === 'charge').length;

function successCases(get: () => Stage, sample: Sample, { paid, charges }: Moves): void {
  const can = abilitiesOf(sample.channel, sample.method.product);
  it('the same request again makes no second payable thing', async () => {
    const stage = get();
    const first = await stage.start(sample);
    const again: Started = { ...first, outcome: await stage.channel.pay(first.request, stage.call()) };
    // The kernel sends again only what the manifest calls idempotent: elsewhere a vendor may open a second page.
    if (!sample.channel.idempotency.create && again.outcome.kind === 'action') return;
    const before = await moneyIn(stage);
    await stage.pay(first);
    await stage.pay(again);
    expect(await charges(first.request.number)).to.have.length(1);
    // A second thing to pay may well have another number.
    expect(await moneyIn(stage), 'payments of any number').to.equal(before + (sample.method.action === 'none' ? 0 : 1));
  });

  it('what was paid is a success with the vendor’s own facts, by query or by callback', async () => {
    const stage = get();
    stage.forget();
    const started = await paid();
    const { number, money } = started.request;
    const asked = can.query === 'none' ? null : await stage.query(await stage.named(started));
    const told = (await Promise.all((await stage.callbacks()).map((raw) => stage.parse(raw)))).flatMap((callback) =>
      callback.kind === 'event' && callback.trust === 'signed'
        ? callback.items.filter((item) => item.of === 'payment' && (item.number ?? number) === number).map((item) => item.report)
        : [],
    );
    const answers = asked?.kind === 'ok' ? [asked.report, ...told] : told;
    if (asked?.kind === 'ok') expect(asked.report.state, 'what was asked').to.be.oneOf(['succeeded', 'processing']);
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
