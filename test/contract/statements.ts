import { expect } from 'chai';
import type { StatementDocument, StatementLine, StatementOutcome } from '../../core/contract/statement.ts';
import { businessDaysOf, dayOf } from '../../core/reconciliation/day.ts';
import type { Sample } from '../kit/shopper.ts';
import type { Stage, Truth } from './stage.ts';

interface Kept {
  readonly name: string;
  readonly bytes: Buffer;
}

/** A vendor's statement has every payment and refund of the day, once, with the vendor's money; half of one is none. */
export function statementCases(get: () => Stage, samples: readonly Sample[]): void {
  let kept: readonly Kept[];

  before(async function () {
    this.timeout(30_000);
    await get().behave();
    for (const sample of samples) await trade(get(), sample);
    await untilRefunded(get());
    kept = await fetchAll(get());
  });

  it('has a line for every payment', async () => {
    const lines = await readAll(get(), kept);
    const paid = lines.filter(({ kind }) => kind === 'payment');
    const truth = await get().history();
    expect(sumsOf(paid.map((line) => [numberOf(line, truth), line.gross.amount, line.gross.currency]))).to.deep.equal(
      truthOf(truth, 'charge'),
    );
  });

  it('has a line for every refund, with the amount that went out', async () => {
    const lines = await readAll(get(), kept);
    const refunded = lines.filter(({ kind }) => kind === 'refund');
    for (const { gross } of refunded) expect(gross.amount).to.be.below(0);
    const told = sumsOf(refunded.map(({ number, gross }) => [number, -gross.amount, gross.currency]));
    const known = truthOf(await get().history(), 'refund');
    for (const [number, money] of Object.entries(told)) if (number !== 'null') expect(money, number).to.equal(known[number]);
    expect(total(told)).to.equal(total(known));
  });

  it('names each by the vendor’s number and a time of that day', async () => {
    for (const { channelNo, occurredAt, raw } of await readAll(get(), kept)) {
      expect(channelNo).to.not.equal('');
      expect(Math.abs(Date.now() - occurredAt.getTime())).to.be.below(600_000);
      expect(raw).to.not.equal('');
    }
  });

  brokenCases(get, () => kept);
  askingCases(get);
}

function brokenCases(get: () => Stage, keptOnes: () => readonly Kept[]): void {
  it('is none when it breaks off, wherever that is, unless all lines and sums stand before', async () => {
    for (const { name, bytes } of keptOnes()) {
      const whole = await readOne(get(), { name, bytes });
      if (whole.length === 0) continue;
      for (const part of [0, 0.2, 0.5, 0.9, 0.99]) {
        const cut = { name, bytes: bytes.subarray(0, Math.floor(bytes.length * part)) };
        const found = await readOne(get(), cut).catch((error: unknown) => error);
        // Behind the totals a bill may say when it was made: without that it lacks nothing.
        if (found instanceof Error) continue;
        expect(found, `cut at ${part}`).to.deep.equal(whole);
      }
    }
  });

  it('that is of another form is refused with a reason', async () => {
    for (const text of ['', '<html>busy</html>', '{}', 'a,b,c\n1,2,3\n', '\u0000\u0001']) {
      const failure = await readOne(get(), { name: keptOnes()[0]?.name ?? '', bytes: Buffer.from(text) }).then(
        () => null,
        (error: Error) => error.message,
      );
      expect(failure, JSON.stringify(text)).to.be.a('string');
    }
  });

  it("another account's is refused where it says whose it is, or its lines are left out", async () => {
    const stage = get();
    for (const document of keptOnes()) {
      const lines = await readOne({ ...stage, channel: stage.neighbour }, document).catch(() => []);
      // One that speaks of several accounts names them all, and each takes its own lines.
      const isShared = lines.length < (await readOne(stage, document)).length;
      const said = lines.map(({ raw }) => raw).join() + (isShared ? '' : document.bytes.toString('latin1'));
      if (lines.length > 0 && stage.channel.merchantNo !== null) expect(said).to.not.include(stage.channel.merchantNo);
    }
  });
}

function askingCases(get: () => Stage): void {
  for (const behaviour of ['http_500', 'drop_before_execute', 'hang'] as const) {
    it(`answered by ${behaviour} is unknown, or not sent`, async function () {
      if (!(await get().misbehave('statement', behaviour))) this.skip();
      const outcome = await ask(get(), today(get()));
      expect(outcome.kind).to.be.oneOf(['unknown', 'notSent']);
    });
  }
}

const today = ({ plugin }: Stage, atMs = Date.now()) => dayOf(atMs, businessDaysOf(plugin.manifest));

async function trade(stage: Stage, sample: Sample): Promise<void> {
  const started = await stage.start(sample);
  await stage.pay(started);
  const found = stage.channel.query === undefined ? null : await stage.query(await stage.named(started));
  if (found?.kind !== 'ok' || found.report.state !== 'succeeded') return;
  const paid = { ...started.request, channelNo: found.report.channelNo };
  if (stage.channel.refund !== undefined) await stage.channel.refund(stage.refundOf(paid, sample.amount), stage.call());
}

/** Vendors carry refunds out a little later. */
async function untilRefunded(stage: Stage): Promise<void> {
  let before = -1;
  for (let tries = 0; tries < 40; tries += 1) {
    const { length } = await stage.refunds();
    if (length === before && tries > 4) return;
    before = length;
    await new Promise((done) => setTimeout(done, 100));
  }
}

async function ask({ channel, call }: Stage, day: string): Promise<StatementOutcome> {
  const outcome = await channel.fetchStatement?.(day, call());
  if (outcome === undefined) throw new Error('there is no fetchStatement');
  return outcome;
}

/** Yesterday's and today's documents: a run may go over midnight. */
async function fetchAll(stage: Stage): Promise<readonly Kept[]> {
  const documents: Kept[] = [];
  for (const day of [today(stage, Date.now() - 24 * 3600_000), today(stage)]) {
    const outcome = await ask(stage, day);
    if (outcome.kind === 'empty' || outcome.kind === 'notYet') continue;
    if (outcome.kind !== 'ready') throw new Error(JSON.stringify(outcome));
    for await (const { name, content } of outcome.documents) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of content) chunks.push(chunk);
      documents.push({ name, bytes: Buffer.concat(chunks) });
    }
  }
  return documents;
}

async function readOne({ channel }: Stage, { name, bytes }: Kept): Promise<readonly StatementLine[]> {
  const lines: StatementLine[] = [];
  const document: StatementDocument = { name, content: inPieces(bytes) };
  for await (const line of channel.readStatement?.(document) ?? []) lines.push(line);
  return lines;
}

async function* inPieces(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  for (let from = 0; from < bytes.length; from += 1000) yield bytes.subarray(from, from + 1000);
}

const readAll = async (stage: Stage, kept: readonly Kept[]) => (await Promise.all(kept.map((one) => readOne(stage, one)))).flat();

/** A vendor that knows its own number alone is found by that. */
const numberOf = ({ number, channelNo }: StatementLine, truth: readonly Truth[]) =>
  number ?? truth.find((entry) => entry.vendor_no === channelNo)?.number ?? null;

type Sums = Readonly<Record<string, string>>;

/** What each number comes to: a payment of several orders has a line for each. */
function sumsOf(moved: readonly (readonly [string | null, number, string])[]): Sums {
  const sums = new Map<string, number>();
  const currencies = new Map(moved.map(([number, , currency]) => [String(number), currency]));
  for (const [number, amount] of moved) sums.set(String(number), (sums.get(String(number)) ?? 0) + amount);
  return Object.fromEntries([...sums].sort().map(([number, amount]) => [number, `${amount} ${currencies.get(number)}`]));
}

/** A part of a payment of several orders has the number of the whole, of 26 characters, with more behind it. */
const truthOf = (truth: readonly Truth[], kind: Truth['kind']) =>
  sumsOf(truth.filter((entry) => entry.kind === kind).map(({ number, amount, currency }) => [number.slice(0, 26), amount, currency]));

const total = (sums: Sums) => Object.values(sums).reduce((sum, money) => sum + Number(money.split(' ')[0]), 0);
