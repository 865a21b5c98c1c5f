import { expect } from 'chai';
import type { Browser } from 'playwright-core';
import { errors } from '../../core/errors.ts';
import { eventually } from '../kit/merchant.ts';
import type { Paymux } from '../kit/paymux.ts';
import { hasChromium, openPage, startChromium, type WatchedPage } from './chromium.ts';
import { startEmbeddedPaymux } from './server.ts';

const desktop = { width: 1280, height: 900 };

describe('The documentation in a browser', function () {
  this.timeout(60_000);
  let browser: Browser;
  let paymux: Paymux;
  let watched: WatchedPage;

  before('Chromium is installed', async function () {
    if (!hasChromium()) this.skip();
    paymux = await startEmbeddedPaymux();
    browser = await startChromium();
  });
  after(async () => {
    await browser?.close();
    await paymux?.stop();
  });
  afterEach(() => watched?.close());

  for (const path of ['/docs', '/docs/errors', '/checkout/return']) {
    it(`${path} shows itself in its own style, without an error or a broken policy`, async () => {
      watched = await openPage(browser, desktop);
      const { page, faults } = watched;
      const answer = await page.goto(paymux.url + path);
      expect(answer?.status()).to.equal(200);
      expect(answer?.headers()['content-security-policy']).to.contain("default-src 'none'");
      expect(await page.locator('h1').count()).to.equal(1);
      // 60rem, from the style that the policy allows by its hash: blocked, the body would be as wide as the window.
      const width = await page.evaluate<string>('getComputedStyle(document.body).maxWidth');
      expect(width).to.equal('960px');
      expect(faults).to.deep.equal([]);
    });
  }

  it('leads from its contents to every operation, and from a problem to its code', async () => {
    watched = await openPage(browser, desktop);
    const { page } = watched;
    await page.goto(`${paymux.url}/docs`);
    const anchors = await page.locator('nav a').evaluateAll((links) => links.map((link) => link.getAttribute('href') ?? ''));
    expect(anchors.length).to.be.greaterThan(10);
    for (const anchor of anchors) expect(await page.locator(`[id="${anchor.slice(1)}"]`).count(), anchor).to.equal(1);
    await page.getByRole('link', { name: 'errors' }).click();
    for (const code of Object.keys(errors)) expect(await page.locator(`[id="${code}"]`).count(), code).to.equal(1);
  });

  it('would show a broken policy: a foreign style is neither applied nor unnoticed', async () => {
    watched = await openPage(browser, desktop);
    const { page, faults } = watched;
    await page.goto(`${paymux.url}/docs`);
    await page.locator('h1').evaluate((heading) => heading.setAttribute('style', 'color: red'));
    await eventually(() => faults.some((fault) => fault.startsWith('policy: style-src')));
  });
});
