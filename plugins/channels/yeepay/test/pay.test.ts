import { expect } from 'chai';
import { answered, makeCall, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import {
  attempt,
  config,
  good,
  number,
  openYeepay,
  order,
  ours,
  rawOf,
  refunded,
  refundNumber,
  refundRequest,
  request,
  seal,
  signedAnswer,
} from './fixture.ts';

const channel = openYeepay();
const fieldsOf = (text: unknown) => {
  const decoded = [...new URLSearchParams(String(text))].map(([name, value]) => [name, decodeURIComponent(value.replaceAll('+', ' '))]);
  return Object.fromEntries(decoded) as Record<string, string>;
};

describe('yeepay: paying', () => {
  it('makes one code for two wallets', async () => {
    const { http, requests } = scriptHttp(good({ ...order, code: '00000', qrCodeUrl: 'https://qr.yeepay.com/x' }));
    expect(await channel.pay(request, makeCall({ http }))).to.deep.equal({
      kind: 'action',
      action: { type: 'qr', qrContent: 'https://qr.yeepay.com/x' },
    });
    expect(requests[0]).to.include({ method: 'POST', url: 'https://yeepay.example/yop-center/rest/v1.0/aggpay/pay-link' });
    expect(requests[0]?.headers).to.include({ 'x-yop-sdk-version': '4.0.0', 'x-yop-appkey': config.app_key });
    expect(fieldsOf(requests[0]?.body)).to.deep.equal({
      parentMerchantNo: config.merchant_no,
      merchantNo: config.merchant_no,
      orderId: number,
      orderAmount: '19.99',
      goodsName: '一杯茶 & cake',
      userIp: '203.0.113.9',
      notifyUrl: request.callbackUrl,
      expiredTime: '2026-01-03 01:04:00',
      payWay: 'USER_SCAN',
      scene: '{"WECHAT":"OFFLINE","ALIPAY":"OFFLINE"}',
    });
  });

  it('takes a payment code, whose shopper may still have to type a password', async () => {
    const waiting = scriptHttp(good({ ...order, code: '00000', status: 'PROCESSING' }));
    const barcode = { ...request, product: 'barcode' };
    expect(await channel.pay(barcode, makeCall(waiting))).to.have.nested.property('report.state', 'processing');
    expect(fieldsOf(waiting.requests[0]?.body)).to.include({
      payWay: 'MERCHANT_SCAN',
      authCode: '134567890123456789',
      terminalId: 'paymux',
    });
    expect(await channel.pay(barcode, makeCall(scriptHttp(good(order))))).to.have.nested.property('report.state', 'succeeded');
  });

  for (const [name, answer, outcome] of [
    ['a refusal of the business', good({ code: 'OPR10001', message: 'no' }), { kind: 'unknown', reason: 'unmapped' }],
    ['a refused parameter', signedAnswer(400, { code: '40042', message: 'no' }), { kind: 'rejected', reason: 'validation' }],
    ['an unknown application', signedAnswer(400, { code: '99001001' }), { kind: 'rejected', reason: 'auth' }],
    ['a code that nobody knows', signedAnswer(400, { code: '50000' }), { kind: 'unknown', reason: 'unmapped' }],
    ['trouble there', answered(500, '{}'), { kind: 'unknown', reason: 'server_error' }],
    ['a limit', answered(429, ''), { kind: 'unknown', reason: 'rate_limited' }],
    ['no signature', answered(200, JSON.stringify({ result: order })), { kind: 'unknown', reason: 'bad_signature' }],
    ["a stranger's signature", signedAnswer(200, { result: order }, ours.privateKey), { kind: 'unknown', reason: 'bad_signature' }],
    ['a code of another order', good({ ...order, code: '00000', orderId: 'x', qrCodeUrl: 'https://q' }), { kind: 'unknown' }],
    ['an address that is none', good({ ...order, code: '00000', qrCodeUrl: 'weixin://' }), { kind: 'unknown', reason: 'unreadable' }],
  ] as const) {
    it(`answered with ${name} is ${JSON.stringify(outcome)}`, async () => {
      expect(await channel.pay(request, makeCall(scriptHttp(answer)))).to.deep.include(outcome);
    });
  }
});

describe('yeepay: asking and closing', () => {
  it('tells success with the facts of the answer', async () => {
    const { http, requests } = scriptHttp(good({ ...order, orderAmount: '20.00', merchantNo: '10086000000' }));
    expect(await channel.query(attempt, makeCall({ http }))).to.deep.equal({
      kind: 'ok',
      report: {
        state: 'succeeded',
        channelNo: order.uniqueOrderNo,
        money: { amount: 2000, currency: 'CNY' },
        echo: { number, merchantNo: '10086000000' },
        at: new Date('2026-01-02T03:10:00Z'),
      },
    });
    expect(requests[0]?.url).to.match(/\/rest\/v1\.0\/trade\/order\/query\?merchantNo=/);
  });

  for (const [status, state] of [
    ['PROCESSING', 'pending'],
    ['TIME_OUT', 'closed'],
    ['CLOSE', 'closed'],
  ]) {
    it(`reads ${status} as ${state}`, async () => {
      const outcome = await channel.query(attempt, makeCall(scriptHttp(good({ ...order, status }))));
      expect(outcome).to.have.nested.property('report.state', state);
    });
  }

  it('reads a failed order as declined, and an order that does not exist as not found', async () => {
    expect(await channel.query(attempt, makeCall(scriptHttp(good({ ...order, status: 'FAIL' }))))).to.include({ kind: 'declined' });
    const other = { ...order, status: 'FAIL', orderId: 'OTHER', merchantNo: '10086039999' };
    const echo = { number: 'OTHER', merchantNo: '10086039999' };
    expect(await channel.query(attempt, makeCall(scriptHttp(good(other)))), 'for the kernel to refuse').to.deep.include({
      kind: 'declined',
      echo,
    });
    const missing = good({ code: 'OPR11000', message: '订单不存在' });
    expect(await channel.query(attempt, makeCall(scriptHttp(missing)))).to.have.nested.property('report.state', 'not_found');
  });

  it('takes half an answer for none', async () => {
    for (const change of [{ orderAmount: 'x' }, { orderAmount: '1.999' }, { uniqueOrderNo: '' }, { orderId: 1 }, { status: 'NEW' }]) {
      const outcome = await channel.query(attempt, makeCall(scriptHttp(good({ ...order, ...change }))));
      expect(outcome, JSON.stringify(change)).to.deep.equal({ kind: 'unknown', reason: 'unreadable' });
    }
  });

  it('closes, and where it cannot, the order tells why', async () => {
    expect(await channel.close(attempt, makeCall(scriptHttp(good({ ...order, code: 'OPR00000' }))))).to.deep.equal({ kind: 'closed' });
    const refused = () => good({ code: 'OPR12000', message: 'no' });
    expect(await channel.close(attempt, makeCall(scriptHttp(refused(), good(order))))).to.deep.equal({ kind: 'paid' });
    expect(await channel.close(attempt, makeCall(scriptHttp(refused(), good({ ...order, status: 'CLOSE' }))))).to.deep.equal({
      kind: 'closed',
    });
    const open = scriptHttp(refused(), good({ ...order, status: 'PROCESSING' }));
    expect(await channel.close(attempt, makeCall(open))).to.include({ kind: 'unknown' });
  });
});

describe('yeepay: refunds', () => {
  for (const [status, state] of [
    ['SUCCESS', 'succeeded'],
    ['PROCESSING', 'processing'],
    ['SUSPEND', 'abnormal'],
    ['FAILED', 'failed'],
    ['CANCEL', 'failed'],
  ]) {
    it(`reads ${status} as ${state}`, async () => {
      const { http, requests } = scriptHttp(good({ ...refunded, status }), good({ ...refunded, status }));
      expect(await channel.refund(refundRequest, makeCall({ http }))).to.have.nested.property('report.state', state);
      expect(await channel.queryRefund(refundRequest, makeCall({ http }))).to.have.nested.property('report.state', state);
      expect(fieldsOf(requests[0]?.body)).to.include({
        orderId: number,
        refundRequestId: refundNumber,
        refundAmount: '5.00',
        description: '太冷了',
      });
    });
  }

  it('that are refused by the business are unknown: its codes are not public, and the query decides', async () => {
    expect(await channel.refund(refundRequest, makeCall(scriptHttp(good({ code: 'OPR20000' }))))).to.include({ kind: 'unknown' });
    const missing = good({ code: 'OPR20001', message: '退款单不存在' });
    expect(await channel.queryRefund(refundRequest, makeCall(scriptHttp(missing)))).to.have.nested.property('report.state', 'not_found');
  });
});

describe('yeepay: callbacks', () => {
  const call = makeCall();

  it('tell of a payment, a refund, and that something changed', async () => {
    const paid = await channel.parseCallback(rawOf(seal(JSON.stringify(order))), call);
    expect(paid).to.deep.include({ kind: 'event', trust: 'signed' });
    expect(paid).to.have.nested.property('items[0].report.state', 'succeeded');
    const back = await channel.parseCallback(rawOf(seal(JSON.stringify(refunded))), call);
    expect(back).to.have.nested.property('items[0].number', refundNumber);
    const failed = await channel.parseCallback(rawOf(seal(JSON.stringify({ ...order, status: 'FAIL' }))), call);
    expect(failed).to.have.deep.nested.property('items[0].report', { state: 'changed' });
  });

  it('for another application, from a stranger, or without sense are refused', async () => {
    for (const [raw, reason] of [
      [rawOf(seal(JSON.stringify(order)), 'app_another'), 'wrong_account'],
      [rawOf(seal(JSON.stringify(order), { signer: ours.privateKey })), 'bad_signature'],
      [rawOf(''), 'bad_signature'],
      [rawOf(seal('[]')), 'malformed'],
      [rawOf(seal(JSON.stringify({ ...order, orderAmount: 'x' }))), 'malformed'],
    ] as const) {
      expect(await channel.parseCallback(raw, call)).to.deep.include({ kind: 'refused', reason });
    }
  });
});

describe('yeepay: configuration', () => {
  for (const [name, overrides, livemode] of [
    ['no key', { private_key: '' }, false],
    ['a key that is none', { platform_public_key: 'AAAA' }, false],
    ['a merchant that is none', { merchant_no: 'x' }, false],
    ['the live address in test mode', { base_url: 'https://openapi.yeepay.com/yop-center' }, false],
    ['the sandbox in live mode', { base_url: 'https://sandbox.yeepay.com/yop-center' }, true],
    ['an address in the clear', { base_url: 'http://yeepay.example' }, false],
  ] as const) {
    it(`refuses ${name} by the field's name`, () => {
      expect(() => openYeepay(overrides, livemode)).to.throw(/^(private_key|platform_public_key|merchant_no|base_url) /);
    });
  }
});
