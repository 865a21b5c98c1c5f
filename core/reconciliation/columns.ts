import type { Expectation, Values } from './expected.ts';

/** Rows of expectations side by side, without an object for any of them. */
export interface Columns {
  readonly count: number;
  append(expectation: Expectation): void;
  numberOf(place: number): string;
  valuesOf(place: number): Values;
  /** Whether the row has this kind and number. */
  isNamed(place: number, kind: Expectation['kind'], number: string): boolean;
  hashOf(place: number): number;
  timesSeen(place: number): number;
  see(place: number): void;
}

/** A part is never copied when more rows come: a longer array beside the one that it takes over from was half of the memory. */
interface Part {
  /** The kind and number of each row, one after the other. */
  text: Buffer;
  /**
   * What else there is of a row lies together, in 32 bytes that two arrays look at: an entry names any row, and with an array
   * for each value most of the time went into waiting for the memory.
   */
  readonly doubles: Float64Array;
  readonly words: Uint32Array;
  /** Null until a row has a fee; NaN where it is not known. Fees are integers otherwise. */
  fees: Float64Array | null;
}

/** Places within a row: of doubles the first two, of words behind them. */
const [amountAt, timeAt, doublesOfRow] = [0, 1, 4];
const [startAt, endAt, currencyAt, seenAt, wordsOfRow] = [4, 5, 6, 7, 8];
const word = ({ words }: Part, row: number, at: number) => words[row * wordsOfRow + at] ?? 0;
const double = ({ doubles }: Part, row: number, at: number) => doubles[row * doublesOfRow + at] ?? 0;

const [partBits, firstTextBytes] = [14, 2 ** 19];
const partRows = 2 ** partBits;
const rowOf = (place: number) => place & (partRows - 1);
const [paymentByte, refundByte] = [80, 82];
const byteOf = (kind: Expectation['kind']) => (kind === 'payment' ? paymentByte : refundByte);

export function createColumns(): Columns {
  const parts: Part[] = [];
  const currencyNames: string[] = [];
  let count = 0;
  const partOf = (place: number): Part => parts[place >>> partBits] ?? raise(place);
  return {
    get count() {
      return count;
    },
    append(row) {
      if (rowOf(count) === 0) parts.push(makePart());
      appendTo(partOf(count), rowOf(count), row, indexOf(currencyNames, row.currency));
      count += 1;
    },
    numberOf(place) {
      const [part, row] = [partOf(place), rowOf(place)];
      return part.text.toString('latin1', word(part, row, startAt) + 1, word(part, row, endAt));
    },
    valuesOf: (place) => readValues(partOf(place), rowOf(place), currencyNames),
    isNamed: (place, kind, number) => isNamed(partOf(place), rowOf(place), kind, number),
    hashOf: (place) => hashPart(partOf(place), rowOf(place)),
    timesSeen: (place) => word(partOf(place), rowOf(place), seenAt),
    see(place) {
      const part = partOf(place);
      part.words[rowOf(place) * wordsOfRow + seenAt] = word(part, rowOf(place), seenAt) + 1;
    },
  };
}

function raise(place: number): never {
  throw new Error(`there is no row ${place}`);
}

function makePart(): Part {
  const doubles = new Float64Array(partRows * doublesOfRow);
  return { text: Buffer.alloc(firstTextBytes), doubles, words: new Uint32Array(doubles.buffer), fees: null };
}

function indexOf(names: string[], name: string): number {
  const known = names.indexOf(name);
  return known >= 0 ? known : names.push(name) - 1;
}

function appendTo(part: Part, row: number, { kind, number, amount, fee, at }: Expectation, currency: number): void {
  const start = row === 0 ? 0 : word(part, row - 1, endAt);
  const end = start + 1 + number.length;
  if (end > part.text.length) part.text = Buffer.concat([part.text], part.text.length * 2 + number.length);
  part.text[start] = byteOf(kind);
  part.text.write(number, start + 1, 'latin1');
  const { doubles, words } = part;
  doubles[row * doublesOfRow + amountAt] = amount;
  doubles[row * doublesOfRow + timeAt] = at;
  words[row * wordsOfRow + startAt] = start;
  words[row * wordsOfRow + endAt] = end;
  words[row * wordsOfRow + currencyAt] = currency;
  if (fee !== null) part.fees ??= new Float64Array(partRows).fill(Number.NaN);
  if (part.fees !== null) part.fees[row] = fee ?? Number.NaN;
}

function readValues(part: Part, row: number, currencyNames: readonly string[]): Values {
  const fee = part.fees?.[row] ?? Number.NaN;
  return {
    kind: part.text[word(part, row, startAt)] === paymentByte ? 'payment' : 'refund',
    amount: double(part, row, amountAt),
    currency: currencyNames[word(part, row, currencyAt)] ?? '',
    fee: Number.isNaN(fee) ? null : fee,
    at: double(part, row, timeAt),
  };
}

function isNamed(part: Part, row: number, kind: Expectation['kind'], number: string): boolean {
  const { text } = part;
  const start = word(part, row, startAt);
  if (word(part, row, endAt) - start !== number.length + 1 || text[start] !== byteOf(kind)) return false;
  // From the end: numbers of one day begin alike.
  for (let index = number.length - 1; index >= 0; index -= 1) if (text[start + 1 + index] !== number.charCodeAt(index)) return false;
  return true;
}

function hashPart(part: Part, row: number): number {
  let hash = hashSeed;
  for (let index = word(part, row, startAt); index < word(part, row, endAt); index += 1) hash = mix(hash, part.text[index] ?? 0);
  return fold(hash);
}

/** FNV-1a, its upper bits folded in: numbers of one millisecond differ in their last characters only. */
export function hashName(kind: Expectation['kind'], number: string): number {
  let hash = mix(hashSeed, byteOf(kind));
  for (let index = 0; index < number.length; index += 1) hash = mix(hash, number.charCodeAt(index));
  return fold(hash);
}

const hashSeed = 0x811c9dc5;
const mix = (hash: number, byte: number) => Math.imul(hash ^ byte, 0x01000193);
const fold = (hash: number) => (hash ^ (hash >>> 15)) >>> 0;
