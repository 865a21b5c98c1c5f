import { expect } from 'chai';
import { chooseAt } from '../kit/checkout.ts';
import { eventually } from '../kit/merchant.ts';
import { type CheckoutScene, heading, offer, startCheckoutScene } from './checkout-scene.ts';
import { hasChromium } from './chromium.ts';

/** The least that the API takes. */
const shortestSec = 60;

describe('A checkout whose time runs out', function () {
  this.timeout(150_000);
  let scene: CheckoutScene;
  before('Chromium is installed', async function () {
    if (!hasChromium()) this.skip();
    scene = await startCheckoutScene();
  });
  after(() => scene?.stop());

  it('counts down, ends by itself on the open page, and takes nothing from then on', async () => {
    const { id, checkout_url: url } = await scene.order({ expires_in: shortestSec });
    const { page, faults, close } = await scene.open();
    await page.goto(url);
    await offer(page, 'WeChat Pay').waitFor();
    const left = () => page.locator('[data-left]').textContent();
    const before = await left();
    expect(before).to.match(/^(0:5\d|1:00)$/);
    await eventually(async () => (await left()) !== before);
    await page.getByRole('heading', { name: /This payment is closed|The time to pay is over/ }).waitFor({ timeout: 90_000 });
    expect(await page.locator('.offer').count()).to.equal(0);
    const read = async () => (await scene.paymux.call('GET', `/v1/payments/${id}?expand=attempts`)).body;
    let seen = '';
    await eventually(
      async () => {
        seen = (await read()).state;
        return seen === 'closed';
      },
      () => seen,
      30_000,
    );
    await heading(page, 'This payment is closed').waitFor();
    await chooseAt(url, { method: 'wechat_native' });
    expect(await read()).to.deep.include({ state: 'closed', attempts: [] });
    await page.getByRole('link', { name: 'Back to Shop' }).click();
    await heading(page, 'Thank you').waitFor();
    expect(new URL(page.url()).searchParams.get('state')).to.equal('closed');
    expect(faults).to.deep.equal([]);
    await close();
  });
});
