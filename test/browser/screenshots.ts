import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { setBrand } from '../../core/access/admin/brand.ts';
import { chooseAt, payBegun } from '../kit/checkout.ts';
import { eventually } from '../kit/merchant.ts';
import { must } from '../kit/paymux.ts';
import { android, type CheckoutScene, desktop, heading, narrow, offer, phone, startCheckoutScene } from './checkout-scene.ts';

// Draws the pictures of docs/images from the pages as they are: npm run screenshots.

const folder = 'docs/images';
const order = { merchant_order_no: 'T-20260501-17', subject: 'Two bags of oolong tea, 250 g', expires_in: 900 };

interface Picture {
  readonly name: string;
  readonly options: BrowserContextOptions;
  lead(scene: CheckoutScene, page: Page, id: string, url: string): Promise<void>;
}

const look = async (_scene: CheckoutScene, page: Page, _id: string, url: string) => void (await page.goto(url));

const pictures: readonly Picture[] = [
  { name: 'choose-phone', options: { viewport: phone, userAgent: android }, lead: look },
  { name: 'choose-desktop', options: { viewport: desktop }, lead: look },
  { name: 'choose-chinese-dark', options: { viewport: phone, locale: 'zh-CN', colorScheme: 'dark' }, lead: look },
  { name: 'choose-arabic-narrow', options: { viewport: narrow, locale: 'ar' }, lead: look },
  { name: 'scan', options: { viewport: phone }, lead: scan },
  { name: 'continue', options: { viewport: phone, javaScriptEnabled: false }, lead: goOn },
  { name: 'declined', options: { viewport: phone }, lead: decline },
  { name: 'paid', options: { viewport: phone }, lead: pay },
  { name: 'closed-japanese', options: { viewport: phone, locale: 'ja' }, lead: close },
  {
    name: 'unknown-address',
    options: { viewport: phone, locale: 'es' },
    lead: async (_scene, page, _id, url) => void (await page.goto(`${url}x`)),
  },
  { name: 'choose-japanese', options: { viewport: phone, locale: 'ja' }, lead: look },
  { name: 'spent', options: { viewport: phone, locale: 'es' }, lead: tryTooOften },
];

async function scan(_scene: CheckoutScene, page: Page, _id: string, url: string): Promise<void> {
  await chooseAt(url, { method: 'wechat_native' });
  await page.goto(url);
  await heading(page, 'Scan to pay').waitFor();
}

async function goOn(_scene: CheckoutScene, page: Page, _id: string, url: string): Promise<void> {
  await page.goto(url);
  await offer(page, 'own page').click();
  await heading(page, 'Continue with Alipay').waitFor();
}

async function decline({ paymux }: CheckoutScene, page: Page, _id: string, url: string): Promise<void> {
  await paymux.control('/_scenario', { channel: 'wechat', operation: 'pay', behaviour: 'decline', code: 'TRADE_ERROR', count: 1 });
  await chooseAt(url, { method: 'wechat_native' });
  await paymux.control('/_scenario', undefined, 'DELETE');
  await page.goto(url);
  await page.locator('.notice').waitFor();
}

async function tryTooOften({ paymux }: CheckoutScene, page: Page, _id: string, url: string): Promise<void> {
  await paymux.control('/_scenario', { channel: 'wechat', operation: 'pay', behaviour: 'decline', code: 'TRADE_ERROR' });
  for (let time = 0; time < 20; time += 1) await chooseAt(url, { method: 'wechat_native' });
  await paymux.control('/_scenario', undefined, 'DELETE');
  await page.goto(url);
}

async function pay(scene: CheckoutScene, page: Page, id: string, url: string): Promise<void> {
  await scan(scene, page, id, url);
  await payBegun(scene.paymux, id);
  await heading(page, 'Paid').waitFor();
}

async function close({ paymux }: CheckoutScene, page: Page, id: string, url: string): Promise<void> {
  await paymux.call('POST', `/v1/payments/${id}/close`, {});
  await page.goto(url);
}

async function main(): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const scene = await startCheckoutScene();
  const { database } = scene.paymux.stored;
  const id = String((await database.get('SELECT id FROM merchants LIMIT 1'))?.['id']);
  await database.transaction((tx) => tx.run("UPDATE merchants SET name = 'Tea House' WHERE id = ?", [id]));
  must(await setBrand(scene.paymux.admin, { id, color: '#0f766e' }));
  await eventually(async () => (await (await fetch((await scene.order()).checkout_url)).text()).includes('Tea House'));
  for (const [index, { name, options, lead }] of pictures.entries()) {
    const { id: payment, checkout_url: url } = await scene.order({ ...order, merchant_order_no: `T-20260501-${17 + index}` });
    const { page, close: end } = await scene.open(options);
    await lead(scene, page, payment, url);
    await page.evaluate('document.activeElement.blur()').catch(() => undefined);
    await page.screenshot({ path: join(folder, `checkout-${name}.png`), fullPage: true });
    await end();
  }
  await scene.stop();
}

await main();
