import { once } from 'node:events';
import { get, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import { startEmbeddedPaymux } from '../browser/server.ts';
import { chooseAt, getPage, openCheckout, payBegun } from '../kit/checkout.ts';
import { eventually } from '../kit/merchant.ts';
import type { Paymux } from '../kit/paymux.ts';

/** What goes over the wire: `fetch` would unpack it. */
async function rawBytes(url: URL, acceptEncoding: string): Promise<{ readonly headers: IncomingHttpHeaders; readonly body: Buffer }> {
  const request = get(url, { headers: { 'accept-encoding': acceptEncoding } });
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  return { headers: answer.headers, body: Buffer.concat(await answer.toArray()) };
}

describe('The hosted checkout over HTTP', function () {
  this.timeout(30_000);
  let paymux: Paymux;
  before(async () => {
    paymux = await startEmbeddedPaymux();
  });
  after(() => paymux?.stop());

  const stateOf = async (id: string) => (await paymux.call('GET', `/v1/payments/${id}`)).body.state as string;
  const attemptsOf = async (id: string) => (await paymux.call('GET', `/v1/payments/${id}?expand=attempts`)).body.attempts as unknown[];

  it('offers the methods that fit, each by a form of its own that needs no script', async () => {
    const { checkout_url: url } = await openCheckout(paymux);
    const page = await getPage(url);
    expect(page.status).to.equal(200);
    expect(page.text).to.contain('CN¥19.99').and.contain('Tea').and.contain('Test mode');
    const methods = [...page.text.matchAll(/name="method" value="(\w+)"/g)].map(([, method]) => method);
    expect(methods).to.have.members(['alipay_page', 'alipay_precreate', 'stripe_checkout', 'wechat_native']);
  });

  it('calls cards what shoppers call them, in their language, and not by the name of who takes them', async () => {
    const { checkout_url: url } = await openCheckout(paymux);
    for (const [language, words] of Object.entries({ en: 'Card and more', 'zh-CN': '银行卡等', ja: 'カードなど' })) {
      const { text } = await getPage(`${url}?lang=${language}`);
      expect(text).to.contain(`<strong>${words}</strong>`).and.not.contain('Stripe');
    }
  });

  it('shows a phone what a phone can do', async () => {
    const { checkout_url: url } = await openCheckout(paymux);
    const page = await getPage(url, { 'user-agent': 'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Mobile' });
    expect(page.text).to.contain('value="alipay_wap"').and.contain('value="wechat_h5"');
    expect(page.text).not.to.contain('value="alipay_page"');
    const actions = [...page.text.matchAll(/<small>(Scan|Continue)/g)].map(([, word]) => word);
    expect(actions, 'codes last').to.deep.equal(['Continue', 'Continue', 'Continue', 'Scan', 'Scan']);
  });

  it('leads from the choice to the code, and from there to the end and back to the shop', async () => {
    const { id, checkout_url: url } = await openCheckout(paymux);
    const chosen = await chooseAt(url, { method: 'wechat_native' });
    expect(chosen.status).to.equal(303);
    const acting = await getPage(chosen.headers.get('location') ?? '');
    expect(acting.text)
      .to.contain('Scan to pay')
      .and.contain('<span id="code-name" hidden>QR code to pay with WeChat Pay</span>')
      .and.contain('<svg');
    await payBegun(paymux, id);
    await eventually(async () => (await stateOf(id)) === 'success');
    const ended = await getPage(url);
    expect(ended.text).to.contain('Shop has received your payment.').and.contain('Back to Shop');
    expect(ended.text).to.contain('https://shop.example/done?basket=1&amp;payment=pay_').and.contain('&amp;state=success&amp;');
    expect(ended.text).not.to.contain('name="method"');
  });

  it('offers the choice again, and gives an address that goes back', async () => {
    const { checkout_url: url } = await openCheckout(paymux);
    await chooseAt(url, { method: 'wechat_native' });
    const again = await getPage(`${url}?choose=1`);
    expect(again.text).to.contain('value="alipay_page"').and.contain('WeChat Pay</a>');
    await chooseAt(url, { method: 'alipay_precreate' });
    expect((await getPage(url)).text).to.contain('QR code to pay with Alipay');
  });

  it('asks clientIp of nobody: it sees the address itself', async () => {
    const { id, checkout_url: url } = await openCheckout(paymux);
    const phone = { 'user-agent': 'Mozilla/5.0 (Linux; Android 16) Mobile', 'x-forwarded-for': '203.0.113.9' };
    const chosen = await chooseAt(url, { method: 'wechat_h5' }, phone);
    expect(chosen.headers.get('location')).to.contain('go=1');
    expect(await stateOf(id)).to.equal('pending');
    expect((await getPage(url, phone)).text).to.contain('Continue to WeChat Pay');
  });

  it('says the same of every address that opens nothing, and changes nothing', async () => {
    const one = await openCheckout(paymux);
    const other = await openCheckout(paymux);
    const token = one.checkout_url.split('/').at(-1) ?? '';
    const guesses = [
      `${one.checkout_url}x`,
      one.checkout_url.slice(0, -1),
      other.checkout_url.replace(/[^/]+$/, token),
      one.checkout_url.replace(/pay_\w+/, 'pay_00000000000000000000000000'),
    ];
    const texts = new Set<string>();
    for (const guess of guesses) {
      const page = await getPage(guess);
      expect(page.status, guess).to.equal(404);
      texts.add(page.text.replace(/nonce="[^"]+"/g, ''));
      expect((await chooseAt(guess, { method: 'wechat_native' })).status, guess).to.equal(404);
    }
    expect(texts.size).to.equal(1);
    expect([...texts][0])
      .to.contain('There is no such payment')
      .and.not.contain('Tea')
      .and.not.contain('Shop<');
    expect([await attemptsOf(one.id), await attemptsOf(other.id)]).to.deep.equal([[], []]);
  });

  it('takes no form from another site', async () => {
    const { id, checkout_url: url } = await openCheckout(paymux);
    for (const headers of [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'https://evil.example' },
      { origin: 'null' },
    ]) {
      expect((await chooseAt(url, { method: 'wechat_native' }, headers)).status, JSON.stringify(headers)).to.equal(403);
    }
    expect(await attemptsOf(id)).to.deep.equal([]);
    for (const headers of [{ 'sec-fetch-site': 'same-origin' }, { origin: new URL(url).origin }]) {
      expect((await chooseAt(url, { method: 'wechat_native' }, headers)).status, JSON.stringify(headers)).to.equal(303);
    }
  });

  it('begins nothing by a form that is none of its own', async () => {
    const { id, checkout_url: url } = await openCheckout(paymux);
    for (const fields of [
      {},
      { method: 'nothing_such' },
      { method: '../x' },
      { method: 'wechat_native', openid: 'me' },
      { method: 'wechat_jsapi' },
    ]) {
      const answer = await chooseAt(url, fields as Record<string, string>);
      expect(answer.headers.get('location'), JSON.stringify(fields)).to.contain('notice=refused');
      expect((await getPage(answer.headers.get('location') ?? '')).text).to.contain('cannot be used');
    }
    const json = await fetch(url, {
      method: 'POST',
      body: '{"method":"wechat_native"}',
      headers: { 'content-type': 'application/json' },
      redirect: 'manual',
    });
    expect(json.headers.get('location')).to.contain('notice=refused');
    expect(await attemptsOf(id)).to.deep.equal([]);
  });

  it('shows what a merchant wrote as text and never as markup', async () => {
    const subject = `</p><script>alert(1)</script>"'&`;
    const { checkout_url: url } = await openCheckout(paymux, { subject });
    const { text } = await getPage(url);
    expect(text).not.to.contain('<script>alert');
    expect(text).to.contain('&lt;/p&gt;&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;');
  });

  it('lets only its own style and script run, may be framed by nobody, and tells its address to no other site', async () => {
    const { checkout_url: url } = await openCheckout(paymux);
    const { headers, text } = await getPage(url);
    const policy = headers.get('content-security-policy') ?? '';
    const nonce = /script-src 'nonce-([\w-]{22})'/.exec(policy)?.[1];
    expect(policy).to.contain("default-src 'none'").and.contain("frame-ancestors 'none'").and.contain("form-action 'self';");
    expect([...text.matchAll(/<(?:script|style)[^>]*>/g)].every(([tag]) => tag.includes(`nonce="${nonce}"`))).to.equal(true);
    expect(text).not.to.match(/ style="| on\w+="/);
    expect(headers.get('referrer-policy')).to.equal('same-origin');
    expect(headers.get('cache-control')).to.equal('no-store');
    expect(headers.get('set-cookie')).to.equal(null);
    expect((await getPage(url)).headers.get('content-security-policy')).not.to.contain(nonce ?? 'none');
  });

  it('sends few bytes to who can read them compressed: the page in 14 KB, the script in 20 KB', async () => {
    const { checkout_url: url } = await openCheckout(paymux);
    const script = /src="([^"]+)"/.exec((await getPage(url)).text)?.[1] ?? '';
    for (const [path, most] of [
      ['', 14_000],
      [script, 20_000],
    ] as const) {
      const plain = await rawBytes(new URL(path, url), 'identity');
      const packed = await rawBytes(new URL(path, url), 'br, gzip, deflate');
      expect(packed.headers['content-encoding']).to.equal('gzip');
      expect(packed.headers['vary']).to.contain('Accept-Encoding');
      expect(packed.body.length)
        .to.be.below(most)
        .and.below(plain.body.length / 2);
      // Between two pages, a nonce and the time that is left are others.
      const steady = (text: Buffer) => text.toString().replace(/nonce[-="]+[\w-]+|data-left[^<]+/g, '');
      expect(steady(gunzipSync(packed.body))).to.equal(steady(plain.body));
    }
    const asset = await rawBytes(new URL(script, url), 'identity');
    expect(asset.headers['cache-control']).to.contain('immutable');
    expect(asset.headers['content-type']).to.equal('text/javascript; charset=utf-8');
  });

  for (const [accept, language, direction, title] of [
    ['zh-CN,zh;q=0.9,en;q=0.8', 'zh-CN', 'ltr', '请选择付款方式'],
    ['zh-TW', 'zh-CN', 'ltr', '请选择付款方式'],
    ['fr, ja;q=0.5, en;q=0.4', 'ja', 'ltr', 'お支払い方法を選択してください'],
    ['es-MX', 'es', 'ltr', '¿Cómo quieres pagar?'],
    ['ar-EG', 'ar', 'rtl', 'كيف تريد أن تدفع؟'],
    ['fr', 'en', 'ltr', 'How would you like to pay?'],
    ['en;q=abc, ja;q=0', 'en', 'ltr', 'How would you like to pay?'],
  ] as const) {
    it(`speaks ${language} to a browser that asks for ${accept}`, async () => {
      const { checkout_url: url } = await openCheckout(paymux);
      const { text, headers } = await getPage(url, { 'accept-language': accept });
      expect(text).to.contain(`<html lang="${language}" dir="${direction}">`).and.contain(title);
      expect(headers.get('content-language')).to.equal(language);
    });
  }

  it('speaks the language that was chosen on the page, and keeps it', async () => {
    const { checkout_url: url } = await openCheckout(paymux);
    const { text } = await getPage(`${url}?lang=es`, { 'accept-language': 'ja' });
    expect(text).to.contain('<html lang="es"').and.contain('?lang=es"');
    const chosen = await chooseAt(`${url}?lang=es`, { method: 'wechat_native' }, { 'accept-language': 'ja' });
    expect(chosen.headers.get('location')).to.contain('lang=es');
  });

  it('leaves a payment whose method the merchant named as it is: what is to be done, and no choice', async () => {
    const { checkout_url: url } = await openCheckout(paymux, { method: 'wechat_native' });
    const page = await getPage(`${url}?choose=1`);
    expect(page.text).to.contain('Scan to pay').and.not.contain('Choose another way');
    expect((await chooseAt(url, { method: 'alipay_page' })).headers.get('location')).to.contain('notice=refused');
  });

  it('says that nothing more can be tried, when tapped after the last attempt and when looked at again', async () => {
    const { id, checkout_url: url } = await openCheckout(paymux);
    await paymux.control('/_scenario', { channel: 'wechat', operation: 'pay', behaviour: 'decline', code: 'NOAUTH' });
    for (let time = 0; time < 20; time += 1) await chooseAt(url, { method: 'wechat_native' });
    await paymux.control('/_scenario', undefined, 'DELETE');
    expect(await attemptsOf(id)).to.have.length(20);
    const tapped = await chooseAt(`${url}?lang=zh-CN`, { method: 'alipay_page' });
    const later = await getPage(`${url}?lang=zh-CN&choose=1`);
    expect([tapped.status, later.status]).to.deep.equal([409, 200]);
    for (const { text } of [tapped, later]) {
      expect(text).to.contain('尝试次数过多').and.contain('请向Shop索取新的付款链接').and.not.contain('name="method"');
      expect(text).to.contain('https://shop.example/done?basket=1&amp;payment=pay_').and.contain('&amp;state=pending&amp;');
    }
    expect(await attemptsOf(id)).to.have.length(20);
    expect(await stateOf(id)).to.equal('pending');
  });

  it('keeps the last attempt, and leads nowhere else, while it can still be paid', async () => {
    const { id, checkout_url: url } = await openCheckout(paymux);
    await paymux.control('/_scenario', { channel: 'wechat', operation: 'pay', behaviour: 'decline', code: 'NOAUTH', count: 19 });
    for (let time = 0; time < 20; time += 1) await chooseAt(url, { method: 'wechat_native' });
    await paymux.control('/_scenario', undefined, 'DELETE');
    const other = await chooseAt(url, { method: 'alipay_page' });
    expect(other.status).to.equal(409);
    expect(other.text).to.contain('Finish what you began with WeChat Pay, or ask Shop for a new link.');
    for (const text of [other.text, (await getPage(`${url}?choose=1`)).text])
      expect(text).to.contain('Scan to pay').and.not.contain('name="method"').and.not.contain('Choose another way');
    await payBegun(paymux, id);
    await eventually(async () => (await stateOf(id)) === 'success');
  });

  it('shows a closed payment as closed, and takes no choice for it', async () => {
    const { id, checkout_url: url } = await openCheckout(paymux);
    await paymux.call('POST', `/v1/payments/${id}/close`, {});
    expect((await getPage(url)).text)
      .to.contain('This payment is closed')
      .and.not.contain('name="method"');
    await chooseAt(url, { method: 'wechat_native' });
    expect(await stateOf(id)).to.equal('closed');
    expect(await attemptsOf(id)).to.deep.equal([]);
  });
});
