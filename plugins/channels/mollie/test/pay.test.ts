import { expect } from 'chai';
import { answered, makeCall, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import { methods } from '../pay.ts';
import { keyOf } from '../sign.ts';
import { attempt, config, fault, number, ok, openMollie, payment, paymentId, payRequest } from './fixture.ts';

type Step = Parameters<typeof scriptHttp>[0];
const echo = { number, merchantNo: config.profile_id, livemode: false };

async function payWith(answer: Step, overrides = {}) {
  const { http, requests } = scriptHttp(answer);
  return { outcome: await openMollie().pay(payRequest(overrides), makeCall({ http })), request: requests[0] };
}

async function queryWith(answer: Step) {
  const { http, requests } = scriptHttp(answer);
  return { outcome: await openMollie().query(attempt, makeCall({ http })), request: requests[0] };
}

async function closeWith(...answers: Step[]) {
  const { http, requests } = scriptHttp(...answers);
  return { outcome: await openMollie().close(attempt, makeCall({ http })), methods: () => requests.map(({ method }) => method) };
}

describe('mollie: an account', () => {
  for (const [field, value] of [
    ['api_key', ''],
    ['api_key', 'test_short'],
    ['api_key', 'sk_test_0123456789abcdefghij'],
    ['profile_id', 'QkEhN94Ba'],
    ['webhook_secret', 'short'],
    ['base_url', 'http://api.mollie.com'],
  ] as const) {
    it(`is refused for ${field} "${value}", whose value is not told`, () => {
      const open = () => openMollie({ [field]: value });
      expect(open).to.throw(Error, field);
      if (value !== '') expect(open).not.to.throw(value);
    });
  }

  it('takes a key of its own mode only', () => {
    expect(() => openMollie({}, true)).to.throw('api_key is not a key of live mode');
    const live = `live_${'a'.repeat(30)}`;
    expect(() => openMollie({ api_key: live })).to.throw('api_key is not a key of test mode');
    expect(openMollie({ api_key: live, base_url: 'https://api.mollie.com' }, true)).to.have.property('pay');
  });

  it('proves its key by a question about nothing', async () => {
    const { http } = scriptHttp(fault(404), fault(401));
    expect(await openMollie().probe(makeCall({ http }))).to.deep.equal({ ok: true, detail: '404 Error' });
    expect(await openMollie().probe(makeCall({ http }))).to.deep.equal({ ok: false, detail: '401 Error' });
  });
});

describe('mollie: paying', () => {
  it('asks for a payment, byte for byte', async () => {
    const { outcome, request } = await payWith(ok(payment(), 201));
    expect(request).to.deep.equal({
      method: 'POST',
      url: 'http://127.0.0.1:8090/mollie/v2/payments',
      headers: {
        accept: 'application/hal+json',
        authorization: `Bearer ${config.api_key}`,
        'user-agent': 'paymux',
        'idempotency-key': keyOf(number),
        'content-type': 'application/json',
      },
      body:
        '{"amount":{"currency":"EUR","value":"19.99"},"description":"Tea & \\"cake\\", 茶",' +
        '"redirectUrl":"https://pay.example.com/checkout/return",' +
        `"webhookUrl":"https://pay.example.com/v1/callbacks/mollie/acc_1?attempt=${number}","metadata":{"paymux_attempt":"${number}"}}`,
    });
    const url = 'https://www.mollie.com/checkout/select-method/WDqYK6vllg';
    expect(outcome).to.deep.equal({ kind: 'action', action: { type: 'redirect', url }, channelNo: paymentId });
  });

  it("names the method, the merchant's address, and amounts with the decimals of their currency", async () => {
    const yen = { product: 'creditcard', money: { amount: 500, currency: 'JPY' }, returnUrl: 'https://shop.example/done' };
    const { request } = await payWith(ok(payment()), yen);
    const body = JSON.parse(String(request?.body));
    expect(body).to.deep.include({
      method: 'creditcard',
      amount: { currency: 'JPY', value: '500' },
      redirectUrl: 'https://shop.example/done',
    });
  });

  for (const [what, overrides, reason] of [
    ['nothing', { money: { amount: 0, currency: 'EUR' } }, 'validation'],
    ['a currency that the method does not take', { product: 'ideal', money: { amount: 1, currency: 'USD' } }, 'unsupported'],
    ['an unknown product', { product: 'toString' }, 'unsupported'],
  ] as const) {
    it(`sends no request for ${what}`, async () => {
      expect(await openMollie().pay(payRequest(overrides), makeCall())).to.deep.equal({ kind: 'rejected', reason });
    });
  }

  for (const [what, members] of [
    ['amount', { amount: { value: '20.00', currency: 'EUR' } }],
    ['currency', { amount: { value: '19.99', currency: 'USD' } }],
    ['number', { metadata: { paymux_attempt: 'other' } }],
    ['profile', { profileId: 'pfl_other' }],
    ['mode', { mode: 'live' }],
    ['kind of address', { _links: { checkout: { href: 'javascript:alert(1)' } } }],
  ] as const) {
    it(`sends the shopper to no page of another ${what}`, async () => {
      expect((await payWith(ok(payment(members), 201))).outcome).to.have.nested.property('report.state', 'pending');
    });
  }

  for (const [status, expected] of [
    [400, { kind: 'rejected', reason: 'validation' }],
    [401, { kind: 'rejected', reason: 'auth' }],
    [403, { kind: 'rejected', reason: 'auth' }],
    [409, { kind: 'unknown', reason: 'unmapped' }],
    [422, { kind: 'rejected', reason: 'validation' }],
    [429, { kind: 'unknown', reason: 'rate_limited' }],
    [503, { kind: 'unknown', reason: 'server_error' }],
  ] as const) {
    it(`${status} is ${expected.kind}`, async () => expect((await payWith(fault(status))).outcome).to.include(expected));
  }

  for (const answer of [
    answered(200, 'no json'),
    answered(422, '<html>'),
    answered(422, '{"status":401,"title":"x"}'),
    answered(201, '{}'),
  ]) {
    it(`is unknown after ${answer.status} ${answer.body}`, async () => {
      expect((await payWith(answer)).outcome).to.have.property('kind', 'unknown');
    });
  }

  it('hands on what the network did', async () => {
    const lost = { kind: 'notSent', reason: 'refused' } as const;
    expect((await payWith(lost)).outcome).to.equal(lost);
  });
});

describe('mollie: asking', () => {
  it('takes money, time and echo from the answer', async () => {
    const { outcome, request } = await queryWith(
      ok(payment({ status: 'paid', paidAt: '2026-01-02T03:05:00+00:00', amount: { value: '20.00', currency: 'EUR' } })),
    );
    expect(request).to.deep.include({ method: 'GET', url: `http://127.0.0.1:8090/mollie/v2/payments/${paymentId}` });
    const at = new Date('2026-01-02T03:05:00Z');
    const report = { state: 'succeeded', channelNo: paymentId, money: { amount: 2000, currency: 'EUR' }, echo, at };
    expect(outcome).to.deep.equal({ kind: 'ok', report });
  });

  for (const [status, state] of [
    ['open', 'pending'],
    ['pending', 'processing'],
    ['authorized', 'processing'],
    ['canceled', 'closed'],
    ['expired', 'closed'],
  ] as const) {
    it(`${status} is ${state}`, async () => {
      const expected = { kind: 'ok', report: { state, channelNo: paymentId, echo } };
      expect((await queryWith(ok(payment({ status })))).outcome).to.deep.equal(expected);
    });
  }

  it('failed is a decline of this very attempt, and nothing of another', async () => {
    const failed = { status: 'failed', details: { failureReason: 'insufficient_funds' } };
    expect((await queryWith(ok(payment(failed)))).outcome).to.include({ kind: 'declined', code: 'insufficient_funds' });
    expect((await queryWith(ok(payment({ status: 'failed' })))).outcome).to.include({ kind: 'declined', code: 'declined' });
    for (const members of [{ metadata: null }, { profileId: 'pfl_x' }, { mode: 'live' }]) {
      expect((await queryWith(ok(payment({ ...failed, ...members })))).outcome).to.include({ kind: 'unknown' });
    }
  });

  it('is unknown for states nobody has seen, for another object, and for amounts that are none', async () => {
    const paid = { status: 'paid' };
    for (const members of [
      ...[{ status: 'new' }, { id: 'tr_other' }, { resource: 'order' }],
      ...['19.999', '1e3', 19.99, '-1.00', '٣.00'].map((value) => ({ ...paid, amount: { value, currency: 'EUR' } })),
      { ...paid, amount: '19.99' },
    ]) {
      expect((await queryWith(ok(payment(members)))).outcome, JSON.stringify(members)).to.include({ kind: 'unknown' });
    }
  });

  it('says not found for 404 in Mollie’s own shape only', async () => {
    expect((await queryWith(fault(404))).outcome).to.deep.equal({ kind: 'ok', report: { state: 'not_found' } });
    expect((await queryWith(answered(404, '<html>'))).outcome).to.include({ kind: 'unknown' });
  });

  it('puts nothing into an address that is no number of Mollie', async () => {
    for (const channelNo of [null, '../x', 'tr_', 'ord_1']) {
      expect(await openMollie().query({ ...attempt, channelNo }, makeCall())).to.deep.equal({ kind: 'rejected', reason: 'unsupported' });
    }
  });
});

describe('mollie: closing', () => {
  it('is declared for payments without a method alone, which Mollie cancels', () => {
    const closable = methods.filter(({ abilities }) => abilities?.close !== 'none').map(({ id }) => id);
    expect(closable).to.deep.equal(['mollie_checkout']);
  });

  it('cancels', async () => {
    const { outcome, methods } = await closeWith(ok(payment({ status: 'canceled' })));
    expect([outcome, methods()]).to.deep.equal([{ kind: 'closed' }, ['DELETE']]);
  });

  for (const [status, kind] of [
    ['paid', 'paid'],
    ['pending', 'paid'],
    ['expired', 'closed'],
    ['canceled', 'closed'],
    ['open', 'unknown'],
    ['news', 'unknown'],
  ] as const) {
    it(`is ${kind} when a payment that cannot be cancelled is ${status}`, async () => {
      const amount = { value: '19.99', currency: 'EUR' };
      const { outcome, methods } = await closeWith(fault(422), ok(payment({ status, amount })));
      expect(outcome.kind).to.equal(kind);
      expect(methods()).to.deep.equal(['DELETE', 'GET']);
    });
  }

  it('believes no answer about another payment', async () => {
    expect((await closeWith(ok(payment({ status: 'canceled', id: 'tr_x' })))).outcome).to.include({ kind: 'unknown' });
    expect((await closeWith(ok(payment({ status: 'canceled', metadata: {} })))).outcome).to.include({ kind: 'unknown' });
  });

  it('says what it did not find, and what it could not do', async () => {
    expect((await closeWith(fault(404))).outcome).to.deep.equal({ kind: 'notFound' });
    expect((await closeWith(fault(401))).outcome).to.include({ kind: 'rejected', reason: 'auth' });
    expect((await closeWith(fault(500))).outcome).to.include({ kind: 'unknown' });
    expect((await closeWith(fault(422), fault(500))).outcome).to.include({ kind: 'unknown' });
  });
});
