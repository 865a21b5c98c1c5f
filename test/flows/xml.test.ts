import { expect } from 'chai';
import { forEachDatabase } from '../kit/database.ts';
import { eventually } from '../kit/merchant.ts';
import { orderNo, type Paymux, startPaymux } from '../kit/paymux.ts';
import { takeStock } from '../kit/rows.ts';
import { callXml, writeRequest, type XmlAnswer } from '../kit/xml-client.ts';

const methods = [
  { method: 'wechat_native', currency: 'CNY' },
  { method: 'alipay_page', currency: 'CNY' },
  { method: 'stripe_checkout', currency: 'USD' },
] as const;

/** Documents that attack whoever reads them, and where the attack is. */
const attacks: Readonly<Record<string, string>> = {
  'an external entity': '<!DOCTYPE request [<!ENTITY x SYSTEM "file:///etc/passwd">]><request><subject>&x;</subject></request>',
  'an external DTD': '<!DOCTYPE request SYSTEM "http://127.0.0.1/x.dtd"><request/>',
  'a parameter entity': '<!DOCTYPE request [<!ENTITY % x SYSTEM "file:///etc/passwd"> %x;]><request/>',
  'entities that grow a thousandfold':
    '<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><request>&c;</request>',
  'an entity that nobody declared': '<request><subject>&company;</subject></request>',
  'a processing instruction': '<?xml-stylesheet href="http://127.0.0.1/x.xsl"?><request/>',
  'an attribute': '<request><amount type="string">700</amount></request>',
  'another encoding': '<?xml version="1.0" encoding="UTF-16"?><request/>',
  'a character that XML forbids': '<request><subject>&#0;</subject></request>',
  'another root': '<payment><amount>700</amount></payment>',
  'two roots': '<request/><request/>',
  'an element that does not end': '<request><amount>700</request>',
  'text between elements': '<request>700<amount>700</amount></request>',
  'ten thousand levels': `<request>${'<a>'.repeat(10_000)}${'</a>'.repeat(10_000)}</request>`,
  'ten thousand elements': `<request>${'<a/>'.repeat(10_000)}</request>`,
};

describe('The API in XML', () => {
  forEachDatabase((_name, open) => {
    let paymux: Paymux;

    before(async function () {
      this.timeout(60_000);
      paymux = await startPaymux({ database: await open() });
    });
    after(() => paymux.stop());

    const order = (more: object = {}) => ({
      merchant_order_no: orderNo(),
      amount: 1999,
      currency: 'CNY',
      subject: 'Tea & <cake> 茶',
      method: 'wechat_native',
      ...more,
    });
    const create = (body: object, headers: Readonly<Record<string, string>> = {}) =>
      callXml(paymux, 'POST', '/v1/payments', writeRequest(body), headers);
    const expectXml = (answer: XmlAnswer, status: number) => {
      expect([answer.status, answer.type, answer.root], answer.text.slice(0, 300)).to.deep.equal([status, 'application/xml', 'response']);
      expect(answer.headers.get('x-request-id')).to.be.a('string');
    };

    for (const { method, currency } of methods) {
      it(`takes a payment by ${method} from order to refund without a word of JSON`, async () => {
        const wanted = order({ method, currency, return_url: 'https://shop.example/done?a=1&b=2' });
        const created = await create(wanted);
        expectXml(created, 201);
        expect(created.body).to.include({
          object: 'payment',
          state: 'pending',
          amount: '1999',
          currency,
          subject: 'Tea & <cake> 茶',
          livemode: 'false',
        });
        const { action } = created.body;
        const paid = await paymux.control('/_pay', { target: action.qr_content ?? action.url });
        expect(paid.body, paid.text).to.include({ paid: true });

        const { id } = created.body;
        const read = await eventually(async () => {
          const answer = await callXml(paymux, 'GET', `/v1/payments/${id}?expand=attempts,refunds`);
          return answer.body.state === 'success' ? answer : null;
        });
        expectXml(read, 200);
        expect(read.body.attempts.item).to.have.length(1);
        expect(read.body.attempts.item[0]).to.include({ state: 'succeeded', amount: '1999' });
        expect(read.body.refunds, 'a list without items').to.equal('');

        const listed = await callXml(paymux, 'GET', `/v1/payments?merchant_order_no=${wanted.merchant_order_no}`);
        expectXml(listed, 200);
        expect(listed.body).to.include({ object: 'list', has_more: 'false' });
        expect(listed.body.data.item.map((one: { id: string }) => one.id)).to.deep.equal([id]);

        const refund = await callXml(
          paymux,
          'POST',
          `/v1/payments/${id}/refunds`,
          writeRequest({ merchant_refund_no: wanted.merchant_order_no, amount: 1999, reason: 'Cold <tea>' }),
        );
        expectXml(refund, 201);
        expect(refund.body).to.include({ object: 'refund', payment: id, amount: '1999', reason: 'Cold <tea>' });
        await eventually(async () => (await callXml(paymux, 'GET', `/v1/refunds/${refund.body.id}`)).body.state === 'success');
        const refunded = await callXml(paymux, 'GET', `/v1/payments/${id}`);
        expect(refunded.body).to.include({ state: 'refunded', amount_refunded: '1999' });
        const refunds = await callXml(paymux, 'GET', `/v1/refunds?payment=${id}`);
        expect(refunds.body.data.item.map((one: { id: string }) => one.id)).to.deep.equal([refund.body.id]);
      });

      it(`closes a payment by ${method}, and says in a problem that it cannot be refunded`, async () => {
        const created = await create(order({ method, currency, return_url: 'https://shop.example/done' }));
        const part = writeRequest({ merchant_refund_no: orderNo(), amount: 1 });
        const early = await callXml(paymux, 'POST', `/v1/payments/${created.body.id}/refunds`, part);
        expect([early.status, early.type, early.root]).to.deep.equal([409, 'application/problem+xml', 'problem']);
        expect(early.body).to.include({ status: '409', code: 'payment_not_refundable', advice: 'do_not_retry' });
        expect(early.body.payment).to.include({ id: created.body.id, state: 'pending' });
        const closed = await callXml(paymux, 'POST', `/v1/payments/${created.body.id}/close`, '<request/>');
        expectXml(closed, 200);
        expect(['closed', 'processing'], 'Alipay has no trade to close before the shopper opens the page').to.include(closed.body.state);
        if (closed.body.state === 'processing') expect(closed.body.closing).to.equal('true');
      });
    }

    it('reads metadata, order lines, fallbacks and the payer as their JSON says them', async () => {
      const wanted = order({
        method: 'wechat_h5',
        payer: { client_ip: '203.0.113.9', member_id: 'm-1' },
        fallback_methods: ['alipay_page', 'alipay_wap'],
        order_lines: [
          { merchant_order_no: 'a', amount: 999, subject: 'Tea' },
          { merchant_order_no: 'b', amount: 1000 },
        ],
        metadata: { colour: 'red', note: '1 < 2 & 3', zero: '0' },
      });
      const created = await create(wanted);
      expectXml(created, 201);
      expect(created.body.metadata).to.deep.equal({ colour: 'red', note: '1 < 2 & 3', zero: '0' });
      const inJson = await paymux.call('GET', `/v1/payments/${created.body.id}`);
      expect(inJson.body.metadata).to.deep.equal({ colour: 'red', note: '1 < 2 & 3', zero: '0' });
      const again = await paymux.call('POST', '/v1/payments', wanted);
      expect([again.status, again.body.id]).to.deep.equal([200, created.body.id]);
    });

    it('answers metadata as it may be sent back, whatever its keys', async () => {
      const metadata = { 'order id': ' 1 ', '1': '', 颜色: '红', entry: 'a', item: 'b', 'a"<&>': "'", xml: 'c', toString: 'd', 'a:b': 'e' };
      const asked = await paymux.call('POST', '/v1/payments', order({ metadata }));
      const { text } = await callXml(paymux, 'GET', `/v1/payments/${asked.body.id}`);
      const written = /<metadata>.*<\/metadata>/s.exec(text)?.[0] ?? '';
      const body = writeRequest(order()).replace('</request>', `${written}</request>`);
      const answer = await paymux.call('POST', '/v1/payments', body, { 'content-type': 'application/xml', accept: 'application/json' });
      expect([answer.status, answer.body.metadata], answer.text).to.deep.equal([201, metadata]);
    });

    it('takes the same order in JSON and in XML for the same request', async () => {
      const first = order({ metadata: { a: '1' } });
      const inJson = await paymux.call('POST', '/v1/payments', first);
      const again = await create(first);
      expectXml(again, 200);
      expect(again.body.id).to.equal(inJson.body.id);
      const other = await create({ ...first, amount: 2000 });
      expect([other.status, other.type, other.body.code]).to.deep.equal([409, 'application/problem+xml', 'merchant_order_no_used']);
    });

    it('replays an idempotent answer in the format that is asked for the second time', async () => {
      const key = { 'idempotency-key': orderNo() };
      const wanted = order();
      const first = await create(wanted, key);
      const replayed = await paymux.call('POST', '/v1/payments', wanted, key);
      expect(replayed.status).to.equal(201);
      expect(replayed.headers.get('idempotency-replayed')).to.equal('true');
      expect(replayed.body).to.include({ id: first.body.id, amount: 1999 });
      const asXml = await callXml(paymux, 'POST', '/v1/payments', JSON.stringify(wanted), {
        ...key,
        'content-type': 'application/json',
        accept: 'application/xml',
      });
      expectXml(asXml, 201);
      expect(asXml.body.id).to.equal(first.body.id);
    });

    it('answers in the format that Accept asks for', async () => {
      const inJson = await paymux.call('POST', '/v1/payments', writeRequest(order()), {
        'content-type': 'text/xml; charset=utf-8',
        accept: 'application/json',
      });
      expect([inJson.status, inJson.headers.get('content-type'), inJson.body.amount]).to.deep.equal([201, 'application/json', 1999]);
    });

    it('gives a QR code as an image that survives being XML', async () => {
      const created = await create(order());
      expect(created.body.action.type).to.equal('qr');
      expect(created.body.action.qr_svg).to.match(/^<svg xmlns=.*<\/svg>$/s);
    });

    describe('refuses, as a problem in XML, and changes nothing by', () => {
      const refused = async (body: string, headers: Readonly<Record<string, string>> = {}) => {
        const before = await takeStock(paymux.stored.database);
        const answer = await callXml(paymux, 'POST', '/v1/payments', body, headers);
        expect([answer.status, answer.type, answer.root], answer.text.slice(0, 300)).to.deep.equal([
          400,
          'application/problem+xml',
          'problem',
        ]);
        expect(answer.body.request_id).to.equal(answer.headers.get('x-request-id'));
        expect(answer.text).to.not.match(/root:|passwd/);
        expect(await takeStock(paymux.stored.database)).to.deep.equal(before);
        return answer;
      };

      for (const [name, body] of Object.entries(attacks)) {
        it(name, async () => expect((await refused(body)).body.code).to.equal('invalid_xml'));
      }

      it('faults of its fields, all at once and in Chinese', async () => {
        const body = writeRequest({ ...order(), amount: '19.99', colour: 'red' }).replace(
          '</request>',
          '<currency>USD</currency></request>',
        );
        const answer = await refused(body, { 'accept-language': 'zh-CN' });
        const faults = answer.body.errors.item.map((one: { param: string; code: string }) => `${one.param}: ${one.code}`);
        expect(faults).to.have.members(['amount: not_integer', 'colour: unknown_field', 'currency: duplicate_key']);
        for (const fault of answer.body.errors.item) expect(fault.detail).to.match(/[一-鿿]/);
      });

      it('an amount in any other spelling than plain digits', async () => {
        for (const amount of ['', ' 700', '0700', '+700', '7e2', '0x2bc', '700.0', '９', '9007199254740993', '-700', '0'])
          expect((await refused(writeRequest(order({ amount })))).body.code, amount).to.equal('invalid_request');
      });
    });
  });
});
