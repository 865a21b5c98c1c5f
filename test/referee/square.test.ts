import { expect } from 'chai';
import square from '../../plugins/channels/square/index.ts';
import type { Json, Received } from '../simulator/kit.ts';
import { asRaw, call, faultOf, loadSdk, newNumber, openPlugin, openRing, type Ring, requestOf } from './kit.ts';

describe('referee: square for Node', () => {
  let ring: Ring;
  let sdk: Json;
  let client: Json;

  before(async function () {
    sdk = await loadSdk(this, 'square');
    ring = await openRing('square');
    client = connect(ring.config.access_token);
  });
  after(() => ring?.end());

  const connect = (token: string): Json => Reflect.construct(sdk.SquareClient, [{ baseUrl: ring.origin, token, maxRetries: 0 }]);
  /** The SDK counts in whole numbers without a limit. */
  const usd = (amount: bigint) => ({ amount, currency: 'USD' });
  const openLink = async (number: string): Promise<Json> => {
    const line = { name: 'Tea 茶', quantity: '1', basePriceMoney: usd(1999n) };
    const order = { locationId: ring.config.location_id, referenceId: number, lineItems: [line] };
    return (await client.checkout.paymentLinks.create({ idempotencyKey: number, order, paymentNote: number })).paymentLink;
  };
  const charge = (number: string, sourceId = 'cnon:card-nonce-ok'): Promise<Json> =>
    client.payments.create({
      sourceId,
      idempotencyKey: number,
      amountMoney: usd(500n),
      locationId: ring.config.location_id,
      referenceId: number,
    });
  const isGenuine = ({ headers, body }: Received): Promise<boolean> =>
    sdk.WebhooksHelper.verifySignature({
      requestBody: body,
      signatureHeader: headers['x-square-hmacsha256-signature'],
      signatureKey: ring.config.webhook_signature_key,
      notificationUrl: ring.callbackUrl,
    });
  const toldOf = (type: string, id: string) => ring.told(({ body }) => JSON.parse(body).type === type && body.includes(id));

  it('sells through a link: made, paid, read by its order, told, refunded in parts', async () => {
    const number = newNumber();
    const link = await openLink(number);
    expect(await ring.pay(link.url)).to.include({ paid: true, number });
    const { order } = await client.orders.get({ orderId: link.orderId });
    expect(order).to.deep.include({ referenceId: number, netAmountDueMoney: usd(0n), totalMoney: usd(1999n) });
    const { payment } = await client.payments.get({ paymentId: order.tenders[0].paymentId });
    expect(payment).to.deep.include({ status: 'COMPLETED', totalMoney: usd(1999n), orderId: link.orderId });
    const told = await toldOf('payment.updated', payment.id);
    expect(await isGenuine(told)).to.equal(true);
    expect(await isGenuine({ ...told, body: told.body.replace('1999', '9999') })).to.equal(false);

    const ask = { idempotencyKey: newNumber(), paymentId: payment.id, amountMoney: usd(999n), reason: 'cold' };
    const { refund } = await client.refunds.refundPayment(ask);
    expect(refund).to.deep.include({ status: 'PENDING', amountMoney: usd(999n), paymentId: payment.id });
    expect(await isGenuine(await toldOf('refund.updated', refund.id))).to.equal(true);
    expect((await client.refunds.get({ refundId: refund.id })).refund.status).to.equal('COMPLETED');
    const excess = await faultOf(client.refunds.refundPayment({ ...ask, idempotencyKey: newNumber(), amountMoney: usd(1001n) }));
    expect(excess.errors[0]).to.include({ category: 'REFUND_ERROR', code: 'REFUND_AMOUNT_INVALID' });
    expect(await ring.truthOf(number)).to.deep.equal(['charge 1999']);
  });

  it('charges a card at once, once for a key, and declines in words that the SDK knows', async () => {
    const number = newNumber();
    const { payment } = await charge(number);
    expect(payment).to.deep.include({ status: 'COMPLETED', amountMoney: usd(500n), referenceId: number });
    expect((await charge(number)).payment.id).to.equal(payment.id);
    const declined = await faultOf(charge(newNumber(), 'cnon:card-nonce-declined'));
    expect(declined.statusCode).to.equal(402);
    expect(declined.errors[0]).to.include({ category: 'PAYMENT_METHOD_ERROR', code: 'CARD_DECLINED' });
  });

  it('deletes a link that nobody paid', async () => {
    const link = await openLink(newNumber());
    expect(await client.checkout.paymentLinks.delete({ id: link.id })).to.include({ id: link.id, cancelledOrderId: link.orderId });
    expect((await client.orders.get({ orderId: link.orderId })).order.state).to.equal('CANCELED');
  });

  it('lists payments and refunds, a page after the other, as the statement is made', async () => {
    const amounts: bigint[] = [];
    for await (const payment of await client.payments.list({ limit: 1, sortOrder: 'ASC' })) amounts.push(payment.totalMoney.amount);
    expect(amounts).to.include.members([1999n, 500n]);
    const refunds: string[] = [];
    for await (const refund of await client.refunds.list({})) refunds.push(refund.status);
    expect(refunds).to.deep.equal(['COMPLETED']);
  });

  it('reads faults as what they are: a wrong token, nothing there, too many requests, trouble', async () => {
    const codeOf = async (asked: Promise<unknown>) => {
      const { statusCode, errors } = await faultOf(asked);
      return `${statusCode} ${errors[0].code}`;
    };
    expect(await codeOf(connect('wrong').payments.get({ paymentId: 'x' }))).to.equal('401 UNAUTHORIZED');
    expect(await codeOf(client.payments.get({ paymentId: 'x' }))).to.equal('404 NOT_FOUND');
    await ring.misbehave('query', 'rate_limited');
    expect(await codeOf(client.payments.get({ paymentId: 'x' }))).to.equal('429 RATE_LIMITED');
    await ring.misbehave('query', 'http_500');
    expect(await codeOf(client.payments.get({ paymentId: 'x' }))).to.equal('500 INTERNAL_SERVER_ERROR');
  });

  it('refuses a forged callback', async () => {
    // One payment is told by two events.
    await ring.misbehave('callback', 'forged', 2);
    const { payment } = await charge(newNumber());
    expect(await isGenuine(await ring.told(({ body }) => body.includes(payment.id)))).to.equal(false);
  });

  it('reads what the plugin made, and the plugin takes what the SDK calls genuine', async () => {
    const channel = openPlugin(square, ring);
    const request = requestOf(ring, { product: 'link', money: { amount: 2501, currency: 'USD' } });
    const made: Json = await channel.pay(request, call);
    await ring.pay(made.action.url);
    const told = await ring.told(({ body }) => JSON.parse(body).type === 'payment.updated' && body.includes(request.number));
    expect(await isGenuine(told)).to.equal(true);
    const taken: Json = await channel.parseCallback(asRaw(ring, told), call);
    expect(taken).to.include({ kind: 'event', trust: 'signed' });
    const { payment } = await client.payments.get({ paymentId: taken.items[0].channelNo });
    expect(payment).to.deep.include({ note: request.number, totalMoney: usd(2501n) });
  });
});
