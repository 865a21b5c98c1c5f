import { expect } from 'chai';
import fc from 'fast-check';
import { makeCall } from '../../../../test/kit/channel-kit.ts';
import { eventBody, nowSec, number, openMercadoPago, paymentId, raw, sign } from './fixture.ts';

const channel = openMercadoPago();
const parse = (overrides: Parameters<typeof raw>[0] = {}) => channel.parseCallback(raw(overrides), makeCall());
const report = { state: 'changed' };
const badSignature = { kind: 'refused', reason: 'bad_signature' };

describe('mercadopago: callbacks', () => {
  it('say which payment to ask about, and its refunds, and never what became of it', async () => {
    expect(await parse()).to.deep.include({
      kind: 'event',
      eventId: `payment:${paymentId}`,
      trust: 'token',
      items: [
        { of: 'payment', number, channelNo: paymentId, report },
        { of: 'refund', attemptNumber: number, report },
      ],
    });
    const callback = await parse({ query: `data.id=${paymentId}` });
    expect(callback)
      .to.have.property('items')
      .that.deep.equals([{ of: 'payment', channelNo: paymentId, report }]);
  });

  it('may be signed with the id in small letters, as the vendor’s tests have it, or as it came', async () => {
    const body = eventBody({ type: 'order', data: { id: 'ORD01ABC' } });
    for (const id of ['ORD01ABC', 'ord01abc']) {
      expect(await parse({ query: 'data.id=ORD01ABC', headers: sign(id), body })).to.include({ kind: 'ignored', eventType: 'order' });
    }
    expect(await parse({ query: 'data.id=ORD01ABC', headers: sign('Ord01abc'), body })).to.include(badSignature);
  });

  it('are refused for each change of one character of what is signed', async () => {
    const { 'x-signature': signature = '', ...rest } = sign();
    for (const at of signature.split('').keys()) {
      const spoiled = `${signature.slice(0, at)}${signature[at] === '0' ? '1' : '0'}${signature.slice(at + 1)}`;
      expect(await parse({ headers: { ...rest, 'x-signature': spoiled } }), spoiled).to.have.property('kind', 'refused');
    }
    expect(await parse({ query: `attempt=${number}&data.id=12345678902` })).to.include(badSignature);
    expect(await parse({ headers: { ...sign(), 'x-request-id': 'req-2' } })).to.include(badSignature);
    expect(await parse({ headers: sign(paymentId, String(nowSec), 'another secret') })).to.include(badSignature);
    for (const header of ['', 'ts=1', `${signature},ts=${nowSec}`, signature.slice(0, -1)]) {
      expect(await parse({ headers: { ...rest, 'x-signature': header } }), header).to.include(badSignature);
    }
    expect(await parse({ headers: {} })).to.include(badSignature);
  });

  it('count for five minutes to either side, in seconds or milliseconds', async () => {
    for (const [ts, kind] of [
      [`${nowSec - 300}`, 'event'],
      [`${nowSec + 300}`, 'event'],
      [`${nowSec}000`, 'event'],
      [`${nowSec - 301}`, 'refused'],
      [`${nowSec + 301}`, 'refused'],
      [`${nowSec - 301}999`, 'refused'],
    ] as const) {
      expect(await parse({ headers: sign(paymentId, ts) }), ts).to.have.property('kind', kind);
    }
    expect(await parse({ headers: sign(paymentId, `${nowSec - 301}`) })).to.have.property('reason', 'stale');
  });

  it('of another account, or with another payment in their body, are refused', async () => {
    expect(await parse({ body: eventBody({ user_id: 4 }) })).to.include({ kind: 'refused', reason: 'wrong_account' });
    for (const data of [{ id: '7' }, {}, null]) {
      expect(await parse({ body: eventBody({ data }) })).to.include({ kind: 'refused', reason: 'malformed' });
    }
    for (const query of ['', `data.id=${paymentId}&data.id=7`]) {
      expect(await parse({ query })).to.include({ kind: 'refused', reason: 'malformed' });
    }
  });

  it('never throw, whatever is sent', async () => {
    const text = fc.string();
    const headers: fc.Arbitrary<Readonly<Record<string, string>>> = fc.oneof(
      fc.constant(sign()),
      fc.record({ 'x-signature': text, 'x-request-id': text }),
      fc.constant({}),
    );
    const query = fc.oneof(fc.constant(`attempt=${number}&data.id=${paymentId}`), text);
    const body = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      fc.jsonValue().map((data) => Buffer.from(eventBody({ data, type: data }))),
      fc.nat(200).map((length) => Buffer.from(eventBody()).subarray(0, length)),
    );
    await fc.assert(
      fc.asyncProperty(headers, query, body, async (given, address, bytes) => {
        const callback = await parse({ headers: given, query: address, body: bytes });
        if (given['x-signature'] !== sign()['x-signature']) expect(callback.kind).to.equal('refused');
        if (callback.kind === 'event') expect(callback.items.every((item) => item.report.state === 'changed')).to.equal(true);
      }),
      { numRuns: 400 },
    );
  });
});
