import { expect } from 'chai';
import { makeCall, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import { readVendorCases, readVendorSchema, type VendorSchema } from '../../../../test/kit/vendor-schema.ts';
import {
  attempt,
  bad,
  captured,
  captureId,
  config,
  good,
  loggedIn,
  number,
  openPaypal,
  orderId,
  orderOf,
  payRequest,
  refunded,
  refundNumber,
  refundRequest,
  script,
  unprocessable,
} from './fixture.ts';

const paid = {
  state: 'succeeded',
  channelNo: captureId,
  money: { amount: 1999, currency: 'USD' },
  echo: { number, merchantNo: config.merchant_id },
  at: new Date('2026-01-02T03:10:00Z'),
};
const page = `https://www.sandbox.paypal.com/checkoutnow?token=${orderId}`;

describe('paypal: creating an order', () => {
  it('logs in, then sends our number as the key and as both references, and the shopper to PayPal', async () => {
    const { channel, call, requests } = script(good(orderOf('PAYER_ACTION_REQUIRED'), 201));
    expect(await channel.pay(payRequest, call)).to.deep.equal({
      kind: 'action',
      action: { type: 'redirect', url: page },
      sessionNo: orderId,
    });
    expect(requests[0]).to.deep.equal({
      isLogin: true,
      method: 'POST',
      url: 'https://paypal.example/v1/oauth2/token',
      headers: {
        accept: 'application/json',
        authorization: `Basic ${Buffer.from(`${config.client_id}:${config.client_secret}`).toString('base64')}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: 'grant_type=client_credentials',
    });
    expect(requests[1]?.headers).to.deep.equal({
      accept: 'application/json',
      authorization: 'Bearer token-1',
      prefer: 'return=representation',
      'paypal-request-id': number,
      'content-type': 'application/json',
    });
    expect(JSON.parse(String(requests[1]?.body))).to.deep.equal({
      intent: 'CAPTURE',
      purchase_units: [
        {
          amount: { currency_code: 'USD', value: '19.99' },
          payee: { merchant_id: config.merchant_id },
          description: 'Tea & "cake", 茶',
          custom_id: number,
          invoice_id: number,
        },
      ],
      payment_source: {
        paypal: {
          experience_context: {
            user_action: 'PAY_NOW',
            shipping_preference: 'NO_SHIPPING',
            locale: 'de-DE',
            return_url: payRequest.returnUrl,
            cancel_url: payRequest.returnUrl,
          },
        },
      },
    });
  });

  for (const href of ['http://www.paypal.com/x', 'https://paypal.com.evil.example/x', 'https://a@www.paypal.com/x', 'javascript:1', 7]) {
    it(`does not send the shopper to ${href}`, async () => {
      const { channel, call } = script(good({ ...orderOf('CREATED'), links: [{ rel: 'approve', href }] }));
      expect(await channel.pay(payRequest, call)).to.deep.equal({ kind: 'unknown', reason: 'unreadable' });
    });
  }

  it('writes forint without decimals and as many of them as the merchant meant; coins of them are refused here', async () => {
    const { channel, call, requests } = script(good(orderOf('CREATED')));
    await channel.pay({ ...payRequest, money: { amount: 199_900, currency: 'HUF' } }, call);
    expect(String(requests[1]?.body)).to.contain('{"currency_code":"HUF","value":"1999"}');
    const outcome = await openPaypal().pay({ ...payRequest, money: { amount: 199_950, currency: 'HUF' } }, makeCall());
    expect(outcome).to.include({ kind: 'rejected', reason: 'validation' });
    const yen = script(good(orderOf('CREATED')));
    await yen.channel.pay({ ...payRequest, money: { amount: 500, currency: 'JPY' } }, yen.call);
    expect(String(yen.requests[1]?.body)).to.contain('"value":"500"');
  });

  for (const [answer, outcome] of [
    [bad(400, 'INVALID_REQUEST', 'INVALID_PARAMETER_SYNTAX'), { kind: 'rejected', reason: 'validation' }],
    [unprocessable('PAYEE_ACCOUNT_INVALID'), { kind: 'rejected', reason: 'validation' }],
    [unprocessable('COMPLIANCE_VIOLATION'), { kind: 'declined', code: 'risk_rejected' }],
    [bad(403, 'NOT_AUTHORIZED', 'PERMISSION_DENIED'), { kind: 'rejected', reason: 'auth' }],
    [bad(409, 'RESOURCE_CONFLICT'), { kind: 'unknown', reason: 'unmapped' }],
    [bad(429, 'RATE_LIMIT_REACHED'), { kind: 'unknown', reason: 'rate_limited' }],
    [bad(500, 'INTERNAL_SERVER_ERROR'), { kind: 'unknown', reason: 'server_error' }],
    [good([] as object), { kind: 'unknown', reason: 'unreadable' }],
    [{ kind: 'unknown', reason: 'timeout' } as const, { kind: 'unknown', reason: 'timeout' }],
    [{ kind: 'notSent', reason: 'refused' } as const, { kind: 'notSent', reason: 'refused' }],
  ] as const) {
    it(`answered ${'body' in answer ? `${answer.status} ${answer.body}` : answer.reason} is ${JSON.stringify(outcome)}`, async () => {
      const { channel, call } = script(answer);
      expect(await channel.pay(payRequest, call)).to.deep.include(outcome);
    });
  }
});

describe('paypal: asking and capturing', () => {
  for (const [name, order, report] of [
    ['a new order', orderOf('CREATED'), { state: 'pending' }],
    ['an order that waits for the shopper', orderOf('PAYER_ACTION_REQUIRED'), { state: 'pending' }],
    ['an approved order, which is not paid', orderOf('APPROVED'), { state: 'approved' }],
    ['a voided order', orderOf('VOIDED'), { state: 'closed' }],
    ['a completed order', orderOf('COMPLETED', [captured]), paid],
    ['a refunded one', orderOf('COMPLETED', [{ ...captured, status: 'REFUNDED' }]), paid],
    ['a capture under review', orderOf('COMPLETED', [{ ...captured, status: 'PENDING' }]), { state: 'processing', channelNo: captureId }],
    ['a capture after one that failed', orderOf('COMPLETED', [{ ...captured, id: 'X', status: 'FAILED' }, captured]), paid],
  ] as const) {
    it(`${name} is ${report.state}`, async () => {
      const { channel, call, requests } = script(good(order));
      expect(await channel.query(attempt, call))
        .to.have.property('report')
        .that.deep.includes(report);
      expect(requests[1]?.url).to.equal(`https://paypal.example/v2/checkout/orders/${orderId}`);
    });
  }

  it('a completed order whose captures all failed is declined for good', async () => {
    const { channel, call } = script(good(orderOf('COMPLETED', [{ ...captured, status: 'DECLINED' }])));
    expect(await channel.query(attempt, call)).to.include({ kind: 'declined' });
  });

  for (const [name, order] of [
    ['without a capture', orderOf('COMPLETED')],
    ['without an amount', orderOf('COMPLETED', [{ ...captured, amount: null }])],
    ['with a number for an amount', orderOf('COMPLETED', [{ ...captured, amount: { currency_code: 'USD', value: 19.99 } }])],
    ['in a state that nobody knows', orderOf('NEW')],
    ['of another number', { ...orderOf('COMPLETED', [captured]), id: '1X' }],
  ] as const) {
    it(`a completed order ${name} proves nothing`, async () => {
      const { channel, call } = script(good(order));
      expect(await channel.query(attempt, call)).to.deep.equal({ kind: 'unknown', reason: 'unreadable' });
    });
  }

  it('tells whose money it is, how much, and for what, as PayPal says', async () => {
    const order = orderOf('COMPLETED', [{ ...captured, custom_id: refundNumber, amount: { currency_code: 'EUR', value: '1.00' } }]);
    const [unit] = order.purchase_units;
    const { channel, call } = script(good({ ...order, purchase_units: [{ ...unit, payee: { merchant_id: 'SAMPLEMERCH99' } }] }));
    expect(await channel.query(attempt, call)).to.have.deep.nested.include({
      'report.money': { amount: 100, currency: 'EUR' },
      'report.echo': { number: refundNumber, merchantNo: 'SAMPLEMERCH99' },
    });
  });

  it('an order that PayPal does not know is not found; a question never declines', async () => {
    const gone = script(bad(404, 'RESOURCE_NOT_FOUND', 'INVALID_RESOURCE_ID'));
    expect(await gone.channel.query(attempt, gone.call)).to.have.nested.property('report.state', 'not_found');
    const odd = script(unprocessable('TRANSACTION_REFUSED'));
    expect(await odd.channel.query(attempt, odd.call)).to.include({ kind: 'unknown' });
  });

  it('captures under the attempt’s number', async () => {
    const { channel, call, requests } = script(good(orderOf('COMPLETED', [captured]), 201));
    expect(await channel.capture(attempt, call)).to.deep.equal({ kind: 'ok', report: paid });
    expect(requests[1]).to.deep.include({
      method: 'POST',
      url: `https://paypal.example/v2/checkout/orders/${orderId}/capture`,
      body: '{}',
    });
    expect(requests[1]?.headers).to.include({ 'paypal-request-id': number });
  });

  for (const issue of ['INSTRUMENT_DECLINED', 'PAYER_ACTION_REQUIRED', 'ORDER_NOT_APPROVED']) {
    it(`${issue} leaves the order to be paid with something else`, async () => {
      const { channel, call } = script(unprocessable(issue));
      expect(await channel.capture(attempt, call)).to.have.nested.property('report.state', 'pending');
    });
  }

  it('a declined capture in the answer leaves it too, and the next question decides', async () => {
    const { channel, call } = script(good(orderOf('COMPLETED', [{ ...captured, status: 'DECLINED' }])));
    expect(await channel.capture(attempt, call)).to.have.nested.property('report.state', 'pending');
  });

  it('asks what the capture was when it has been carried out before', async () => {
    const { channel, call } = script(unprocessable('ORDER_ALREADY_CAPTURED'), good(orderOf('COMPLETED', [captured])));
    expect(await channel.capture(attempt, call)).to.deep.equal({ kind: 'ok', report: paid });
  });

  it('a final no is declined; a lost, odd or conflicting answer is not', async () => {
    for (const [answer, outcome] of [
      [unprocessable('PAYER_CANNOT_PAY'), { kind: 'declined', code: 'card_declined' }],
      [unprocessable('NEW_ISSUE'), { kind: 'unknown', reason: 'unmapped' }],
      [unprocessable('DUPLICATE_INVOICE_ID'), { kind: 'unknown', reason: 'unmapped' }],
      [unprocessable('ORDER_COMPLETION_IN_PROGRESS'), { kind: 'unknown', reason: 'unmapped' }],
      [{ kind: 'unknown', reason: 'reset' } as const, { kind: 'unknown', reason: 'reset' }],
    ] as const) {
      const { channel, call } = script(answer);
      expect(await channel.capture(attempt, call)).to.deep.include(outcome);
    }
  });
});

describe('paypal: refunds', () => {
  const done = { state: 'succeeded', channelNo: refunded.id, money: { amount: 500, currency: 'USD' }, echo: { number: refundNumber } };

  it('carry our number as key and reference', async () => {
    const { channel, call, requests } = script(good(refunded, 201));
    expect(await channel.refund(refundRequest, call))
      .to.have.property('report')
      .that.deep.includes(done);
    expect(requests[1]?.url).to.equal(`https://paypal.example/v2/payments/captures/${captureId}/refund`);
    expect(requests[1]?.headers).to.include({ 'paypal-request-id': refundNumber });
    expect(JSON.parse(String(requests[1]?.body))).to.deep.equal({
      amount: { currency_code: 'USD', value: '5.00' },
      custom_id: refundNumber,
      invoice_id: refundNumber,
      note_to_payer: 'too cold',
    });
  });

  it('are asked for by PayPal’s number, and by ours in the order before it is known', async () => {
    const known = script(good({ ...refunded, status: 'PENDING' }));
    const asked = await known.channel.queryRefund({ ...refundRequest, channelNo: refunded.id }, known.call);
    expect(asked).to.have.nested.property('report.state', 'processing');
    const other = { ...refunded, id: '2X', custom_id: number, invoice_id: number };
    const found = script(good(orderOf('COMPLETED', [captured], { refunds: [other, refunded] })));
    expect(await found.channel.queryRefund(refundRequest, found.call))
      .to.have.property('report')
      .that.deep.includes(done);
    const none = script(good(orderOf('COMPLETED', [captured], { refunds: [other] })));
    expect(await none.channel.queryRefund(refundRequest, none.call)).to.have.nested.property('report.state', 'not_found');
  });

  for (const [answer, outcome] of [
    [unprocessable('REFUND_AMOUNT_EXCEEDED'), { kind: 'declined', code: 'refund_rejected' }],
    [unprocessable('REFUND_FAILED_INSUFFICIENT_FUNDS'), { kind: 'declined', code: 'insufficient_balance' }],
    [unprocessable('DUPLICATE_INVOICE_ID'), { kind: 'unknown', reason: 'unmapped' }],
    [good({ ...refunded, status: 'NEW' }), { kind: 'unknown', reason: 'unreadable' }],
    [bad(503, 'SERVICE_UNAVAILABLE'), { kind: 'unknown', reason: 'server_error' }],
  ] as const) {
    it(`answered ${answer.body} are ${JSON.stringify(outcome)}`, async () => {
      const { channel, call } = script(answer);
      expect(await channel.refund(refundRequest, call)).to.deep.include(outcome);
    });
  }

  it('that failed or were cancelled have moved nothing', async () => {
    for (const status of ['FAILED', 'CANCELLED']) {
      const { channel, call } = script(good({ ...refunded, status }));
      expect(await channel.refund(refundRequest, call)).to.have.nested.property('report.state', 'failed');
    }
  });
});

describe('paypal: the vendor’s own schema', () => {
  let orders: VendorSchema;
  let payments: VendorSchema;

  before(function () {
    const [one, two] = [readVendorSchema('paypal-orders-2.13.json'), readVendorSchema('paypal-payments-2.5.json')];
    if (one === null || two === null) return this.skip();
    orders = one;
    payments = two;
  });

  it('judges its own cases as they are', () => {
    // The specification does not close its objects: a misspelt field is beyond it.
    for (const one of readVendorCases('paypal-orders').filter(({ name }) => name !== 'misspelt field')) {
      expect(orders.faultsOf(one.op, one.body).length === 0, one.name).to.equal(one.should_be === 'valid');
    }
  });

  it('takes the order, the capture and the refund as we send them', async () => {
    const { channel, call, requests } = script(good(orderOf('CREATED')), good(orderOf('COMPLETED', [captured])), good(refunded));
    await channel.pay(payRequest, call);
    await channel.capture(attempt, call);
    await channel.refund(refundRequest, call);
    const [, created, taken, returned] = requests.map(({ body }) => (String(body).startsWith('{') ? JSON.parse(String(body)) : null));
    expect(orders.faultsOf('POST /v2/checkout/orders', created)).to.deep.equal([]);
    expect(orders.faultsOf('POST /v2/checkout/orders/{id}/capture', taken)).to.deep.equal([]);
    expect(payments.faultsOf('POST /v2/payments/captures/{capture_id}/refund', returned)).to.deep.equal([]);
  });
});

describe('paypal: the access token', () => {
  it('is asked for once by many callers, and kept until a minute before its end', async () => {
    const order = good(orderOf('APPROVED'));
    const { http, requests } = scriptHttp(loggedIn, order, order, order, loggedIn, order);
    const channel = openPaypal();
    const call = makeCall({ http });
    await Promise.all([channel.query(attempt, call), channel.query(attempt, call), channel.query(attempt, call)]);
    expect(requests.filter(({ url }) => url.endsWith('/token'))).to.have.length(1);
    const start = new Date('2026-01-02T03:04:05Z').getTime();
    await channel.query(attempt, makeCall({ http, now: () => new Date(start + 32_340_000) }));
    expect(requests.filter(({ url }) => url.endsWith('/token'))).to.have.length(2);
  });

  it('is renewed once when the API refuses it', async () => {
    const renewed = good({ access_token: 'token-2', expires_in: 32400 });
    const refused = good({ error: 'invalid_token' }, 401);
    const { channel, call, requests } = script(refused, renewed, good(orderOf('APPROVED')));
    expect(await channel.query(attempt, call)).to.have.nested.property('report.state', 'approved');
    expect(requests.at(-1)?.headers).to.include({ authorization: 'Bearer token-2' });
    const again = script(refused, renewed, refused);
    expect(await again.channel.pay(payRequest, again.call)).to.include({ kind: 'rejected', reason: 'auth' });
  });

  for (const [name, answer] of [
    ['lost', { kind: 'unknown', reason: 'timeout' }],
    ['refused', good({ error: 'invalid_client' }, 401)],
    ['without a token', good({ expires_in: 3600 })],
    ['without an end', good({ access_token: 'x' })],
    ['trouble', bad(500, 'INTERNAL_SERVER_ERROR')],
  ] as const) {
    it(`${name} means that nothing was sent`, async () => {
      const { http, requests } = scriptHttp(answer);
      expect(await openPaypal().pay(payRequest, makeCall({ http }))).to.deep.equal({ kind: 'notSent', reason: 'login' });
      expect(requests).to.have.length(1);
    });
  }

  it('is asked for again after a login that failed', async () => {
    const { http } = scriptHttp(bad(500, 'INTERNAL_SERVER_ERROR'), loggedIn, good(orderOf('APPROVED')));
    const channel = openPaypal();
    await channel.query(attempt, makeCall({ http }));
    expect(await channel.query(attempt, makeCall({ http }))).to.have.nested.property('report.state', 'approved');
  });
});

describe('paypal: opening an account', () => {
  for (const [field, overrides, livemode] of [
    ['client_secret', { client_secret: 'short' }, false],
    ['merchant_id', { merchant_id: 'sample' }, false],
    ['webhook_id', { webhook_id: '' }, false],
    ['base_url', { base_url: 'http://paypal.example' }, false],
    ['base_url', { base_url: 'https://api-m.paypal.com' }, false],
    ['base_url', { base_url: 'https://api-m.sandbox.paypal.com' }, true],
    ['webhook_authorities', { webhook_authorities: 'none' }, false],
  ] as const) {
    it(`names ${field} when it cannot be used, and never shows it`, () => {
      expect(() => openPaypal(overrides, livemode)).to.throw(field);
      expect(() => openPaypal(overrides, livemode)).not.to.throw(config.client_secret);
    });
  }
});
