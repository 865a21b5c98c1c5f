import { expect } from 'chai';
import fc from 'fast-check';
import type { AttemptRef, PayRequest, RefundRequest } from '../../../../core/contract/channel.ts';
import { type HttpStep, makeCall, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import {
  attempt as anyAttempt,
  callback,
  config,
  doneRefund,
  genuine,
  number,
  openWechat,
  payRequest,
  refundNumber,
  refundRequest,
} from './fixture.ts';

const channel = openWechat();
const attempt: AttemptRef = { ...anyAttempt, product: 'combine' };
const line = (merchantOrderNo: string, amount: number, subject: string | null) => ({
  merchantOrderNo,
  money: { amount, currency: 'CNY' },
  subject,
});
const request: PayRequest = payRequest({ product: 'combine', orderLines: [line('A-1', 800, 'tea'), line('B-1', 88, null)] });
const path = '/v3/combine-transactions/out-trade-no';

/** A part as the vendor states it. */
const part = (index: 1 | 2, more: object = {}) => ({
  mchid: config.mchid,
  out_trade_no: `${number}0${index}`,
  trade_type: 'NATIVE',
  trade_state: 'SUCCESS',
  transaction_id: `420000098520260102123456789${index}`,
  success_time: '2026-01-02T11:04:03+08:00',
  amount: { total_amount: index === 1 ? 800 : 88, payer_amount: 700, currency: 'CNY', payer_currency: 'CNY' },
  attach: 'A-1',
  ...more,
});
const whole = (first: object = {}, second: object = {}, more: object = {}) => ({
  combine_appid: config.appid,
  combine_mchid: config.mchid,
  combine_out_trade_no: number,
  sub_orders: [part(1, first), part(2, second)],
  ...more,
});
const inState = (first: string, second = first) => whole({ trade_state: first }, { trade_state: second });
const echo = { number, merchantNo: config.mchid };
const success = {
  state: 'succeeded',
  channelNo: '4200000985202601021234567891',
  money: { amount: 888, currency: 'CNY' },
  echo,
  at: new Date('2026-01-02T03:04:03Z'),
};
const notFound = genuine(404, { code: 'ORDER_NOT_EXIST', message: '订单不存在' });
const queryWith = (step: HttpStep) => channel.query(attempt, makeCall({ http: scriptHttp(step).http }));

describe('A payment of several orders', () => {
  it('is sent byte for byte as the vendor documents, each part under our number with two digits', async () => {
    const { http, requests } = scriptHttp(genuine(200, { code_url: 'weixin://wxpay/bizpayurl?pr=x' }));
    expect(await channel.pay(request, makeCall({ http }))).to.deep.equal({
      kind: 'action',
      action: { type: 'qr', qrContent: 'weixin://wxpay/bizpayurl?pr=x' },
    });
    const sub = (index: number, attach: string, total: number, description: string) =>
      `{"mchid":"1900000109","attach":"${attach}","amount":{"total_amount":${total},"currency":"CNY"},"out_trade_no":"${number}0${index}","description":"${description}"}`;
    expect(requests[0]).to.include({
      method: 'POST',
      url: 'http://127.0.0.1:8090/wechat/v3/combine-transactions/native',
      body: `{"combine_appid":"${config.appid}","combine_mchid":"1900000109","combine_out_trade_no":"${number}","sub_orders":[${sub(1, 'A-1', 800, 'tea')},${sub(2, 'B-1', 88, '一杯 \\"coffee\\"')}],"time_expire":"2026-01-03T01:04:00+08:00","notify_url":"https://pay.example.com/v1/callbacks/wechat/acc_1"}`,
    });
  });

  it('is refused before it is sent with one line, with eleven, or with another sum', async () => {
    const eleven = Array.from({ length: 11 }, (_, index) => line(`L${index}`, 80, null));
    const cases = [[], [line('A', 888, null)], [line('A', 800, null), line('B', 87, null)], [...eleven.slice(1), line('L', 88, null)]];
    for (const orderLines of [...cases, [line('A', 888, null), line('B', 0, null)]]) {
      const outcome = await channel.pay({ ...request, orderLines }, makeCall());
      expect(outcome).to.deep.equal({ kind: 'rejected', reason: 'validation' });
    }
  });

  it('explains refusals and doubts as other orders do', async () => {
    const payWith = (step: HttpStep) => channel.pay(request, makeCall({ http: scriptHttp(step).http }));
    expect(await payWith(genuine(403, { code: 'RULE_LIMIT', message: '' }))).to.include({ kind: 'declined', code: 'limit_exceeded' });
    expect(await payWith(genuine(200, {}))).to.deep.equal({ kind: 'unknown', reason: 'unreadable' });
  });
});

describe('Asking about a payment of several orders', () => {
  it('is a success when every part is, with the sum as the vendor states it', async () => {
    const { http, requests } = scriptHttp(genuine(200, whole()));
    expect(await channel.query(attempt, makeCall({ http }))).to.deep.equal({ kind: 'ok', report: success });
    expect(requests[0]?.url).to.equal(`http://127.0.0.1:8090/wechat${path}/${number}`);
    const reordered = { ...whole(), sub_orders: [part(2), part(1)] };
    expect(await queryWith(genuine(200, reordered)), 'in any order').to.deep.equal({ kind: 'ok', report: success });
    const other = whole({}, { amount: { total_amount: 87, currency: 'CNY' } });
    expect(await queryWith(genuine(200, other))).to.have.nested.property('report.money.amount', 887);
  });

  for (const [first, second, expected] of [
    ['NOTPAY', 'NOTPAY', 'pending'],
    ['USERPAYING', 'USERPAYING', 'processing'],
    ['SUCCESS', 'NOTPAY', 'processing'],
    ['SUCCESS', 'REFUND', 'succeeded'],
    ['CLOSED', 'CLOSED', 'closed'],
  ] as const) {
    it(`is ${expected} when its parts are ${first} and ${second}`, async () => {
      expect(await queryWith(genuine(200, inState(first, second)))).to.have.nested.property('report.state', expected);
    });
  }

  it('is not found, or unknown, wherever the answer does not say all of it', async () => {
    expect(await queryWith(notFound)).to.deep.equal({ kind: 'ok', report: { state: 'not_found' } });
    const cases: Record<string, object> = {
      'one part closed and one paid': inState('SUCCESS', 'CLOSED'),
      'a new state': inState('SUCCESS', 'NEW'),
      'a failed part': inState('SUCCESS', 'PAYERROR'),
      "a part of another merchant's": whole({}, { mchid: '1900000110' }),
      'a part of another number': whole({}, { out_trade_no: `${number}03` }),
      'the same part twice': { ...whole(), sub_orders: [part(1), part(1)] },
      'a part without transaction': whole({}, { transaction_id: '' }),
      'a part without amount': whole({}, { amount: {} }),
      'parts in two currencies': whole({}, { amount: { total_amount: 88, currency: 'USD' } }),
      'no parts': { ...whole(), sub_orders: [] },
      'parts that are none': { ...whole(), sub_orders: [part(1), null] },
      'no number': whole({}, {}, { combine_out_trade_no: undefined }),
      'no merchant': whole({}, {}, { combine_mchid: undefined }),
    };
    for (const [name, data] of Object.entries(cases)) expect((await queryWith(genuine(200, data))).kind, name).to.equal('unknown');
  });
});

describe('Closing a payment of several orders', () => {
  async function closeWith(...steps: HttpStep[]) {
    const { http, requests } = scriptHttp(...steps);
    return { outcome: await channel.close(attempt, makeCall({ http })), requests };
  }

  it('names exactly the parts that the vendor has', async () => {
    const { outcome, requests } = await closeWith(genuine(200, inState('NOTPAY')), genuine(204));
    expect(outcome).to.deep.equal({ kind: 'closed' });
    const parts = [1, 2].map((index) => `{"mchid":"1900000109","out_trade_no":"${number}0${index}"}`);
    const body = `{"combine_appid":"${config.appid}","sub_orders":[${parts.join(',')}]}`;
    expect(requests[1]).to.include({ url: `http://127.0.0.1:8090/wechat${path}/${number}/close`, body });
  });

  it('tells what the vendor says, and closes nothing that is paid, unknown or not ours', async () => {
    const paidMeanwhile = genuine(400, { code: 'ORDERPAID', message: '' });
    expect((await closeWith(genuine(200, inState('NOTPAY')), paidMeanwhile)).outcome).to.deep.equal({ kind: 'paid' });
    for (const [step, kind] of [
      [genuine(200, whole()), 'paid'],
      [genuine(200, inState('CLOSED')), 'closed'],
      [notFound, 'notFound'],
      [{ kind: 'unknown', reason: 'timeout' }, 'unknown'],
      [genuine(200, whole({ mchid: '1900000110' }, { mchid: '1900000110' }, { combine_mchid: '1900000110' })), 'unknown'],
    ] as const) {
      expect((await closeWith(step)).outcome.kind).to.equal(kind);
    }
  });
});

describe('Refunding a payment of several orders', () => {
  const refund: RefundRequest = { ...refundRequest, money: attempt.money, attempt: { ...attempt, channelNo: '4200' } };
  const done = (index: 1 | 2, status = 'SUCCESS', more: object = {}) =>
    genuine(200, {
      ...doneRefund,
      out_refund_no: `${refundNumber}0${index}`,
      out_trade_no: `${number}0${index}`,
      refund_id: `5030${index}`,
      status,
      amount: { ...doneRefund.amount, refund: index === 1 ? 800 : 88 },
      ...more,
    });
  const notThere = genuine(404, { code: 'RESOURCE_NOT_EXISTS', message: '' });
  const tooPoor = genuine(403, { code: 'NOT_ENOUGH', message: '' });
  const asked = genuine(200, whole());

  async function refundWith(...steps: HttpStep[]) {
    const { http, requests } = scriptHttp(asked, ...steps);
    return { outcome: await channel.refund(refund, makeCall({ http })), requests };
  }

  it('refunds each part in full, under the refund’s number with two digits', async () => {
    const { outcome, requests } = await refundWith(done(1), done(2));
    expect(outcome).to.deep.equal({
      kind: 'ok',
      report: {
        state: 'succeeded',
        channelNo: '50301',
        money: { amount: 888, currency: 'CNY' },
        echo: { number: refundNumber },
        at: new Date('2026-01-02T03:04:04Z'),
      },
    });
    const bodies = requests.slice(1).map(({ body }) => JSON.parse(String(body)));
    expect(bodies.map((body) => [body.out_trade_no, body.out_refund_no, body.amount])).to.deep.equal([
      [`${number}01`, `${refundNumber}01`, { refund: 800, total: 800, currency: 'CNY' }],
      [`${number}02`, `${refundNumber}02`, { refund: 88, total: 88, currency: 'CNY' }],
    ]);
  });

  it('takes no part of the whole: it belongs to none of the orders', async () => {
    const some = { ...refund, money: { amount: 887, currency: 'CNY' } };
    expect(await channel.refund(some, makeCall())).to.deep.equal({ kind: 'rejected', reason: 'unsupported' });
  });

  it('is declined only while nothing has moved; later an operator decides', async () => {
    expect((await refundWith(tooPoor)).outcome).to.include({ kind: 'declined', code: 'insufficient_balance' });
    expect((await refundWith(done(1), tooPoor)).outcome).to.have.nested.property('report.state', 'abnormal');
    for (const step of [
      { kind: 'unknown', reason: 'timeout' },
      { kind: 'notSent', reason: 'refused' },
    ] as const) {
      expect((await refundWith(done(1), step)).outcome.kind).to.equal('unknown');
    }
  });

  it('goes no further once a part cannot succeed', async () => {
    const { outcome, requests } = await refundWith(done(1, 'CLOSED'), asked, done(1, 'CLOSED'), notThere);
    expect(outcome).to.have.nested.property('report.state', 'abnormal');
    expect(requests.filter(({ method }) => method === 'POST')).to.have.length(1);
  });

  it('refunds nothing of a payment that is not paid, not ours, or of another sum', async () => {
    for (const data of [
      inState('NOTPAY'),
      whole({}, {}, { combine_out_trade_no: 'OTHER' }),
      whole({ amount: { total_amount: 1, currency: 'CNY' } }),
    ]) {
      const { http } = scriptHttp(genuine(200, data));
      expect((await channel.refund(refund, makeCall({ http }))).kind).to.equal('unknown');
    }
  });

  for (const [name, steps, state] of [
    ['all are done', [done(1), done(2)], 'succeeded'],
    ['one is under way', [done(1), done(2, 'PROCESSING')], 'processing'],
    ['one was never sent, so that all are sent again', [done(1), notThere], 'not_found'],
    ['one is abnormal', [done(1), done(2, 'ABNORMAL')], 'abnormal'],
    ['one was closed and one done', [done(1), done(2, 'CLOSED')], 'abnormal'],
    ['all were closed', [done(1, 'CLOSED'), done(2, 'CLOSED')], 'failed'],
  ] as const) {
    it(`asked about, is ${state} when ${name}`, async () => {
      const { http } = scriptHttp(asked, ...steps);
      expect(await channel.queryRefund(refund, makeCall({ http }))).to.have.nested.property('report.state', state);
    });
  }

  it('of another order or under another number proves nothing', async () => {
    const { http } = scriptHttp(asked, done(1), done(2, 'SUCCESS', { out_trade_no: `${number}01` }));
    expect((await channel.queryRefund(refund, makeCall({ http }))).kind).to.equal('unknown');
    const other = scriptHttp(asked, done(1), done(2, 'SUCCESS', { out_refund_no: `${refundNumber}09` }));
    const outcome = await channel.queryRefund(refund, makeCall({ http: other.http }));
    expect(outcome).to.have.nested.property('report.echo.number').that.is.not.equal(refundNumber);
  });
});

describe('Callbacks about a payment of several orders', () => {
  const read = (content: unknown, event = 'TRANSACTION.SUCCESS') => channel.parseCallback(callback(event, content), makeCall());

  it('tell that all of it was paid', async () => {
    const told = await read(whole());
    expect(told)
      .to.have.property('items')
      .that.deep.equals([{ of: 'payment', number, channelNo: success.channelNo, report: success }]);
  });

  it('are refused for another app, and while a part is unpaid or missing', async () => {
    expect(await read(whole({}, {}, { combine_appid: 'wx0000000000000000' }))).to.include({ kind: 'refused', reason: 'wrong_account' });
    for (const content of [inState('SUCCESS', 'NOTPAY'), inState('NOTPAY'), { ...whole(), sub_orders: [part(2)] }]) {
      expect(await read(content)).to.include({ kind: 'refused', reason: 'malformed' });
    }
  });

  it('about the refund of a part make the kernel ask about all of it', async () => {
    const { status: _, ...notice } = { ...doneRefund, mchid: config.mchid, refund_status: 'SUCCESS' };
    const ofPart = { ...notice, out_trade_no: `${number}02`, out_refund_no: `${refundNumber}02` };
    const told = await read(ofPart, 'REFUND.SUCCESS');
    expect(told)
      .to.have.property('items')
      .that.deep.equals([{ of: 'refund', number: refundNumber, report: { state: 'changed' } }]);
    const mixed = await read({ ...ofPart, out_trade_no: `${number}01` }, 'REFUND.SUCCESS');
    expect(mixed, 'the numbers of two parts').to.have.nested.property('items[0].number', `${refundNumber}02`);
  });

  it('never throw for any content that might be sealed', async () => {
    const strange = fc.record({ combine_out_trade_no: fc.anything(), combine_mchid: fc.anything(), sub_orders: fc.array(fc.anything()) });
    await fc.assert(
      fc.asyncProperty(strange, async (content) => {
        const text = JSON.stringify(content, (_key, value) => (typeof value === 'bigint' ? `${value}` : value));
        expect((await read(text)).kind).to.equal('refused');
      }),
      { numRuns: 50 },
    );
  });
});
