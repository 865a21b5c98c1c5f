import http from 'node:http';
import https from 'node:https';
import { expect } from 'chai';
import sinon from 'sinon';
import mollie from '../../plugins/channels/mollie/index.ts';
import type { Json } from '../simulator/kit.ts';
import { asRaw, call, faultOf, loadSdk, openPlugin, openRing, type Ring, requestOf } from './kit.ts';

describe('referee: @mollie/api-client', () => {
  let ring: Ring;
  let sdk: Json;
  let client: Json;

  before(async function () {
    sdk = await loadSdk(this, '@mollie/api-client');
    ring = await openRing('mollie');
    client = connect({ apiKey: ring.config.api_key });
  });
  after(() => ring?.end());

  /** It makes an agent for TLS with its own list of authorities, whatever the address; on loopback there is no TLS. */
  function connect(key: Json): Json {
    sinon.replace(https, 'Agent', http.Agent as never);
    try {
      return sdk.createMollieClient({ ...key, apiEndpoint: `${ring.origin}/v2/` });
    } finally {
      sinon.restore();
    }
  }
  const euros = (value: string) => ({ currency: 'EUR', value });
  const create = (): Promise<Json> =>
    client.payments.create({
      amount: euros('19.99'),
      description: 'Tea',
      redirectUrl: 'http://127.0.0.1/back',
      webhookUrl: ring.callbackUrl,
    });

  it('sells through the page: made, paid, told, read, refunded in parts', async () => {
    const made = await create();
    expect(made).to.deep.include({ resource: 'payment', status: sdk.PaymentStatus.open, amount: euros('19.99') });
    expect(await ring.pay(made.getCheckoutUrl())).to.include({ paid: true });
    expect((await ring.told(({ body }) => body.includes(made.id))).body).to.equal(`id=${made.id}`);
    const read = await client.payments.get(made.id);
    expect(read).to.deep.include({ status: sdk.PaymentStatus.paid, amount: euros('19.99') });

    const refund = await client.paymentRefunds.create({ paymentId: made.id, amount: euros('5.00') });
    expect(refund).to.deep.include({ status: sdk.RefundStatus.pending, amount: euros('5.00'), paymentId: made.id });
    await ring.told(({ body }) => body.includes(made.id), 1);
    const ended = await client.paymentRefunds.get(refund.id, { paymentId: made.id });
    expect(ended.status).to.equal(sdk.RefundStatus.refunded);
    const excess = await faultOf(client.paymentRefunds.create({ paymentId: made.id, amount: euros('15.00') }));
    expect(excess).to.include({ name: 'ApiError', statusCode: 422, field: 'amount' });
    expect(await ring.truthOf(made.id)).to.deep.equal(['charge 1999']);
  });

  it('cancels what nobody has begun to pay', async () => {
    const made = await create();
    expect(made.isCancelable).to.equal(true);
    expect((await client.payments.cancel(made.id)).status).to.equal(sdk.PaymentStatus.canceled);
  });

  it('lists settlements and what is in them, as the statement is made', async () => {
    const organization = connect({ accessToken: ring.config.organization_token });
    const page = await organization.settlements.page();
    expect(page).to.have.length.above(0);
    const payments = await organization.settlementPayments.page({ settlementId: page[0].id });
    expect(payments[0]).to.deep.include({ resource: 'payment', status: sdk.PaymentStatus.paid });
  });

  it('reads faults as what they are: a wrong key, nothing there, too many requests, trouble', async () => {
    const codeOf = async (asked: Promise<unknown>) => (await faultOf(asked)).statusCode;
    expect(await codeOf(connect({ apiKey: 'test_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' }).payments.get('tr_x'))).to.equal(401);
    expect(await codeOf(client.payments.get('tr_x'))).to.equal(404);
    await ring.misbehave('query', 'rate_limited');
    expect(await codeOf(client.payments.get('tr_x'))).to.equal(429);
  });

  // The library verifies no signatures of callbacks.
  it('reads what the plugin made, and what a callback names', async () => {
    const channel = openPlugin(mollie, ring);
    const request = requestOf(ring, { product: 'creditcard', money: { amount: 2501, currency: 'EUR' } });
    const made: Json = await channel.pay(request, call);
    await ring.pay(made.action.url);
    const told = await ring.told(({ body }) => body.includes(made.channelNo));
    const taken: Json = await channel.parseCallback(asRaw(ring, told), call);
    expect(taken).to.include({ kind: 'event', trust: 'unverified' });
    const read = await client.payments.get(taken.items[0].channelNo);
    expect(read).to.deep.include({ amount: euros('25.01'), metadata: { paymux_attempt: request.number } });
  });
});
