import { expect } from 'chai';
import { setAccountStatus, updateAccount } from '../../core/access/admin/accounts.ts';
import { discoverChannels } from '../../core/channels/discover.ts';
import { forEachDatabase } from '../kit/database.ts';
import { eventually } from '../kit/merchant.ts';
import { must, orderNo, type Paymux, startPaymux } from '../kit/paymux.ts';

describe('The terms of an account', () => {
  forEachDatabase((_name, open) => {
    let paymux: Paymux;
    let small = '';
    let large = '';

    before(async function () {
      this.timeout(60_000);
      paymux = await startPaymux({ database: await open() });
      const accounts = paymux.accounts.filter(({ channel }) => channel === 'wechat');
      [small, large] = [accounts[0]?.id ?? '', accounts[1]?.id ?? ''];
      for (const { id } of accounts.slice(2)) must(await setAccountStatus(paymux.admin, { id, status: 'draining' }));
      await agree(small, { limits: [{ currency: 'CNY', max: 1000 }], fees: [{ currency: 'CNY', percent: '0.60' }] });
      await agree(large, {
        methods: ['wechat_native'],
        limits: [{ currency: 'CNY', min: 1001, max: 5000 }],
        fees: [{ currency: 'CNY', percent: '0.38', min: 5 }],
      });
      await eventually(async () => (await native())?.limits.length > 0);
    });
    after(() => paymux.stop());

    const agree = async (id: string, terms: object) => {
      const { plugins } = await discoverChannels('plugins/channels');
      must(await updateAccount({ ...paymux.admin, plugins }, { id, terms }));
    };
    const create = (amount: number, more: object = {}) =>
      paymux.call('POST', '/v1/payments', {
        merchant_order_no: orderNo(),
        amount,
        currency: 'CNY',
        subject: 'Tea',
        method: 'wechat_native',
        ...more,
      });
    const methods = async () => (await paymux.call('GET', '/v1/methods')).body.data;
    const native = async () => (await methods()).find((one: { method: string }) => one.method === 'wechat_native');
    const attemptOf = async (id: string) => (await paymux.call('GET', `/v1/payments/${id}?expand=attempts`)).body.attempts[0];

    it('send a payment to the account whose contract permits it, and say what it will cost', async () => {
      for (const [amount, account, fee] of [
        [1000, small, 6],
        [1001, large, 5],
        [5000, large, 19],
        [1, small, 0],
      ] as const) {
        const created = await create(amount);
        expect(created.status, created.text).to.equal(201);
        expect(await attemptOf(created.body.id)).to.include({ account, fee_expected: fee });
      }
    });

    it('refuse an amount that no contract permits, with the limits', async () => {
      const refused = await create(5001);
      expect(refused.status).to.equal(400);
      expect(refused.body).to.include({ code: 'amount_invalid', param: 'amount' });
      expect(refused.body.detail).to.include('5000');
    });

    it('keep a method from accounts whose contract does not have it', async () => {
      const h5 = await create(2000, { method: 'wechat_h5', payer: { client_ip: '198.51.100.7' } });
      expect(h5.status).to.equal(400);
      expect(h5.body).to.include({ code: 'amount_invalid' });
      expect((await create(900, { method: 'wechat_h5', payer: { client_ip: '198.51.100.7' } })).status).to.equal(201);
    });

    it('are what the list of methods says', async () => {
      expect((await native()).limits).to.deep.equal([{ currency: 'CNY', min: null, max: 5000 }]);
      await agree(small, { methods: ['wechat_native'] });
      await eventually(async () => !(await methods()).some((one: { method: string }) => one.method === 'wechat_h5'));
      expect((await native()).limits).to.deep.equal([]);
    });
  });
});
