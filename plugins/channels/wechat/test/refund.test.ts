import { expect } from 'chai';
import type { RefundOutcome } from '../../../../core/contract/outcome.ts';
import { answered, type HttpStep, makeCall, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import { payDeclines, refundDeclines } from '../errors.ts';
import { doneRefund, genuine, merchant, openWechat, refundNumber, refundRequest } from './fixture.ts';

const advices = ['retry', 'retry_other_method', 'fix_request', 'contact_support', 'do_not_retry'];

async function refundWith(step: HttpStep): Promise<RefundOutcome> {
  return openWechat().refund(refundRequest, makeCall({ http: scriptHttp(step).http }));
}

async function queryWith(step: HttpStep): Promise<RefundOutcome> {
  return openWechat().queryRefund(refundRequest, makeCall({ http: scriptHttp(step).http }));
}

describe('WeChat Pay refunds', () => {
  it('are sent byte for byte as the vendor documents, and the same on every repeat', async () => {
    const { http, requests } = scriptHttp(genuine(200, doneRefund), genuine(200, doneRefund));
    const channel = openWechat();
    await channel.refund(refundRequest, makeCall({ http }));
    await channel.refund(refundRequest, makeCall({ http, nonce: () => 'e'.repeat(32) }));
    expect(requests[0]).to.include({ method: 'POST', url: 'http://127.0.0.1:8090/wechat/v3/refund/domestic/refunds' });
    expect(requests[0]?.body).to.equal(
      '{"out_trade_no":"01KDYB0N3Q8Z5T7V9W2X4Y6Z8A","out_refund_no":"01KDYB0N3Q8Z5T7V9W2X4Y6Z8B","reason":"cold",' +
        '"notify_url":"https://pay.example.com/v1/callbacks/wechat/acc_1","amount":{"refund":300,"total":888,"currency":"CNY"}}',
    );
    expect(requests[1]?.body).to.equal(requests[0]?.body);
  });

  it('leave out a reason that is absent or empty, and cut one at 80 bytes', async () => {
    const { http, requests } = scriptHttp(...Array.from({ length: 3 }, () => genuine(200, doneRefund)));
    for (const reason of [null, '', '退'.repeat(30)]) await openWechat().refund({ ...refundRequest, reason }, makeCall({ http }));
    const reasons = requests.map((request) => JSON.parse(String(request.body)).reason);
    expect(reasons).to.deep.equal([undefined, undefined, '退'.repeat(26)]);
  });

  it('are asked for by our refund number', async () => {
    const { http, requests } = scriptHttp(genuine(200, doneRefund));
    await openWechat().queryRefund(refundRequest, makeCall({ http }));
    expect(requests[0]).to.include({ method: 'GET', url: `http://127.0.0.1:8090/wechat/v3/refund/domestic/refunds/${refundNumber}` });
    expect(requests[0]).not.to.have.property('body');
  });

  it('are not sent in another currency', async () => {
    const request = { ...refundRequest, money: { amount: 1, currency: 'JPY' } };
    expect(await openWechat().refund(request, makeCall())).to.deep.equal({ kind: 'rejected', reason: 'unsupported' });
  });

  for (const [name, ask] of Object.entries({ refund: refundWith, queryRefund: queryWith })) {
    describe(`answered by ${name}`, () => {
      it('SUCCESS is a success with the amount, numbers and time of the answer', async () => {
        const told = { ...doneRefund, out_refund_no: 'ANOTHER', amount: { ...doneRefund.amount, refund: 299, currency: 'HKD' } };
        expect(await ask(genuine(200, told))).to.deep.equal({
          kind: 'ok',
          report: {
            state: 'succeeded',
            channelNo: '50300907132026010200000000001',
            money: { amount: 299, currency: 'HKD' },
            echo: { number: 'ANOTHER' },
            at: new Date('2026-01-02T03:04:04Z'),
          },
        });
      });

      for (const [status, expected] of Object.entries({
        PROCESSING: { state: 'processing' },
        ABNORMAL: { state: 'abnormal' },
        CLOSED: { state: 'failed', code: 'refund_rejected' },
      })) {
        it(`${status} is ${expected.state}`, async () => {
          const report = { ...expected, channelNo: doneRefund.refund_id, echo: { number: refundNumber } };
          expect(await ask(genuine(200, { ...doneRefund, status }))).to.deep.equal({ kind: 'ok', report });
        });
      }

      it('a refund of another order, a state of tomorrow or a success without its facts is unknown', async () => {
        const { amount: _, ...noAmount } = doneRefund;
        const { refund_id: _r, ...noVendorNumber } = doneRefund;
        const { currency: _c, ...noCurrency } = doneRefund.amount;
        const strange = [
          { ...doneRefund, out_trade_no: 'ANOTHER' },
          { ...doneRefund, status: 'FAIL' },
          { ...doneRefund, amount: noCurrency },
          { ...doneRefund, amount: { ...doneRefund.amount, refund: '3.00' } },
          noAmount,
          noVendorNumber,
        ];
        for (const told of strange) expect(await ask(genuine(200, told)), JSON.stringify(told)).to.have.property('kind', 'unknown');
      });

      it('without proof it is unknown', async () => {
        expect(await ask(answered(200, JSON.stringify(doneRefund)))).to.deep.equal({ kind: 'unknown', reason: 'bad_signature' });
        expect(await ask(genuine(200, doneRefund, { key: merchant.privateKey }))).to.deep.equal({
          kind: 'unknown',
          reason: 'bad_signature',
        });
        expect(await ask({ kind: 'unknown', reason: 'timeout' })).to.deep.equal({ kind: 'unknown', reason: 'timeout' });
        expect(await ask(genuine(500, { code: 'SYSTEM_ERROR', message: '' }))).to.deep.equal({ kind: 'unknown', reason: 'server_error' });
        expect(await ask(answered(429, ''))).to.deep.equal({ kind: 'unknown', reason: 'rate_limited' });
      });
    });
  }

  describe('that WeChat Pay refuses', () => {
    for (const [status, code, message, expected] of [
      [403, 'NOT_ENOUGH', 'x', { kind: 'declined', code: 'insufficient_balance', advice: 'retry' }],
      [403, 'NOTENOUGH', 'x', { kind: 'declined', code: 'insufficient_balance', advice: 'retry' }],
      [403, 'USER_ACCOUNT_ABNORMAL', 'x', { kind: 'declined', code: 'payer_account_abnormal', advice: 'contact_support' }],
      [404, 'RESOURCE_NOT_EXISTS', 'x', { kind: 'declined', code: 'not_refundable', advice: 'contact_support' }],
      [400, 'INVALID_REQUEST', '订单已全额退款', { kind: 'declined', code: 'not_refundable', advice: 'contact_support' }],
      [400, 'INVALID_REQUEST', '订单金额或退款金额与之前请求不一致', { kind: 'rejected', reason: 'number_reused' }],
      [400, 'PARAM_ERROR', 'x', { kind: 'rejected', reason: 'validation' }],
      [404, 'MCH_NOT_EXISTS', 'x', { kind: 'rejected', reason: 'config' }],
      [403, 'NO_AUTH', 'x', { kind: 'rejected', reason: 'auth' }],
      [400, 'BIZERR_NEED_RETRY', 'x', { kind: 'unknown', reason: 'unmapped' }],
    ] as const) {
      it(`${code} (${message}) is ${Object.values(expected).join(', ')}`, async () => {
        const echo = expected.kind === 'declined' ? { echo: {} } : {};
        expect(await refundWith(genuine(status, { code, message }))).to.deep.equal({ ...expected, ...echo, vendor: { code, message } });
      });
    }

    it('are not found only when the vendor signed it', async () => {
      expect(await queryWith(genuine(404, { code: 'RESOURCE_NOT_EXISTS', message: '' }))).to.deep.equal({
        kind: 'ok',
        report: { state: 'not_found' },
      });
      expect(await queryWith(answered(404, '{"code":"RESOURCE_NOT_EXISTS"}'))).to.deep.equal({ kind: 'unknown', reason: 'bad_signature' });
      expect(await queryWith(genuine(404, { code: 'NOT_ENOUGH', message: '' }))).to.have.property('kind', 'unknown');
    });

    it('carry a text in two languages for every decline', () => {
      for (const rule of [...payDeclines.values(), ...refundDeclines.values()]) {
        expect(rule.code).to.match(/^[a-z_]+$/);
        expect(advices).to.include(rule.advice);
        expect(rule.en).to.match(/^[\x20-\x7e]+\.$/);
        expect(rule.zh).to.match(/[\u4e00-\u9fff]/);
      }
    });
  });
});
