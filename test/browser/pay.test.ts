import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import type { Browser } from 'playwright-core';
import { eventually, type Merchant, startMerchant } from '../kit/merchant.ts';
import { orderNo, type Paymux, targetOf } from '../kit/paymux.ts';
import { hasChromium, openPage, startChromium, type WatchedPage } from './chromium.ts';
import { startEmbeddedPaymux } from './server.ts';

const phone = { width: 390, height: 844 };

const methods = [
  { method: 'wechat_native', currency: 'CNY', shown: '19.99 CNY', vendor: 'WeChat Pay', returns: false },
  { method: 'wechat_h5', currency: 'CNY', shown: '19.99 CNY', vendor: 'WeChat Pay', returns: true, payer: { client_ip: '203.0.113.9' } },
  { method: 'alipay_page', currency: 'CNY', shown: '19.99 CNY', vendor: 'Alipay', returns: true },
  { method: 'stripe_checkout', currency: 'USD', shown: '19.99 USD', vendor: 'Stripe', returns: true },
] as const;

describe('A shopper with a browser', function () {
  this.timeout(60_000);
  let browser: Browser;
  let paymux: Paymux;
  let merchant: Merchant;
  let shop: Server;
  let shopUrl: string;
  let watched: WatchedPage;

  before('Chromium is installed', async function () {
    if (!hasChromium()) this.skip();
    paymux = await startEmbeddedPaymux();
    merchant = await startMerchant();
    shop = createServer((_request, response) => {
      const icon = '<link rel="icon" href="data:,">';
      response.setHeader('content-type', 'text/html').end(`<!doctype html><title>Shop</title>${icon}<h1>Thank you</h1>`);
    });
    await new Promise<void>((resolve) => shop.listen(0, '127.0.0.1', resolve));
    shopUrl = `http://127.0.0.1:${(shop.address() as AddressInfo).port}/done`;
    browser = await startChromium();
  });
  after(async () => {
    await browser?.close();
    await paymux?.stop();
    await merchant?.stop();
    shop?.closeAllConnections();
    shop?.close();
  });
  beforeEach(async () => {
    watched = await openPage(browser, phone);
  });
  afterEach(() => watched?.close());

  const create = async (more: object) => {
    const order = {
      merchant_order_no: orderNo(),
      amount: 1999,
      subject: '一杯茶 <b>',
      notify_url: merchant.url,
      return_url: shopUrl,
      ...more,
    };
    const created = await paymux.call('POST', '/v1/payments', order);
    expect(created.status, created.text).to.equal(201);
    return created.body;
  };
  const stateOf = async (id: string): Promise<string> => (await paymux.call('GET', `/v1/payments/${id}`)).body.state;

  for (const { method, currency, shown, vendor, returns, ...rest } of methods) {
    it(`pays with ${method}: opens what the shop was given, presses Pay, and the shop is told`, async () => {
      const payment = await create({ method, currency, ...rest });
      const { page, faults } = watched;
      await page.goto(targetOf(payment.action));
      expect(await page.getByRole('heading').textContent()).to.equal(`Pay with ${vendor}`);
      const text = await page.locator('main').textContent();
      expect(text).to.contain(shown).and.contain('一杯茶 <b>');
      await page.getByRole('button', { name: 'Pay', exact: true }).click();
      // The vendor leads a browser back to the shop at once, and shows a page of its own to who has scanned a code.
      await page.getByRole('heading', { name: returns ? 'Thank you' : 'Paid' }).waitFor();
      if (returns) expect(page.url()).to.match(new RegExp(`^${shopUrl}`));
      await eventually(async () => (await stateOf(payment.id)) === 'success');
      const told = await merchant.waitFor((one) => one.body.type === 'payment.succeeded' && one.body.data.object['id'] === payment.id);
      expect(told.body.data.object).to.include({ state: 'success', amount: 1999, currency, method });
      expect(faults).to.deep.equal([]);
    });
  }

  it('who cancels has paid nothing, and may come back and pay', async () => {
    const payment = await create({ method: 'wechat_native', currency: 'CNY' });
    const { page } = watched;
    await page.goto(targetOf(payment.action));
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Cancel' }).waitFor({ state: 'detached' });
    expect(await stateOf(payment.id)).to.equal('pending');
    await page.goto(targetOf(payment.action));
    await page.getByRole('button', { name: 'Pay', exact: true }).click();
    await eventually(async () => (await stateOf(payment.id)) === 'success');
  });

  it('who opens the page of a closed payment finds nothing to pay', async () => {
    const payment = await create({ method: 'alipay_page', currency: 'CNY' });
    const { page } = watched;
    await page.goto(targetOf(payment.action));
    await paymux.call('POST', `/v1/payments/${payment.id}/close`);
    await page.reload();
    expect(await page.getByRole('button').count()).to.equal(0);
    expect(await stateOf(payment.id)).to.equal('closed');
  });

  it('sees the QR code that a shop draws from the answer, and it is a picture', async () => {
    const payment = await create({ method: 'wechat_native', currency: 'CNY' });
    await watched.page.setContent(payment.action.qr_svg);
    const box = await watched.page.locator('svg').boundingBox();
    expect(box?.width).to.be.greaterThan(100);
    expect(box?.height).to.equal(box?.width);
    expect(watched.faults).to.deep.equal([]);
  });
});
