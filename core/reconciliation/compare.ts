import type { OpenAccount } from '../channels/accounts.ts';
import type { Database } from '../store/database.ts';
import { readBooked, readByNumbers } from '../store/tables/booked.ts';
import type { StatementFileRow } from '../store/tables/statement-files.ts';
import { readAhead } from './ahead.ts';
import { type ClassSum, createTally, type Tally } from './classes.ts';
import type { Span } from './day.ts';
import { createExpected, type Expectation, type Expected } from './expected.ts';
import { type Day, type Found, findPaired } from './find.ts';
import { type KeepDeps, KeptUnreadable, openKept } from './keep.ts';
import { classifyUnseen, type Entry, type Finding, type Patience } from './match.ts';
import { noteFinding } from './note.ts';
import { reclassDocuments, sumArrived } from './payouts/sums.ts';
import { loadPayouts, type Payouts, takeArrivals } from './payouts/take.ts';
import { proveSums, sumExpected } from './prove.ts';
import { createSums, readStatement, type Sum } from './read.ts';
import { type Judged, judgeDocument, newJudged, Refusal } from './refuse.ts';
import { lookUp, takeEntry } from './take.ts';

export interface Comparing {
  readonly account: OpenAccount;
  readonly day: Day;
  readonly span: Span;
  readonly patience: Patience;
  /** Whether the vendor lists on a day what happened on it, and not what it settled on it. */
  readonly isByTrade: boolean;
  readonly files: readonly StatementFileRow[];
  readonly now: number;
  /** Whether another account is of the same merchant at the vendor, so that they share one statement. */
  readonly isSibling: (accountId: string) => boolean;
  /** Called now and then with how many entries were read. */
  readonly onProgress: (entries: number) => void;
}

export interface Unsettled {
  readonly found: Found;
  readonly entry: Entry;
  readonly finding: Finding;
}

export interface ReadDocument {
  readonly entries: number;
  readonly sums: readonly Sum[];
}

/** What a day comes to. Nothing is written yet. */
export interface Comparison {
  readonly findings: readonly Finding[];
  readonly sums: readonly ClassSum[];
  readonly entries: number;
  /** By the document's id. */
  readonly documents: ReadonlyMap<string, ReadDocument>;
  /** What the vendor has and is not booked here. */
  readonly unsettled: readonly Unsettled[];
  readonly payouts: Payouts;
}

/** What is known at some point of the comparison. */
export interface Compared extends Comparing {
  readonly database: Database;
  readonly expected: Expected;
  readonly payouts: Payouts;
  readonly tally: Tally;
  readonly findings: Finding[];
  /** Of the texts of findings. */
  readonly held: { characters: number };
  readonly unsettled: Unsettled[];
  /** How often each was named that is not expected on this day. */
  readonly others: Map<string, number>;
  /** Entries whose numbers are not among the expected. */
  readonly waiting: Entry[];
  /** Of the document that is being read. */
  judged: Judged;
}

const [lookUpAtOnce, progressEvery] = [500, 10_000];

/** Compares a day's documents with what is booked. Holds what does not agree, and of the rest what finding it takes. */
export async function compareDay(deps: Pick<KeepDeps, 'database' | 'vault' | 'newId'>, comparing: Comparing): Promise<Comparison> {
  const { database } = deps;
  const expected = await loadExpected(database, comparing);
  const here = sumExpected(expected);
  const none = { findings: [], held: { characters: 0 }, unsettled: [], others: new Map(), waiting: [], judged: newJudged() };
  const payouts = await loadPayouts(database, comparing, deps.newId);
  const state: Compared = { ...comparing, ...none, database, expected, payouts, tally: createTally() };
  const documents = new Map<string, ReadDocument>();
  let entries = 0;
  for (const file of comparing.files) {
    const read = await readDocument(deps, state, file, entries).catch((error: unknown) => blame(file.id, error));
    documents.set(file.id, read);
    entries += read.entries;
  }
  await takeUnseen(state);
  takeArrivals(state);
  const { findings, unsettled } = state;
  const [sums, reclassed] = [state.tally.sums(), reclassDocuments(documents, payouts)];
  const there = [...reclassed.values()].flatMap((one) => one.sums);
  proveSums(sums, here, there, sumArrived(payouts));
  return { findings, sums, entries, documents: reclassed, unsettled, payouts };
}

async function loadExpected(database: Database, { day, span }: Comparing): Promise<Expected> {
  const expected = createExpected();
  for (const kind of ['payment', 'refund'] as const)
    for await (const rows of readAhead(readBooked(database, kind, { accountId: day.accountId, ...span })))
      for (const { number, amount, currency, fee, at } of rows)
        expected.add({ kind, number, amount: kind === 'refund' ? -amount : amount, currency, fee, at });
  return expected;
}

async function readDocument(deps: Pick<KeepDeps, 'database' | 'vault'>, state: Compared, file: StatementFileRow, before: number) {
  const sums = createSums();
  let place = 0;
  state.judged = newJudged();
  for await (const lines of readOrRefuse(readStatement(state.account, openKept(deps, file)))) {
    for (const line of lines) {
      place += 1;
      sums.add(line);
      takeEntry(state, { line, fileId: file.id, place });
      if (place % progressEvery === 0) state.onProgress(before + place);
    }
    if (state.waiting.length >= lookUpAtOnce) await lookUp(state);
  }
  await lookUp(state);
  const { day, isByTrade } = state;
  judgeDocument(state.judged, { name: file.name, day: day.day, businessDays: day.businessDays, isByTrade, isFurther: before > 0 });
  return { entries: place, sums: sums.list() };
}

function blame(fileId: string, error: unknown): never {
  throw error instanceof Refusal ? new Refusal(error.message, fileId) : error;
}

/** What a channel's reader throws is for the person who holds the document. */
async function* readOrRefuse<Lines>(lines: AsyncIterable<Lines>): AsyncIterable<Lines> {
  try {
    yield* lines;
  } catch (error) {
    if (error instanceof KeptUnreadable || !(error instanceof Error)) throw error;
    throw new Refusal(error.message);
  }
}

/** What is booked and was not named. */
async function takeUnseen(state: Compared): Promise<void> {
  let unseen: Expectation[] = [];
  for (let place = 0; place < state.expected.count; place += 1) {
    if (state.expected.timesSeen(place) === 0) unseen.push(state.expected.get(place));
    if (unseen.length < lookUpAtOnce) continue;
    await noteUnseen(state, unseen);
    unseen = [];
  }
  await noteUnseen(state, unseen);
}

async function noteUnseen(state: Compared, unseen: readonly Expectation[]): Promise<void> {
  for (const kind of ['payment', 'refund'] as const) {
    const numbers = unseen.filter((one) => one.kind === kind).map(({ number }) => number);
    const rows = await readByNumbers(state.database, kind, numbers);
    const idOf = new Map(rows.map(({ number, id }) => [number, id]));
    const paired = await findPaired(state.database, state.day.reconciliationId, [...idOf.values()]);
    for (const one of unseen) if (one.kind === kind) noteMissing(state, one, paired.has(idOf.get(one.number) ?? ''));
  }
}

function noteMissing(state: Compared, { kind, number, amount, currency, fee, at }: Expectation, isPaired: boolean): void {
  const name = classifyUnseen(at, state.span, state.patience, state.now, isPaired);
  state.tally.count({ class: name, kind, currency, there: null, here: amount });
  noteFinding(state, {
    name: `here ${kind} ${number}`,
    class: name,
    kind,
    number,
    channelNo: null,
    currency,
    amountHere: amount,
    amountThere: null,
    feeHere: fee,
    feeThere: null,
    entry: null,
    occurredAt: at,
    ...(isPaired ? pairedState : { state: name === 'timing' ? 'suspended' : 'open', reason: null }),
  });
}

const pairedState = { state: 'resolved', reason: 'on_two_days' } as const;
