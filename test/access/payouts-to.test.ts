import { expect } from 'chai';
import { type AccountDeps, createAccount, updateAccount } from '../../core/access/admin/accounts.ts';
import { createMerchant } from '../../core/access/admin/apps.ts';
import { discoverChannels } from '../../core/channels/discover.ts';
import { must, openTestAccess, type TestAccess } from '../kit/access.ts';

const bankConfig = { account_holder: 'Tea Shop', account_number: '12345678', bank_name: 'Bank', currency: 'CNY' };

describe('Where an account pays out to', () => {
  let access: TestAccess;
  let deps: AccountDeps;
  let merchant = '';
  let wallet = '';

  before(async () => {
    access = await openTestAccess();
    deps = { ...access, plugins: new Map([...access.plugins, ...(await discoverChannels('plugins/channels')).plugins]) };
    merchant = await newMerchant();
    wallet = await account('fake', { merchant_no: '1001', secret_key: 'canary-secret' });
  });
  after(() => access.close());

  const newMerchant = async () => must(await createMerchant(access, { name: 'Shop' })).id;
  const account = async (channel: string, config: object, more: object = {}) =>
    must(await createAccount(deps, { channel, livemode: false, merchantId: merchant, config: config as never, ...more })).id;
  const bank = (more: object = {}) => account('banktransfer', bankConfig, more);
  const say = async (to: unknown, id = wallet) => {
    const said = await updateAccount(deps, { id, terms: { payouts_to: to } });
    return said.kind === 'done' ? 'done' : said.faults.join('; ');
  };

  it('is an account whose statements are a bank’s, of the same merchant', async () => {
    expect(await say(await bank())).to.equal('done');
    const to = await bank();
    const fresh = { channel: 'fake', livemode: false, merchantId: merchant, config: { merchant_no: '1', secret_key: 'canary-secret' } };
    expect(await createAccount(deps, { ...fresh, terms: { payouts_to: to } })).to.include({ kind: 'done' });
    expect(await createAccount(deps, { ...fresh, merchantId: null, terms: { payouts_to: to } })).to.deep.equal({
      kind: 'faults',
      faults: [`terms.payouts_to: ${to} is of another merchant`],
    });
  });

  it('is no other account, and the fault says why', async () => {
    const other = await bank({ merchantId: await newMerchant() });
    const shared = await bank({ merchantId: null });
    const live = await bank({ livemode: true });
    const card = await account('fake', { merchant_no: '1002', secret_key: 'canary-secret' });
    const own = await bank();
    expect(await say(other)).to.equal(`terms.payouts_to: ${other} is of another merchant`);
    expect(await say(shared)).to.equal(`terms.payouts_to: ${shared} is of another merchant`);
    expect(await say(live)).to.equal(`terms.payouts_to: ${live} is a live account, and this one is not`);
    expect(await say(card)).to.equal('terms.payouts_to: the statements of fake are not a bank’s');
    expect(await say(own, own)).to.equal('terms.payouts_to: an account does not pay out to itself');
    expect(await say('acc_00000000000000000000000000')).to.equal('terms.payouts_to: there is no account acc_00000000000000000000000000');
    expect(await say('bank')).to.equal('terms.payouts_to: must be the id of an account');
    expect(await say(7)).to.contain('terms.payouts_to');
  });
});
