import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { makePageKey } from '../../core/checkout/link-page-key.ts';
import { type PaymentLinkRow, readPaymentLink } from '../../core/store/tables/payment-links.ts';
import { startEmbeddedPaymux } from '../browser/server.ts';
import { chooseAt, type Fetched, getPage } from '../kit/checkout.ts';
import type { Paymux } from '../kit/paymux.ts';

describe('The page of a payment link', function () {
  this.timeout(30_000);
  let paymux: Paymux;
  before(async () => {
    paymux = await startEmbeddedPaymux();
  });
  after(() => paymux?.stop());

  const make = async (more: object = {}) => {
    const made = await paymux.call('POST', '/v1/payment_links', { subject: 'Tea & <b>cake</b>', currency: 'CNY', ...more });
    expect(made.status, made.text).to.equal(201);
    return made.body as { readonly id: string; readonly url: string };
  };
  const keyOf = ({ text }: Fetched) => /name="page" value="([^"]+)"/.exec(text)?.[1] ?? '';
  const payments = async () => (await paymux.call('GET', '/v1/payments?limit=100')).body.data as { amount: number; checkout_url: string }[];

  it('shows what is paid for, and leads to the checkout of a payment of its own', async () => {
    const { url } = await make({ amount: 1999 });
    const page = await getPage(url, { 'accept-language': 'de, en;q=0.5' });
    expect(page.status).to.equal(200);
    expect(page.text).to.contain('CN¥19.99').and.contain('Tea &amp; &lt;b&gt;cake').and.not.contain('<b>cake');
    expect(page.headers.get('content-security-policy')).to.contain("default-src 'none'").and.contain("frame-ancestors 'none'");
    const taken = await chooseAt(url, { page: keyOf(page), amount: '0.01' });
    expect(taken.status).to.equal(303);
    const [payment] = await payments();
    // In the language of the link's page: German is none that it speaks.
    expect(taken.headers.get('location')).to.equal(`${payment?.checkout_url}?lang=en`);
    expect(payment?.amount).to.equal(1999);
    expect((await getPage(payment?.checkout_url ?? '')).text).to.contain('How would you like to pay?');
  });

  it('makes one payment of a double click', async () => {
    const { url } = await make({ amount: 100 });
    const key = keyOf(await getPage(url));
    const before = (await payments()).length;
    const places = (await Promise.all([1, 2, 3].map(() => chooseAt(url, { page: key })))).map(({ headers }) => headers.get('location'));
    expect(new Set(places).size).to.equal(1);
    expect(await payments()).to.have.length(before + 1);
  });

  it('takes the amount as people type it, and says what it wants where it cannot be read', async () => {
    const { url } = await make({ min_amount: 100, max_amount: 5000 });
    const page = await getPage(url);
    expect(page.text).to.contain('name="amount"').and.contain('CN¥1.00').and.contain('CN¥50.00');
    for (const [typed, amount] of [
      ['12', 1200],
      ['12,5', 1250],
      [' 12.34 ', 1234],
      ['１２．５', 1250],
      ['٣٤٫٥', 3450],
    ] as const) {
      expect((await chooseAt(url, { page: keyOf(await getPage(url)), amount: typed })).status, typed).to.equal(303);
      expect((await payments())[0]?.amount).to.equal(amount);
    }
    const count = (await payments()).length;
    for (const typed of ['', '0', '-1', '1e3', '50.01', '12.345', '<script>', '1 0', '1,000', '0x10', 'NaN']) {
      const refused = await chooseAt(url, { page: keyOf(page), amount: typed });
      expect(refused.status, typed).to.equal(422);
      expect(refused.text).to.contain('Please enter an amount such as 1.00').and.not.contain('<script>');
    }
    expect(await payments()).to.have.length(count);
  });

  it('speaks the shopper’s language', async () => {
    const { url } = await make({ amount: 100 });
    expect((await getPage(url, { 'accept-language': 'zh-CN' })).text).to.contain('付款');
    expect((await getPage(`${url}?lang=ar`)).text).to.contain('dir="rtl"');
  });

  it('says of a link that is over that it is, and of every other address the same nothing', async () => {
    const { id, url } = await make({ amount: 100, most_payments: 1 });
    const key = keyOf(await getPage(url));
    await paymux.call('POST', `/v1/payment_links/${id}/disable`, {});
    expect((await getPage(url)).status).to.equal(410);
    expect((await chooseAt(url, { page: key })).status).to.equal(410);
    const unknown = await getPage(`${url}x`);
    expect(unknown.status).to.equal(404);
    expect(unknown.text).to.not.contain('Tea');
    expect((await getPage(url.replace('lnk_', 'lnk_0'))).status).to.equal(404);
  });

  it('takes no form of another site, and none without the key of a page', async () => {
    const { url } = await make({ amount: 100 });
    const key = keyOf(await getPage(url));
    expect((await chooseAt(url, { page: key }, { 'sec-fetch-site': 'cross-site' })).status).to.equal(403);
    expect((await chooseAt(url, { page: key }, { origin: 'https://evil.example' })).status).to.equal(403);
    const before = (await payments()).length;
    for (const fields of [{ page: 'x' }, {}]) {
      const answer = await chooseAt(url, fields);
      expect(answer.status).to.equal(200);
      expect(keyOf(answer)).to.not.equal('');
    }
    expect(await payments()).to.have.length(before);
  });

  it('is drawn anew, with what was typed, where it is older than a day', async () => {
    const { id, url } = await make({ max_amount: 5000 });
    const link = (await readPaymentLink(paymux.stored.database, id)) as PaymentLinkRow;
    const ago = (hours: number) => ({ now: () => new Date(Date.now() - hours * 3_600_000), sleep: async () => {} });
    const drawn = (hours: number) => makePageKey(link, { clock: ago(hours), newToken: () => randomBytes(16).toString('base64url') });
    const again = await chooseAt(url, { page: drawn(25), amount: '12.5' });
    expect(again.status).to.equal(200);
    expect(again.text).to.contain('value="12.5"').and.not.contain('role="alert"');
    expect((await chooseAt(url, { page: drawn(23), amount: '12.5' })).status).to.equal(303);
  });
});
