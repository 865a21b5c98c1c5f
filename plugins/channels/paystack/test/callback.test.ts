import { createHmac } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { makeCall } from '../../../../test/kit/channel-kit.ts';
import { number, openPaystack, rawOf, secretKey, transaction } from './fixture.ts';

const channel = openPaystack();
const call = makeCall();
const sign = (body: string, key = secretKey) => ({ 'x-paystack-signature': createHmac('sha512', key).update(body).digest('hex') });
const tell = (event: string, data: object) => JSON.stringify({ event, data });

describe('paystack: callbacks', () => {
  const paid = tell('charge.success', transaction);

  it('that are genuine tell of the payment with the vendor’s facts', async () => {
    const callback = await channel.parseCallback(rawOf(paid, sign(paid)), call);
    expect(callback).to.deep.include({ kind: 'event', eventId: 'charge.success:4099260516', trust: 'signed' });
    expect(callback).to.have.nested.property('items[0].number', number);
    expect(callback).to.have.nested.property('items[0].report.state', 'succeeded');
  });

  it('about a refund name the payment, whose refunds are then asked about', async () => {
    const body = tell('refund.processed', { transaction_reference: number, status: 'processed', amount: '500' });
    const callback = await channel.parseCallback(rawOf(body, sign(body)), call);
    expect(callback).to.have.deep.nested.property('items', [{ of: 'refund', attemptNumber: number, report: { state: 'changed' } }]);
  });

  it('about anything else are answered and ignored', async () => {
    const body = tell('transfer.success', {});
    expect(await channel.parseCallback(rawOf(body, sign(body)), call)).to.deep.include({ kind: 'ignored', eventType: 'transfer.success' });
  });

  it('are refused for each changed byte, for another key, and without a signature', async () => {
    const bytes = Buffer.from(paid);
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      const callback = await channel.parseCallback({ ...rawOf('', sign(paid)), body: changed }, call);
      expect(callback, `byte ${at}`).to.deep.include({ kind: 'refused', reason: 'bad_signature' });
    }
    for (const headers of [{}, sign(paid, 'sk_test_another'), { 'x-paystack-signature': 'zz' }, { 'x-paystack-signature': '' }]) {
      expect(await channel.parseCallback(rawOf(paid, headers), call)).to.deep.include({ reason: 'bad_signature' });
    }
  });

  it('that are genuine and say nothing are malformed', async () => {
    for (const body of ['', '[]', '{}', tell('charge.success', { ...transaction, amount: 1.5 }), tell('refund.failed', {})]) {
      expect(await channel.parseCallback(rawOf(body, sign(body)), call)).to.deep.include({ kind: 'refused', reason: 'malformed' });
    }
  });

  it('of any bytes are refused without an exception', () =>
    fc.assert(
      fc.asyncProperty(fc.uint8Array(), fc.string(), async (body, signature) => {
        const raw = { ...rawOf('', { 'x-paystack-signature': signature }), body: Buffer.from(body) };
        expect(await channel.parseCallback(raw, call)).to.have.property('kind', 'refused');
      }),
    ));
});
