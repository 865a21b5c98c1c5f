import { createSign, verify } from 'node:crypto';
import { expect } from 'chai';
import type { Outcome } from '../../../../core/contract/outcome.ts';
import { answered, type HttpStep, makeCall, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import { attempt, config, genuine, merchant, nonce, nowSec, number, openWechat, paidOrder, payRequest, vendorHeaders } from './fixture.ts';

/** The Authorization header for exactly this message, made without the channel's code. */
function authorization(method: string, path: string, body: string): string {
  const signature = createSign('RSA-SHA256')
    .update(`${method}\n${path}\n${nowSec}\n${nonce}\n${body}\n`)
    .sign(merchant.privateKey, 'base64');
  const { mchid, serial_no } = config;
  return `WECHATPAY2-SHA256-RSA2048 mchid="${mchid}",nonce_str="${nonce}",signature="${signature}",timestamp="${nowSec}",serial_no="${serial_no}"`;
}

const orderQuery = `/v3/pay/transactions/out-trade-no/${number}?mchid=1900000109`;

async function payWith(step: HttpStep, overrides = {}): Promise<Outcome> {
  return openWechat().pay(payRequest(overrides), makeCall({ http: scriptHttp(step).http }));
}

async function queryWith(step: HttpStep): Promise<Outcome> {
  return openWechat().query(attempt, makeCall({ http: scriptHttp(step).http }));
}

describe('WeChat Pay orders', () => {
  describe('are sent byte for byte as the vendor documents', () => {
    const head =
      '"appid":"wxd678efh567hg6787","mchid":"1900000109","description":"一杯 \\"coffee\\"","out_trade_no":"01KDYB0N3Q8Z5T7V9W2X4Y6Z8A"';
    const tail =
      '"time_expire":"2026-01-03T01:04:00+08:00","notify_url":"https://pay.example.com/v1/callbacks/wechat/acc_1","amount":{"total":888,"currency":"CNY"}';
    const h5 = '"scene_info":{"payer_client_ip":"203.0.113.9","h5_info":{"type":"Wap"}}';
    const cases = [
      { product: 'native', payer: {}, extra: '', data: { code_url: 'weixin://wxpay/bizpayurl?pr=x' } },
      { product: 'jsapi', payer: { openid: 'oUpF8u' }, extra: ',"payer":{"openid":"oUpF8u"}', data: { prepay_id: 'wx2016' } },
      { product: 'h5', payer: { clientIp: '203.0.113.9' }, extra: `,${h5}`, data: { h5_url: 'https://wx.tenpay.com/x?prepay_id=1' } },
    ];
    for (const [product, appid, path] of [
      ['mini', 'wxmini0123456789ab', '/v3/pay/transactions/jsapi'],
      ['app', 'wxapp00123456789ab', '/v3/pay/transactions/app'],
    ] as const) {
      it(`${product}, for its own app`, async () => {
        const { http, requests } = scriptHttp(genuine(200, { prepay_id: 'wx2016' }));
        const channel = openWechat({ [`${product}_appid`]: appid });
        await channel.pay(payRequest({ product, payer: { openid: 'oUpF8u' } }), makeCall({ http }));
        const extra = product === 'mini' ? ',"payer":{"openid":"oUpF8u"}' : '';
        const body = `{${head.replace('wxd678efh567hg6787', appid)},${tail}${extra}}`;
        expect(requests[0]).to.include({ method: 'POST', url: `http://127.0.0.1:8090/wechat${path}`, body });
        expect(requests[0]?.headers?.authorization).to.equal(authorization('POST', path, body));
      });
    }

    for (const { product, payer, extra, data } of cases) {
      it(product, async () => {
        const { http, requests } = scriptHttp(genuine(200, data));
        await openWechat().pay(payRequest({ product, payer }), makeCall({ http }));
        const body = `{${head},${tail}${extra}}`;
        const path = `/v3/pay/transactions/${product}`;
        expect(requests).to.deep.equal([
          {
            method: 'POST',
            url: `http://127.0.0.1:8090/wechat${path}`,
            headers: {
              accept: 'application/json',
              authorization: authorization('POST', path, body),
              'user-agent': 'paymux',
              'content-type': 'application/json',
            },
            body,
          },
        ]);
      });
    }

    it('a query, signed without the prefix of base_url', async () => {
      const { http, requests } = scriptHttp(genuine(200, paidOrder));
      await openWechat({ base_url: 'https://relay.example.com/a/wechat/' }).query(attempt, makeCall({ http }));
      expect(requests).to.deep.equal([
        {
          method: 'GET',
          url: `https://relay.example.com/a/wechat${orderQuery}`,
          headers: { accept: 'application/json', authorization: authorization('GET', orderQuery, ''), 'user-agent': 'paymux' },
        },
      ]);
    });

    it('a close', async () => {
      const { http, requests } = scriptHttp(genuine(204));
      await openWechat({}).close(attempt, makeCall({ http }));
      const path = `/v3/pay/transactions/out-trade-no/${number}/close`;
      expect(requests[0]?.body).to.equal('{"mchid":"1900000109"}');
      expect(requests[0]?.headers?.authorization).to.equal(authorization('POST', path, '{"mchid":"1900000109"}'));
    });

    it('to the vendor itself when no base_url is configured', async () => {
      const { http, requests } = scriptHttp(genuine(200, paidOrder));
      const { base_url: _, ...rest } = config;
      await openWechat({ ...rest, base_url: undefined as never }, true).query(attempt, makeCall({ http }));
      expect(requests[0]?.url).to.equal(`https://api.mch.weixin.qq.com${orderQuery}`);
    });

    it('the same attempt twice gives the same bytes, so that the vendor takes it as one order', async () => {
      const { http, requests } = scriptHttp(genuine(200, { code_url: 'weixin://a' }), genuine(200, { code_url: 'weixin://b' }));
      const channel = openWechat();
      await channel.pay(payRequest(), makeCall({ http }));
      await channel.pay(payRequest(), makeCall({ http, now: () => new Date((nowSec + 90) * 1000), nonce: () => 'f'.repeat(32) }));
      expect(requests[1]?.body).to.equal(requests[0]?.body);
    });

    it('with a description of at most 127 bytes, cut between characters', async () => {
      const { http, requests } = scriptHttp(genuine(200, { code_url: 'weixin://a' }));
      await openWechat().pay(payRequest({ subject: `a${'茶'.repeat(60)}` }), makeCall({ http }));
      expect(JSON.parse(String(requests[0]?.body)).description).to.equal(`a${'茶'.repeat(42)}`);
    });
  });

  describe('become what the shopper needs', () => {
    it('native: a QR code', async () => {
      const outcome = await payWith(genuine(200, { code_url: 'weixin://wxpay/bizpayurl?pr=x' }));
      expect(outcome).to.deep.equal({ kind: 'action', action: { type: 'qr', qrContent: 'weixin://wxpay/bizpayurl?pr=x' } });
    });

    it("app: parameters for the mobile app's library, signed over the bare order id", async () => {
      const { http } = scriptHttp(genuine(200, { prepay_id: 'wx201410272009395522657a690389285100' }));
      const outcome = await openWechat({ app_appid: 'wxapp00123456789ab' }).pay(payRequest({ product: 'app' }), makeCall({ http }));
      const sign = createSign('RSA-SHA256')
        .update(`wxapp00123456789ab\n${nowSec}\n${nonce}\nwx201410272009395522657a690389285100\n`)
        .sign(merchant.privateKey, 'base64');
      expect(outcome).to.deep.equal({
        kind: 'action',
        action: {
          type: 'sdk',
          params: {
            appId: 'wxapp00123456789ab',
            partnerId: '1900000109',
            prepayId: 'wx201410272009395522657a690389285100',
            packageValue: 'Sign=WXPay',
            nonceStr: nonce,
            timeStamp: String(nowSec),
            sign,
          },
        },
      });
    });

    it('mini: parameters for the mini program, signed for its own app', async () => {
      const { http } = scriptHttp(genuine(200, { prepay_id: 'wx2014' }));
      const request = payRequest({ product: 'mini', payer: { openid: 'o1' } });
      const outcome = await openWechat({ mini_appid: 'wxmini0123456789ab' }).pay(request, makeCall({ http }));
      const paySign = createSign('RSA-SHA256')
        .update(`wxmini0123456789ab\n${nowSec}\n${nonce}\nprepay_id=wx2014\n`)
        .sign(merchant.privateKey, 'base64');
      expect(outcome).to.have.nested.property('action.params').that.includes({ appId: 'wxmini0123456789ab', paySign });
    });

    it('jsapi: parameters for the client library, signed over the whole package', async () => {
      const outcome = await payWith(genuine(200, { prepay_id: 'wx201410272009395522657a690389285100' }), {
        product: 'jsapi',
        payer: { openid: 'o1' },
      });
      const paySign = createSign('RSA-SHA256')
        .update(`wxd678efh567hg6787\n${nowSec}\n${nonce}\nprepay_id=wx201410272009395522657a690389285100\n`)
        .sign(merchant.privateKey, 'base64');
      expect(outcome).to.deep.equal({
        kind: 'action',
        action: {
          type: 'sdk',
          params: {
            appId: 'wxd678efh567hg6787',
            timeStamp: String(nowSec),
            nonceStr: nonce,
            package: 'prepay_id=wx201410272009395522657a690389285100',
            signType: 'RSA',
            paySign,
          },
        },
      });
      const text = Buffer.from(`wxd678efh567hg6787\n${nowSec}\n${nonce}\nwx201410272009395522657a690389285100\n`);
      expect(verify('RSA-SHA256', text, merchant.publicKey, Buffer.from(paySign, 'base64'))).to.equal(false);
    });

    it('h5: a redirect, which brings the shopper back to the merchant', async () => {
      const h5 = { product: 'h5', payer: { clientIp: '203.0.113.9' } };
      const url = 'https://wx.tenpay.com/x?prepay_id=1';
      expect(await payWith(genuine(200, { h5_url: url }), h5)).to.deep.equal({ kind: 'action', action: { type: 'redirect', url } });
      const back = await payWith(genuine(200, { h5_url: url }), { ...h5, returnUrl: 'https://shop.example.com/done?a=1&b=2' });
      expect(back).to.have.nested.property('action.url', `${url}&redirect_url=https%3A%2F%2Fshop.example.com%2Fdone%3Fa%3D1%26b%3D2`);
      const bare = await payWith(genuine(200, { h5_url: 'http://127.0.0.1:8090/pay/t' }), { ...h5, returnUrl: 'https://a.example.com/' });
      expect(bare).to.have.nested.property('action.url', 'http://127.0.0.1:8090/pay/t?redirect_url=https%3A%2F%2Fa.example.com%2F');
    });

    it('nothing usable in a genuine answer: unknown', async () => {
      for (const data of [{}, { code_url: '' }, { code_url: 7 }, { prepay_id: 'x' }]) {
        expect(await payWith(genuine(200, data))).to.deep.equal({ kind: 'unknown', reason: 'unreadable' });
      }
      const h5 = { product: 'h5', payer: { clientIp: '203.0.113.9' } };
      expect(await payWith(genuine(200, { h5_url: 'javascript:alert(1)' }), h5)).to.have.property('kind', 'unknown');
    });

    it('nothing is sent for another currency, an unknown product or a missing fact', async () => {
      const call = makeCall();
      const channel = openWechat();
      const usd = await channel.pay(payRequest({ money: { amount: 1, currency: 'USD' } }), call);
      expect(usd).to.deep.equal({ kind: 'rejected', reason: 'unsupported' });
      for (const product of ['jsapi', 'mini', 'h5', 'facepay', '__proto__']) {
        expect(await channel.pay(payRequest({ product }), call)).to.deep.equal({ kind: 'rejected', reason: 'validation' });
      }
    });
  });

  describe('that are not answered for certain are unknown', () => {
    const good = { code_url: 'weixin://a' };
    const text = JSON.stringify(good);
    const cases: Record<string, [HttpStep, Outcome]> = {
      'lost after sending': [
        { kind: 'unknown', reason: 'reset' },
        { kind: 'unknown', reason: 'reset' },
      ],
      'not sent at all': [
        { kind: 'notSent', reason: 'dns' },
        { kind: 'notSent', reason: 'dns' },
      ],
      'HTTP 500, though signed': [genuine(500, { code: 'SYSTEM_ERROR', message: '' }), { kind: 'unknown', reason: 'server_error' }],
      'HTTP 502 of a proxy': [answered(502, '<html>'), { kind: 'unknown', reason: 'server_error' }],
      'HTTP 429': [genuine(429, { code: 'FREQUENCY_LIMITED', message: '' }), { kind: 'unknown', reason: 'rate_limited' }],
      'HTTP 200 without a signature': [answered(200, text), { kind: 'unknown', reason: 'bad_signature' }],
      'HTTP 200 signed by somebody else': [genuine(200, good, { key: merchant.privateKey }), { kind: 'unknown', reason: 'bad_signature' }],
      'HTTP 200 signed long ago': [genuine(200, good, { atSec: nowSec - 301 }), { kind: 'unknown', reason: 'bad_signature' }],
      'HTTP 200 under a serial that is not configured': [
        genuine(200, good, { serial: '00' }),
        { kind: 'unknown', reason: 'bad_signature' },
      ],
      'HTTP 400 without a signature': [answered(400, '{"code":"PARAM_ERROR","message":""}'), { kind: 'unknown', reason: 'bad_signature' }],
      'HTTP 404 without a signature': [answered(404, '{"code":"ORDER_NOT_EXIST"}'), { kind: 'unknown', reason: 'bad_signature' }],
      'HTTP 403 with a wrong signature': [
        genuine(403, { code: 'NO_AUTH', message: '' }, { key: merchant.privateKey }),
        { kind: 'unknown', reason: 'bad_signature' },
      ],
      'HTTP 200 with text that is no JSON': [
        answered(200, '{"code_url":', vendorHeaders('{"code_url":')),
        { kind: 'unknown', reason: 'unreadable' },
      ],
      'HTTP 400 without a code': [genuine(400, { message: 'x' }), { kind: 'unknown', reason: 'unreadable' }],
      'HTTP 302': [genuine(302, {}), { kind: 'unknown', reason: 'unreadable' }],
    };
    for (const [name, [step, expected]] of Object.entries(cases)) {
      it(name, async () => {
        expect(await payWith(step)).to.deep.equal(expected);
      });
    }
  });

  describe('that WeChat Pay refuses', () => {
    const cases: [number, string, string, Partial<Outcome>][] = [
      [403, 'RULE_LIMIT', 'x', { kind: 'declined', code: 'limit_exceeded', advice: 'retry_other_method' }],
      [403, 'RULELIMIT', 'x', { kind: 'declined', code: 'limit_exceeded', advice: 'retry_other_method' }],
      [403, 'TRADE_ERROR', 'x', { kind: 'declined', code: 'declined', advice: 'retry_other_method' }],
      [400, 'PARAM_ERROR', 'x', { kind: 'rejected', reason: 'validation' }],
      [400, 'INVALID_REQUEST', 'time_expire 不合法', { kind: 'rejected', reason: 'validation' }],
      [400, 'INVALID_REQUEST', '请求重入时,参数与首次请求时不一致', { kind: 'rejected', reason: 'number_reused' }],
      [403, 'OUT_TRADE_NO_USED', 'x', { kind: 'rejected', reason: 'number_reused' }],
      [401, 'SIGN_ERROR', 'x', { kind: 'rejected', reason: 'auth' }],
      [403, 'NO_AUTH', 'x', { kind: 'rejected', reason: 'auth' }],
      [400, 'APPID_MCHID_NOT_MATCH', 'x', { kind: 'rejected', reason: 'config' }],
      [400, 'ORDERPAID', 'already paid', { kind: 'unknown', reason: 'unmapped' }],
      [400, 'ORDER_CLOSED', 'closed', { kind: 'unknown', reason: 'unmapped' }],
      [400, 'constructor', 'a code of tomorrow', { kind: 'unknown', reason: 'unmapped' }],
    ];
    for (const [status, code, message, expected] of cases) {
      it(`${code} (${message}) is ${Object.values(expected).join(', ')}`, async () => {
        const echo = expected.kind === 'declined' ? { echo: {} } : {};
        expect(await payWith(genuine(status, { code, message }))).to.deep.equal({ ...expected, ...echo, vendor: { code, message } });
      });
    }

    it('an unsigned 401 or 403 is our own fault', async () => {
      for (const status of [401, 403])
        expect(await payWith(answered(status, '{"code":"SIGN_ERROR"}'))).to.deep.equal({ kind: 'rejected', reason: 'auth' });
    });
  });
});

describe('WeChat Pay queries', () => {
  const echo = { number, merchantNo: '1900000109' };
  const unpaid = { appid: config.appid, mchid: config.mchid, out_trade_no: number };

  for (const state of ['SUCCESS', 'REFUND']) {
    it(`${state} is a success with the total, number and time of the answer`, async () => {
      const told = { ...paidOrder, trade_state: state, amount: { total: 999, payer_total: 1, currency: 'USD' } };
      expect(await queryWith(genuine(200, told))).to.deep.equal({
        kind: 'ok',
        report: {
          state: 'succeeded',
          channelNo: '4200000985202601021234567890',
          money: { amount: 999, currency: 'USD' },
          echo,
          at: new Date('2026-01-02T03:04:03Z'),
        },
      });
    });
  }

  for (const [state, ours] of [
    ['NOTPAY', 'pending'],
    ['USERPAYING', 'processing'],
    ['ACCEPT', 'processing'],
    ['CLOSED', 'closed'],
    ['REVOKED', 'closed'],
  ]) {
    it(`${state} is ${ours}`, async () => {
      expect(await queryWith(genuine(200, { ...unpaid, trade_state: state }))).to.deep.equal({ kind: 'ok', report: { state: ours, echo } });
    });
  }

  it("echoes another merchant's number or order as the vendor wrote it, for the kernel to refuse", async () => {
    const other = await queryWith(genuine(200, { ...paidOrder, mchid: '1900000110', out_trade_no: 'ANOTHER0001' }));
    expect(other).to.have.nested.property('report.echo').that.deep.equals({ number: 'ANOTHER0001', merchantNo: '1900000110' });
  });

  it('PAYERROR is final, and says of which order', async () => {
    const failed = { ...unpaid, trade_state: 'PAYERROR' };
    const declined = { kind: 'declined', code: 'declined', advice: 'retry_other_method', echo: { ...echo, number: 'ANOTHER0001' } };
    expect(await queryWith(genuine(200, { ...failed, out_trade_no: 'ANOTHER0001' }))).to.deep.include(declined);
  });

  it('data under any other status than 200 is not an order', async () => {
    for (const status of [201, 202, 302])
      expect(await queryWith(genuine(status, paidOrder))).to.deep.equal({ kind: 'unknown', reason: 'unreadable' });
  });

  it('a state of tomorrow is unknown', async () => {
    const outcome = await queryWith(genuine(200, { ...unpaid, trade_state: 'toString' }));
    expect(outcome).to.deep.equal({ kind: 'unknown', reason: 'unmapped', vendor: { code: 'toString', message: '' } });
  });

  it('a success that lacks a fact, or states it in another type, is unknown', async () => {
    const { mchid: _m, ...noMerchant } = paidOrder;
    const { out_trade_no: _n, ...noNumber } = paidOrder;
    const { transaction_id: _t, ...noVendorNumber } = paidOrder;
    const { amount: _a, ...noAmount } = paidOrder;
    const amounts = [
      null,
      888,
      { currency: 'CNY' },
      { total: 888 },
      { total: '8.88', currency: 'CNY' },
      { total: 8.5, currency: 'CNY' },
      { total: -1, currency: 'CNY' },
    ];
    const lacking = [noMerchant, noNumber, noVendorNumber, noAmount, ...amounts.map((amount) => ({ ...paidOrder, amount }))];
    for (const told of lacking)
      expect(await queryWith(genuine(200, told)), JSON.stringify(told)).to.deep.equal({ kind: 'unknown', reason: 'unreadable' });
  });

  it('an unreadable time leaves out the time and keeps the success', async () => {
    for (const success_time of ['yesterday', '2026-13-45T99:00:00+08:00', 5]) {
      const outcome = await queryWith(genuine(200, { ...paidOrder, success_time }));
      expect(outcome).to.have.nested.property('report.state', 'succeeded');
      expect(outcome).not.to.have.nested.property('report.at');
    }
  });

  for (const code of ['ORDER_NOT_EXIST', 'ORDERNOTEXIST', 'RESOURCE_NOT_EXISTS']) {
    it(`${code} is not found when it is signed, and unknown when it is not`, async () => {
      expect(await queryWith(genuine(404, { code, message: '' }))).to.deep.equal({ kind: 'ok', report: { state: 'not_found' } });
      expect(await queryWith(answered(404, JSON.stringify({ code })))).to.have.property('kind', 'unknown');
    });
  }

  it('never declines for an error code', async () => {
    for (const code of ['RULE_LIMIT', 'TRADE_ERROR', 'NOT_ENOUGH', 'INVALID_REQUEST', 'USERPAYING']) {
      expect(await queryWith(genuine(403, { code, message: '' }))).to.have.property('kind', 'unknown');
    }
  });
});

describe('WeChat Pay closes', () => {
  const closeWith = async (step: HttpStep) => openWechat().close(attempt, makeCall({ http: scriptHttp(step).http }));

  it('204, genuine, is closed', async () => {
    expect(await closeWith(genuine(204))).to.deep.equal({ kind: 'closed' });
    expect(await closeWith(answered(204, ''))).to.deep.equal({ kind: 'unknown', reason: 'bad_signature' });
  });

  for (const [code, kind] of [
    ['ORDERPAID', 'paid'],
    ['ORDER_PAID', 'paid'],
    ['ORDER_CLOSED', 'closed'],
    ['ORDERNOTEXIST', 'notFound'],
    ['RESOURCE_NOT_EXISTS', 'notFound'],
    ['SIGN_ERROR', 'rejected'],
    ['USERPAYING', 'unknown'],
    ['TRADE_ERROR', 'unknown'],
  ]) {
    it(`${code} is ${kind}, and unknown without a signature`, async () => {
      expect(await closeWith(genuine(400, { code, message: '' }))).to.have.property('kind', kind);
      expect(await closeWith(answered(400, JSON.stringify({ code, message: '' })))).to.have.property('kind', 'unknown');
    });
  }
});
