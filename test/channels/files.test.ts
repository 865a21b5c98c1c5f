import { deflateSync, gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { strToU8, zipSync } from 'fflate';
import { filesKit } from '../../core/channels/files.ts';
import type { CsvRule } from '../../core/contract/statement.ts';

/** Content that arrives in pieces of `size` bytes, as a network gives it. */
async function* inPieces(bytes: Uint8Array, size = 7): AsyncIterable<Uint8Array> {
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
}

async function rowsOf(text: string | Uint8Array, rule: Partial<CsvRule> = {}, size = 7) {
  const rows: { cells: readonly string[]; raw: string; line: number }[] = [];
  for await (const row of filesKit.csv(inPieces(Buffer.from(text), size), { charset: 'utf-8', ...rule })) rows.push(row);
  return rows;
}

async function bytesOf(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function filesOf(zip: Uint8Array, wanted: (name: string) => boolean = () => true) {
  const files: Record<string, string> = {};
  for await (const { name, content } of filesKit.unzip(inPieces(zip, 100)))
    if (wanted(name)) files[name] = (await bytesOf(content)).toString();
  return files;
}

/** The rows as another reader cuts them; null where it refuses. */
function refereeRows(text: string, isQuoted: boolean): readonly (readonly string[])[] | null {
  const quoting = isQuoted ? { quote: '"', escape: '"' } : { quote: false as const, escape: null };
  const form = { bom: true, relax_column_count: true, relax_quotes: true, skip_empty_lines: true, ...quoting };
  try {
    const records = parse(text, { ...form, record_delimiter: ['\r\n', '\n'] }) as string[][];
    return records.filter((cells) => cells.some((cell) => cell !== ''));
  } catch {
    return null;
  }
}

const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => 'none',
    (error: Error) => error.message,
  );

describe('Files of vendors: separated text', () => {
  it('has rows with their line and their text, without empty ones, whatever ends a line', async () => {
    expect(await rowsOf('\uFEFFa,b\r\n\r\n`1,"x"\n,\n2,y')).to.deep.equal([
      { cells: ['a', 'b'], raw: 'a,b', line: 1 },
      { cells: ['`1', '"x"'], raw: '`1,"x"', line: 3 },
      { cells: ['2', 'y'], raw: '2,y', line: 5 },
    ]);
  });

  it('may be packed by gzip, or alone in a ZIP file, as it was downloaded', async () => {
    const text = Buffer.from('a,b\n1,"2"\n');
    const rows = await rowsOf(text, { isQuoted: true });
    expect(await rowsOf(gzipSync(text), { isQuoted: true })).to.deep.equal(rows);
    expect(await rowsOf(zipSync({ 'bill.csv': text }), { isQuoted: true })).to.deep.equal(rows);
    const two = zipSync({ 'a.csv': text, 'b.csv': text });
    expect(await failureOf(rowsOf(two))).to.equal('the ZIP file holds 2 files: give the one that is meant');
    for (const twice of [gzipSync(gzipSync(text)), zipSync({ x: zipSync({ y: text }) }), gzipSync(zipSync({ y: text }))])
      expect(await failureOf(rowsOf(twice))).to.equal('the file is packed twice');
    expect(await failureOf(rowsOf(zipSync({ 'bill.csv': strToU8('a'.repeat(3_000_000)) }), {}, 1000))).to.include('more than 200 times');
    expect(await failureOf(rowsOf(gzipSync(text).subarray(0, 15)))).to.not.equal('none');
  });

  it('has commas and line breaks inside of quotes where the vendor quotes', async () => {
    const [row] = await rowsOf('"a, b","say ""hi""\nthere",3\n', { isQuoted: true });
    expect(row?.cells).to.deep.equal(['a, b', 'say "hi"\nthere', '3']);
  });

  it('is read from GBK in pieces that cut characters', async () => {
    const gbk = Buffer.from('bdbbd2d72cb2e80a', 'hex');
    expect((await rowsOf(gbk, { charset: 'gb18030' }, 1))[0]?.cells).to.deep.equal(['交易', '茶']);
  });

  it('is refused where bytes are not of the charset, or a quote is left open', async () => {
    expect(await failureOf(rowsOf(Buffer.from('bdbb0a', 'hex')))).to.equal('the file has bytes that are not utf-8');
    expect(await failureOf(rowsOf(`"${'x'.repeat(3000)}`, { isQuoted: true }))).to.equal('the file ends inside of quotes');
    expect(await failureOf(rowsOf('x'.repeat(2 ** 20 + 10), {}, 65_536))).to.equal('the file has a record of more than 1048576 bytes');
  });

  it('ends with the error of what it is read from', async () => {
    async function* broken(): AsyncIterable<Uint8Array> {
      yield Buffer.from('a,b\n1,');
      throw new Error('the line was cut');
    }
    const read = async () => {
      for await (const _ of filesKit.csv(broken(), { charset: 'utf-8' }));
    };
    expect(await failureOf(read())).to.equal('the line was cut');
  });

  it('is refused where quotes hold more than a record can have, whatever it is made of', async () => {
    for (const inside of ['x'.repeat(99), '', '""'])
      expect(await failureOf(rowsOf(`"${`${inside}\n`.repeat(2 ** 20)}"`, { isQuoted: true }, 65_536))).to.equal(
        'the file has a record of more than 1048576 bytes',
      );
  });

  it('is refused where a line has more cells than any statement', async () => {
    expect((await rowsOf(`a${',b'.repeat(999)}\n`))[0]?.cells).to.have.length(1000);
    for (const isQuoted of [true, false])
      expect(await failureOf(rowsOf(`a,b\nc${',d'.repeat(1000)}\n`, { isQuoted }))).to.equal('line 2 has more than 1000 cells');
  });

  it('is cut as the library csv-parse cuts it, whatever it holds', async () => {
    const part = fc.constantFrom('"', '""', ',', ',"', '",', '\n', '\r\n', 'a', ' ', '茶', '`1', '"b"', '|');
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 24 }), fc.boolean(), fc.integer({ min: 1, max: 9 }), async (parts, isQuoted, size) => {
        const text = `${parts.join('')}\n`;
        const referee = refereeRows(text, isQuoted);
        const own = await rowsOf(text, { isQuoted }, size).catch(() => null);
        expect(own?.map(({ cells }) => cells) ?? null).to.deep.equal(referee);
      }),
      { numRuns: 2000 },
    );
  });

  it('is what it was made of, for any cells without separators', async () => {
    const cell = fc.string({ unit: 'grapheme' }).map((text) => text.replace(/[\r\n,"\uFEFF]/g, ''));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { maxLength: 8 }),
        fc.integer({ min: 1, max: 9 }),
        async (table, size) => {
          const rows = await rowsOf(table.map((cells) => cells.join(',')).join('\r\n'), {}, size);
          expect(rows.map(({ cells }) => cells)).to.deep.equal(table.filter((cells) => cells.some((one) => one !== '')));
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('Files of vendors: lines of bytes', () => {
  it('are cut at line feeds, the last one with or without', async () => {
    const read: string[] = [];
    for await (const line of filesKit.lines(inPieces(Buffer.from('ab\r\n\ncdefghijkl\nm'), 3))) read.push(line.toString());
    expect(read).to.deep.equal(['ab', '', 'cdefghijkl', 'm']);
  });
});

describe('Files of vendors: packed ones', () => {
  it('come out of a ZIP in their order, and one that is not read is skipped', async () => {
    const zip = zipSync({ 'a.csv': strToU8('1,2\n'), 'b.csv': strToU8('x'.repeat(5000)), 'c.csv': [strToU8('3'), { level: 0 }] });
    expect(await filesOf(zip)).to.deep.equal({ 'a.csv': '1,2\n', 'b.csv': 'x'.repeat(5000), 'c.csv': '3' });
    expect(await filesOf(zip, (name) => name === 'c.csv')).to.deep.equal({ 'c.csv': '3' });
  });

  it('have GBK names where the ZIP does not say UTF-8', async () => {
    const zip = Buffer.from(zipSync({ 'xxxx.csv': strToU8('1') }));
    const named = Buffer.from(zip.toString('latin1').replaceAll('xxxx', Buffer.from('d2b5cef1', 'hex').toString('latin1')), 'latin1');
    expect(await filesOf(named)).to.deep.equal({ '业务.csv': '1' });
  });

  it('are refused when they break off, hold other bytes, or unpack without end', async () => {
    const zip = zipSync({ 'a.csv': strToU8('1,2\n'.repeat(500)) });
    expect(await failureOf(filesOf(zip.subarray(0, 40)))).to.equal('the ZIP file breaks off');
    // The files are whole, and the directory behind them is not.
    expect(await failureOf(filesOf(zip.subarray(0, -1)))).to.equal('the ZIP file breaks off');
    expect(await failureOf(filesOf(zip.subarray(0, -40)))).to.equal('the ZIP file breaks off');
    expect(await failureOf(filesOf(Buffer.from('no zip at all')))).to.equal('the file is not a ZIP file');
    const many = Object.fromEntries(Array.from({ length: 1001 }, (_, index) => [`${index}`, strToU8('')]));
    expect(await failureOf(filesOf(zipSync(many, { level: 0 })))).to.equal('the ZIP file holds more than 1000 files');
  });

  it('come out of a GZIP, which is refused when it breaks off', async () => {
    const gzip = gzipSync('1,2\n'.repeat(500));
    expect((await bytesOf(filesKit.gunzip(inPieces(gzip, 50)))).length).to.equal(2000);
    expect(await failureOf(bytesOf(filesKit.gunzip(inPieces(gzip.subarray(0, gzip.length - 20)))))).to.include('unexpected end');
  });

  it('come out of a GZIP that unpacks to two hundred times its size, and of none that unpacks to more', async () => {
    const drain = async (packed: Buffer) => {
      let sum = 0;
      for await (const bytes of filesKit.gunzip(inPieces(packed, 65_536))) sum += bytes.length;
      return String(sum);
    };
    const zeros = Buffer.alloc(2 ** 24 + 2 ** 20, 10);
    expect(await failureOf(drain(gzipSync(zeros)))).to.equal('the file unpacks to more than 200 times its size');
    expect(await drain(gzipSync(zeros.subarray(0, 2 ** 24)))).to.equal(String(2 ** 24));
    const digits = Buffer.from(
      Array.from({ length: 300_000 }, (_, index) => `\`${index},0.00,SUCCESS,CNY,0.60%,tea,wx8888,NATIVE\n`)
        .join('')
        .repeat(2),
    );
    expect(await drain(gzipSync(digits))).to.equal(String(digits.length));
  });

  it('unpacks the bare form of zlib, to its end', async () => {
    const packed = deflateSync(Buffer.from('statement '.repeat(200)));
    expect((await bytesOf(filesKit.inflate(inPieces(packed, 7)))).length).to.equal(2000);
    expect(await failureOf(bytesOf(filesKit.inflate(inPieces(packed.subarray(0, packed.length - 4)))))).to.include('unexpected end');
  });
});
