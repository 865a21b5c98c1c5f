import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { makeKeyStock, openVault } from '../../simulator/vault.ts';

describe("The simulator's keys", () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'paymux-keys-'));
  after(() => rmSync(dataDir, { recursive: true }));

  const pairsOf = async (owner: string, names: readonly string[], stock = makeKeyStock()) => {
    const vault = openVault(dataDir, owner, stock);
    const pairs = await Promise.all(names.map((name) => vault.pair(name)));
    return pairs.map(({ privatePem }) => privatePem);
  };

  it('are the same at the next start', async () => {
    const before = await pairsOf('adyen', ['platform', 'merchant']);
    expect(await pairsOf('adyen', ['merchant', 'platform'])).to.deep.equal(before.toReversed());
  });

  it('differ within a vendor, those that a later start adds too', async () => {
    const names = ['platform', 'merchant-1', 'merchant-2'];
    await pairsOf('wechat', names.slice(0, 1));
    await pairsOf('wechat', names.slice(0, 2));
    expect(new Set(await pairsOf('wechat', names))).to.have.property('size', 3);
  });

  it('are made once for the vendors of one start, because thirty of them take two seconds', async () => {
    const stock = makeKeyStock();
    const first = await pairsOf('alipay', ['platform', 'merchant-1'], stock);
    expect(new Set([...first, ...(await pairsOf('yeepay', ['merchant-1', 'merchant-2'], stock))])).to.have.property('size', 2);
  });
});
