import type { ExpectedRefusal } from '../kit/refusal.ts';

/** Texts of JSON that are no amount. */
export const badAmounts: Readonly<Record<string, string>> = {
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
export const badFields: readonly (readonly [string, object, readonly string[]])[] = [
  ['an unknown field', { colour: 'red' }, ['colour: unknown_field']],
  ['an unknown field deep inside', { payer: { openid: 'o', shoe_size: 43 } }, ['payer.shoe_size: unknown_field']],
  ['an unknown currency', { currency: 'XXY' }, ['currency: invalid_choice']],
  ['a currency in lower case', { currency: 'cny' }, ['currency: invalid_choice']],
  ['a currency that is a number', { currency: 156 }, ['currency: wrong_type']],
  ['no subject', { subject: undefined }, ['subject: required']],
  ['an empty subject', { subject: '' }, ['subject: too_short']],
  ['a subject of white space', { subject: ' \t\u3000' }, ['subject: invalid_format']],
  ['a subject with half a character', { subject: 'Tea \ud83c' }, ['subject: invalid_format']],
  [
    'metadata with a NUL in value or key',
    { metadata: { a: '\u0000', 'b\u0000': '' } },
    ['metadata: invalid_format', 'metadata.a: invalid_format'],
  ],
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
export const badChoices: readonly (readonly [string, object, ExpectedRefusal])[] = [
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
    'order lines of one number, each that repeats it',
    { order_lines: ['a', 'b', 'a', 'A', 'a'].map((merchant_order_no) => ({ merchant_order_no, amount: 140 })) },
    {
      status: 400,
      code: 'invalid_request',
      param: 'order_lines[2].merchant_order_no',
      faults: ['order_lines[2].merchant_order_no: duplicate_value', 'order_lines[4].merchant_order_no: duplicate_value'],
    },
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
export const unreadable: readonly string[] = [
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
export const forbiddenUrls: readonly string[] = `
  http://shop.example/notify ftp://shop.example/notify javascript:alert(1) data:text/plain,hello file:///etc/passwd
  /notify https:// https://user:secret@shop.example/notify https://shop.example/notify#fragment http://10.0.0.1/
  https://10.0.0.1/ https://172.16.0.1/ https://192.168.1.1/ https://100.64.0.1/
  https://169.254.169.254/latest/meta-data/ https://0/ https://0xa000001/ https://167772161/ https://012.0.0.1/
  https://[fd00::1]/ https://[fe80::1]/ https://[::ffff:10.0.0.1]/ https://[::ffff:a9fe:a9fe]/ https://[64:ff9b::a00:1]/
  https://[2002:a00:1::]/
`
  .trim()
  .split(/\s+/)
  .concat(' https://shop.example/', 'https://shop.example/\n', 'https://shop.exa\tmple/');

/** Of this machine: test data may go there, live data may not. */
export const loopbackUrls: readonly string[] = `
  http://127.0.0.1/ http://localhost/ http://2130706433/ http://0x7f000001/ http://0177.0.0.1/ http://127.1/
  http://[::1]/ https://127.0.0.1/ https://[::ffff:127.0.0.1]/ https://localhost/ https://shop.localhost/
`
  .trim()
  .split(/\s+/);
