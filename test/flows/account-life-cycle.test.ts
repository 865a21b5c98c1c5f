import { expect } from 'chai';
import { setAccountStatus } from '../../core/access/admin/accounts.ts';
import type { AccountStatus } from '../../core/access/records.ts';
import { forEachDatabase } from '../kit/database.ts';
import { eventually } from '../kit/merchant.ts';
import { must, orderNo, type Paymux, startPaymux } from '../kit/paymux.ts';
import { payAsShopper } from '../kit/shopper.ts';

const amount = 1000;

describe('The life of a channel account', function () {
  this.timeout(60_000);

  forEachDatabase((_name, open) => {
    let paymux: Paymux;
    let account = '';
    let admin: { readonly status: (status: AccountStatus) => ReturnType<typeof setAccountStatus> };

    beforeEach(async () => {
      paymux = await startPaymux({ database: await open(), channels: ['wechat'] });
      const [first, ...others] = paymux.accounts;
      account = first?.id ?? '';
      for (const { id } of others) must(await setAccountStatus(paymux.admin, { id, status: 'draining' }));
      admin = { status: (status) => setAccountStatus(paymux.admin, { id: account, status }) };
      await eventually(async () => (await create()).status === 201);
    });
    afterEach(() => paymux.stop());

    const create = () =>
      paymux.call('POST', '/v1/payments', {
        merchant_order_no: orderNo(),
        amount,
        currency: 'CNY',
        subject: 'Tea',
        method: 'wechat_native',
      });
    const payment = async (id: string) => (await paymux.call('GET', `/v1/payments/${id}`)).body;
    const paid = async () => {
      const { body } = await create();
      await payAsShopper(paymux, body.action);
      await eventually(async () => (await payment(body.id)).state === 'success');
      return body.id as string;
    };
    const refund = (id: string) => paymux.call('POST', `/v1/payments/${id}/refunds`, { merchant_refund_no: orderNo(), amount: 1 });
    const refunded = async (id: string) => {
      const { body } = await refund(id);
      await eventually(async () => (await paymux.call('GET', `/v1/refunds/${body.id}`)).body.state === 'success');
    };
    const become = async (status: AccountStatus) => {
      must(await admin.status(status));
      await eventually(async () => (await create()).status === (status === 'enabled' ? 201 : 503));
    };
    const closeAll = async () => {
      const { data } = (await paymux.call('GET', '/v1/payments?state=pending&limit=100')).body;
      for (const { id } of data) await paymux.call('POST', `/v1/payments/${id}/close`);
      await eventually(async () => (await paymux.call('GET', '/v1/payments?state=pending')).body.data.length === 0);
    };

    for (const status of ['draining', 'receive_only'] as const) {
      it(`${status}: takes no new payment; what was begun is paid, closed and refunded`, async () => {
        const [first, second, third] = [await paid(), (await create()).body, (await create()).body];
        await become(status);
        await refunded(first);
        await payAsShopper(paymux, second.action);
        await eventually(async () => (await payment(second.id)).state === 'success');
        await refunded(second.id);
        expect((await paymux.call('POST', `/v1/payments/${third.id}/close`)).body.state).to.equal('closed');
        await become('enabled');
      });
    }

    it('retired: only once nothing of it is open; then it sends nothing, and says so where a refund is asked for', async () => {
      const id = await paid();
      const refused = async () => (await admin.status('retired')) as { readonly kind: string; readonly faults?: readonly string[] };
      expect((await refused()).faults?.[0]).to.equal('an account that is enabled can become draining or receive_only, not retired');
      await become('draining');
      expect((await refused()).faults?.[0]).to.match(/^\d+ payments or refunds of it have not ended/);
      await closeAll();
      must(await admin.status('retired'));
      await eventually(async () => (await refund(id)).status === 409);
      const answer = await refund(id);
      expect(answer.body).to.include({ code: 'account_retired', advice: 'contact_support' });
      expect((await payment(id)).amount_refunded).to.be.below(amount);
    });

    it('retired: the way back leads by receive_only', async () => {
      await become('receive_only');
      await closeAll();
      must(await admin.status('retired'));
      expect((await admin.status('enabled')).kind).to.equal('faults');
      must(await admin.status('receive_only'));
      await become('enabled');
    });
  });
});
