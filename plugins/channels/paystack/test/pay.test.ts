import { expect } from 'chai';
import { makeCall, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import {
  attempt,
  bad,
  good,
  number,
  openPaystack,
  refunded,
  refundNumber,
  refundRequest,
  request,
  secretKey,
  transaction,
} from './fixture.ts';

const channel = openPaystack();
const page = { authorization_url: 'https://checkout.paystack.com/abc', access_code: 'abc', reference: number };

describe('paystack: paying', () => {
  it('opens a page under our number', async () => {
    const { http, requests } = scriptHttp(good(page));
    expect(await channel.pay({ ...request, returnUrl: 'https://shop.example/done' }, makeCall({ http }))).to.deep.equal({
      kind: 'action',
      action: { type: 'redirect', url: page.authorization_url },
      sessionNo: 'abc',
    });
    expect(requests).to.deep.equal([
      {
        method: 'POST',
        url: 'https://paystack.example/transaction/initialize',
        headers: {
          accept: 'application/json',
          authorization: `Bearer ${secretKey}`,
          'user-agent': 'paymux',
          'content-type': 'application/json',
        },
        body: `{"email":"ada@example.com","amount":1999,"currency":"NGN","reference":"${number}","callback_url":"https://shop.example/done","metadata":{"subject":"Tea & \\"cake\\", 茶"}}`,
      },
    ]);
  });

  for (const [name, answer, outcome] of [
    ['a number that was taken before', bad(400, { code: 'duplicate_reference', type: 'validation_error' }), { reason: 'number_reused' }],
    ['a fault of the request', bad(400, { code: 'invalid_params', type: 'validation_error' }), { kind: 'rejected', reason: 'validation' }],
    ['a fault behind Paystack', bad(400, { code: 'x', type: 'processor_error' }), { kind: 'unknown', reason: 'unmapped' }],
    ['a refused key', bad(401, { code: 'invalid_Key' }), { kind: 'rejected', reason: 'auth' }],
    ['a limit', bad(429, {}), { kind: 'unknown', reason: 'rate_limited' }],
    ['trouble there', bad(502, {}), { kind: 'unknown', reason: 'server_error' }],
    ['a page under another number', good({ ...page, reference: 'other' }), { kind: 'unknown', reason: 'unreadable' }],
    ['an address that is none', good({ ...page, authorization_url: 'javascript:alert(1)' }), { kind: 'unknown', reason: 'unreadable' }],
    ['nothing', good(null), { kind: 'unknown', reason: 'unreadable' }],
  ] as const) {
    it(`answered with ${name} is ${JSON.stringify(outcome)}`, async () => {
      expect(await channel.pay(request, makeCall(scriptHttp(answer)))).to.deep.include(outcome);
    });
  }
});

describe('paystack: asking', () => {
  it('tells success with the facts of the answer', async () => {
    const { http, requests } = scriptHttp(good({ ...transaction, amount: 2000 }));
    expect(await channel.query(attempt, makeCall({ http }))).to.deep.equal({
      kind: 'ok',
      report: {
        state: 'succeeded',
        channelNo: '4099260516',
        money: { amount: 2000, currency: 'NGN' },
        echo: { number, livemode: false },
        at: new Date('2026-01-02T03:10:00Z'),
      },
    });
    expect(requests[0]?.url).to.equal(`https://paystack.example/transaction/verify/${number}`);
  });

  for (const [status, state] of [
    ['abandoned', 'pending'],
    ['ongoing', 'pending'],
    ['failed', 'pending'],
    ['pending', 'processing'],
    ['processing', 'processing'],
    ['queued', 'processing'],
  ]) {
    it(`reads ${status} as ${state}, because the page can still be paid`, async () => {
      const outcome = await channel.query(attempt, makeCall(scriptHttp(good({ ...transaction, status }))));
      expect(outcome).to.have.nested.property('report.state', state);
    });
  }

  for (const [name, change] of [
    ['money that went back without us', { status: 'reversed' }],
    ['a status that nobody knows', { status: 'new' }],
    ['a broken amount', { amount: 19.99 }],
    ['no id', { id: undefined }],
    ['no reference', { reference: undefined }],
  ] as const) {
    it(`takes ${name} for nothing`, async () => {
      const outcome = await channel.query(attempt, makeCall(scriptHttp(good({ ...transaction, ...change }))));
      expect(outcome).to.deep.equal({ kind: 'unknown', reason: 'unreadable' });
    });
  }

  it('reads both ways of saying that there is no such transaction', async () => {
    for (const answer of [bad(404, {}), bad(400, { code: 'transaction_not_found' })]) {
      expect(await channel.query(attempt, makeCall(scriptHttp(answer)))).to.have.nested.property('report.state', 'not_found');
    }
  });
});

describe('paystack: refunds', () => {
  it('carry our number in the note', async () => {
    const { http, requests } = scriptHttp(good({ ...refunded, status: 'pending' }));
    expect(await channel.refund(refundRequest, makeCall({ http }))).to.have.nested.property('report.state', 'processing');
    expect(requests[0]?.body).to.equal(
      `{"transaction":"${number}","amount":500,"currency":"NGN","merchant_note":"${refundNumber}","customer_note":"too cold"}`,
    );
  });

  it('that are refused are declined, and are unknown where the vendor broke', async () => {
    expect(await channel.refund(refundRequest, makeCall(scriptHttp(bad(400, { type: 'validation_error' }))))).to.include({
      kind: 'declined',
      code: 'refund_rejected',
    });
    expect(await channel.refund(refundRequest, makeCall(scriptHttp(bad(500, {}))))).to.include({ kind: 'unknown' });
  });

  it('are asked about by id, with the money of the answer', async () => {
    const { http, requests } = scriptHttp(good(refunded));
    expect(await channel.queryRefund({ ...refundRequest, channelNo: '77' }, makeCall({ http }))).to.deep.equal({
      kind: 'ok',
      report: {
        state: 'succeeded',
        channelNo: '77',
        money: { amount: 500, currency: 'NGN' },
        echo: { number: refundNumber, livemode: false },
      },
    });
    expect(requests[0]?.url).to.equal('https://paystack.example/refund/77');
  });

  it('whose answer was lost are looked for on every page, and missing only when all were seen', async () => {
    const full = Array.from({ length: 100 }, (_, index) => ({ ...refunded, id: index + 1, merchant_note: 'other' }));
    const found = scriptHttp(good(full), good([refunded]));
    expect(await channel.queryRefund(refundRequest, makeCall(found))).to.have.nested.property('report.channelNo', '77');
    expect(found.requests.map(({ url }) => new URL(url).search)).to.deep.equal([
      '?perPage=100&page=1&from=2026-01-02T03%3A50%3A00.000Z',
      '?perPage=100&page=2&from=2026-01-02T03%3A50%3A00.000Z',
    ]);
    const missing = await channel.queryRefund(refundRequest, makeCall(scriptHttp(good(full), good([]))));
    expect(missing).to.have.nested.property('report.state', 'not_found');
    const endless = await channel.queryRefund(refundRequest, makeCall(scriptHttp(...Array.from({ length: 10 }, () => good(full)))));
    expect(endless).to.include({ kind: 'unknown' });
  });

  it('that wait for the customer’s bank account are for an operator', async () => {
    const outcome = await channel.queryRefund(
      { ...refundRequest, channelNo: '77' },
      makeCall(scriptHttp(good({ ...refunded, status: 'needs-attention' }))),
    );
    expect(outcome).to.have.nested.property('report.state', 'abnormal');
  });
});

describe('paystack: configuration', () => {
  for (const [name, overrides, livemode] of [
    ['an empty key', { secret_key: '' }, false],
    ['a short key', { secret_key: 'sk_test_abc' }, false],
    ['a live key in test mode', { secret_key: secretKey.replace('test', 'live') }, false],
    ['a test key in live mode', {}, true],
    ['a public key of the other mode', { public_key: 'pk_live_0123456789abcdef' }, false],
    ['an address in the clear', { base_url: 'http://paystack.example' }, false],
  ] as const) {
    it(`refuses ${name} by the field's name`, () => {
      expect(() => openPaystack(overrides, livemode))
        .to.throw(/^(secret_key|public_key|base_url) /)
        .and.satisfy((error: Error) => !error.message.includes(secretKey));
    });
  }
});
