import { type Columns, createColumns, hashName } from './columns.ts';

/** What we have booked on a day and expect a statement to say. */
export interface Expectation {
  readonly kind: 'payment' | 'refund';
  readonly number: string;
  /** As a statement signs it: a refund is negative. */
  readonly amount: number;
  readonly currency: string;
  /** Null where no terms of the account say what the channel keeps. */
  readonly fee: number | null;
  readonly at: number;
}

export type Values = Omit<Expectation, 'number'>;

/** The expectations of a day, to be found by their numbers. Holds no object for a row: a million take about 100 MB less so. */
export interface Expected {
  readonly count: number;
  add(expectation: Expectation): void;
  /** Its place, or -1. */
  find(kind: Expectation['kind'], number: string): number;
  get(place: number): Expectation;
  /** The same without the number, which whoever found it has: making texts of a million numbers takes longer than to find them. */
  valuesOf(place: number): Values;
  /** How often the statement named it. */
  timesSeen(place: number): number;
  see(place: number): void;
}

/** Twice as many as rows at least, and a power of two. */
const firstSlots = 2048;

export function createExpected(): Expected {
  const columns = createColumns();
  // Open addressing: a row's place plus one, or 0.
  let slots = new Uint32Array(firstSlots);
  return {
    get count() {
      return columns.count;
    },
    add(row) {
      if ((columns.count + 1) * 2 > slots.length) slots = makeSlots(columns, slots.length * 2);
      const slot = slotOf(columns, slots, row.kind, row.number);
      if (slots[slot] !== 0) throw new Error(`two rows of one day are numbered ${row.number}`);
      columns.append(row);
      slots[slot] = columns.count;
    },
    find: (kind, number) => (slots[slotOf(columns, slots, kind, number)] ?? 0) - 1,
    get: (place) => ({ ...columns.valuesOf(place), number: columns.numberOf(place) }),
    valuesOf: columns.valuesOf,
    timesSeen: columns.timesSeen,
    see: columns.see,
  };
}

/** The slot that holds the row of this name, or the free one where it would be. */
function slotOf(columns: Columns, slots: Uint32Array, kind: Expectation['kind'], number: string): number {
  const mask = slots.length - 1;
  let slot = hashName(kind, number) & mask;
  for (;;) {
    const place = (slots[slot] ?? 0) - 1;
    if (place < 0 || columns.isNamed(place, kind, number)) return slot;
    slot = (slot + 1) & mask;
  }
}

function makeSlots(columns: Columns, length: number): Uint32Array<ArrayBuffer> {
  const slots = new Uint32Array(length);
  for (let place = 0; place < columns.count; place += 1) {
    let slot = columns.hashOf(place) & (length - 1);
    while (slots[slot] !== 0) slot = (slot + 1) & (length - 1);
    slots[slot] = place + 1;
  }
  return slots;
}
