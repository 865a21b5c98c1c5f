import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { abilitiesOf } from '../../core/channels/abilities.ts';
import type { PayRequest, RefundRequest } from '../../core/contract/channel.ts';
import type { RefundOutcome } from '../../core/contract/outcome.ts';
import type { Sample } from '../kit/shopper.ts';
import type { Stage } from './stage.ts';

/** The vendor's number of a payment, out of the callbacks that came. */
async function toldNumber(stage: Stage, number: string): Promise<string | null> {
  for (const raw of await stage.callbacks()) {
    const callback = await stage.parse(raw);
    const items = callback.kind === 'event' ? callback.items : [];
    for (const item of items) if (item.number === number && item.report.state === 'succeeded') return item.report.channelNo;
  }
  return null;
}

/** What refunds owe the kernel, for one method that has them. */
export function refundCases(get: () => Stage, sample: Sample): void {
  const can = abilitiesOf(sample.channel, sample.method.product);
  if (can.refund === 'none') return;
  const part = can.refund === 'partial' ? Math.floor(sample.amount / 2) : sample.amount;

  /** A paid attempt with the vendor's number, as the kernel knows it: from the query, or else from the callback. */
  async function paid(): Promise<PayRequest> {
    const stage = get();
    await stage.callbacks();
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
  const can = abilitiesOf(sample.channel, sample.method.product);

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

  if (can.queryRefund !== 'none') {
    it('a refund that was never sent is not found, or nobody knows', async () => {
      const stage = get();
      const request = stage.refundOf(await paid(), part);
      const outcome = (await stage.channel.queryRefund?.(
        { ...request, channelNo: can.queryRefund === 'by_channel_no' ? '404' : null },
        stage.call(),
      )) as RefundOutcome;
      const state = outcome.kind === 'ok' ? outcome.report.state : outcome.kind;
      expect(state, JSON.stringify(outcome)).to.be.oneOf(['not_found', 'unknown', 'rejected']);
    });
  }
}
