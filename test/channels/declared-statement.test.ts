import { expect } from 'chai';
import type { WireRequest } from '../../core/contract/kit.ts';
import type { StatementLine } from '../../core/contract/statement.ts';
import { answered, type HttpStep, makeCall, scriptHttp } from '../kit/channel-kit.ts';
import { changeKettle, faultsOf, openKettle, signKettle } from './kettle.ts';

const endpoint = {
  method: 'GET',
  url: '{config.base_url}/bill',
  encoding: 'query',
  sign: 'md5',
  fields: { mch: '{config.merchant}', day: '{dayDigits}' },
  columns: { kind: '类型', number: '商户订单号', channelNo: '流水号', gross: '金额', fee: '手续费', occurredAt: '时间' },
  kinds: { 支付: 'payment', 退款: 'refund', 提现: 'skipped' },
  outgoing: ['退款'],
  occurredAtFormat: 'yyyy-MM-dd HH:mm:ss',
  notation: 'major',
  constantCurrency: 'CNY',
  noneWhen: '无交易',
};
const head = '类型,商户订单号,流水号,金额,手续费,时间,备注';
const paid = '支付,`N1,`K1,19.99,0.12,2026-01-02 11:04:05,"茶, 绿"';

async function read(step: HttpStep, changes: object = {}): Promise<{ lines: readonly StatementLine[]; request: WireRequest | undefined }> {
  const { http, requests } = scriptHttp(step);
  const kettle = openKettle({ statement: { ...endpoint, ...changes } });
  const outcome = await kettle.fetchStatement?.('2026-01-02', makeCall({ http }));
  if (outcome?.kind !== 'ready') throw new Error(JSON.stringify(outcome));
  const lines: StatementLine[] = [];
  for await (const document of outcome.documents) {
    for await (const line of kettle.readStatement?.(document) ?? []) lines.push(line);
  }
  return { lines, request: requests[0] };
}
const body = (...rows: string[]) => answered(200, `\uFEFF通道对账单 2026-01-02\r\n${rows.join('\r\n')}\r\n合计,1\r\n`);

async function failureOf(step: HttpStep, changes: object = {}): Promise<string> {
  return read(step, changes).then(
    () => 'none',
    (error: Error) => error.message,
  );
}

describe('A statement of a channel that is data', () => {
  it('is asked for by its day, signed, and read by the titles of its columns', async () => {
    const { lines, request } = await read(
      body(head, paid, '退款,N1,R1,5.00,0,2026-01-02 12:00:00,', '提现,,W1,9.00,0,2026-01-02 12:00:00,'),
    );
    expect(Object.fromEntries(new URL(request?.url ?? '').searchParams)).to.deep.equal(signKettle({ mch: '120034', day: '20260102' }));
    expect(lines).to.deep.equal([
      {
        kind: 'payment',
        number: 'N1',
        channelNo: 'K1',
        gross: { amount: 1999, currency: 'CNY' },
        fee: { amount: 12, currency: 'CNY' },
        net: null,
        occurredAt: new Date('2026-01-02T03:04:05Z'),
        raw: paid,
      },
      {
        kind: 'refund',
        number: 'N1',
        channelNo: 'R1',
        gross: { amount: -500, currency: 'CNY' },
        fee: { amount: 0, currency: 'CNY' },
        net: null,
        occurredAt: new Date('2026-01-02T04:00:00Z'),
        raw: '退款,N1,R1,5.00,0,2026-01-02 12:00:00,',
      },
    ]);
  });

  it('keeps a sign that is written', async () => {
    const { lines } = await read(body(head, '退款,N1,R1,-5.00,-0.03,2026-01-02 12:00:00,'));
    expect(lines[0]).to.deep.nested.include({ 'gross.amount': -500, 'fee.amount': -3 });
  });

  it('may end with totals that have as many cells as a payment, and neither number, amount nor time', async () => {
    expect((await read(body(head, paid, '合计,1,,,,,'))).lines).to.have.length(1);
    expect(await failureOf(body(head, paid, '合计,1,,19.99,,,'))).to.equal('line 4 of the statement cannot be read');
    const kinds = { ...endpoint.kinds, 合计: 'skipped' };
    expect((await read(body(head, paid, '合计,1,,19.99,,,'), { kinds })).lines).to.have.length(1);
  });

  it('may be written in GBK', async () => {
    // 类型,金额,流水号,时间 / 支付,1.00,K1,20260102110405
    const gbk = Buffer.from('c0e0d0cd2cbdf0b6ee2cc1f7cbaebac52ccab1bce40ad6a7b8b62c312e30302c4b312c3230323630313032313130343035', 'hex');
    const columns = { kind: '类型', channelNo: '流水号', gross: '金额', occurredAt: '时间' };
    const { lines } = await read(answered(200, gbk), { charset: 'gbk', columns, occurredAtFormat: 'yyyyMMddHHmmss' });
    expect(lines[0]).to.deep.include({ kind: 'payment', number: null, channelNo: 'K1', fee: null });
  });

  it('is empty where the vendor says that there was nothing', async () => {
    expect((await read(answered(200, '该日无交易'))).lines).to.deep.equal([]);
  });

  it('is no statement when it is lost, refused, another document, or in part unreadable', async () => {
    expect(await failureOf({ kind: 'unknown', reason: 'timeout' })).to.equal('{"kind":"unknown","reason":"timeout"}');
    expect(await failureOf(answered(404, ''))).to.equal('{"kind":"rejected","reason":"validation"}');
    expect(await failureOf(answered(200, '<html>'))).to.match(/^the statement has no line with the columns 类型/);
    for (const bad of [
      paid.replace('19.99', '19.999'),
      paid.replace('支付', '冲正'),
      paid.replace('K1', ''),
      `${paid},more`,
      paid.replace(' 11:', 'T11:'),
    ]) {
      expect(await failureOf(body(head, bad)), bad).to.equal('line 3 of the statement cannot be read');
    }
  });

  it('is checked when it is loaded', () => {
    const faults = (changes: object) => faultsOf(changeKettle({ statement: { ...endpoint, ...changes } })).join('\n');
    expect(faults({})).to.equal('');
    expect(faults({ fields: { n: '{number}' } })).to.match(/^statement\.fields\.n: \{number\} is nothing here/);
    expect(faults({ outgoing: ['冲正'] })).to.equal('statement.outgoing: 冲正 is in no line of kinds');
    expect(faults({ kinds: {} })).to.match(/^statement\.kinds: is empty/);
    expect(faults({ constantCurrency: 'RMB' })).to.match(/RMB is not an ISO 4217 code/);
    expect(faults({ cutOff: '11pm' })).to.equal('statement.cutOff: must be a time such as 10:00');
    expect(faults({ cutOff: '05:00', readyAt: '04:00' })).to.include('readyAt 04:00 is before the day ends at 05:00');
  });
});
