import { execFile } from 'node:child_process';
import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { addSigningKey, revokeKey } from '../../core/access/admin/keys.ts';
import { addApp } from '../kit/apps.ts';
import { forEachDatabase } from '../kit/database.ts';
import { eventually } from '../kit/merchant.ts';
import { must, orderNo, type Paymux, startPaymux } from '../kit/paymux.ts';
import { expectProblem } from '../kit/refusal.ts';
import { takeStock } from '../kit/rows.ts';
import { type RequestToSign, signRequest } from '../kit/sign-request.ts';

const run = promisify(execFile);

type Signer = Pick<RequestToSign, 'keyId' | 'algorithm' | 'key'>;

describe('An app that accepts signed requests only', () => {
  forEachDatabase((_name, open) => {
    let paymux: Paymux;
    let app: Awaited<ReturnType<typeof addApp>>;
    let ed25519: Signer;
    let hmac: Signer;

    before(async function () {
      this.timeout(60_000);
      paymux = await startPaymux({ database: await open() });
      app = await addApp(paymux, { requireSignature: true });
      ed25519 = await addEd25519(app.id);
      const secret = randomBytes(32);
      const { id } = must(
        await addSigningKey(paymux.admin, { appId: app.id, algorithm: 'hmac-sha256', material: secret.toString('base64') }),
      );
      hmac = { keyId: id, algorithm: 'hmac-sha256', key: secret };
      // Keys were added last: when this one is known, all are.
      await eventually(async () => (await read('/v1/methods', signed(hmac, 'GET', '/v1/methods'))).status === 200);
    });
    after(() => paymux.stop());

    async function addEd25519(appId: string): Promise<Signer & { readonly key: KeyObject }> {
      const { privateKey, publicKey } = generateKeyPairSync('ed25519');
      const material = publicKey.export({ format: 'pem', type: 'spki' }).toString();
      const { id } = must(await addSigningKey(paymux.admin, { appId, algorithm: 'ed25519', material }));
      return { keyId: id, algorithm: 'ed25519', key: privateKey };
    }

    const orderText = () =>
      JSON.stringify({ merchant_order_no: orderNo(), amount: 700, currency: 'CNY', subject: 'Tea', method: 'wechat_native' });
    const signed = (signer: Signer, method: string, path: string, more: Partial<RequestToSign> = {}) =>
      signRequest({ method, path, ...signer, ...more });
    const read = (path: string, headers: Readonly<Record<string, string>>) =>
      paymux.call('GET', path, undefined, { ...app.headers, ...headers });
    const post = (body: string, headers: Readonly<Record<string, string>>, path = '/v1/payments') =>
      paymux.call('POST', path, body, { ...app.headers, ...headers });
    const refused = async (
      body: string,
      headers: Readonly<Record<string, string>>,
      code: Parameters<typeof expectProblem>[1]['code'],
      path = '/v1/payments',
    ) => {
      const before = await takeStock(paymux.stored.database);
      expectProblem(await post(body, headers, path), { status: 401, code });
      expect(await takeStock(paymux.stored.database)).to.deep.equal(before);
    };

    it('checks a signature that an app need not send: a wrong one is told before it counts', async () => {
      const easy = await addApp(paymux, {});
      const path = '/v1/methods';
      const ask = (headers: Readonly<Record<string, string>>) => paymux.call('GET', path, undefined, { ...easy.headers, ...headers });
      await eventually(async () => (await ask({})).status === 200);
      expectProblem(await ask({ 'signature-input': 'paymux=zz', signature: 'paymux=:AA==:' }), { status: 401, code: 'signature_invalid' });
      expectProblem(await ask(signed(hmac, 'GET', path)), { status: 401, code: 'signature_invalid' });
      expect((await ask({ 'signature-input': 'proxy=()', signature: 'proxy=:AA==:' })).status).to.equal(200);
    });

    it('takes what the example of the documentation sends', async () => {
      const example = /```js\n([\s\S]+?)```/.exec(readFileSync('docs/signed-requests.md', 'utf8'))?.[1] ?? '';
      const env = {
        PAYMUX_URL: paymux.url,
        PAYMUX_KEY: app.key,
        SIGNING_KEY_ID: hmac.keyId,
        SIGNING_SECRET: (hmac.key as Buffer).toString('base64'),
      };
      const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', example], { env });
      expect(stdout).to.match(/^201 /);
    });

    it('takes a payment, reads it, lists it and closes it, signed with either kind of key', async () => {
      for (const signer of [ed25519, hmac]) {
        const body = orderText();
        const created = await post(body, signed(signer, 'POST', '/v1/payments', { body }));
        expect(created.status, created.text).to.equal(201);
        const path = `/v1/payments/${created.body.id}`;
        expect((await read(path, signed(signer, 'GET', path))).body.id).to.equal(created.body.id);
        const query = 'limit=1&state=pending';
        const listed = await read(`/v1/payments?${query}`, signed(signer, 'GET', '/v1/payments', { query }));
        expect(listed.body.data.map((one: { id: string }) => one.id)).to.deep.equal([created.body.id]);
        const closed = await paymux.call('POST', `${path}/close`, undefined, {
          ...app.headers,
          ...signed(signer, 'POST', `${path}/close`),
        });
        expect(closed.body.state, closed.text).to.equal('closed');
      }
    });

    it('takes XML too: the signature is over the bytes', async () => {
      const body = `<request><merchant_order_no>${orderNo()}</merchant_order_no><amount>700</amount><currency>CNY</currency><subject>茶</subject><method>wechat_native</method></request>`;
      const headers = { ...signed(ed25519, 'POST', '/v1/payments', { body }), 'content-type': 'application/xml' };
      expect((await post(body, headers)).status).to.equal(201);
    });

    it('refuses a request without a signature, or with half of one, although the key is right', async () => {
      await refused(orderText(), {}, 'signature_required');
      expectProblem(await read('/v1/payments', {}), { status: 401, code: 'signature_required' });
      const { signature: _left, ...without } = signed(ed25519, 'POST', '/v1/payments', { body: '{}' });
      await refused('{}', without, 'signature_invalid');
    });

    it('refuses a request of which one thing was changed afterwards', async () => {
      const body = orderText();
      const sign = (more: Partial<RequestToSign> = {}) => signed(ed25519, 'POST', '/v1/payments', { body, ...more });
      const other = body.replace('"amount":700', '"amount":701');
      const otherDigest = signed(ed25519, 'POST', '/v1/payments', { body: other })['content-digest'];
      const flipped = (text: string) => text.replace(/:(.)/, (_all, letter: string) => `:${letter === 'A' ? 'B' : 'A'}`);
      await refused(other, sign(), 'signature_invalid');
      await refused(other, { ...sign(), 'content-digest': otherDigest }, 'signature_invalid');
      await refused(body, { ...sign(), signature: flipped(sign().signature) }, 'signature_invalid');
      await refused(body, sign({ path: '/v1/payments/' }), 'signature_invalid');
      await refused(body, sign({ method: 'PUT' }), 'signature_invalid');
      await refused(body, sign(), 'signature_invalid', '/v1/payments?limit=1');
      await refused(body, { ...sign(), 'signature-input': sign({ nonce: 'another' })['signature-input'] }, 'signature_invalid');
      await refused(body, sign({ covered: '"@method" "@path" "@query"' }), 'signature_invalid');
    });

    it('refuses a request that is sent a second time, and says that its nonce was used', async () => {
      const body = orderText();
      const headers = signed(ed25519, 'POST', '/v1/payments', { body });
      expect((await post(body, headers)).status).to.equal(201);
      await refused(body, headers, 'nonce_reused');
      const fresh = await post(body, signed(ed25519, 'POST', '/v1/payments', { body }));
      expect(fresh.status, 'the same order, signed anew, is the same payment').to.equal(200);
    });

    it('lets one of a hundred copies through that arrive at once', async function () {
      this.timeout(30_000);
      const body = orderText();
      const headers = signed(hmac, 'POST', '/v1/payments', { body });
      const answers = await Promise.all(Array.from({ length: 100 }, () => post(body, headers)));
      expect(answers.filter((answer) => answer.status === 201)).to.have.length(1);
      expect(answers.filter((answer) => answer.body.code === 'nonce_reused')).to.have.length(99);
    });

    it('refuses what was signed outside the window, before or ahead of its time', async () => {
      const now = Math.floor(Date.now() / 1000);
      for (const createdSec of [now - 310, now + 310]) {
        const body = orderText();
        await refused(body, signed(ed25519, 'POST', '/v1/payments', { body, createdSec }), 'signature_expired');
      }
      const body = orderText();
      expect((await post(body, signed(ed25519, 'POST', '/v1/payments', { body, createdSec: now - 240 }))).status).to.equal(201);
    });

    it('refuses a key of another app, a revoked one, and another algorithm than the key’s', async () => {
      const other = await addApp(paymux, { requireSignature: true });
      const foreign = await addEd25519(other.id);
      const revoked = await addEd25519(app.id);
      must(await revokeKey(paymux.admin, { id: revoked.keyId }));
      const last = await addEd25519(app.id);
      const get = (signer: Signer) => read('/v1/methods', signed(signer, 'GET', '/v1/methods'));
      await eventually(async () => (await get(last)).status === 200);
      for (const signer of [foreign, revoked, { ...ed25519, keyId: hmac.keyId }, { ...hmac, keyId: ed25519.keyId }]) {
        const body = orderText();
        await refused(body, signed(signer, 'POST', '/v1/payments', { body }), 'signature_invalid');
      }
    });

    it('leaves apps alone that do not ask for signatures', async () => {
      expect((await paymux.call('GET', '/v1/methods')).status).to.equal(200);
    });
  });
});
