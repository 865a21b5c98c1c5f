import { createHmac } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { makeCall } from '../../../../test/kit/channel-kit.ts';
import { isSigned, keyOf } from '../sign.ts';
import { config, number, openMollie, paymentId, raw, readVectors, refundNumber } from './fixture.ts';

const channel = openMollie();
const parse = (...args: Parameters<typeof raw>) => channel.parseCallback(raw(...args), makeCall());
const sameText = (a: string, b: string) => a === b;
const signed = (body: string, secret = config.webhook_secret ?? '') => ({
  'x-mollie-signature': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
});
const changed = { state: 'changed' };
const items = [
  { of: 'payment', number, channelNo: paymentId, report: changed },
  { of: 'refund', attemptNumber: number, report: changed },
];

describe('mollie: keys of idempotency', () => {
  it('are UUIDs of version 4, the same for the same number', () => {
    const form = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(keyOf(text)).to.match(form).and.to.equal(keyOf(text));
      }),
    );
    expect(keyOf(number)).not.to.equal(keyOf(refundNumber));
  });
});

describe('mollie: signatures', () => {
  const vectors = readVectors('global/webhook-signatures.json') as { vectors: Record<string, string>[] } | null;
  const vector = vectors?.vectors.find(({ id }) => id === 'mollie-computed');

  it("are those of the vendor's test, and no change of one byte passes", function () {
    if (vector === undefined) return this.skip();
    const { secret = '', body = '', expected = '' } = vector;
    const judge = (key: string, bytes: Buffer, header: string) => isSigned(key, bytes, header, sameText);
    const bytes = Buffer.from(body);
    expect(judge(secret, bytes, `sha256=${expected}`)).to.equal(true);
    expect(judge(secret, bytes, `sha256=${'0'.repeat(64)}, sha256=${expected}`)).to.equal(true);
    const flip = (given: Buffer, at: number) => Buffer.from(given.map((byte, index) => (index === at ? byte ^ 1 : byte)));
    for (const at of bytes.keys()) expect(judge(secret, flip(bytes, at), expected), `body ${at}`).to.equal(false);
    for (const at of expected.split('').keys()) {
      expect(judge(secret, bytes, flip(Buffer.from(expected), at).toString()), `signature ${at}`).to.equal(false);
    }
    for (const at of secret.split('').keys()) {
      expect(judge(flip(Buffer.from(secret), at).toString(), bytes, expected), `secret ${at}`).to.equal(false);
    }
    for (const header of ['', 'sha256=', expected.slice(1), `${expected}0`]) expect(judge(secret, bytes, header), header).to.equal(false);
  });
});

describe('mollie: callbacks', () => {
  it('of the classic kind prove nothing, and only say which payment to ask about, and its refunds', async () => {
    expect(await parse(`id=${paymentId}`)).to.deep.include({
      ...{ kind: 'event', eventId: `payment:${paymentId}`, trust: 'unverified', items },
      accepted: { status: 200, headers: { 'content-type': 'text/plain' }, body: 'ok' },
    });
  });

  it('without our number in their address name the payment alone', async () => {
    for (const query of ['', 'attempt=', 'attempt=x', `attempt=${number}x`]) {
      const callback = await parse(`id=${paymentId}`, {}, query);
      expect(callback, query)
        .to.have.property('items')
        .that.deep.equals([{ of: 'payment', channelNo: paymentId, report: changed }]);
    }
  });

  for (const body of ['', 'id=', 'id=../x', `id=${paymentId}&id=tr_x`, `id=tr_${'a'.repeat(70)}`, '{"id":"tr_x"}', 'id=ord_1']) {
    it(`are refused as "${body.slice(0, 20)}"`, async () => {
      expect(await parse(body)).to.include({ kind: 'refused', reason: 'malformed' });
    });
  }

  it('of the next generation are signed, and yet only make us ask: no time in them stops a replay', async () => {
    for (const event of [
      { type: 'payment.paid', entityId: paymentId },
      { type: 'payment.paid', _embedded: { entity: { id: paymentId, status: 'paid' } } },
      { event_type: 'payment.failed', id: paymentId },
    ]) {
      const body = JSON.stringify(event);
      expect(await parse(body, signed(body))).to.deep.include({ kind: 'event', trust: 'signed', items });
    }
  });

  it('with a signature that is not theirs are refused, also as classic ones', async () => {
    const body = JSON.stringify({ type: 'payment.paid', entityId: paymentId });
    const refused = { kind: 'refused', reason: 'bad_signature' };
    expect(await parse(body, signed(body, 'another secret of 16'))).to.include(refused);
    expect(await parse(body, signed(`${body} `))).to.include(refused);
    expect(await parse(`id=${paymentId}`, { 'x-mollie-signature': 'sha256=00' })).to.include(refused);
    const without = openMollie({ webhook_secret: undefined } as never);
    expect(await without.parseCallback(raw(body, signed(body, '')), makeCall())).to.include(refused);
  });

  it('about anything else are answered and ignored', async () => {
    for (const event of [{ type: 'payment-link.paid', entityId: 'pl_1' }, { type: 'payment.paid', entityId: 'x' }, {}]) {
      const body = JSON.stringify(event);
      expect(await parse(body, signed(body))).to.have.property('kind', 'ignored');
    }
    expect(await parse('[]', signed('[]'))).to.include({ kind: 'refused', reason: 'malformed' });
  });

  it('never throw, whatever is sent', async () => {
    const anyJson = fc.jsonValue().map((value) => JSON.stringify(value));
    const body = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
      anyJson,
      fc.string(),
    );
    const header = fc.constantFrom('none', 'true', 'false');
    await fc.assert(
      fc.asyncProperty(body, header, fc.string(), async (text, kind, query) => {
        const headers = kind === 'none' ? {} : kind === 'true' ? signed(text) : { 'x-mollie-signature': query };
        const callback = await parse(text, headers, query);
        if (kind === 'false') expect(callback.kind).to.equal('refused');
        if (callback.kind === 'event') expect(callback.items.every(({ report }) => report.state === 'changed')).to.equal(true);
      }),
      { numRuns: 400 },
    );
  });
});
