import { expect } from 'chai';
import { payBegun } from '../kit/checkout.ts';
import { eventually } from '../kit/merchant.ts';
import { android, type CheckoutScene, desktop, heading, offer, payThere, phone, startCheckoutScene, wechatApp } from './checkout-scene.ts';
import { hasChromium, type WatchedPage } from './chromium.ts';

describe('A shopper at the hosted checkout', function () {
  this.timeout(60_000);
  let scene: CheckoutScene;
  const opened: WatchedPage[] = [];
  before('Chromium is installed', async function () {
    if (!hasChromium()) this.skip();
    scene = await startCheckoutScene();
  });
  after(() => scene?.stop());
  afterEach(async () => {
    for (const one of opened.splice(0)) await one.close();
  });
  const open = async (...options: Parameters<CheckoutScene['open']>) => {
    const watched = await scene.open(...options);
    opened.push(watched);
    return watched;
  };
  const stateOf = async (id: string): Promise<string> => (await scene.paymux.call('GET', `/v1/payments/${id}`)).body.state;
  const attemptsOf = async (id: string) =>
    (await scene.paymux.call('GET', `/v1/payments/${id}?expand=attempts`)).body.attempts as readonly { state: string; method: string }[];

  for (const [device, options, method] of [
    ['desktop', { viewport: desktop }, 'alipay_page'],
    ['phone', { viewport: phone, userAgent: android, isMobile: true, hasTouch: true }, 'alipay_wap'],
  ] as const) {
    it(`on a ${device} taps once, pays on the wallet's page, sees that it is paid, and goes back to the shop`, async () => {
      const { id, checkout_url: url } = await scene.order();
      const { page, faults } = await open(options);
      await page.goto(url);
      await offer(page, 'own page').click();
      await heading(page, 'Pay with Alipay').waitFor();
      await payThere(page);
      await heading(page, 'Paid').waitFor();
      expect(page.url()).to.contain('/checkout/pay_');
      expect((await attemptsOf(id)).map((one) => one.method)).to.deep.equal([method]);
      await page.getByRole('link', { name: 'Back to Shop' }).click();
      await heading(page, 'Thank you').waitFor();
      const told = Object.fromEntries(new URL(page.url()).searchParams);
      expect(told).to.include({ payment: id, state: 'success' });
      expect(told['signature']).to.match(/^v1,/);
      expect(faults).to.deep.equal([]);
      expect(await scene.charges(id)).to.equal(1);
    });
  }

  it('scans a code, and the page tells of the payment by itself', async () => {
    const { id, checkout_url: url } = await scene.order();
    const { page, faults } = await open();
    await page.goto(url);
    await offer(page, 'WeChat Pay').click();
    await page.getByRole('img', { name: 'QR code to pay with WeChat Pay' }).waitFor();
    await payBegun(scene.paymux, id);
    await heading(page, 'Paid').waitFor();
    expect(await page.getByRole('status').textContent()).to.equal('Paid');
    expect(await page.evaluate('document.activeElement.textContent')).to.equal('Paid');
    expect(faults).to.deep.equal([]);
  });

  it('hears of it by asking where a proxy lets no events through', async () => {
    const { id, checkout_url: url } = await scene.order();
    const { page } = await open();
    await page.route('**/events', (route) => route.fulfill({ status: 502 }));
    await page.goto(url);
    await offer(page, 'WeChat Pay').click();
    await heading(page, 'Scan to pay').waitFor();
    await payBegun(scene.paymux, id);
    await heading(page, 'Paid').waitFor();
  });

  it('pays with the keyboard alone', async () => {
    const { id, checkout_url: url } = await scene.order();
    const { page } = await open({ viewport: desktop });
    await page.goto(url);
    const focused = () => page.evaluate<string>('document.activeElement.textContent');
    await page.keyboard.press('Tab');
    while (!(await focused()).includes('WeChat Pay')) await page.keyboard.press('Tab');
    expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).to.equal('solid');
    await page.keyboard.press('Enter');
    await heading(page, 'Scan to pay').waitFor();
    await payBegun(scene.paymux, id);
    await heading(page, 'Paid').waitFor();
    await page.keyboard.press('Tab');
    expect(await focused()).to.equal('Back to Shop');
    await page.keyboard.press('Enter');
    await heading(page, 'Thank you').waitFor();
  });

  it('pays without a script, by forms and links', async () => {
    const { id, checkout_url: url } = await scene.order();
    const { page } = await open({ javaScriptEnabled: false });
    await page.goto(url);
    expect(await page.locator('.deadline').textContent()).to.contain('UTC');
    await offer(page, 'WeChat Pay').click();
    await heading(page, 'Scan to pay').waitFor();
    expect(await page.locator('meta[http-equiv="refresh"]').getAttribute('content')).to.equal('5');
    await payBegun(scene.paymux, id);
    await eventually(async () => (await stateOf(id)) === 'success');
    await page.getByRole('link', { name: 'I have paid' }).click();
    await heading(page, 'Paid').waitFor();
    await page.getByRole('link', { name: 'Back to Shop' }).click();
    await heading(page, 'Thank you').waitFor();
  });

  it('is led on without a script by a link, and comes back to the end', async () => {
    const { checkout_url: url } = await scene.order();
    const { page } = await open({ javaScriptEnabled: false, viewport: desktop });
    await page.goto(url);
    await offer(page, 'own page').click();
    await page.getByRole('link', { name: 'Continue to Alipay' }).click();
    await payThere(page);
    await page.waitForURL(/\/checkout\/pay_/);
    await eventually(async () => {
      await page.reload();
      return (await heading(page, 'Paid').count()) === 1;
    });
  });

  it('who comes back by the back button sees how it stands, and is not sent on again', async () => {
    const { checkout_url: url } = await scene.order();
    const { page } = await open({ viewport: desktop });
    await page.goto(url);
    await offer(page, 'own page').click();
    await heading(page, 'Pay with Alipay').waitFor();
    await page.goBack();
    await heading(page, 'Continue with Alipay').waitFor();
    await page.getByRole('link', { name: 'Continue to Alipay' }).click();
    await payThere(page);
    await heading(page, 'Paid').waitFor();
    await page.goBack();
    await page.goBack();
    await heading(page, 'Paid').waitFor();
    expect(await page.getByRole('button').count()).to.equal(0);
  });

  it('changes his mind, and the first attempt is closed before the second begins', async () => {
    const { id, checkout_url: url } = await scene.order();
    const { page } = await open({ viewport: desktop });
    await page.goto(url);
    await offer(page, 'WeChat Pay').click();
    await page.getByRole('link', { name: 'Choose another way to pay' }).click();
    await offer(page, /Alipay.*code/).click();
    await page.getByRole('img', { name: 'QR code to pay with Alipay' }).waitFor();
    expect((await attemptsOf(id)).map(({ method, state }) => `${method} ${state}`)).to.deep.equal([
      'wechat_native closed',
      'alipay_precreate waiting',
    ]);
  });

  it('is told why it was declined, pays in another way, and is charged once', async () => {
    const { id, checkout_url: url } = await scene.order();
    const { page } = await open({ viewport: desktop });
    const decline = { channel: 'wechat', operation: 'pay', behaviour: 'decline', code: 'TRADE_ERROR', count: 1 };
    await scene.paymux.control('/_scenario', decline);
    await page.goto(url);
    await offer(page, 'WeChat Pay').click();
    await page.locator('.notice').waitFor();
    await heading(page, 'How would you like to pay?').waitFor();
    await offer(page, /Alipay.*code/).click();
    await page.getByRole('img', { name: /Alipay/ }).waitFor();
    await payBegun(scene.paymux, id);
    await heading(page, 'Paid').waitFor();
    expect(await scene.charges(id)).to.equal(1);
    await scene.paymux.control('/_scenario', undefined, 'DELETE');
  });

  it('waits while nobody knows what became of it, and is never offered to pay twice', async () => {
    const { id, checkout_url: url } = await scene.order();
    const { page } = await open();
    await scene.paymux.control('/_scenario', { channel: 'wechat', operation: 'pay', behaviour: 'drop_after_execute', count: 1 });
    await page.goto(url);
    await offer(page, 'WeChat Pay').click();
    await page.getByRole('heading', { name: /Confirming your payment|Scan to pay/ }).waitFor();
    await heading(page, 'Scan to pay').waitFor();
    await payBegun(scene.paymux, id);
    await heading(page, 'Paid').waitFor();
    expect(await scene.charges(id)).to.equal(1);
    expect(await attemptsOf(id)).to.have.length(1);
    await scene.paymux.control('/_scenario', undefined, 'DELETE');
  });

  it('with two tabs has one attempt at a time, and both tabs see the end', async () => {
    const { id, checkout_url: url } = await scene.order();
    const [one, other] = [await open({ viewport: desktop }), await open({ viewport: desktop })];
    await Promise.all([one.page.goto(url), other.page.goto(url)]);
    await Promise.all([offer(one.page, 'WeChat Pay').click(), offer(other.page, /Alipay.*code/).click()]);
    let seen = '';
    const isSettled = async () => {
      seen = (await scene.paymux.call('GET', `/v1/payments/${id}?expand=attempts`)).text;
      return (await stateOf(id)) === 'pending';
    };
    // As long as it takes to ask a channel again whose answer to the close was lost.
    await eventually(isSettled, () => seen, 30_000);
    const live = (await attemptsOf(id)).filter(({ state }) => state === 'waiting');
    expect(live).to.have.length(1);
    for (const { page } of [one, other]) await heading(page, 'Scan to pay').waitFor();
    await payBegun(scene.paymux, id);
    for (const { page } of [one, other]) await heading(page, 'Paid').waitFor();
    expect(await scene.charges(id)).to.equal(1);
  });

  it('is shown at once that the shop has closed it, and can pay nothing any more', async () => {
    const { id, checkout_url: url } = await scene.order();
    const { page, faults } = await open();
    await page.goto(url);
    await offer(page, 'WeChat Pay').waitFor();
    await scene.paymux.call('POST', `/v1/payments/${id}/close`, {});
    await heading(page, 'This payment is closed').waitFor();
    expect(await page.locator('.offer').count()).to.equal(0);
    await page.getByRole('link', { name: 'Back to Shop' }).click();
    await heading(page, 'Thank you').waitFor();
    expect(new URL(page.url()).searchParams.get('state')).to.equal('closed');
    expect(faults).to.deep.equal([]);
  });

  it('taps twice, and begins one attempt', async () => {
    const { id, checkout_url: url } = await scene.order();
    const { page } = await open();
    await page.goto(url);
    await offer(page, 'WeChat Pay').dblclick();
    await heading(page, 'Scan to pay').waitFor();
    expect(await attemptsOf(id)).to.have.length(1);
  });

  it('inside Alipay is led to Alipay at once, and without a script by one tap', async () => {
    for (const javaScriptEnabled of [true, false]) {
      const { id, checkout_url: url } = await scene.order();
      const { page } = await open({ userAgent: `${android} AlipayClient/10.8.30`, javaScriptEnabled });
      await page.goto(url);
      if (!javaScriptEnabled) {
        expect(await page.locator('.offer').count()).to.equal(1);
        await offer(page, 'Alipay').click();
        await page.getByRole('link', { name: 'Continue to Alipay' }).click();
      }
      await heading(page, 'Pay with Alipay').waitFor();
      expect((await attemptsOf(id)).map(({ method }) => method)).to.deep.equal(['alipay_wap']);
    }
  });

  it('inside WeChat is known by WeChat, and pays in its own window without a tap', async () => {
    const { id, checkout_url: url } = await scene.order();
    const { page, faults } = await open({ userAgent: wechatApp });
    await page.exposeFunction('payInWechat', (params: unknown) => scene.paymux.control('/_pay', { target: JSON.stringify(params) }));
    await page.addInitScript(`globalThis.WeixinJSBridge = { invoke: (name, params, done) => payInWechat(params).then(done) }`);
    await page.goto(url);
    await heading(page, 'Paid').waitFor();
    expect((await attemptsOf(id)).map(({ method }) => method)).to.deep.equal(['wechat_jsapi']);
    expect(await scene.charges(id)).to.equal(1);
    expect(faults).to.deep.equal([]);
  });
});
