import { expect } from 'chai';
import { answered, makeCall, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import {
  attempt,
  bad,
  config,
  good,
  intentId,
  loggedIn,
  number,
  open,
  openAirwallex,
  paid,
  payRequest,
  refunded,
  refundNumber,
  refundRequest,
  script,
} from './fixture.ts';

const action = {
  kind: 'action',
  action: { type: 'sdk', params: { intent_id: intentId, client_secret: open.client_secret, currency: 'USD' } },
  channelNo: intentId,
};
const succeeded = {
  state: 'succeeded',
  channelNo: intentId,
  money: { amount: 1999, currency: 'USD' },
  echo: { number },
  at: new Date('2026-01-02T03:10:00Z'),
};

describe('airwallex: creating an intent', () => {
  it('logs in, then sends our number and the amount as an exact number', async () => {
    const { channel, call, requests } = script(good(open, 201));
    expect(await channel.pay(payRequest, call)).to.deep.equal(action);
    expect(requests).to.deep.equal([
      {
        isLogin: true,
        method: 'POST',
        url: 'https://airwallex.example/api/v1/authentication/login',
        headers: {
          accept: 'application/json',
          'content-type': 'application/json',
          'x-client-id': config.client_id,
          'x-api-key': config.api_key,
        },
        body: '{}',
      },
      {
        method: 'POST',
        url: 'https://airwallex.example/api/v1/pa/payment_intents/create',
        headers: { accept: 'application/json', authorization: 'Bearer token-1', 'content-type': 'application/json' },
        body: `{"request_id":"${number}","amount":19.99,"currency":"USD","merchant_order_id":"${number}","descriptor":"Tea & \\"cake\\", ","metadata":{"paymux_number":"${number}"},"return_url":"https://shop.example/done"}`,
      },
    ]);
  });

  it('finds by our number what an earlier create made, because its answer is not repeated', async () => {
    const { channel, call, requests } = script(
      bad(400, 'duplicate_request'),
      good({ has_more: false, items: [{ ...open, request_id: 'other' }, open] }),
      good(open),
    );
    expect(await channel.pay(payRequest, call)).to.deep.equal(action);
    expect(requests[2]?.url).to.equal(`https://airwallex.example/api/v1/pa/payment_intents?merchant_order_id=${number}`);
    const none = script(bad(400, 'duplicate_request'), good({ has_more: false, items: [] }));
    expect(await none.channel.pay(payRequest, none.call)).to.include({ kind: 'unknown' });
  });

  for (const [name, answer, outcome] of [
    ['a fault of ours', bad(400, 'validation_error'), { kind: 'rejected', reason: 'validation' }],
    ['a code that nobody knows', bad(400, 'new_code'), { kind: 'unknown', reason: 'unmapped' }],
    ['no permission', bad(403, 'unauthorized'), { kind: 'rejected', reason: 'auth' }],
    ['a limit', bad(429, 'too_many_requests'), { kind: 'unknown', reason: 'rate_limited' }],
    ['trouble', bad(502, 'bad_gateway'), { kind: 'unknown', reason: 'server_error' }],
    ['no JSON', answered(200, '<html>'), { kind: 'unknown', reason: 'unreadable' }],
    ['no secret', good({ ...open, client_secret: '' }), { kind: 'unknown', reason: 'unreadable' }],
    ['nothing', { kind: 'unknown', reason: 'timeout' }, { kind: 'unknown', reason: 'timeout' }],
  ] as const) {
    it(`answered with ${name} is ${JSON.stringify(outcome)}`, async () => {
      const { channel, call } = script(answer);
      expect(await channel.pay(payRequest, call)).to.deep.include(outcome);
    });
  }
});

describe('airwallex: asking and closing', () => {
  for (const [status, state] of [
    ['REQUIRES_PAYMENT_METHOD', 'pending'],
    ['REQUIRES_CUSTOMER_ACTION', 'pending'],
    ['PENDING', 'processing'],
    ['REQUIRES_CAPTURE', 'processing'],
    ['CANCELLED', 'closed'],
  ] as const) {
    it(`${status} is ${state}`, async () => {
      const { channel, call } = script(good({ ...open, status }));
      expect(await channel.query(attempt, call)).to.have.nested.property('report.state', state);
    });
  }

  it('SUCCEEDED is money, as much as was captured', async () => {
    const { channel, call } = script(good(paid));
    expect(await channel.query(attempt, call)).to.deep.equal({ kind: 'ok', report: succeeded });
    const more = script(good({ ...paid, captured_amount: 20, merchant_order_id: refundNumber }));
    expect(await more.channel.query(attempt, more.call)).to.have.deep.nested.include({
      'report.money': { amount: 2000, currency: 'USD' },
      'report.echo': { number: refundNumber },
    });
  });

  it('an amount, a state or a number that is odd proves nothing', async () => {
    const body = JSON.stringify(paid);
    for (const text of [
      body.replace('"captured_amount":19.99', '"captured_amount":19.999'),
      body.replace('"captured_amount":19.99', '"captured_amount":1.999e1'),
      body.replace('"captured_amount":19.99', '"captured_amount":null'),
      body.replace('SUCCEEDED', 'NEW'),
      body.replace(intentId, 'int_other'),
    ]) {
      const { channel, call } = script(answered(200, text));
      expect(await channel.query(attempt, call), text).to.deep.equal({ kind: 'unknown', reason: 'unreadable' });
    }
  });

  it('what Airwallex does not know is not found', async () => {
    const { channel, call } = script(bad(404, 'resource_not_found'));
    expect(await channel.query(attempt, call)).to.have.nested.property('report.state', 'not_found');
  });

  it('is closed by the state of the intent alone, and asked about when the cancel was refused', async () => {
    const done = script(good({ ...open, status: 'CANCELLED' }));
    expect(await done.channel.close(attempt, done.call)).to.deep.equal({ kind: 'closed' });
    expect(JSON.parse(String(done.requests[1]?.body))).to.include({ request_id: `${number}-cancel` });
    const late = script(bad(400, 'invalid_status_for_operation'), good(paid));
    expect(await late.channel.close(attempt, late.call)).to.deep.equal({ kind: 'paid' });
    const again = script(bad(400, 'duplicate_request'), good({ ...open, status: 'CANCELLED' }));
    expect(await again.channel.close(attempt, again.call)).to.deep.equal({ kind: 'closed' });
    const odd = script(good(open), good(open));
    expect(await odd.channel.close(attempt, odd.call)).to.include({ kind: 'unknown' });
    const lost = script({ kind: 'unknown', reason: 'timeout' });
    expect(await lost.channel.close(attempt, lost.call)).to.include({ kind: 'unknown' });
  });
});

describe('airwallex: refunds', () => {
  const done = { state: 'succeeded', channelNo: refunded.id, money: { amount: 510, currency: 'USD' }, echo: { number: refundNumber } };

  it('carry our number and an exact amount', async () => {
    const { channel, call, requests } = script(good(refunded, 201));
    expect(await channel.refund(refundRequest, call))
      .to.have.property('report')
      .that.deep.includes(done);
    const body = `{"request_id":"${refundNumber}","payment_intent_id":"${intentId}","amount":5.10,"reason":"too cold"}`;
    expect(requests[1]).to.deep.include({ url: 'https://airwallex.example/api/v1/pa/refunds/create', body });
  });

  it('that were sent before are found by our number; a list that goes on proves no absence', async () => {
    const repeated = script(bad(400, 'duplicate_request'), good({ has_more: false, items: [refunded] }));
    expect(await repeated.channel.refund(refundRequest, repeated.call))
      .to.have.property('report')
      .that.deep.includes(done);
    const none = script(good({ has_more: false, items: [{ ...refunded, request_id: number }] }));
    expect(await none.channel.queryRefund(refundRequest, none.call)).to.have.nested.property('report.state', 'not_found');
    const more = script(good({ has_more: true, items: [] }));
    expect(await more.channel.queryRefund(refundRequest, more.call)).to.include({ kind: 'unknown' });
  });

  for (const [status, state] of [
    ['RECEIVED', 'processing'],
    ['ACCEPTED', 'processing'],
    ['FAILED', 'failed'],
    ['SETTLED', 'succeeded'],
  ] as const) {
    it(`${status} is ${state}`, async () => {
      const { channel, call } = script(good({ ...refunded, status }));
      expect(await channel.queryRefund({ ...refundRequest, channelNo: refunded.id }, call)).to.have.nested.property('report.state', state);
    });
  }

  it('that are refused for good are declined, and no others', async () => {
    const refused = script(bad(400, 'insufficient_balance'));
    expect(await refused.channel.refund(refundRequest, refused.call)).to.include({ kind: 'declined', code: 'insufficient_balance' });
    const odd = script(bad(400, 'new_code'));
    expect(await odd.channel.refund(refundRequest, odd.call)).to.include({ kind: 'unknown' });
  });
});

describe('airwallex: the access token', () => {
  it('is asked for once by many callers, and again a minute before its end', async () => {
    const { http, requests } = scriptHttp(loggedIn, good(open), good(open), loggedIn, good(open));
    const channel = openAirwallex();
    const logins = () => requests.filter(({ url }) => url.endsWith('/login')).length;
    await Promise.all([channel.query(attempt, makeCall({ http })), channel.query(attempt, makeCall({ http }))]);
    expect(logins()).to.equal(1);
    await channel.query(attempt, makeCall({ http, now: () => new Date('2026-01-02T03:33:05Z') }));
    expect(logins()).to.equal(2);
  });

  it('is renewed once when the API refuses it', async () => {
    const renewed = good({ token: 'token-2', expires_at: '2026-01-02T03:34:05+0000' }, 201);
    const { channel, call, requests } = script(bad(401, 'unauthorized'), renewed, good(open));
    expect(await channel.query(attempt, call)).to.have.nested.property('report.state', 'pending');
    expect(requests.at(-1)?.headers).to.include({ authorization: 'Bearer token-2' });
    const again = script(bad(401, 'unauthorized'), renewed, bad(401, 'unauthorized'));
    expect(await again.channel.pay(payRequest, again.call)).to.include({ kind: 'rejected', reason: 'auth' });
  });

  for (const [name, answer] of [
    ['lost', { kind: 'unknown', reason: 'reset' }],
    ['refused', bad(401, 'credentials_invalid')],
    ['over already', good({ token: 'x', expires_at: '2026-01-02T03:04:05+0000' })],
  ] as const) {
    it(`${name} means that nothing was sent`, async () => {
      const { http, requests } = scriptHttp(answer);
      expect(await openAirwallex().pay(payRequest, makeCall({ http }))).to.deep.equal({ kind: 'notSent', reason: 'login' });
      expect(requests).to.have.length(1);
    });
  }
});

describe('airwallex: opening an account', () => {
  for (const [field, overrides, livemode] of [
    ['api_key', { api_key: '' }, false],
    ['webhook_secret', { webhook_secret: 'short' }, false],
    ['base_url', { base_url: 'http://airwallex.example' }, false],
    ['base_url', { base_url: 'https://api.airwallex.com' }, false],
    ['base_url', { base_url: 'https://api-demo.airwallex.com' }, true],
  ] as const) {
    it(`names ${field} when it cannot be used, and never shows a key`, () => {
      expect(() => openAirwallex(overrides, livemode)).to.throw(field);
      expect(() => openAirwallex(overrides, livemode)).not.to.throw(config.api_key);
    });
  }
});
