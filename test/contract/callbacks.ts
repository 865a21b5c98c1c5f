import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import fc from 'fast-check';
import { abilitiesOf } from '../../core/channels/abilities.ts';
import type { Callback, RawRequest } from '../../core/contract/channel.ts';
import type { Sample } from '../kit/shopper.ts';
import { withoutFields, withoutHeaders } from './changed.ts';
import { paidAttempt } from './refunds.ts';
import type { Stage, Started } from './stage.ts';

const dayMs = 86_400_000;
/** Longer than the simulator waits before it sends a callback again. */
const againMs = 700;

/** These end nothing and move nothing: whoever can bring them about could as well keep the callback back. */
const harmless = ['pending', 'processing', 'changed'];

/** What a callback claims of money, where it is signed. Times and environments are left out: some vendors do not sign them, and no state hangs on them. */
function factsOf(callback: Callback, about?: string): string {
  if (callback.kind !== 'event' || callback.trust !== 'signed') return '';
  const claims = callback.items.filter(({ report }) => !harmless.includes(report.state));
  const items = claims.filter(({ number }) => about === undefined || number === about);
  const facts = items.map(({ of, number, channelNo, report }) => {
    const { state, money, echo } = report as { state: string; money?: unknown; echo?: { number?: string; merchantNo?: string } };
    return [of, number, channelNo, state, money, echo?.number, echo?.merchantNo];
  });
  return facts.length === 0 ? '' : JSON.stringify(facts);
}

/** What reading callbacks owes the kernel. One method stands for its channel: callbacks have one address and one signature. */
export function callbackCases(get: () => Stage, sample: Sample, refusesOld: boolean): void {
  let genuine: RawRequest;
  let payment: Started;

  before('a payment is paid, and the vendor tells of it', async () => {
    const stage = get();
    stage.forget();
    payment = await stage.start(sample);
    await stage.pay(payment);
    for (const raw of await stage.callbacks()) {
      genuine ??= raw;
      if ((await stage.parse(raw)).kind === 'event') genuine = raw;
    }
  });

  readingCases(get, sample, () => genuine);
  repeatedCases(get, sample, () => ({ genuine, payment }));
  refundCase(get, sample);
  changedCases(get, () => genuine, refusesOld);
  strangerCases(get, sample, () => genuine);
}

type Genuine = () => RawRequest;

function readingCases(get: () => Stage, sample: Sample, genuineOne: Genuine): void {
  it('a genuine one is read, with no more trust than the manifest declares', async () => {
    const genuine = genuineOne();
    const callback = await get().parse(genuine);
    expect(callback.kind, JSON.stringify(callback)).to.equal('event');
    if (callback.kind !== 'event') return;
    const ranks = ['unverified', 'token', 'signed'];
    expect(ranks.indexOf(callback.trust)).to.be.at.most(ranks.indexOf(sample.channel.callback.trust));
    expect(callback.items.length).to.be.greaterThan(0);
    expect(callback.eventId, 'what tells it from others').to.not.equal('');
    expect(callback.accepted.status).to.be.within(200, 299);
    expect(callback.retry.status === callback.accepted.status && callback.retry.body === callback.accepted.body).to.equal(false);
  });

  it('again, it is the same event with the same facts', async () => {
    const genuine = genuineOne();
    const [first, second] = [await get().parse(genuine), await get().parse(genuine)];
    if (first.kind !== 'event' || second.kind !== 'event') throw new Error('is no event');
    expect([second.eventId, second.trust, second.items]).to.deep.equal([first.eventId, first.trust, first.items]);
  });
}

/** The events about a payment that come now: others may still come for earlier payments. */
async function eventsOf(stage: Stage, { request }: Started): Promise<readonly string[]> {
  const callbacks = await Promise.all((await stage.callbacks()).map((raw) => stage.parse(raw)));
  const events = callbacks.filter((one) => one.kind === 'event');
  return events
    .filter(({ items }) => items.some(({ of, number }) => of === 'payment' && number === request.number))
    .map((one) => one.eventId);
}

/** Whether one of the events comes again. Others may come before it, so that it is waited for more than once. */
async function comesAgain(stage: Stage, started: Started, events: readonly string[], times: number): Promise<boolean> {
  for (let left = times; left > 0; left -= 1) {
    await wait(againMs);
    if ((await eventsOf(stage, started)).some((event) => events.includes(event))) return true;
  }
  return false;
}

interface Told {
  readonly genuine: RawRequest;
  readonly payment: Started;
}

function repeatedCases(get: () => Stage, sample: Sample, told: () => Told): void {
  it('leaves what arrived as it was', async () => {
    const { headers, body, ...rest } = told().genuine;
    const raw: RawRequest = { ...rest, headers: { ...headers }, body: Buffer.from(body) };
    await get().channel.parseCallback(raw, get().call());
    expect(raw).to.deep.equal(told().genuine);
  });

  it('names what it is about', async () => {
    const callback = await get().parse(told().genuine);
    if (callback.kind !== 'event') throw new Error('is no event');
    for (const item of callback.items) {
      const names = { sessionNo: undefined, attemptNumber: undefined, ...item };
      const given = [names.number, names.channelNo, names.sessionNo, names.attemptNumber].filter(Boolean);
      expect(given, JSON.stringify(item)).to.not.deep.equal([]);
    }
  });

  for (const [answer, isAgain] of [
    ['retry', true],
    ['accepted', false],
  ] as const) {
    it(`answered as ${answer}, it is ${isAgain ? '' : 'not '}sent again`, async () => {
      const stage = get();
      const callback = await stage.parse(told().genuine);
      if (callback.kind !== 'event') throw new Error('is no event');
      const started = await stage.start(sample);
      stage.answer(callback[answer]);
      stage.forget();
      await stage.pay(started);
      const events = await eventsOf(stage, started);
      if (events.length > 0) expect(await comesAgain(stage, started, events, isAgain ? 5 : 1)).to.equal(isAgain);
    });
  }

  it('sent once more by the vendor, it is the same event', async () => {
    const stage = get();
    const { payment } = told();
    stage.forget();
    if (!(await stage.repeat(payment.request.number))) return;
    const events = await eventsOf(stage, payment);
    await stage.repeat(payment.request.number);
    if (events.length > 0) expect(await comesAgain(stage, payment, events, 5)).to.equal(true);
  });

  it('another payment is another event', async () => {
    const stage = get();
    const first = await stage.parse(told().genuine);
    const started = await stage.start(sample);
    stage.forget();
    await stage.pay(started);
    for (const raw of await stage.callbacks()) {
      const other = await stage.parse(raw);
      const isAbout = other.kind === 'event' && other.items.some(({ number }) => number === started.request.number);
      if (first.kind === 'event' && isAbout) expect(other.eventId).to.not.equal(first.eventId);
    }
  });
}

function refundCase(get: () => Stage, sample: Sample): void {
  if (abilitiesOf(sample.channel, sample.method.product).refund === 'none') return;
  it('told of a refund, it counts as no payment, and the money is the refund’s', async () => {
    const stage = get();
    const paid = await paidAttempt(stage, sample);
    stage.forget();
    const request = stage.refundOf(paid, sample.amount);
    await stage.channel.refund?.(request, stage.call());
    for (const raw of await stage.callbacks()) {
      const callback = await stage.parse(raw);
      for (const item of callback.kind === 'event' ? callback.items : []) {
        if (item.of === 'payment') expect(item.number ?? paid.number, JSON.stringify(item)).to.not.equal(request.number);
        else if (item.number === request.number && item.report.state === 'succeeded')
          expect(item.report.money).to.deep.equal(request.money);
      }
    }
  });
}

function changedCases(get: () => Stage, genuineOne: Genuine, refusesOld: boolean): void {
  it('changed in any byte, it states no other facts as signed', async () => {
    const genuine = genuineOne();
    const stage = get();
    const facts = factsOf(await stage.parse(genuine));
    const step = Math.max(1, Math.floor(genuine.body.length / 120));
    for (let at = 0; at < genuine.body.length; at += step) {
      const body = Buffer.from(genuine.body);
      body[at] = (body[at] ?? 0) ^ 1;
      expect(factsOf(await stage.parse({ ...genuine, body })), `byte ${at}`).to.be.oneOf(['', facts]);
    }
    for (let at = 0; at < genuine.query.length; at += 3) {
      const other = genuine.query[at] === '1' ? '2' : '1';
      const query = genuine.query.slice(0, at) + other + genuine.query.slice(at + 1);
      expect(factsOf(await stage.parse({ ...genuine, query })), `query ${at}`).to.be.oneOf(['', facts]);
    }
  });

  it('cut short or longer, it states no other facts as signed', async () => {
    const genuine = genuineOne();
    const stage = get();
    const facts = factsOf(await stage.parse(genuine));
    const cuts = [0, 1, Math.floor(genuine.body.length / 2), genuine.body.length - 1].map((end) => genuine.body.subarray(0, end));
    for (const body of [...cuts, Buffer.concat([genuine.body, Buffer.from('x')]), Buffer.concat([genuine.body, genuine.body])]) {
      expect(factsOf(await stage.parse({ ...genuine, body }))).to.be.oneOf(['', facts]);
    }
  });

  it('without any one of its headers, or with another in its place, it states no other facts as signed', async () => {
    const genuine = genuineOne();
    const stage = get();
    const facts = factsOf(await stage.parse(genuine));
    for (const name of Object.keys(genuine.headers)) {
      const { [name]: value = '', ...others } = genuine.headers;
      const changed = [others, { ...others, [name]: '' }, { ...others, [name]: `${value}x` }, { ...others, [name]: value.slice(1) }];
      for (const headers of changed) expect(factsOf(await stage.parse({ ...genuine, headers })), name).to.be.oneOf(['', facts]);
    }
  });

  it('without a signature, or with one of nothing, it states no other facts as signed', async function () {
    this.timeout(30_000);
    const genuine = genuineOne();
    const stage = get();
    const facts = factsOf(await stage.parse(genuine));
    for (const { what, raw } of [...withoutHeaders(genuine), ...withoutFields(genuine)])
      expect(factsOf(await stage.parse(raw)), what).to.be.oneOf(['', facts]);
  });

  it(`a day early or late, it is ${refusesOld ? '' : 'read the same or '}refused`, async () => {
    const genuine = genuineOne();
    const stage = get();
    const facts = factsOf(await stage.parse(genuine));
    for (const shift of [-dayMs, dayMs]) {
      const at = new Date(Date.now() + shift);
      expect(factsOf(await stage.parse(genuine, stage.channel, at))).to.be.oneOf(refusesOld ? [''] : ['', facts]);
    }
  });
}

function strangerCases(get: () => Stage, sample: Sample, genuineOne: Genuine): void {
  it('read by another account it is refused, or names whose it is', async () => {
    const genuine = genuineOne();
    const stage = get();
    const callback = await stage.parse(genuine, stage.neighbour);
    if (callback.kind !== 'event' || callback.trust !== 'signed') return;
    const named = callback.items.flatMap(({ report }) => ('echo' in report ? [report.echo.merchantNo] : []));
    expect(stage.neighbour.merchantNo, 'a channel whose answers name no merchant').to.not.equal(null);
    expect(named.every((merchantNo) => merchantNo !== undefined && merchantNo !== stage.neighbour.merchantNo)).to.equal(true);
  });

  it('forged, it states nothing as signed', async () => {
    const stage = get();
    const started = await stage.start(sample);
    stage.forget();
    if (!(await stage.forge(started))) return;
    for (const raw of await stage.callbacks()) expect(factsOf(await stage.parse(raw), started.request.number)).to.equal('');
    expect(await stage.truth(started.request.number)).to.deep.equal([]);
  });

  it('is never an exception, nor signed facts, whatever a stranger sends', async () => {
    const genuine = genuineOne();
    const stage = get();
    const headers = fc.dictionary(fc.constantFrom(...Object.keys(genuine.headers), 'x-signature', 'content-type'), fc.string());
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.uint8Array(), fc.json().map(Buffer.from), fc.string().map(Buffer.from)),
        headers,
        fc.string(),
        async (body, sent, query) => {
          const raw: RawRequest = { ...genuine, headers: sent, query, body: Buffer.from(body) };
          expect(factsOf(await stage.parse(raw))).to.equal('');
        },
      ),
      { numRuns: 60 },
    );
  });
}
