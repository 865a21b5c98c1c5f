import { createVerify } from 'node:crypto';
import { expect } from 'chai';
import type { Payer, PayRequest } from '../../../../core/contract/channel.ts';
import type { WireRequest } from '../../../../core/contract/kit.ts';
import { answered, type HttpStep, makeCall, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import {
  attempt,
  config,
  genuine,
  merchant,
  nonce,
  nowSec,
  number,
  openDouyin,
  paidOrder,
  payRequest,
  refundFacts,
  refundNumber,
  refundRequest,
  vendorHeaders,
} from './fixture.ts';

const channel = openDouyin();

/** True when the merchant's key made this signature over this text. */
const isMerchants = (text: string, signature: string) =>
  createVerify('RSA-SHA256').update(text).verify(merchant.publicKey, signature, 'base64');

async function payWith(step: HttpStep, overrides: Partial<PayRequest> = {}) {
  const { http, requests } = scriptHttp(step);
  const outcome = await channel.pay(payRequest(overrides), makeCall({ http }));
  return { outcome, sent: requests[0] as WireRequest };
}

const asked = async (step: HttpStep) => channel.query(attempt, makeCall({ http: scriptHttp(step).http }));
const closed = async (step: HttpStep) => channel.close(attempt, makeCall({ http: scriptHttp(step).http }));
const refunded = async (step: HttpStep) => channel.refund(refundRequest, makeCall({ http: scriptHttp(step).http }));
const fault = (status: number, code: string) => genuine(status, { code, message: 'text' });

describe('Douyin Pay requests', () => {
  it('sign method, path with query, time, nonce and body', async () => {
    const { sent } = await payWith(genuine(200, { code_url: 'https://dy.example/c' }));
    const [, signature = ''] = /,signature="([^"]+)"$/.exec(sent.headers?.authorization ?? '') ?? [];
    expect(sent.headers?.authorization).to.equal(
      `DouyinPay-RSA mchid="80001234567",nonce_str="${nonce}",timestamp="${nowSec}",serial_no="75A1C0D2E3F40516",signature="${signature}"`,
    );
    expect(isMerchants(`POST\n/v1/trade/transactions/native\n${nowSec}\n${nonce}\n${sent.body}\n`, signature)).to.equal(true);
    const { http, requests } = scriptHttp(genuine(200, paidOrder));
    await channel.query(attempt, makeCall({ http }));
    const path = `/v1/trade/transactions/out-trade-no/${number}?mchid=80001234567`;
    expect(requests[0])
      .to.include({ method: 'GET', url: `${config.base_url}${path}` })
      .and.not.have.property('body');
    const [, ofQuery = ''] = /,signature="([^"]+)"$/.exec(requests[0]?.headers?.authorization ?? '') ?? [];
    expect(isMerchants(`GET\n${path}\n${nowSec}\n${nonce}\n\n`, ofQuery)).to.equal(true);
  });

  it('hold an order byte for byte', async () => {
    const { sent } = await payWith(genuine(200, { code_url: 'https://dy.example/c' }));
    expect(sent.body).to.equal(
      `{"appid":"awz9w2wncdof4ba6","mchid":"80001234567","description":"一杯 \\"coffee\\"","out_trade_no":"${number}",` +
        '"time_expire":"2026-01-03T01:04:00+08:00","notify_url":"https://pay.example.com/v1/callbacks/douyin/acc_1",' +
        '"amount":{"total":888,"currency":"CNY"}}',
    );
  });

  const shoppers: readonly (readonly [string, Payer, unknown])[] = [
    ['native', { clientIp: '203.0.113.9' }, { scene_info: { payer_client_ip: '203.0.113.9' } }],
    ['jsapi', { openid: 'o-1' }, { payer: { openid: 'o-1' } }],
    ['h5', { clientIp: '203.0.113.9' }, { scene_info: { payer_client_ip: '203.0.113.9', h5_info: { type: 'Wap' } } }],
  ];
  for (const [product, payer, told] of shoppers) {
    it(`tell of the shopper what ${product} asks for`, async () => {
      const { sent } = await payWith(genuine(200, {}), { product, payer });
      expect(sent.url).to.equal(`${config.base_url}/v1/trade/transactions/${product}`);
      expect(JSON.parse(String(sent.body))).to.deep.include(told);
    });
  }

  it('are not sent for another currency, an unknown product, or h5 without an address', async () => {
    const call = makeCall();
    const dollars = { amount: 888, currency: 'USD' };
    expect(await channel.pay(payRequest({ money: dollars }), call)).to.deep.equal({ kind: 'rejected', reason: 'unsupported' });
    expect(await channel.refund({ ...refundRequest, money: dollars }, call)).to.deep.equal({ kind: 'rejected', reason: 'unsupported' });
    for (const product of ['h5', 'constructor', 'barcode'])
      expect(await channel.pay(payRequest({ product }), call)).to.deep.equal({ kind: 'rejected', reason: 'validation' });
  });

  it('cut long descriptions without breaking a character', async () => {
    const { sent } = await payWith(genuine(200, {}), { subject: '😀'.repeat(200) });
    expect(JSON.parse(String(sent.body)).description).to.equal('😀'.repeat(95));
  });
});

describe('Douyin Pay orders', () => {
  it('answer a QR code or a page', async () => {
    expect((await payWith(genuine(200, { code_url: 'douyin://c' }))).outcome).to.deep.equal({
      kind: 'action',
      action: { type: 'qr', qrContent: 'douyin://c' },
    });
    const h5 = { product: 'h5', payer: { clientIp: '203.0.113.9' } };
    expect((await payWith(genuine(200, { h5_url: 'https://dy.example/h5?a=1' }), h5)).outcome).to.deep.equal({
      kind: 'action',
      action: { type: 'redirect', url: 'https://dy.example/h5?a=1' },
    });
    expect((await payWith(genuine(200, { h5_url: 'javascript:alert(1)' }), h5)).outcome).to.deep.include({ kind: 'unknown' });
  });

  it('answer what the page hands to Douyin, signed over the whole package', async () => {
    const { outcome } = await payWith(genuine(200, { prepay_id: 'dy11' }), { product: 'jsapi' });
    const { params } = (outcome as { action: { params: Record<string, string> } }).action;
    const { paySign = '', ...rest } = params;
    const timeStamp = String(nowSec);
    expect(rest).to.deep.equal({
      appId: config.appid,
      timeStamp,
      nonceStr: nonce,
      package: 'prepay_id=dy11',
      signType: 'DouyinPay-RSA',
    });
    expect(isMerchants(`${config.appid}\n${timeStamp}\n${nonce}\nprepay_id=dy11\n`, paySign)).to.equal(true);
  });

  it('answer what the app hands to the SDK, signed over the bare order id', async () => {
    const { outcome } = await payWith(genuine(200, { prepay_id: 'dy11' }), { product: 'app' });
    const { params } = (outcome as { action: { params: Record<string, string> } }).action;
    const { sign = '', ...rest } = params;
    const facts = { appid: config.appid, partnerid: config.mchid, prepayid: 'dy11', package: 'Sign=DYPay', noncestr: nonce };
    expect(rest).to.deep.equal({ ...facts, timestamp: String(nowSec) });
    expect(isMerchants(`${config.appid}\n${nowSec}\n${nonce}\ndy11\n`, sign)).to.equal(true);
  });

  const body = '{"code_url":"douyin://c"}';
  const unproven: Readonly<Record<string, HttpStep>> = {
    'without a signature': answered(200, body),
    'signed by somebody else': answered(200, body, vendorHeaders(body, { key: merchant.privateKey })),
    'signed long ago': answered(200, body, vendorHeaders(body, { timestamp: String(nowSec - 301) })),
    'signed over other bytes': answered(200, `${body} `, vendorHeaders(body)),
    'under an unknown serial': answered(200, body, vendorHeaders(body, { serial: 'FFFF' })),
    'refusing under a wrong signature': answered(404, '{"code":"ORDER_NOT_EXIST"}', vendorHeaders(body)),
  };
  for (const [name, step] of Object.entries(unproven)) {
    it(`are unknown when the answer is ${name}`, async () => {
      expect((await payWith(step)).outcome).to.deep.equal({ kind: 'unknown', reason: 'bad_signature' });
      expect(await asked(step)).to.deep.equal({ kind: 'unknown', reason: 'bad_signature' });
    });
  }

  const outcomes: readonly (readonly [HttpStep, object])[] = [
    [
      { kind: 'notSent', reason: 'refused' },
      { kind: 'notSent', reason: 'refused' },
    ],
    [
      { kind: 'unknown', reason: 'timeout' },
      { kind: 'unknown', reason: 'timeout' },
    ],
    [fault(500, 'SYSTEM_ERROR'), { kind: 'unknown', reason: 'server_error' }],
    [fault(429, 'FREQUENCY_LIMITED'), { kind: 'unknown', reason: 'rate_limited' }],
    [genuine(200, {}), { kind: 'unknown', reason: 'unreadable' }],
    [genuine(200, []), { kind: 'unknown', reason: 'unreadable' }],
    [genuine(202, { code_url: 'douyin://c' }), { kind: 'unknown', reason: 'unreadable' }],
    [genuine(400, { message: 'no code' }), { kind: 'unknown', reason: 'unreadable' }],
    [answered(502, '<html>'), { kind: 'unknown', reason: 'server_error' }],
    [answered(403, '<html>'), { kind: 'unknown', reason: 'unreadable' }],
    [fault(403, 'NOT_ENOUGH'), { kind: 'unknown', reason: 'unmapped', vendor: { code: 'NOT_ENOUGH', message: 'text' } }],
    [fault(400, 'PARAM_ERROR'), { kind: 'rejected', reason: 'validation', vendor: { code: 'PARAM_ERROR', message: 'text (参数错误。)' } }],
    [
      fault(403, 'OUT_TRADE_NO_USED'),
      { kind: 'rejected', reason: 'number_reused', vendor: { code: 'OUT_TRADE_NO_USED', message: 'text (商户订单号重复。)' } },
    ],
    [
      answered(401, '{"code":"SIGN_ERROR"}'),
      { kind: 'rejected', reason: 'auth', vendor: { code: 'SIGN_ERROR', message: 'The signature is refused. (签名错误。)' } },
    ],
  ];
  outcomes.forEach(([step, outcome], index) => {
    it(`come to the outcome that the answer proves (${index + 1}: ${JSON.stringify(outcome).slice(0, 60)})`, async () => {
      expect((await payWith(step)).outcome).to.deep.equal(outcome);
    });
  });
});

describe('Douyin Pay queries', () => {
  it('state a success by the facts of the answer, whatever was asked for', async () => {
    const told = { ...paidOrder, out_trade_no: 'OTHER', mchid: '8', amount: { total: 5, currency: 'USD' } };
    expect(await asked(genuine(200, told))).to.deep.equal({
      kind: 'ok',
      report: {
        state: 'succeeded',
        channelNo: paidOrder.transaction_id,
        money: { amount: 5, currency: 'USD' },
        echo: { number: 'OTHER', merchantNo: '8' },
        at: new Date('2026-01-02T03:04:03Z'),
      },
    });
  });

  for (const [trade_state, state] of Object.entries({
    REFUND: 'succeeded',
    NOTPAY: 'pending',
    USERPAYING: 'processing',
    CLOSED: 'closed',
  })) {
    it(`read ${trade_state} as ${state}`, async () => {
      expect(await asked(genuine(200, { ...paidOrder, trade_state }))).to.have.nested.property('report.state', state);
    });
  }

  it('never decline: PAYERROR and states of tomorrow are unknown', async () => {
    for (const code of ['PAYERROR', 'TOMORROW', 'constructor'])
      expect(await asked(genuine(200, { ...paidOrder, trade_state: code }))).to.deep.equal({
        kind: 'unknown',
        reason: 'unmapped',
        vendor: { code, message: '' },
      });
  });

  it('are unreadable when a fact is missing', async () => {
    for (const lack of ['out_trade_no', 'mchid', 'trade_state', 'transaction_id', 'amount'])
      expect(await asked(genuine(200, { ...paidOrder, [lack]: undefined })), lack).to.deep.equal({ kind: 'unknown', reason: 'unreadable' });
  });

  it('find nothing where the vendor says so, signed or not', async () => {
    const nothing = { kind: 'ok', report: { state: 'not_found' } };
    expect(await asked(fault(404, 'ORDER_NOT_EXIST'))).to.deep.equal(nothing);
    expect(await asked(answered(404, '{"code":"ORDER_NOT_EXIST","message":""}'))).to.deep.equal(nothing);
    expect(await asked(answered(404, 'not found'))).to.have.property('kind', 'unknown');
  });
});

describe('Douyin Pay closes', () => {
  it('name the order in the address and the merchant in the body', async () => {
    const { http, requests } = scriptHttp(genuine(200));
    await channel.close(attempt, makeCall({ http }));
    const url = `${config.base_url}/v1/trade/transactions/out-trade-no/${number}/close`;
    expect(requests[0]).to.include({ method: 'POST', url, body: '{"mchid":"80001234567"}' });
  });

  it('are believed when the empty answer is signed, with 200 as with 204', async () => {
    for (const status of [200, 204]) expect(await closed(genuine(status))).to.deep.equal({ kind: 'closed' });
    expect(await closed(answered(200, ''))).to.deep.equal({ kind: 'unknown', reason: 'bad_signature' });
  });

  it('learn what became of the order otherwise', async () => {
    for (const [code, kind] of Object.entries({
      ORDERPAID: 'paid',
      ORDER_PAID: 'paid',
      ORDER_CLOSED: 'closed',
      ORDER_NOT_EXIST: 'notFound',
    }))
      expect(await closed(fault(400, code))).to.deep.equal({ kind });
    expect(await closed(fault(400, 'INVALID_REQUEST'))).to.include({ kind: 'unknown', reason: 'unmapped' });
  });
});

describe('Douyin Pay refunds', () => {
  it('hold a refund byte for byte', async () => {
    const { http, requests } = scriptHttp(genuine(200, { ...refundFacts, status: 'PROCESSING' }));
    const outcome = await channel.refund(refundRequest, makeCall({ http }));
    expect(requests[0]?.body).to.equal(
      `{"appid":"awz9w2wncdof4ba6","mchid":"80001234567","out_trade_no":"${number}","out_refund_no":"${refundNumber}","reason":"cold",` +
        '"notify_url":"https://pay.example.com/v1/callbacks/douyin/acc_1","amount":{"refund":300,"total":888,"currency":"CNY"}}',
    );
    expect(outcome).to.deep.equal({
      kind: 'ok',
      report: { state: 'processing', channelNo: refundFacts.refund_id, echo: { number: refundNumber } },
    });
  });

  it('are asked for by our number', async () => {
    const { http, requests } = scriptHttp(genuine(200, { ...refundFacts, status: 'SUCCESS', amount: { refund: 7, currency: 'CNY' } }));
    expect(await channel.queryRefund(refundRequest, makeCall({ http }))).to.have.nested.property('report.money.amount', 7);
    expect(requests[0]?.url).to.equal(`${config.base_url}/v1/trade/refund/domestic/refunds/${refundNumber}?mchid=80001234567`);
    const missing = scriptHttp(fault(404, 'RESOURCE_NOT_EXISTS')).http;
    expect(await channel.queryRefund(refundRequest, makeCall({ http: missing }))).to.deep.equal({
      kind: 'ok',
      report: { state: 'not_found' },
    });
  });

  it('of another order are not ours', async () => {
    const stranger = genuine(200, { ...refundFacts, out_trade_no: 'OTHER', status: 'SUCCESS' });
    expect(await refunded(stranger)).to.deep.equal({ kind: 'unknown', reason: 'unreadable' });
  });

  it('that are refused move to no conclusion of their own', async () => {
    for (const code of ['INVALID_REQUEST', 'NOT_ENOUGH', 'RESOURCE_NOT_EXISTS'])
      expect(await refunded(fault(400, code))).to.include({ kind: 'unknown', reason: 'unmapped' });
    expect(await refunded(genuine(200, { ...refundFacts, status: 'TOMORROW' }))).to.include({ kind: 'unknown', reason: 'unmapped' });
    expect(await refunded(genuine(200, { ...refundFacts, status: 'SUCCESS', amount: {} }))).to.include({ reason: 'unreadable' });
  });
});
