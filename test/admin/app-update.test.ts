import { expect } from 'chai';
import { createApp, createMerchant } from '../../core/access/admin/apps.ts';
import { updateApp } from '../../core/access/admin/update-app.ts';
import { readVersion } from '../../core/access/snapshot.ts';
import { forEachDatabase } from '../kit/database.ts';
import { eventually, type Merchant, startMerchant } from '../kit/merchant.ts';
import { must, orderNo, type Paymux, startPaymux } from '../kit/paymux.ts';
import { readFacts, runAdmin } from './command.ts';

describe('npm run admin -- app update', function () {
  this.timeout(60_000);

  forEachDatabase((_name, open) => {
    let paymux: Paymux;
    let shop: Merchant;

    before(async function () {
      this.timeout(60_000);
      shop = await startMerchant();
      paymux = await startPaymux({ database: await open() });
    });
    after(async () => {
      await paymux.stop();
      await shop.stop();
    });

    const update = (...args: readonly string[]) => readFacts(paymux.environment, 'app', 'update', '--id', paymux.appId, ...args);
    const create = () =>
      paymux.call('POST', '/v1/payments', {
        merchant_order_no: orderNo(),
        amount: 100,
        currency: 'CNY',
        subject: 'Tea',
        method: 'wechat_native',
      });
    const faultsOf = async (changes: object, id = paymux.appId) => {
      const changed = await updateApp(paymux.admin, { id, ...changes });
      return changed.kind === 'faults' ? changed.faults : [];
    };

    it('changes what is given and leaves the rest, and running servers follow', async () => {
      const before = await update('--rate', '99999');
      const after = await update('--notify-url', shop.url, '--late-policy', 'hold');
      expect(after).to.deep.equal({ ...before, notifyUrl: shop.url, latePolicy: 'hold' });
      expect(after).to.include({ id: paymux.appId, livemode: false, returnUrl: null, ratePerSecond: 99_999, requireSignature: false });
      await eventually(async () => {
        const { body } = await create();
        return shop.received.some((one) => one.body.data.object['id'] === body.id);
      });
    });

    it('takes an address away with the word none', async () => {
      expect((await update('--return-url', 'https://shop.example/done')).returnUrl).to.equal('https://shop.example/done');
      const after = await update('--return-url', 'none', '--notify-url', 'none');
      expect(after).to.include({ returnUrl: null, notifyUrl: null });
    });

    it('asks for signed requests and stops asking', async () => {
      await update('--require-signature', 'on');
      await eventually(async () => (await create()).status === 401);
      await update('--require-signature', 'off');
      await eventually(async () => (await create()).status === 201);
    });

    it('names all faults at once, and then changes nothing', async () => {
      const version = await readVersion(paymux.stored.database);
      const wrong = { notifyUrl: 'http://shop.example', returnUrl: 'x', latePolicy: 'keep', ratePerSecond: 0 };
      expect(await faultsOf(wrong)).to.have.length(4);
      expect(await faultsOf({ ...wrong, ratePerSecond: 1.5 })).to.include('rate must be an integer from 1 to 100000');
      expect(await faultsOf({ ratePerSecond: 5 }, 'app_none')).to.deep.equal(['there is no app app_none']);
      expect(await readVersion(paymux.stored.database)).to.equal(version);
    });

    it('lets a live app have no plain address, not even on this machine', async () => {
      const merchant = must(await createMerchant(paymux.admin, { name: 'Shop' }));
      const app = must(await createApp(paymux.admin, { merchantId: merchant.id, name: 'Live', livemode: true }));
      expect(await faultsOf({ notifyUrl: shop.url }, app.id)).to.have.length(1);
      expect(await faultsOf({ notifyUrl: 'https://shop.example' }, app.id)).to.deep.equal([]);
    });

    it('keeps both of two changes at the same time', async () => {
      const returnUrl = 'https://shop.example/both';
      await Promise.all([
        updateApp(paymux.admin, { id: paymux.appId, ratePerSecond: 77_777 }),
        updateApp(paymux.admin, { id: paymux.appId, returnUrl }),
      ]);
      const after = must(await updateApp(paymux.admin, { id: paymux.appId }));
      expect(after).to.include({ ratePerSecond: 77_777, returnUrl });
    });
  });

  it('wants to be told what to change, in words that it knows', async () => {
    const nothing = await runAdmin({ PAYMUX_DATA_DIR: '/nowhere' }, 'app', 'update', '--id', 'app_1');
    expect([nothing.code, nothing.err.split('\n')[0]]).to.deep.equal([
      2,
      'say what to change: --notify-url, --return-url, --late-policy, --rate, --require-signature',
    ]);
    const maybe = await runAdmin({ PAYMUX_DATA_DIR: '/nowhere' }, 'app', 'update', '--id', 'app_1', '--require-signature', 'maybe');
    expect([maybe.code, maybe.err.split('\n')[0]]).to.deep.equal([2, '--require-signature must be on or off']);
  });
});
