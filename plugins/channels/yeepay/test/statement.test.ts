import { Buffer } from 'node:buffer';
import { expect } from 'chai';
import type { StatementLine } from '../../../../core/contract/statement.ts';
import { answered, type HttpStep, makeCall, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import { config, number, openYeepay, refundNumber } from './fixture.ts';

const titles = ['交易时间', '记账时间', '商户订单号', '业务类型', '订单金额', '手续费', '产品类型', '支付方式', '对账备注', '易宝流水号'];
const paid = ['2026-01-01 23:59:50', '2026-01-02 00:00:10', number, '交易', '19.99', '0.12', '聚合支付', '用户扫码', '', '1001'];
const refunded = ['2026-01-02 10:00:00', '2026-01-02 10:00:01', refundNumber, '退款', '5.00', '0.03', '聚合支付', '用户扫码', '', '1002'];
const voided = ['2026-01-02 11:00:00', '2026-01-02 11:00:01', number, '撤销', '-1.00', '0.00', '聚合支付', '付款码', '', '1003'];

const head = (merchantNo = config.merchant_no, changes: Readonly<Record<string, string>> = {}) => {
  const sums: Record<string, string> = {
    ...{ 交易总金额: '19.99', 退款总金额: '5.00', 撤销总金额: '1.00', 交易总笔数: '1', 退款总笔数: '1', 撤销总笔数: '1' },
    ...changes,
  };
  return [['账单日期', '2026-01-02', '商户编号', merchantNo], Object.entries(sums).flat()];
};
const file = (...rows: readonly (readonly string[])[]) => rows.map((row) => `${row.map((cell) => `"${cell}"`).join(',')}\r\n`).join('');
const whole = file(...head(), titles, paid, refunded, voided);

async function read(text: string): Promise<readonly StatementLine[]> {
  const content = (async function* () {
    for (let from = 0; from < text.length; from += 33) yield Buffer.from(text.slice(from, from + 33));
  })();
  const lines: StatementLine[] = [];
  for await (const line of openYeepay().readStatement({ name: 'x', content })) lines.push(line);
  return lines;
}

const failureOf = (text: string) =>
  read(text).then(
    () => 'none',
    (error: Error) => error.message,
  );

async function fetchWith(step: HttpStep, overrides = {}, livemode = false) {
  const { http, requests } = scriptHttp(step);
  const call = makeCall({ http, now: () => new Date('2026-01-03T03:00:00Z') });
  return { outcome: await openYeepay(overrides, livemode).fetchStatement('2026-01-02', call), request: requests[0] };
}

describe('YeePay: the file of a day’s trades', () => {
  it('has payments by our numbers, in yuan, with the fee and the time at which they were booked', async () => {
    const [line] = await read(whole);
    expect(line).to.deep.include({ kind: 'payment', number, channelNo: '1001', gross: { amount: 1999, currency: 'CNY' } });
    expect(line).to.deep.include({ fee: { amount: 12, currency: 'CNY' }, occurredAt: new Date('2026-01-01T16:00:10Z') });
  });

  it('has refunds and voids as money that went out, whichever sign they are written with', async () => {
    const [, refund, reversal] = await read(whole);
    expect(refund).to.deep.include({ kind: 'refund', number: null, channelNo: '1002', gross: { amount: -500, currency: 'CNY' } });
    expect(refund).to.deep.include({ fee: { amount: -3, currency: 'CNY' } });
    expect(reversal).to.deep.include({ kind: 'refund', number: null, gross: { amount: -100, currency: 'CNY' } });
  });

  it('is read by titles, so that added columns and sums do no harm', async () => {
    const more = file(...head(), ['新增汇总', '1'], [...titles, '新增'], ...[paid, refunded, voided].map((row) => [...row, 'x']));
    expect(await read(more)).to.have.length(3);
  });

  it('is asked for with a signature, at the host of files in production', async () => {
    const { outcome, request } = await fetchWith(answered(200, whole), { base_url: undefined }, true);
    expect(outcome.kind).to.equal('ready');
    const url = new URL(request?.url ?? '');
    expect(`${url.origin}${url.pathname}`).to.equal('https://yos.yeepay.com/yop-center/yos/v1.0/std/bill/tradedaydownload');
    expect(url.searchParams.get('dayString')).to.equal('2026-01-02');
    expect(request?.headers)
      .to.have.property('authorization')
      .that.matches(/^YOP-RSA2048-SHA256 /);
  });

  it('that is refused is rejected with the vendor’s words, and unknown when it fails or makes no sense', async () => {
    const refusal = answered(400, JSON.stringify({ code: '40044', message: 'x', subCode: 'isv.file', subMessage: '文件不存在' }));
    const vendor = { code: 'isv.file', message: '文件不存在' };
    expect((await fetchWith(refusal)).outcome).to.deep.equal({ kind: 'rejected', reason: 'validation', vendor });
    const unknowns = [answered(429, '{}'), answered(500, 'x'), answered(302, ''), answered(404, '<html>')];
    for (const step of unknowns) expect((await fetchWith(step)).outcome.kind).to.equal('unknown');
  });

  it('is none when it is of another merchant, lacks a column, or is no such file', async () => {
    expect(await failureOf(file(...head('10000000000'), titles))).to.equal(`the file is of another merchant than ${config.merchant_no}`);
    expect(await failureOf(file(...head(), titles.slice(0, -1)))).to.include('no column 易宝流水号');
    expect(await failureOf(file(...head()))).to.include('no row of titles');
  });

  it('is none when a line is missing, or its sums are', async () => {
    expect(await failureOf(file(...head(), titles, paid, refunded))).to.equal(
      'the file does not add up to its own sums: refunds, refunded',
    );
    expect(await failureOf(file(...head(undefined, { 交易总金额: '20.00' }), titles, paid, refunded, voided))).to.include('paid');
    expect(await failureOf(file(...head(undefined, { 交易总笔数: '' }), titles, paid, refunded, voided))).to.include('payments');
  });

  it('is none when a line has an unknown type, too few cells, or an amount that cannot be read', async () => {
    expect(await failureOf(file(...head(), titles, ['', '', '', '转账']))).to.equal('line 4 of the file has 4 cells instead of 10');
    expect(await failureOf(file(...head(), titles, paid.with(3, '转账')))).to.equal('line 4 of the file has the unknown type 转账');
    for (const [at, cell] of [
      [4, '19.999'],
      [5, 'x'],
      [1, '2026-01-02'],
      [9, ''],
    ] as const) {
      expect(await failureOf(file(...head(), titles, paid.with(at, cell))), cell).to.match(/^line 4 .* cannot be read$/);
    }
  });
});
