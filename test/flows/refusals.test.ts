import { expect } from 'chai';
import { createKey, revokeKey } from '../../core/access/admin/keys.ts';
import { badAmounts, badChoices, badFields, forbiddenUrls, loopbackUrls, unreadable } from '../http/refused.ts';
import { addApp } from '../kit/apps.ts';
import { forEachDatabase } from '../kit/database.ts';
import { eventually } from '../kit/merchant.ts';
import { type Answer, must, orderNo, type Paymux, startPaymux, targetOf } from '../kit/paymux.ts';
import { type ExpectedRefusal, expectProblem, expectRefused } from '../kit/refusal.ts';
import { takeStock } from '../kit/rows.ts';
import { sendSlowly } from '../kit/slow-request.ts';

const tea = { amount: 700, currency: 'CNY', subject: 'Tea', method: 'wechat_native' };

describe('What the API refuses', () => {
  forEachDatabase((_name, open) => {
    let paymux: Paymux;
    let other: Awaited<ReturnType<typeof addApp>>;
    let live: Awaited<ReturnType<typeof addApp>>;
    let paid: Answer['body'];
    let unpaid: Answer['body'];
    let refund: Answer['body'];
    const order = (more: object = {}) => ({ merchant_order_no: orderNo(), ...tea, ...more });

    before(async function () {
      this.timeout(60_000);
      paymux = await startPaymux({ database: await open(), environment: { PAYMUX_HTTP_REQUEST_TIMEOUT_MS: '1000' } });
      other = await addApp(paymux);
      live = await addApp(paymux, { livemode: true });
      unpaid = (await paymux.call('POST', '/v1/payments', order())).body;
      paid = (await paymux.call('POST', '/v1/payments', order())).body;
      await paymux.control('/_pay', { target: targetOf(paid.action) });
      const made = await paymux.call('POST', `/v1/payments/${paid.id}/refunds`, { merchant_refund_no: orderNo(), amount: 100 });
      refund = await eventually(async () => {
        const { body } = await paymux.call('GET', `/v1/refunds/${made.body.id}`);
        return body.state === 'success' ? body : null;
      });
    });
    after(() => paymux.stop());

    const refused = (send: (headers: Readonly<Record<string, string>>) => Promise<Answer>, expected: ExpectedRefusal) =>
      expectRefused(paymux.stored.database, send, expected);
    const refusedPost = (path: string, body: unknown, expected: ExpectedRefusal, more: Readonly<Record<string, string>> = {}) =>
      refused((headers) => paymux.call('POST', path, body, { ...headers, ...more }), expected);
    const refusedGet = (path: string, expected: ExpectedRefusal, more: Readonly<Record<string, string>> = {}) =>
      refused((headers) => paymux.call('GET', path, undefined, { ...headers, ...more }), expected);
    const invalid = (...faults: string[]): ExpectedRefusal => ({ status: 400, code: 'invalid_request', faults });

    describe('in a body', () => {
      for (const [amount, code] of Object.entries(badAmounts)) {
        it(`an amount written ${amount}`, async () => {
          const body = JSON.stringify(order()).replace('"amount":700', `"amount":${amount}`);
          await refusedPost('/v1/payments', body, invalid(`amount: ${code}`));
          const part = `{"merchant_refund_no":"${orderNo()}","amount":${amount}}`;
          await refusedPost(`/v1/payments/${paid.id}/refunds`, part, invalid(`amount: ${code}`));
        });
      }

      for (const [name, change, faults] of badFields) {
        it(name, () => refusedPost('/v1/payments', order(change), invalid(...faults)));
      }

      for (const [name, change, expected] of badChoices) {
        it(name, () => refusedPost('/v1/payments', order(change), expected));
      }

      it('a field that is given twice, with the same value or another', async () => {
        const text = JSON.stringify(order());
        await refusedPost('/v1/payments', text.replace('{', '{"amount":700,'), invalid('amount: duplicate_key'));
        await refusedPost('/v1/payments', text.replace('{', '{"\\u0061mount":1,'), invalid('amount: duplicate_key'));
      });

      it('names that would reach an object’s prototype', () =>
        refusedPost(
          '/v1/payments',
          JSON.stringify(order()).replace('{', '{"__proto__":{"amount":1},'),
          invalid('__proto__: unknown_field'),
        ));

      it('all faults of a body at once, each with its place', () =>
        refusedPost(
          '/v1/payments',
          { amount: '7', currency: 'XXY', method: 7, expires_in: 1, colour: 'red', order_lines: [{ merchant_order_no: 'a', amount: 0 }] },
          invalid(
            'merchant_order_no: required',
            'amount: wrong_type',
            'currency: invalid_choice',
            'subject: required',
            'method: wrong_type',
            'expires_in: out_of_range',
            'colour: unknown_field',
            'order_lines[0].amount: out_of_range',
          ),
        ));

      for (const text of unreadable) {
        it(`JSON that begins ${text.slice(0, 14)}`, () => refusedPost('/v1/payments', text, { status: 400, code: 'invalid_json' }));
      }

      it('JSON that is no object', async () => {
        for (const text of ['[]', 'null', '7', '"text"']) await refusedPost('/v1/payments', text, invalid('body: wrong_type'));
      });

      it('XML that cannot be read, in JSON words where the client asks for them', () =>
        refusedPost(
          '/v1/payments',
          '<request><amount>1</request>',
          { status: 400, code: 'invalid_xml' },
          { 'content-type': 'application/xml', accept: 'application/json' },
        ));

      it('a type or an encoding that is neither JSON nor XML', async () => {
        const expected: ExpectedRefusal = { status: 415, code: 'unsupported_media_type' };
        for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=gbk'])
          await refusedPost('/v1/payments', order(), expected, { 'content-type': type });
        await refusedPost('/v1/payments', order(), expected, { 'content-encoding': 'gzip' });
      });

      it('300 KiB, with a length and in chunks without one', async () => {
        const expected: ExpectedRefusal = { status: 413, code: 'body_too_large' };
        await refusedPost('/v1/payments', order({ subject: 'x'.repeat(307_200) }), expected);
        await refused(
          (headers) =>
            slowly(
              Array.from({ length: 5 }, () => 'x'.repeat(61_440)),
              true,
              headers,
            ),
          expected,
        );
      });

      it('a body that does not come to its end in time', () =>
        refused((headers) => slowly(['{"amount"'], false, headers), { status: 408, code: 'request_timeout' }));
    });

    async function slowly(pieces: readonly string[], ends: boolean, headers: Readonly<Record<string, string>>): Promise<Answer> {
      const authorization = `Bearer ${paymux.key}`;
      const answer = await sendSlowly({ url: `${paymux.url}/v1/payments`, headers: { authorization, ...headers }, pieces, ends });
      return { ...answer, body: JSON.parse(answer.text) };
    }

    describe('by who asks', () => {
      const nobody: ExpectedRefusal = { status: 401, code: 'unauthorized' };

      it('no key, a wrong one, and one in another scheme', async () => {
        for (const authorization of [
          '',
          'Bearer',
          'Bearer sk_test_wrong',
          `Basic ${btoa(`${paymux.key}:`)}`,
          paymux.key,
          'Bearer sk_live_wrong',
        ])
          await refusedPost('/v1/payments', order(), nobody, { authorization });
      });

      it('a key that was revoked', async () => {
        const { id, key } = must(await createKey(paymux.admin, { appId: other.id, scopes: ['*'] }));
        const headers = { authorization: `Bearer ${key}` };
        await eventually(async () => (await paymux.call('GET', '/v1/methods', undefined, headers)).status === 200);
        must(await revokeKey(paymux.admin, { id }));
        await eventually(async () => (await paymux.call('GET', '/v1/methods', undefined, headers)).status === 401);
        await refusedPost('/v1/payments', order(), { status: 401, code: 'key_revoked' }, headers);
      });

      it('a key without the scope, for each thing that can be done', async () => {
        const narrow = await addApp(paymux, { scopes: ['events:read'] });
        const forbidden: ExpectedRefusal = { status: 403, code: 'forbidden' };
        await refusedPost('/v1/payments', order(), forbidden, narrow.headers);
        await refusedPost(`/v1/payments/${paid.id}/close`, undefined, forbidden, narrow.headers);
        await refusedPost(`/v1/payments/${paid.id}/refunds`, {}, forbidden, narrow.headers);
        await refusedPost('/v1/notification_endpoints', {}, forbidden, narrow.headers);
        for (const path of ['/v1/payments', `/v1/payments/${paid.id}`, '/v1/refunds', '/v1/methods', '/v1/notification_endpoints'])
          await refusedGet(path, forbidden, narrow.headers);
        expect((await paymux.call('GET', '/v1/events', undefined, narrow.headers)).status).to.equal(200);
      });

      it('what belongs to another app: it does not exist, and nothing of it is told', async () => {
        const missing: ExpectedRefusal = { status: 404, code: 'not_found' };
        for (const headers of [other.headers, live.headers]) {
          await refusedGet(`/v1/payments/${paid.id}?expand=attempts,refunds`, missing, headers);
          await refusedGet(`/v1/refunds/${refund.id}`, missing, headers);
          await refusedPost(`/v1/payments/${unpaid.id}/close`, undefined, missing, headers);
          await refusedPost(`/v1/payments/${paid.id}/refunds`, { merchant_refund_no: orderNo(), amount: 1 }, missing, headers);
          const lists = ['/v1/payments', `/v1/payments?merchant_order_no=${paid.merchant_order_no}`, '/v1/refunds', '/v1/events'];
          for (const path of [...lists, `/v1/refunds?payment=${paid.id}`]) {
            const answer = await paymux.call('GET', path, undefined, headers);
            expect(answer.body, path).to.deep.equal({ object: 'list', data: [], has_more: false });
          }
          const event = await paymux.stored.database.get('SELECT id FROM events WHERE app_id = ? LIMIT 1', [paymux.appId]);
          for (const [list, cursor, foreign] of [
            ['payments', 'starting_after', paid.id],
            ['payments', 'ending_before', unpaid.id],
            ['refunds', 'starting_after', refund.id],
            ['events', 'after', String(event?.id)],
          ]) {
            await refusedGet(`/v1/${list}?${cursor}=${foreign}`, invalid(`${cursor}: invalid_choice`), headers);
            const ask = (id: string) =>
              paymux.call('GET', `/v1/${list}?${cursor}=${id}`, undefined, { ...headers, 'x-request-id': 'as-unknown' });
            expect((await ask(foreign)).text).to.equal((await ask('pay_unknown')).text);
          }
        }
      });

      it('a live key on channels that have test accounts only: no payment, and no account is lent', async () => {
        expect((await paymux.call('GET', '/v1/methods', undefined, live.headers)).body.data).to.deep.equal([]);
        const before = await takeStock(paymux.stored.database);
        const answer = await paymux.call('POST', '/v1/payments', order(), live.headers);
        expectProblem(answer, { status: 400, code: 'method_unsupported', param: 'method' });
        expect(await takeStock(paymux.stored.database)).to.deep.equal(before);
      });
    });

    describe('by what was done before', () => {
      it('an order number or a refund number that stands for something else', async () => {
        const { merchant_order_no } = unpaid;
        const expected: ExpectedRefusal = { status: 409, code: 'merchant_order_no_used', param: 'merchant_order_no' };
        for (const change of [{ amount: 701 }, { subject: 'Coffee' }, { method: 'alipay_precreate' }, { metadata: { a: 'b' } }])
          await refusedPost('/v1/payments', order({ merchant_order_no, ...change }), expected);
        await refusedPost('/v1/payments', order({ merchant_order_no, expires_in: 7199 }), expected);
        const { merchant_refund_no } = refund;
        const used: ExpectedRefusal = { status: 409, code: 'merchant_refund_no_used', param: 'merchant_refund_no' };
        await refusedPost(`/v1/payments/${paid.id}/refunds`, { merchant_refund_no, amount: 101 }, used);
        await refusedPost(`/v1/payments/${paid.id}/refunds`, { merchant_refund_no, amount: 100, reason: 'Cold' }, used);
      });

      it('but not the same order with its defaults spelled out', async () => {
        const short = order();
        const first = await paymux.call('POST', '/v1/payments', short);
        for (const defaults of [{ expires_in: 7200 }, { fallback_methods: [], metadata: {}, payer: {} }]) {
          const again = await paymux.call('POST', '/v1/payments', { ...short, ...defaults });
          expect([again.status, again.body.id], again.text).to.deep.equal([200, first.body.id]);
        }
      });

      it('an idempotency key that is malformed, or stands for another request', async () => {
        const malformed: ExpectedRefusal = { status: 400, code: 'idempotency_key_invalid' };
        for (const key of ['', 'a b', 'x'.repeat(256), 'clé'])
          await refusedPost('/v1/payments', order(), malformed, { 'idempotency-key': key });
        const key = { 'idempotency-key': orderNo() };
        const first = await paymux.call('POST', '/v1/payments', order(), key);
        expect(first.status).to.equal(201);
        const reused: ExpectedRefusal = { status: 422, code: 'idempotency_key_reused' };
        await refusedPost('/v1/payments', order(), reused, key);
        await refusedPost(`/v1/payments/${first.body.id}/close`, undefined, reused, key);
      });

      it('a refund of more than is left, or of what was not paid', async () => {
        const part = (amount: number) => ({ merchant_refund_no: orderNo(), amount });
        await refusedPost(`/v1/payments/${paid.id}/refunds`, part(601), { status: 409, code: 'refund_exceeds_payment', param: 'amount' });
        await refusedPost(`/v1/payments/${paid.id}/refunds`, part(Number.MAX_SAFE_INTEGER), {
          status: 409,
          code: 'refund_exceeds_payment',
        });
        await refusedPost(`/v1/payments/${unpaid.id}/refunds`, part(1), { status: 409, code: 'payment_not_refundable' });
      });

      it('a close of what was paid, and the payment is told with it', async () => {
        await refusedPost(`/v1/payments/${paid.id}/close`, undefined, { status: 409, code: 'payment_not_closable' });
        const answer = await paymux.call('POST', `/v1/payments/${paid.id}/close`);
        expect(answer.body.payment).to.include({ id: paid.id, state: 'success' });
      });
    });

    describe('in an address', () => {
      for (const [query, fault] of [
        ['limit=0', 'limit: out_of_range'],
        ['limit=101', 'limit: out_of_range'],
        ['limit=1e1', 'limit: wrong_type'],
        ['limit=5&limit=6', 'limit: duplicate_key'],
        ['state=paid', 'state: invalid_choice'],
        ['created_from=yesterday', 'created_from: invalid_format'],
        ['page=2', 'page: unknown_field'],
        ['expand=secrets', 'expand[0]: invalid_choice'],
        ['starting_after=pay_unknown', 'starting_after: invalid_choice'],
        ['ending_before=pay_unknown', 'ending_before: invalid_choice'],
        ['starting_after=%E8%AE%A2', 'starting_after: invalid_format'],
        ['channel=%F0%9F%98%80', 'channel: invalid_format'],
      ] as const) {
        it(`a list asked for with ${query}`, () => refusedGet(`/v1/payments?${query}`, invalid(fault)));
      }

      it('a feed after an event that is none: an empty page would look like its end', async () => {
        for (const after of ['evt_0', 'evt_zzzzzzzzzzzzzzzzzzzzzzzzzz', paid.id])
          await refusedGet(`/v1/events?after=${after}`, { ...invalid('after: invalid_choice'), param: 'after' });
        await refusedGet('/v1/events?after=%E8%AE%A2', invalid('after: invalid_format'));
      });

      it('a list from two sides at once, and refunds from one that is none', async () => {
        const both = { ...invalid('ending_before: invalid_choice'), param: 'ending_before' };
        await refusedGet(`/v1/payments?starting_after=${paid.id}&ending_before=${unpaid.id}`, both);
        await refusedGet(`/v1/refunds?starting_after=${refund.id}&ending_before=${refund.id}`, both);
        await refusedGet(`/v1/refunds?starting_after=${paid.id}`, invalid('starting_after: invalid_choice'));
      });

      it('an unknown member to expand, an unknown path and an unknown verb', async () => {
        await refusedGet(`/v1/payments/${paid.id}?expand=attempts,secrets`, invalid('expand[1]: invalid_choice'));
        for (const path of ['/v1/nothing', '/v1/payments/', '/v1/payments/pay_unknown', '/v1/refunds/%27%20OR%201=1'])
          await refusedGet(path, { status: 404, code: 'not_found' });
        const missing: ExpectedRefusal = { status: 404, code: 'not_found' };
        for (const id of ['%E8%AE%A2', '%F0%9F%98%80', '%20', '%5C', 'x'.repeat(65)]) {
          for (const path of [`/v1/payments/${id}`, `/v1/refunds/${id}`]) await refusedGet(path, missing);
          await refusedPost(`/v1/payments/${id}/close`, undefined, missing);
          await refusedPost(`/v1/payments/${id}/refunds`, { merchant_refund_no: orderNo(), amount: 1 }, missing);
          await refused((headers) => paymux.call('DELETE', `/v1/notification_endpoints/${id}`, undefined, headers), missing);
        }
        await refusedGet('/v1/payments/%zz', { status: 400, code: 'invalid_request' });
        const put = (headers: Readonly<Record<string, string>>) => paymux.call('PUT', '/v1/payments', order(), headers);
        await refused(put, { status: 405, code: 'method_not_allowed' });
      });

      it('where notifications must not go, however the address is written', async () => {
        for (const url of forbiddenUrls) {
          await refusedPost('/v1/payments', order({ notify_url: url }), { status: 400, code: 'url_forbidden', param: 'notify_url' });
          await refusedPost('/v1/notification_endpoints', { url }, { status: 400, code: 'url_forbidden', param: 'url' });
        }
      });

      it('the field is named as the merchant wrote it', async () => {
        for (const url of ['https://10.0.0.1/', 'https://shop.example/#a', 'ftp://a']) {
          const { body } = await paymux.call('POST', '/v1/notification_endpoints', { url });
          for (const detail of [body.detail, body.errors[0].detail]) expect(detail, url).to.match(/^url /);
          const chinese = await paymux.call('POST', '/v1/notification_endpoints', { url }, { 'accept-language': 'zh-CN' });
          expect(chinese.body.errors[0].detail).to.match(/^url /);
        }
      });

      it('but not a way back to a route of a single page', async () => {
        const answer = await paymux.call('POST', '/v1/payments', order({ return_url: 'https://shop.example/#/orders/7' }));
        expect(answer.status, answer.text).to.equal(201);
      });

      it('this machine, for live data', async () => {
        for (const url of [...forbiddenUrls, ...loopbackUrls]) {
          const expected: ExpectedRefusal = { status: 400, code: 'url_forbidden', param: 'notify_url' };
          await refusedPost('/v1/payments', order({ notify_url: url }), expected, live.headers);
        }
      });

      it('a way back that is no web address', async () => {
        for (const url of ['javascript:alert(1)', 'http://shop.example/', 'https://a:b@shop.example/', 'about:blank'])
          await refusedPost('/v1/payments', order({ return_url: url }), { status: 400, code: 'url_forbidden', param: 'return_url' });
      });
    });
  });
});
