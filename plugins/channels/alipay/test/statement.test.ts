import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { StatementLine } from '../../../../core/contract/statement.ts';
import { toGbk } from '../../../../simulator/gbk.ts';
import { writeZip } from '../../../../simulator/zip.ts';
import { answered, type HttpStep, makeCall, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import { type config, openAlipay, signedAnswer } from './fake-alipay.ts';

const method = 'alipay.data.dataservice.bill.downloadurl.query';
const sample = join(
  process.env['PAYMUX_VECTORS'] ?? join(import.meta.dirname, '../../../../../shared/vectors'),
  'cn/bills/alipay-trade-2019-09-16.utf8.csv',
);

async function read(text: string, changes: Partial<typeof config> = {}): Promise<readonly StatementLine[]> {
  const lines: StatementLine[] = [];
  for await (const line of openAlipay(changes).readStatement({ name: 'bill', content: pieces(toGbk(text)) })) lines.push(line);
  return lines;
}

async function* pieces(bytes: Buffer): AsyncIterable<Uint8Array> {
  for (let from = 0; from < bytes.length; from += 33) yield bytes.subarray(from, from + 33);
}

const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => 'none',
    (error: Error) => error.message,
  );

async function fetchBill(at: string, ...steps: HttpStep[]) {
  const { http, requests } = scriptHttp(...steps);
  const outcome = await openAlipay().fetchStatement('2026-01-02', makeCall({ http, now: () => new Date(at) }));
  const names: string[] = [];
  if (outcome.kind === 'ready') for await (const { name } of outcome.documents) names.push(name);
  return { kind: outcome.kind, names, asked: requests.map(({ url }) => url) };
}

const noon = '2026-01-03T05:00:00Z';
const found = (url: string) => signedAnswer(method, { code: '10000', msg: 'Success', bill_download_url: url });
const zip = writeZip([
  { name: toGbk('20880000000000010156_20260102_业务明细(汇总).csv'), content: toGbk('#\r\n') },
  { name: toGbk('20880000000000010156_20260102_业务明细.csv'), content: toGbk('#\r\n') },
]);

describe('Alipay: the bill of a day', () => {
  describe('as Alipay wrote one', () => {
    let text = '';
    before(function () {
      if (!existsSync(sample)) this.skip();
      text = readFileSync(sample, 'utf8');
    });
    const merchant = { seller_id: '2088021109625633' };

    it('has the payments and refunds of its footer', async () => {
      const lines = await read(text, merchant);
      const sum = (kind: string) => lines.filter((line) => line.kind === kind).reduce((total, { gross }) => total + gross.amount, 0);
      expect([lines.length, sum('payment'), sum('refund')]).to.deep.equal([10, 6, -4]);
      expect(lines[1]).to.deep.include({ kind: 'refund', number: 're_test_1568602607356', channelNo: '2019091622001458860515315453' });
      expect(lines[1]?.occurredAt).to.deep.equal(new Date('2019-09-16T02:56:48Z'));
    });

    it('is refused when it is another merchant’s, changed, or cut off', async () => {
      expect(await failureOf(read(text))).to.equal('the bill is of another merchant than 2088000000000001');
      expect(await failureOf(read(text.replace('0.01,0.01', '0.02,0.02'), merchant))).to.equal(
        'the bill does not add up to its own totals of 交易',
      );
      expect(await failureOf(read(text.replace(/^.*退款.*-0\.01,-0\.01.*\r?\n/m, ''), merchant))).to.match(/totals of 退款/);
      expect(await failureOf(read(text.slice(0, text.indexOf('#退款合计')), merchant))).to.equal('the bill ends without its totals');
      const row = text.split('\n').find((line) => /^\d/.test(line)) ?? '';
      expect(await failureOf(read(`${text}\n${row}\n`, merchant))).to.match(/^line \d+ stands behind the totals of the bill$/);
      expect(await failureOf(read(text.replace(/^#账号.*\n/m, ''), merchant))).to.match(/^the bill does not say whose it is/);
    });
  });

  it('comes out of the ZIP without the file of sums', async () => {
    const url = 'https://dwbillcenter.alipay.com/downloadBillFile.resource?bizType=trade';
    const { kind, names, asked } = await fetchBill(noon, found(url), answered(200, zip));
    expect([kind, names]).to.deep.equal(['ready', ['20880000000000010156_20260102_业务明细.csv']]);
    expect(asked[1]).to.equal(url);
  });

  it('is not fetched from an address that is not Alipay’s', async () => {
    for (const url of ['https://alipay.com.evil.example/x', 'https://evilalipay.com/x', 'ftp://a.alipay.com/x', 'none']) {
      expect((await fetchBill(noon, found(url))).kind, url).to.equal('unknown');
    }
  });

  it('that does not exist is not made yet in the morning, and empty at noon', async () => {
    const none = signedAnswer(method, { code: '40004', msg: 'Business Failed', sub_code: 'isp.bill_not_exist', sub_msg: 'x' });
    expect((await fetchBill('2026-01-03T02:00:00Z', none)).kind).to.equal('notYet');
    expect((await fetchBill(noon, none)).kind).to.equal('empty');
  });
});
