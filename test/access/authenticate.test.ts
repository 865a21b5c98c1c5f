import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { setStatus } from '../../core/access/admin/apps.ts';
import { addSigningKey, createKey, revokeKey } from '../../core/access/admin/keys.ts';
import { authenticate } from '../../core/access/authenticate.ts';
import { type Directory, openDirectory } from '../../core/access/directory.ts';
import { deleteExpiredNonces, spendNonce } from '../../core/access/nonces.ts';
import type { SignableRequest } from '../../core/access/signature.ts';
import { makeApp, must, openTestAccess, type TestAccess } from '../kit/access.ts';
import { type RequestToSign, signRequest } from '../kit/sign-request.ts';

const nothing = new Uint8Array();
const request = (headers: SignableRequest['headers']): SignableRequest => ({
  method: 'GET',
  path: '/v1/payments',
  query: '',
  headers,
  body: nothing,
});

describe('authentication by key', () => {
  let access: TestAccess;
  let directory: Directory;
  let appId: string;
  let key: string;
  const ask = (authorization: string | undefined) =>
    authenticate({ directory, database: access.database, now: access.now }, request({ authorization }));

  before(async () => {
    access = await openTestAccess();
    appId = await makeApp(access);
    key = must(await createKey(access, { appId, scopes: ['payments:read'] })).key;
    directory = await openDirectory({ ...access, pollMs: 0 });
  });
  after(() => access.close());

  it('knows the app and the key', async () => {
    const result = await ask(`Bearer ${key}`);
    expect(result.kind).to.equal('authenticated');
    if (result.kind === 'authenticated') {
      expect([result.app.id, result.app.livemode, result.key.scopes]).to.deep.equal([appId, false, ['payments:read']]);
    }
    expect((await ask(`bearer  ${key} `)).kind).to.equal('authenticated');
  });

  it('keeps no key, only its hash', async () => {
    const rows = JSON.stringify(await access.database.all('SELECT * FROM api_keys'));
    expect(rows).to.include(createHash('sha256').update(key).digest('hex'));
    expect(rows).not.to.include(key.slice(8));
    expect(key).to.match(/^sk_test_[0-9A-Za-z]{43}$/);
  });

  it('refuses everything else in one and the same way', async () => {
    const wrong = [
      undefined,
      '',
      key,
      `Basic ${key}`,
      'Bearer',
      `Bearer ${key}x`,
      `Bearer ${key.slice(0, -1)}`,
      `Bearer ${key} ${key}`,
      `x Bearer ${key}`,
    ];
    const hash = createHash('sha256').update(key).digest('hex');
    for (const header of [...wrong, `Bearer sk_live_${key.slice(8)}`, `Bearer ${hash}`, `Bearer ${key},`]) {
      expect(await ask(header), String(header)).to.deep.equal({ kind: 'refused', code: 'unauthorized' });
    }
  });

  it('refuses a key whose prefix is not that of its app', async () => {
    const other = `sk_live_${'x'.repeat(43)}`;
    expect(await createKey(access, { appId, scopes: ['*'], key: other })).to.deep.include({ kind: 'faults' });
    const hash = createHash('sha256').update(other).digest('hex');
    await access.database.transaction((tx) =>
      tx.run("INSERT INTO api_keys VALUES ('key_x', ?, ?, 'x', '[\"*\"]', 'active', 0, NULL)", [appId, hash]),
    );
    const fresh = await openDirectory({ ...access, pollMs: 0 });
    const deps = { directory: fresh, database: access.database, now: access.now };
    expect(fresh.keyByHash(hash)?.id, 'the row is there').to.equal('key_x');
    expect(await authenticate(deps, request({ authorization: `Bearer ${other}` }))).to.deep.include({ code: 'unauthorized' });
  });

  it('refuses a key once it is revoked, and says so', async () => {
    const made = must(await createKey(access, { appId, scopes: ['*'] }));
    await directory.refresh();
    expect((await ask(`Bearer ${made.key}`)).kind).to.equal('authenticated');
    must(await revokeKey(access, { id: made.id }));
    await directory.refresh();
    expect(await ask(`Bearer ${made.key}`)).to.deep.include({ code: 'key_revoked' });
  });

  it('refuses the keys of an app or a merchant that is switched off', async () => {
    const merchantId = String(directory.app(appId)?.merchantId);
    for (const id of [appId, merchantId]) {
      must(await setStatus(access, { id, status: 'disabled' }));
      await directory.refresh();
      expect(await ask(`Bearer ${key}`), id).to.deep.include({ code: 'forbidden' });
      must(await setStatus(access, { id, status: 'active' }));
      await directory.refresh();
      expect((await ask(`Bearer ${key}`)).kind, id).to.equal('authenticated');
    }
  });
});

describe('signed requests', () => {
  const pair = generateKeyPairSync('ed25519');
  const secret = randomBytes(32);
  const body = '{"amount":100}';
  const nowSec = Date.parse('2026-05-01T12:00:00Z') / 1000;
  let access: TestAccess;
  let directory: Directory;
  let authorization: string;
  let ed25519: RequestToSign;
  let hmac: RequestToSign;
  let foreign: RequestToSign;

  const send = (signed: RequestToSign, change: Partial<SignableRequest> = {}, headers: SignableRequest['headers'] = {}) => {
    const { method, path, query = '' } = signed;
    const bytes = Buffer.from(signed.body ?? '');
    const all = { authorization, ...signRequest(signed), ...headers };
    return authenticate(
      { directory, database: access.database, now: access.now },
      { method, path, query, headers: all, body: bytes, ...change },
    );
  };
  const codeOf = async (result: ReturnType<typeof send>) => {
    const settled = await result;
    return settled.kind === 'refused' ? settled.code : settled.kind;
  };

  before(async () => {
    access = await openTestAccess();
    const appId = await makeApp(access, { requireSignature: true });
    const otherId = await makeApp(access, { requireSignature: true });
    const publicKey = pair.publicKey.export({ format: 'pem', type: 'spki' }).toString();
    const add = async (app: string, algorithm: 'ed25519' | 'hmac-sha256', material: string) =>
      must(await addSigningKey(access, { appId: app, algorithm, material })).id;
    authorization = `Bearer ${must(await createKey(access, { appId, scopes: ['*'] })).key}`;
    const base = { method: 'POST', path: '/v1/payments', query: 'expand=attempts', body, createdSec: nowSec } as const;
    ed25519 = { ...base, keyId: await add(appId, 'ed25519', publicKey), algorithm: 'ed25519', key: pair.privateKey };
    hmac = { ...base, keyId: await add(appId, 'hmac-sha256', secret.toString('base64')), algorithm: 'hmac-sha256', key: secret };
    foreign = { ...ed25519, keyId: await add(otherId, 'ed25519', publicKey) };
    directory = await openDirectory({ ...access, pollMs: 0 });
  });
  after(() => access.close());

  it('pass with an Ed25519 key and with a shared secret', async () => {
    expect(await codeOf(send(ed25519))).to.equal('authenticated');
    expect(await codeOf(send(hmac))).to.equal('authenticated');
  });

  it('pass with the parameters in any order, with an alg that agrees, and with other signatures beside', async () => {
    expect(await codeOf(send({ ...ed25519, parameters: ['keyid', 'alg', 'nonce', 'created'] }))).to.equal('authenticated');
    const signed = signRequest(hmac);
    const beside = {
      'signature-input': `proxy=("@method");created=1, ${signed['signature-input']}`,
      signature: `proxy=:AA==:, ${signed.signature}`,
    };
    expect(await codeOf(send(hmac, {}, { ...signed, ...beside }))).to.equal('authenticated');
  });

  it('pass without a body, over the digest of nothing', async () => {
    expect(await codeOf(send({ ...ed25519, method: 'GET', body: '', query: '' }))).to.equal('authenticated');
  });

  it('are required by an app that asks for them', async () => {
    const bare = { 'signature-input': undefined, signature: undefined };
    expect(await codeOf(send(ed25519, {}, bare))).to.equal('signature_required');
    expect(await codeOf(send(ed25519, {}, { authorization: undefined })), 'a signature alone').to.equal('unauthorized');
  });

  it('need not be there where the app does not ask for them, and have to be right where they are', async () => {
    const appId = await makeApp(access);
    const bearer = `Bearer ${must(await createKey(access, { appId, scopes: ['*'] })).key}`;
    const own = {
      ...hmac,
      keyId: must(await addSigningKey(access, { appId, algorithm: 'hmac-sha256', material: secret.toString('base64') })).id,
    };
    await directory.refresh();
    const ask = (signed: RequestToSign, headers: SignableRequest['headers'] = {}, change: Partial<SignableRequest> = {}) =>
      codeOf(send(signed, change, { ...signRequest(signed), authorization: bearer, ...headers }));
    expect(await ask(own, { signature: undefined, 'signature-input': undefined })).to.equal('authenticated');
    expect(await ask(own)).to.equal('authenticated');
    expect(await ask(own, {}, { body: nothing })).to.equal('signature_invalid');
    expect(await ask(own, { signature: undefined }), 'half of one').to.equal('signature_invalid');
    expect(await ask(own, { 'signature-input': undefined }), 'the other half').to.equal('signature_invalid');
    expect(await ask({ ...own, nonce: 'twice' })).to.equal('authenticated');
    expect(await ask({ ...own, nonce: 'twice' })).to.equal('nonce_reused');
    const foreigner = { signature: 'proxy=:AA==:', 'signature-input': 'proxy=("@method")' };
    expect(await ask(own, foreigner), 'of a proxy').to.equal('authenticated');
  });

  it('are refused when anything that they cover was changed', async () => {
    const changes: Partial<SignableRequest>[] = [
      { method: 'PUT' },
      { path: '/v1/payments/' },
      { path: '/V1/payments' },
      { query: 'expand=refunds' },
      { query: '' },
      { body: Buffer.from('{"amount":999}') },
      { body: nothing },
    ];
    for (const change of changes) expect(await codeOf(send(ed25519, change)), JSON.stringify(change)).to.equal('signature_invalid');
    const signed = signRequest(hmac);
    const later = { 'signature-input': signed['signature-input'].replace(`${nowSec}`, `${nowSec + 1}`) };
    expect(await codeOf(send(hmac, {}, { ...signed, ...later }))).to.equal('signature_invalid');
  });

  it('are refused when the body and its digest were changed together', async () => {
    const other = '{"amount":999}';
    const digest = `sha-256=:${createHash('sha256').update(other).digest('base64')}:`;
    expect(await codeOf(send(ed25519, { body: Buffer.from(other) }, { 'content-digest': digest }))).to.equal('signature_invalid');
  });

  it('are refused for every one-bit change of the signature, and for a cut one', async () => {
    const signed = signRequest(ed25519);
    const bytes = Buffer.from(signed.signature.slice('paymux=:'.length, -1), 'base64');
    const variants = [...bytes.keys()].map((index) => Buffer.from(bytes.with(index, (bytes[index] ?? 0) ^ 1)));
    for (const variant of [...variants, bytes.subarray(0, 63), Buffer.concat([bytes, bytes]), nothing]) {
      const signature = `paymux=:${Buffer.from(variant).toString('base64')}:`;
      expect(await codeOf(send(ed25519, {}, { ...signed, signature }))).to.equal('signature_invalid');
    }
    const short = signRequest(hmac).signature.slice(0, 20);
    expect(await codeOf(send(hmac, {}, { signature: `${short}:` }))).to.equal('signature_invalid');
  });

  it('are verified as the key record says, never as the message says', async () => {
    expect(
      await codeOf(send({ ...ed25519, algorithm: 'hmac-sha256', key: pair.publicKey.export({ format: 'der', type: 'spki' }) })),
    ).to.equal('signature_invalid');
    expect(await codeOf(send({ ...hmac, algorithm: 'ed25519', key: pair.privateKey }))).to.equal('signature_invalid');
    const signed = signRequest({ ...hmac, parameters: ['created', 'nonce', 'keyid', 'alg'] });
    expect(await codeOf(send(hmac, {}, signed)), 'an alg that agrees').to.equal('authenticated');
    const lying = signRequestWithAlg({ ...hmac, nonce: 'lying' }, 'ed25519');
    expect(await codeOf(send(hmac, {}, lying)), 'an alg that disagrees').to.equal('signature_invalid');
  });

  it('are refused with the key of another app, a revoked key or an unknown one', async () => {
    expect(await codeOf(send(foreign))).to.equal('signature_invalid');
    expect(await codeOf(send({ ...ed25519, keyId: 'key_unknown' }))).to.equal('signature_invalid');
    const material = randomBytes(32);
    const appId = String(directory.signingKey(hmac.keyId)?.appId);
    const { id } = must(await addSigningKey(access, { appId, algorithm: 'hmac-sha256', material: material.toString('base64') }));
    await directory.refresh();
    expect(await codeOf(send({ ...hmac, keyId: id, key: material }))).to.equal('authenticated');
    must(await revokeKey(access, { id }));
    await directory.refresh();
    expect(await codeOf(send({ ...hmac, keyId: id, key: material }))).to.equal('signature_invalid');
  });

  it('are valid for five minutes either way', async () => {
    for (const seconds of [-300, 300])
      expect(await codeOf(send({ ...ed25519, createdSec: nowSec + seconds })), `${seconds}`).to.equal('authenticated');
    for (const seconds of [-301, 301]) {
      expect(await codeOf(send({ ...ed25519, createdSec: nowSec + seconds })), `${seconds}`).to.equal('signature_expired');
    }
  });

  it('are taken once: of many at the same moment exactly one passes', async () => {
    const again = { ...ed25519, nonce: 'only-once' };
    const codes = await Promise.all(Array.from({ length: 8 }, () => codeOf(send(again))));
    expect(codes.filter((code) => code === 'authenticated')).to.have.length(1);
    expect(codes.filter((code) => code === 'nonce_reused')).to.have.length(7);
    expect(await codeOf(send({ ...again, body: '{"amount":2}' })), 'the nonce under another body').to.equal('nonce_reused');
    expect(await codeOf(send({ ...hmac, nonce: 'only-once' })), 'the nonce of another key').to.equal('authenticated');
  });

  it('are not called used before where the database fails', async () => {
    const failing = { transaction: () => Promise.reject(new Error('the database is away')) } as unknown as TestAccess['database'];
    const spent = spendNonce(failing, { keyId: 'key_1', nonce: 'n', now: access.now() });
    expect(await spent.catch((error: Error) => error.message)).to.equal('the database is away');
  });

  it('do not lose their nonce to a stranger who knows it', async () => {
    const mine = { ...ed25519, nonce: 'guessed' };
    expect(await codeOf(send(mine, { body: Buffer.from('forged') }))).to.equal('signature_invalid');
    expect(await codeOf(send({ ...mine, key: generateKeyPairSync('ed25519').privateKey }))).to.equal('signature_invalid');
    expect(await codeOf(send(mine))).to.equal('authenticated');
  });

  it('keep their nonce until the signature is too old by itself', async () => {
    const early = { ...ed25519, nonce: 'from-the-future', createdSec: nowSec + 300 };
    const turn = (seconds: number) => {
      access.now = () => new Date((nowSec + seconds) * 1000);
      return deleteExpiredNonces(access.database, access.now());
    };
    expect(await codeOf(send(early))).to.equal('authenticated');
    await turn(600);
    expect(await codeOf(send(early)), 'in its last second').to.equal('nonce_reused');
    expect(await turn(601)).to.be.greaterThan(0);
    expect(await codeOf(send(early)), 'after it').to.equal('signature_expired');
    await turn(0);
  });

  it('are refused when they leave the one profile', async () => {
    const signed = signRequest(hmac);
    const input = signed['signature-input'];
    const inputs = [
      input.replace('"@query" ', ''),
      input.replace('"@method" "@path"', '"@path" "@method"'),
      input.replace('"content-digest"', '"content-digest" "date"'),
      input.replace('"@method"', '"@method";req'),
      input.replace('"@method"', '@method'),
      input.replace(/;created=\d+/, ''),
      input.replace(/created=\d+/, 'created="now"'),
      input.replace(/nonce="[^"]*"/, 'nonce=""'),
      input.replace(/nonce="[^"]*"/, `nonce="${'n'.repeat(256)}"`),
      input.replace(/;keyid="[^"]*"/, ''),
      `${input};expires=99999999999`,
      `${input};tag="app"`,
      `${input};alg=hmac-sha256`,
      input.replace('paymux=', 'other='),
      `${input}, ${input}`,
      'paymux',
      'paymux=1',
      '',
    ];
    for (const changed of inputs) {
      expect(await codeOf(send(hmac, {}, { ...signed, 'signature-input': changed })), changed).to.equal('signature_invalid');
    }
    for (const signature of [
      signed.signature.replace('paymux', 'other'),
      `${signed.signature};x`,
      'paymux=()',
      'paymux="AA"',
      '',
      undefined,
    ]) {
      expect(await codeOf(send(hmac, {}, { ...signed, signature })), signature).to.equal('signature_invalid');
    }
    for (const digest of [undefined, '', 'sha-256=:AA==:', signed['content-digest'].replace('sha-256', 'md5'), 'sha-256=()']) {
      expect(await codeOf(send(hmac, {}, { ...signed, 'content-digest': digest })), digest).to.equal('signature_invalid');
    }
  });

  it('are refused outside the profile even when the signature is right', async () => {
    expect(await codeOf(send({ ...hmac, suffix: ';alg="hmac-sha256"' })), 'inside it').to.equal('authenticated');
    for (const suffix of [';expires=99999999999', ';tag="app"', ';x']) {
      expect(await codeOf(send({ ...hmac, suffix })), suffix).to.equal('signature_invalid');
    }
    for (const covered of [
      '"@path" "@method" "@query" "content-digest"',
      '"@method" "@path" "@query" "date"',
      '"@method";req "@path" "@query" "content-digest"',
    ]) {
      expect(await codeOf(send({ ...hmac, covered })), covered).to.equal('signature_invalid');
    }
  });

  it('never throw, whatever a stranger puts into the headers', async () => {
    const text = fc.oneof(fc.string(), fc.constantFrom(...Object.values(signRequest(hmac))));
    await fc.assert(
      fc.asyncProperty(text, text, text, async (input, signature, digest) => {
        const headers = { 'signature-input': input, signature: signature.slice(0, -1), 'content-digest': digest };
        expect(await codeOf(send(hmac, {}, headers))).to.equal('signature_invalid');
      }),
    );
  });
});

/** A signature that is right for its key in everything but what it calls its algorithm. */
function signRequestWithAlg(request: RequestToSign, alg: string) {
  const keyId = `${request.keyId}";alg="${alg}`;
  return signRequest({ ...request, keyId });
}
