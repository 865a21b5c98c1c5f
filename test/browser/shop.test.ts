import { expect } from 'chai';
import { type Shop, startShop } from '../../scripts/shop/shop.ts';
import { freePort } from '../kit/free-port.ts';
import { eventually } from '../kit/merchant.ts';
import {
  android,
  type CheckoutScene,
  desktop,
  expectNoSidewaysScroll,
  heading,
  offer,
  payThere,
  phone,
  startCheckoutScene,
} from './checkout-scene.ts';
import { hasChromium, type WatchedPage } from './chromium.ts';

describe('A shopper of the demo shop', function () {
  this.timeout(60_000);
  let scene: CheckoutScene;
  let shop: Shop;
  let watched: WatchedPage | undefined;

  before('Chromium is installed', async function () {
    if (!hasChromium()) this.skip();
    scene = await startCheckoutScene();
    const port = await freePort();
    const { secret } = await scene.paymux.addEndpoint(`http://127.0.0.1:${port}/notifications`);
    await eventually(async () => (await scene.paymux.call('GET', '/v1/notification_endpoints')).body.data.length > 0);
    shop = await startShop({ port, paymux: scene.paymux.url, key: scene.paymux.key, secret });
  });
  after(async () => {
    await shop?.stop();
    await scene?.stop();
  });
  afterEach(() => watched?.close());

  const newest = async () => (await scene.paymux.call('GET', '/v1/payments?limit=1')).body.data[0];
  const refundsOf = async (id: string) => (await scene.paymux.call('GET', `/v1/refunds?payment=${id}`)).body.data as { state: string }[];

  for (const [device, options] of [
    ['desktop', { viewport: desktop }],
    ['phone', { viewport: phone, userAgent: android, isMobile: true, hasTouch: true }],
  ] as const) {
    it(`on a ${device} buys, pays at the vendor, comes back to a paid order, and has it refunded`, async () => {
      watched = await scene.open(options);
      const { page, faults } = watched;
      await page.goto(shop.url);
      await expectNoSidewaysScroll(page);
      await page.getByRole('button', { name: 'Buy A cup of tea' }).click();
      await heading(page, 'How would you like to pay?').waitFor();
      await offer(page, 'own page').click();
      await payThere(page);
      await heading(page, 'Paid').waitFor();
      await page.getByRole('link', { name: /Back to/ }).click();
      await page.waitForURL(`${shop.url}/orders/**`);
      const state = page.getByRole('status');
      expect(await state.textContent()).to.equal('Paid');
      const payment = await newest();
      expect(new URL(page.url()).pathname).to.equal(`/orders/${payment.merchant_order_no}`);
      expect(payment).to.include({ state: 'success', amount: 1999 });
      expect(await scene.charges(payment.id)).to.equal(1);
      await page.getByRole('button', { name: 'Refund' }).click();
      await page.waitForURL(`${shop.url}/orders/${payment.merchant_order_no}`);
      await eventually(async () => {
        await page.reload();
        return (await state.textContent()) === 'Refunded';
      });
      expect((await refundsOf(payment.id)).map((refund) => refund.state)).to.deep.equal(['success']);
      expect(await page.getByRole('button', { name: 'Refund' }).count()).to.equal(0);
      await expectNoSidewaysScroll(page);
      expect(faults.filter((fault) => !fault.includes('favicon'))).to.deep.equal([]);
    });
  }
});
