import { expect } from 'chai';
import { chooseAt } from '../kit/checkout.ts';
import { type CheckoutScene, desktop, offer, startCheckoutScene } from './checkout-scene.ts';
import { hasChromium } from './chromium.ts';

describe('A tab of the checkout while another one chooses', function () {
  this.timeout(60_000);
  let scene: CheckoutScene;
  before('Chromium is installed', async function () {
    if (!hasChromium()) this.skip();
    scene = await startCheckoutScene({ channels: ['unionpay'] });
  });
  after(() => scene?.stop());

  it('goes on with what was chosen there, although it is a form that its own policy would not let go', async () => {
    const { checkout_url: url } = await scene.order();
    const { page, close } = await scene.open({ viewport: desktop });
    await page.goto(url);
    await offer(page, 'UnionPay').first().waitFor();
    await chooseAt(url, { method: 'unionpay_web' });
    const sent = page.waitForRequest((request) => request.method() === 'POST' && !request.url().startsWith(new URL(url).origin));
    await page.locator('form[action^="http"] button').click();
    expect((await sent).url()).to.match(/frontTransReq\.do$/);
    await close();
  });
});
