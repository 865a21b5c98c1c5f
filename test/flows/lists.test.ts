import { readdirSync } from 'node:fs';
import { expect } from 'chai';
import { addApp } from '../kit/apps.ts';
import { forEachDatabase } from '../kit/database.ts';
import { eventually, type Merchant, startMerchant, verifyNotification } from '../kit/merchant.ts';
import { orderNo, type Paymux, startPaymux, targetOf } from '../kit/paymux.ts';

interface Listed {
  readonly id: string;
  readonly type: string;
  readonly sequence: number;
  readonly data: { readonly object: { readonly id: string; readonly state: string } };
}

const methods = ['wechat_native', 'alipay_precreate', 'wechat_native', 'alipay_precreate', 'wechat_native'];

describe('What can be read back', () => {
  forEachDatabase((name, open) => {
    let paymux: Paymux;
    let shop: Merchant;
    /** Oldest first: paid, paid and refunded in two parts, closed, and two that wait. */
    // biome-ignore lint/suspicious/noExplicitAny: what the API answered.
    const payments: any[] = [];

    before(async function () {
      this.timeout(60_000);
      paymux = await startPaymux({ database: await open() });
      shop = await startMerchant();
      for (const method of methods) {
        const order = { merchant_order_no: orderNo(), amount: 1999, currency: 'CNY', subject: 'Tea', method };
        payments.push((await paymux.call('POST', '/v1/payments', order)).body);
      }
      for (const payment of payments.slice(0, 2)) await paymux.control('/_pay', { target: targetOf(payment.action) });
      for (const amount of [999, 1000]) {
        const body = { merchant_refund_no: orderNo(), amount, reason: 'Cold' };
        const { id } = (await paymux.call('POST', `/v1/payments/${payments[1].id}/refunds`, body)).body;
        await eventually(async () => (await paymux.call('GET', `/v1/refunds/${id}`)).body.state === 'success');
      }
      await paymux.call('POST', `/v1/payments/${payments[4].id}/close`);
    });
    after(async () => {
      await paymux.stop();
      await shop.stop();
      payments.length = 0;
    });

    const get = async (path: string, headers: Readonly<Record<string, string>> = {}) => {
      const answer = await paymux.call('GET', path, undefined, headers);
      expect(answer.status, answer.text).to.equal(200);
      return answer.body;
    };
    const idsOf = async (query: string): Promise<readonly string[]> =>
      (await get(`/v1/payments?${query}`)).data.map((one: { id: string }) => one.id);
    const all = () => payments.map((payment) => payment.id).reverse();

    describe('lists of payments', () => {
      it('are newest first, and twenty at most unless asked otherwise', async () => {
        expect(await get('/v1/payments')).to.include({ object: 'list', has_more: false });
        expect(await idsOf('')).to.deep.equal(all());
      });

      it('go forward and back, page by page, without a gap or a repeat', async () => {
        const pages: string[][] = [];
        let after = '';
        for (let hasMore = true; hasMore; ) {
          const page = await get(`/v1/payments?limit=2${after}`);
          pages.push(page.data.map((one: { id: string }) => one.id));
          hasMore = page.has_more;
          after = `&starting_after=${page.data.at(-1).id}`;
        }
        expect(pages.map((page) => page.length)).to.deep.equal([2, 2, 1]);
        expect(pages.flat()).to.deep.equal(all());
        const back = await get(`/v1/payments?limit=2&ending_before=${all()[4]}`);
        expect(back.data.map((one: { id: string }) => one.id)).to.deep.equal(all().slice(2, 4));
        expect(back.has_more).to.equal(true);
        const first = await get(`/v1/payments?limit=2&ending_before=${all()[2]}`);
        expect([first.data.length, first.has_more]).to.deep.equal([2, false]);
        expect(await idsOf(`starting_after=${all()[4]}`)).to.deep.equal([]);
      });

      it('are narrowed by order number, state, channel and time', async () => {
        const [paid, refunded, waiting, other, closed] = payments.map((payment) => payment.id);
        expect(await idsOf(`merchant_order_no=${payments[2].merchant_order_no}`)).to.deep.equal([waiting]);
        expect(await idsOf('state=success')).to.deep.equal([paid]);
        expect(await idsOf('state=refunded')).to.deep.equal([refunded]);
        expect(await idsOf('state=closed')).to.deep.equal([closed]);
        expect(await idsOf('state=pending')).to.deep.equal([other, waiting]);
        expect(await idsOf('state=failed')).to.deep.equal([]);
        expect(await idsOf('channel=alipay')).to.deep.equal([other, refunded]);
        expect(await idsOf('channel=alipay&state=pending&limit=1')).to.deep.equal([other]);
        const [from, to] = [payments[1].created_at, payments[3].created_at];
        expect(await idsOf(`created_from=${from}&created_to=${to}`), 'from is part of it, to is not').to.deep.equal([waiting, refunded]);
        const inBerlin = new Date(Date.parse(from) + 3_600_000).toISOString().replace('Z', '+01:00');
        expect(await idsOf(`created_from=${encodeURIComponent(inBerlin)}&created_to=${to}`)).to.deep.equal([waiting, refunded]);
      });
    });

    it('a payment shows its attempts and refunds where asked, and only there', async () => {
      const path = `/v1/payments/${payments[1].id}`;
      expect(await get(path)).to.not.have.any.keys('attempts', 'refunds');
      const whole = await get(`${path}?expand=attempts,refunds`);
      expect(whole.attempts).to.have.length(1);
      expect(whole.attempts[0]).to.include({ object: 'attempt', channel: 'alipay', state: 'succeeded', amount: 1999 });
      expect(whole.refunds.map((one: { amount: number }) => one.amount)).to.deep.equal([999, 1000]);
      expect(await get(`${path}?expand=attempts`)).to.not.have.property('refunds');
    });

    it('so do the payments of a list, each its own', async () => {
      const listed = await get('/v1/payments?expand=attempts,refunds');
      for (const one of listed.data) expect(one).to.deep.equal(await get(`/v1/payments/${one.id}?expand=attempts,refunds`));
      expect(listed.data.map((one: { refunds: unknown[] }) => one.refunds.length)).to.deep.equal([0, 0, 0, 2, 0]);
      const [first] = (await get('/v1/payments?limit=1&expand=attempts')).data;
      expect(first.attempts).to.have.length(1);
      expect(first).to.not.have.property('refunds');
      expect((await get('/v1/payments?limit=1')).data[0]).to.not.have.any.keys('attempts', 'refunds');
    });

    it('refunds are listed newest first, of all payments or one', async () => {
      const listed = await get('/v1/refunds');
      expect(listed.data.map((one: { amount: number }) => one.amount)).to.deep.equal([1000, 999]);
      expect((await get(`/v1/refunds?payment=${payments[1].id}&limit=1`)).has_more).to.equal(true);
      expect((await get(`/v1/refunds?payment=${payments[0].id}`)).data).to.deep.equal([]);
    });

    it('methods are those of the channels that run, with what each needs', async () => {
      const { data } = await get('/v1/methods');
      const byId = new Map(data.map((one: { method: string }) => [one.method, one]));
      expect([...byId.keys()]).to.include.members(['wechat_native', 'wechat_jsapi', 'alipay_page', 'stripe_checkout']);
      expect(byId.get('wechat_jsapi')).to.deep.include({ channel: 'wechat', currencies: ['CNY'], payer_fields: ['openid'], health: 'up' });
    });

    it('channels are all that the server speaks, by id, with what each can do', async () => {
      const { object, has_more, data } = await get('/v1/channels');
      expect([object, has_more]).to.deep.equal(['list', false]);
      const ids = data.map((one: { id: string }) => one.id);
      expect(ids).to.deep.equal(readdirSync('plugins/channels').toSorted());
      const wechat = data[ids.indexOf('wechat')];
      expect(wechat).to.deep.include({
        object: 'channel',
        origin: { kind: 'folder', name: 'wechat', version: null },
        callback_trust: 'signed',
        health: 'up',
        quarantined: false,
      });
      const jsapi = wechat.methods.find((one: { method: string }) => one.method === 'wechat_jsapi');
      expect(jsapi).to.deep.include({ currencies: ['CNY'], payer_fields: ['openid'], query: 'by_number', refund: 'partial' });
      expect(wechat.verified.map(({ what, against }: { what: string; against: string }) => `${what} ${against}`)).to.include(
        'signatures vendor_vector',
      );
      expect(data[ids.indexOf('manual')].verified, 'nothing has to be').to.deep.equal([]);
      const needs = data.flatMap((one: { methods: { payer_fields: string[] }[] }) => one.methods.flatMap((method) => method.payer_fields));
      expect(needs.filter((field: string) => !/^[a-z]+(_[a-z]+)*$/.test(field))).to.deep.equal([]);
    });

    it('channels tell the health of the app’s own accounts only, and no path of this machine', async () => {
      const { data, text } = await get('/v1/channels').then((body) => ({ data: body.data, text: JSON.stringify(body) }));
      const healthOf = (id: string) => data.find((one: { id: string }) => one.id === id).health;
      expect([healthOf('wechat'), healthOf('paypal')]).to.deep.equal(['up', null]);
      expect(text).to.not.include(process.cwd()).and.not.include('acc_');
      const live = await addApp(paymux, { livemode: true });
      const body = (await paymux.call('GET', '/v1/channels', undefined, live.headers)).body;
      expect(body.data.map((one: { health: unknown }) => one.health)).to.satisfy((all: unknown[]) => all.every((one) => one === null));
    });

    it('times are RFC 3339 in UTC, and answers are not kept by anyone', async () => {
      const answer = await paymux.call('GET', `/v1/payments/${payments[0].id}`);
      for (const name of ['created_at', 'expires_at', 'succeeded_at'])
        expect(answer.body[name]).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
      expect(answer.headers.get('cache-control')).to.equal('no-store');
      expect(answer.headers.get('x-request-id')).to.match(/^req_/);
    });

    describe('the feed of events', () => {
      const readFeed = async (limit: number, from = ''): Promise<readonly Listed[]> => {
        const events: Listed[] = [];
        let after = from;
        for (let hasMore = true; hasMore; ) {
          const page = await get(`/v1/events?limit=${limit}${after === '' ? '' : `&after=${after}`}`);
          events.push(...page.data);
          hasMore = page.has_more;
          after = page.data.at(-1)?.id ?? after;
        }
        return events;
      };

      it('holds every event in order, whatever the size of the pages', async () => {
        const rows = await paymux.stored.database.all('SELECT id FROM events WHERE app_id = ? ORDER BY id', [paymux.appId]);
        const stored = rows.map((row) => row.id);
        expect(await readFeed(100)).to.have.length(stored.length);
        for (const limit of [1, 3, 100]) expect((await readFeed(limit)).map((event) => event.id)).to.deep.equal(stored);
        expect((await readFeed(3, String(stored[4]))).map((event) => event.id)).to.deep.equal(stored.slice(5));
      });

      it('shows an event that had to wait for its row to a reader who was ahead of it', async function () {
        this.timeout(30_000);
        const order = { amount: 100, currency: 'CNY', subject: 'Tea', method: 'wechat_native' };
        const create = async () => (await paymux.call('POST', '/v1/payments', { ...order, merchant_order_no: orderNo() })).body;
        const slow = await create();
        const { promise: release, resolve } = Promise.withResolvers<void>();
        const { promise: locked, resolve: onLocked } = Promise.withResolvers<void>();
        const holding = paymux.stored.database.transaction(async (tx) => {
          await tx.run('UPDATE payments SET version = version + 1 WHERE id = ?', [slow.id]);
          onLocked();
          await release;
        });
        await locked;
        const paid = paymux.control('/_pay', { target: targetOf(slow.action) });
        // Long enough for the callback to be waiting. Too short would only prove less.
        await new Promise((done) => setTimeout(done, 300));
        // Something else happens meanwhile, and is read; SQLite has one writer, so there everything waits.
        const other = name === 'mariadb' ? await create() : null;
        const isOther = (event: Listed) => event.data.object.id === other?.id;
        const seen = other === null ? null : await eventually(async () => (await readFeed(100)).find(isOther));
        resolve();
        await Promise.all([holding, paid]);
        const isTold = (event: Listed) => event.type === 'payment.succeeded' && event.data.object.id === slow.id;
        await eventually(async () => (await readFeed(100, seen?.id)).some(isTold));
        for (const id of [slow.id, other?.id ?? slow.id]) await paymux.call('POST', `/v1/payments/${id}/close`);
      });

      it('counts the events of each object without a gap, and ends in its present state', async () => {
        await eventually(async () => (await readFeed(100)).some((event) => event.type === 'payment.closed'));
        const byObject = Map.groupBy(await readFeed(100), (event) => event.data.object.id);
        expect(byObject.size).to.be.greaterThan(payments.length + 2);
        for (const [id, events] of byObject) {
          expect(events.map((event) => event.sequence)).to.deep.equal(events.map((_event, index) => index + 1));
          if (!id.startsWith('rfd_')) continue;
          expect(events.at(-1)?.data.object.state).to.equal('success');
          expect(events[0]?.type).to.equal('refund.created');
        }
        expect(byObject.get(payments[4].id)?.map((event) => event.type)).to.deep.equal(['payment.created', 'payment.closed']);
      });
    });

    describe('notification endpoints', () => {
      const path = '/v1/notification_endpoints';

      it('are made with a secret that is told once, receive what they ask for, and are deleted', async () => {
        const made = await paymux.call('POST', path, { url: shop.url, types: ['payment.created', 'payment.closed'] });
        expect(made.status, made.text).to.equal(201);
        expect(made.body).to.deep.include({ object: 'notification_endpoint', url: shop.url, status: 'enabled' });
        expect(made.body.secret).to.match(/^whsec_/);
        const { secret, ...shown } = made.body;
        expect((await get(path)).data).to.deep.equal([shown]);

        const order = { merchant_order_no: orderNo(), amount: 100, currency: 'CNY', subject: 'Tea', method: 'wechat_native' };
        const { body: payment } = await paymux.call('POST', '/v1/payments', order);
        await paymux.control('/_pay', { target: targetOf(payment.action) });
        const told = await shop.waitFor((one) => one.body.data.object.id === payment.id);
        verifyNotification(told, secret);
        expect(told.body.type).to.equal('payment.created');

        const deleted = await paymux.call('DELETE', `${path}/${shown.id}`);
        expect(deleted.body).to.deep.equal({ ...shown, status: 'deleted' });
        expect((await get(path)).data).to.deep.equal([]);
        expect((await paymux.call('DELETE', `${path}/${shown.id}`)).status).to.equal(404);
        expect(shop.received.every((one) => one.body.type === 'payment.created')).to.equal(true);
      });

      it('are listed in pages, and twenty is all that an app may have', async () => {
        const made: string[] = [];
        for (let index = 0; index < 20; index += 1)
          made.unshift((await paymux.call('POST', path, { url: `${shop.url}/${index}` })).body.id);
        const refused = await paymux.call('POST', path, { url: `${shop.url}/20` });
        expect(refused.status).to.equal(400);
        expect(refused.body.detail).to.include('20 endpoints');
        const first = await get(`${path}?limit=15`);
        expect([first.data.length, first.has_more]).to.deep.equal([15, true]);
        const rest = await get(`${path}?limit=15&starting_after=${first.data[14].id}`);
        expect([...first.data, ...rest.data].map(({ id }: { id: string }) => id)).to.deep.equal(made);
        expect(rest.has_more).to.equal(false);
        const back = await get(`${path}?limit=3&ending_before=${made[5]}`);
        expect(back.data.map(({ id }: { id: string }) => id)).to.deep.equal(made.slice(2, 5));
        expect(back.has_more).to.equal(true);
        expect((await paymux.call('GET', `${path}?starting_after=nep_none`)).status).to.equal(400);
        for (const id of made) await paymux.call('DELETE', `${path}/${id}`);
      });

      it('are made once for one idempotency key, and refused with a type that is none', async () => {
        const key = { 'idempotency-key': orderNo() };
        const first = await paymux.call('POST', path, { url: shop.url }, key);
        const again = await paymux.call('POST', path, { url: shop.url }, key);
        expect(again.body).to.deep.equal(first.body);
        expect((await get(path)).data).to.have.length(1);
        const refused = await paymux.call('POST', path, { url: shop.url, types: ['Payment Succeeded'] });
        expect([refused.status, refused.body.errors[0].param]).to.deep.equal([400, 'types[0]']);
      });
    });
  });
});
