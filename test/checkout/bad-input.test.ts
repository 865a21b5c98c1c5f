import { expect } from 'chai';
import type { Reader } from '../../core/store/database.ts';
import { chooseAt, type Fetched, getPage, openCheckout, payBegun } from '../kit/checkout.ts';
import { forEachDatabase } from '../kit/database.ts';
import { eventually } from '../kit/merchant.ts';
import { type Paymux, startPaymux } from '../kit/paymux.ts';

/** All that the tables hold, but for the times at which tasks ran. */
async function dump(database: Reader): Promise<string> {
  const tables = ['payments', 'attempts', 'refunds', 'events', 'history', 'payment_links', 'link_payments', 'ledger_postings'];
  const rows = await Promise.all(tables.map((table) => database.all(`SELECT * FROM ${table} ORDER BY 1, 2`)));
  const lasting = (row: object) => Object.entries(row).filter(([column]) => !['due_at', 'checks', 'version'].includes(column));
  return JSON.stringify(rows.map((all, index) => [tables[index], all.map(lasting)]));
}

/** What is written into pages, headers or addresses by somebody who wishes no good. */
const hostile = [
  '"><script>alert(1)</script>',
  '\r\nSet-Cookie: a=b',
  "' OR 1=1 --",
  '../../v1/payments',
  '\u0000',
  '%00',
  '💣'.repeat(50),
];

describe('A shopper’s page that is asked for what is not right', () =>
  forEachDatabase((_name, open) => {
    let paymux: Paymux;
    let database: Reader;

    before(async function () {
      this.timeout(60_000);
      const stored = await open();
      database = stored.database;
      paymux = await startPaymux({ database: stored });
    });
    after(() => paymux.stop());

    /** Asks by every way that a browser has, and holds that nothing came of it. */
    const changesNothing = async (ask: () => Promise<readonly Fetched[]>): Promise<readonly Fetched[]> => {
      const before = await dump(database);
      const answers = await ask();
      expect(await dump(database)).to.equal(before);
      for (const { status, text, headers } of answers) {
        expect(status, text).to.be.within(300, 499);
        expect(text).to.not.match(/<script>alert|OR 1=1|stack|Error:|SELECT |node_modules/);
        expect(headers.get('set-cookie')).to.equal(null);
      }
      return answers;
    };
    const tryAll = async (url: string): Promise<readonly Fetched[]> => {
      const gets = ['', '/live', '/state', '/identify?method=wechat_jsapi', '/identify?method=wechat_jsapi&code=x'];
      const pages = await Promise.all(gets.map((path) => getPage(url + path, { accept: 'text/html' })));
      return [...pages, await chooseAt(url, { method: 'wechat_native' })];
    };
    const paid = async (): Promise<{ id: string; checkout_url: string }> => {
      const one = await openCheckout(paymux);
      await chooseAt(one.checkout_url, { method: 'wechat_native' });
      await payBegun(paymux, one.id);
      await eventually(async () => (await paymux.call('GET', `/v1/payments/${one.id}`)).body.state === 'success');
      return one;
    };
    const makeLink = async (more: object = {}) =>
      (await paymux.call('POST', '/v1/payment_links', { subject: 'Tea', currency: 'CNY', amount: 100, ...more })).body;
    const keyOf = ({ text }: Fetched) => /name="page" value="([^"]+)"/.exec(text)?.[1] ?? '';

    it('knows no address but those that it gave, and tells nothing of any other', async function () {
      this.timeout(20_000);
      const [{ id, checkout_url: url }, other] = [await openCheckout(paymux), await openCheckout(paymux)];
      const [base = '', token = ''] = [url.slice(0, url.lastIndexOf('/')), url.split('/').at(-1)];
      const foreign = other.checkout_url.split('/').at(-1) ?? '';
      const tokens = [
        ...[foreign, token.slice(1), `${token}A`, token.toLowerCase(), token.toUpperCase(), '-', '_'.repeat(22), 'x'.repeat(4000)],
        ...[id, `${token}%20`, `%20${token}`, `${token}%00`, `${token}%2e%2e`, `${token};a=b`],
        ...hostile.map((text) => encodeURIComponent(text)),
      ];
      const urls = [
        ...tokens.filter((one) => one !== token).map((one) => `${base}/${one}`),
        url.replace(id, 'pay_0'),
        url.replace(id, '%2e%2e'),
      ];
      for (const one of urls) {
        const answers = await changesNothing(() => tryAll(one));
        for (const { status, text } of answers) {
          expect(status, one).to.be.oneOf([400, 403, 404, 414]);
          expect(text, one).to.not.contain(id).and.not.contain('Tea');
        }
      }
    });

    it('puts nothing of its query into itself or its headers, and does nothing for it', async () => {
      const { checkout_url: url } = await openCheckout(paymux);
      const before = await dump(database);
      for (const name of ['lang', 'go', 'notice', 'choose', 'method', 'code', 'state', '__proto__'])
        for (const text of hostile) {
          const { status, text: page, headers } = await getPage(`${url}?${new URLSearchParams({ [name]: text })}`);
          expect(status, text).to.be.oneOf([200, 400]);
          expect(page).to.not.contain('<script>alert').and.not.contain('OR 1=1').and.not.contain('💣');
          expect([...headers.values()].join()).to.not.contain('a=b');
        }
      expect(await dump(database)).to.equal(before);
    });

    it('takes no form that is too long, of another kind or with another’s fields', async () => {
      const { checkout_url: url } = await openCheckout(paymux);
      const send = async (body: string, type: string): Promise<Fetched> => {
        const answer = await fetch(url, { method: 'POST', body, headers: { 'content-type': type }, redirect: 'manual' });
        return { status: answer.status, headers: answer.headers, text: await answer.text() };
      };
      const form = 'application/x-www-form-urlencoded';
      const [long] = await changesNothing(async () => [await send(`method=wechat_native&pad=${'x'.repeat(5000)}`, form)]);
      expect(long?.status).to.equal(413);
      await changesNothing(() =>
        Promise.all([
          send('method=wechat_native', 'text/plain'),
          send('{"method":"wechat_native"}', 'application/json'),
          send('method=wechat_native&amount=1', form),
          send('method=wechat_native&method=alipay_precreate', form),
          ...hostile.map((text) => send(`method=${encodeURIComponent(text)}`, form)),
        ]),
      );
    });

    it('begins nothing more for a payment that is paid, however often it is gone back to', async () => {
      const { id, checkout_url: url } = await paid();
      await changesNothing(async () => {
        const forms = await Promise.all(['wechat_native', 'alipay_precreate', 'wechat_native'].map((method) => chooseAt(url, { method })));
        for (const { headers } of forms) expect((await getPage(headers.get('location') ?? '')).text).to.contain('Paid');
        return forms;
      });
      const charges = (await paymux.control('/_truth?since=0')).body.entries as readonly { kind: string; number: string }[];
      const { attempts } = (await paymux.call('GET', `/v1/payments/${id}?expand=attempts`)).body;
      expect(charges.filter(({ kind, number }) => kind === 'charge' && number === attempts[0].number)).to.have.length(1);
    });

    it('begins nothing for a payment that is closed', async () => {
      const { id, checkout_url: url } = await openCheckout(paymux);
      await paymux.call('POST', `/v1/payments/${id}/close`, {});
      await changesNothing(async () => [await chooseAt(url, { method: 'wechat_native' })]);
      expect((await getPage(url)).text).to.not.contain('<form');
    });

    it('of a link that was used for the last time says that it is over, and sells nothing', async () => {
      const { url } = await makeLink({ most_payments: 1 });
      const [first, late] = [await getPage(url), await getPage(url)];
      const taken = await chooseAt(url, { page: keyOf(first) });
      const checkout = taken.headers.get('location') ?? '';
      await chooseAt(checkout, { method: 'wechat_native' });
      const id = /pay_\w+/.exec(checkout)?.[0] ?? '';
      await payBegun(paymux, id);
      await eventually(async () => (await paymux.call('GET', `/v1/payments/${id}`)).body.state === 'success');
      const answers = await changesNothing(async () => [
        await getPage(url),
        await chooseAt(url, { page: keyOf(late) }),
        await chooseAt(url, { page: keyOf(late), amount: '0.01' }),
      ]);
      expect(answers.map(({ status }) => status)).to.deep.equal([410, 410, 410]);
      // The page that it was paid from leads to what was paid, as often as its shopper goes back.
      expect((await chooseAt(url, { page: keyOf(first) })).headers.get('location')).to.equal(checkout);
    });

    it('of a link whose time is over or that was switched off, the same', async () => {
      const [off, late] = [await makeLink(), await makeLink({ expires_in: 60 })];
      const keys = [keyOf(await getPage(off.url)), keyOf(await getPage(late.url))];
      await paymux.call('POST', `/v1/payment_links/${off.id}/disable`, {});
      const past = [Date.now() - 1, late.id];
      await paymux.stored.database.transaction((tx) => tx.run('UPDATE payment_links SET expires_at = ? WHERE id = ?', past));
      for (const [index, { url }] of [off, late].entries()) {
        const answers = await changesNothing(async () => [await getPage(url), await chooseAt(url, { page: keys[index] ?? '' })]);
        expect(answers.map(({ status }) => status)).to.deep.equal([410, 410]);
      }
    });

    it('of a link whose stock is held says that others are paying', async () => {
      const { url } = await makeLink({ most_payments: 2 });
      const keys = [keyOf(await getPage(url)), keyOf(await getPage(url)), keyOf(await getPage(url))];
      const from = (index: number) => ({ 'x-forwarded-for': `198.51.100.${index}` });
      for (const index of [0, 1]) expect((await chooseAt(url, { page: keys[index] ?? '' }, from(index))).status).to.equal(303);
      const answers = await changesNothing(async () => [await getPage(url), await chooseAt(url, { page: keys[2] ?? '' }, from(2))]);
      for (const { status, text } of answers) {
        expect(status).to.equal(409);
        expect(text).to.contain('Others are paying right now');
      }
    });

    it('holds no place of a link by the key of a page that was never drawn, or of another link, nor more than half of them from one network', async () => {
      const [{ url }, other] = [await makeLink({ most_payments: 4 }), await makeLink({ most_payments: 4 })];
      const key = keyOf(await getPage(url));
      const foreign = keyOf(await getPage(other.url));
      const before = await dump(database);
      for (const page of [
        '',
        'x',
        'page-of-the-first-shopper',
        foreign,
        `${key}0`,
        key.replace(/.$/, (last) => (last === '0' ? '1' : '0')),
      ]) {
        const answer = await chooseAt(url, { page });
        expect(answer.status, page).to.equal(200);
        expect(keyOf(answer), page)
          .to.match(/^[0-9a-f]{104}$/)
          .and.not.equal(page);
      }
      expect(await dump(database)).to.equal(before);
      const askFrom = async (address: string) =>
        (await chooseAt(url, { page: keyOf(await getPage(url)) }, { 'x-forwarded-for': address })).status;
      expect([await askFrom('2001:db8::1'), await askFrom('2001:db8:0:0:ffff::2'), await askFrom('2001:0DB8::3')]).to.deep.equal([
        303, 303, 409,
      ]);
      expect([await askFrom('2001:db8:0:1::1'), await askFrom('198.51.100.1'), await askFrom('198.51.100.2')]).to.deep.equal([
        303, 303, 409,
      ]);
    });

    it('knows no link but those that were made', async () => {
      const [{ url }, other] = [await makeLink(), await makeLink()];
      const foreign = url.replace(/[^/]+$/, other.url.split('/').at(-1));
      const guesses = [foreign, `${url}x`, url.slice(0, -1), url.replace('lnk_', 'lnk_0'), url.replace('/pay/', '/checkout/'), `${url}%20`];
      for (const guess of guesses) {
        const answers = await changesNothing(async () => [await getPage(guess), await chooseAt(guess, { page: 'page-of-some-shopper' })]);
        expect(answers.map(({ status }) => status)).to.deep.equal([404, 404]);
      }
    });

    it('leads back to web addresses alone: no other is taken, nor followed where one is stored', async () => {
      const wrong = [
        ...['javascript:alert(1)', 'JaVaScRiPt:alert(1)', ' javascript:alert(1)', 'data:text/html,<script>alert(1)</script>', 'vbscript:x'],
        ...['//evil.example/x', '/\\evil.example', '\\\\evil.example', 'https:evil', 'https://a:b@evil.example/', 'file:///etc/passwd'],
        ...['https://', 'about:blank', 'intent://x#Intent;end', 'https://shop.example/\r\nLocation: //evil.example'],
        ...['https://shop.example\\@evil.example/', 'https://shop.example/\u0000', 'https://shop%2eexample/', 'https://shop.example/a b'],
      ];
      const before = await dump(database);
      const order = { merchant_order_no: 'never-made', amount: 1, currency: 'CNY', subject: 'Tea' };
      for (const return_url of wrong) {
        expect((await paymux.call('POST', '/v1/payments', { ...order, return_url })).status, return_url).to.equal(400);
        const link = { subject: 'Tea', currency: 'CNY', amount: 1, return_url };
        expect((await paymux.call('POST', '/v1/payment_links', link)).status, return_url).to.equal(400);
      }
      expect(await dump(database)).to.equal(before);
      const twoPlaces = { ...order, return_url: 'https://shop.example\\@evil.example/' };
      for (const [language, detail] of Object.entries({
        en: 'return_url must not hold backslashes.',
        'zh-CN': 'return_url 不得含有反斜杠。',
      })) {
        const { body } = await paymux.call('POST', '/v1/payments', twoPlaces, { 'accept-language': language });
        expect(body.errors).to.deep.equal([{ param: 'return_url', code: 'url_forbidden_field', detail }]);
      }
      const { id, checkout_url: url } = await paid();
      expect((await getPage(url)).text).to.contain('href="https://shop.example');
      for (const stored of ['javascript:alert(1)', 'data:text/html,x', '//evil.example', 'vbscript:x']) {
        await paymux.stored.database.transaction((tx) => tx.run('UPDATE payments SET return_url = ? WHERE id = ?', [stored, id]));
        const { text, status } = await getPage(url);
        expect(status).to.equal(200);
        expect(text).to.not.match(/javascript:|data:text|evil\.example|vbscript:/);
      }
    });
  }));
