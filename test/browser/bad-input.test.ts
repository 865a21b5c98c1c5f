import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { type CheckoutScene, heading, offer, payThere, startCheckoutScene } from './checkout-scene.ts';
import { hasChromium } from './chromium.ts';

const markup = `<img src=x onerror="document.title='taken'"><script>document.title='taken'</script>`;

describe('A browser that is used against its shopper', function () {
  this.timeout(60_000);
  let scene: CheckoutScene;
  let foreign: Server;
  /** What the foreign site shows. */
  let trap = '';
  before('Chromium is installed', async function () {
    if (!hasChromium()) this.skip();
    scene = await startCheckoutScene();
    foreign = createServer((_request, response) => response.setHeader('content-type', 'text/html').end(trap));
    await new Promise<void>((resolve) => foreign.listen(0, '127.0.0.1', resolve));
  });
  after(async () => {
    foreign?.close();
    foreign?.closeAllConnections();
    await scene?.stop();
  });
  const foreignUrl = () => `http://127.0.0.1:${(foreign.address() as AddressInfo).port}/`;
  const attemptsOf = async (id: string) =>
    (await scene.paymux.call('GET', `/v1/payments/${id}?expand=attempts`)).body.attempts as unknown[];

  it('shows nothing of the checkout in a frame of a foreign site, and of a link’s page neither', async () => {
    const { checkout_url: url } = await scene.order();
    const made = await scene.paymux.call('POST', '/v1/payment_links', { subject: 'Tea', currency: 'CNY', amount: 100 });
    for (const address of [url, made.body.url as string]) {
      trap = `<!doctype html><title>Prize</title><iframe src="${address}"></iframe>`;
      const { page, faults, close } = await scene.open();
      await page.goto(foreignUrl());
      const [frame] = page.frames().filter((one) => one !== page.mainFrame());
      expect(await frame?.locator('main').count(), address).to.equal(0);
      expect(faults.join()).to.contain('frame-ancestors');
      await close();
    }
  });

  it('begins nothing by the form that a foreign site sends in its name', async () => {
    const { id, checkout_url: url } = await scene.order();
    trap = `<!doctype html><title>Prize</title><form method="post" action="${url}"><input name="method" value="wechat_native"><button>Win</button></form>`;
    const { page, close } = await scene.open();
    await page.goto(foreignUrl());
    await page.getByRole('button', { name: 'Win' }).click();
    await heading(page, 'That did not work').waitFor();
    expect(await attemptsOf(id)).to.deep.equal([]);
    await close();
  });

  it('shows markup in a subject as it was written, from the choice to the end, and runs nothing of it', async () => {
    const { checkout_url: url } = await scene.order({ subject: markup });
    const { page, faults, close } = await scene.open();
    const expectText = async () => {
      expect(await page.locator('.subject').textContent()).to.equal(markup);
      expect(await page.locator('.subject img, .subject script').count()).to.equal(0);
      expect(await page.title()).to.not.contain('taken');
    };
    await page.goto(url);
    await expectText();
    await offer(page, /Alipay.*own page/).click();
    await payThere(page);
    await heading(page, 'Paid').waitFor();
    await expectText();
    expect(faults).to.deep.equal([]);
    await close();
  });
});
