import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { type Checkout, openCheckout } from '../kit/checkout.ts';
import type { Paymux } from '../kit/paymux.ts';
import { openPage, startChromium, type WatchedPage } from './chromium.ts';
import { startEmbeddedPaymux } from './server.ts';

export const desktop = { width: 1280, height: 900 };
export const phone = { width: 390, height: 844 };
export const narrow = { width: 320, height: 640 };
export const android = 'Mozilla/5.0 (Linux; Android 16; Pixel 9) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36';
export const wechatApp = `${android} MicroMessenger/8.0.60`;

/** A paymux, a browser, and a shop to come back to. */
export interface CheckoutScene {
  readonly paymux: Paymux;
  readonly browser: Browser;
  readonly shopUrl: string;
  open(options?: BrowserContextOptions): Promise<WatchedPage>;
  order(more?: object): Promise<Checkout>;
  /** How often money was really taken for this payment. */
  charges(id: string): Promise<number>;
  stop(): Promise<void>;
}

export async function startCheckoutScene(options: Parameters<typeof startEmbeddedPaymux>[0] = {}): Promise<CheckoutScene> {
  const paymux = await startEmbeddedPaymux(options);
  const browser = await startChromium();
  const shop = createServer((_request, response) => {
    const icon = '<link rel="icon" href="data:,">';
    response.setHeader('content-type', 'text/html').end(`<!doctype html><title>Shop</title>${icon}<h1>Thank you</h1>`);
  });
  const shopUrl = `${await listen(shop)}/done`;
  return {
    paymux,
    browser,
    shopUrl,
    open: (options = {}) => openPage(browser, phone, { locale: 'en', ...options }),
    order: (more = {}) => openCheckout(paymux, { return_url: shopUrl, ...more }),
    async charges(id) {
      const attempts = (await paymux.call('GET', `/v1/payments/${id}?expand=attempts`)).body.attempts as readonly { number: string }[];
      const numbers = new Set(attempts.map(({ number }) => number));
      const truth = (await paymux.control('/_truth')).body.entries as readonly { kind: string; number: string }[];
      return truth.filter(({ kind, number }) => kind === 'charge' && numbers.has(number)).length;
    },
    async stop() {
      await browser.close();
      await paymux.stop();
      shop.closeAllConnections();
      shop.close();
    },
  };
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The way to pay of that name. */
export const offer = (page: Page, name: string | RegExp) => page.locator('.offer').filter({ hasText: name }).first();

export const heading = (page: Page, name: string) => page.getByRole('heading', { name, exact: true });

/** Leaves the vendor's page by its button. */
export const payThere = (page: Page) => page.getByRole('button', { name: 'Pay', exact: true }).click();

/** What breaks WCAG 2.2 AA or good practice on the page, by rule and place. */
export async function breaksOf(page: Page): Promise<readonly string[]> {
  await page.evaluate(readFileSync(new URL(import.meta.resolve('axe-core/axe.min.js')), 'utf8'));
  return page.evaluate<readonly string[]>(
    `axe.run().then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ' ' + html)))`,
  );
}

/** The page needs no more room than it has. */
export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const [wide, room] = await page.evaluate<[number, number]>('[document.documentElement.scrollWidth, innerWidth]');
  expect(wide).to.be.at.most(room);
}
