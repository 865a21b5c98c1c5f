import { expect } from 'chai';
import fc from 'fast-check';
import type { Callback, RawRequest } from '../../../../core/contract/channel.ts';
import { makeCall } from '../../../../test/kit/channel-kit.ts';
import {
  callback,
  config,
  merchant,
  nowSec,
  number,
  openDouyin,
  paidOrder,
  platformSerial,
  rawRequest,
  refundFacts,
  refundNumber,
  seal,
  vendorHeaders,
  wrapped,
} from './fixture.ts';

const channel = openDouyin();
const read = (raw: RawRequest): Promise<Callback> => channel.parseCallback(raw, makeCall());
const accepted = { status: 200, headers: { 'content-type': 'application/json' }, body: '{"code":"SUCCESS","message":"OK"}' };
const refundNotice = { ...refundFacts, refund_status: 'SUCCESS' };

async function expectRefused(raw: RawRequest, reason: string): Promise<void> {
  const result = await read(raw);
  expect(result).to.include({ kind: 'refused', reason });
  expect(result).to.have.nested.property('reply.status', 401);
}

describe('Douyin Pay callbacks', () => {
  it('tell that an order was paid, with every fact as the vendor states it', async () => {
    const told = { ...paidOrder, amount: { total: 999, payer_total: 1, currency: 'CNY' } };
    const report = {
      state: 'succeeded',
      channelNo: paidOrder.transaction_id,
      money: { amount: 999, currency: 'CNY' },
      echo: { number, merchantNo: config.mchid },
      at: new Date('2026-01-02T03:04:03Z'),
    };
    expect(await read(callback('TRANSACTION.SUCCESS', told))).to.deep.include({
      kind: 'event',
      eventId: 'EV-1',
      trust: 'signed',
      items: [{ of: 'payment', number, channelNo: paidOrder.transaction_id, report }],
      accepted,
    });
  });

  it('are opened under either name of the algorithm, and under no third', async () => {
    const sealed = seal(paidOrder);
    expect(await read(wrapped('TRANSACTION.SUCCESS', { ...sealed, algorithm: 'AEAD_AES_256_GCM' }))).to.have.property('kind', 'event');
    await expectRefused(wrapped('TRANSACTION.SUCCESS', { ...sealed, algorithm: 'SM4' }), 'malformed');
  });

  it('tell of a refund, naming the merchant of the envelope', async () => {
    const result = await read(callback('REFUND.SUCCESS', refundNotice));
    expect(result)
      .to.have.nested.property('items[0]')
      .that.deep.includes({ of: 'refund', number: refundNumber, channelNo: refundFacts.refund_id });
    expect(result).to.have.nested.property('items[0].report.money').that.deep.equals({ amount: 300, currency: 'CNY' });
    expect(result).to.have.nested.property('items[0].report.echo').that.deep.equals({ number: refundNumber, merchantNo: config.mchid });
  });

  for (const [refund_status, state] of Object.entries({ ABNORMAL: 'abnormal', CLOSED: 'failed', PROCESSING: 'processing' })) {
    it(`tell that a refund is ${state}`, async () => {
      expect(await read(callback(`REFUND.${refund_status}`, { ...refundNotice, refund_status }))).to.have.nested.property(
        'items[0].report.state',
        state,
      );
    });
  }

  it('of a failed try say only that something changed', async () => {
    for (const trade_state of ['NOTPAY', 'PAYERROR', 'CLOSED', 'TOMORROW', undefined]) {
      const { items } = (await read(callback('TRANSACTION.FAIL', { ...paidOrder, trade_state }))) as Extract<Callback, { kind: 'event' }>;
      expect(items).to.deep.equal([{ of: 'payment', number, report: { state: 'changed' } }]);
    }
  });

  it('of another merchant or app are refused', async () => {
    await expectRefused(callback('TRANSACTION.SUCCESS', { ...paidOrder, mchid: '80001234568' }), 'wrong_account');
    await expectRefused(callback('TRANSACTION.SUCCESS', { ...paidOrder, appid: 'awother' }), 'wrong_account');
    await expectRefused(wrapped('REFUND.SUCCESS', { ...seal(refundNotice), mchid: '80001234568' }), 'wrong_account');
    await expectRefused(callback('TRANSACTION.FAIL', { out_trade_no: number, mchid: '80001234568' }), 'wrong_account');
  });

  it('of kinds that are not handled are accepted and ignored, once they are proven', async () => {
    for (const eventType of ['PROFITSHARING.SUCCESS', 'constructor'])
      expect(await read(callback(eventType, {}))).to.deep.equal({ kind: 'ignored', eventType, reply: accepted });
    await expectRefused(callback('PROFITSHARING.SUCCESS', {}, { key: merchant.privateKey }), 'bad_signature');
  });

  it('are refused when any byte of the body or of the signature is another', async () => {
    const raw = callback('TRANSACTION.SUCCESS', paidOrder);
    for (let at = 0; at < raw.body.length; at += 1) {
      const body = Buffer.from(raw.body);
      body[at] = (body[at] ?? 0) ^ 1;
      await expectRefused({ ...raw, body }, 'bad_signature');
    }
    const signature = Buffer.from(raw.headers['douyinpay-signature'] ?? '', 'base64');
    for (let at = 0; at < signature.length; at += 1) {
      const other = Buffer.from(signature);
      other[at] = (other[at] ?? 0) ^ 1;
      await expectRefused({ ...raw, headers: { ...raw.headers, 'douyinpay-signature': other.toString('base64') } }, 'bad_signature');
    }
  });

  it('are refused without any of the four headers, by another key, and under another serial', async () => {
    const raw = callback('TRANSACTION.SUCCESS', paidOrder);
    for (const name of Object.keys(vendorHeaders(''))) {
      const { [name]: _, ...headers } = raw.headers;
      await expectRefused({ ...raw, headers }, 'bad_signature');
    }
    await expectRefused(callback('TRANSACTION.SUCCESS', paidOrder, { key: merchant.privateKey }), 'bad_signature');
    await expectRefused(callback('TRANSACTION.SUCCESS', paidOrder, { serial: 'FFFF' }), 'bad_signature');
  });

  it('are taken five minutes early or late and not a second more, and only at times in ten digits', async () => {
    const at = (timestamp: string) => callback('TRANSACTION.SUCCESS', paidOrder, { timestamp });
    for (const skew of [-300, 300]) expect(await read(at(String(nowSec + skew)))).to.have.property('kind', 'event');
    for (const skew of [-301, 301]) await expectRefused(at(String(nowSec + skew)), 'stale');
    for (const timestamp of [` ${nowSec}`, `${nowSec}.0`, `${nowSec}000`, `+${nowSec}`])
      await expectRefused(at(timestamp), 'bad_signature');
  });

  it('are refused when the resource was sealed with another key, or is not sealed as agreed', async () => {
    const sealed = seal(paidOrder);
    const strange: unknown[] = [
      seal(paidOrder, 'x'.repeat(32)),
      { ...sealed, nonce: 'short' },
      { ...sealed, nonce: 12 },
      { ...sealed, associated_data: 'refund' },
      { ...sealed, associated_data: {} },
      { ...sealed, ciphertext: 'AAAA' },
      { ...sealed, ciphertext: null },
      'text',
      null,
      [],
    ];
    for (const resource of strange) await expectRefused(wrapped('TRANSACTION.SUCCESS', resource), 'malformed');
  });

  it('are refused when the content lacks a fact', async () => {
    const contents: unknown[] = [
      '[]',
      'not json',
      {},
      { ...paidOrder, mchid: undefined },
      { ...paidOrder, amount: undefined },
      { ...paidOrder, amount: { total: 888 } },
      { ...paidOrder, amount: { total: 8.88, currency: 'CNY' } },
      { ...paidOrder, transaction_id: undefined },
      { ...paidOrder, out_trade_no: 5 },
    ];
    for (const content of contents) await expectRefused(callback('TRANSACTION.SUCCESS', content), 'malformed');
    const refunds: unknown[] = [{ ...refundNotice, amount: 300 }, { ...refundNotice, refund_status: 1 }, refundFacts, paidOrder];
    for (const content of refunds) await expectRefused(callback('REFUND.SUCCESS', content), 'malformed');
    for (const body of ['', '[]', '{', '{"id":1,"event_type":"TRANSACTION.SUCCESS"}', '{"id":"a"}'])
      await expectRefused(rawRequest(body, vendorHeaders(body)), 'malformed');
  });

  describe('never throw', () => {
    const headerName = fc.oneof(fc.constantFrom(...Object.keys(vendorHeaders(''))), fc.string());
    const headerValue = fc.oneof(fc.string(), fc.base64String(), fc.constantFrom(String(nowSec), platformSerial));

    it('for any bytes under any headers', async () => {
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.dictionary(headerName, headerValue), async (body, headers) => {
          expect(await read(rawRequest(body, headers))).to.include({ kind: 'refused', reason: 'bad_signature' });
        }),
        { numRuns: 300 },
      );
    });

    it('for any JSON that the vendor might sign, outside and inside the seal', async () => {
      const eventType = fc.constantFrom('TRANSACTION.SUCCESS', 'TRANSACTION.FAIL', 'REFUND.SUCCESS');
      await fc.assert(
        fc.asyncProperty(eventType, fc.jsonValue(), fc.boolean(), async (type, value, isInside) => {
          expect(await read(wrapped(type, isInside ? seal(value) : value))).to.include({ kind: 'refused' });
        }),
        { numRuns: 100 },
      );
    });
  });
});
