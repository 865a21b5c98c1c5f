import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { strToU8, zipSync } from 'fflate';
import { filesKit } from '../../core/channels/files.ts';
import { inPieces, makeWorkbook, rowOf, sheetOf, type WorkbookParts } from '../kit/workbook.ts';

/** What the reader says of it; the number of rows where it says nothing. */
async function complaintOf(bytes: Uint8Array): Promise<string> {
  let rows = 0;
  try {
    for await (const _ of filesKit.csv(inPieces(bytes), { charset: 'utf-8' })) rows += 1;
    return `${rows} rows`;
  } catch (error) {
    return error instanceof Error ? error.message : '';
  }
}

const good = makeWorkbook({ sheets: [sheetOf(rowOf(1, 'a', 'b'), rowOf(2, 'c', 'd'))] });
const complaint = (parts: Partial<WorkbookParts>) => complaintOf(makeWorkbook({ sheets: [sheetOf(rowOf(1, 'a'))], ...parts }));
const ofSheet = async (...rows: readonly string[]) =>
  (await complaint({ sheets: [sheetOf(...rows)] })).replace('the sheet S1 cannot be read: ', '');
const ofXml = async (sheet: string) => (await complaint({ sheets: [sheet] })).replace('the sheet S1 cannot be read: ', '');

/** The place of a part's entry in the directory. */
const entryOf = (bytes: Buffer, name: string) => bytes.lastIndexOf(name) - 46;

/** The workbook with some bytes of it changed. */
function changed(change: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.from(good);
  change(bytes);
  return bytes;
}

describe('A hostile or spoiled workbook', () => {
  it('is refused as a bomb before anything of it is unpacked', async () => {
    expect(await complaint({ more: { 'xl/media/x': ' '.repeat(3_000_000) } })).to.equal(
      'the part xl/media/x unpacks to more than 200 times its size',
    );
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`x/${index}`, '']));
    expect(await complaint({ more: many })).to.equal('the file has more than 1000 parts');
    const sheet = entryOf(good, 'xl/worksheets/sheet1.xml');
    const large = changed((bytes) => {
      bytes.writeUInt32LE(2 ** 31, sheet + 24);
      bytes.writeUInt32LE(2 ** 30, sheet + 20);
    });
    expect(await complaintOf(large)).to.equal('the file unpacks to more than 2147483648 bytes');
  });

  it('is refused where it unpacks to other bytes than its directory says', async () => {
    const sheet = entryOf(good, 'xl/worksheets/sheet1.xml');
    expect(await complaintOf(changed((bytes) => bytes.writeUInt32LE(10, sheet + 24)))).to.include('is longer than the file says');
    expect(await complaintOf(changed((bytes) => bytes.writeUInt32LE(900, sheet + 24)))).to.include('is not the one that was packed');
    expect(await complaintOf(changed((bytes) => bytes.writeUInt32LE(7, sheet + 16)))).to.include('is not the one that was packed');
  });

  it('is refused where parts share bytes, or have another name in front of them', async () => {
    const [sheet, styles] = [entryOf(good, 'xl/worksheets/sheet1.xml'), entryOf(good, 'xl/styles.xml')];
    const shared = changed((bytes) => bytes.writeUInt32LE(bytes.readUInt32LE(sheet + 20) + 200, sheet + 20));
    expect(await complaintOf(shared)).to.include('runs into what follows it');
    const renamed = changed((bytes) => bytes.write('y', bytes.readUInt32LE(styles + 42) + 30));
    expect(await complaintOf(renamed)).to.include('has another name in front of it');
  });

  it('is refused where a name leads out of it, or stands in it twice', async () => {
    for (const name of ['../../etc/passwd', '/etc/passwd', 'xl/../../x', '..\\x', 'xl\\x', 'x\u0000'])
      expect(await complaint({ more: { [name]: 'x' } }), name).to.equal('the file has a part whose name leads out of it');
    expect(await complaint({ more: { 'XL/styles.xml': '<styleSheet/>' } })).to.equal('the file has two parts of one name');
  });

  it('is refused where what has to be held of it is endless', async () => {
    const ids = Array.from({ length: 10_001 }, (_, at) => at);
    const relations = ids.map((at) => `<Relationship Id="r${at}" Type="http://x/${at}" Target="x${at * 7919}"/>`).join('');
    const held = await complaint({ more: { '_rels/.rels': `<Relationships>${relations}</Relationships>` } });
    expect(held).to.include('it has more than 10000 relations');
    const styles = `<cellXfs>${'<xf/>'.repeat(65_537)}</cellXfs>`;
    expect(await complaint({ styles })).to.include('it has more than 65536 styles');
    const long = Array.from({ length: 1100 }, () => `<si><t>${randomBytes(1000).toString('hex').repeat(16)}</t></si>`);
    expect(await complaint({ strings: long.join('') })).to.include('it has more texts than can be held');
  });

  it('is refused with a password, or in an old form', async () => {
    const encrypted = changed((bytes) => bytes.writeUInt16LE(1, entryOf(good, 'xl/workbook.xml') + 8));
    expect(await complaintOf(encrypted)).to.equal('the file is encrypted: save it without a password');
    const old = Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.alloc(600)]);
    expect(await complaintOf(old)).to.equal('the file is an old workbook or one with a password: save it as .xlsx without one');
  });

  it('is refused where it is another thing that is packed the same way', async () => {
    for (const name of ['[Content_Types].xml', 'mimetype'])
      expect(await complaintOf(zipSync({ [name]: strToU8('x') }))).to.equal('the file is no workbook: save it as .xlsx');
    const relation = '<Relationships><Relationship Id="r" Type="http://x/officeDocument" Target="xl/workbook.bin"/></Relationships>';
    expect(await complaint({ more: { '_rels/.rels': relation } })).to.equal('the file is no workbook: save it as .xlsx');
    expect(await complaint({ more: { 'xl/worksheets/sheet1.xml': '<chart/>' } })).to.include('it has no rows');
    expect(await complaint({ sheets: [] })).to.equal('the workbook has no rows');
  });

  it('is refused wherever it breaks off', async () => {
    for (let length = 1; length < good.length; length += 3)
      expect(await complaintOf(good.subarray(0, length)), String(length)).to.match(/breaks off|has no|not utf-8|^1 rows/);
    for (let length = 60; length < good.length; length += 3) expect(await complaintOf(good.subarray(0, length))).to.include('breaks off');
  });

  it('gives the same rows or none, whichever byte of it is another', async function () {
    this.timeout(30_000);
    const rows = await complaintOf(good);
    const place = fc.integer({ min: 4, max: good.length - 1 });
    await fc.assert(
      fc.asyncProperty(place, fc.integer({ min: 1, max: 255 }), async (at, by) => {
        const said = await complaintOf(changed((bytes) => bytes.writeUInt8((bytes[at] ?? 0) ^ by, at)));
        expect(said === rows || !/^\d+ rows$/.test(said), said).to.equal(true);
      }),
      { numRuns: 300 },
    );
  });
});

describe('The XML of a hostile workbook', () => {
  it('is refused with DOCTYPE, CDATA, entities of its own or another charset', async () => {
    const entity = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>';
    expect(await ofXml(entity + sheetOf(rowOf(1, '&a;')))).to.include('it has a declaration, such as DOCTYPE');
    expect(await ofSheet(rowOf(1, '<![CDATA[x]]>'))).to.include('it has a declaration');
    expect(await ofSheet(rowOf(1, '&a;'))).to.equal('it has an entity that is not one of the five');
    expect(await ofXml(`<?xml version="1.0" encoding="UTF-16"?>${sheetOf()}`)).to.equal('it is not UTF-8');
    expect(await complaint({ more: { 'xl/sharedStrings.xml': `${entity}<sst/>` } })).to.match(
      /^xl\/sharedStrings.xml of the workbook cannot/,
    );
    expect(await complaint({ more: { '_rels/.rels': `${entity}<Relationships/>` } })).to.include('DOCTYPE');
  });

  it('is refused where it is not well-formed, endless or too deep', async () => {
    expect(await ofXml('<worksheet><sheetData><row>')).to.equal('it breaks off');
    expect(await ofXml('<worksheet><sheetData></worksheet>')).to.equal('</worksheet> closes what is not open');
    expect(await ofXml(`${sheetOf()}<x/>`)).to.equal('it breaks off');
    expect(await ofXml(`<worksheet>${'<a>'.repeat(200)}`)).to.equal('it is more than 100 deep');
    expect(await ofXml(`<worksheet a="${Array.from({ length: 60_000 }, (_, index) => `${index} text`).join()}`)).to.include(
      'a piece that no spreadsheet writes',
    );
    expect(await ofXml('<worksheet><sheetData><row r="1" a=b/></sheetData></worksheet>')).to.include('cannot be read');
    expect(await ofXml('<worksheet><é 2/></worksheet>')).to.equal('<é 2/> is no tag');
  });

  it('is refused with a million columns, with rows and cells that go back, and beyond two million rows', async () => {
    const wide = `<row r="1">${'<c/>'.repeat(1001)}</row>`;
    expect(await ofSheet(wide)).to.equal('row 1 has more than 1000 columns');
    expect(await ofSheet('<row r="1"><c r="ZZZ1"><v>1</v></c></row>')).to.equal('row 1 has more than 1000 columns');
    expect(await ofSheet('<row r="2"/>', '<row r="2"/>')).to.equal('row 2 stands behind row 2');
    expect(await ofSheet('<row r="2000001"/>')).to.equal('it has more than 2000000 rows');
    expect(await ofSheet('<row r="1"><c r="B1"/><c r="A1"/></row>')).to.include('row 1 has the cell A1 twice');
    expect(await ofSheet('<row r="1"><c r="A2"/></row>')).to.equal('row 1 has the cell A2');
    expect(await ofSheet('<c r="A1"/>')).to.include('a cell stands where none can');
    expect(await ofSheet('<row r="1"><row r="2"/></row>')).to.equal('row 1 holds another row');
  });

  it('is refused with a formula, whatever value stands beside it, and with an error', async () => {
    const formula = 'is a formula: save the sheet with values only';
    expect(await ofSheet('<row r="1"><c r="A1"><f>1+1</f><v>2</v></c></row>')).to.equal(`cell A1 ${formula}`);
    expect(await ofSheet('<row r="7"><c r="AB7" t="str"><f>HYPERLINK("http://x")</f><v>x</v></c></row>')).to.equal(`cell AB7 ${formula}`);
    expect(await ofSheet('<row r="1"><c r="A1"><f t="shared" si="0"/><v>2</v></c></row>')).to.equal(`cell A1 ${formula}`);
    expect(await ofSheet('<row r="1"><c r="A1" t="e"><v>#N/A</v></c></row>')).to.equal('cell A1 is an error');
    expect(await ofSheet('<row r="1"><c r="A1" t="s"><v>9</v></c></row>')).to.equal('cell A1 names a text that the workbook has not');
  });

  it('is refused where texts or rows are longer than any program writes them', async () => {
    expect(await ofSheet(rowOf(1, 'ab'.repeat(16_384)))).to.equal('it has a text of more than 32767 characters');
    const long = Array.from({ length: 40 }, () => randomBytes(15_000).toString('hex'));
    expect(await ofSheet(rowOf(1, ...long))).to.equal('row 1 has more than 1048576 characters');
  });

  it('is refused where another sheet has another table, and goes on where it has the same', async () => {
    const [first, same, other] = [
      sheetOf(rowOf(1, 'a', 'b'), rowOf(2, '1')),
      sheetOf(rowOf(1, 'a', 'b'), rowOf(2, '2')),
      sheetOf(rowOf(1, 'x')),
    ];
    expect(await complaint({ sheets: [first, same, sheetOf()] })).to.equal('3 rows');
    expect(await complaint({ sheets: [first, other] })).to.equal('the sheet S2 has another table: keep one sheet');
    const twice = '<workbook><sheets><sheet name="a" r:id="rId1"/><sheet name="b" r:id="rId1"/></sheets></workbook>';
    expect(await complaint({ sheets: [first], more: { 'xl/workbook.xml': twice } })).to.include('the sheet b is another one too');
    expect(await complaint({ sheets: [first], more: { 'xl/workbook.xml': twice.replace('rId1', 'rId9') } })).to.include(
      'the sheet a is nowhere',
    );
    expect(await complaint({ sheets: [other, first], states: ['state="hidden"'] })).to.equal('2 rows');
    expect(await complaint({ sheets: [first, other], states: ['', 'state="veryHidden"'] })).to.equal('2 rows');
  });
});
