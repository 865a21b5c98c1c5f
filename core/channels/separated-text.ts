import { isAscii, isUtf8 } from 'node:buffer';
import type { CsvRow, CsvRule } from '../contract/statement.ts';
import { type Form, lookAt } from './first-bytes.ts';
import { type Cells, createCells } from './separated-cells.ts';
import { gunzip } from './unpack.ts';

/** A record that is longer than this is not a record: a quote was left open, or the file is something else. */
const longestRecord = 2 ** 20;

/** As many as a workbook may have. No statement has a tenth. */
const mostCells = 1000;

const [lineFeed, carriageReturn] = [10, 13];

/**
 * Rows of separated text, as the bytes arrive. Lines are looked for in the bytes, which no second byte of GB18030 can be taken
 * for, and each is decoded alone: a row that somebody keeps would otherwise keep the megabyte that it was cut from.
 */
export async function* readSeparated(content: AsyncIterable<Uint8Array>, rule: CsvRule, isUnpacked = false): AsyncIterable<CsvRow> {
  const { take, end } = createRows(rule);
  let rest: Buffer = Buffer.alloc(0);
  const { form, pieces } = await lookAt(content);
  if (form !== 'text' && isUnpacked) throw new Error('the file is packed twice');
  if (form !== 'text') return yield* await readPacked(form, pieces, rule);
  for await (const bytes of pieces) {
    const held = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const first = rest.length === 0 ? 0 : held.indexOf(lineFeed) + 1;
    if (first > 0) yield* take(Buffer.concat([rest, held.subarray(0, first)]));
    const whole = held.lastIndexOf(lineFeed) + 1;
    if (whole > first) yield* take(held.subarray(first, whole));
    // A copy: the pieces of some streams are written over.
    rest = whole === 0 ? Buffer.concat([rest, held]) : Buffer.from(held.subarray(whole));
    if (rest.length > longestRecord) throw tooLong();
  }
  if (rest.length > 0) yield* take(rest);
  end();
}

/** What comes packed: a workbook, or a text that somebody downloaded and gave as it was. */
async function readPacked(form: Exclude<Form, 'text'>, pieces: AsyncIterable<Uint8Array>, rule: CsvRule): Promise<AsyncIterable<CsvRow>> {
  if (form === 'compound') throw new Error('the file is an old workbook or one with a password: save it as .xlsx without one');
  if (form === 'gzip') return readSeparated(gunzip(pieces), rule, true);
  // Loaded with the first of them: no payment needs it.
  const { readZip } = await import('./xlsx/read.ts');
  return readZip(pieces, (text) => readSeparated(text, rule, true));
}

const tooLong = () => new Error(`the file has a record of more than ${longestRecord} bytes`);

function createRows({ charset, separator = ',', isQuoted = false }: CsvRule) {
  const decoderOf = createDecoder(charset);
  const cells = createCells(separator);
  let [line, recordBytes, open] = [0, 0, ''];
  const rowOf = (written: string, ending: string): CsvRow | null => {
    // Files that were saved again may have a second mark.
    const text = line === 1 ? written.replace(/^\uFEFF+/, '') : written;
    if (!isQuoted) return makeRow(text.split(separator), text, line);
    const cut = cells.cut(text, ending);
    const raw = open + text;
    open = cut === null ? raw + ending : '';
    return cut === null ? null : makeRow(cut, raw, line);
  };
  return {
    *take(block: Buffer): Iterable<CsvRow> {
      const decode = decoderOf(block);
      for (let from = 0; from < block.length; ) {
        const feed = block.indexOf(lineFeed, from);
        const to = feed < 0 ? block.length : feed;
        const textEnd = to > from && block[to - 1] === carriageReturn ? to - 1 : to;
        line += 1;
        recordBytes += to + 1 - from;
        if (recordBytes > longestRecord) throw tooLong();
        const row = rowOf(decode(from, textEnd), textEnd === to ? '\n' : '\r\n');
        from = to + 1;
        if (open === '') recordBytes = 0;
        if (row !== null) yield row;
      }
    },
    end() {
      if (open !== '') throw new Error('the file ends inside of quotes');
    },
  };
}

function makeRow(cells: Cells, raw: string, line: number): CsvRow | null {
  if (cells.length > mostCells) throw new Error(`line ${line} has more than ${mostCells} cells`);
  return cells.some((cell) => cell !== '') ? { cells, raw, line } : null;
}

type Decode = (from: number, to: number) => string;

function createDecoder(charset: CsvRule['charset']): (block: Buffer) => Decode {
  const fault = () => new Error(`the file has bytes that are not ${charset}`);
  const decoder = new TextDecoder(charset, { fatal: true, ignoreBOM: true });
  const decodeOther = (bytes: Buffer) => {
    try {
      return decoder.decode(bytes);
    } catch {
      throw fault();
    }
  };
  return (block) => {
    if (isAscii(block)) return (from, to) => block.toString('latin1', from, to);
    if (charset !== 'utf-8') return (from, to) => decodeOther(block.subarray(from, to));
    if (!isUtf8(block)) throw fault();
    return (from, to) => block.toString('utf8', from, to);
  };
}
