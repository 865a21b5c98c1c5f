import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { openVault } from '../../core/access/vault.ts';

const root = resolve(import.meta.dirname, '../..');
const canary = `canary-${randomBytes(12).toString('hex')}`;

interface Run {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

describe('npm run admin', function () {
  this.timeout(60_000);
  let folder: string;
  /** Everything that any command of this file has printed. */
  let printed = '';

  async function admin(args: readonly string[], options: { stdin?: string; env?: NodeJS.ProcessEnv } = {}): Promise<Run> {
    const env = { PATH: process.env['PATH'], PAYMUX_DATA_DIR: join(folder, 'data'), PAYMUX_CHANNELS_FOLDER: join(folder, 'channels') };
    const child = spawn(process.execPath, [join(root, 'scripts/admin.ts'), ...args], { cwd: folder, env: { ...env, ...options.env } });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text;
    });
    child.stdin.end(options.stdin ?? '');
    const [code] = (await once(child, 'close')) as [number | null];
    printed += out + err;
    return { code, out, err };
  }

  async function facts<T = Record<string, string>>(...args: readonly string[]): Promise<T> {
    const run = await admin([...args, '--json']);
    expect(run.code, run.err).to.equal(0);
    return JSON.parse(run.out) as T;
  }

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'paymux-cli-'));
    mkdirSync(join(folder, 'channels', 'fake'), { recursive: true });
    const kit = JSON.stringify(join(root, 'test/kit/access.ts'));
    writeFileSync(join(folder, 'channels', 'fake', 'index.ts'), `export { fakeChannel as default } from ${kit};\n`);
  });
  after(() => rmSync(folder, { recursive: true }));

  it('leads from nothing to an app with a key and an account, and never prints a vendor’s secret', async () => {
    const merchant = await facts('merchant', 'create', '--name', 'Shop');
    const app = await facts('app', 'create', '--merchant', merchant.id!, '--test', '--notify-url', 'http://127.0.0.1:9000/paid');
    const key = await facts('key', 'create', '--app', app.id!, '--scopes', 'payments:write,payments:read');
    expect([app.notificationSecret?.slice(0, 6), key.key?.slice(0, 8)]).to.deep.equal(['whsec_', 'sk_test_']);
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ merchant_no: '1001', secret_key: canary }));
    const account = await facts(
      'account',
      'create',
      '--channel',
      'fake',
      '--app-mode',
      'test',
      '--config',
      '@config.json',
      '--set',
      'retries=3',
    );
    await facts('account', 'update', '--id', account.id!, '--set', 'strict=true', '--priority', '7');
    const [listed] = await facts<[Record<string, unknown>]>('account', 'list');
    expect(listed).to.include({ id: account.id, status: 'enabled', priority: 7, version: 2, livemode: false });
    expect(listed['config']).to.deep.equal({ merchant_no: '1001', secret_key: '********', retries: 3, strict: true });
    expect((await facts('account', 'disable', '--id', account.id!)).status).to.equal('draining');
    const people = await admin(['account', 'list']);
    expect(people.out).to.include('status: draining').and.include('  secret_key: ********');
    expect(printed.split(key.key!).length - 1, 'a new key is printed once').to.equal(1);
    expect(printed).not.to.include(canary);
    expect(readFileSync(join(folder, 'data', 'paymux.db')).includes(canary), 'the database file').to.equal(false);
  });

  it('reads a secret from a file or from standard input, so that no command line holds it', async () => {
    writeFileSync(join(folder, 'secret.txt'), canary);
    const fromFile = await admin([
      'account',
      'create',
      '--channel',
      'fake',
      '--app-mode',
      'test',
      '--set',
      'merchant_no=1',
      '--set',
      'secret_key=@secret.txt',
    ]);
    expect(fromFile.code, fromFile.err).to.equal(0);
    const stdin = JSON.stringify({ merchant_no: '2', secret_key: canary });
    const fromInput = await admin(['account', 'create', '--channel', 'fake', '--app-mode', 'live', '--config', '-'], { stdin });
    expect(fromInput.code, fromInput.err).to.equal(0);
  });

  it('names all faults at once, repeats no value, and answers 2 for wrong usage', async () => {
    const run = await admin(['app', 'create', '--test', '--live', '--rate', canary, `--colour=${canary}`, canary]);
    expect(run.code).to.equal(2);
    expect(run.out).to.equal('');
    for (const fault of [
      '--colour is not an option',
      'belongs to no option',
      '--merchant is required',
      '--rate must be an integer',
      'either --test or --live',
    ]) {
      expect(run.err).to.include(fault);
    }
    expect((await admin(['app', 'destroy'])).code).to.equal(2);
    expect((await admin(['merchant', 'create', '--name', '--json'])).err).to.include('--name needs a value');
  });

  it('answers 1 for what is refused, without repeating the configuration', async () => {
    const wrong = await admin([
      'account',
      'create',
      '--channel',
      'fake',
      '--app-mode',
      'test',
      '--set',
      `secret_key=unusable-${canary}`,
      '--set',
      'merchant_no=1',
    ]);
    expect([wrong.code, wrong.err]).to.deep.equal([1, 'secret_key is no key: [masked]\n']);
    const broken = await admin(['account', 'create', '--channel', 'fake', '--app-mode', 'test', '--config', '-', '--json'], {
      stdin: `{"secret_key": ${canary}`,
    });
    expect([broken.code, JSON.parse(broken.err)]).to.deep.equal([1, { faults: ['--config holds no JSON'] }]);
    expect((await admin(['key', 'revoke', '--id', 'key_none'])).code).to.equal(1);
  });

  it('answers 78 for a wrong configuration and for a key file that others can read', async () => {
    expect((await admin(['merchant', 'list'], { env: { PAYMUX_DATABASE_URL: 'oracle://x' } })).code).to.equal(78);
    const keyFile = join(folder, 'open.key');
    writeFileSync(keyFile, `a:${randomBytes(32).toString('base64')}\n`, { mode: 0o644 });
    const run = await admin(['merchant', 'list'], { env: { PAYMUX_KEY_FILE: keyFile } });
    expect(run.code, run.err).to.equal(78);
    expect(run.err).to.include(`chmod 600 ${keyFile}`);
  });

  it('rotates the secrets at rest to a new key', async () => {
    const keyFile = join(folder, 'data', 'paymux.key');
    const before = openVault({ keyFile, create: false }).keyId();
    const rotated = await facts<{ rewritten: number; keyId: string }>('secrets', 'rotate', '--new-key');
    expect(rotated.rewritten).to.be.greaterThan(0);
    expect(rotated.keyId).not.to.equal(before);
    expect(await facts<{ rewritten: number }>('secrets', 'rotate')).to.include({ rewritten: 0 });
    writeFileSync(keyFile, readFileSync(keyFile, 'utf8').split('\n').slice(0, 1).join('\n'), { mode: 0o600 });
    expect(
      (await admin(['account', 'update', '--id', (await facts<{ id: string }[]>('account', 'list'))[0]!.id, '--weight', '2'])).code,
    ).to.equal(0);
  });

  describe('with a simulator', () => {
    let server: Server;
    const heard: unknown[] = [];
    before(async () => {
      server = createServer(async (request, response) => {
        const body = (await request.toArray()).join('');
        if (request.method === 'POST') heard.push(JSON.parse(body));
        const offer = { fake: [{ id: 'sim-1', config: { merchant_no: 'sim-1', secret_key: canary } }], paypal: [] };
        response.end(JSON.stringify(request.url === '/_accounts' ? offer : {}));
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
    });
    after(() => server.close());

    it('takes over its accounts and tells it where callbacks go', async () => {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const first = await facts<{ accounts: { id: string; change: string }[] }>('demo-accounts', '--simulator', url);
      const again = await facts<{ accounts: { id: string; change: string }[] }>('demo-accounts', '--simulator', url);
      expect([first, again].map(({ accounts }) => accounts.map(({ change }) => change))).to.deep.equal([['created'], ['unchanged']]);
      const callbackUrl = `http://127.0.0.1:8080/v1/callbacks/fake/${first.accounts[0]?.id}`;
      expect(heard[0]).to.deep.equal({ channel: 'fake', account: 'sim-1', url: callbackUrl });
    });

    it('says so when there is none', async () => {
      expect((await admin(['demo-accounts', '--simulator', 'http://127.0.0.1:1'])).code).to.equal(1);
    });
  });

  it('explains itself', async () => {
    const help = await admin([]);
    expect(help.code).to.equal(0);
    expect(help.out).to.include('account create').and.include('secrets rotate');
    expect((await admin(['account', 'create', '--help'])).out)
      .to.include('--app-mode')
      .and.include('Required.');
  });

  it('has never printed a vendor’s secret in all of this', () => {
    expect(printed).to.have.length.greaterThan(1000);
    expect(printed).not.to.include(canary);
  });
});
