import { expect } from 'chai';
import { chooseAt, payBegun } from '../kit/checkout.ts';
import { eventually } from '../kit/merchant.ts';
import {
  android,
  breaksOf,
  type CheckoutScene,
  desktop,
  expectNoSidewaysScroll,
  heading,
  narrow,
  phone,
  startCheckoutScene,
} from './checkout-scene.ts';
import { hasChromium, openPage, type WatchedPage } from './chromium.ts';

/** How far things moved that were already there, without the shopper having done anything. */
const watchShifts = `
  globalThis.shifts = [];
  new PerformanceObserver((list) => shifts.push(...list.getEntries().map(({ value }) => value))).observe({ type: 'layout-shift', buffered: true });
`;

/** The phases that a page can be in, each by what leads there. */
const phases = ['choose', 'act', 'declined', 'spent', 'succeeded', 'closed', 'unknown', 'link'] as const;

async function beDeclined({ paymux }: CheckoutScene, url: string, times = 1): Promise<void> {
  await paymux.control('/_scenario', { channel: 'wechat', operation: 'pay', behaviour: 'decline', code: 'TRADE_ERROR', count: times });
  for (let time = 0; time < times; time += 1) await chooseAt(url, { method: 'wechat_native' });
  await paymux.control('/_scenario', undefined, 'DELETE');
}

describe('The looks of the hosted checkout', function () {
  this.timeout(90_000);
  let scene: CheckoutScene;
  let watched: WatchedPage | null = null;
  before('Chromium is installed', async function () {
    if (!hasChromium()) this.skip();
    scene = await startCheckoutScene();
  });
  after(() => scene?.stop());
  afterEach(async () => {
    await watched?.close();
    watched = null;
  });
  const open = async (...options: Parameters<CheckoutScene['open']>) => {
    watched = await scene.open(...options);
    return watched;
  };

  const leadTo = async (phase: (typeof phases)[number]): Promise<string> => {
    const { id, checkout_url: url } = await scene.order({ subject: 'Two bags of oolong tea with a very long name, 250 g each' });
    if (phase === 'unknown') return `${url}x`;
    if (phase === 'link') return (await scene.paymux.call('POST', '/v1/payment_links', { subject: 'Tea', currency: 'CNY' })).body.url;
    if (phase === 'declined') await beDeclined(scene, url);
    if (phase === 'spent') await beDeclined(scene, url, 20);
    if (phase === 'closed') await scene.paymux.call('POST', `/v1/payments/${id}/close`, {});
    if (phase === 'act' || phase === 'succeeded') await chooseAt(url, { method: 'wechat_native' });
    if (phase === 'succeeded') {
      await payBegun(scene.paymux, id);
      await eventually(async () => (await scene.paymux.call('GET', `/v1/payments/${id}`)).body.state === 'success');
    }
    return url;
  };

  for (const phase of phases) {
    it(`breaks no rule of accessibility and fits on 320 pixels on the page of ${phase}`, async () => {
      const url = await leadTo(phase);
      for (const [locale, colorScheme] of [
        ['en', 'light'],
        ['zh-CN', 'dark'],
        ['ar', 'dark'],
      ] as const) {
        const one = await openPage(scene.browser, narrow, { locale, colorScheme });
        await one.page.goto(url);
        expect(await breaksOf(one.page), `${locale} ${colorScheme}`).to.deep.equal([]);
        await expectNoSidewaysScroll(one.page);
        await one.close();
      }
    });
  }

  it('would be told of a rule that is broken', async () => {
    const { page } = await open();
    await page.goto(await leadTo('act'));
    await page.evaluate(`document.querySelector('.code').removeAttribute('aria-labelledby')`);
    expect((await breaksOf(page)).join()).to.contain('role-img-alt');
  });

  it('fits in every language, on every size, and reads from the right where it has to', async () => {
    const { checkout_url: url } = await scene.order();
    for (const [language, direction] of [
      ['zh-CN', 'ltr'],
      ['en', 'ltr'],
      ['ja', 'ltr'],
      ['es', 'ltr'],
      ['ar', 'rtl'],
    ] as const) {
      for (const viewport of [narrow, phone, desktop]) {
        const one = await openPage(scene.browser, viewport);
        await one.page.goto(`${url}?lang=${language}`);
        expect(await one.page.evaluate('getComputedStyle(document.body).direction')).to.equal(direction);
        await expectNoSidewaysScroll(one.page);
        expect(one.faults).to.deep.equal([]);
        await one.close();
      }
    }
  });

  it('moves nothing once it is drawn, and asks for the page and its script alone before it shows the amount', async () => {
    const { checkout_url: url } = await scene.order();
    const { page } = await open({ userAgent: android });
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.resourceType()));
    await page.addInitScript(watchShifts);
    await page.goto(url);
    await page.locator('.amount').waitFor();
    const before = asked.filter((type) => type !== 'eventsource' && type !== 'fetch');
    expect(before.toSorted()).to.deep.equal(['document', 'script']);
    const shown = await page.locator('.deadline').textContent();
    await eventually(async () => (await page.locator('.deadline').textContent()) !== shown);
    expect(await page.evaluate('shifts')).to.deep.equal([]);
  });

  it('keeps its moving parts still for who asked for that', async () => {
    const { checkout_url: url } = await scene.order();
    const { page } = await open({ reducedMotion: 'reduce' });
    await page.goto(url);
    const animation = (motion: string) =>
      page.evaluate(
        `(() => { const part = document.createElement('div'); part.className = '${motion}'; document.body.append(part); return getComputedStyle(part).animationName; })()`,
      );
    expect(await animation('turning')).to.equal('none');
    await page.emulateMedia({ reducedMotion: 'no-preference' });
    expect(await animation('turning')).to.equal('turn');
  });

  it('is never shown inside the page of another site', async () => {
    const { checkout_url: url } = await scene.order();
    const { page, faults } = await open();
    await page.goto(scene.shopUrl);
    await page.setContent(`<iframe src="${url}" title="x"></iframe>`);
    await eventually(() => faults.some((fault) => fault.includes('frame-ancestors')));
    expect(await page.frameLocator('iframe').getByRole('heading').count()).to.equal(0);
  });

  it('tells the shop nothing of its address', async () => {
    const url = await leadTo('succeeded');
    const { page } = await open();
    await page.goto(url);
    const [request] = await Promise.all([
      page.waitForRequest((one) => one.url().startsWith(scene.shopUrl)),
      page.getByRole('link', { name: 'Back to Shop' }).click(),
    ]);
    await heading(page, 'Thank you').waitFor();
    expect((await request.allHeaders())['referer']).to.equal(undefined);
  });
});
