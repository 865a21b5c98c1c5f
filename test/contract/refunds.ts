import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { abilitiesOf } from '../../core/channels/abilities.ts';
import type { PayRequest, RefundRequest } from '../../core/contract/channel.ts';
import type { RefundOutcome } from '../../core/contract/outcome.ts';
import type { Sample } from '../kit/shopper.ts';
import type { Shows, Stage } from './stage.ts';

/** The vendor's number of a payment, out of the callbacks that came. */
async function toldNumber(stage: Stage, number: string): Promise<string | null> {
  for (const raw of await stage.callbacks()) {
    const callback = await stage.parse(raw);
    const items = callback.kind === 'event' ? callback.items : [];
    for (const item of items) if (item.number === number && item.report.state === 'succeeded') return item.report.channelNo;
  }
  return null;
}

/** A paid attempt with the vendor's number, as the kernel knows it: from the query, or else from the callback. */
export async function paidAttempt(stage: Stage, sample: Sample): Promise<PayRequest> {
  const can = abilitiesOf(sample.channel, sample.method.product);
  stage.forget();
  const started = await stage.start(sample);
  await stage.pay(started);
  const request = await stage.named(started);
  const asked = can.query === 'none' ? null : await stage.query(request);
  if (asked?.kind === 'ok' && asked.report.state === 'succeeded') return { ...request, channelNo: asked.report.channelNo };
  for (let tries = 0; tries < 20; tries += 1) {
    const channelNo = await toldNumber(stage, request.number);
    if (channelNo !== null) return { ...request, channelNo };
  }
  throw new Error('a paid attempt is known by no number');
}

/** What refunds owe the kernel, for one method that has them. */
export function refundCases(get: () => Stage, sample: Sample, shows: Shows): void {
  const can = abilitiesOf(sample.channel, sample.method.product);
  if (can.refund === 'none') return;
  const part = can.refund === 'partial' ? Math.floor(sample.amount / 2) : sample.amount;

  const paid = () => paidAttempt(get(), sample);
  const send = async (request: RefundRequest): Promise<RefundOutcome> => {
    const stage = get();
    const outcome = (await stage.channel.refund?.(request, stage.call())) as RefundOutcome;
    stage.said.push(outcome);
    return outcome;
  };
  /** The refunds in the vendor's books: some carry one out a moment after they took it. */
  const returned = async (atLeast = 0) => {
    for (let tries = 0; tries < 60 && (await get().refunds()).length < atLeast; tries += 1) await wait(50);
    await wait(atLeast === 0 ? 0 : 100);
    return get().refunds();
  };
  const moves = { paid, send, returned, part };
  takenCases(get, sample, moves);
  refusedCases(get, sample, moves);
  spoiledCases(get, moves, shows);
  if (can.queryRefund !== 'none') askedCases(get, sample, moves);
}

interface Moves {
  readonly paid: () => Promise<PayRequest>;
  readonly send: (request: RefundRequest) => Promise<RefundOutcome>;
  readonly returned: (atLeast?: number) => Promise<readonly { readonly amount: number; readonly currency: string }[]>;
  /** What one refund of the cases is about. */
  readonly part: number;
}

/** A vendor may carry a refund out in pieces, one for each order that was paid together: the money is what counts. */
function sumOf(refunds: readonly { readonly amount: number }[]): number {
  return refunds.reduce((sum, { amount }) => sum + amount, 0);
}

function takenCases(get: () => Stage, { channel: { idempotency } }: Sample, { paid, send, returned, part }: Moves): void {
  const isTaken = (outcome: RefundOutcome) => outcome.kind === 'ok' && ['processing', 'succeeded'].includes(outcome.report.state);

  it('a refund is taken once, with exactly its money', async () => {
    const attempt = await paid();
    const before = await returned();
    const outcome = await send(get().refundOf(attempt, part));
    expect(isTaken(outcome), JSON.stringify(outcome)).to.equal(true);
    if (outcome.kind === 'ok' && outcome.report.state === 'succeeded')
      expect(outcome.report.money).to.deep.equal({ ...attempt.money, amount: part });
    const moved = (await returned(before.length + 1)).slice(before.length);
    expect(sumOf(moved)).to.equal(part);
    expect(new Set(moved.map(({ currency }) => currency))).to.deep.equal(new Set([attempt.money.currency]));
  });

  if (idempotency.refund !== false) {
    it('the same refund again moves nothing', async () => {
      const attempt = await paid();
      const request = get().refundOf(attempt, part);
      const before = await returned();
      await send(request);
      const again = await send(request);
      expect(again.kind, JSON.stringify(again)).to.be.oneOf(['ok', 'unknown', 'rejected', 'declined']);
      expect(sumOf((await returned(before.length + 1)).slice(before.length))).to.equal(part);
    });

    it('a refund whose answer was lost is unknown, and sent again is still one', async () => {
      const attempt = await paid();
      const request = get().refundOf(attempt, part);
      const before = await returned();
      await get().misbehave('refund', 'drop_after_execute', { count: 1 });
      expect(await send(request)).to.include({ kind: 'unknown' });
      await get().behave();
      await send(request);
      expect(sumOf((await returned(before.length + 1)).slice(before.length))).to.equal(part);
    });
  }
}

function refusedCases(get: () => Stage, sample: Sample, { paid, send, returned, part }: Moves): void {
  it('more than was paid is never given back', async () => {
    const attempt = await paid();
    const before = await returned();
    const outcome = await send(get().refundOf(attempt, sample.amount + 1));
    expect(outcome.kind === 'ok' && outcome.report.state === 'succeeded', JSON.stringify(outcome)).to.equal(false);
    expect(await returned()).to.have.length(before.length);
  });

  for (const behaviour of ['drop_before_execute', 'http_500'] as const) {
    it(`a refund that meets ${behaviour} is unknown`, async () => {
      const attempt = await paid();
      await get().misbehave('refund', behaviour, { count: 1 });
      expect(await send(get().refundOf(attempt, part))).to.include({ kind: 'unknown' });
    });
  }

  it('a refund that is over the limit is what the manifest says', async () => {
    const attempt = await paid();
    await get().misbehave('refund', 'rate_limited', { count: 1 });
    expect((await send(get().refundOf(attempt, part))).kind).to.equal(sample.channel.rateLimited);
  });

  it('a refund that is declined with a code that nobody knows is not on its way', async () => {
    const attempt = await paid();
    await get().misbehave('refund', 'decline', { count: 1, code: 'PAYMUX_NEVER_HEARD' });
    const outcome = await send(get().refundOf(attempt, part));
    const text = JSON.stringify(outcome);
    if (outcome.kind === 'ok') expect(outcome.report.state, text).to.be.oneOf(['abnormal', 'failed', 'not_found']);
    else expect(outcome.kind, text).to.be.oneOf(['declined', 'unknown', 'rejected']);
  });
}

function spoiledCases(get: () => Stage, { paid, send, part }: Moves, shows: Shows): void {
  if (shows('bad_signature', 'refund')) {
    it('a refund whose answer is signed by nobody is unknown', async () => {
      const attempt = await paid();
      await get().misbehave('refund', 'bad_signature', { count: 5 });
      expect(await send(get().refundOf(attempt, part))).to.include({ kind: 'unknown', reason: 'bad_signature' });
    });
  }

  if (shows('wrong_amount', 'refund')) {
    it('a refund shows the amount that the vendor states, never the one that was asked for', async () => {
      const attempt = await paid();
      await get().misbehave('refund', 'wrong_amount', { count: 5 });
      // A channel may ask in a doubtful case.
      await get().misbehave('query', 'wrong_amount', { count: 5 });
      const outcome = await send(get().refundOf(attempt, part));
      if (outcome.kind === 'ok' && outcome.report.state === 'succeeded') expect(outcome.report.money.amount).to.not.equal(part);
    });
  }
}

function askedCases(get: () => Stage, sample: Sample, { paid, send, returned, part }: Moves): void {
  const can = abilitiesOf(sample.channel, sample.method.product);
  const ask = async (request: RefundRequest): Promise<RefundOutcome> => {
    const outcome = (await get().channel.queryRefund?.(request, get().call())) as RefundOutcome;
    get().said.push(outcome);
    return outcome;
  };
  /** A refund in the vendor's books, under the names that the kernel knows by then. */
  const done = async (): Promise<RefundRequest> => {
    const request = get().refundOf(await paid(), part);
    const before = await returned();
    const outcome = await send(request);
    await returned(before.length + 1);
    const said = outcome.kind === 'ok' ? (outcome.report as { channelNo?: string }) : {};
    return { ...request, channelNo: said.channelNo ?? null };
  };

  it('a refund that was carried out is known, with exactly its money', async () => {
    const request = await done();
    const outcome = await ask(request);
    const text = JSON.stringify(outcome);
    const report = outcome.kind === 'ok' ? outcome.report : { state: outcome.kind };
    expect(report.state, text).to.be.oneOf(['succeeded', 'processing']);
    if ('money' in report) expect(report.money, text).to.deep.equal(request.money);
    if ('echo' in report) expect(report.echo.number ?? request.number, text).to.equal(request.number);
  });

  for (const behaviour of ['drop_before_execute', 'http_500', 'rate_limited'] as const) {
    it(`asked about a refund, ${behaviour} decides nothing`, async () => {
      const request = await done();
      await get().misbehave('query', behaviour, { count: 1 });
      const outcome = await ask(request);
      const state = outcome.kind === 'ok' ? outcome.report.state : outcome.kind;
      expect(state, JSON.stringify(outcome)).to.be.oneOf(['unknown', 'notSent', 'succeeded', 'processing']);
    });
  }

  it('a refund that was never sent is not found, or nobody knows', async () => {
    const request = get().refundOf(await paid(), part);
    const outcome = await ask({ ...request, channelNo: can.queryRefund === 'by_channel_no' ? '404' : null });
    const state = outcome.kind === 'ok' ? outcome.report.state : outcome.kind;
    expect(state, JSON.stringify(outcome)).to.be.oneOf(['not_found', 'unknown', 'rejected']);
  });
}
