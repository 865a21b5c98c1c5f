import { expect } from 'chai';
import { answered, makeCall, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import { fault, number, ok, openXendit, paymentRequest, payRequest, requestId, walletMethod } from './fixture.ts';

const pesos = { amount: 1999, currency: 'PHP' };
const walletRequest = { product: 'gcash', money: pesos };
const action = (kind: string, url: string) => ({ action: 'AUTH', url_type: kind, method: 'GET', url });
const wallet = (members = {}) =>
  paymentRequest({ amount: 19.99, currency: 'PHP', status: 'REQUIRES_ACTION', payment_method: walletMethod, ...members });

async function payWith(answer: Parameters<typeof scriptHttp>[0], overrides = {}) {
  const { http, requests } = scriptHttp(answer);
  return { outcome: await openXendit().pay(payRequest(overrides), makeCall({ http })), request: requests[0] };
}

describe('xendit: paying', () => {
  it('asks for a QRIS code, byte for byte', async () => {
    const { outcome, request } = await payWith(ok(paymentRequest(), 201));
    expect(request).to.deep.equal({
      method: 'POST',
      url: 'http://127.0.0.1:8090/xendit/payment_requests',
      headers: {
        accept: 'application/json',
        authorization: 'Basic eG5kX2RldmVsb3BtZW50XzAxMjM0NTY3ODlhYmNkZWY6',
        'user-agent': 'paymux',
        'idempotency-key': number,
        'content-type': 'application/json',
      },
      body:
        `{"reference_id":"${number}","amount":15000,"currency":"IDR","country":"ID","description":"Tea & \\"cake\\", 茶",` +
        `"payment_method":{"type":"QR_CODE","reusability":"ONE_TIME_USE","reference_id":"${number}","qr_code":{"channel_code":"QRIS",` +
        '"channel_properties":{"expires_at":"2026-01-02T05:04:00.000Z"}}}}',
    });
    expect(outcome).to.deep.equal({ kind: 'action', action: { type: 'qr', qrContent: '00020101021226' }, channelNo: requestId });
  });

  it("sends the shopper to a wallet's page, and tells the wallet where they come back to", async () => {
    const actions = [action('DEEPLINK', 'gcash://x'), action('MOBILE', 'https://m.example/1'), action('WEB', 'https://w.example/1')];
    const { outcome, request } = await payWith(ok(wallet({ actions }), 201), { ...walletRequest, returnUrl: 'https://shop.example/done' });
    expect(outcome).to.deep.equal({ kind: 'action', action: { type: 'redirect', url: 'https://w.example/1' }, channelNo: requestId });
    const body = JSON.parse(String(request?.body));
    expect(String(request?.body)).to.contain('"amount":19.99,');
    expect(body.payment_method.ewallet).to.deep.equal({
      channel_code: 'GCASH',
      channel_properties: { success_return_url: 'https://shop.example/done', failure_return_url: 'https://shop.example/done' },
    });
  });

  it('returns to a neutral page of ours where the merchant named none', async () => {
    const { request } = await payWith(ok(wallet(), 201), walletRequest);
    expect(JSON.parse(String(request?.body)).payment_method.ewallet.channel_properties.success_return_url).to.equal(
      'https://pay.example.com/checkout/return',
    );
  });

  it('takes the page for telephones where there is no other, and no deep link', async () => {
    const mobile = await payWith(ok(wallet({ actions: [action('MOBILE', 'https://m.example/1')] })), walletRequest);
    expect(mobile.outcome).to.have.nested.property('action.url', 'https://m.example/1');
    const deep = await payWith(ok(wallet({ actions: [action('WEB', 'gcash://x')] })), walletRequest);
    expect(deep.outcome).to.have.nested.property('report.state', 'pending');
  });

  it('tells the account to transfer to, with the amount that Xendit states', async () => {
    const virtual = {
      type: 'VIRTUAL_ACCOUNT',
      virtual_account: {
        channel_code: 'BNI',
        channel_properties: { customer_name: 'Ahmad', virtual_account_number: '8808999', expires_at: '2026-01-02T05:04:00Z' },
      },
    };
    const { outcome, request } = await payWith(ok(paymentRequest({ payment_method: virtual }), 201), { product: 'va_bni' });
    expect(JSON.parse(String(request?.body)).payment_method.virtual_account).to.deep.equal({
      channel_code: 'BNI',
      channel_properties: { customer_name: 'Ahmad Gunawan', expires_at: '2026-01-02T05:04:00.000Z' },
    });
    expect(outcome).to.deep.equal({
      kind: 'action',
      channelNo: requestId,
      action: {
        type: 'instructions',
        params: {
          bank: 'BNI',
          account_number: '8808999',
          amount: '15000.00',
          currency: 'IDR',
          account_name: 'Ahmad',
          expires_at: '2026-01-02T05:04:00Z',
        },
      },
    });
  });

  it("puts an account into the merchant's name where the payer has none", async () => {
    const { http, requests } = scriptHttp(ok(paymentRequest()));
    await openXendit({ account_name: 'Tea House' }).pay(payRequest({ product: 'va_bca', payer: {} }), makeCall({ http }));
    expect(String(requests[0]?.body)).to.contain('"customer_name":"Tea House"');
  });

  for (const [what, overrides, reason] of [
    ['a part of a rupiah', { money: { amount: 1_500_001, currency: 'IDR' } }, 'validation'],
    ['nothing', { money: { amount: 0, currency: 'IDR' } }, 'validation'],
    ['a currency of another country', { money: pesos }, 'unsupported'],
    ['an unknown product', { product: 'toString' }, 'unsupported'],
    ['an account in no name', { product: 'va_bni', payer: {} }, 'config'],
  ] as const) {
    it(`sends no request for ${what}`, async () => {
      expect(await openXendit().pay(payRequest(overrides), makeCall())).to.deep.equal({ kind: 'rejected', reason });
    });
  }

  for (const [what, members] of [
    ['amount', { amount: 15_001 }],
    ['currency', { currency: 'PHP' }],
    ['number', { reference_id: '01KDYB0N3Q8Z5T7V9W2X4Y6Z8C' }],
    ['merchant', { business_id: 'ffffffffffffffffffffffff' }],
  ] as const) {
    it(`shows the shopper no code of another ${what}`, async () => {
      const { outcome } = await payWith(ok(paymentRequest(members), 201));
      expect(outcome).to.have.nested.property('report.state', 'pending');
    });
  }

  it('says declined of a request that failed at once, with the reason of the wallet', async () => {
    const { outcome } = await payWith(ok(wallet({ status: 'FAILED', failure_code: 'INSUFFICIENT_BALANCE' })), walletRequest);
    expect(outcome).to.include({ kind: 'declined', code: 'insufficient_funds' });
    const other = await payWith(ok(wallet({ status: 'FAILED', reference_id: 'x' })), walletRequest);
    expect(other.outcome).to.deep.equal({ kind: 'unknown', reason: 'unmapped' });
  });

  for (const [status, code, expected] of [
    [400, 'API_VALIDATION_ERROR', { kind: 'rejected', reason: 'validation' }],
    [400, 'INSUFFICIENT_BALANCE', { kind: 'declined', code: 'insufficient_funds' }],
    [400, 'MAX_AMOUNT_LIMIT_ERROR', { kind: 'declined', code: 'limit_exceeded' }],
    [400, 'SOMETHING_NEW', { kind: 'unknown', reason: 'unmapped' }],
    [401, 'INVALID_API_KEY', { kind: 'rejected', reason: 'auth' }],
    [403, 'CHANNEL_NOT_ACTIVATED', { kind: 'rejected', reason: 'config' }],
    [403, 'REQUEST_FORBIDDEN_ERROR', { kind: 'rejected', reason: 'auth' }],
    [409, 'IDEMPOTENCY_ERROR', { kind: 'rejected', reason: 'number_reused' }],
    [409, 'DUPLICATE_ERROR', { kind: 'unknown', reason: 'unmapped' }],
    [429, 'RATE_LIMIT_EXCEEDED', { kind: 'unknown', reason: 'rate_limited' }],
    [503, 'CHANNEL_UNAVAILABLE', { kind: 'unknown', reason: 'server_error' }],
    [418, 'API_VALIDATION_ERROR', { kind: 'unknown', reason: 'unmapped' }],
  ] as const) {
    it(`${status} ${code} is ${expected.kind}`, async () => {
      expect((await payWith(fault(status, code))).outcome).to.include(expected);
    });
  }

  for (const answer of [answered(200, 'no json'), answered(404, '<html>'), answered(201, '{}'), answered(200, '{"status":"SUCCEEDED"}')]) {
    it(`is unknown after ${answer.status} ${answer.body}`, async () => {
      expect((await payWith(answer)).outcome).to.have.property('kind', 'unknown');
    });
  }

  it('hands on what the network did', async () => {
    for (const lost of [
      { kind: 'notSent', reason: 'refused' },
      { kind: 'unknown', reason: 'timeout' },
    ] as const) {
      expect((await payWith(lost)).outcome).to.equal(lost);
    }
  });

  it('does not repeat what the vendor says of a refused key', async () => {
    const { outcome } = await payWith(answered(401, JSON.stringify({ error_code: 'INVALID_API_KEY', message: 'xnd_development_0123' })));
    expect(JSON.stringify(outcome)).not.to.contain('xnd_');
  });
});
