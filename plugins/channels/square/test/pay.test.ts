import { expect } from 'chai';
import { makeCall, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import { readVendorCases, readVendorSchema, type VendorSchema } from '../../../../test/kit/vendor-schema.ts';
import { bad, card, config, good, link, number, openSquare, order, page, payment, payRequest, refunded, refundRequest } from './fixture.ts';

const channel = openSquare();
const paid = {
  state: 'succeeded',
  channelNo: 'pay1',
  money: { amount: 1999, currency: 'USD' },
  echo: { number, merchantNo: config.location_id },
  at: new Date('2026-01-02T03:10:00Z'),
};

describe('square: paying', () => {
  it('charges a card under our number, for the whole amount or not at all', async () => {
    const { http, requests } = scriptHttp(good({ payment }));
    expect(await channel.pay(payRequest('card'), makeCall({ http }))).to.deep.equal({ kind: 'ok', report: paid });
    expect(requests[0]).to.deep.include({ method: 'POST', url: 'https://square.example/v2/payments' });
    expect(requests[0]?.headers).to.deep.equal({
      accept: 'application/json',
      authorization: `Bearer ${config.access_token}`,
      'square-version': '2025-08-20',
      'user-agent': 'paymux',
      'content-type': 'application/json',
    });
    expect(JSON.parse(String(requests[0]?.body))).to.deep.equal({
      source_id: 'cnon:card-nonce-ok',
      idempotency_key: number,
      amount_money: { amount: 1999, currency: 'USD' },
      autocomplete: true,
      accept_partial_authorization: false,
      location_id: config.location_id,
      reference_id: number,
      note: 'Tea & "cake", 茶',
      buyer_email_address: 'ada@example.com',
    });
  });

  it('opens a link whose order and payment carry our number', async () => {
    const { http, requests } = scriptHttp(good({ payment_link: page }));
    expect(await channel.pay(payRequest('link'), makeCall({ http }))).to.deep.equal({
      kind: 'action',
      action: { type: 'redirect', url: page.url },
      sessionNo: 'LINK1:order1',
    });
    const body = JSON.parse(String(requests[0]?.body)) as Record<string, unknown>;
    expect(body).to.include({ idempotency_key: number, payment_note: number });
    expect(body).to.have.deep.nested.property('order', {
      location_id: config.location_id,
      reference_id: number,
      line_items: [{ name: 'Tea & "cake", 茶', quantity: '1', base_price_money: { amount: 1999, currency: 'USD' } }],
    });
    expect(body).to.have.nested.property('checkout_options.allow_tipping', false);
  });

  for (const [name, answer, outcome] of [
    ['a declined card', bad(402, 'PAYMENT_METHOD_ERROR', 'INSUFFICIENT_FUNDS'), { kind: 'declined', code: 'insufficient_funds' }],
    ['a decline that nobody knows', bad(402, 'PAYMENT_METHOD_ERROR', 'NEW'), { kind: 'declined', code: 'declined' }],
    ['a key with other content', bad(400, 'INVALID_REQUEST_ERROR', 'IDEMPOTENCY_KEY_REUSED'), { reason: 'number_reused' }],
    ['a fault of the request', bad(400, 'INVALID_REQUEST_ERROR', 'INVALID_VALUE'), { kind: 'rejected', reason: 'validation' }],
    ['a refused token', bad(401, 'AUTHENTICATION_ERROR', 'UNAUTHORIZED'), { kind: 'rejected', reason: 'auth' }],
    ['a fault there', bad(400, 'API_ERROR', 'TEMPORARY_ERROR'), { kind: 'unknown', reason: 'unmapped' }],
    ['a limit', bad(429, 'RATE_LIMIT_ERROR', 'RATE_LIMITED'), { kind: 'unknown', reason: 'rate_limited' }],
    ['trouble there', bad(503, 'API_ERROR', 'SERVICE_UNAVAILABLE'), { kind: 'unknown', reason: 'server_error' }],
    ['a failed payment', good({ payment: { ...payment, status: 'FAILED' } }), { kind: 'declined', code: 'card_declined' }],
    ['a status that nobody knows', good({ payment: { ...payment, status: 'NEW' } }), { kind: 'unknown', reason: 'unreadable' }],
    ['no money', good({ payment: { ...payment, total_money: null } }), { kind: 'unknown', reason: 'unreadable' }],
  ] as const) {
    it(`answered with ${name} is ${JSON.stringify(outcome)}`, async () => {
      expect(await channel.pay(payRequest('card'), makeCall(scriptHttp(answer)))).to.deep.include(outcome);
    });
  }
});

describe('square: asking and closing', () => {
  it('reads a link through its order and the payment that it got', async () => {
    const unnamed = { ...payment, reference_id: undefined, note: number };
    const { http, requests } = scriptHttp(
      good({ order: { ...order, tenders: [{ id: 'x', payment_id: 'pay1' }] } }),
      good({ payment: unnamed }),
    );
    expect(await channel.query(link, makeCall({ http }))).to.deep.equal({ kind: 'ok', report: paid });
    expect(requests.map(({ url }) => url)).to.deep.equal([
      'https://square.example/v2/orders/order1',
      'https://square.example/v2/payments/pay1',
    ]);
  });

  it('says of which payment a failure is, for the kernel to compare', async () => {
    const other = { ...payment, status: 'FAILED', reference_id: '01JGJ2Q8Z5X0000000000000B2', location_id: 'LOTHER' };
    const outcome = await channel.query(card, makeCall(scriptHttp(good({ payment: other }))));
    expect(outcome).to.deep.include({ kind: 'declined', echo: { number: other.reference_id, merchantNo: 'LOTHER' } });
  });

  const tries = (...ids: string[]) => good({ order: { ...order, tenders: ids.map((id) => ({ id, payment_id: id })) } });
  const attemptAt = (id: string, status: string) => good({ payment: { ...payment, id, status } });

  it('a link is paid when any of its tries was, whatever became of those before it', async () => {
    const { http } = scriptHttp(tries('no', 'void', 'pay1'), attemptAt('no', 'FAILED'), attemptAt('void', 'CANCELED'), good({ payment }));
    expect(await channel.query(link, makeCall({ http }))).to.have.nested.property('report.state', 'succeeded');
  });

  it('a link whose tries failed or were cancelled still waits: its page takes another', async () => {
    const { http } = scriptHttp(tries('no', 'void'), attemptAt('no', 'FAILED'), attemptAt('void', 'CANCELED'));
    expect(await channel.query(link, makeCall({ http }))).to.have.nested.property('report.state', 'pending');
  });

  it('a link one of whose tries cannot be read is not known: it may be the paid one', async () => {
    const { http } = scriptHttp(tries('no', 'odd'), attemptAt('no', 'FAILED'), attemptAt('another', 'COMPLETED'));
    expect(await channel.query(link, makeCall({ http }))).to.deep.equal({ kind: 'unknown', reason: 'unreadable' });
  });

  it('a link without a payment waits, and is closed when its order was cancelled', async () => {
    expect(await channel.query(link, makeCall(scriptHttp(good({ order }))))).to.have.nested.property('report.state', 'pending');
    const cancelled = await channel.query(link, makeCall(scriptHttp(good({ order: { ...order, state: 'CANCELED' } }))));
    expect(cancelled).to.have.nested.property('report.state', 'closed');
  });

  it('shows whose payment it is and for how much, as the vendor says', async () => {
    const other = { ...payment, location_id: 'LOTHER0001', total_money: { amount: 2100, currency: 'USD' } };
    const outcome = await channel.query(card, makeCall(scriptHttp(good({ payment: other }))));
    expect(outcome).to.have.nested.property('report.echo.merchantNo', 'LOTHER0001');
    expect(outcome).to.have.nested.property('report.money.amount', 2100);
  });

  it('what is not known is not found, and is no decline', async () => {
    const missing = bad(404, 'INVALID_REQUEST_ERROR', 'NOT_FOUND');
    expect(await channel.query(card, makeCall(scriptHttp(missing)))).to.have.nested.property('report.state', 'not_found');
    expect(await channel.query(card, makeCall(scriptHttp(bad(402, 'PAYMENT_METHOD_ERROR', 'CARD_DECLINED'))))).to.include({
      kind: 'unknown',
    });
  });

  it('deletes a link; of one that is gone or paid, the order tells', async () => {
    expect(await channel.close(link, makeCall(scriptHttp(good({ id: 'LINK1' }))))).to.deep.equal({ kind: 'closed' });
    const gone = scriptHttp(bad(404, 'INVALID_REQUEST_ERROR', 'NOT_FOUND'), good({ order: { ...order, state: 'CANCELED' } }));
    expect(await channel.close(link, makeCall(gone))).to.deep.equal({ kind: 'closed' });
    const late = scriptHttp(
      bad(400, 'INVALID_REQUEST_ERROR', 'BAD_REQUEST'),
      good({ order: { ...order, tenders: [{ id: 'pay1' }] } }),
      good({ payment }),
    );
    expect(await channel.close(link, makeCall(late))).to.deep.equal({ kind: 'paid' });
    const open = scriptHttp(bad(400, 'INVALID_REQUEST_ERROR', 'BAD_REQUEST'), good({ order }));
    expect(await channel.close(link, makeCall(open))).to.include({ kind: 'unknown' });
  });
});

describe('square: refunds', () => {
  for (const [what, other] of Object.entries({ refund: { id: 'another' }, payment: { payment_id: 'another' } })) {
    it(`a refund of another ${what} says nothing of the one that was asked for`, async () => {
      const { http } = scriptHttp(good({ refund: { ...refunded, ...other } }));
      const asked = { ...refundRequest, channelNo: refunded.id };
      expect(await channel.queryRefund?.(asked, makeCall({ http }))).to.deep.equal({ kind: 'unknown', reason: 'unreadable' });
    });
  }

  it('carry our number as the key, and the vendor’s facts back', async () => {
    const { http, requests } = scriptHttp(good({ refund: refunded }));
    expect(await channel.refund(refundRequest, makeCall({ http }))).to.deep.equal({
      kind: 'ok',
      report: { state: 'succeeded', channelNo: 'pay1_r', money: refundRequest.money, echo: { merchantNo: config.location_id } },
    });
    expect(JSON.parse(String(requests[0]?.body))).to.include({
      idempotency_key: refundRequest.number,
      payment_id: 'pay1',
      reason: 'too cold',
    });
  });

  for (const [status, state] of [
    ['PENDING', 'processing'],
    ['REJECTED', 'failed'],
    ['FAILED', 'failed'],
  ]) {
    it(`reads ${status} as ${state}`, async () => {
      const outcome = await channel.queryRefund(
        { ...refundRequest, channelNo: 'pay1_r' },
        makeCall(scriptHttp(good({ refund: { ...refunded, status } }))),
      );
      expect(outcome).to.have.nested.property('report.state', state);
    });
  }

  it('that may be this very one are unknown, and others declined', async () => {
    const pending = bad(400, 'INVALID_REQUEST_ERROR', 'REFUND_ALREADY_PENDING');
    expect(await channel.refund(refundRequest, makeCall(scriptHttp(pending)))).to.include({ kind: 'unknown' });
    const tooMuch = bad(400, 'REFUND_ERROR', 'REFUND_AMOUNT_INVALID');
    expect(await channel.refund(refundRequest, makeCall(scriptHttp(tooMuch)))).to.include({ kind: 'declined', code: 'refund_rejected' });
  });
});

describe("square: our requests against the vendor's schema of 2025-08", () => {
  let schema: VendorSchema;

  before(function () {
    const read = readVendorSchema('square-2025-08.json');
    if (read === null) this.skip();
    else schema = read;
  });

  it('judges the known good and bad bodies as the vendor would', () => {
    const cases = readVendorCases('square');
    expect(cases).to.have.length.greaterThan(1);
    for (const one of cases) expect(schema.faultsOf(one.op, one.body).length === 0 ? 'valid' : 'invalid', one.name).to.equal(one.should_be);
  });

  it('takes a charge and a refund', async () => {
    const { http, requests } = scriptHttp(good({ payment }), good({ refund: refunded }));
    await channel.pay(payRequest('card'), makeCall({ http }));
    await channel.refund(refundRequest, makeCall({ http }));
    expect(schema.faultsOf('POST /v2/payments', JSON.parse(String(requests[0]?.body)))).to.deep.equal([]);
    expect(schema.faultsOf('POST /v2/refunds', JSON.parse(String(requests[1]?.body)))).to.deep.equal([]);
  });
});

describe('square: configuration', () => {
  for (const [name, overrides, livemode] of [
    ['an empty token', { access_token: '' }, false],
    ['a short token', { access_token: 'EAAA' }, false],
    ['an empty signature key', { webhook_signature_key: '' }, false],
    ['no location', { location_id: 'x' }, false],
    ['the live address in test mode', { base_url: 'https://connect.squareup.com' }, false],
    ['the sandbox in live mode', { base_url: 'https://connect.squareupsandbox.com/' }, true],
    ['an address in the clear', { base_url: 'http://square.example' }, false],
  ] as const) {
    it(`refuses ${name} by the field's name`, () => {
      expect(() => openSquare(overrides, livemode)).to.throw(/^(access_token|webhook_signature_key|location_id|base_url) /);
    });
  }
});
