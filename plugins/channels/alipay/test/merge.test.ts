import { expect } from 'chai';
import type { AttemptRef, PayRequest, RefundRequest } from '../../../../core/contract/channel.ts';
import { makeCall, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import {
  attempt,
  config,
  openAlipay,
  paidFields,
  post,
  refundRequest,
  request,
  signedAnswer,
  signFields,
  unreadable,
} from './fake-alipay.ts';

const alipay = openAlipay();
const line = (amount: number, subject: string | null = null) => ({
  merchantOrderNo: 'A',
  money: { amount, currency: 'CNY' },
  subject,
});
const merged: AttemptRef = { ...attempt, product: 'merge_wap' };
const order: PayRequest = { ...request, ...merged, orderLines: [line(999, '茶'), line(1000)] };
const refund: RefundRequest = { ...refundRequest, money: attempt.money, attempt: merged };
const parts = [`${attempt.number}01`, `${attempt.number}02`] as const;
const refunds = [`${refundRequest.number}01`, `${refundRequest.number}02`] as const;

const answers = (method: string, ...nodes: readonly object[]) => nodes.map((node) => signedAnswer(method, { code: '10000', ...node }));
const missing = { code: '40004', msg: 'Business Failed', sub_code: 'ACQ.TRADE_NOT_EXIST', sub_msg: '' };
const trade = (index: 0 | 1, trade_status = 'TRADE_SUCCESS', more: object = {}) => ({
  ...{ out_trade_no: parts[index], trade_no: `20260102${index}`, trade_status, total_amount: ['9.99', '10.00'][index] },
  ...(trade_status === 'TRADE_SUCCESS' ? { send_pay_date: '2026-01-03 00:31:02' } : {}),
  ...more,
});
const bothPaid = () => answers('alipay.trade.query', trade(0), trade(1));

function callOf(steps: ReturnType<typeof answers>) {
  const { http, requests } = scriptHttp(...steps);
  const asked = () => requests.map(({ body }) => JSON.parse(new URLSearchParams(String(body)).get('biz_content') ?? '{}'));
  return { call: makeCall({ http }), requests, asked };
}

const query = (...nodes: readonly object[]) => alipay.query(merged, callOf(answers('alipay.trade.query', ...nodes)).call);

describe('Alipay, several orders at once: paying', () => {
  const announce = (node: object = { pre_order_no: 'P1', out_merge_no: attempt.number }) =>
    callOf(answers('alipay.trade.merge.precreate', node));

  it('announces a trade for each order, and names all of them by one number', async () => {
    const { call, asked, requests } = announce();
    await alipay.pay(order, call);
    const common = { app_id: config.app_id, seller_id: config.seller_id, product_code: 'QUICK_WAP_WAY' };
    expect(asked()).to.deep.equal([
      {
        out_merge_no: attempt.number,
        time_expire: '2026-01-03 02:30:00',
        order_details: [
          { ...common, out_trade_no: parts[0], total_amount: '9.99', subject: '茶' },
          { ...common, out_trade_no: parts[1], total_amount: '10.00', subject: '咖啡 A／B + 1' },
        ],
      },
    ]);
    expect(new URL(requests[0]?.url ?? '').searchParams.get('notify_url')).to.equal(request.callbackUrl);
  });

  it('sends the browser to a signed address, or hands the app a signed text, the same every time', async () => {
    const outcome = await alipay.pay(order, announce().call);
    if (outcome.kind !== 'action' || outcome.action.type !== 'redirect') throw new Error(outcome.kind);
    const params = new URL(outcome.action.url).searchParams;
    expect(params.get('method')).to.equal('alipay.trade.wap.merge.pay');
    expect([params.get('biz_content'), params.get('return_url')]).to.deep.equal(['{"pre_order_no":"P1"}', request.returnUrl]);
    expect(await alipay.pay(order, announce().call)).to.deep.equal(outcome);
    const app = await alipay.pay({ ...order, product: 'merge_app' }, announce().call);
    expect(JSON.stringify(app)).to.include('method=alipay.trade.app.merge.pay');
  });

  it('refuses lines that do not come to the amount, and too few or too many of them, before sending', async () => {
    const [six, one] = [Array.from({ length: 7 }, (_, index) => line(index === 0 ? 1993 : 1)), [line(1999)]];
    for (const orderLines of [[line(999), line(999)], [line(1999), line(0)], one, six]) {
      expect(await alipay.pay({ ...order, orderLines }, makeCall())).to.deep.equal({ kind: 'rejected', reason: 'validation' });
    }
  });

  it('does not know what came of an answer without the number, or about another payment', async () => {
    for (const node of [{}, { pre_order_no: 'P1', out_merge_no: 'other' }]) {
      expect(await alipay.pay(order, announce(node).call)).to.deep.equal(unreadable);
    }
  });
});

describe('Alipay, several orders at once: asking', () => {
  it('is paid when all trades are, with the sum of what they state', async () => {
    const at = new Date('2026-01-02T16:31:02Z');
    const report = { state: 'succeeded', channelNo: '202601020', money: attempt.money, echo: { number: attempt.number }, at };
    expect(await query(trade(0), trade(1))).to.deep.equal({ kind: 'ok', report });
    const more = await query(trade(0), trade(1, 'TRADE_SUCCESS', { total_amount: '10.01' }));
    expect(more).to.have.nested.property('report.money.amount', 2000);
  });

  it('is pending or closed when all are, processing while they differ, and unknown when one of them cannot come in', async () => {
    const stateOf = async (...states: [string, string]) => {
      const outcome = await query(trade(0, states[0]), trade(1, states[1]));
      return outcome.kind === 'ok' ? outcome.report.state : outcome.kind;
    };
    expect(await stateOf('WAIT_BUYER_PAY', 'WAIT_BUYER_PAY')).to.equal('pending');
    expect(await stateOf('TRADE_CLOSED', 'TRADE_CLOSED')).to.equal('closed');
    expect(await stateOf('TRADE_SUCCESS', 'WAIT_BUYER_PAY')).to.equal('processing');
    expect(await stateOf('TRADE_SUCCESS', 'TRADE_CLOSED')).to.equal('unknown');
  });

  it('is not found while no trade exists, and unknown when a later one is missing or is another’s', async () => {
    expect(await query(missing)).to.deep.equal({ kind: 'ok', report: { state: 'not_found' } });
    expect(await query(trade(0), missing)).to.deep.equal(unreadable);
    expect(await query(trade(0), trade(0))).to.deep.equal(unreadable);
  });
});

describe('Alipay, several orders at once: closing', () => {
  const closing = (nodes: readonly object[], closes: readonly object[], after: readonly object[]) =>
    alipay.close(
      merged,
      callOf([
        ...answers('alipay.trade.query', ...nodes),
        ...answers('alipay.trade.close', ...closes),
        ...answers('alipay.trade.query', ...after),
      ]).call,
    );
  const waiting = [trade(0, 'WAIT_BUYER_PAY'), trade(1, 'WAIT_BUYER_PAY')];
  const gone = [trade(0, 'TRADE_CLOSED'), trade(1, 'TRADE_CLOSED')];
  const notWaiting = { code: '40004', sub_code: 'ACQ.TRADE_STATUS_ERROR' };

  it('closes each trade, and believes only what is asked afterwards', async () => {
    const closed = [{ out_trade_no: parts[0] }, { out_trade_no: parts[1] }];
    expect(await closing(waiting, closed, gone)).to.deep.equal({ kind: 'closed' });
    expect(await closing(waiting, [{ out_trade_no: parts[0] }, notWaiting], gone)).to.deep.equal({ kind: 'closed' });
    expect(await closing(waiting, [notWaiting, notWaiting], [trade(0), trade(1)])).to.deep.equal({ kind: 'paid' });
    expect(await closing(waiting, closed, waiting)).to.deep.equal(unreadable);
  });

  it('closes nothing of what is paid or closed, and tells what nobody has seen yet', async () => {
    expect(await closing([trade(0), trade(1)], [], [])).to.deep.equal({ kind: 'paid' });
    expect(await closing(gone, [], [])).to.deep.equal({ kind: 'closed' });
    expect(await closing([missing], [missing], [])).to.deep.equal({ kind: 'notFound' });
  });
});

describe('Alipay, several orders at once: refunding', () => {
  const moved = (index: 0 | 1) => ({
    ...{ out_trade_no: parts[index], trade_no: `20260102${index}`, refund_fee: ['9.99', '10.00'][index], fund_change: 'Y' },
  });
  const shown = (index: 0 | 1) => ({
    ...{ out_trade_no: parts[index], out_request_no: refunds[index], trade_no: `20260102${index}` },
    ...{ refund_amount: ['9.99', '10.00'][index], refund_status: 'REFUND_SUCCESS' },
  });

  it('gives each trade back whole, under a number of its own', async () => {
    const { call, asked } = callOf([...bothPaid(), ...answers('alipay.trade.refund', moved(0), moved(1))]);
    expect(await alipay.refund(refund, call))
      .to.have.nested.property('report')
      .that.deep.includes({ state: 'succeeded', money: attempt.money });
    const sent = asked().slice(2);
    expect(sent.map(({ out_trade_no, out_request_no, refund_amount }) => [out_trade_no, out_request_no, refund_amount])).to.deep.equal([
      [parts[0], refunds[0], '9.99'],
      [parts[1], refunds[1], '10.00'],
    ]);
  });

  it('sends nothing for a part of the whole, or while it is not known to be paid', async () => {
    const part = { ...refund, money: { amount: 500, currency: 'CNY' } };
    expect(await alipay.refund(part, makeCall())).to.deep.equal({ kind: 'rejected', reason: 'unsupported' });
    const { call, requests } = callOf(answers('alipay.trade.query', trade(0, 'WAIT_BUYER_PAY'), trade(1, 'WAIT_BUYER_PAY')));
    expect(await alipay.refund(refund, call)).to.deep.equal(unreadable);
    expect(requests).to.have.length(2);
  });

  it('is abnormal when a later trade is refused, and unknown when its answer is lost', async () => {
    const refused = { code: '40004', sub_code: 'ACQ.SELLER_BALANCE_NOT_ENOUGH', sub_msg: '' };
    const half = callOf([...bothPaid(), ...answers('alipay.trade.refund', moved(0), refused)]);
    expect(await alipay.refund(refund, half.call)).to.have.nested.property('report.state', 'abnormal');
    const lost = callOf([...bothPaid(), ...answers('alipay.trade.refund', moved(0)), { ...signedAnswer('x', {}), status: 500 }]);
    expect((await alipay.refund(refund, lost.call)).kind).to.equal('unknown');
  });

  it('is asked about trade by trade: done when all are, not found when one was never sent', async () => {
    const ask = (...nodes: readonly object[]) =>
      alipay.queryRefund(refund, callOf([...bothPaid(), ...answers('alipay.trade.fastpay.refund.query', ...nodes)]).call);
    const report = { state: 'succeeded', money: attempt.money, echo: { number: refundRequest.number } };
    expect(await ask(shown(0), shown(1)))
      .to.have.nested.property('report')
      .that.deep.includes(report);
    expect(await ask(shown(0), {})).to.deep.equal({ kind: 'ok', report: { state: 'not_found' } });
    expect(await ask(shown(0), { ...shown(1), out_request_no: refunds[0] })).to.deep.equal(unreadable);
  });
});

describe('Alipay, several orders at once: callbacks', () => {
  it('about one trade say that the whole has changed, and no more', async () => {
    const told = await alipay.parseCallback(post(signFields({ ...paidFields, out_trade_no: parts[1] })), makeCall());
    const payment = { of: 'payment', number: attempt.number, report: { state: 'changed' } };
    expect(told).to.have.property('items').that.deep.equals([payment]);
    const refunded = { ...paidFields, out_trade_no: parts[1], out_biz_no: refunds[1], refund_fee: '10.00', gmt_refund: 'x' };
    const also = { of: 'refund', number: refundRequest.number, report: { state: 'changed' } };
    expect(await alipay.parseCallback(post(signFields(refunded)), makeCall()))
      .to.have.property('items')
      .that.deep.equals([payment, also]);
  });
});
