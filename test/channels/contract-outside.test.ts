import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect } from 'chai';

const root = resolve(import.meta.dirname, '../..');

describe('The contract suite of a channel from outside', function () {
  this.timeout(120_000);
  let folder: string;

  /** A channel of this repository under another name, in a package of its own with its vendor in `simulator/`. */
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'paymux-acmepay-'));
    const rename = (text: string) => text.replaceAll(/\bepay\b/g, 'acmepay').replaceAll("'../../", `'${root}/simulator/`);
    writeFileSync(join(folder, 'package.json'), '{"name":"@acme/paymux-acmepay","version":"1.0.0","type":"module"}');
    writeFileSync(join(folder, 'channel.yaml'), rename(readFileSync('plugins/channels/epay/channel.yaml', 'utf8')));
    mkdirSync(join(folder, 'simulator'));
    cpSync('simulator/vendors/epay', join(folder, 'simulator'), { recursive: true });
    for (const name of readdirSync(join(folder, 'simulator'))) {
      const path = join(folder, 'simulator', name);
      writeFileSync(path, rename(readFileSync(path, 'utf8')));
    }
  });
  after(() => rmSync(folder, { recursive: true }));

  const run = (...named: readonly string[]) => {
    const { CHANNELS: _, CHANNEL_PACKAGES: __, ...env } = process.env;
    const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/contract.ts', ...named], { env, encoding: 'utf8' });
    return { status, said: stdout + stderr };
  };

  it('runs for the path of its package, against the vendor that it brings along, and for nothing else', () => {
    const { status, said } = run(folder);
    expect(status, said).to.equal(0);
    expect(said.match(/contract: \w+/g)).to.deep.equal(['contract: acmepay']);
    expect(said).to.match(/acmepay_alipay[\s\S]* passing/);
  });

  it('says what is missing: the channel, or its vendor', () => {
    expect(run('nobody')).to.deep.include({ status: 1 }).and.property('said').includes('contract: nobody has a channel');
    rmSync(join(folder, 'simulator'), { recursive: true });
    expect(run(folder)).property('said').includes('contract: acmepay has a vendor: neither');
  });
});
