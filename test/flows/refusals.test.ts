import { expect } from 'chai';
import { createKey, revokeKey } from '../../core/access/admin/keys.ts';
import { addApp } from '../kit/apps.ts';
import { forEachDatabase } from '../kit/database.ts';
import { eventually } from '../kit/merchant.ts';
import { type Answer, must, orderNo, type Paymux, startPaymux, targetOf } from '../kit/paymux.ts';
import { type ExpectedRefusal, expectProblem, expectRefused } from '../kit/refusal.ts';
import { takeStock } from '../kit/rows.ts';
import { sendSlowly } from '../kit/slow-request.ts';

const tea = { amount: 700, currency: 'CNY', subject: 'Tea', method: 'wechat_native' };

/** Texts of JSON that are no amount. */
const badAmounts: Readonly<Record<string, string>> = {
  '-1': 'out_of_range',
  '0': 'out_of_range',
  '1.5': 'not_integer',
  '7.0': 'not_integer',
  '1e2': 'not_integer',
  '1e400': 'not_integer',
  '-0': 'not_integer',
  '9007199254740993': 'out_of_range',
  '9007199254740992': 'out_of_range',
  '"1e2"': 'wrong_type',
  '"100"': 'wrong_type',
  '""': 'wrong_type',
  null: 'wrong_type',
  true: 'wrong_type',
  '[700]': 'wrong_type',
  '{"value":700}': 'wrong_type',
};

/** Fields that are wrong by their shape, and every fault of theirs. */
const badFields: readonly (readonly [string, object, readonly string[]])[] = [
  ['an unknown field', { colour: 'red' }, ['colour: unknown_field']],
  ['an unknown field deep inside', { payer: { openid: 'o', shoe_size: 43 } }, ['payer.shoe_size: unknown_field']],
  ['an unknown currency', { currency: 'XXY' }, ['currency: invalid_choice']],
  ['a currency in lower case', { currency: 'cny' }, ['currency: invalid_choice']],
  ['a currency that is a number', { currency: 156 }, ['currency: wrong_type']],
  ['no subject', { subject: undefined }, ['subject: required']],
  ['an empty subject', { subject: '' }, ['subject: too_short']],
  ['a subject of 257 characters', { subject: 'x'.repeat(257) }, ['subject: too_long']],
  ['an order number with a space', { merchant_order_no: 'a b' }, ['merchant_order_no: invalid_format']],
  ['an order number in Chinese', { merchant_order_no: '订单' }, ['merchant_order_no: invalid_format']],
  ['an order number of 65 characters', { merchant_order_no: 'x'.repeat(65) }, ['merchant_order_no: too_long']],
  ['too short a time to pay', { expires_in: 59 }, ['expires_in: out_of_range']],
  ['too long a time to pay', { expires_in: 604_801 }, ['expires_in: out_of_range']],
  ['a time to pay as text', { expires_in: '7200' }, ['expires_in: wrong_type']],
  ['metadata that is no text', { metadata: { size: 43 } }, ['metadata.size: wrong_type']],
  ['no order lines in the list', { order_lines: [] }, ['order_lines: too_short']],
  ['an address that is no address', { payer: { client_ip: '999.1.1.1' } }, ['payer.client_ip: invalid_format']],
  ['methods in the wrong shape', { fallback_methods: 'alipay_page' }, ['fallback_methods: wrong_type']],
];

/** Wrong by what the methods can do. */
const badChoices: readonly (readonly [string, object, ExpectedRefusal])[] = [
  ['an unknown method', { method: 'paypal_page' }, { status: 400, code: 'method_unsupported', param: 'method' }],
  ['an unknown fallback', { fallback_methods: ['paypal_page'] }, { status: 400, code: 'method_unsupported', param: 'fallback_methods' }],
  ['a currency that the method does not take', { currency: 'USD' }, { status: 400, code: 'currency_unsupported', param: 'currency' }],
  ['a missing openid', { method: 'wechat_jsapi' }, { status: 400, code: 'payer_field_required', param: 'payer.openid' }],
  ['a missing address', { method: 'wechat_h5' }, { status: 400, code: 'payer_field_required', param: 'payer.client_ip' }],
  [
    'an amount beyond the limit of the method',
    { method: 'alipay_page', amount: 10_000_000_001 },
    { status: 400, code: 'amount_invalid', param: 'amount' },
  ],
  [
    'order lines that do not add up',
    { order_lines: [{ merchant_order_no: 'a', amount: 699 }] },
    { status: 400, code: 'invalid_request', param: 'order_lines', faults: ['order_lines: sum_mismatch'] },
  ],
  [
    'everything that the method cannot do, at once',
    { method: 'wechat_h5', currency: 'USD', fallback_methods: ['x_page'], notify_url: 'ftp://a', return_url: 'http://a' },
    {
      status: 400,
      code: 'url_forbidden',
      param: 'notify_url',
      faults: [
        'notify_url: url_forbidden_field',
        'return_url: url_forbidden_field',
        'currency: invalid_choice',
        'payer.client_ip: required',
        'fallback_methods: invalid_choice',
      ],
    },
  ],
];

/** Bodies that cannot be read at all. */
const unreadable: readonly string[] = [
  '{',
  '{"amount":}',
  'nonsense',
  '{"a":1}}',
  "{'amount':1}",
  '[1,]',
  '{"amount":NaN}',
  '[['.repeat(20),
];

/** Where notifications must not go, in every notation of an address. */
const forbiddenUrls: readonly string[] = `
  http://shop.example/notify ftp://shop.example/notify javascript:alert(1) data:text/plain,hello file:///etc/passwd
  /notify https:// https://user:secret@shop.example/notify https://shop.example/notify#fragment http://10.0.0.1/
  https://10.0.0.1/ https://172.16.0.1/ https://192.168.1.1/ https://100.64.0.1/
  https://169.254.169.254/latest/meta-data/ https://0/ https://0xa000001/ https://167772161/ https://012.0.0.1/
  https://[fd00::1]/ https://[fe80::1]/ https://[::ffff:10.0.0.1]/ https://[::ffff:a9fe:a9fe]/ https://[64:ff9b::a00:1]/
  https://[2002:a00:1::]/
`
  .trim()
  .split(/\s+/);

/** Of this machine: test data may go there, live data may not. */
const loopbackUrls: readonly string[] = `
  http://127.0.0.1/ http://localhost/ http://2130706433/ http://0x7f000001/ http://0177.0.0.1/ http://127.1/
  http://[::1]/ https://127.0.0.1/ https://[::ffff:127.0.0.1]/
`
  .trim()
  .split(/\s+/);

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
          for (const path of [...lists, `/v1/refunds?payment=${paid.id}`, '/v1/events?after=evt_0']) {
            const answer = await paymux.call('GET', path, undefined, headers);
            expect(answer.body, path).to.deep.equal({ object: 'list', data: [], has_more: false });
          }
          await refusedGet(`/v1/payments?ending_before=${unpaid.id}`, invalid('ending_before: invalid_choice'), headers);
          await refusedGet(`/v1/refunds?starting_after=${refund.id}`, invalid('starting_after: invalid_choice'), headers);
        }
      });

      it('a live key on channels that have test accounts only: no payment, and no account is lent', async () => {
        expect((await paymux.call('GET', '/v1/methods', undefined, live.headers)).body.data).to.deep.equal([]);
        const before = await takeStock(paymux.stored.database);
        const answer = await paymux.call('POST', '/v1/payments', order(), live.headers);
        expectProblem(answer, { status: 503, code: 'method_unavailable', param: 'method' });
        expect(await takeStock(paymux.stored.database)).to.deep.equal(before);
      });
    });

    describe('by what was done before', () => {
      it('an order number or a refund number that stands for something else', async () => {
        const { merchant_order_no } = unpaid;
        const expected: ExpectedRefusal = { status: 409, code: 'merchant_order_no_used', param: 'merchant_order_no' };
        for (const change of [{ amount: 701 }, { subject: 'Coffee' }, { method: 'alipay_precreate' }, { metadata: { a: 'b' } }])
          await refusedPost('/v1/payments', order({ merchant_order_no, ...change }), expected);
        const { merchant_refund_no } = refund;
        const used: ExpectedRefusal = { status: 409, code: 'merchant_refund_no_used', param: 'merchant_refund_no' };
        await refusedPost(`/v1/payments/${paid.id}/refunds`, { merchant_refund_no, amount: 101 }, used);
        await refusedPost(`/v1/payments/${paid.id}/refunds`, { merchant_refund_no, amount: 100, reason: 'Cold' }, used);
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
      ] as const) {
        it(`a list asked for with ${query}`, () => refusedGet(`/v1/payments?${query}`, invalid(fault)));
      }

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
