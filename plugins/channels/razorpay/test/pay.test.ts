import { expect } from 'chai';
import { makeCall, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import { attempt, bad, config, good, list, missing, number, openRazorpay, order, orderId, payment, paymentId, request } from './fixture.ts';

const channel = openRazorpay();
const attempted = { ...order, status: 'attempted' };

describe('razorpay: paying', () => {
  it('opens an order and hands the window what it takes', async () => {
    const { http, requests } = scriptHttp(good(order));
    const payer = { name: 'Ada', email: 'ada@example.com', phone: '+919000090000' };
    const params = {
      key: config.key_id,
      order_id: orderId,
      amount: 1999,
      currency: 'INR',
      name: 'Tea & Co.',
      description: request.subject,
      prefill: { name: 'Ada', email: 'ada@example.com', contact: '+919000090000' },
    };
    const outcome = await channel.pay({ ...request, payer }, makeCall({ http }));
    expect(outcome).to.deep.equal({ kind: 'action', action: { type: 'sdk', params }, sessionNo: orderId });
    expect(requests).to.deep.equal([
      {
        method: 'POST',
        url: 'https://razorpay.example/v1/orders',
        headers: {
          accept: 'application/json',
          authorization: 'Basic cnpwX3Rlc3RfMDEyMzQ1Njc4OWFiY2Q6MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3',
          'user-agent': 'paymux',
          'content-type': 'application/json',
        },
        body: `{"amount":1999,"currency":"INR","receipt":"${number}","payment_capture":true,"notes":{"subject":"Tea & \\"cake\\", 茶"}}`,
      },
    ]);
  });

  it('sends yen as they are', async () => {
    const { http, requests } = scriptHttp(good({ ...order, amount: 500, currency: 'JPY' }));
    const outcome = await channel.pay({ ...request, money: { amount: 500, currency: 'JPY' } }, makeCall({ http }));
    expect(outcome).to.have.nested.property('action.params.amount', 500);
    expect(String(requests[0]?.body)).to.include('"amount":500,"currency":"JPY"');
  });

  for (const [name, answer, outcome] of [
    ['a fault of the request', bad(400, 'BAD_REQUEST_ERROR'), { kind: 'rejected', reason: 'validation' }],
    ['a fault behind Razorpay', bad(400, 'GATEWAY_ERROR'), { kind: 'unknown', reason: 'unmapped' }],
    ['a refused key', bad(401, 'BAD_REQUEST_ERROR'), { kind: 'rejected', reason: 'auth' }],
    ['a limit', bad(429, 'BAD_REQUEST_ERROR'), { kind: 'unknown', reason: 'rate_limited' }],
    ['trouble there', bad(502, 'SERVER_ERROR'), { kind: 'unknown', reason: 'server_error' }],
    ['an order of another amount', good({ ...order, amount: 2000 }), { kind: 'unknown', reason: 'unreadable' }],
    ['an order under another number', good({ ...order, receipt: 'other' }), { kind: 'unknown', reason: 'unreadable' }],
    ['no order', good({}), { kind: 'unknown', reason: 'unreadable' }],
    ['silence', { kind: 'unknown', reason: 'timeout' }, { kind: 'unknown', reason: 'timeout' }],
    ['no connection', { kind: 'notSent', reason: 'refused' }, { kind: 'notSent', reason: 'refused' }],
  ] as const) {
    it(`answered with ${name} is ${JSON.stringify(outcome)}`, async () => {
      expect(await channel.pay(request, makeCall(scriptHttp(answer)))).to.deep.include(outcome);
    });
  }
});

describe('razorpay: asking', () => {
  it('tells success with the facts of the answers', async () => {
    const { http, requests } = scriptHttp(
      good({ ...order, status: 'paid' }),
      list({ ...payment, status: 'failed' }, { ...payment, amount: 2000 }),
    );
    expect(await channel.query(attempt, makeCall({ http }))).to.deep.equal({
      kind: 'ok',
      report: {
        state: 'succeeded',
        channelNo: paymentId,
        money: { amount: 2000, currency: 'INR' },
        echo: { number, merchantNo: config.account_id },
      },
      sessionNo: orderId,
    });
    expect(requests.map(({ url }) => new URL(url).pathname)).to.deep.equal([`/v1/orders/${orderId}`, `/v1/orders/${orderId}/payments`]);
  });

  it('asks no further about an order that nobody tried to pay', async () => {
    expect(await channel.query(attempt, makeCall(scriptHttp(good(order))))).to.have.nested.property('report.state', 'pending');
  });

  for (const [status, state] of [
    ['failed', 'pending'],
    ['created', 'pending'],
    ['authorized', 'processing'],
  ] as const) {
    it(`reads a payment that is ${status} as ${state}`, async () => {
      const outcome = await channel.query(attempt, makeCall(scriptHttp(good(attempted), list({ ...payment, status }))));
      expect(outcome).to.have.nested.property('report.state', state);
    });
  }

  for (const [name, status, payments] of [
    ['money that went back', 'paid', [{ ...payment, status: 'refunded' }]],
    ['a paid order without a payment', 'paid', []],
    ['a payment of another order', 'paid', [{ ...payment, order_id: 'order_other' }]],
    ['a status that nobody knows', 'attempted', [{ ...payment, status: 'new' }]],
    ['a broken amount', 'paid', [{ ...payment, amount: '19.99' }]],
  ] as const) {
    it(`takes ${name} for nothing`, async () => {
      const outcome = await channel.query(attempt, makeCall(scriptHttp(good({ ...order, status }), list(...payments))));
      expect(outcome).to.deep.equal({ kind: 'unknown', reason: 'unreadable' });
    });
  }

  it('finds an order whose creation was never answered by its receipt', async () => {
    const found = scriptHttp(list(order));
    const outcome = await channel.query({ ...attempt, sessionNo: null }, makeCall(found));
    expect(outcome).to.deep.equal({ kind: 'ok', report: { state: 'pending', echo: { number } }, sessionNo: orderId });
    expect(found.requests[0]?.url).to.equal(`https://razorpay.example/v1/orders?receipt=${number}`);
    const none = await channel.query({ ...attempt, sessionNo: null }, makeCall(scriptHttp(list())));
    expect(none).to.have.nested.property('report.state', 'not_found');
    for (const items of [[order, { ...order, id: 'order_second' }], [{ ...order, receipt: 'other' }]]) {
      const unclear = await channel.query({ ...attempt, sessionNo: null }, makeCall(scriptHttp(list(...items))));
      expect(unclear).to.deep.equal({ kind: 'unknown', reason: 'unreadable' });
    }
  });

  it('reads the sentence about an id that does not exist', async () => {
    expect(await channel.query(attempt, makeCall(scriptHttp(missing)))).to.have.nested.property('report.state', 'not_found');
    expect(await channel.query(attempt, makeCall(scriptHttp(bad(400, 'BAD_REQUEST_ERROR'))))).to.include({ kind: 'rejected' });
  });
});

describe('razorpay: configuration', () => {
  for (const [name, overrides, livemode] of [
    ['an empty key', { key_secret: '' }, false],
    ['a short key', { key_secret: 'abc' }, false],
    ['a short webhook secret', { webhook_secret: '123456' }, false],
    ['a live key in test mode', { key_id: 'rzp_live_0123456789abcd' }, false],
    ['a test key in live mode', {}, true],
    ['a merchant id that is none', { account_id: 'me' }, false],
    ['an address in the clear', { base_url: 'http://razorpay.example' }, false],
  ] as const) {
    it(`refuses ${name} by the field's name`, () => {
      expect(() => openRazorpay(overrides, livemode))
        .to.throw(/^(key_id|key_secret|webhook_secret|account_id|base_url) /)
        .and.satisfy((error: Error) => !error.message.includes(config.key_secret));
    });
  }
});
