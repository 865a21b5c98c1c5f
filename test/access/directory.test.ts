import { inspect } from 'node:util';
import { expect } from 'chai';
import { createAccount, setAccountStatus, updateAccount } from '../../core/access/admin/accounts.ts';
import { setChannelStatus } from '../../core/access/admin/channels.ts';
import { createEndpoint, deleteEndpoint } from '../../core/access/admin/endpoints.ts';
import { createKey } from '../../core/access/admin/keys.ts';
import { rotateNotificationSecret } from '../../core/access/admin/notification-secrets.ts';
import { rotateSecrets } from '../../core/access/admin/rotate.ts';
import { type Directory, openDirectory } from '../../core/access/directory.ts';
import { addKey } from '../../core/access/key-file.ts';
import { openVault } from '../../core/access/vault.ts';
import { makeApp, must, openTestAccess, type TestAccess } from '../kit/access.ts';

const config = { merchant_no: '1001', secret_key: 'canary-secret' };

describe('the directory of merchants, keys and accounts', () => {
  let access: TestAccess;
  let directory: Directory;
  let appId: string;

  beforeEach(async () => {
    access = await openTestAccess();
    appId = await makeApp(access, { notifyUrl: 'https://shop.example/paid' });
    directory = await openDirectory({ ...access, pollMs: 0 });
  });
  afterEach(async () => {
    await directory.stop();
    await access.close();
  });

  const addAccount = async (input: Partial<Parameters<typeof createAccount>[1]> = {}) =>
    must(await createAccount(access, { channel: 'fake', livemode: false, config, ...input })).id;

  it('answers what was there when it was opened', () => {
    expect(directory.app(appId)).to.include({ livemode: false, active: true, latePolicy: 'auto_refund', ratePerSecond: 200 });
    expect(directory.app(appId)?.notifyUrl).to.equal('https://shop.example/paid');
    expect(directory.app(appId)?.notificationSecrets(new Date())[0]).to.match(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(directory.app('app_other')).to.equal(undefined);
    expect([directory.fault(), directory.accountsOf('fake'), directory.endpointsOf(appId)]).to.deep.equal([null, [], []]);
  });

  it('shows every kind of change after a refresh, and none before', async () => {
    const id = await addAccount({ priority: 5, weight: 3 });
    const key = must(await createKey(access, { appId, scopes: ['*'] }));
    const endpoint = must(await createEndpoint(access, { appId, url: 'https://shop.example/hook', types: ['payment.succeeded'] }));
    expect(directory.account(id)).to.equal(undefined);
    await directory.refresh();
    expect(directory.account(id)).to.include({ priority: 5, weight: 3, version: 1, status: 'enabled', merchantId: null });
    expect(directory.account(id)?.config()).to.deep.equal(config);
    expect(directory.endpointsOf(appId)[0]).to.deep.include({ id: endpoint.id, types: ['payment.succeeded'] });
    expect(key.id).to.match(/^key_/);

    must(await updateAccount(access, { id, config: { retries: 3 } }));
    must(await setAccountStatus(access, { id, status: 'draining' }));
    must(await setChannelStatus(access, { channel: 'fake', status: 'disabled' }));
    must(await deleteEndpoint(access, { id: endpoint.id }));
    expect(directory.isChannelEnabled('fake')).to.equal(true);
    await directory.refresh();
    expect(directory.account(id)).to.include({ status: 'draining', version: 2 });
    expect(directory.account(id)?.config()).to.deep.equal({ ...config, retries: 3 });
    expect(directory.isChannelEnabled('fake')).to.equal(false);
    expect(directory.endpointsOf(appId)).to.deep.equal([]);
  });

  it('finds changes by itself when it polls', async () => {
    const polling = await openDirectory({ ...access, pollMs: 5 });
    const heard = new Promise<void>((resolve) => {
      polling.onChange(resolve);
    });
    const id = await addAccount();
    await heard;
    expect(polling.account(id)?.id).to.equal(id);
    await polling.stop();
  });

  it('tells its listeners of each newer version once, and again only when they failed', async () => {
    const seen: number[] = [];
    const stop = directory.onChange(async () => {
      seen.push(directory.version());
      if (seen.length === 1) throw new Error('not ready');
    });
    await directory.refresh();
    expect(seen).to.deep.equal([]);
    await addAccount();
    await directory.refresh();
    expect(directory.fault()).to.equal('not ready');
    await directory.refresh();
    await directory.refresh();
    expect(seen).to.have.length(2);
    expect(directory.fault()).to.equal(null);
    stop();
    await addAccount();
    await directory.refresh();
    expect(seen).to.have.length(2);
  });

  it('goes on serving what it had when the new cannot be read, says why, and recovers', async () => {
    const id = await addAccount();
    await directory.refresh();
    const stored = String((await access.database.get('SELECT config FROM channel_accounts'))?.['config']);
    const write = (text: string) =>
      access.database.transaction(async (tx) => {
        await tx.run('UPDATE channel_accounts SET config = ?', [text]);
        await tx.run("UPDATE versions SET value = value + 1 WHERE id = 'config'");
      });
    // Another character than the one that stands there, whatever that is: the sealed text differs in each run.
    await write(stored.replace(/(?<=v1\.[^.]+\.)./, (first) => (first === 'A' ? 'B' : 'A')));
    await directory.refresh();
    expect(directory.fault()).to.match(new RegExp(`channel_accounts\\|${id}\\|config.secret_key cannot be decrypted`));
    expect(directory.fault()).not.to.include('canary');
    expect(directory.account(id)?.config()).to.deep.equal(config);
    await write(stored);
    await directory.refresh();
    expect(directory.fault()).to.equal(null);
  });

  it('refuses to open when the secrets need another key file: there is nothing older to serve', async () => {
    const other = openVault({ keyFile: `${access.keyFile}-other`, create: true });
    let message = '';
    await openDirectory({ database: access.database, vault: other, pollMs: 0 }).catch((error: unknown) => {
      message = String(error);
    });
    expect(message).to.match(/apps\|app_\w+\|secret cannot be decrypted: the key file holds no key/);
  });

  it('shows no secret to whoever prints its records', async () => {
    const id = await addAccount();
    const { secret } = must(await createEndpoint(access, { appId, url: 'https://shop.example/hook', types: [] }));
    await directory.refresh();
    const records = [directory.account(id), directory.app(appId), directory.endpointsOf(appId)];
    expect(inspect(records, { depth: null }) + JSON.stringify(records)).not.to.match(/canary|whsec_/);
    expect(directory.endpointsOf(appId)[0]?.secrets(access.now())).to.deep.equal([secret]);
  });

  it('signs with the old secret of an endpoint too, for a day after its rotation', async () => {
    const made = must(await createEndpoint(access, { appId, url: 'https://shop.example/hook', types: [] }));
    const rotated = must(await rotateNotificationSecret(access, { id: made.id, of: 'endpoint' }));
    await directory.refresh();
    const until = rotated.oldSecretUntil.getTime();
    const secretsAt = (ms: number) => directory.endpointsOf(appId)[0]?.secrets(new Date(ms));
    expect(secretsAt(until - 1)).to.deep.equal([rotated.secret, made.secret]);
    expect(secretsAt(until)).to.deep.equal([rotated.secret]);
    expect(rotated.secret).not.to.equal(made.secret);
    expect(await rotateNotificationSecret(access, { id: 'nep_none', of: 'endpoint' })).to.deep.include({ kind: 'faults' });
    expect(await deleteEndpoint(access, { id: made.id, appId: 'app_other' })).to.deep.include({ kind: 'faults' });
  });

  it('signs with the old secret of an app too, for a day after its rotation', async () => {
    const secretsAt = (ms: number) => directory.app(appId)?.notificationSecrets(new Date(ms));
    const [old] = secretsAt(0) ?? [];
    const rotated = must(await rotateNotificationSecret(access, { id: appId, of: 'app' }));
    await directory.refresh();
    const until = rotated.oldSecretUntil.getTime();
    expect(secretsAt(until - 1)).to.deep.equal([rotated.secret, old]);
    expect(secretsAt(until)).to.deep.equal([rotated.secret]);
  });

  it('survives a rotation of the key file while it runs, after which the old key is needed no more', async () => {
    const id = await addAccount();
    const made = must(await createEndpoint(access, { appId, url: 'https://shop.example/hook', types: [] }));
    must(await rotateNotificationSecret(access, { id: made.id, of: 'endpoint' }));
    const oldKey = access.vault.keyId();
    addKey(access.keyFile);
    const vault = openVault({ keyFile: access.keyFile, create: false });
    expect(must(await rotateSecrets({ ...access, vault })).rewritten).to.equal(4);
    expect(must(await rotateSecrets({ ...access, vault })).rewritten).to.equal(0);
    await directory.refresh();
    expect([directory.fault(), directory.account(id)?.config()]).to.deep.equal([null, config]);
    const tables = ['apps', 'channel_accounts', 'notification_endpoints'];
    const everything = JSON.stringify(await Promise.all(tables.map((table) => access.database.all(`SELECT * FROM ${table}`))));
    expect(everything).to.include(`v1.${vault.keyId()}.`);
    expect(everything).not.to.include(`v1.${oldKey}.`);
    expect(everything).not.to.match(/canary|whsec_/);
  });
});
