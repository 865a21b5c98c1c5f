import { createHmac } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { makeCall } from '../../../../test/kit/channel-kit.ts';
import { actionId, config, number, openCheckout, paymentId, rawOf } from './fixture.ts';

const channel = openCheckout();
const call = makeCall();
const sign = (body: string, key = config.signature_key) => ({ 'cko-signature': createHmac('sha256', key).update(body).digest('hex') });
const data = { id: paymentId, action_id: actionId, reference: number, amount: 1999, currency: 'EUR', processed_on: '2026-01-02T03:10:00Z' };
const tell = (type: string, content: object = data) => JSON.stringify({ id: 'evt_fkfqht6yonme7bk7jawrgzbbxq', type, data: content });
const read = (body: string) => channel.parseCallback(rawOf(body, sign(body)), call);
const paid = tell('payment_captured');

describe('checkoutcom: callbacks', () => {
  it('about captured money tell the vendor’s facts', async () => {
    expect(await read(paid)).to.deep.include({
      kind: 'event',
      eventId: 'evt_fkfqht6yonme7bk7jawrgzbbxq',
      trust: 'signed',
      items: [
        {
          of: 'payment',
          number,
          channelNo: paymentId,
          report: {
            state: 'succeeded',
            channelNo: paymentId,
            money: { amount: 1999, currency: 'EUR' },
            echo: { number },
            at: new Date('2026-01-02T03:10:00Z'),
          },
        },
      ],
    });
  });

  it('about what is no end yet make us ask', async () => {
    for (const type of ['payment_approved', 'payment_pending', 'payment_capture_declined', 'payment_voided', 'payment_expired']) {
      expect(await read(tell(type)), type).to.have.deep.nested.property('items[0]', {
        of: 'payment',
        number,
        report: { state: 'changed' },
      });
    }
  });

  it('about refunds name the action, and not a reference that may be the payment’s', async () => {
    const at = new Date('2026-01-02T03:10:00Z');
    const report = { state: 'succeeded', channelNo: actionId, money: { amount: 500, currency: 'EUR' }, echo: {}, at };
    const refunded = await read(tell('payment_refunded', { ...data, amount: 500 }));
    expect(refunded).to.have.deep.nested.property('items[0]', { of: 'refund', channelNo: actionId, report });
    const declined = await read(tell('payment_refund_declined'));
    expect(declined).to.have.deep.nested.property('items[0].report', {
      state: 'failed',
      code: 'refund_rejected',
      channelNo: actionId,
      echo: {},
    });
  });

  it('about a failed try, others’ payments and anything else are answered and ignored', async () => {
    const foreign = { ...data, reference: undefined };
    for (const body of [
      tell('payment_declined'),
      tell('dispute_received'),
      tell('payment_captured', foreign),
      tell('payment_refund_pending'),
    ]) {
      expect(await read(body), body).to.have.property('kind', 'ignored');
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
    for (const headers of [{}, sign(paid, config.secret_key), { 'cko-signature': 'zz' }, { 'cko-signature': '' }]) {
      expect(await channel.parseCallback(rawOf(paid, headers), call)).to.deep.include({ reason: 'bad_signature' });
    }
  });

  it('that are genuine and say nothing are malformed', async () => {
    const broken = [
      { ...data, amount: 19.99 },
      { ...data, id: 'x' },
      { ...data, currency: 'eur' },
    ];
    const bodies = ['', '[]', '{}', ...broken.map((one) => tell('payment_captured', one)), tell('payment_refunded', {})];
    const nameless = JSON.stringify({ type: 'payment_captured', data });
    for (const body of [...bodies, nameless]) expect(await read(body), body).to.deep.include({ kind: 'refused', reason: 'malformed' });
  });

  it('of any bytes are refused without an exception', () =>
    fc.assert(
      fc.asyncProperty(fc.uint8Array(), fc.string(), async (body, signature) => {
        const raw = { ...rawOf('', { 'cko-signature': signature }), body: Buffer.from(body) };
        expect(await channel.parseCallback(raw, call)).to.have.property('kind', 'refused');
      }),
    ));

  it('of any signed content are read without an exception', () =>
    fc.assert(
      fc.asyncProperty(fc.constantFrom('payment_captured', 'payment_refunded', 'payment_voided'), fc.jsonValue(), async (type, value) => {
        expect(await read(JSON.stringify({ id: value, type, data: value }))).to.have.property('kind');
      }),
    ));
});
