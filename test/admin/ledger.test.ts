import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { foldTail } from '../../core/ledger/fold.ts';
import { migrate } from '../../core/store/migrations/migrate.ts';
import { type OpenDatabase, openDatabase } from '../../core/store/open.ts';
import { paid, scriptKernel } from '../kit/scripted.ts';
import { readFacts, runAdmin } from './command.ts';

describe('npm run admin -- ledger', function () {
  this.timeout(30_000);
  let folder: string;
  let stored: OpenDatabase;
  let environment: Readonly<Record<string, string>>;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'paymux-ledger-'));
    environment = { PAYMUX_DATA_DIR: folder, PAYMUX_KEY_FILE: join(folder, 'paymux.key') };
    stored = await openDatabase({ dataDir: folder });
    await migrate(stored);
    const shop = scriptKernel(stored.database);
    shop.vendor.pay = ({ number }) => paid(number);
    const id = await shop.order();
    await foldTail(stored.database, new Date());
    await shop.refund(id, 30);
    await stored.database.transaction(async (tx) => {
      const app = "'active', 0, 'hold', 1, 's', 0";
      await tx.run(`INSERT INTO apps (id, merchant_id, name, status, livemode, late_policy, rate_per_second, secret, created_at)
        VALUES ('app_1', 'mch_1', 'a', ${app})`);
    });
  });
  after(async () => {
    await stored.close();
    await rm(folder, { recursive: true, force: true });
  });

  const channel = { kind: 'channel_receivable', owner: 'acc_1', livemode: false, balance: '70 CNY (minor units)' };
  const merchant = { kind: 'merchant_payable', owner: 'app_1', livemode: false, balance: '-70 CNY (minor units)' };
  const pending = { kind: 'refunds_pending', owner: 'app_1', livemode: false, balance: '0 CNY (minor units)' };

  it('balance shows what stands in each account, counted or not, of all or of one owner', async () => {
    const balance = (...args: readonly string[]) => readFacts(environment, 'ledger', 'balance', ...args);
    expect(await balance()).to.deep.equal({ accounts: [channel, merchant, pending], complete: true });
    expect((await balance('--owner', 'acc_1')).accounts).to.deep.equal([channel]);
    expect((await balance('--owner', 'acc_')).accounts).to.deep.equal([]);
    expect((await balance('--merchant', 'mch_1')).accounts).to.deep.equal([merchant, pending]);
    expect((await balance('--merchant', 'mch_2')).accounts).to.deep.equal([]);
    const both = await runAdmin(environment, 'ledger', 'balance', '--owner', 'app_1', '--merchant', 'mch_1');
    expect(both).to.include({ code: 2 });
  });

  it('catch-up posts what is missing, and says how much that was', async () => {
    await stored.database.transaction(async (tx) => {
      for (const table of ['ledger_postings', 'ledger_tail']) await tx.run(`DELETE FROM ${table} WHERE entry_id LIKE 'refund%'`);
    });
    const catchUp = () => readFacts(environment, 'ledger', 'catch-up');
    expect(await catchUp()).to.deep.equal({ entries_before: 1, entries_now: 3 });
    expect(await catchUp()).to.deep.equal({ entries_before: 3, entries_now: 3 });
    const { accounts, complete } = await readFacts(environment, 'ledger', 'balance');
    expect({ accounts, complete }).to.deep.equal({ accounts: [channel, merchant, pending], complete: true });
  });
});
