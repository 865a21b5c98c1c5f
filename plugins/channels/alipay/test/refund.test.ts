import { expect } from 'chai';
import type { RefundOutcome } from '../../../../core/contract/outcome.ts';
import { answered, type HttpStep } from '../../../../test/kit/channel-kit.ts';
import { meanings } from '../errors.ts';
import { attempt, callWith, expectedPost, openAlipay, refundRequest, signedAnswer, unreadable } from './fake-alipay.ts';

const alipay = openAlipay();

describe('refunding an Alipay trade', () => {
  const method = 'alipay.trade.refund';
  const refundWith = (step: HttpStep) => alipay.refund(refundRequest, callWith(step).call);
  const done = {
    code: '10000',
    msg: 'Success',
    out_trade_no: attempt.number,
    trade_no: '2026010222001',
    refund_fee: '5.00',
    fund_change: 'Y',
  };
  const processing = (outcome: RefundOutcome) => outcome.kind === 'ok' && outcome.report.state === 'processing';

  it('sends exactly this and reports the money that moved', async () => {
    const { call, requests } = callWith(signedAnswer(method, { ...done, gmt_refund_pay: '2026-01-03 09:00:00' }));
    expect(await alipay.refund(refundRequest, call)).to.deep.equal({
      kind: 'ok',
      report: {
        state: 'succeeded',
        channelNo: '2026010222001',
        money: { amount: 500, currency: 'CNY' },
        echo: {},
        at: new Date('2026-01-03T01:00:00Z'),
      },
    });
    const content = `{"out_trade_no":"${attempt.number}","refund_amount":"5.00","out_request_no":"${refundRequest.number}","refund_reason":"too cold"}`;
    expect(requests).to.deep.equal([expectedPost(method, content)]);
  });

  it('leaves the reason out when there is none', async () => {
    const { call, requests } = callWith(signedAnswer(method, done));
    await alipay.refund({ ...refundRequest, reason: null }, call);
    expect(requests[0]?.body).not.to.contain('refund_reason');
  });

  it('does not take a repeat that moved nothing for success', async () => {
    expect(processing(await refundWith(signedAnswer(method, { ...done, fund_change: 'N' })))).to.equal(true);
  });

  it('does not take the total of several refunds for this one’s amount', async () => {
    expect(processing(await refundWith(signedAnswer(method, { ...done, refund_fee: '12.00' })))).to.equal(true);
  });

  it('reports a smaller amount as stated, for the kernel to see', async () => {
    const outcome = await refundWith(signedAnswer(method, { ...done, refund_fee: '4.99' }));
    expect(outcome).to.have.nested.property('report.money.amount', 499);
  });

  it('decides nothing by an answer with a part missing or about another trade', async () => {
    for (const change of [{ fund_change: undefined }, { refund_fee: '5' + '.001' }, { trade_no: '' }, { out_trade_no: 'other' }]) {
      expect(await refundWith(signedAnswer(method, { ...done, ...change })), JSON.stringify(change)).to.deep.equal(unreadable);
    }
  });

  it('reports what Alipay refuses for good', async () => {
    const declined = async (subCode: string) => {
      const outcome = await refundWith(signedAnswer(method, { code: '40004', sub_code: subCode }));
      return outcome.kind === 'declined' ? [outcome.code, outcome.advice] : outcome.kind;
    };
    expect(await declined('ACQ.SELLER_BALANCE_NOT_ENOUGH')).to.deep.equal(['insufficient_balance', 'contact_support']);
    expect(await declined('ACQ.REFUND_AMT_NOT_EQUAL_TOTAL')).to.deep.equal(['refund_rejected', 'fix_request']);
    expect(await declined('ACQ.TRADE_HAS_FINISHED')).to.deep.equal(['not_refundable', 'do_not_retry']);
    expect(await declined('ACQ.NEVER_SEEN')).to.equal('unknown');
  });

  it('decides nothing by a repeat that Alipay finds inconsistent, nor by an unsigned refusal', async () => {
    const repeat = { code: '40004', sub_code: 'ACQ.DISCORDANT_REPEAT_REQUEST' };
    expect(await refundWith(signedAnswer(method, repeat))).to.include({ kind: 'unknown', reason: 'unmapped' });
    const unsigned = { alipay_trade_refund_response: { code: '40002', sub_code: 'isv.invalid-app-id' } };
    expect(await refundWith(answered(200, JSON.stringify(unsigned)))).to.include({ kind: 'unknown', reason: 'bad_signature' });
  });
});

describe('asking Alipay about a refund', () => {
  const method = 'alipay.trade.fastpay.refund.query';
  const queryWithNode = (node: object) => alipay.queryRefund(refundRequest, callWith(signedAnswer(method, node)).call);
  const found = {
    code: '10000',
    msg: 'Success',
    trade_no: '2026010222001',
    out_trade_no: attempt.number,
    out_request_no: refundRequest.number,
    total_amount: '19.99',
    refund_amount: '5.00',
    refund_status: 'REFUND_SUCCESS',
  };
  const succeeded = {
    kind: 'ok',
    report: {
      state: 'succeeded',
      channelNo: '2026010222001',
      money: { amount: 500, currency: 'CNY' },
      echo: { number: refundRequest.number },
    },
  };

  it('sends exactly this and reports the money of this one refund', async () => {
    const { call, requests } = callWith(signedAnswer(method, found));
    expect(await alipay.queryRefund(refundRequest, call)).to.deep.equal(succeeded);
    const content = `{"out_trade_no":"${attempt.number}","out_request_no":"${refundRequest.number}","query_options":["gmt_refund_pay"]}`;
    expect(requests).to.deep.equal([expectedPost(method, content)]);
  });

  it('takes an amount without a status for success, as older answers have it', async () => {
    expect(await queryWithNode({ ...found, refund_status: undefined })).to.deep.equal(succeeded);
  });

  it('reports a refund of which Alipay tells nothing as not found', async () => {
    expect(await queryWithNode({ code: '10000', msg: 'Success' })).to.deep.equal({ kind: 'ok', report: { state: 'not_found' } });
    expect(await queryWithNode({ code: '40004', sub_code: 'ACQ.TRADE_NOT_EXIST' })).to.deep.equal({
      kind: 'ok',
      report: { state: 'not_found' },
    });
  });

  it('reports one under way as processing, and guesses at no other state', async () => {
    expect(await queryWithNode({ ...found, refund_status: 'REFUND_PROCESSING' })).to.deep.equal({
      kind: 'ok',
      report: { state: 'processing', echo: { number: refundRequest.number } },
    });
    expect(await queryWithNode({ ...found, refund_status: 'REFUND_FAIL' })).to.deep.equal({ kind: 'unknown', reason: 'unmapped' });
  });

  it('reports no success with a part missing or about another trade', async () => {
    for (const name of ['refund_amount', 'trade_no', 'out_request_no', 'out_trade_no']) {
      expect(await queryWithNode({ ...found, [name]: '' }), name).to.deep.equal(unreadable);
    }
    expect(await queryWithNode({ ...found, refund_amount: undefined })).to.deep.equal(unreadable);
  });

  it('never reports a decline', async () => {
    for (const subCode of Object.keys(meanings)) {
      expect((await queryWithNode({ code: '40004', sub_code: subCode })).kind, subCode).to.be.oneOf(['ok', 'unknown', 'rejected']);
    }
  });
});
