import { type BusinessDays, dayOf, type Span } from './day.ts';
import { type Entry, isWithin } from './match.ts';

/** Why a whole document is none of this day's. For a person who holds it. */
export class Refusal extends Error {
  /** The document that it is about, where it is about one. */
  readonly fileId: string | null;
  constructor(reason: string, fileId: string | null = null) {
    super(reason);
    this.name = 'Refusal';
    this.fileId = fileId;
  }
}

/** What is counted of one document, to judge it by when it ends. */
export interface Judged {
  /** Payments and refunds. */
  compared: number;
  /** Those of them that had been named before. */
  repeated: number;
  /** Those of them that had been named more than once before. */
  repeatedAgain: number;
  /** Those of them that happened on the day. */
  within: number;
  first: number | null;
}

export const newJudged = (): Judged => ({ compared: 0, repeated: 0, repeatedAgain: 0, within: 0, first: null });

export function judgeEntry(judged: Judged, { line }: Entry, span: Span): void {
  if (line.kind !== 'payment' && line.kind !== 'refund') return;
  const at = line.occurredAt.getTime();
  judged.compared += 1;
  judged.within += isWithin(at, span) ? 1 : 0;
  judged.first ??= at;
}

export interface Judging {
  readonly name: string;
  readonly day: string;
  readonly businessDays: BusinessDays;
  /** Whether the vendor lists on a day what happened on it. */
  readonly isByTrade: boolean;
  /** Whether documents of the day came before it. */
  readonly isFurther: boolean;
}

/** Fewer may by chance be listed twice each. */
const fewEntries = 4;

export function judgeRepeat(judged: Judged, timesSeen: number): void {
  judged.repeated += timesSeen > 0 ? 1 : 0;
  judged.repeatedAgain += timesSeen > 1 ? 1 : 0;
}

/** Throws a `Refusal` for a document of another day, or one that was put together of two. */
export function judgeDocument(
  { compared, repeated, repeatedAgain, within, first }: Judged,
  { name, day, businessDays, isByTrade, isFurther }: Judging,
): void {
  if (compared === 0) return;
  if (isByTrade && within === 0 && first !== null)
    throw new Refusal(`${name} is not of ${day}: no entry is, and entry 1 is of ${dayOf(first, businessDays)}`);
  if (isFurther && repeated === compared) throw new Refusal(`every entry of ${name} stands in another document of the day`);
  const isTwice = repeated * 2 === compared && repeatedAgain === 0;
  if (isTwice && compared >= fewEntries) throw new Refusal(`every entry of ${name} stands in it twice`);
}
