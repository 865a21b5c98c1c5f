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

interface Columns {
  /** The kind and number of each row, one after the other. */
  text: Buffer;
  textEnd: number;
  /** Where a row's text begins. */
  starts: Uint32Array;
  amounts: Float64Array;
  /** NaN: not known. Fees are integers otherwise. */
  fees: Float64Array;
  times: Float64Array;
  currencies: Uint16Array;
  seen: Uint32Array;
  /** Open addressing: a row's place plus one, or 0. Twice as long as the rows at least. */
  slots: Uint32Array;
  count: number;
}

const firstRows = 1024;
const [paymentByte, refundByte] = [80, 82];

export function createExpected(): Expected {
  const columns = makeColumns(firstRows);
  const currencyNames: string[] = [];
  const find = (kind: Expectation['kind'], number: string) => Number(columns.slots[slotOf(columns, kind, number)]) - 1;
  return {
    get count() {
      return columns.count;
    },
    add(row) {
      if (columns.count === columns.amounts.length) grow(columns);
      const slot = slotOf(columns, row.kind, row.number);
      if (columns.slots[slot] !== 0) throw new Error(`two rows of one day are numbered ${row.number}`);
      append(columns, row, indexOf(currencyNames, row.currency));
      columns.slots[slot] = columns.count;
    },
    find,
    get: (place) => ({ ...readValues(columns, place, currencyNames), number: readNumber(columns, place) }),
    valuesOf: (place) => readValues(columns, place, currencyNames),
    timesSeen: (place) => columns.seen[place] ?? 0,
    see(place) {
      columns.seen[place] = (columns.seen[place] ?? 0) + 1;
    },
  };
}

function makeColumns(rows: number): Columns {
  return {
    text: Buffer.alloc(rows * 32),
    textEnd: 0,
    starts: new Uint32Array(rows + 1),
    amounts: new Float64Array(rows),
    fees: new Float64Array(rows),
    times: new Float64Array(rows),
    currencies: new Uint16Array(rows),
    seen: new Uint32Array(rows),
    slots: new Uint32Array(rows * 2),
    count: 0,
  };
}

function indexOf(names: string[], name: string): number {
  const known = names.indexOf(name);
  return known >= 0 ? known : names.push(name) - 1;
}

function append(columns: Columns, { kind, number, amount, fee, at }: Expectation, currency: number): void {
  const { count } = columns;
  if (columns.textEnd + number.length + 1 > columns.text.length) {
    const longer = Buffer.alloc(columns.text.length * 2 + number.length);
    columns.text.copy(longer);
    columns.text = longer;
  }
  columns.text[columns.textEnd] = byteOf(kind);
  columns.text.write(number, columns.textEnd + 1, 'latin1');
  columns.textEnd += number.length + 1;
  columns.starts[count + 1] = columns.textEnd;
  columns.amounts[count] = amount;
  columns.fees[count] = fee ?? Number.NaN;
  columns.times[count] = at;
  columns.currencies[count] = currency;
  columns.count += 1;
}

function readNumber({ text, starts }: Columns, place: number): string {
  return text.toString('latin1', (starts[place] ?? 0) + 1, starts[place + 1] ?? 0);
}

function readValues(columns: Columns, place: number, currencyNames: readonly string[]): Values {
  const fee = columns.fees[place] ?? Number.NaN;
  return {
    kind: columns.text[columns.starts[place] ?? 0] === paymentByte ? 'payment' : 'refund',
    amount: columns.amounts[place] ?? 0,
    currency: currencyNames[columns.currencies[place] ?? 0] ?? '',
    fee: Number.isNaN(fee) ? null : fee,
    at: columns.times[place] ?? 0,
  };
}

const byteOf = (kind: Expectation['kind']) => (kind === 'payment' ? paymentByte : refundByte);

/** The slot that holds the row of this name, or the free one where it would be. */
function slotOf(columns: Columns, kind: Expectation['kind'], number: string): number {
  const mask = columns.slots.length - 1;
  let slot = hashOf(byteOf(kind), number) & mask;
  for (;;) {
    const place = (columns.slots[slot] ?? 0) - 1;
    if (place < 0 || isNamed(columns, place, kind, number)) return slot;
    slot = (slot + 1) & mask;
  }
}

function isNamed(columns: Columns, place: number, kind: Expectation['kind'], number: string): boolean {
  const start = columns.starts[place] ?? 0;
  if ((columns.starts[place + 1] ?? 0) - start !== number.length + 1 || columns.text[start] !== byteOf(kind)) return false;
  // From the end: numbers of one day begin alike.
  for (let index = number.length - 1; index >= 0; index -= 1)
    if (columns.text[start + 1 + index] !== number.charCodeAt(index)) return false;
  return true;
}

/** FNV-1a, its upper bits folded in: numbers of one millisecond differ in their last characters only. */
function hashOf(first: number, number: string): number {
  let hash = mix(hashSeed, first);
  for (let index = 0; index < number.length; index += 1) hash = mix(hash, number.charCodeAt(index));
  return fold(hash);
}

const hashSeed = 0x811c9dc5;
const mix = (hash: number, byte: number) => Math.imul(hash ^ byte, 0x01000193);
const fold = (hash: number) => (hash ^ (hash >>> 15)) >>> 0;

function grow(columns: Columns): void {
  const rows = columns.amounts.length * 2;
  const wider = <T extends Uint16Array | Uint32Array | Float64Array>(old: T, made: T): T => {
    made.set(old);
    return made;
  };
  columns.starts = wider(columns.starts, new Uint32Array(rows + 1));
  columns.amounts = wider(columns.amounts, new Float64Array(rows));
  columns.fees = wider(columns.fees, new Float64Array(rows));
  columns.times = wider(columns.times, new Float64Array(rows));
  columns.currencies = wider(columns.currencies, new Uint16Array(rows));
  columns.seen = wider(columns.seen, new Uint32Array(rows));
  columns.slots = new Uint32Array(rows * 2);
  for (let place = 0; place < columns.count; place += 1) putAgain(columns, place);
}

function putAgain(columns: Columns, place: number): void {
  const [start, end] = [columns.starts[place] ?? 0, columns.starts[place + 1] ?? 0];
  const mask = columns.slots.length - 1;
  let hash = hashSeed;
  for (let index = start; index < end; index += 1) hash = mix(hash, columns.text[index] ?? 0);
  let slot = fold(hash) & mask;
  while (columns.slots[slot] !== 0) slot = (slot + 1) & mask;
  columns.slots[slot] = place + 1;
}
