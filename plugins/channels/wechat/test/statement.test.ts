import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import type { StatementLine, StatementOutcome } from '../../../../core/contract/statement.ts';
import { answered, type HttpStep, makeCall, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import { config, genuine, nonce, nowSec, number, openWechat, refundNumber } from './fixture.ts';

const titles =
  '交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注';
const totalTitles = '总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额';

interface Row {
  readonly state?: string;
  readonly mchid?: string;
  readonly orderNo?: string;
  readonly refundNo?: string;
  readonly paid?: string;
  readonly refunded?: string;
  readonly fee?: string;
}

function row({
  state = 'SUCCESS',
  mchid = config.mchid,
  orderNo = number,
  refundNo = '0',
  paid = '19.99',
  refunded = '0.00',
  fee = '0.12000',
}: Row) {
  const cells = [
    '2026-01-02 23:59:59',
    config.appid,
    mchid,
    '0',
    '',
    '4200001',
    orderNo,
    'o1',
    'NATIVE',
    state,
    'OTHERS',
    'CNY',
    paid,
    '0.00',
  ];
  const rest = [state === 'SUCCESS' ? '0' : '503001', refundNo, refunded, '0.00', '', '', '茶', '', fee, '0.60%', paid, refunded, ''];
  return [...cells, ...rest].map((cell) => `\`${cell}`).join(',');
}

const refund: Row = { state: 'REFUND', refundNo: refundNumber, paid: '0.00', refunded: '5.00', fee: '-0.03000' };
/** Fees are those of a payment, and of a refund where there is one. */
const totals = (lines: string, paid: string, refunded: string, fees = refunded === '0.00' ? '0.12000' : '0.09000') =>
  `${totalTitles}\r\n\`${lines},\`${paid},\`${refunded},\`0.00,\`${fees},\`${paid},\`${refunded}`;
const bill = (...parts: string[]) => `\uFEFF${[titles, ...parts].join('\r\n')}\r\n`;
const whole = bill(row({}), row(refund), totals('2.0', '19.99', '5.00'));

async function read(text: string): Promise<readonly StatementLine[]> {
  const lines: StatementLine[] = [];
  for await (const line of openWechat().readStatement({ name: 'bill', content: pieces(Buffer.from(text)) })) lines.push(line);
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

async function fetchBill(
  ...steps: HttpStep[]
): Promise<{ outcome: StatementOutcome; text: Promise<string>; asked: () => readonly string[] }> {
  return fetchBills({ funds_bill: false }, ...steps);
}

async function fetchBills(more: Parameters<typeof openWechat>[0], ...steps: HttpStep[]) {
  const { http, requests } = scriptHttp(...steps);
  const call = makeCall({ http, now: () => new Date(nowSec * 1000), nonce: () => nonce });
  const outcome = await openWechat(more).fetchStatement('2026-01-02', call);
  const text = async () => {
    const chunks: Uint8Array[] = [];
    if (outcome.kind === 'ready') for await (const { content } of outcome.documents) for await (const chunk of content) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  };
  // The second document is asked for once the first was read.
  return { outcome, text: text(), asked: () => requests.map(({ url }) => url) };
}

const sha1 = (bytes: string | Buffer) => createHash('sha1').update(bytes).digest('hex');
const ticket = (digest: string, url = 'https://api.mch.weixin.qq.com/v3/billdownload/file?token=abc') =>
  genuine(200, { hash_type: 'SHA1', hash_value: digest, download_url: url });

describe('WeChat Pay: the bill of a day', () => {
  it('has payments and refunds by our numbers, with amounts in fen and times of China', async () => {
    const [paid, refunded] = await read(whole);
    expect(paid).to.deep.include({ kind: 'payment', number, channelNo: '4200001', gross: { amount: 1999, currency: 'CNY' } });
    expect(paid).to.deep.include({ fee: { amount: 12, currency: 'CNY' }, occurredAt: new Date('2026-01-02T15:59:59Z') });
    expect(refunded).to.deep.include({
      kind: 'refund',
      number: refundNumber,
      channelNo: '503001',
      gross: { amount: -500, currency: 'CNY' },
    });
    expect(refunded?.fee).to.deep.equal({ amount: -3, currency: 'CNY' });
  });

  it('is read under the titles that it had until 2018 as well', async () => {
    const cut = (line: string) => line.split(',').slice(0, 24).join(',');
    const older = ['子商户号', '总金额', '企业红包金额', '企业红包退款金额'] as const;
    const newer = ['特约商户号', '应结订单金额', '代金券金额', '充值券退款金额'];
    const oldTitles = cut(older.reduce((line, title, at) => line.replace(newer[at] ?? '', title), titles));
    const lines = [oldTitles, cut(row({})), cut(row(refund)), '总交易单数,总交易额,总退款金额,总企业红包退款金额,手续费总金额'];
    const read2018 = await read(`${[...lines, '`2,`19.99,`5.00,`0.00,`0.09'].join('\r\n')}\r\n`);
    expect(read2018.map(({ kind, gross }) => [kind, gross.amount])).to.deep.equal([
      ['payment', 1999],
      ['refund', -500],
    ]);
    expect(await failureOf(read(`${[...lines, '`2,`19.98,`5.00,`0.00,`0.09'].join('\r\n')}\r\n`))).to.include('its own totals: paid');
    // A bill of today without its last columns is a broken one: 退款金额 leaves out coupons, 应结订单金额 too.
    expect(await failureOf(read([cut(titles), cut(row({})), totals('1', '19.99', '0.00')].join('\r\n')))).to.include('no column 订单金额');
  });

  it('names the whole for each order of a combined payment, and nothing of ours for a reversed bar code', async () => {
    const parts = bill(
      row({ orderNo: `${number}01` }),
      row({ state: 'REVOKED', paid: '0.00', refunded: '19.99' }),
      totals('2', '19.99', '19.99', '0.24000'),
    );
    const lines = await read(parts);
    expect(lines.map((line) => line.number)).to.deep.equal([number, null]);
  });

  it('does not tell a fee of less than a fen, because that is no money', async () => {
    const [line] = await read(bill(row({ fee: '0.00600' }), totals('1.0', '19.99', '0.00', '0.00600')));
    expect(line?.fee).to.equal(null);
  });

  for (const [what, text, reason] of [
    [
      'another merchant’s',
      bill(row({ mchid: '1900000110' }), totals('1.0', '19.99', '0.00')),
      'line 2 of the bill is of another merchant than 1900000109',
    ],
    ['without its end', bill(row({})), 'the bill ends without its totals'],
    ['with a line too few', bill(row({}), totals('2.0', '19.99', '0.00')), 'the bill does not add up to its own totals: lines'],
    [
      'with a changed amount',
      bill(row({ paid: '19.98' }), totals('1.0', '19.99', '0.00')),
      'the bill does not add up to its own totals: paid',
    ],
    ['with a state that nobody knows', bill(row({ state: 'FROZEN' })), 'line 2 of the bill has the unknown state FROZEN'],
    ['with an amount that is none', bill(row({ paid: '19.999' })), 'line 2 of the bill has an amount or a time that cannot be read'],
    ['with a fee that is none', bill(row({ fee: 'abc' })), 'line 2 of the bill has a fee that cannot be read'],
    [
      'with a changed fee',
      bill(row({ fee: '0.13000' }), row(refund), totals('2.0', '19.99', '5.00')),
      'the bill does not add up to its own totals: fees',
    ],
    ['twice, one behind the other', whole + whole, 'line 6 stands behind the totals of the bill'],
    ['with anything behind its totals', `${whole}\`9,\`9\r\n`, 'line 6 stands behind the totals of the bill'],
    ['with a cell too many', bill(`${row({})},more`), 'line 2 of the bill has 28 cells instead of 27'],
  ] as const) {
    it(`is refused ${what}`, async () => expect(await failureOf(read(text))).to.equal(reason));
  }

  it('is asked for in two signed steps, the second at the configured gateway, whatever the answer names', async () => {
    const { outcome, text, asked } = await fetchBill(ticket(sha1(whole)), answered(200, gzipSync(whole)));
    expect(outcome.kind).to.equal('ready');
    expect(await text).to.equal(whole);
    expect(asked()).to.deep.equal([
      `${config.base_url}/v3/bill/tradebill?bill_date=2026-01-02&bill_type=ALL&tar_type=GZIP`,
      `${config.base_url}/v3/billdownload/file?token=abc`,
    ]);
  });

  it('is proven by its digest, packed or not', async () => {
    const packed = gzipSync(whole);
    expect(await (await fetchBill(ticket(sha1(packed)), answered(200, packed))).text).to.equal(whole);
    expect(await failureOf((await fetchBill(ticket(sha1('other')), answered(200, packed))).text)).to.match(/digest WeChat Pay gave/);
  });

  it('is empty, not there yet, or refused, as the vendor says', async () => {
    const fault = async (code: string) => (await fetchBill(genuine(400, { code, message: 'x' }))).outcome.kind;
    expect(await fault('NO_STATEMENT_EXIST')).to.equal('empty');
    expect(await fault('STATEMENT_CREATING')).to.equal('notYet');
    expect(await fault('PARAM_ERROR')).to.equal('rejected');
    expect((await fetchBill(ticket(sha1(whole)), answered(502, ''))).outcome.kind).to.equal('unknown');
    expect((await fetchBill(answered(200, '{}'))).outcome).to.deep.equal({ kind: 'unknown', reason: 'bad_signature' });
  });
});

const fundsTitles =
  '记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额（元）,账户结余（元）,资金变更提交申请人,备注,业务凭证号';
const flow = (type: string, direction: string, yuan: string, no = '50300806962021020105978994968') =>
  ['2026-01-02 13:54:01', no, `F${no}`, type, type, direction, yuan, '0.22', 'system', '含手续费0.00元', 'V1']
    .map((cell) => `\`${cell}`)
    .join(',');
const fundsTotals = (...sums: string[]) =>
  `资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额\r\n${sums.map((sum) => `\`${sum}`).join(',')}`;
const funds = (...parts: string[]) => `${[fundsTitles, ...parts].join('\r\n')}\r\n`;
const moved = funds(
  flow('交易', '收入', '19.99'),
  flow('扣除交易手续费', '支出', '0.12'),
  flow('退款', '支出', '4.97'),
  flow('提现', '支出', '100.00', '3009'),
  flow('提现退回', '收入', '1.00', '3010'),
  flow('充值', '收入', '50.00', '3011'),
  fundsTotals('6.0', '3.0', '70.99', '3.0', '105.09'),
);

describe('WeChat Pay: the bill of funds', () => {
  it('has payouts, fees and what else moved; payments and refunds are the other bill’s', async () => {
    const lines = await read(moved);
    expect(lines.map(({ kind, gross, channelNo }) => [kind, gross.amount, channelNo])).to.deep.equal([
      ['fee', -12, '50300806962021020105978994968'],
      ['payout', -10_000, '3009'],
      ['payout', 100, '3010'],
      ['adjustment', 5000, '3011'],
    ]);
    expect(lines[0]).to.deep.include({ number: null, fee: null, net: null, occurredAt: new Date('2026-01-02T05:54:01Z') });
  });

  it('adds up to the totals of the public sample of 2021, whose titles have narrow brackets', async () => {
    const sample = [
      fundsTitles.replaceAll('（', '(').replaceAll('）', ')'),
      '`2021-02-01 13:54:01,`50300806962021020105978994968,`4200000920202101197964319284,`退款,`退款,`支出,`0.01,`0.22,`1601959334API,`退款总金额0.01元;含手续费0.00元,`S20210201135356381941',
      '`2021-02-01 14:00:45,`50300907032021020105978998710,`4200000846202101197461830397,`退款,`退款,`支出,`0.01,`0.21,`1601959334API,`退款总金额0.01元;含手续费0.00元,`S20210201140044552846',
      '资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额',
      '`2,`0,`0,`2,`0.02',
    ].join('\n');
    expect(await read(sample)).to.deep.equal([]);
    expect(await failureOf(read(sample.replace('`0.02', '`0.03')))).to.equal('the bill does not add up to its own totals: out');
  });

  for (const [what, text, reason] of [
    ['without its end', funds(flow('提现', '支出', '1.00')), 'the bill ends without its totals'],
    [
      'with a line too few',
      funds(flow('提现', '支出', '1.00'), fundsTotals('2', '1', '1.00', '1', '1.00')),
      'the bill does not add up to its own totals: lines, inLines, in',
    ],
    [
      'with a changed amount of a payment, which is told by the other bill',
      moved.replace('19.99', '19.98'),
      'the bill does not add up to its own totals: in',
    ],
    ['with a direction that is none', funds(flow('提现', '出', '1.00')), 'line 2 of the bill is neither 收入 nor 支出'],
    ['with an amount that is none', funds(flow('提现', '支出', '1.005')), 'line 2 of the bill has an amount or a time that cannot be read'],
    [
      'without a column that is needed',
      moved.replace('业务类型,', '类型,'),
      'this is no bill of funds of WeChat Pay: it has no column 业务类型',
    ],
  ] as const) {
    it(`is refused ${what}`, async () => expect(await failureOf(read(text))).to.equal(reason));
  }

  it('is asked for after the bill of trades, and read after it', async () => {
    const tickets = [ticket(sha1(whole)), ticket(sha1(moved), 'https://api.mch.weixin.qq.com/v3/billdownload/file?token=def')];
    const { outcome, text, asked } = await fetchBills({}, ...tickets, answered(200, gzipSync(whole)), answered(200, gzipSync(moved)));
    expect(outcome.kind).to.equal('ready');
    expect(await text).to.equal(whole + moved);
    const v3 = `${config.base_url}/v3`;
    expect(asked()).to.deep.equal([
      `${v3}/bill/tradebill?bill_date=2026-01-02&bill_type=ALL&tar_type=GZIP`,
      `${v3}/bill/fundflowbill?bill_date=2026-01-02&account_type=BASIC&tar_type=GZIP`,
      `${v3}/billdownload/file?token=abc`,
      `${v3}/billdownload/file?token=def`,
    ]);
  });

  it('may be there alone, or not, and holds the day up where it is still being made', async () => {
    const fault = (code: string) => genuine(400, { code, message: 'x' });
    const alone = await fetchBills({}, fault('NO_STATEMENT_EXIST'), ticket(sha1(moved)), answered(200, gzipSync(moved)));
    expect(await alone.text).to.equal(moved);
    const without = await fetchBills({}, ticket(sha1(whole)), fault('NO_STATEMENT_EXIST'), answered(200, gzipSync(whole)));
    expect(await without.text).to.equal(whole);
    const kinds = async (...steps: HttpStep[]) => (await fetchBills({}, ...steps)).outcome.kind;
    expect(await kinds(fault('NO_STATEMENT_EXIST'), fault('NO_STATEMENT_EXIST'))).to.equal('empty');
    expect(await kinds(ticket(sha1(whole)), fault('STATEMENT_CREATING'))).to.equal('notYet');
    expect(await kinds(ticket(sha1(whole)), fault('NO_AUTH'))).to.equal('rejected');
  });

  it('that cannot be downloaded breaks the whole statement off', async () => {
    const tickets = [ticket(sha1(whole)), ticket(sha1(moved))];
    const { text } = await fetchBills({}, ...tickets, answered(200, gzipSync(whole)), answered(502, ''));
    expect(await failureOf(text)).to.equal('fundflowbill-2026-01-02.csv could not be downloaded: server_error');
  });
});
