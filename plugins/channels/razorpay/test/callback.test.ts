import { createHmac } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { makeCall } from '../../../../test/kit/channel-kit.ts';
import { isSigned } from '../sign.ts';
import {
  config,
  number,
  openRazorpay,
  order,
  orderId,
  payment,
  paymentId,
  rawOf,
  refunded,
  refundId,
  refundNumber,
  webhookSecret,
} from './fixture.ts';

const channel = openRazorpay();
const call = makeCall();
const sign = (body: string, key = webhookSecret) => ({ 'x-razorpay-signature': createHmac('sha256', key).update(body).digest('hex') });
const tell = (event: string, payload: object, accountId: unknown = config.account_id) =>
  JSON.stringify({ entity: 'event', account_id: accountId, event, payload, created_at: 1767323405 });
const read = (body: string) => channel.parseCallback(rawOf(body, sign(body)), call);

describe('razorpay: the vendor’s signature sample', () => {
  it('verifies, and with any byte changed does not', function () {
    const path = join(process.env['PAYMUX_VECTORS'] ?? '../shared/vectors', 'global/webhook-signatures.json');
    if (!existsSync(path)) this.skip();
    const { vectors } = JSON.parse(readFileSync(path, 'utf8'));
    const { secret, body, expected } = vectors.find(({ id }: { id: string }) => id === 'razorpay-webhook-node');
    expect(isSigned(secret, Buffer.from(body), expected)).to.equal(true);
    for (const text of [body, secret, expected] as string[]) {
      for (let at = 0; at < text.length; at += 1) {
        const changed = Buffer.from(text);
        changed[at] = (changed[at] ?? 0) ^ 1;
        const of = (one: string) => (one === text ? changed.toString() : one);
        expect(isSigned(of(secret), Buffer.from(of(body)), of(expected)), `byte ${at}`).to.equal(false);
      }
    }
  });
});

describe('razorpay: callbacks', () => {
  const paid = tell('order.paid', { payment: { entity: payment }, order: { entity: { ...order, status: 'paid' } } });

  it('about a paid order tell our number and the vendor’s facts', async () => {
    const echo = { number, merchantNo: config.account_id };
    const report = { state: 'succeeded', channelNo: paymentId, money: { amount: 1999, currency: 'INR' }, echo };
    const callback = await read(paid);
    expect(callback).to.deep.include({ kind: 'event', eventId: `order.paid:${paymentId}`, trust: 'signed' });
    expect(callback).to.have.deep.property('items', [{ of: 'payment', number, sessionNo: orderId, channelNo: paymentId, report }]);
  });

  it('about a captured payment name the order alone, and an authorized one is not paid', async () => {
    const captured = await read(tell('payment.captured', { payment: { entity: payment } }));
    expect(captured).to.have.nested.property('items[0].sessionNo', orderId);
    expect(captured).to.not.have.nested.property('items[0].number');
    expect(captured).to.have.nested.property('items[0].report.state', 'succeeded');
    const authorized = await read(tell('payment.authorized', { payment: { entity: { ...payment, status: 'authorized' } } }));
    expect(authorized).to.have.nested.property('items[0].report.state', 'processing');
  });

  it('that show a payment which is no longer captured make us ask, and one of an unknown state is malformed', async () => {
    for (const status of ['refunded', 'failed']) {
      const callback = await read(tell('payment.captured', { payment: { entity: { ...payment, status } } }));
      expect(callback).to.have.deep.property('items', [{ of: 'payment', sessionNo: orderId, report: { state: 'changed' } }]);
    }
    const unknown = await read(tell('payment.captured', { payment: { entity: { ...payment, status: 'new' } } }));
    expect(unknown).to.include({ kind: 'refused', reason: 'malformed' });
  });

  it('keep their names whatever the unsigned event id says', async () => {
    const headers = { ...sign(paid), 'x-razorpay-event-id': 'of-a-stranger' };
    expect(await channel.parseCallback(rawOf(paid, headers), call)).to.have.property('eventId', `order.paid:${paymentId}`);
  });

  it('about refunds name ours', async () => {
    const callback = await read(tell('refund.processed', { refund: { entity: refunded }, payment: { entity: payment } }));
    expect(callback).to.have.deep.nested.property('items[0]', {
      of: 'refund',
      number: refundNumber,
      channelNo: refundId,
      report: {
        state: 'succeeded',
        channelNo: refundId,
        money: { amount: 500, currency: 'INR' },
        echo: { number: refundNumber, merchantNo: config.account_id },
      },
    });
    const failed = await read(tell('refund.failed', { refund: { entity: { ...refunded, status: 'failed' } } }));
    expect(failed).to.have.nested.property('items[0].report.state', 'failed');
  });

  it('about a failed try, others’ payments and anything else are answered and ignored', async () => {
    const failed = { payment: { entity: { ...payment, status: 'failed' } } };
    const foreign = { payment: { entity: { ...payment, order_id: null } } };
    const byHand = { refund: { entity: { ...refunded, receipt: null, notes: [] } } };
    for (const [event, payload] of [
      ['payment.failed', failed],
      ['payment.captured', foreign],
      ['refund.created', byHand],
      ['payout.x', {}],
    ] as const) {
      expect(await read(tell(event, payload)), event).to.deep.include({ kind: 'ignored', eventType: event });
    }
  });

  it('of another account are refused', async () => {
    for (const accountId of ['acc_SomebodyElse01', undefined, 1]) {
      expect(await read(tell('payment.captured', { payment: { entity: payment } }, accountId ?? null))).to.include({
        reason: 'wrong_account',
      });
    }
  });

  it('are refused for each changed byte, for another key, and without a signature', async () => {
    const bytes = Buffer.from(paid);
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      const callback = await channel.parseCallback({ ...rawOf('', sign(paid)), body: changed }, call);
      expect(callback, `byte ${at}`).to.deep.include({ kind: 'refused', reason: 'bad_signature' });
    }
    for (const headers of [{}, sign(paid, config.key_secret), { 'x-razorpay-signature': 'zz' }, { 'x-razorpay-signature': '' }]) {
      expect(await channel.parseCallback(rawOf(paid, headers), call)).to.deep.include({ reason: 'bad_signature' });
    }
  });

  it('that are genuine and say nothing are malformed', async () => {
    const broken = { payment: { entity: { ...payment, amount: 19.99 } } };
    const refundOfNothing = { refund: { entity: { ...refunded, id: 'x' } } };
    const bodies = ['', '[]', '{}', tell('order.paid', {}), tell('payment.captured', broken), tell('refund.processed', refundOfNothing)];
    for (const body of bodies) expect(await read(body), body).to.deep.include({ kind: 'refused', reason: 'malformed' });
  });

  it('of any bytes are refused without an exception', () =>
    fc.assert(
      fc.asyncProperty(fc.uint8Array(), fc.string(), async (body, signature) => {
        const raw = { ...rawOf('', { 'x-razorpay-signature': signature }), body: Buffer.from(body) };
        expect(await channel.parseCallback(raw, call)).to.have.property('kind', 'refused');
      }),
    ));

  it('of any signed content are read without an exception', () =>
    fc.assert(
      fc.asyncProperty(fc.constantFrom('order.paid', 'refund.processed', 'payment.captured'), fc.jsonValue(), async (event, value) => {
        const payload = { payment: { entity: value }, order: value, refund: { entity: value } };
        expect(await read(tell(event, payload))).to.have.property('kind');
      }),
    ));
});
