import { expect } from 'chai';
import fc from 'fast-check';
import { readDefinition } from '../../core/channels/declared/read.ts';
import { changeKettle, faultsOf, takeKettle } from './kettle.ts';

interface Case {
  readonly wrong: string;
  readonly change: Readonly<Record<string, unknown>>;
  readonly says: RegExp;
}

const secretKey = { type: 'string', description: 'Key', secret: 'true', minLength: '16' };

const cases: readonly Case[] = [
  // The shape.
  { wrong: 'another format', change: { format: 'paymux-channel-9' }, says: /^format: must be paymux-channel-1$/ },
  { wrong: 'an unknown member', change: { colour: 'red' }, says: /^the file: knows no colour$/ },
  { wrong: 'an unknown member of an endpoint', change: { 'query.retries': '3' }, says: /^query: knows no retries$/ },
  { wrong: 'no callback', change: { callback: undefined }, says: /^callback: is missing/ },
  { wrong: 'an action of another kind', change: { 'methods.0.action': 'dance' }, says: /^methods\.0\.action: must be qr or redirect/ },
  { wrong: 'a family of another kind', change: { 'signatures.md5.family': 'crc32' }, says: /^signatures\.md5\.family: must be md5 or/ },
  { wrong: 'a number that is none', change: { 'settle.settlingSec': 'soon' }, says: /^settle\.settlingSec: is not a whole number$/ },
  { wrong: 'an id with a capital', change: { id: 'Kettle' }, says: /^id: must be lower-case/ },
  { wrong: 'another id than the folder’s', change: { id: 'pot' }, says: /manifest\.id is pot, the folder is kettle/ },
  { wrong: 'a currency that is none', change: { 'methods.0.currencies': ['RMB'] }, says: /currencies\.0: is not an ISO 4217 code/ },
  { wrong: 'a zone by name', change: { zone: 'Asia/Shanghai' }, says: /^zone: must be an offset/ },
  {
    wrong: 'a path with a wildcard',
    change: { 'query.answer.facts.number': 'orders.*.no' },
    says: /^query\.answer\.facts\.number: is no path/,
  },
  {
    wrong: 'a header of two lines',
    change: { 'query.headers.x-a': 'b\r\nx-c: d' },
    says: /^query\.headers\.x-a: must be one line of ASCII$/,
  },
  // Templates.
  {
    wrong: 'a field of the configuration that is none',
    change: { 'query.fields.mch': '{config.merchnt}' },
    says: /^query\.fields\.mch: \{config\.merchnt\} is nothing here; allowed: config\.base_url, config\.merchant, config\.key$/,
  },
  {
    wrong: 'a value of another operation',
    change: { 'query.fields.title': '{subject}' },
    says: /^query\.fields\.title: \{subject\} is nothing here/,
  },
  {
    wrong: 'a value that nobody knows',
    change: { 'pay.0.fields.total': '{price}' },
    says: /^pay\.0\.fields\.total: \{price\} is nothing here/,
  },
  {
    wrong: 'a value that not every method has',
    change: { 'pay.0.fields.way': '{method.kind}' },
    says: /^pay\.0\.fields\.way: \{method\.kind\} is nothing/,
  },
  {
    wrong: 'a function that is none',
    change: { 'pay.0.fields.title': '{subject|eval:1}' },
    says: /there is no function eval for it; allowed: upper/,
  },
  { wrong: 'a count that is none', change: { 'pay.0.fields.title': '{subject|cut:many}' }, says: /cut takes a number/ },
  {
    wrong: 'a time without a format',
    change: { 'pay.0.fields.until': '{expiresAt}' },
    says: /\{expiresAt\} is a time: write it with \|time:/,
  },
  {
    wrong: 'a time in a format that is none',
    change: { 'pay.0.fields.until': '{expiresAt|time:dd.MM.yy}' },
    says: /no time format "dd\.MM\.yy"; allowed: yyyyMMddHHmmss/,
  },
  { wrong: 'a brace alone', change: { 'pay.0.fields.title': 'Tea {' }, says: /^pay\.0\.fields\.title: has a brace/ },
  { wrong: 'an address without a host', change: { 'query.url': '/query' }, says: /^query\.url: must begin with https:/ },
  { wrong: 'an address in the clear', change: { 'query.url': 'http://kettle.example/query' }, says: /^query\.url: must begin with https:/ },
  {
    wrong: 'free text in a header',
    change: { 'pay.0.headers': { 'x-title': '{subject}' } },
    says: /^pay\.0\.headers\.x-title: may not hold free text/,
  },
  {
    wrong: 'what changes in an order that may be sent again',
    change: { 'pay.0.fields.salt': '{nonce}' },
    says: /^pay\.0\.fields\.salt: changes with every call/,
  },
  // Signatures.
  { wrong: 'a signature that is none', change: { 'query.sign': 'rsa' }, says: /^query\.sign: there is no signature rsa; there are: md5$/ },
  {
    wrong: 'a key that is no field',
    change: { 'signatures.md5.key': 'kee' },
    says: /^signatures\.md5\.key: kee is no field of the configuration/,
  },
  {
    wrong: 'a key that is not secret',
    change: { 'config.properties.key': { ...secretKey, secret: 'false' } },
    says: /^signatures\.md5\.key: key must be marked secret$/,
  },
  {
    wrong: 'a key that may be short',
    change: { 'config.properties.key': { ...secretKey, minLength: '8' } },
    says: /key must have a minLength of 16/,
  },
  { wrong: 'a key that may be missing', change: { 'config.required': ['base_url', 'merchant'] }, says: /key must be required/ },
  { wrong: 'a key pair for MD5', change: { 'signatures.md5.publicKey': 'key' }, says: /^signatures\.md5\.publicKey: is not for md5/ },
  {
    wrong: 'RSA without keys',
    change: { 'signatures.rsa': { family: 'rsa-sha256', field: 'sign' } },
    says: /^signatures\.rsa: names no key/,
  },
  {
    wrong: 'RSA in hex',
    change: { 'signatures.rsa': { family: 'rsa-sha256', privateKey: 'key', field: 'sign', write: 'hex' } },
    says: /can only be base64/,
  },
  { wrong: 'a list without fields', change: { 'signatures.md5.order': 'listed' }, says: /^signatures\.md5\.fields: must list the fields/ },
  {
    wrong: 'a signature nowhere',
    change: { 'signatures.md5.field': undefined },
    says: /^signatures\.md5: must say in which field or in which header/,
  },
  {
    wrong: 'no word for how it is written',
    change: { 'signatures.md5.write': undefined },
    says: /^signatures\.md5\.write: must be hex, HEX or base64/,
  },
  {
    wrong: 'a field in the place of the signature',
    change: { 'query.fields.sign': 'x' },
    says: /^query\.fields\.sign: is where the signature goes/,
  },
  {
    wrong: 'a field that is sent unsigned',
    change: { 'signatures.md5.order': 'listed', 'signatures.md5.fields': ['mch'] },
    says: /^query\.fields\.number: is sent, and md5 does not cover it/,
  },
  // What is claimed without grounds.
  {
    wrong: 'a success without an amount',
    change: { 'query.answer.facts.amount': undefined },
    says: /^query\.answer\.facts\.amount: is missing: a success/,
  },
  {
    wrong: 'a success without a number',
    change: { 'callback.facts.number': undefined },
    says: /^callback\.facts\.number: is missing: a success/,
  },
  {
    wrong: 'a success without a currency',
    change: { 'query.answer.facts.constantCurrency': undefined },
    says: /must have currency \(a path\) or constantCurrency/,
  },
  {
    wrong: 'a status that nobody maps',
    change: { 'query.answer.statuses': undefined },
    says: /^query\.answer\.statuses: is missing: facts\.status is read/,
  },
  { wrong: 'an empty table', change: { 'query.answer.statuses': {} }, says: /^query\.answer\.statuses: is empty/ },
  {
    wrong: 'a table without a status',
    change: { 'query.answer.facts.status': undefined },
    says: /^query\.answer\.facts\.status: is missing/,
  },
  {
    wrong: 'a state that is none',
    change: { 'callback.statuses.PAID': 'paid' },
    says: /^callback\.statuses\.PAID: paid is no state here; allowed: succeeded/,
  },
  {
    wrong: 'no word of success anywhere',
    change: { 'query.answer.statuses.PAID': 'pending', 'callback.statuses.PAID': 'changed' },
    says: /neither a query nor a callback whose state can be succeeded/,
  },
  { wrong: 'an answer that shows nothing', change: { 'query.answer.success': {} }, says: /^query\.answer\.success: must say how/ },
  {
    wrong: 'an amount outside the signature',
    change: { 'signatures.md5.except': ['total'] },
    says: /^query\.answer\.facts\.amount: total is under no signature/,
  },
  {
    wrong: 'an amount in a place that is not signed',
    change: { 'query.answer.facts.amount': 'order.total' },
    says: /order\.total is under no signature/,
  },
  {
    wrong: 'a callback fact outside the signature',
    change: { 'callback.facts.amount': 'order.total' },
    says: /^callback\.facts\.amount: order\.total is not under the signature/,
  },
  { wrong: 'trust without a signature', change: { 'callback.verify': undefined }, says: /^callback\.verify: is missing: trust is signed/ },
  {
    wrong: 'an unverified callback that tells a state',
    change: { 'callback.verify': undefined, 'callback.trust': 'unverified' },
    says: /^callback\.state: must be changed/,
  },
  {
    wrong: 'a callback about nothing',
    change: { 'callback.facts.number': undefined, 'callback.facts.channelNo': undefined },
    says: /otherwise it is about nothing/,
  },
  { wrong: 'refunds without an endpoint', change: { refund: undefined }, says: /^refunds: is declared, and there is no endpoint refund/ },
  { wrong: 'an endpoint without a word on parts', change: { refunds: undefined }, says: /^refunds: must say full or partial/ },
  { wrong: 'a refund whose repeat nobody judged', change: { 'idempotency.refund': undefined }, says: /^idempotency\.refund: must say/ },
  {
    wrong: 'a confirmation that nobody gives',
    change: { 'refund.confirm': 'true' },
    says: /^refund\.confirm: needs an endpoint queryRefund/,
  },
  { wrong: 'a method that nothing pays', change: { 'pay.0.products': ['card'] }, says: /^methods\.0: qr is paid by 0 entries/ },
  { wrong: 'products that are none', change: { 'pay.0.products': ['card'] }, says: /^pay\.0\.products: there is no method card/ },
  { wrong: 'a method whose answer invites to nothing', change: { 'pay.0.answer.action': undefined }, says: /has no answer\.action/ },
  {
    wrong: 'a form out of an answer',
    change: { 'methods.0.action': 'form' },
    says: /^methods\.0\.action: is form, and its entry of pay gives qr/,
  },
  { wrong: 'a code that is not ours', change: { failoverCodes: ['bad_luck'] }, says: /^failoverCodes\.0: bad_luck is no decline of ours/ },
  {
    wrong: 'an error that becomes a code that is not ours',
    change: { 'errors.1.as': 'bad_luck' },
    says: /^errors\.1\.as: bad_luck is no decline of ours/,
  },
  {
    wrong: 'an error that is rejected for no reason of ours',
    change: { 'errors.2.as': 'bad_luck' },
    says: /^errors\.2\.as: must be one of validation/,
  },
];

describe('A definition with a fault', () => {
  it('is none without one', () => {
    expect(faultsOf(takeKettle())).to.deep.equal([]);
    expect(faultsOf(changeKettle({})), 'as JSON').to.deep.equal([]);
  });

  for (const { wrong, change, says } of cases) {
    it(`is refused, and the place is named: ${wrong}`, () => {
      const faults = faultsOf(changeKettle(change));
      expect(
        faults.some((fault) => says.test(fault)),
        faults.join('\n'),
      ).to.equal(true);
    });
  }

  it('tells all its faults at once', () => {
    const faults = faultsOf(changeKettle({ 'query.sign': 'a', 'callback.verify': 'b', 'pay.0.fields.total': '{c}' }));
    expect(faults.map((fault) => fault.split(':')[0])).to.include.members(['query.sign', 'callback.verify', 'pay.0.fields.total']);
  });

  it('tells the line of what is no YAML, and of what is said twice', () => {
    expect(faultsOf('id: kettle\n  format: [')[0]).to.match(/^line \d+: is no valid YAML/);
    expect(faultsOf(takeKettle().replace('zone:', 'id: pot\nzone:'))[0]).to.match(
      /^line \d+: is no valid YAML \(duplicated mapping key\)$/,
    );
  });

  it('may not hold an alias, which grows without end', () => {
    expect(faultsOf('id: &a kettle\nformat: *a\n')).to.deep.equal(['line 2: is no valid YAML (an alias)']);
  });

  it('never throws, whatever the file holds', () => {
    const lines = takeKettle().split('\n');
    const anything = fc.oneof(
      fc.string(),
      fc.json(),
      // The example with a line lost, doubled, or replaced.
      fc.tuple(fc.nat(lines.length - 1), fc.constantFrom('', 'x', '- 1', '{', '  a: b')).map(([at, put]) => lines.with(at, put).join('\n')),
      fc.nat(lines.length - 1).map((at) => lines.toSpliced(at, 0, lines[at] ?? '').join('\n')),
    );
    fc.assert(
      fc.property(anything, (text) => {
        const read = readDefinition('kettle', text);
        expect(read.kind === 'read' || read.faults.length > 0).to.equal(true);
      }),
      { numRuns: 150 },
    );
  });

  it('is not read at all where it is larger than any definition', () => {
    expect(faultsOf(`${takeKettle()}# ${'x'.repeat(300_000)}`)).to.deep.equal(['the file: has more than 262144 characters']);
  });

  it('takes what was verified as a manifest does, and nothing as nothing', () => {
    const saying = (text: string) => takeKettle().replace('verified: []', text);
    expect(faultsOf(saying('verified: [{ what: requests, against: vendor_document, source: a page }]'))).to.deep.equal([]);
    expect(faultsOf(saying(''))).to.deep.equal([]);
    expect(faultsOf(saying('verified: [{ what: requests, against: hearsay, source: a page }]')).join()).to.match(
      /^verified\.0\.against: must be vendor_document or /,
    );
  });

  it('keeps a status of digits as it is written', () => {
    expect(faultsOf(takeKettle().replace('WAIT: pending', '0000: pending'))).to.deep.equal([]);
    expect(faultsOf(takeKettle().replace('maturity: beta', 'maturity: no')).join()).to.match(/^maturity: must be stable or beta$/);
  });
});
