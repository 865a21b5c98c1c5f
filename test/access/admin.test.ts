import { generateKeyPairSync } from 'node:crypto';
import { expect } from 'chai';
import { createAccount, listAccounts, setAccountStatus, updateAccount } from '../../core/access/admin/accounts.ts';
import { createApp, createMerchant } from '../../core/access/admin/apps.ts';
import { changeConfig } from '../../core/access/admin/change.ts';
import { listChannels, setChannelStatus } from '../../core/access/admin/channels.ts';
import { putDemoAccounts } from '../../core/access/admin/demo.ts';
import { createEndpoint, deleteEndpoint } from '../../core/access/admin/endpoints.ts';
import { addSigningKey, createKey, revokeKey } from '../../core/access/admin/keys.ts';
import { readVersion } from '../../core/access/snapshot.ts';
import type { ChannelPlugin } from '../../core/contract/channel.ts';
import type { ConfigProperty } from '../../core/contract/manifest.ts';
import { makeApp, must, openTestAccess, type TestAccess } from '../kit/access.ts';

const config = { merchant_no: '1001', secret_key: 'canary-secret' };

describe('administration', () => {
  let access: TestAccess;
  before(async () => {
    access = await openTestAccess();
  });
  after(() => access.close());

  const faultsOf = async (change: Promise<{ kind: string; faults?: readonly string[] }>) => (await change).faults ?? [];
  const newAccount = async (input: object = {}) =>
    must(await createAccount(access, { channel: 'fake', livemode: false, config, ...input })).id;
  const stored = async (id: string) =>
    String((await access.database.get('SELECT config FROM channel_accounts WHERE id = ?', [id]))?.['config']);

  it('counts up the version with every change, and with none that was refused', async () => {
    const appId = await makeApp(access);
    const account = await newAccount();
    const key = must(await createKey(access, { appId, scopes: ['*'] }));
    const endpoint = must(await createEndpoint(access, { appId, url: 'https://shop.example', types: [] }));
    const changes = [
      () => createMerchant(access, { name: 'Second' }),
      () => updateAccount(access, { id: account, priority: 1 }),
      () => setAccountStatus(access, { id: account, status: 'receive_only' }),
      () => setChannelStatus(access, { channel: 'fake', status: 'disabled' }),
      () => setChannelStatus(access, { channel: 'fake', status: 'enabled' }),
      () => revokeKey(access, { id: key.id }),
      () => deleteEndpoint(access, { id: endpoint.id }),
    ];
    for (const change of changes) {
      const before = await readVersion(access.database);
      must<object>(await change());
      expect(await readVersion(access.database)).to.equal(before + 1);
    }
    const before = await readVersion(access.database);
    expect(await faultsOf(revokeKey(access, { id: 'key_none' }))).to.have.length(1);
    expect(await readVersion(access.database)).to.equal(before);
  });

  it('writes nothing when a change fails half way', async () => {
    const before = await readVersion(access.database);
    const change = changeConfig(access.database, async (tx) => {
      await tx.run("INSERT INTO merchants (id, name, status, created_at) VALUES ('mch_half', 'Half', 'active', 0)");
      throw new Error('power cut');
    });
    expect(await change.catch(String)).to.equal('Error: power cut');
    expect(await access.database.get("SELECT id FROM merchants WHERE id = 'mch_half'")).to.equal(undefined);
    expect(await readVersion(access.database)).to.equal(before);
  });

  it('names every fault of an app at once', async () => {
    const wrong = {
      merchantId: 'x',
      name: '\u001b[2J',
      livemode: true,
      notifyUrl: 'http://shop.example',
      ratePerSecond: 0,
      latePolicy: 'keep' as never,
    };
    expect(await faultsOf(createApp(access, wrong))).to.have.length(4);
    expect(await faultsOf(createApp(access, { merchantId: 'mch_none', name: 'x', livemode: true }))).to.deep.equal([
      'there is no merchant mch_none',
    ]);
  });

  it('takes plain http only to this machine and only for test data', async () => {
    const merchantId = must(await createMerchant(access, { name: 'Shop' })).id;
    const attempt = (notifyUrl: string, livemode = false) => faultsOf(createApp(access, { merchantId, name: 'x', livemode, notifyUrl }));
    for (const url of ['https://shop.example/a?b=c', 'http://127.0.0.1:9000/x', 'http://localhost/x', 'http://[::1]/']) {
      expect(await attempt(url), url).to.deep.equal([]);
    }
    for (const url of [
      'http://shop.example',
      'http://127.0.0.1.evil.example',
      'ftp://shop.example',
      'https://u:p@shop.example',
      '//x',
      'https://x.example/#a',
    ]) {
      expect(await attempt(url), url).to.have.length(1);
    }
    expect(await attempt('http://127.0.0.1:9000/x', true)).to.have.length(1);
  });

  it('takes a way back to a route of a single page, which nothing is sent to', async () => {
    const merchantId = must(await createMerchant(access, { name: 'Shop' })).id;
    const attempt = (returnUrl: string) => faultsOf(createApp(access, { merchantId, name: 'x', livemode: true, returnUrl }));
    expect(await attempt('https://shop.example/#/orders/7')).to.deep.equal([]);
    expect(await attempt('http://shop.example/#/orders/7')).to.have.length(1);
  });

  it('takes only scopes that exist, and only keys that can verify', async () => {
    const appId = await makeApp(access);
    expect(await faultsOf(createKey(access, { appId, scopes: ['payments', 'admin', '*'] }))).to.have.length(2);
    expect(await faultsOf(createKey(access, { appId, scopes: [] }))).to.have.length(1);
    const add = (algorithm: 'ed25519' | 'hmac-sha256', material: string) => faultsOf(addSigningKey(access, { appId, algorithm, material }));
    for (const material of ['', 'AAAA', Buffer.alloc(31).toString('base64'), `${Buffer.alloc(32).toString('base64')}!`]) {
      expect(await add('hmac-sha256', material), material).to.deep.equal(['the key must be base64 of at least 32 bytes']);
    }
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'pem', type: 'spki' }).toString();
    const own = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
    for (const material of ['', 'x'.repeat(44), rsa, own]) expect(await add('ed25519', material), material).to.have.length(1);
    expect(await add('ed25519', publicKey.export({ format: 'der', type: 'spki' }).toString('base64'))).to.deep.equal([]);
  });

  it('takes an agreed key once', async () => {
    const appId = await makeApp(access);
    expect(must(await createKey(access, { appId, scopes: ['*'], key: 'sk_test_demo' })).key).to.equal('sk_test_demo');
    expect(await faultsOf(createKey(access, { appId, scopes: ['*'], key: 'sk_test_demo' }))).to.deep.equal(['this key exists already']);
    expect(await faultsOf(createKey(access, { appId, scopes: ['*'], key: 'sk_live_demo' }))).to.have.length(1);
  });

  it('keeps an account’s secrets encrypted and the rest readable', async () => {
    const id = await newAccount();
    const text = await stored(id);
    expect(text).to.match(/^\{"merchant_no":"1001","secret_key":"v1\./);
    expect(text).not.to.include('canary');
    const listed = (await listAccounts(access)).find((account) => account.id === id);
    expect(listed?.config).to.deep.equal({ merchant_no: '1001', secret_key: '********' });
    const unknown = await listAccounts({ database: access.database, plugins: new Map() });
    expect(unknown.find((account) => account.id === id)?.config).to.deep.equal({ merchant_no: '********', secret_key: '********' });
  });

  it('refuses an account with every fault, and one whose channel cannot use its keys, without repeating them', async () => {
    const create = (input: object) => faultsOf(createAccount(access, { channel: 'fake', livemode: false, config, ...input }));
    expect(await create({ config: { secret_key: 'short', extra: 1 }, priority: -1, weight: 1.5 })).to.have.length(5);
    const unusable = await create({ config: { ...config, secret_key: 'unusable-canary' } });
    expect(unusable).to.deep.equal(['secret_key is no key: [masked]']);
    expect(await create({ channel: 'visa' })).to.deep.equal(['there is no channel "visa"; installed: fake']);
    expect(await create({ merchantId: 'mch_none' })).to.deep.equal(['there is no merchant mch_none']);
    expect(await create({ config: { ...config, merchant_no: `v1.k.${'A'.repeat(200)}` } })).to.have.length(1);
  });

  it('replaces only the fields that are given, and tries the whole before it is kept', async () => {
    const id = await newAccount({ config: { ...config, retries: 2 } });
    const update = (fields: object) => updateAccount(access, { id, config: fields as never });
    expect(must(await update({ retries: null }))).to.include({ version: 2 });
    expect((await faultsOf(update({ merchant_no: '1002' })))[0]).to.match(/^an account cannot move to another merchant number/);
    expect(Object.keys(JSON.parse(await stored(id)) as object)).to.deep.equal(['merchant_no', 'secret_key']);
    const before = await stored(id);
    expect(await faultsOf(update({ secret_key: 'unusable!' }))).to.have.length(1);
    expect(await faultsOf(update({ merchant_no: null }))).to.deep.equal(['merchant_no is required']);
    expect(await stored(id)).to.equal(before);
  });

  it('notices another merchant by a field that names him, where the vendor never does', async () => {
    const fake = access.plugins.get('fake') as ChannelPlugin;
    const { merchant_no: field, ...others } = fake.manifest.config.properties;
    const properties = { ...others, merchant_no: { ...field, identity: true } as ConfigProperty };
    const silent: ChannelPlugin = {
      ...fake,
      manifest: { ...fake.manifest, config: { ...fake.manifest.config, properties } },
      open: (account, kit) => ({ ...fake.open(account, kit), merchantNo: null }),
    };
    const id = await newAccount({});
    const update = (fields: object, more: object = {}) =>
      updateAccount({ ...access, plugins: new Map([['fake', silent]]) }, { id, config: fields as never, ...more });
    expect((await faultsOf(update({ merchant_no: '1002' })))[0]).to.match(/^an account cannot move to another merchant number/);
    must(await update({ secret_key: 'another-canary' }));
    must(await update({ merchant_no: '1002' }, { otherMerchant: true }));
  });

  it('switches a channel off and on', async () => {
    const statusOf = async () => (await listChannels(access.database, access.plugins)).map(({ status }) => status);
    must(await setChannelStatus(access, { channel: 'fake', status: 'disabled' }));
    expect(await statusOf()).to.deep.equal(['disabled']);
    must(await setChannelStatus(access, { channel: 'fake', status: 'enabled' }));
    expect(await statusOf()).to.deep.equal(['enabled']);
  });

  it('takes an endpoint away with what was still to be sent there', async () => {
    const appId = await makeApp(access);
    const { id } = must(await createEndpoint(access, { appId, url: 'https://shop.example', types: [] }));
    const insert =
      "INSERT INTO deliveries (id, event_id, app_id, endpoint_id, url, state, due_at, created_at) VALUES (?, 'evt', 'app', ?, 'u', ?, 5, 0)";
    await access.database.transaction(async (tx) => {
      await tx.run(insert, ['dlv_1', id, 'pending']);
      await tx.run(insert, ['dlv_2', id, 'delivered']);
      await tx.run(insert, ['dlv_3', 'nep_other', 'pending']);
    });
    must(await deleteEndpoint(access, { id }));
    const rows = await access.database.all('SELECT state, due_at FROM deliveries ORDER BY id');
    expect(rows.map((row) => [row['state'], row['due_at']])).to.deep.equal([
      ['disabled', null],
      ['delivered', 5],
      ['pending', 5],
    ]);
  });

  it('brings the accounts of a simulator up to date without doubling them', async () => {
    const offer = (key: string) => ({
      fake: ['9001', '9002'].map((id) => ({ id, config: { merchant_no: id, secret_key: key } })),
      other: [],
    });
    const changesOf = async (key: string) => must(await putDemoAccounts(access, offer(key))).accounts.map(({ change }) => change);
    expect(await changesOf('canary-one')).to.deep.equal(['created', 'created']);
    expect(await changesOf('canary-one')).to.deep.equal(['unchanged', 'unchanged']);
    expect(await changesOf('canary-two')).to.deep.equal(['updated', 'updated']);
    const made = (await listAccounts(access)).filter((account) => String(account.config['merchant_no']).startsWith('900'));
    expect(made.map(({ priority, livemode }) => [priority, livemode])).to.deep.equal([
      [100, false],
      [110, false],
    ]);
  });
});
