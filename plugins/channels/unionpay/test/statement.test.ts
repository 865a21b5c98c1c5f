import { deflateSync } from 'node:zlib';
import { expect } from 'chai';
import type { StatementLine, StatementOutcome } from '../../../../core/contract/statement.ts';
import { writeZip } from '../../../../simulator/zip.ts';
import { makeCall, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import { answerOf, config, openUnionpay, signed } from './fixture.ts';

/** Fields of a record by their place in UnionPay's table, with the blank that follows each: written out once more, by hand. */
const record = (changes: Readonly<Record<string, string>> = {}) => {
  const cells: Readonly<Record<string, string>> = {
    time: '0103003000',
    amount: '000000001999',
    queryId: '782601030030000674028',
    orderId: '01JGJ2Q8Z5X0000000000000A1',
    fee: 'D000000000012',
    type: '01',
    merId: config.merchant_id,
    ...changes,
  };
  const cell = (name: string, width: number) => `${(cells[name] ?? '').padEnd(width)} `;
  const blank = (...widths: number[]) => widths.map((width) => ' '.repeat(width + 1)).join('');
  return [
    blank(3, 11, 11, 6) + cell('time', 10) + blank(19) + cell('amount', 12) + blank(4, 2) + cell('queryId', 21) + blank(2),
    cell('orderId', 32) + blank(2, 6, 10) + cell('fee', 13) + blank(13, 4, 15) + cell('type', 2),
    blank(2, 6, 2, 4, 32, 1, 21) + cell('merId', 15) + blank(1, 15, 32, 13, 13, 8, 32, 13, 13, 12, 2, 1, 131),
  ].join('');
};

const stem = `ZM_${config.merchant_id}`;
const zipOf = (text: string, name = `INN26010388${stem}`) => {
  const disputes = { name: Buffer.from(`INN26010388ZME_${config.merchant_id}`), content: Buffer.from('whatever\r\n') };
  return writeZip([disputes, { name: Buffer.from(name), content: Buffer.from(text) }]);
};

async function* pieces(bytes: Buffer): AsyncIterable<Uint8Array> {
  for (let from = 0; from < bytes.length; from += 33) yield bytes.subarray(from, from + 33);
}

async function read(bytes: Buffer): Promise<readonly StatementLine[]> {
  const lines: StatementLine[] = [];
  for await (const line of openUnionpay().readStatement({ name: 'x', content: pieces(bytes) })) lines.push(line);
  return lines;
}

const failureOf = (bytes: Buffer) =>
  read(bytes).then(
    () => 'none',
    (error: Error) => error.message,
  );

async function fetchWith(fields: Readonly<Record<string, string>>, nowText = '2026-01-04T03:00:00Z') {
  const { http, requests } = scriptHttp(answerOf(signed({ settleDate: '0103', ...fields })));
  const call = makeCall({ http, now: () => new Date(nowText) });
  const outcome: StatementOutcome = await openUnionpay().fetchStatement('2026-01-03', call);
  return { outcome, request: requests[0] };
}

describe('UnionPay: the files of a day of settlement', () => {
  it('have payments and refunds by our numbers, in fen, with the fee that was taken or given back', async () => {
    const refund = { type: '04', orderId: '01JGJ2Q8Z5X0000000000000R1', amount: '000000000500', fee: 'C000000000003', queryId: '9' };
    const lines = await read(zipOf(`${record()}\r\n${record(refund)}\r\n`));
    expect(lines[0]).to.deep.include({ kind: 'payment', number: '01JGJ2Q8Z5X0000000000000A1', channelNo: '782601030030000674028' });
    expect(lines[0]).to.deep.include({ gross: { amount: 1999, currency: 'CNY' }, fee: { amount: 12, currency: 'CNY' } });
    expect(lines[0]?.occurredAt).to.deep.equal(new Date('2026-01-02T16:30:00Z'));
    expect(lines[1]).to.deep.include({ kind: 'refund', number: '01JGJ2Q8Z5X0000000000000R1' });
    expect(lines[1]).to.deep.include({ gross: { amount: -500, currency: 'CNY' }, fee: { amount: -3, currency: 'CNY' } });
  });

  it('have times without a year: what is later than the day of settlement was the year before', async () => {
    const [line] = await read(zipOf(record({ time: '1231233000' })));
    expect(line?.occurredAt).to.deep.equal(new Date('2025-12-31T15:30:00Z'));
  });

  it('are asked for by month and day, at the host of files, and kept as they came', async () => {
    const zip = zipOf(record());
    const { outcome, request } = await fetchWith({ respCode: '00', fileName: 'a.zip', fileContent: deflateSync(zip).toString('base64') });
    expect(request?.url).to.equal('https://filedownload.test.95516.com/');
    expect(String(request?.body)).to.include('txnType=76&txnSubType=01&bizType=000000').and.include('settleDate=0103&fileType=00');
    if (outcome.kind !== 'ready') throw new Error(outcome.kind);
    for await (const { name, content } of outcome.documents) {
      expect(name).to.equal('a.zip.zlib');
      const chunks: Uint8Array[] = [];
      for await (const chunk of content) chunks.push(chunk);
      expect(await read(Buffer.concat(chunks))).to.have.length(1);
    }
  });

  it('are not there yet before noon, and empty after it', async () => {
    expect((await fetchWith({ respCode: '98' })).outcome.kind).to.equal('notYet');
    expect((await fetchWith({ respCode: '98' }, '2026-01-04T05:00:00Z')).outcome.kind).to.equal('empty');
  });

  it('are unknown when they are of another day or merchant, or no base64, and when the answer is a refusal nobody knows', async () => {
    const fileContent = deflateSync(zipOf(record())).toString('base64');
    for (const fields of [{ settleDate: '0102', fileContent }, { merId: '777290058119999', fileContent }, { fileContent: '*' }]) {
      expect((await fetchWith({ respCode: '00', ...fields })).outcome).to.deep.equal({ kind: 'unknown', reason: 'unreadable' });
    }
    expect((await fetchWith({ respCode: '87' })).outcome.kind).to.equal('unknown');
  });

  it('are refused with the line when a record is of another merchant, is cut off, or cannot be read', async () => {
    expect(await failureOf(zipOf(record({ merId: '777290058119999' })))).to.match(/^line 1 .* another merchant/);
    expect(await failureOf(zipOf(`${record()}\r\n${record().slice(0, 300)}`))).to.match(/^line 2 .* cut off/);
    expect(await failureOf(zipOf(record({ type: '12' })))).to.equal('line 1 of the statement has the unknown type 12');
    for (const wrong of [{ amount: '0000000019.9' }, { fee: '0000000000012' }, { time: '0199003000' }, { queryId: '' }]) {
      expect(await failureOf(zipOf(record(wrong))), JSON.stringify(wrong)).to.match(/^line 1 .* cannot be read$/);
    }
  });

  it('are refused when the file is of another merchant, has no day, or is missing', async () => {
    expect(await failureOf(zipOf(record(), 'INN26010388ZM_777290058119999'))).to.include('of another merchant');
    expect(await failureOf(zipOf(record(), `${stem}.txt`))).to.include('does not say its day');
    expect(await failureOf(zipOf(record(), 'readme.txt'))).to.include('no file of transactions');
  });
});
