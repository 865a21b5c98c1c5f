import { createPublicKey, generateKeyPairSync, type KeyObject, sign, webcrypto } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { expect } from 'chai';
import fc from 'fast-check';
import type { Call } from '../../../../core/contract/kit.ts';
import { makeCertificate } from '../../../../simulator/certificate.ts';
import { answered, makeCall, makeKit, scriptHttp } from '../../../../test/kit/channel-kit.ts';
import { readVector } from '../../../../test/kit/vendor-schema.ts';
import { isSigned, textToSign } from '../sign.ts';
import { captured, captureId, config, number, openPaypal, orderId, orderOf, payRequest, refunded, refundNumber } from './fixture.ts';

const certUrl = 'https://api.sandbox.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594-90621ecd';
const time = '2026-01-02T03:04:00Z';
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const root = { organisation: 'Test', commonName: 'Test Root' };
const years = { from: new Date('2025-01-01T00:00:00Z'), to: new Date('2027-01-01T00:00:00Z') };
const name = 'messageverificationcerts.paypal.com';

const importSigner = (key: KeyObject) =>
  webcrypto.subtle.importKey('pkcs8', key.export({ type: 'pkcs8', format: 'der' }), { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, false, [
    'sign',
  ]);

/** A certificate for `key`, by the same key or another, for PayPal's name and today unless told otherwise. */
async function certify(overrides: { commonName?: string; from?: Date; to?: Date; key?: KeyObject } = {}): Promise<string> {
  const { key = privateKey, ...more } = overrides;
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  const facts = { ...years, serial: '0a01', organisation: 'PayPal, Inc.', commonName: name, issuer: root, ...more };
  return makeCertificate({ ...facts, spki, signer: await importSigner(privateKey) });
}

const event = (type: string, resource: object) => JSON.stringify({ id: 'WH-1', event_type: type, resource });
const paid = event('PAYMENT.CAPTURE.COMPLETED', captured);

function rawOf(body: string | Buffer, overrides: Readonly<Record<string, string>> = {}, key = privateKey) {
  const id = 'b2384410-f8d2-11ee-9876-3f0b1c5d7e9a';
  const at = overrides['paypal-transmission-time'] ?? time;
  const text = `${id}|${at}|${config.webhook_id}|${crc32(body)}`;
  const headers = {
    'paypal-transmission-id': id,
    'paypal-transmission-time': time,
    'paypal-auth-algo': 'SHA256withRSA',
    'paypal-cert-url': certUrl,
    'paypal-transmission-sig': sign('sha256', Buffer.from(text), key).toString('base64'),
    ...overrides,
  };
  return { method: 'POST', url: payRequest.callbackUrl, query: '', headers, body: Buffer.from(body) };
}

describe('paypal: the signature of a callback', () => {
  const kit = makeKit();
  const transmission = { id: 'id', time, webhookId: 'webhook' };

  it('binds the body by its CRC-32 in decimal', function () {
    const text = readVector('global/webhook-signatures.json');
    if (text === null) return this.skip();
    const { vectors } = JSON.parse(text) as { vectors: { id: string; input: string; expected_hex: string }[] };
    const vector = vectors.find(({ id }) => id === 'crc32-check');
    const decimal = Number.parseInt(vector?.expected_hex ?? '', 16);
    expect(textToSign(transmission, Buffer.from(vector?.input ?? ''))).to.equal(`id|${time}|webhook|${decimal}`);
  });

  it('holds for these very bytes alone', () => {
    const body = Buffer.from(paid);
    const signature = sign('sha256', Buffer.from(textToSign(transmission, body)), privateKey);
    const verify = (bytes: Buffer, by: Buffer) => isSigned(kit, publicKey, textToSign(transmission, bytes), by.toString('base64'));
    expect(verify(body, signature)).to.equal(true);
    const spoil = (bytes: Buffer, index: number) => Buffer.from(bytes.map((byte, at) => (at === index ? byte ^ 1 : byte)));
    for (const index of body.keys()) expect(verify(spoil(body, index), signature), String(index)).to.equal(false);
    for (const index of signature.keys()) expect(verify(body, spoil(signature, index)), String(index)).to.equal(false);
    for (const odd of [undefined, '', 'x', `${signature.toString('base64')}=`, ` ${signature.toString('base64')}`]) {
      expect(isSigned(kit, publicKey, textToSign(transmission, body), odd)).to.equal(false);
    }
  });
});

describe('paypal: callbacks', () => {
  let good: string;
  const serve = (pem: string): Call => makeCall(scriptHttp(answered(200, pem)));

  before(async () => {
    good = await certify();
  });

  for (const [type, resource, item] of [
    ['PAYMENT.CAPTURE.COMPLETED', captured, { of: 'payment', number }],
    ['PAYMENT.CAPTURE.DENIED', captured, { of: 'payment', number }],
    ['CHECKOUT.ORDER.APPROVED', orderOf('APPROVED'), { of: 'payment', number, sessionNo: orderId }],
    ['CHECKOUT.PAYMENT-APPROVAL.REVERSED', { order_id: orderId }, { of: 'payment', sessionNo: orderId }],
    ['PAYMENT.CAPTURE.REFUNDED', refunded, { of: 'refund', number: refundNumber, channelNo: refunded.id }],
    ['PAYMENT.REFUND.FAILED', refunded, { of: 'refund', number: refundNumber, channelNo: refunded.id }],
  ] as const) {
    it(`of type ${type} only make us ask, because a CRC-32 does not bind what they say`, async () => {
      const callback = await openPaypal().parseCallback(rawOf(event(type, resource)), serve(good));
      expect(callback).to.deep.include({ kind: 'event', eventId: 'WH-1', trust: 'signed' });
      expect(callback).to.have.deep.property('items', [{ ...item, report: { state: 'changed' } }]);
    });
  }

  it('fetch the certificate once for all, and again when the first try failed', async () => {
    const { http, requests } = scriptHttp({ kind: 'unknown', reason: 'timeout' }, answered(200, good));
    const channel = openPaypal();
    expect(await channel.parseCallback(rawOf(paid), makeCall({ http }))).to.include({ kind: 'refused' });
    for (const _ of [1, 2, 3]) expect(await channel.parseCallback(rawOf(paid), makeCall({ http }))).to.include({ kind: 'event' });
    expect(requests).to.deep.equal([
      { method: 'GET', url: certUrl },
      { method: 'GET', url: certUrl },
    ]);
  });

  for (const address of [
    'http://api.paypal.com/v1/notifications/certs/CERT-1',
    'https://paypal.com.evil.example/v1/notifications/certs/CERT-1',
    'https://evil.example/api.paypal.com/v1/notifications/certs/CERT-1',
    'https://api.paypal.com@evil.example/v1/notifications/certs/CERT-1',
    'https://api.paypal.com:8443/v1/notifications/certs/CERT-1',
    'https://api.paypal.com/v1/notifications/certs/CERT-1?x=1',
    'https://api.paypal.com/elsewhere/CERT-1',
    'http://127.0.0.1/v1/notifications/certs/CERT-1',
    'file:///v1/notifications/certs/CERT-1',
    'nonsense',
    '',
  ]) {
    it(`never fetch from ${address || 'nowhere'}`, async () => {
      // This call sends nothing: a request would be an error.
      const callback = await openPaypal().parseCallback(rawOf(paid, { 'paypal-cert-url': address }), makeCall());
      expect(callback).to.include({ kind: 'refused', reason: 'bad_signature' });
    });
  }

  it('are refused by a certificate of another name, out of date, of a short key, or that cannot be read', async () => {
    const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
    const bad: readonly [string, KeyObject][] = [
      [await certify({ commonName: 'shop.example' }), privateKey],
      [await certify({ commonName: 'paypal.com.evil.example' }), privateKey],
      [await certify({ to: new Date('2026-01-01T00:00:00Z') }), privateKey],
      [await certify({ from: new Date('2026-01-03T00:00:00Z') }), privateKey],
      [await certify({ key: weak }), weak],
      [`${good}${await certify({ commonName: 'other.paypal.com' })}`, privateKey],
      ['-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n', privateKey],
      ['', privateKey],
    ];
    for (const [pem, key] of bad) {
      expect(await openPaypal().parseCallback(rawOf(paid, {}, key), serve(pem))).to.include({ kind: 'refused', reason: 'bad_signature' });
    }
  });

  it('are held to the configured authorities, where there are any', async () => {
    const spki = publicKey.export({ type: 'spki', format: 'der' });
    const signer = await importSigner(privateKey);
    const trusted = await makeCertificate({ ...years, ...root, serial: '0a00', spki, signer });
    expect(await openPaypal({ webhook_authorities: trusted }).parseCallback(rawOf(paid), serve(good))).to.include({ kind: 'event' });
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const facts = { ...years, ...root, serial: '0a00', spki: other.publicKey.export({ type: 'spki', format: 'der' }) };
    const stranger = await makeCertificate({ ...facts, signer: await importSigner(other.privateKey) });
    const refused = await openPaypal({ webhook_authorities: stranger }).parseCallback(rawOf(paid), serve(good));
    expect(refused).to.include({ kind: 'refused', reason: 'bad_signature' });
  });

  it('of a kept certificate are refused after its end', async () => {
    const channel = openPaypal();
    const { http } = scriptHttp(answered(200, good));
    expect(await channel.parseCallback(rawOf(paid), makeCall({ http }))).to.include({ kind: 'event' });
    const later = '2027-01-02T03:04:00Z';
    const raw = rawOf(paid, { 'paypal-transmission-time': later });
    expect(await channel.parseCallback(raw, makeCall({ http, now: () => new Date(later) }))).to.include({ reason: 'bad_signature' });
  });

  for (const [at, reason] of [
    ['2025-12-30T03:04:04Z', 'stale'],
    ['2026-01-02T03:09:06Z', 'stale'],
    ['2026-13-02T03:04:00Z', 'stale'],
    ['yesterday', 'bad_signature'],
  ] as const) {
    it(`of ${at} are ${reason}`, async () => {
      expect(await openPaypal().parseCallback(rawOf(paid, { 'paypal-transmission-time': at }), serve(good))).to.include({ reason });
    });
  }

  it('for another webhook, signed by another key or of another algorithm are refused', async () => {
    const webhook = openPaypal({ webhook_id: '0AA00000AA000000A' });
    expect(await webhook.parseCallback(rawOf(paid), serve(good))).to.include({ reason: 'bad_signature' });
    const { privateKey: other } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    expect(await openPaypal().parseCallback(rawOf(paid, {}, other), serve(good))).to.include({ reason: 'bad_signature' });
    const algorithm = rawOf(paid, { 'paypal-auth-algo': 'none' });
    expect(await openPaypal().parseCallback(algorithm, serve(good))).to.include({ reason: 'bad_signature' });
  });

  it('about another merchant’s money are refused', async () => {
    const body = event('PAYMENT.CAPTURE.COMPLETED', { ...captured, payee: { merchant_id: 'SAMPLEMERCH33' } });
    expect(await openPaypal().parseCallback(rawOf(body), serve(good))).to.include({ kind: 'refused', reason: 'wrong_account' });
  });

  it('of other types and other programs are taken and ignored', async () => {
    for (const body of [
      event('CUSTOMER.DISPUTE.CREATED', {}),
      event('PAYMENT.CAPTURE.REVERSED', captured),
      event('PAYMENT.CAPTURE.COMPLETED', { id: captureId, custom_id: 'table 7' }),
    ]) {
      expect(await openPaypal().parseCallback(rawOf(body), serve(good))).to.deep.include({
        kind: 'ignored',
        reply: { status: 200, body: '' },
      });
    }
  });

  it('of any content and any headers are answered, never thrown at', async () => {
    const headers = fc.dictionary(
      fc.constantFrom('paypal-transmission-id', 'paypal-transmission-time', 'paypal-transmission-sig', 'paypal-auth-algo'),
      fc.string(),
    );
    const channel = openPaypal();
    const { http } = scriptHttp(answered(200, good));
    await channel.parseCallback(rawOf(paid), makeCall({ http }));
    await fc.assert(
      fc.asyncProperty(fc.uint8Array(), headers, fc.boolean(), async (bytes, odd, isSigned) => {
        const raw = rawOf(Buffer.from(bytes), isSigned ? {} : odd);
        expect((await channel.parseCallback(raw, makeCall({ http }))).kind).to.be.oneOf(['refused', 'ignored']);
      }),
      { numRuns: 60 },
    );
    for (const json of ['null', '[]', '{"id":"WH-1"}', '{"id":7,"event_type":"PAYMENT.CAPTURE.COMPLETED","resource":{}}']) {
      expect((await channel.parseCallback(rawOf(json), makeCall({ http }))).kind).to.equal('refused');
    }
  });
});
