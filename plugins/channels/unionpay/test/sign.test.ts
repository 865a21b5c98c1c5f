import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { isSignedBy, parseAuthorities, parseSigner, signFields, type Trusted, verifyFields } from '../sign.ts';
import { certificates, certify, keys, ownerName, pemOf, readVectors, signed, vectorKey } from './fixture.ts';

const now = new Date('2026-01-02T03:04:05Z');
const trusted: Trusted = {
  authorities: [new X509Certificate(certificates.middle), new X509Certificate(certificates.root)],
  owners: ['中国银联股份有限公司'],
};
const message = signed({ orderId: '01JGJ2Q8Z5X0000000000000A1', respMsg: '成功', empty: '' });
const verifies = (fields: Record<string, string>, at = now, by = trusted) =>
  verifyFields(fields, Buffer.from(fields['signature'] ?? '', 'base64'), by, at);

describe('UnionPay’s signature', () => {
  it('of a request is the one of the published sample, under the decimal serial number of its certificate', async function () {
    const vectors = readVectors();
    if (vectors === null) return this.skip();
    const { params, expect_signature, merchant_cert } = vectors.request_sign;
    const key = vectorKey(vectors);
    expect(await signFields(params, key)).to.equal(expect_signature);
    expect(parseSigner(pemOf(key), merchant_cert).certId).to.equal(params['certId']);
  });

  it('of messages that UnionPay’s test gateway has signed verifies, and of no changed one', function () {
    const vectors = readVectors();
    if (vectors === null) return this.skip();
    for (const { params } of vectors.signed_by_unionpay_sandbox) {
      const { publicKey, subject } = new X509Certificate(params['signPubKeyCert'] ?? '');
      const signature = Buffer.from(params['signature'] ?? '', 'base64');
      expect(isSignedBy(publicKey, params, signature)).to.equal(true);
      expect(subject).to.contain(`CN=${ownerName}`);
      for (const name of Object.keys(params).filter((one) => one !== 'signature')) {
        expect(isSignedBy(publicKey, { ...params, [name]: `${params[name]}1` }, signature), name).to.equal(false);
      }
      // Its certificate was issued by an authority that this account does not know.
      expect(verifies(params, new Date('2022-09-12T00:00:00Z'))).to.equal(false);
    }
  });

  it('verifies under a certificate of the configured authority', () => {
    expect(verifies(message)).to.equal(true);
  });

  it('fails with each field changed, left out or added', () => {
    for (const name of Object.keys(message).filter((one) => one !== 'empty' && one !== 'signature')) {
      expect(verifies({ ...message, [name]: `${message[name]}1` }), name).to.equal(false);
      expect(verifies({ ...message, [name]: '' }), name).to.equal(false);
    }
    expect(verifies({ ...message, txnAmt: '1' })).to.equal(false);
  });

  it('fails with each byte of it changed, cut short or drawn out', () => {
    const signature = Buffer.from(message['signature'] ?? '', 'base64');
    for (const at of signature.keys()) {
      const changed = Buffer.from(signature);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(verifyFields(message, changed, trusted, now), String(at)).to.equal(false);
    }
    expect(verifyFields(message, signature.subarray(1), trusted, now)).to.equal(false);
    expect(verifyFields(message, Buffer.concat([signature, Buffer.from([0])]), trusted, now)).to.equal(false);
    expect(verifyFields(message, null, trusted, now)).to.equal(false);
  });

  it('fails with each byte of the certificate changed', () => {
    const der = new X509Certificate(certificates.gateway).raw;
    for (const at of der.keys()) {
      const changed = Buffer.from(der);
      changed[at] = (changed[at] ?? 0) ^ 1;
      const pem = `-----BEGIN CERTIFICATE-----\n${changed.toString('base64')}\n-----END CERTIFICATE-----\n`;
      expect(verifies(signed({ orderId: '1' }, keys.gateway, pem)), String(at)).to.equal(false);
    }
  }).timeout(20_000);

  it('fails for whatever a stranger signs, however the certificate is called', async () => {
    const selfSigned = await certify(keys.stranger, keys.stranger, ownerName, 'CFCA OCA1');
    expect(verifies(signed({ orderId: '1' }, keys.stranger, selfSigned))).to.equal(false);
    expect(verifies(signed({ orderId: '1' }, keys.stranger))).to.equal(false);
    expect(verifies(signed({ orderId: '1' }, keys.gateway, `${selfSigned}${certificates.gateway}`))).to.equal(false);
  });

  it('fails for another customer of the same authority, such as a merchant', async () => {
    expect(verifies(signed({ orderId: '1' }, keys.merchant, certificates.merchant))).to.equal(false);
    for (const name of [
      '中国银联股份有限公司',
      '041@中国银联股份有限公司@x@y',
      '041@x@y@中国银联股份有限公司',
      '041@x@中国银联股份有限公司2@y',
    ]) {
      const certificate = await certify(keys.stranger, keys.middle, name, 'CFCA OCA1');
      expect(verifies(signed({ orderId: '1' }, keys.stranger, certificate)), name).to.equal(false);
    }
  });

  it('takes the test gateway’s owner in test mode only', async () => {
    const certificate = await certify(keys.gateway, keys.middle, '041@Z12@00040000:SIGN@00000062', 'CFCA OCA1');
    const fields = signed({ orderId: '1' }, keys.gateway, certificate);
    expect(verifies(fields)).to.equal(false);
    expect(verifies(fields, now, { ...trusted, owners: [...trusted.owners, '00040000:SIGN'] })).to.equal(true);
  });

  it('fails before and after the dates of the certificate, while its authority is still in date', async () => {
    const dates = { from: new Date('2025-12-01T00:00:00Z'), to: new Date('2026-02-01T00:00:00Z') };
    const fields = signed({ orderId: '1' }, keys.gateway, await certify(keys.gateway, keys.middle, ownerName, 'CFCA OCA1', dates));
    expect(verifies(fields)).to.equal(true);
    expect(verifies(fields, new Date('2025-11-30T23:59:59Z'))).to.equal(false);
    expect(verifies(fields, new Date('2026-02-01T00:00:01Z'))).to.equal(false);
  });

  it('fails before and after the dates of the authority', async () => {
    const old = await certify(keys.middle, keys.root, 'CFCA OCA1', 'CFCA CS CA', { to: new Date('2025-06-01T00:00:00Z') });
    const by = { ...trusted, authorities: [new X509Certificate(old)] };
    expect(verifies(message, new Date('2025-05-01T00:00:00Z'), by)).to.equal(true);
    expect(verifies(message, now, by)).to.equal(false);
  });

  it('fails for certificates that are none, without an exception', () => {
    fc.assert(fc.property(fc.string(), (text) => !verifies({ ...message, signPubKeyCert: text })));
    expect(verifies({ ...message, signPubKeyCert: 'x'.repeat(100_000) })).to.equal(false);
  });

  it('fails for another way of signing, though the rest is signed well', () => {
    for (const change of [{ signMethod: '11' }, { version: '5.0.0' }])
      expect(verifies(signed({ orderId: '1', ...change }))).to.equal(false);
  });

  it('holds from the first second of the certificate to its last', async () => {
    const dates = { from: new Date('2025-12-01T00:00:00Z'), to: new Date('2026-02-01T00:00:00Z') };
    const fields = signed({ orderId: '1' }, keys.gateway, await certify(keys.gateway, keys.middle, ownerName, 'CFCA OCA1', dates));
    expect([verifies(fields, dates.from), verifies(fields, dates.to)]).to.deep.equal([true, true]);
  });

  it('fails for a certificate without an owner, whoever else might be called so', async () => {
    const nameless = signed({ orderId: '1' }, keys.stranger, await certify(keys.stranger, keys.middle, 'x', 'CFCA OCA1'));
    expect(verifies(nameless, now, { ...trusted, owners: ['undefined', 'null', ''] })).to.equal(false);
  });

  it('fails for a certificate that is longer than any of UnionPay’s', () => {
    const padded = (length: number) => `${certificates.gateway}${' '.repeat(length - certificates.gateway.length)}`;
    expect(verifies(signed({ orderId: '1' }, keys.gateway, padded(8192)))).to.equal(true);
    expect(verifies(signed({ orderId: '1' }, keys.gateway, padded(8193)))).to.equal(false);
  });

  it('is not waited for when a key cannot sign', async () => {
    const { privateKey } = generateKeyPairSync('x25519');
    expect(
      await signFields({ a: '1' }, privateKey).then(
        () => null,
        (error: unknown) => error,
      ),
    ).to.be.an('error');
  });
});

describe('UnionPay’s keys as they are configured', () => {
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
  const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

  it('are authorities that lead to one another, of RSA and long enough', async () => {
    expect(parseAuthorities(`${certificates.middle}\n${certificates.root}`)).to.have.length(2);
    for (const none of ['', 'x', `${certificates.root}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----`])
      expect(() => parseAuthorities(none)).to.throw('ca_certificates is not a list of certificates in PEM form');
    expect(() => parseAuthorities(certificates.middle)).to.throw('ca_certificates lacks the issuer of one of its certificates');
    const short = await certify(weak, keys.root, 'CFCA OCA1', 'CFCA CS CA');
    expect(() => parseAuthorities(`${short}${certificates.root}`)).to.throw('a key that is not RSA of at least 2048 bits');
  });

  it('are a private key with its own certificate, of RSA and long enough', async () => {
    const signer = parseSigner(pemOf(keys.merchant), certificates.merchant);
    expect(signer.certId).to.equal(BigInt(`0x${signer.certificate.serialNumber}`).toString());
    const of = (key: Parameters<typeof pemOf>[0], certificate: string) => () => parseSigner(pemOf(key), certificate);
    expect(of(keys.merchant, 'x')).to.throw('certificate is not a certificate in PEM form');
    expect(() => parseSigner('x', certificates.merchant)).to.throw('private_key is not a private key in PEM form');
    expect(of(keys.stranger, certificates.merchant)).to.throw('certificate does not belong to private_key');
    for (const key of [weak, curve]) {
      const certificate = await certify(key, keys.middle, ownerName, 'CFCA OCA1');
      expect(of(key, certificate)).to.throw('private_key must be an RSA key of at least 2048 bits');
    }
  });
});
