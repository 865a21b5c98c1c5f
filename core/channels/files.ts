import type { FilesKit, StatementDocument } from '../contract/statement.ts';
import { readSeparated } from './separated-text.ts';
import { gunzip, inflate, limitBytes } from './unpack.ts';

const mostFiles = 1000;

/** A line that is longer than this is not a record. */
const longestLine = 2 ** 20;

/** The library of ZIP files is loaded with the first of them: no payment needs it. */
export const filesKit: FilesKit = {
  csv: (content, rule) => readSeparated(content, rule),
  lines,
  unzip,
  gunzip,
  inflate,
};

async function* lines(content: AsyncIterable<Uint8Array>): AsyncIterable<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const bytes of content) {
    const held = rest.length === 0 ? Buffer.from(bytes) : Buffer.concat([rest, bytes]);
    let from = 0;
    for (let end = held.indexOf(10); end >= 0; end = held.indexOf(10, from)) {
      yield withoutReturn(held.subarray(from, end));
      from = end + 1;
    }
    rest = held.subarray(from);
    if (rest.length > longestLine) throw new Error(`the file has a line of more than ${longestLine} bytes`);
  }
  if (rest.length > 0) yield withoutReturn(rest);
}

const withoutReturn = (line: Buffer) => (line.at(-1) === 13 ? line.subarray(0, -1) : line);

type ZipPart = { readonly name: string } | { readonly bytes: Uint8Array };

async function* unzip(content: AsyncIterable<Uint8Array>): AsyncIterable<StatementDocument> {
  const parts = zipParts(content);
  let part = await parts.next();
  while (part.done !== true) {
    const opened = part.value;
    if (!('name' in opened)) throw new Error('the ZIP file begins in the middle of a file');
    const one = bytesUntilNext(parts);
    yield { name: opened.name, content: one.content };
    part = await one.next();
  }
}

/** The bytes of one file, and then the part that follows it, whether or not they were read. */
function bytesUntilNext(parts: AsyncIterator<ZipPart>) {
  let after: IteratorResult<ZipPart> | null = null;
  async function* read(): AsyncGenerator<Uint8Array> {
    while (after === null) {
      const part = await parts.next();
      if (part.done === true || 'name' in part.value) after = part;
      else yield part.value.bytes;
    }
  }
  const next = async () => {
    for await (const _ of read());
    return after as unknown as IteratorResult<ZipPart>;
  };
  return { content: read(), next };
}

async function* zipParts(content: AsyncIterable<Uint8Array>): AsyncGenerator<ZipPart> {
  const { Unzip, UnzipInflate } = await import('fflate');
  const parts: ZipPart[] = [];
  const allow = limitBytes();
  let files = 0;
  let open = 0;
  const reader = new Unzip((file) => {
    files += 1;
    if (files > mostFiles) throw new Error(`the ZIP file holds more than ${mostFiles} files`);
    open += 1;
    parts.push({ name: nameOf(file.name) });
    file.ondata = (error, bytes, isLast) => {
      if (error !== null) throw error;
      if (bytes.length > 0) parts.push({ bytes: allow(bytes) });
      if (isLast) open -= 1;
    };
    file.start();
  });
  reader.register(UnzipInflate);
  let tail: Uint8Array = new Uint8Array();
  for await (const bytes of content) {
    tail = Buffer.concat([tail, bytes]).subarray(-longestZipEnd);
    // A chunk of 64 KiB can hold 64 MiB of zeros: small steps keep what waits here small.
    for (let from = 0; from < bytes.length; from += 8192) {
      reader.push(bytes.subarray(from, from + 8192));
      yield* parts.splice(0);
    }
  }
  if (files === 0) throw new Error('the file is not a ZIP file');
  if (open > 0 || !hasZipEnd(Buffer.from(tail))) throw new Error('the ZIP file breaks off');
}

/** The record that ends every ZIP file, with the longest comment behind it. */
const [zipEndBytes, longestZipEnd] = [22, 22 + 0xffff];

/** The reader takes files as they come and never looks at the directory behind them: without this, half of it could be missing. */
function hasZipEnd(tail: Buffer): boolean {
  const at = tail.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  return at >= 0 && at + zipEndBytes <= tail.length && at + zipEndBytes + tail.readUInt16LE(at + 20) === tail.length;
}

/** Names without the mark of UTF-8 come as Latin letters for bytes; in Chinese vendors' files the bytes are GBK. */
function nameOf(name: string): string {
  const bytes = Buffer.from(name, 'latin1');
  if (bytes.toString('latin1') !== name) return name;
  try {
    return new TextDecoder('gb18030', { fatal: true }).decode(bytes);
  } catch {
    return name;
  }
}
