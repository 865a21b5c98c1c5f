import { crc32, createInflateRaw } from 'node:zlib';

/** A workbook of a million rows has some 40 MiB; it is held whole, because its parts are found from its end. */
const mostPacked = 2 ** 26;
const mostParts = 1000;
const mostBytes = 2 ** 31;
/** Sheets of equal rows come to 60; DEFLATE itself can do 1,032. Small parts may be as equal as they like. */
const [mostRatio, smallBytes] = [200, 2 ** 20];

/** The parts of a packed workbook by their names, each read as often as it is asked for. */
export interface Archive {
  readonly names: readonly string[];
  has(name: string): boolean;
  /** The bytes of a part. Throws where they are not what the directory says of them. */
  open(name: string): AsyncIterable<Uint8Array>;
}

interface Part {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  readonly at: number;
}

/**
 * Reads the directory at the end of the file and holds it to what a spreadsheet program writes: nothing is unpacked before its size,
 * its ratio and its place are known to be possible. By hand, because fflate takes the parts as they come and never sees the directory.
 */
export async function openArchive(content: AsyncIterable<Uint8Array>): Promise<Archive> {
  const bytes = await collect(content);
  const end = findEnd(bytes);
  const parts = readDirectory(bytes, end);
  checkPlaces(bytes.subarray(0, bytes.readUInt32LE(end + directoryAt)), parts);
  const named = new Map(parts.map((part) => [part.name.toLowerCase(), part]));
  if (named.size !== parts.length) throw new Error('the file has two parts of one name');
  return {
    names: parts.map(({ name }) => name),
    has: (name) => named.has(name.toLowerCase()),
    open: (name) => unpack(bytes, named.get(name.toLowerCase()) ?? lacking(name)),
  };
}

function lacking(name: string): never {
  throw new Error(`the file has no part ${name}`);
}

async function collect(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of content) {
    length += piece.length;
    if (length > mostPacked) throw new Error(`the file has more than ${mostPacked} bytes`);
    // A copy: the pieces of some streams are written over.
    pieces.push(Buffer.from(piece));
  }
  return Buffer.concat(pieces);
}

const [endBytes, entryBytes, localBytes] = [22, 46, 30];
/** In the end's record: where the directory begins, behind all parts. */
const directoryAt = 16;

/** Where the record stands that ends every ZIP file. */
function findEnd(bytes: Buffer): number {
  const end = bytes.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  if (end < 0 || end + endBytes > bytes.length || end + endBytes + bytes.readUInt16LE(end + 20) !== bytes.length) throw brokenOff();
  return end;
}

function readDirectory(bytes: Buffer, end: number): readonly Part[] {
  const [count, from] = [bytes.readUInt16LE(end + 10), bytes.readUInt32LE(end + directoryAt)];
  if (count > mostParts) throw new Error(`the file has more than ${mostParts} parts`);
  const parts: Part[] = [];
  let [at, total] = [from, 0];
  for (let index = 0; index < count; index += 1) {
    const length = lengthOfEntry(bytes, at, end);
    const part = readEntry(bytes.subarray(at, at + length));
    total += part.size;
    if (total > mostBytes) throw new Error(`the file unpacks to more than ${mostBytes} bytes`);
    parts.push(part);
    at += length;
  }
  return parts.filter(({ name }) => !name.endsWith('/'));
}

const brokenOff = () => new Error('the file breaks off');

function lengthOfEntry(bytes: Buffer, at: number, end: number): number {
  if (at + entryBytes > end || bytes.readUInt32LE(at) !== 0x02014b50) throw brokenOff();
  const length = entryBytes + bytes.readUInt16LE(at + 28) + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  if (at + length > end) throw brokenOff();
  return length;
}

function readEntry(entry: Buffer): Part {
  const nameEnd = entryBytes + entry.readUInt16LE(28);
  const name = entry.toString('utf8', entryBytes, nameEnd);
  // Nothing is ever written under these names. No spreadsheet program makes them, so somebody else made this file.
  if (/^\/|\\|(^|\/)\.\.(\/|$)|\p{Cc}/u.test(name)) throw new Error('the file has a part whose name leads out of it');
  if ((entry.readUInt16LE(8) & 1) !== 0) throw new Error('the file is encrypted: save it without a password');
  const method = entry.readUInt16LE(10);
  if (method !== 0 && method !== 8) throw new Error(`the part ${name} is packed in a way that no workbook is`);
  const part = { name, method, crc: entry.readUInt32LE(16), ...readSizes(entry, nameEnd) };
  if (part.size > smallBytes && part.size > part.packed * mostRatio)
    throw new Error(`the part ${name} unpacks to more than ${mostRatio} times its size`);
  return part;
}

/** Sizes that are told in 64 bits stand in an extra field, those alone for which there is a mark in their usual place. */
function readSizes(entry: Buffer, from: number): Pick<Part, 'size' | 'packed' | 'at'> {
  const mark = 0xffff_ffff;
  const [size, packed, at] = [entry.readUInt32LE(24), entry.readUInt32LE(20), entry.readUInt32LE(42)];
  if (size !== mark && packed !== mark && at !== mark) return { size, packed, at };
  const wide = readWide(entry.subarray(from, from + entry.readUInt16LE(30)));
  const take = (value: number) => (value === mark ? (wide.shift() ?? mark) : value);
  return { size: take(size), packed: take(packed), at: take(at) };
}

function readWide(extra: Buffer): number[] {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    const field = extra.subarray(at + 4, at + 4 + extra.readUInt16LE(at + 2));
    if (extra.readUInt16LE(at) !== 1) continue;
    return Array.from({ length: Math.floor(field.length / 8) }, (_, index) => Number(field.readBigUInt64LE(index * 8)));
  }
  return [];
}

/** Parts that share bytes are how a few of them unpack to everything; parts that are called otherwise in two places are read otherwise by two programs. */
function checkPlaces(packed: Buffer, parts: readonly Part[]): void {
  const inOrder = parts.toSorted((a, b) => a.at - b.at);
  for (const [index, part] of inOrder.entries()) {
    const from = contentOf(packed, part);
    const next = inOrder[index + 1]?.at ?? packed.length;
    if (from + part.packed > next) throw new Error(`the part ${part.name} runs into what follows it`);
  }
}

function contentOf(bytes: Buffer, { name, at }: Part): number {
  if (at + localBytes > bytes.length || bytes.readUInt32LE(at) !== 0x04034b50) throw brokenOff();
  const nameEnd = at + localBytes + bytes.readUInt16LE(at + 26);
  if (bytes.toString('utf8', at + localBytes, nameEnd) !== name) throw new Error(`the part ${name} has another name in front of it`);
  return nameEnd + bytes.readUInt16LE(at + 28);
}

async function* unpack(bytes: Buffer, part: Part): AsyncIterable<Uint8Array> {
  const from = contentOf(bytes, part);
  const packed = bytes.subarray(from, from + part.packed);
  let [size, crc] = [0, 0];
  for await (const piece of part.method === 0 ? [packed] : inflate(packed)) {
    size += piece.length;
    if (size > part.size) throw new Error(`the part ${part.name} is longer than the file says`);
    crc = crc32(piece, crc);
    yield piece;
  }
  if (size !== part.size || crc !== part.crc) throw new Error(`the part ${part.name} is not the one that was packed`);
}

async function* inflate(packed: Buffer): AsyncIterable<Uint8Array> {
  const stream = createInflateRaw({ chunkSize: 2 ** 16 });
  stream.end(packed);
  try {
    yield* stream as AsyncIterable<Buffer>;
  } catch {
    throw brokenOff();
  } finally {
    stream.destroy();
  }
}
