import { expect } from 'chai';
import { makeCall, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import { attempt, bad, config, created, good, list, number, openCheckout, page, pageId, payment, paymentId, request } from './fixture.ts';

const channel = openCheckout();
const paidPage = { ...page, status: 'Payment Received', payment_id: paymentId };
const expired = { ...page, status: 'Expired' };
const unreadable = { kind: 'unknown', reason: 'unreadable' };

describe('checkoutcom: paying', () => {
  it('opens a page under our number', async () => {
    const { http, requests } = scriptHttp(good(created, 201));
    const payer = { country: 'DE', email: 'ada@example.com', name: 'Ada' };
    expect(await channel.pay({ ...request, payer, returnUrl: 'https://shop.example/done' }, makeCall({ http }))).to.deep.equal({
      kind: 'action',
      action: { type: 'redirect', url: 'https://pay.checkout.example/page/1' },
      sessionNo: pageId,
    });
    const back = 'https://shop.example/done';
    expect(requests).to.deep.equal([
      {
        method: 'POST',
        url: 'https://checkout.example/hosted-payments',
        headers: {
          accept: 'application/json',
          authorization: `Bearer ${config.secret_key}`,
          'user-agent': 'paymux',
          'content-type': 'application/json',
        },
        body:
          `{"amount":1999,"currency":"EUR","payment_type":"Regular","reference":"${number}","description":"Tea & \\"cake\\", 茶",` +
          `"billing":{"address":{"country":"DE"}},"customer":{"email":"ada@example.com","name":"Ada"},` +
          `"success_url":"${back}","failure_url":"${back}","cancel_url":"${back}","capture":true,` +
          `"processing_channel_id":"${config.processing_channel_id}"}`,
      },
    ]);
  });

  for (const [currency, amount] of [
    ['JPY', 500],
    ['KWD', 1230],
  ] as const) {
    it(`sends ${currency} in its own minor units, with the country of the configuration and a way back`, async () => {
      const { http, requests } = scriptHttp(good(created, 201));
      await channel.pay({ ...request, money: { amount, currency } }, makeCall({ http }));
      const body = JSON.parse(String(requests[0]?.body));
      expect(body).to.deep.include({ amount, currency, billing: { address: { country: 'GB' } } });
      expect(body.success_url).to.equal('https://pay.example.com/checkout/return');
    });
  }

  for (const [name, answer, outcome] of [
    ['a fault of the request', bad(422, 'amount_invalid'), { kind: 'rejected', reason: 'validation' }],
    ['a refused key', bad(401), { kind: 'rejected', reason: 'auth' }],
    ['what nobody documents', bad(403), { kind: 'unknown', reason: 'unmapped' }],
    ['a limit', bad(429), { kind: 'unknown', reason: 'rate_limited' }],
    ['trouble there', bad(502), { kind: 'unknown', reason: 'server_error' }],
    ['a page under another number', good({ ...created, reference: 'other' }, 201), unreadable],
    ['an address that is none', good({ ...created, _links: { redirect: { href: 'javascript:alert(1)' } } }, 201), unreadable],
    ['no links', good({ ...created, _links: null }, 201), unreadable],
    ['silence', { kind: 'unknown', reason: 'timeout' }, { kind: 'unknown', reason: 'timeout' }],
    ['no connection', { kind: 'notSent', reason: 'refused' }, { kind: 'notSent', reason: 'refused' }],
  ] as const) {
    it(`answered with ${name} is ${JSON.stringify(outcome)}`, async () => {
      expect(await channel.pay(request, makeCall(scriptHttp(answer)))).to.deep.include(outcome);
    });
  }
});

describe('checkoutcom: asking', () => {
  it('tells success with the facts of the payment', async () => {
    const { http, requests } = scriptHttp(good(paidPage), good({ ...payment, amount: 2000 }));
    const report = { state: 'succeeded', channelNo: paymentId, money: { amount: 2000, currency: 'EUR' }, echo: { number } };
    expect(await channel.query(attempt, makeCall({ http }))).to.deep.equal({ kind: 'ok', report });
    expect(requests.map(({ url }) => new URL(url).pathname)).to.deep.equal([`/hosted-payments/${pageId}`, `/payments/${paymentId}`]);
  });

  it('knows a page that nobody paid as pending', async () => {
    expect(await channel.query(attempt, makeCall(scriptHttp(good(page))))).to.have.nested.property('report.state', 'pending');
  });

  for (const status of ['Pending', 'Authorized']) {
    it(`reads a payment that is ${status} as processing`, async () => {
      const outcome = await channel.query(attempt, makeCall(scriptHttp(good(paidPage), good({ ...payment, status }))));
      expect(outcome).to.have.nested.property('report.state', 'processing');
    });
  }

  for (const status of ['Declined', 'Refunded', 'Partially Captured', 'Card Verified', 'new']) {
    it(`takes a paid page whose payment is ${status} for nothing`, async () => {
      const outcome = await channel.query(attempt, makeCall(scriptHttp(good(paidPage), good({ ...payment, status }))));
      expect(outcome).to.deep.equal(unreadable);
    });
  }

  it('takes the page of another number, and another payment, for nothing', async () => {
    expect(await channel.query(attempt, makeCall(scriptHttp(good({ ...page, reference: 'other' }))))).to.deep.equal(unreadable);
    const other = await channel.query(attempt, makeCall(scriptHttp(good(paidPage), good({ ...payment, id: 'pay_other' }))));
    expect(other).to.deep.equal(unreadable);
  });

  for (const [name, payments, state] of [
    ['no try', [], 'closed'],
    ['a failed try', [{ ...payment, status: 'Declined' }], 'closed'],
    [
      'a try at the bank',
      [
        { ...payment, status: 'Declined' },
        { ...payment, status: 'Pending' },
      ],
      'processing',
    ],
    ['a paid one', [{ ...payment, status: 'Pending' }, payment], 'succeeded'],
  ] as const) {
    it(`reads an ended page with ${name} as ${state}`, async () => {
      const outcome = await channel.query(attempt, makeCall(scriptHttp(good(expired), list(...payments))));
      expect(outcome).to.have.nested.property('report.state', state);
    });
  }

  for (const [name, payments, state] of [
    ['nothing', [], 'not_found'],
    ['a failed try', [{ ...payment, status: 'Declined' }], 'pending'],
    ['a paid one', [payment], 'succeeded'],
  ] as const) {
    it(`asks by reference where the page is not known, and reads ${name} as ${state}`, async () => {
      const lost = scriptHttp(list(...payments));
      expect(await channel.query({ ...attempt, sessionNo: null }, makeCall(lost))).to.have.nested.property('report.state', state);
      expect(lost.requests[0]?.url).to.equal(`https://checkout.example/payments?limit=100&reference=${number}`);
      const gone = await channel.query(attempt, makeCall(scriptHttp(bad(404), list(...payments))));
      expect(gone).to.have.nested.property('report.state', state);
    });
  }

  it('takes a list with another reference or an unknown state for nothing', async () => {
    for (const change of [{ reference: 'other' }, { status: 'new' }]) {
      const outcome = await channel.query({ ...attempt, sessionNo: null }, makeCall(scriptHttp(list(payment, { ...payment, ...change }))));
      expect(outcome).to.deep.equal(unreadable);
    }
  });
});

describe('checkoutcom: configuration', () => {
  for (const [name, overrides, livemode] of [
    ['an empty key', { secret_key: '' }, false],
    ['a short key', { secret_key: 'sk_sbox_abc' }, false],
    ['a live key in test mode', { secret_key: 'sk_0123456789abcdefghijklmnop*' }, false],
    ['a sandbox key in live mode', {}, true],
    ['a channel that is none', { processing_channel_id: 'x' }, false],
    ['a short signature key', { signature_key: 'abc' }, false],
    ['a country that is none', { default_country: 'Britain' }, false],
    ['an address in the clear', { base_url: 'http://checkout.example' }, false],
    ['the live address in test mode', { base_url: 'https://abc.api.checkout.com' }, false],
  ] as const) {
    it(`refuses ${name} by the field's name`, () => {
      expect(() => openCheckout(overrides, livemode))
        .to.throw(/^(secret_key|processing_channel_id|signature_key|default_country|base_url) /)
        .and.satisfy((error: Error) => !error.message.includes(config.secret_key));
    });
  }
});
