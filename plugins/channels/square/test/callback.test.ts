import { createHmac } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { makeCall } from '../../../../test/kit/channel-kit.ts';
import { readVector } from '../../../../test/kit/vendor-schema.ts';
import { isSigned } from '../sign.ts';
import { config, number, openSquare, payment, payRequest, rawOf, refunded } from './fixture.ts';

const channel = openSquare();
const call = makeCall();
const url = payRequest('card').callbackUrl;
const sign = (body: string, key = config.webhook_signature_key, at = url) =>
  createHmac('sha256', key).update(at).update(body).digest('base64');
const tell = (type: string, object: object) =>
  JSON.stringify({ merchant_id: 'M', type, event_id: 'evt1', data: { type: 'x', id: 'y', object } });

interface Vector {
  readonly channel: string;
  readonly secret: string;
  readonly url: string;
  readonly body: string;
  readonly expected: string;
}

describe('square: the signature', () => {
  it('is that of the vendor’s library, and no other byte of address, body or key', function () {
    const text = readVector('global/webhook-signatures.json');
    if (text === null) return this.skip();
    const { vectors } = JSON.parse(text) as { readonly vectors: readonly Vector[] };
    const vector = vectors.find((one) => one.channel === 'square');
    if (vector === undefined) throw new Error('the vector is missing');
    const { secret, url: address, body, expected } = vector;
    expect(isSigned(secret, address, Buffer.from(body), expected)).to.equal(true);
    for (let at = 0; at < body.length; at += 1) {
      const changed = Buffer.from(body);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(isSigned(secret, address, changed, expected), `byte ${at}`).to.equal(false);
    }
    expect(isSigned(secret, `${address}x`, Buffer.from(body), expected)).to.equal(false);
    expect(isSigned(`${secret}x`, address, Buffer.from(body), expected)).to.equal(false);
  });

  it('is refused in any other spelling', () => {
    const body = Buffer.from('{}');
    const good = sign('{}');
    for (const signature of [undefined, '', 'x', `${good}=`, good.slice(0, -1), ` ${good}`, good.toLowerCase()]) {
      expect(isSigned(config.webhook_signature_key, url, body, signature), String(signature)).to.equal(false);
    }
  });
});

describe('square: callbacks', () => {
  const paid = tell('payment.updated', { payment });

  it('that are genuine tell of the payment with the vendor’s facts', async () => {
    const callback = await channel.parseCallback(rawOf(paid, sign(paid)), call);
    expect(callback).to.deep.include({ kind: 'event', eventId: 'evt1', trust: 'signed' });
    expect(callback).to.have.nested.property('items[0].number', number);
    expect(callback).to.have.nested.property('items[0].report.money.amount', 1999);
  });

  it('of a failed card only make us ask: the page of a link stays open', async () => {
    const body = tell('payment.updated', { payment: { ...payment, status: 'FAILED' } });
    expect(await channel.parseCallback(rawOf(body, sign(body)), call)).to.have.deep.nested.property('items[0].report', {
      state: 'changed',
    });
  });

  it('about a refund name it as the vendor does', async () => {
    const body = tell('refund.updated', { refund: refunded });
    const callback = await channel.parseCallback(rawOf(body, sign(body)), call);
    expect(callback).to.have.nested.property('items[0].channelNo', 'pay1_r');
    expect(callback).to.have.nested.property('items[0].report.state', 'succeeded');
  });

  it('about sales of other programs, and of other types, are ignored', async () => {
    for (const body of [
      tell('payment.updated', { payment: { ...payment, reference_id: 'table 7', note: 'lunch' } }),
      tell('catalog.updated', {}),
    ]) {
      expect(await channel.parseCallback(rawOf(body, sign(body)), call)).to.have.property('kind', 'ignored');
    }
  });

  it('that came to another address, or are signed by another, are refused', async () => {
    for (const raw of [rawOf(paid, sign(paid), `${url}2`), rawOf(paid, sign(paid, 'another-key-0123456789')), rawOf(paid, undefined)]) {
      expect(await channel.parseCallback(raw, call)).to.deep.include({ kind: 'refused', reason: 'bad_signature' });
    }
  });

  it('that are genuine and say nothing are malformed', async () => {
    for (const body of ['', '[]', '{}', tell('payment.updated', {}), tell('refund.updated', { refund: {} })]) {
      expect(await channel.parseCallback(rawOf(body, sign(body)), call), body).to.deep.include({ kind: 'refused', reason: 'malformed' });
    }
  });

  it('of any bytes are refused without an exception', () =>
    fc.assert(
      fc.asyncProperty(fc.string(), fc.string(), async (body, signature) => {
        expect(await channel.parseCallback(rawOf(body, signature), call)).to.have.property('kind', 'refused');
        expect(await channel.parseCallback(rawOf(body, sign(body)), call)).to.have.property('kind', 'refused');
      }),
    ));
});
