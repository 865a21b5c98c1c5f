import { createHmac } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { makeCall } from '../../../../test/kit/channel-kit.ts';
import { isSigned } from '../sign.ts';
import { config, intentId, number, openAirwallex, paid, payRequest, refunded, refundNumber } from './fixture.ts';

const channel = openAirwallex();
const call = makeCall();
const now = String(Date.UTC(2026, 0, 2, 3, 4, 5));

const sign = (timestamp: string, body: string | Buffer) =>
  createHmac('sha256', config.webhook_secret).update(timestamp).update(body).digest('hex');
const tell = (name: string, object: object, more: object = {}) =>
  JSON.stringify({ id: 'evt_1', name, account_id: config.account_id, data: { object }, ...more });

function rawOf(body: string | Buffer, headers: Readonly<Record<string, string>> = {}) {
  const timestamp = headers['x-timestamp'] ?? now;
  const all = { 'x-timestamp': timestamp, 'x-signature': sign(timestamp, body), ...headers };
  return { method: 'POST', url: payRequest.callbackUrl, query: '', headers: all, body: Buffer.from(body) };
}

describe('airwallex: callbacks', () => {
  const body = tell('payment_intent.succeeded', paid);

  it('hold for these very bytes, this time and this key alone', () => {
    const bytes = Buffer.from(body);
    const good = sign(now, body);
    expect(isSigned(config.webhook_secret, now, bytes, good)).to.equal(true);
    for (const index of bytes.keys()) {
      const spoiled = Buffer.from(bytes.map((byte, at) => (at === index ? byte ^ 1 : byte)));
      expect(isSigned(config.webhook_secret, now, spoiled, good), String(index)).to.equal(false);
    }
    for (const index of Buffer.from(good, 'hex').keys()) {
      const spoiled = Buffer.from(good, 'hex').map((byte, at) => (at === index ? byte ^ 1 : byte));
      expect(isSigned(config.webhook_secret, now, bytes, Buffer.from(spoiled).toString('hex')), String(index)).to.equal(false);
    }
    expect(isSigned(`${config.webhook_secret}x`, now, bytes, good)).to.equal(false);
    expect(isSigned(config.webhook_secret, `${now.slice(0, -1)}6`, bytes, good)).to.equal(false);
    for (const odd of [undefined, '', good.toUpperCase(), good.slice(2), `${good}00`, ` ${good}`]) {
      expect(isSigned(config.webhook_secret, now, bytes, odd), String(odd)).to.equal(false);
    }
  });

  it('tell of the payment and of the refund with the vendor’s facts', async () => {
    expect(await channel.parseCallback(rawOf(body), call)).to.have.deep.nested.include({
      trust: 'signed',
      eventId: 'evt_1',
      'items[0].number': number,
      'items[0].channelNo': intentId,
      'items[0].report.money': { amount: 1999, currency: 'USD' },
    });
    expect(await channel.parseCallback(rawOf(tell('refund.settled', refunded)), call)).to.have.deep.nested.include({
      'items[0].number': refundNumber,
      'items[0].channelNo': refunded.id,
      'items[0].report.money': { amount: 510, currency: 'USD' },
    });
  });

  it('that cannot be read make us ask', async () => {
    for (const odd of [tell('payment_intent.succeeded', { ...paid, status: 'NEW' }), tell('refund.new', { ...refunded, status: 'NEW' })]) {
      const callback = await channel.parseCallback(rawOf(odd), call);
      expect(callback).to.have.nested.property('items[0].report.state', 'changed');
    }
  });

  it('of another account, and too old or too new, are refused', async () => {
    const other = tell('payment_intent.succeeded', paid, { account_id: 'acct_other' });
    expect(await channel.parseCallback(rawOf(other), call)).to.include({ kind: 'refused', reason: 'wrong_account' });
    for (const shiftMs of [-300_001, 300_001]) {
      const headers = { 'x-timestamp': String(Number(now) + shiftMs) };
      expect(await channel.parseCallback(rawOf(body, headers), call)).to.include({ kind: 'refused', reason: 'stale' });
    }
  });

  it('of other types and other programs are taken and ignored', async () => {
    for (const other of [
      tell('payout.settled', {}),
      tell('payment_intent.succeeded', { ...paid, merchant_order_id: 'table 7' }),
      tell('refund.settled', { ...refunded, request_id: 'table 7' }),
    ]) {
      expect(await channel.parseCallback(rawOf(other), call)).to.deep.include({ kind: 'ignored', reply: { status: 200, body: '' } });
    }
  });

  it('of any content and any headers are answered, never thrown at', async () => {
    const headers = fc.dictionary(fc.constantFrom('x-timestamp', 'x-signature'), fc.string());
    await fc.assert(
      fc.asyncProperty(fc.uint8Array(), headers, fc.boolean(), async (bytes, odd, isGenuine) => {
        const callback = await channel.parseCallback(rawOf(Buffer.from(bytes), isGenuine ? {} : odd), call);
        expect(callback.kind).to.equal('refused');
      }),
      { numRuns: 60 },
    );
    for (const text of ['null', '[]', '{"id":"evt_1"}', '{"id":null,"name":"refund.settled","data":{}}', '{"id":"","name":"x"}']) {
      expect((await channel.parseCallback(rawOf(text), call)).kind, text).to.equal('refused');
    }
  });
});
