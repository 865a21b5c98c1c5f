import type { BookedKind } from '../store/tables/booked.ts';
import type { Compared } from './compare.ts';
import { type Found, findOurs } from './find.ts';
import { classify, classifyUnknown, type Entry } from './match.ts';
import { countHere, countThere, findingOf, noteFinding } from './note.ts';
import { isStranger, takeSent } from './payouts/take.ts';
import { judgeEntry, judgeRepeat, Refusal } from './refuse.ts';

/** Gives an entry its class, or lets it wait until enough of them can be looked up together. */
export function takeEntry(state: Compared, entry: Entry): void {
  const { line } = entry;
  judgeEntry(state.judged, entry, state.span);
  const isCompared = line.kind === 'payment' || line.kind === 'refund';
  const place = isCompared && line.number !== null ? state.expected.find(line.kind, line.number) : -1;
  if (place >= 0) takeExpected(state, entry, place);
  else if (isCompared) state.waiting.push(entry);
  else takeUnknown(state, entry);
}

/** Finds in the database what is not expected on this day: of another day, not booked, named by the vendor's number, or nothing of ours. */
export async function lookUp(state: Compared): Promise<void> {
  const waiting = state.waiting.splice(0);
  for (const kind of ['payment', 'refund'] as const) {
    const entries = waiting.filter(({ line }) => line.kind === kind);
    if (entries.length === 0) continue;
    const found = await findOurs(state.database, kind, state.day, entries);
    for (const [index, entry] of entries.entries()) takeLookedUp(state, kind, entry, found[index] ?? null);
  }
}

function takeExpected(state: Compared, entry: Entry, place: number): void {
  const { amount, currency, fee, at } = state.expected.valuesOf(place);
  const ours = { isBooked: true, amount, currency, fee, at };
  const timesSeen = state.expected.timesSeen(place);
  const name = classify(entry.line, ours, state.span, 'unknown', timesSeen);
  countThere(state, name, entry);
  // What is ours was counted with the first entry that named it.
  if (timesSeen === 0) countHere(state, name, entry, ours);
  judgeRepeat(state.judged, timesSeen);
  if (name !== 'matched') noteFinding(state, findingOf(name, entry, { ...ours, number: state.expected.get(place).number }, timesSeen));
  state.expected.see(place);
}

function takeLookedUp(state: Compared, kind: BookedKind, entry: Entry, found: Found | null): void {
  const place = found === null ? -1 : state.expected.find(kind, found.number);
  if (found === null) takeUnknown(state, entry);
  else if (found.accountId !== state.account.id) takeOfOther(state, entry, found);
  else if (place >= 0) takeExpected(state, entry, place);
  else takeUnexpected(state, entry, found);
}

/** Of another day, or not booked. */
function takeUnexpected(state: Compared, entry: Entry, found: Found): void {
  const timesSeen = countNamed(state, `${entry.line.kind} ${found.number}`);
  const name = classify(entry.line, found, state.span, found.elsewhere, timesSeen);
  countThere(state, name, entry);
  const finding = findingOf(name, entry, found, timesSeen);
  noteFinding(state, finding);
  if (name === 'status_differs') state.unsettled.push({ found, entry, finding });
}

/** Two accounts of one merchant number share one statement; the other's day compares its own. */
function takeOfOther(state: Compared, entry: Entry, { accountId }: Found): void {
  if (!state.isSibling(accountId)) throw new Refusal(`entry ${entry.place} is of the account ${accountId}`);
  countThere(state, 'not_compared', entry);
}

function takeUnknown(state: Compared, entry: Entry): void {
  const { kind, number, channelNo } = entry.line;
  const name = classifyUnknown(entry.line);
  if (kind === 'payout') return void takeSent(state, entry);
  if (name === 'not_compared') return void countThere(state, name, entry);
  const timesSeen = countNamed(state, `${kind} ${number} ${channelNo}`);
  // Which of them is a payout can be said when all have come.
  if (isStranger(state, entry, timesSeen)) return;
  countThere(state, name, entry);
  noteFinding(state, findingOf(name, entry, null, timesSeen));
}

function countNamed({ others, judged }: Compared, key: string): number {
  const timesSeen = others.get(key) ?? 0;
  others.set(key, timesSeen + 1);
  judgeRepeat(judged, timesSeen);
  return timesSeen;
}
