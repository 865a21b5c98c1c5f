import { expect } from 'chai';
import type { AttemptRef, PayRequest, RefundRequest } from '../../../../core/contract/channel.ts';
import { type HttpStep, makeCall, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import {
  attempt as anyAttempt,
  request as anyRequest,
  callWith,
  encode,
  expectedFields,
  expectedPost,
  keys,
  openAlipay,
  refundRequest,
  signedAnswer,
  unreadable,
} from './fake-alipay.ts';

const alipay = openAlipay();
const attempt: AttemptRef = { ...anyAttempt, product: 'barcode' };
const request: PayRequest = { ...anyRequest, product: 'barcode', payer: { authCode: '284567890123456789' } };
const [payMethod, queryMethod, cancelMethod] = ['alipay.trade.pay', 'alipay.trade.query', 'alipay.trade.cancel'];

const paid = {
  code: '10000',
  msg: 'Success',
  trade_no: '2026010222001',
  out_trade_no: attempt.number,
  total_amount: '19.99',
  receipt_amount: '19.99',
  gmt_payment: '2026-01-03 00:31:02',
};
const trade = { code: '10000', msg: 'Success', trade_no: '2026010222001', out_trade_no: attempt.number, total_amount: '19.99' };
const cancelled = { code: '10000', msg: 'Success', trade_no: '2026010222001', out_trade_no: attempt.number, retry_flag: 'N' };
const failed = (subCode: string, code = '40004') => ({ code, msg: 'Business Failed', sub_code: subCode, sub_msg: '失败' });

const payWith = (step: HttpStep) => alipay.pay(request, callWith(step).call);
const queryWith = (node: object) => alipay.query(attempt, callWith(signedAnswer(queryMethod, node)).call);
const found = (status: string, more: object = {}) => signedAnswer(queryMethod, { ...trade, trade_status: status, ...more });

describe('paying with a bar code that Alipay’s shopper shows', () => {
  it('asks for the money behind the code, without an address for callbacks', async () => {
    const { call, requests } = callWith(signedAnswer(payMethod, paid));
    await alipay.pay(request, call);
    const content =
      '{"out_trade_no":"01JGJ2Q8Z5X0000000000000A1","total_amount":"19.99","subject":"咖啡 A／B + 1","product_code":"FACE_TO_FACE_PAYMENT","time_expire":"2026-01-03 02:30:00","scene":"bar_code","auth_code":"284567890123456789"}';
    expect(requests).to.deep.equal([expectedPost(payMethod, content)]);
  });

  it('is paid at once when Alipay says so, with the facts of the answer', async () => {
    expect(await payWith(signedAnswer(payMethod, { ...paid, total_amount: '19.98' }))).to.deep.equal({
      kind: 'ok',
      report: {
        state: 'succeeded',
        channelNo: '2026010222001',
        money: { amount: 1998, currency: 'CNY' },
        echo: { number: attempt.number },
        at: new Date('2026-01-02T16:31:02Z'),
      },
    });
  });

  it('is processing while the buyer has to enter a password', async () => {
    const node = { code: '10003', msg: 'order success pay inprocess', trade_no: '2026010222001', out_trade_no: attempt.number };
    const report = { state: 'processing', channelNo: '2026010222001', echo: { number: attempt.number } };
    expect(await payWith(signedAnswer(payMethod, node))).to.deep.equal({ kind: 'ok', report });
  });

  it('is unknown when Alipay does not know, answers about another trade, or cannot be believed', async () => {
    const cases: Record<string, HttpStep> = {
      'service not available': signedAnswer(payMethod, failed('aop.ACQ.SYSTEM_ERROR', '20000')),
      'system error': signedAnswer(payMethod, failed('ACQ.SYSTEM_ERROR')),
      'paid before': signedAnswer(payMethod, failed('ACQ.TRADE_HAS_SUCCESS')),
      'a code of no list': signedAnswer(payMethod, failed('ACQ.SOMETHING_NEW')),
      'another number': signedAnswer(payMethod, { ...paid, out_trade_no: 'OTHER' }),
      'another number that waits': signedAnswer(payMethod, { code: '10003', msg: 'x', out_trade_no: 'OTHER' }),
      'no amount': signedAnswer(payMethod, { ...paid, total_amount: undefined }),
      'no trade number': signedAnswer(payMethod, { ...paid, trade_no: undefined }),
      "somebody else's signature": signedAnswer(payMethod, paid, keys.app.privateKey),
      'an unsigned refusal': {
        kind: 'answered',
        status: 200,
        headers: {},
        body: Buffer.from('{"error_response":{"code":"40002","sub_code":"isv.invalid-signature"}}'),
      },
    };
    for (const [name, step] of Object.entries(cases)) expect((await payWith(step)).kind, name).to.equal('unknown');
  });

  for (const [subCode, code, advice] of [
    ['ACQ.PAYMENT_AUTH_CODE_INVALID', 'auth_code_invalid', 'retry'],
    ['ACQ.BUYER_BALANCE_NOT_ENOUGH', 'insufficient_funds', 'retry_other_method'],
    ['ACQ.BUYER_PAYMENT_AMOUNT_DAY_LIMIT_ERROR', 'limit_exceeded', 'retry_other_method'],
  ] as const) {
    it(`is declined as ${code} for ${subCode}`, async () => {
      expect(await payWith(signedAnswer(payMethod, failed(subCode)))).to.include({ kind: 'declined', code, advice });
    });
  }

  it('sends nothing without a code, or for one that is not Alipay’s', async () => {
    for (const authCode of [undefined, '', '134567890123456789', '2845678901234567x9', '28456', `28${'1'.repeat(23)}`]) {
      const outcome = await alipay.pay({ ...request, payer: authCode === undefined ? {} : { authCode } }, makeCall());
      expect(outcome, authCode ?? 'none').to.deep.equal({ kind: 'rejected', reason: 'validation' });
    }
  });
});

describe('asking about a bar code', () => {
  it('calls a trade that waits for its buyer processing, because the buyer has acted', async () => {
    expect(await queryWith({ ...trade, trade_status: 'WAIT_BUYER_PAY' })).to.have.nested.property('report.state', 'processing');
    expect(await queryWith({ ...trade, trade_status: 'TRADE_SUCCESS' })).to.have.nested.property('report.state', 'succeeded');
  });

  it('calls a closed trade closed even where it was paid once, because its money went back', async () => {
    const reversed = { trade_status: 'TRADE_CLOSED', send_pay_date: '2026-01-03 00:31:02', receipt_amount: '19.99' };
    expect(await queryWith({ ...trade, ...reversed })).to.have.nested.property('report.state', 'closed');
    const ofPage = await alipay.query(anyAttempt, callWith(signedAnswer(queryMethod, { ...trade, ...reversed })).call);
    expect(ofPage, 'a page, which nobody reverses').to.have.nested.property('report.state', 'succeeded');
  });
});

describe('closing a bar code', () => {
  async function closeWith(...steps: HttpStep[]) {
    const { http, requests } = scriptHttp(...steps);
    const outcome = await alipay.close(attempt, makeCall({ http }));
    return { outcome, requests };
  }
  const waiting = found('WAIT_BUYER_PAY');
  const cancelWith = (node: object) => closeWith(waiting, signedAnswer(cancelMethod, node));

  it('never cancels a trade that was paid: a cancel would give its money back', async () => {
    const { outcome, requests } = await closeWith(found('TRADE_SUCCESS'));
    expect(outcome).to.deep.equal({ kind: 'paid' });
    expect(requests).to.have.length(1);
  });

  it('cancels one that waits, under its number', async () => {
    const { outcome, requests } = await cancelWith({ ...cancelled, action: 'close' });
    expect(outcome).to.deep.equal({ kind: 'closed' });
    expect(requests[1]).to.deep.equal(expectedPost(cancelMethod, `{"out_trade_no":"${attempt.number}"}`));
  });

  it('is closed when the buyer was faster and Alipay gave the money back, and the log tells', async () => {
    const { http } = scriptHttp(waiting, signedAnswer(cancelMethod, { ...cancelled, action: 'refund' }));
    const lines: string[] = [];
    const call = makeCall({ http, log: (level, message) => lines.push(`${level}: ${message}`) });
    expect(await alipay.close(attempt, call)).to.deep.equal({ kind: 'closed' });
    expect(lines).to.have.length(1);
    expect(lines[0]).to.match(/^warn: .*gave the money back/);
  });

  it('needs no cancel for a trade that is closed, or that is not there', async () => {
    expect((await closeWith(found('TRADE_CLOSED'))).outcome).to.deep.equal({ kind: 'closed' });
    expect((await closeWith(signedAnswer(queryMethod, failed('ACQ.TRADE_NOT_EXIST')))).outcome).to.deep.equal({ kind: 'notFound' });
    expect((await cancelWith(cancelled)).outcome, 'no action: no trade').to.deep.equal({ kind: 'notFound' });
  });

  it('is unknown when Alipay wants the same again, or answers what cannot be read', async () => {
    const again = await cancelWith({ ...cancelled, retry_flag: 'Y', action: 'close' });
    expect(again.outcome).to.deep.equal({ kind: 'unknown', reason: 'server_error' });
    expect((await cancelWith({ ...cancelled, retry_flag: undefined, action: 'close' })).outcome).to.deep.equal(unreadable);
    expect((await cancelWith({ ...cancelled, action: 'other' })).outcome).to.deep.equal(unreadable);
    expect((await cancelWith({ ...cancelled, out_trade_no: 'OTHER', action: 'close' })).outcome).to.deep.equal(unreadable);
    expect((await cancelWith(failed('AQC.SYSTEM_ERROR'))).outcome.kind).to.equal('unknown');
    expect((await cancelWith(failed('ACQ.SELLER_BALANCE_NOT_ENOUGH'))).outcome.kind).to.equal('unknown');
  });

  it('does not cancel while the question has no answer, or one about another trade', async () => {
    for (const step of [
      { kind: 'unknown', reason: 'timeout' },
      { kind: 'notSent', reason: 'refused' },
      signedAnswer(queryMethod, { ...trade, trade_status: 'NEW' }),
      found('WAIT_BUYER_PAY', { out_trade_no: 'OTHER' }),
    ] satisfies HttpStep[]) {
      const { outcome, requests } = await closeWith(step);
      expect(['unknown', 'notSent']).to.include(outcome.kind);
      expect(requests).to.have.length(1);
    }
  });
});

describe('refunding a bar code', () => {
  const refund: RefundRequest = { ...refundRequest, attempt: { ...refundRequest.attempt, product: 'barcode' } };
  const more = signedAnswer('alipay.trade.refund', { ...trade, fund_change: 'Y', refund_fee: '9.00' });
  const refundQuery = 'alipay.trade.fastpay.refund.query';
  const known = { ...trade, out_request_no: refund.number, refund_amount: '5.00', refund_status: 'REFUND_SUCCESS' };

  it('asks at once for what a second partial refund leaves open, because no callback comes', async () => {
    const { http } = scriptHttp(more, signedAnswer(refundQuery, known));
    const outcome = await alipay.refund(refund, makeCall({ http }));
    expect(outcome).to.have.deep.nested.property('report.money', refund.money);
    expect(outcome).to.have.nested.property('report.state', 'succeeded');
  });

  it('stays processing where the question decides nothing', async () => {
    for (const step of [{ kind: 'unknown', reason: 'timeout' }, signedAnswer(refundQuery, { code: '10000', msg: 'Success' })] as const) {
      const { http } = scriptHttp(more, step);
      expect(await alipay.refund(refund, makeCall({ http }))).to.have.nested.property('report.state', 'processing');
    }
  });
});

describe('paying from a mobile app', () => {
  it('gives the app the signed text for Alipay’s SDK, the same for every repeat', async () => {
    const content =
      '{"out_trade_no":"01JGJ2Q8Z5X0000000000000A1","total_amount":"19.99","subject":"咖啡 A／B + 1","product_code":"QUICK_MSECURITY_PAY","time_expire":"2026-01-03 02:30:00"}';
    const notifyUrl = ['notify_url', request.callbackUrl] as const;
    const { all } = expectedFields('alipay.trade.app.pay', content, '2026-01-03 00:30:00', [notifyUrl]);
    const later = makeCall({ now: () => new Date('2026-01-02T18:00:00Z') });
    for (const call of [makeCall(), later]) {
      const outcome = await alipay.pay({ ...anyRequest, product: 'app' }, call);
      expect(outcome).to.deep.equal({ kind: 'action', action: { type: 'sdk', params: { orderStr: encode(all) } } });
    }
  });
});
