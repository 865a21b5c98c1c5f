import { expect } from 'chai';
import { answered, makeCall, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import {
  attempt,
  bad,
  config,
  good,
  nowSec,
  number,
  openLakala,
  order,
  own,
  paid,
  payRequest,
  platform,
  refunded,
  refundNumber,
  refundRequest,
  rsaVerify,
  signed,
  stranger,
  tradeNo,
  weak,
} from './fixture.ts';

const channel = openLakala();
const report = {
  state: 'succeeded',
  channelNo: tradeNo,
  money: { amount: 1999, currency: 'CNY' },
  echo: { number, merchantNo: config.merchant_no },
  at: new Date('2026-01-02T03:05:00Z'),
};
const json = (body: unknown) => JSON.parse(String(body)) as Record<string, unknown>;

describe('lakala: paying', () => {
  it('asks for a QR code, signed over five lines', async () => {
    const { http, requests } = scriptHttp(good({ ...order, acc_resp_fields: { code: 'https://qr.example/1' } }));
    expect(await channel.pay(payRequest('alipay_qr'), makeCall({ http }))).to.deep.equal({
      kind: 'action',
      action: { type: 'qr', qrContent: 'https://qr.example/1' },
      channelNo: tradeNo,
    });
    const [request] = requests;
    expect(request).to.include({ method: 'POST', url: 'https://lakala.example/api/v3/labs/trans/preorder' });
    const proof = /^LKLAPI-SHA256withRSA (.*),signature="(.*)"$/.exec(request?.headers?.['authorization'] ?? '');
    expect(proof?.[1]).to.equal(`appid="OP00000101",serial_no="00dfba8194c41b84cf",timestamp="${nowSec}",nonce_str="0123456789ab"`);
    const message = `OP00000101\n00dfba8194c41b84cf\n${nowSec}\n0123456789ab\n${request?.body}\n`;
    expect(rsaVerify(own.publicKey, message, proof?.[2] ?? '')).to.equal(true);
    expect(json(request?.body)).to.deep.equal({
      req_time: '20260102110405',
      version: '3.0',
      req_data: {
        merchant_no: config.merchant_no,
        term_no: config.term_no,
        out_trade_no: number,
        total_amount: '1999',
        subject: 'Tea & "cake", 茶',
        notify_url: 'https://pay.example.com/v1/callbacks/lakala/acc_1',
        location_info: { request_ip: '203.0.113.7' },
        account_type: 'ALIPAY',
        trans_type: '41',
        acc_busi_fields: { timeout_express: '10' },
      },
    });
  });

  for (const [product, accountType, transType] of [
    ['wechat_jsapi', 'WECHAT', '51'],
    ['wechat_mini', 'WECHAT', '71'],
  ] as const) {
    it(`gives ${product} what WeChat's own library wants`, async () => {
      const fields = {
        app_id: 'wx1',
        time_stamp: '1',
        nonce_str: 'n',
        package: 'prepay_id=p',
        prepay_id: 'p',
        sign_type: 'RSA',
        pay_sign: 's',
      };
      const { http, requests } = scriptHttp(good({ ...order, acc_resp_fields: fields }));
      const outcome = await channel.pay(payRequest(product), makeCall({ http }));
      expect(outcome).to.have.deep.nested.property('action.params', {
        appId: 'wx1',
        timeStamp: '1',
        nonceStr: 'n',
        package: 'prepay_id=p',
        signType: 'RSA',
        paySign: 's',
      });
      expect(json(requests[0]?.body)['req_data']).to.deep.include({
        account_type: accountType,
        trans_type: transType,
        acc_busi_fields: { timeout_express: '10', sub_appid: config.wechat_appid, user_id: 'o-shopper' },
      });
    });
  }

  it('sends nothing for WeChat while the account names no appid of WeChat', async () => {
    const { wechat_appid: _, ...without } = config;
    const unnamed = openLakala({ ...without, wechat_appid: undefined as unknown as string });
    expect(await unnamed.pay(payRequest('wechat_jsapi'), makeCall())).to.include({ kind: 'rejected', reason: 'config' });
  });

  it('gives Alipay’s library the number of its trade', async () => {
    const { http } = scriptHttp(good({ ...order, acc_resp_fields: { prepay_id: '2026010222001' } }));
    expect(await channel.pay(payRequest('alipay_jsapi'), makeCall({ http }))).to.have.deep.nested.property('action.params', {
      tradeNO: '2026010222001',
    });
  });

  it('charges a payment code at once', async () => {
    const { http, requests } = scriptHttp(good({ ...paid, trade_state: undefined }));
    expect(await channel.pay(payRequest('barcode'), makeCall({ http }))).to.deep.equal({ kind: 'ok', report });
    expect(requests[0]?.url).to.match(/\/api\/v3\/labs\/trans\/micropay$/);
    expect(json(requests[0]?.body)['req_data']).to.include({ auth_code: '134567890123456789' });
  });

  for (const [name, answer, outcome] of [
    ['the wait for a password', bad('BBS10000'), { kind: 'ok' }],
    ['a code that is not known', bad('BBS99999'), { kind: 'unknown', reason: 'unmapped' }],
    ['BBS11112', bad('BBS11112'), { kind: 'unknown', reason: 'unmapped' }],
    ['a success without an amount', good({ ...paid, total_amount: '' }), { kind: 'unknown', reason: 'unreadable' }],
    ['an amount that is a number', good({ ...paid, total_amount: 1999 }), { kind: 'unknown', reason: 'unreadable' }],
    ['a success without our number', good({ ...paid, out_trade_no: '' }), { kind: 'unknown', reason: 'unreadable' }],
    ['a limit', answered(429, ''), { kind: 'unknown', reason: 'rate_limited' }],
    ['trouble there', answered(502, '<h1>'), { kind: 'unknown', reason: 'server_error' }],
    ['no signature', answered(200, '{"code":"BBS00000"}'), { kind: 'unknown', reason: 'bad_signature' }],
  ] as const) {
    it(`a payment code answered with ${name} is ${JSON.stringify(outcome)}`, async () => {
      expect(await channel.pay(payRequest('barcode'), makeCall(scriptHttp(answer)))).to.deep.include(outcome);
    });
  }

  it('opens nothing that another merchant’s answer gives', async () => {
    const strange = good({ ...order, merchant_no: '822000000000000', acc_resp_fields: { code: 'https://qr.example/1' } });
    expect(await channel.pay(payRequest('alipay_qr'), makeCall(scriptHttp(strange)))).to.include({ kind: 'unknown' });
  });
});

describe('lakala: answers that are not proven', () => {
  const body = JSON.stringify({ code: 'BBS00000', msg: '', resp_data: paid });
  for (const [name, answer] of [
    ['signed by a stranger', signed(body, { key: stranger.privateKey })],
    ['to another application', signed(body, { appid: 'OP00000999' })],
    ['of six minutes ago', signed(body, { timestamp: String(Number(nowSec) - 360) })],
    ['of six minutes ahead', signed(body, { timestamp: String(Number(nowSec) + 360) })],
    ['changed on their way', { ...signed(body), body: Buffer.from(body.replace('1999', '9999')) }],
  ] as const) {
    it(`${name} are unknown`, async () => {
      const outcome = await channel.query(attempt, makeCall(scriptHttp(answer)));
      expect(outcome).to.deep.equal({ kind: 'unknown', reason: 'bad_signature' });
    });
  }

  it('are taken with their headers in quotation marks, as in Lakala’s samples', async () => {
    const answer = signed(body);
    const headers = Object.fromEntries(Object.entries(answer.headers).map(([name, value]) => [name, `"${value}"`]));
    expect(await channel.query(attempt, makeCall(scriptHttp({ ...answer, headers })))).to.deep.equal({ kind: 'ok', report });
  });
});

describe('lakala: asking and closing', () => {
  it('asks by our number and the day in China', async () => {
    const { http, requests } = scriptHttp(good(paid));
    expect(await channel.query(attempt, makeCall({ http }))).to.deep.equal({ kind: 'ok', report });
    expect(json(requests[0]?.body)['req_data']).to.deep.include({ out_trade_no: number, trade_req_date: '20260102' });
  });

  for (const [product, state, outcome] of [
    ['alipay_qr', 'PART_REFUND', 'succeeded'],
    ['alipay_qr', 'REFUND', 'succeeded'],
    ['alipay_qr', 'INIT', 'pending'],
    ['alipay_qr', 'CREATE', 'pending'],
    ['barcode', 'DEAL', 'processing'],
    ['barcode', 'UNKNOWN', 'processing'],
    ['alipay_qr', 'CLOSE', 'closed'],
    ['alipay_qr', 'FAIL', 'unknown'],
    ['alipay_qr', 'REVOKED', 'unknown'],
    ['alipay_qr', 'NEW', 'unknown'],
    ['barcode', 'FAIL', 'declined'],
  ] as const) {
    it(`reads ${state} of ${product} as ${outcome}`, async () => {
      const outcomeOf = await channel.query({ ...attempt, product }, makeCall(scriptHttp(good({ ...paid, trade_state: state }))));
      expect(outcomeOf.kind === 'ok' ? outcomeOf.report.state : outcomeOf.kind).to.equal(outcome);
    });
  }

  it('an error is neither a decline nor "not found"', async () => {
    expect(await channel.query(attempt, makeCall(scriptHttp(bad('BBS12345'))))).to.include({ kind: 'unknown', reason: 'unmapped' });
  });

  for (const [name, first, state, expected] of [
    ['an order that is closed', good({ origin_out_trade_no: number }), 'CLOSE', { kind: 'closed' }],
    ['one that was paid first', bad('BBS90006'), 'SUCCESS', { kind: 'paid' }],
    ['one that was closed before', bad('BBS90005'), 'CLOSE', { kind: 'closed' }],
    ['one that stays open', good({ origin_out_trade_no: number }), 'CREATE', { kind: 'unknown', reason: 'unmapped' }],
  ] as const) {
    it(`closing ${name} is ${expected.kind}, by a query`, async () => {
      const http = scriptHttp(first, good({ ...paid, trade_state: state }));
      expect(await channel.close(attempt, makeCall(http))).to.deep.equal(expected);
    });
  }
});

describe('lakala: refunds', () => {
  it('carry our number and name the payment by both of its numbers', async () => {
    const { http, requests } = scriptHttp(good(refunded, '000000'));
    expect(await channel.refund(refundRequest, makeCall({ http }))).to.deep.equal({
      kind: 'ok',
      report: {
        state: 'succeeded',
        channelNo: refunded.trade_no,
        money: refundRequest.money,
        echo: { number: refundNumber, merchantNo: config.merchant_no },
        at: new Date('2026-01-02T04:01:00Z'),
      },
    });
    expect(json(requests[0]?.body)['req_data']).to.deep.equal({
      merchant_no: config.merchant_no,
      term_no: config.term_no,
      out_trade_no: refundNumber,
      refund_amount: '500',
      refund_reason: 'too cold',
      origin_out_trade_no: number,
      origin_trade_no: tradeNo,
      location_info: { request_ip: '203.0.113.7' },
    });
  });

  for (const [state, expected] of [
    ['INIT', 'processing'],
    ['DEAL', 'processing'],
    ['PROCESSING', 'processing'],
    ['TIMEOUT', 'processing'],
    ['EXCEPTION', 'abnormal'],
    ['FAIL', 'failed'],
  ] as const) {
    it(`reads ${state} as ${expected}`, async () => {
      const http = scriptHttp(good({ ...refunded, trade_state: state }, '000000'));
      expect(await channel.queryRefund(refundRequest, makeCall(http))).to.have.nested.property('report.state', expected);
    });
  }

  it('that are refused are declined, unless the code says that nobody knows or is the gateway’s', async () => {
    expect(await channel.refund(refundRequest, makeCall(scriptHttp(bad('RFD12345'))))).to.include({ kind: 'declined' });
    for (const code of ['RFD11105', 'RFD11112', 'GW0001', 'BBS10000']) {
      expect(await channel.refund(refundRequest, makeCall(scriptHttp(bad(code)))), code).to.include({ kind: 'unknown' });
    }
    expect(await channel.queryRefund(refundRequest, makeCall(scriptHttp(bad('RFD12345'))))).to.include({ kind: 'unknown' });
  });

  it('of another payment are not taken for ours', async () => {
    const strange = good({ ...refunded, origin_out_trade_no: 'another' }, '000000');
    expect(await channel.refund(refundRequest, makeCall(scriptHttp(strange)))).to.include({ kind: 'unknown', reason: 'unreadable' });
  });
});

describe('lakala: configuration', () => {
  for (const [name, overrides, livemode] of [
    ['an empty app_id', { app_id: '' }, false],
    ['the public test application in live mode', { app_id: 'OP00000003' }, true],
    ['an empty private_key', { private_key: '' }, false],
    ['a weak private_key', { private_key: weak.privateKey }, false],
    ['a weak platform_certificate', { platform_certificate: weak.publicKey }, false],
    ['a private key as platform_certificate', { platform_certificate: platform.privateKey }, false],
    ['our own key as platform_certificate', { platform_certificate: own.publicKey }, false],
    ['our own key as notify_certificate', { notify_certificate: own.publicKey }, false],
    ['the live address in test mode as base_url', { base_url: 'https://s2.lakala.com' }, false],
    ['the test address in live mode as base_url', { base_url: 'https://test.wsmsd.cn/sit' }, true],
    ['an address in the clear as base_url', { base_url: 'http://lakala.example' }, false],
  ] as const) {
    it(`refuses ${name} by the field's name and without its value`, () => {
      let message = '';
      try {
        openLakala(overrides, livemode);
      } catch (error) {
        message = (error as Error).message;
      }
      expect(message).to.include(Object.keys(overrides)[0]);
      for (const value of Object.values(overrides)) if (value !== '') expect(message).to.not.include(value);
    });
  }
});
