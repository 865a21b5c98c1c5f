import { expect } from 'chai';
import { answerOf, callWith, config, openUnionpay, refundedFields, refundRequest, signed } from './fixture.ts';

const channel = openUnionpay();
const echo = { number: refundRequest.number, merchantNo: config.merchant_id };
const channelNo = refundedFields['queryId'];
const refunding = (fields: Record<string, string>) =>
  channel.refund(refundRequest, callWith(answerOf(signed({ ...refundedFields, ...fields }))).call);
const asking = (fields: Record<string, string>) =>
  channel.queryRefund(refundRequest, callWith(answerOf(signed({ ...refundedFields, ...fields }))).call);

describe('Refunding with UnionPay', () => {
  it('names the payment by UnionPay’s number, under the refund’s own number and time', async () => {
    const { call, requests } = callWith(answerOf(signed(refundedFields)));
    await channel.refund(refundRequest, call);
    const sent = Object.fromEntries(new URLSearchParams(String(requests[0]?.body)));
    expect(sent).to.include({ txnType: '04', txnSubType: '00', bizType: '000201', channelType: '07', txnAmt: '500' });
    expect(sent).to.include({ orderId: refundRequest.number, txnTime: '20260103120000', origQryId: refundRequest.attempt.channelNo });
  });

  it('is processing once taken, also when a repeat is refused as a duplicate', async () => {
    for (const respCode of ['00', 'A6', '03', '05', '12']) {
      expect(await refunding({ respCode }), respCode).to.deep.equal({ kind: 'ok', report: { state: 'processing', channelNo, echo } });
    }
  });

  it('is declined for good by every other code, and unknown where an answer is about another', async () => {
    expect(await refunding({ respCode: '35' })).to.include({ kind: 'declined', code: 'not_refundable' });
    expect(await refunding({ respCode: '88' })).to.include({ kind: 'declined', code: 'refund_rejected' });
    expect(await refunding({ respCode: '32' })).to.include({ kind: 'rejected', reason: 'config' });
    expect(await refunding({ respCode: '00', orderId: 'other' })).to.include({ kind: 'unknown' });
  });

  it('is asked about by its own number and time', async () => {
    const { call, requests } = callWith(answerOf(signed({ respCode: '34' })));
    expect(await channel.queryRefund(refundRequest, call)).to.deep.equal({ kind: 'ok', report: { state: 'not_found' } });
    const sent = Object.fromEntries(new URLSearchParams(String(requests[0]?.body)));
    expect(sent).to.include({ txnType: '00', orderId: refundRequest.number, txnTime: '20260103120000' });
  });

  it('ends as the original’s code says, with the answer’s own amount', async () => {
    const money = { amount: 499, currency: 'CNY' };
    expect(await asking({ origRespCode: '00', txnAmt: '499' })).to.deep.equal({
      kind: 'ok',
      report: { state: 'succeeded', channelNo, money, echo },
    });
    expect(await asking({ origRespCode: '05' })).to.have.nested.property('report.state', 'processing');
    expect(await asking({ origRespCode: '36' })).to.deep.include({
      report: { state: 'failed', code: 'not_refundable', channelNo, echo },
    });
    expect(await asking({ origRespCode: '74' })).to.include({ kind: 'unknown' });
    for (const fields of [{ txnType: '01' }, { txnAmt: '' }, { queryId: '' }, { currencyCode: '840' }, { orderId: '' }]) {
      expect(await asking({ origRespCode: '00', ...fields }), JSON.stringify(fields)).to.deep.equal({
        kind: 'unknown',
        reason: 'unreadable',
      });
    }
    expect(await asking({})).to.include({ kind: 'unknown' });
    expect(await asking({ respCode: '35', origRespCode: '00' })).to.include({ kind: 'unknown' });
  });
});
