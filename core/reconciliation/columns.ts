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
  /** Where a row's text begins. */
  readonly starts: Uint32Array;
  readonly amounts: Float64Array;
  /** Null until a row has a fee; NaN where it is not known. Fees are integers otherwise. */
  fees: Float64Array | null;
  readonly times: Float64Array;
  readonly currencies: Uint16Array;
  readonly seen: Uint32Array;
}

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
      const { text, starts } = partOf(place);
      return text.toString('latin1', (starts[rowOf(place)] ?? 0) + 1, starts[rowOf(place) + 1]);
    },
    valuesOf: (place) => readValues(partOf(place), rowOf(place), currencyNames),
    isNamed: (place, kind, number) => isNamed(partOf(place), rowOf(place), kind, number),
    hashOf: (place) => hashPart(partOf(place), rowOf(place)),
    timesSeen: (place) => partOf(place).seen[rowOf(place)] ?? 0,
    see(place) {
      const { seen } = partOf(place);
      seen[rowOf(place)] = (seen[rowOf(place)] ?? 0) + 1;
    },
  };
}

function raise(place: number): never {
  throw new Error(`there is no row ${place}`);
}

function makePart(): Part {
  return {
    text: Buffer.alloc(firstTextBytes),
    starts: new Uint32Array(partRows + 1),
    amounts: new Float64Array(partRows),
    fees: null,
    times: new Float64Array(partRows),
    currencies: new Uint16Array(partRows),
    seen: new Uint32Array(partRows),
  };
}

function indexOf(names: string[], name: string): number {
  const known = names.indexOf(name);
  return known >= 0 ? known : names.push(name) - 1;
}

function appendTo(part: Part, row: number, { kind, number, amount, fee, at }: Expectation, currency: number): void {
  const start = part.starts[row] ?? 0;
  const end = start + 1 + number.length;
  if (end > part.text.length) part.text = Buffer.concat([part.text], part.text.length * 2 + number.length);
  part.text[start] = byteOf(kind);
  part.text.write(number, start + 1, 'latin1');
  part.starts[row + 1] = end;
  part.amounts[row] = amount;
  if (fee !== null) part.fees ??= new Float64Array(partRows).fill(Number.NaN);
  if (part.fees !== null) part.fees[row] = fee ?? Number.NaN;
  part.times[row] = at;
  part.currencies[row] = currency;
}

function readValues(part: Part, row: number, currencyNames: readonly string[]): Values {
  const fee = part.fees?.[row] ?? Number.NaN;
  return {
    kind: part.text[part.starts[row] ?? 0] === paymentByte ? 'payment' : 'refund',
    amount: part.amounts[row] ?? 0,
    currency: currencyNames[part.currencies[row] ?? 0] ?? '',
    fee: Number.isNaN(fee) ? null : fee,
    at: part.times[row] ?? 0,
  };
}

function isNamed({ text, starts }: Part, row: number, kind: Expectation['kind'], number: string): boolean {
  const start = starts[row] ?? 0;
  if ((starts[row + 1] ?? 0) - start !== number.length + 1 || text[start] !== byteOf(kind)) return false;
  // From the end: numbers of one day begin alike.
  for (let index = number.length - 1; index >= 0; index -= 1) if (text[start + 1 + index] !== number.charCodeAt(index)) return false;
  return true;
}

function hashPart({ text, starts }: Part, row: number): number {
  let hash = hashSeed;
  for (let index = starts[row] ?? 0; index < (starts[row + 1] ?? 0); index += 1) hash = mix(hash, text[index] ?? 0);
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
