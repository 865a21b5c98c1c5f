import { expect } from 'chai';
import { makeCall, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import {
  asked,
  attempt,
  bad,
  config,
  conflictWith,
  creditorId,
  fulfilled,
  good,
  number,
  openGoCardless,
  page,
  payment,
  paymentId,
  request,
  requestId,
} from './fixture.ts';

const channel = openGoCardless();
const created = good({ billing_requests: asked }, 201);
const opened = good({ billing_request_flows: page }, 201);
const action = { kind: 'action', action: { type: 'redirect', url: page.authorisation_url }, sessionNo: requestId };
const unreadable = { kind: 'unknown', reason: 'unreadable' };

describe('gocardless: paying', () => {
  it('opens a billing request under our number, and a page to it', async () => {
    const { http, requests } = scriptHttp(created, opened);
    const payer = { email: 'ada@example.com' };
    expect(await channel.pay({ ...request, payer, returnUrl: 'https://shop.example/done' }, makeCall({ http }))).to.deep.equal(action);
    const headers = {
      accept: 'application/json',
      authorization: `Bearer ${config.access_token}`,
      'gocardless-version': '2015-07-06',
      'user-agent': 'paymux',
      'content-type': 'application/json',
    };
    expect(requests).to.deep.equal([
      {
        method: 'POST',
        url: 'https://gocardless.example/billing_requests',
        headers: { ...headers, 'idempotency-key': number },
        body:
          `{"billing_requests":{"metadata":{"attempt_number":"${number}"},"payment_request":{"description":"Tea & \\"cake\\", 茶",` +
          `"amount":"1999","currency":"GBP","metadata":{"attempt_number":"${number}"}},"links":{"creditor":"${creditorId}"}}}`,
      },
      {
        method: 'POST',
        url: 'https://gocardless.example/billing_request_flows',
        headers: { ...headers, 'idempotency-key': '0123456789abcdef0123456789abcdef' },
        body:
          '{"billing_request_flows":{"redirect_uri":"https://shop.example/done","exit_uri":"https://shop.example/done",' +
          `"lock_currency":true,"prefilled_customer":{"email":"ada@example.com"},"links":{"billing_request":"${requestId}"}}}`,
      },
    ]);
  });

  it('shortens a long subject without breaking a character', async () => {
    const { http, requests } = scriptHttp(created, opened);
    await channel.pay({ ...request, subject: '🍵'.repeat(256) }, makeCall({ http }));
    expect(JSON.parse(String(requests[0]?.body)).billing_requests.payment_request.description).to.equal('🍵'.repeat(200));
  });

  it('finds what an unanswered try has created, and opens a page to that', async () => {
    const { http, requests } = scriptHttp(conflictWith(requestId), good({ billing_requests: asked }), opened);
    expect(await channel.pay(request, makeCall({ http }))).to.deep.equal(action);
    expect(requests[1]).to.include({ method: 'GET', url: `https://gocardless.example/billing_requests/${requestId}` });
  });

  it('never says that nothing was created once something was', async () => {
    const gone = bad(404, 'invalid_api_usage');
    const lost = { kind: 'notSent', reason: 'refused' } as const;
    for (const answers of [
      [conflictWith(requestId), gone],
      [conflictWith(requestId), lost],
      [created, gone],
      [created, lost],
      [created, bad(401, 'x')],
    ]) {
      expect(await channel.pay(request, makeCall(scriptHttp(...answers)))).to.deep.equal({ kind: 'unknown', reason: 'unmapped' });
    }
  });

  for (const [name, answer, outcome] of [
    ['a fault of the request', bad(422, 'validation_failed'), { kind: 'rejected', reason: 'validation' }],
    ['a refused token', bad(401, 'invalid_api_usage'), { kind: 'rejected', reason: 'auth' }],
    ['a state that nobody knows', bad(422, 'invalid_state'), { kind: 'unknown', reason: 'unmapped' }],
    ['a limit', bad(429, 'invalid_api_usage'), { kind: 'unknown', reason: 'rate_limited' }],
    ['trouble there', bad(500, 'gocardless'), { kind: 'unknown', reason: 'server_error' }],
    ['another amount', good({ billing_requests: { ...asked, payment_request: { amount: '2000', currency: 'GBP' } } }, 201), unreadable],
    ['another number', good({ billing_requests: { ...asked, metadata: { attempt_number: 'other' } } }, 201), unreadable],
    ['nothing', good({}, 201), unreadable],
    ['silence', { kind: 'unknown', reason: 'timeout' }, { kind: 'unknown', reason: 'timeout' }],
    ['no connection', { kind: 'notSent', reason: 'refused' }, { kind: 'notSent', reason: 'refused' }],
  ] as const) {
    it(`answered with ${name} is ${JSON.stringify(outcome)}`, async () => {
      expect(await channel.pay(request, makeCall(scriptHttp(answer)))).to.deep.include(outcome);
    });
  }

  it('shows no page that is none, or another request’s', async () => {
    for (const change of [{ authorisation_url: 'javascript:alert(1)' }, { links: { billing_request: 'BRQ00000999' } }, { links: null }]) {
      const other = good({ billing_request_flows: { ...page, ...change } }, 201);
      expect(await channel.pay(request, makeCall(scriptHttp(created, other)))).to.deep.equal(unreadable);
    }
  });
});

describe('gocardless: asking', () => {
  const ask = (...answers: Parameters<typeof scriptHttp>) => channel.query(attempt, makeCall(scriptHttp(...answers)));

  it('tells success with the facts of the payment', async () => {
    const { http, requests } = scriptHttp(good({ billing_requests: fulfilled }), good({ payments: { ...payment, amount: 2000 } }));
    const echo = { number, merchantNo: creditorId };
    expect(await channel.query(attempt, makeCall({ http }))).to.deep.equal({
      kind: 'ok',
      report: { state: 'succeeded', channelNo: paymentId, money: { amount: 2000, currency: 'GBP' }, echo },
    });
    expect(requests.map(({ url }) => new URL(url).pathname)).to.deep.equal([`/billing_requests/${requestId}`, `/payments/${paymentId}`]);
  });

  for (const [status, state] of [
    ['pending', 'pending'],
    ['ready_to_fulfil', 'processing'],
    ['fulfilling', 'processing'],
    ['fulfilled', 'processing'],
    ['cancelled', 'closed'],
  ]) {
    it(`reads a request without a payment that is ${status} as ${state}`, async () => {
      expect(await ask(good({ billing_requests: { ...asked, status } }))).to.have.nested.property('report.state', state);
    });
  }

  for (const [status, state] of [
    ['pending_customer_approval', 'processing'],
    ['pending_submission', 'processing'],
    ['submitted', 'processing'],
    ['confirmed', 'succeeded'],
    ['paid_out', 'succeeded'],
    ['cancelled', 'closed'],
  ]) {
    it(`reads a payment that is ${status} as ${state}`, async () => {
      const outcome = await ask(good({ billing_requests: fulfilled }), good({ payments: { ...payment, status } }));
      expect(outcome).to.have.nested.property('report.state', state);
      expect(outcome).to.have.nested.property('report.channelNo', paymentId);
    });
  }

  for (const status of ['failed', 'customer_approval_denied']) {
    it(`reads a payment that is ${status} as declined`, async () => {
      const outcome = await ask(good({ billing_requests: fulfilled }), good({ payments: { ...payment, status } }));
      expect(outcome).to.include({ kind: 'declined', code: 'declined' });
    });
  }

  for (const [name, change] of [
    ['money that was charged back', { status: 'charged_back' }],
    ['a status that nobody knows', { status: 'new' }],
    ['a broken amount', { amount: 19.99 }],
    ['no creditor', { links: {} }],
    ['another payment', { id: 'PM000999' }],
  ] as const) {
    it(`takes ${name} for nothing`, async () => {
      expect(await ask(good({ billing_requests: fulfilled }), good({ payments: { ...payment, ...change } }))).to.deep.equal(unreadable);
    });
  }

  it('believes no request of another number, and asks for none without its name', async () => {
    expect(await ask(good({ billing_requests: { ...fulfilled, metadata: {} } }))).to.deep.equal(unreadable);
    expect(await channel.query({ ...attempt, sessionNo: null }, makeCall())).to.include({ kind: 'unknown' });
  });

  it('tells another creditor for the kernel to refuse', async () => {
    const other = { ...payment, links: { creditor: 'CR0001SOMEBODY' } };
    const outcome = await ask(good({ billing_requests: fulfilled }), good({ payments: other }));
    expect(outcome).to.have.nested.property('report.echo.merchantNo', 'CR0001SOMEBODY');
  });
});

describe('gocardless: closing', () => {
  const stuck = bad(422, 'invalid_state', 'cancellation_failed');

  it('cancels the billing request', async () => {
    const { http, requests } = scriptHttp(good({ billing_requests: { ...asked, status: 'cancelled' } }));
    expect(await channel.close(attempt, makeCall({ http }))).to.deep.equal({ kind: 'closed' });
    expect(requests[0]).to.include({ url: `https://gocardless.example/billing_requests/${requestId}/actions/cancel`, body: '{"data":{}}' });
  });

  for (const [name, answers, outcome] of [
    ['paid before', [stuck, good({ billing_requests: fulfilled })], { kind: 'paid' }],
    ['cancelled before', [stuck, good({ billing_requests: { ...asked, status: 'cancelled' } })], { kind: 'closed' }],
    ['being fulfilled', [stuck, good({ billing_requests: { ...asked, status: 'fulfilling' } })], { kind: 'unknown', reason: 'unmapped' }],
    ['still open by the answer', [good({ billing_requests: asked })], unreadable],
    ['lost', [bad(500, 'gocardless')], { kind: 'unknown', reason: 'server_error' }],
  ] as const) {
    it(`of one that is ${name} is ${outcome.kind}`, async () => {
      expect(await channel.close(attempt, makeCall(scriptHttp(...answers)))).to.deep.equal(outcome);
    });
  }
});

describe('gocardless: configuration', () => {
  for (const [name, overrides, livemode] of [
    ['an empty token', { access_token: '' }, false],
    ['a short token', { access_token: 'sandbox_abc' }, false],
    ['a live token in test mode', { access_token: config.access_token.replace('sandbox', 'live') }, false],
    ['a sandbox token in live mode', {}, true],
    ['a short secret', { webhook_secret: 'abc' }, false],
    ['a creditor that is none', { creditor_id: 'me' }, false],
    ['an address in the clear', { base_url: 'http://gocardless.example' }, false],
    ['the live address in test mode', { base_url: 'https://api.gocardless.com' }, false],
  ] as const) {
    it(`refuses ${name} by the field's name`, () => {
      expect(() => openGoCardless(overrides, livemode))
        .to.throw(/^(access_token|webhook_secret|creditor_id|base_url) /)
        .and.satisfy((error: Error) => !error.message.includes(config.access_token));
    });
  }
});
