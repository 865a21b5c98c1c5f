import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect } from 'chai';

/** A checkout with no channels: the kernel, the simulator and the suite are this one's. */
function makeCheckout(): string {
  const root = mkdtempSync(join(tmpdir(), 'paymux-new-channel-'));
  for (const name of ['core', 'simulator', 'test', 'scripts', 'node_modules', 'package.json']) symlinkSync(resolve(name), join(root, name));
  mkdirSync(join(root, 'plugins/channels'), { recursive: true });
  return root;
}

describe('A new channel', function () {
  this.timeout(120_000);
  let root: string;
  before(() => {
    root = makeCheckout();
  });
  after(() => rmSync(root, { recursive: true, force: true }));

  const run = (...words: string[]) => {
    // A suite that runs this test for certain channels must not choose those of the one that it starts.
    const { CHANNELS: _, CHANNEL_PACKAGES: __, ...env } = process.env;
    return spawnSync(process.execPath, ['--preserve-symlinks', ...words], { cwd: root, env, encoding: 'utf8' });
  };
  const make = (...words: string[]) => run('scripts/new-channel.ts', ...words);

  it('is a folder under its own name, whole and without a trace of the template', () => {
    const made = make('foopay', 'Foo Pay');
    expect([made.status, made.stdout.split('\n')[0]], made.stderr).to.deep.equal([0, 'Made plugins/channels/foopay. Next:']);
    const folder = join(root, 'plugins/channels/foopay');
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => /\.(ts|md)$/.test(name));
    expect(files.toSorted()).to.deep.equal([
      'README.md',
      'callback.ts',
      'index.ts',
      'pay.ts',
      'sign.ts',
      'simulator/index.ts',
      'test/sign.test.ts',
    ]);
    for (const file of files) expect(readFileSync(join(folder, file), 'utf8'), file).to.not.match(/sample(pay|name|account)/i);
  });

  it('is discovered, and fails the contract suite with the next step, whichever is the first that is left', () => {
    const folder = join(root, 'plugins/channels/foopay');
    const next = () => {
      const suite = run('scripts/contract.ts', 'foopay');
      expect(suite.status).to.be.greaterThan(0);
      return suite.stdout.trim().split('\n').at(-1);
    };
    expect(next()).to.match(/^foopay, next: step 1, simulator\/index\.ts: take an order/);
    for (const [file, following] of [
      ['simulator/index.ts', 'step 2, pay.ts: read the answer'],
      ['pay.ts', 'step 4, callback.ts: read what'],
      ['callback.ts', 'step 5, index.ts: declare what'],
    ] as const) {
      const text = readFileSync(join(folder, file), 'utf8');
      writeFileSync(join(folder, file), text.replaceAll(/\bstep \d, /gi, ''));
      expect(next()).to.include(`next: ${following}`);
    }
  });

  it('is never made over something, nor under a name that is none', () => {
    expect(make('foopay').stderr).to.equal('plugins/channels/foopay is there already: nothing was changed\n');
    expect(make('stripe').stderr).to.equal('simulator/vendors/stripe is there already\n');
    for (const name of ['Foo', '../foo', 'foo-pay', 'f', '']) expect(make(name).status, name).to.equal(2);
    expect(make().stderr).to.match(/^usage: npm run new:channel/);
    expect(existsSync(join(root, 'plugins/channels/Foo'))).to.equal(false);
  });
});
