import { expect } from 'chai';
import { answered, makeCall, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import {
  attempt,
  config,
  fault,
  found,
  number,
  ok,
  openMercadoPago,
  payment,
  paymentId,
  payRequest,
  preference,
  preferenceId,
} from './fixture.ts';

type Step = Parameters<typeof scriptHttp>[0];
const echo = { number, merchantNo: '400000001', livemode: false };
const succeeded = { kind: 'ok', report: { state: 'succeeded', channelNo: paymentId, money: { amount: 1999, currency: 'BRL' }, echo } };

async function payWith(answer: Step, overrides = {}) {
  const { http, requests } = scriptHttp(answer);
  return { outcome: await openMercadoPago().pay(payRequest(overrides), makeCall({ http })), request: requests[0] };
}

async function queryWith(answers: readonly Step[], overrides = {}) {
  const { http, requests } = scriptHttp(...answers);
  return { outcome: await openMercadoPago().query({ ...attempt, ...overrides }, makeCall({ http })), requests };
}

describe('mercadopago: an account', () => {
  for (const [field, value] of [
    ['access_token', ''],
    ['access_token', 'TEST-short'],
    ['access_token', 'sk_test_012345678901234567890'],
    ['user_id', 'shop'],
    ['webhook_secret', 'short'],
    ['base_url', 'http://api.mercadopago.com'],
  ] as const) {
    it(`is refused for ${field} "${value}", whose value is not told`, () => {
      const open = () => openMercadoPago({ [field]: value });
      expect(open).to.throw(Error, field);
      if (value !== '') expect(open).not.to.throw(value);
    });
  }

  it('takes a token of its own mode only', () => {
    expect(() => openMercadoPago({}, true)).to.throw('access_token is not a token of live mode');
    const live = 'APP_USR-0123456789012345-010203';
    expect(() => openMercadoPago({ access_token: live })).to.throw('access_token is not a token of test mode');
    expect(openMercadoPago({ access_token: live, base_url: 'https://api.mercadopago.com' }, true)).to.have.property('pay');
  });

  it('proves its token by a search for nothing', async () => {
    const { http } = scriptHttp(found([]), fault(401));
    expect(await openMercadoPago().probe(makeCall({ http }))).to.have.property('ok', true);
    expect(await openMercadoPago().probe(makeCall({ http }))).to.deep.equal({ ok: false, detail: '401 e' });
  });
});

describe('mercadopago: paying', () => {
  it('asks for a page, byte for byte', async () => {
    const { outcome, request } = await payWith(ok(preference(), 201));
    expect(request).to.deep.equal({
      method: 'POST',
      url: `${config.base_url}/checkout/preferences`,
      headers: {
        accept: 'application/json',
        authorization: `Bearer ${config.access_token}`,
        'user-agent': 'paymux',
        'x-idempotency-key': number,
        'content-type': 'application/json',
      },
      body:
        `{"items":[{"id":"${number}","title":"Chá & \\"bolo\\"","quantity":1,"unit_price":19.99,"currency_id":"BRL"}],` +
        `"external_reference":"${number}",` +
        `"notification_url":"https://pay.example.com/v1/callbacks/mercadopago/acc_1?attempt=${number}&source_news=webhooks",` +
        '"back_urls":{"success":"https://pay.example.com/checkout/return","pending":"https://pay.example.com/checkout/return",' +
        '"failure":"https://pay.example.com/checkout/return"},"expires":true,' +
        '"expiration_date_from":"2026-01-02T03:04:00.000+00:00","expiration_date_to":"2026-01-02T05:04:00.000+00:00",' +
        '"payment_methods":{"excluded_payment_types":[{"id":"ticket"},{"id":"atm"}]}}',
    });
    const url = 'https://sandbox.mercadopago.com.br/checkout/v1/redirect?pref_id=1';
    expect(outcome).to.deep.equal({ kind: 'action', action: { type: 'redirect', url }, sessionNo: preferenceId });
  });

  it('writes pesos of Chile without decimals', async () => {
    const { request } = await payWith(ok(preference()), { money: { amount: 500, currency: 'CLP' } });
    expect(String(request?.body)).to.contain('"unit_price":500,');
  });

  for (const [what, members] of [
    ['amount', { items: [{ quantity: 1, unit_price: 20, currency_id: 'BRL' }] }],
    ['currency', { items: [{ quantity: 1, unit_price: 19.99, currency_id: 'MXN' }] }],
    ['count', { items: [{ quantity: 2, unit_price: 19.99, currency_id: 'BRL' }] }],
    ['number', { external_reference: 'other' }],
    ['merchant', { collector_id: 4 }],
    ['kind of address', { sandbox_init_point: 'javascript:alert(1)' }],
  ] as const) {
    it(`sends the shopper to no page of another ${what}`, async () => {
      expect((await payWith(ok(preference(members), 201))).outcome).to.deep.equal({ kind: 'unknown', reason: 'unmapped' });
    });
  }

  it('sends no request for what cannot be asked for', async () => {
    for (const overrides of [{ money: { amount: 0, currency: 'BRL' } }, { money: { amount: 1, currency: 'USD' } }, { product: 'pix' }]) {
      expect(await openMercadoPago().pay(payRequest(overrides), makeCall())).to.have.property('kind', 'rejected');
    }
  });

  for (const [status, expected] of [
    [400, { kind: 'rejected', reason: 'validation' }],
    [401, { kind: 'rejected', reason: 'auth' }],
    [409, { kind: 'unknown', reason: 'unmapped' }],
    [429, { kind: 'unknown', reason: 'rate_limited' }],
    [500, { kind: 'unknown', reason: 'server_error' }],
  ] as const) {
    it(`${status} is ${expected.kind}`, async () => expect((await payWith(fault(status))).outcome).to.include(expected));
  }

  it('is unknown after what cannot be read, and hands on what the network did', async () => {
    for (const answer of [
      answered(200, 'x'),
      answered(400, '<html>'),
      answered(400, '{"status":500,"message":"x"}'),
      answered(201, '{}'),
    ]) {
      expect((await payWith(answer)).outcome).to.have.property('kind', 'unknown');
    }
    const lost = { kind: 'notSent', reason: 'refused' } as const;
    expect((await payWith(lost)).outcome).to.equal(lost);
  });
});

describe('mercadopago: asking', () => {
  it('looks for the payments of our number until one is known', async () => {
    const { outcome, requests } = await queryWith([found([payment()])]);
    expect(requests[0]?.url).to.equal(
      `${config.base_url}/v1/payments/search?external_reference=${number}&sort=date_created&criteria=asc&limit=50`,
    );
    expect(outcome).to.deep.equal(succeeded);
  });

  it('asks by the number of the payment afterwards', async () => {
    const { outcome, requests } = await queryWith([ok(payment())], { channelNo: paymentId });
    expect(requests[0]?.url).to.equal(`${config.base_url}/v1/payments/${paymentId}`);
    expect(outcome).to.deep.equal(succeeded);
    expect((await queryWith([ok(payment({ id: 7 }))], { channelNo: paymentId })).outcome).to.include({ kind: 'unknown' });
    expect((await queryWith([fault(404)], { channelNo: paymentId })).outcome).to.have.nested.property('report.state', 'not_found');
    expect((await queryWith([], { channelNo: '../x' })).outcome).to.include({ kind: 'rejected' });
  });

  it('keeps the digits of numbers that no fraction of the machine holds', async () => {
    const body = JSON.stringify({ paging: { total: 1 }, results: [payment()] }).replace('12345678901', '90071992547409931');
    expect((await queryWith([answered(200, body)])).outcome).to.have.nested.property('report.channelNo', '90071992547409931');
  });

  for (const [statuses, state] of [
    [['rejected'], 'pending'],
    [['rejected', 'cancelled'], 'pending'],
    [['rejected', 'in_process'], 'processing'],
    [['pending'], 'processing'],
    [['rejected', 'approved'], 'succeeded'],
    [['approved', 'approved'], 'succeeded'],
    [['approved', 'charged_back'], 'succeeded'],
  ] as const) {
    it(`${statuses.join(', then ')} is ${state}`, async () => {
      const { outcome } = await queryWith([found(statuses.map((status, index) => payment({ status, id: 100 + index })))]);
      expect(outcome).to.have.nested.property('report.state', state);
      if (statuses.join() === 'approved,approved') expect(outcome).to.have.nested.property('report.channelNo', '100');
    });
  }

  it('is unknown for disputes, refunds made elsewhere, and lists that cannot be whole or ours', async () => {
    for (const status of ['refunded', 'charged_back', 'in_mediation', 'news']) {
      expect((await queryWith([found([payment({ status }), payment({ status: 'rejected' })])])).outcome).to.include({ kind: 'unknown' });
    }
    for (const answer of [
      found([payment()], { paging: { total: 2 } }),
      found([payment({ external_reference: 'other' })]),
      found([], { results: 'x' }),
      found([payment({ transaction_amount: 19.999 })]),
    ]) {
      expect((await queryWith([answer])).outcome).to.include({ kind: 'unknown' });
    }
  });

  it('finds nothing where nobody has tried, and asks for the page where its name is known', async () => {
    expect((await queryWith([found([])])).outcome).to.deep.equal({ kind: 'ok', report: { state: 'not_found' } });
    const known = { sessionNo: preferenceId };
    const { outcome, requests } = await queryWith([found([]), ok(preference())], known);
    expect(requests[1]?.url).to.equal(`${config.base_url}/checkout/preferences/${preferenceId}`);
    expect(outcome).to.deep.equal({ kind: 'ok', report: { state: 'pending', echo: { number, merchantNo: '400000001' } } });
    expect((await queryWith([found([]), fault(404)], known)).outcome).to.have.nested.property('report.state', 'not_found');
    expect((await queryWith([found([]), ok(preference({ id: 'x' }))], known)).outcome).to.include({ kind: 'unknown' });
  });
});
