import { expect } from 'chai';
import fc from 'fast-check';
import type { Callback, RawRequest } from '../../../../core/contract/channel.ts';
import { makeCall } from '../../../../test/kit/channel-kit.ts';
import {
  callback,
  doneRefund,
  envelope,
  merchant,
  nowSec,
  number,
  openWechat,
  paidOrder,
  rawRequest,
  refundNumber,
  type Signing,
  seal,
  vendorHeaders,
} from './fixture.ts';

const channel = openWechat();
const read = (raw: RawRequest): Promise<Callback> => channel.parseCallback(raw, makeCall());

const accepted = { status: 200, headers: { 'content-type': 'application/json' }, body: '{"code":"SUCCESS"}' };

const refundNotice = {
  mchid: paidOrder.mchid,
  out_trade_no: number,
  transaction_id: paidOrder.transaction_id,
  out_refund_no: refundNumber,
  refund_id: doneRefund.refund_id,
  refund_status: 'SUCCESS',
  success_time: '2026-01-02T11:04:04+08:00',
  user_received_account: '支付用户零钱',
  amount: { total: 888, refund: 300, payer_total: 800, payer_refund: 270 },
};

/** A genuine envelope around any resource. */
function wrapped(eventType: string, resource: unknown, signing: Signing = {}): RawRequest {
  const body = JSON.stringify(envelope(eventType, resource));
  return rawRequest(body, vendorHeaders(body, signing));
}

async function expectRefused(raw: RawRequest, reason: string): Promise<void> {
  const result = await read(raw);
  expect(result).to.include({ kind: 'refused', reason });
  expect(result).to.have.nested.property('reply.status', 401);
  expect(result).to.have.nested.property('reply.body', `{"code":"FAIL","message":"${reason}"}`);
}

describe('WeChat Pay callbacks', () => {
  it('tell that an order was paid, with every fact as the vendor states it', async () => {
    const told = { ...paidOrder, amount: { total: 999, payer_total: 1, currency: 'CNY', payer_currency: 'CNY' } };
    expect(await read(callback('TRANSACTION.SUCCESS', told))).to.deep.equal({
      kind: 'event',
      eventId: 'EV-2026010211040300001',
      trust: 'signed',
      items: [
        {
          of: 'payment',
          number,
          channelNo: '4200000985202601021234567890',
          report: {
            state: 'succeeded',
            channelNo: '4200000985202601021234567890',
            money: { amount: 999, currency: 'CNY' },
            echo: { number, merchantNo: '1900000109' },
            at: new Date('2026-01-02T03:04:03Z'),
          },
        },
      ],
      accepted,
      retry: {
        status: 500,
        headers: { 'content-type': 'application/json' },
        body: '{"code":"FAIL","message":"not stored yet, please send again"}',
      },
    });
  });

  it('tell that a refund succeeded, in yuan, which the vendor does not write there', async () => {
    const result = await read(callback('REFUND.SUCCESS', refundNotice));
    expect(result).to.have.property('kind', 'event');
    expect(result)
      .to.have.property('items')
      .that.deep.equals([
        {
          of: 'refund',
          number: refundNumber,
          channelNo: doneRefund.refund_id,
          report: {
            state: 'succeeded',
            channelNo: doneRefund.refund_id,
            money: { amount: 300, currency: 'CNY' },
            echo: { number: refundNumber, merchantNo: '1900000109' },
            at: new Date('2026-01-02T03:04:04Z'),
          },
        },
      ]);
  });

  it('take the currency of a refund where one is written', async () => {
    const result = await read(callback('REFUND.SUCCESS', { ...refundNotice, amount: { refund: 300, currency: 'USD' } }));
    expect(result).to.have.nested.property('items[0].report.money.currency', 'USD');
  });

  for (const [eventType, refund_status, state] of [
    ['REFUND.ABNORMAL', 'ABNORMAL', 'abnormal'],
    ['REFUND.CLOSED', 'CLOSED', 'failed'],
  ] as const) {
    it(`tell that a refund is ${state}`, async () => {
      const result = await read(callback(eventType, { ...refundNotice, refund_status }));
      expect(result).to.have.nested.property('items[0].report.state', state);
      expect(result).not.to.have.nested.property('items[0].report.money');
    });
  }

  it("of another merchant number carry that number, for the kernel to refuse; another app's are refused here", async () => {
    const result = await read(callback('TRANSACTION.SUCCESS', { ...paidOrder, mchid: '1900000110' }));
    expect(result).to.have.nested.property('items[0].report.echo.merchantNo', '1900000110');
    await expectRefused(callback('TRANSACTION.SUCCESS', { ...paidOrder, appid: 'wx0000000000000000' }), 'wrong_account');
  });

  it('of the mini program and of the mobile app are ours, where those have app ids of their own', async () => {
    const owner = openWechat({ mini_appid: 'wxmini0123456789ab', app_appid: 'wxapp00123456789ab' });
    for (const appid of ['wxmini0123456789ab', 'wxapp00123456789ab', paidOrder.appid]) {
      const raw = callback('TRANSACTION.SUCCESS', { ...paidOrder, appid });
      expect(await owner.parseCallback(raw, makeCall()), appid).to.have.property('kind', 'event');
    }
    await expectRefused(callback('TRANSACTION.SUCCESS', { ...paidOrder, appid: 'wxmini0123456789ab' }), 'wrong_account');
  });

  it('of kinds that are not handled are accepted and ignored, once they are proven', async () => {
    for (const eventType of ['COUPON.USE', 'PAYSCORE.USER_OPEN_SERVICE', 'constructor']) {
      expect(await read(wrapped(eventType, seal({})))).to.deep.equal({ kind: 'ignored', eventType, reply: accepted });
    }
    await expectRefused(wrapped('COUPON.USE', seal({}), { key: merchant.privateKey }), 'bad_signature');
  });

  describe('are refused', () => {
    it('when one bit of the body is turned', async () => {
      const raw = callback('TRANSACTION.SUCCESS', paidOrder);
      for (let at = 0; at < raw.body.length; at += 7) {
        const body = Buffer.from(raw.body);
        body[at] = (body[at] ?? 0) ^ 1;
        await expectRefused({ ...raw, body }, 'bad_signature');
      }
    });

    it('when the same JSON is written in other bytes', async () => {
      const raw = callback('TRANSACTION.SUCCESS', paidOrder);
      await expectRefused({ ...raw, body: Buffer.from(JSON.stringify(JSON.parse(raw.body.toString()), null, 1)) }, 'bad_signature');
    });

    it('when they are unsigned, signed by somebody else, or a probe', async () => {
      const raw = callback('TRANSACTION.SUCCESS', paidOrder);
      await expectRefused({ ...raw, headers: {} }, 'bad_signature');
      await expectRefused(callback('TRANSACTION.SUCCESS', paidOrder, { key: merchant.privateKey }), 'bad_signature');
      await expectRefused(callback('TRANSACTION.SUCCESS', paidOrder, { serial: 'ffff' }), 'bad_signature');
      const probe = { ...raw.headers, 'wechatpay-signature': `WECHATPAY/SIGNTEST/${raw.headers['wechatpay-signature']?.slice(0, 300)}` };
      await expectRefused({ ...raw, headers: probe }, 'bad_signature');
    });

    it('when they are older than five minutes, or from the future', async () => {
      for (const skew of [-301, 301]) await expectRefused(callback('TRANSACTION.SUCCESS', paidOrder, { atSec: nowSec + skew }), 'stale');
    });

    it('when the resource was sealed with another key, or is not sealed as agreed', async () => {
      const sealed = seal(paidOrder);
      const strange: unknown[] = [
        seal(paidOrder, 'x'.repeat(32)),
        { ...sealed, algorithm: 'AEAD_SM4_GCM' },
        { ...sealed, nonce: 'short' },
        { ...sealed, nonce: 12 },
        { ...sealed, associated_data: 'refund' },
        { ...sealed, associated_data: {} },
        { ...sealed, ciphertext: 'AAAA' },
        { ...sealed, ciphertext: `${sealed.ciphertext}=` },
        { ...sealed, ciphertext: null },
        'text',
        null,
        [],
      ];
      for (const resource of strange) await expectRefused(wrapped('TRANSACTION.SUCCESS', resource), 'malformed');
    });

    it('when the content lacks a fact', async () => {
      const contents: unknown[] = [
        '[]',
        'not json',
        {},
        { ...paidOrder, amount: undefined },
        { ...paidOrder, amount: { total: 888 } },
        { ...paidOrder, amount: { total: 8.88, currency: 'CNY' } },
        { ...paidOrder, transaction_id: undefined },
        { ...paidOrder, trade_state: 'PAYERROR' },
        { ...paidOrder, trade_state: 'TOMORROW' },
      ];
      for (const content of contents) await expectRefused(callback('TRANSACTION.SUCCESS', content), 'malformed');
      const refunds: unknown[] = [
        { ...refundNotice, amount: 300 },
        { ...refundNotice, amount: null },
        { ...refundNotice, refund_status: 1 },
        paidOrder,
      ];
      for (const content of refunds) await expectRefused(callback('REFUND.SUCCESS', content), 'malformed');
    });

    it('when the envelope is genuine and no callback at all', async () => {
      for (const body of [
        '',
        '[]',
        'null',
        '{',
        '{"id":1,"event_type":"TRANSACTION.SUCCESS"}',
        '{"id":"","event_type":"X"}',
        '{"id":"a"}',
      ]) {
        await expectRefused(rawRequest(body, vendorHeaders(body)), 'malformed');
      }
      const notUtf8 = Buffer.from([0x7b, 0xff, 0x7d]);
      await expectRefused(rawRequest(notUtf8, vendorHeaders(notUtf8)), 'malformed');
    });
  });

  describe('never throw', () => {
    const header = fc.oneof(
      fc.string(),
      fc.base64String(),
      fc.constant(String(nowSec)),
      fc.constant('PUB_KEY_ID_0116000000012026010200000000000001'),
    );
    const name = fc.oneof(
      fc.constantFrom('wechatpay-timestamp', 'wechatpay-nonce', 'wechatpay-signature', 'wechatpay-serial'),
      fc.string(),
    );

    it('for any bytes under any headers', async () => {
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.dictionary(name, header), async (body, headers) => {
          const result = await read(rawRequest(body, headers));
          expect(result).to.include({ kind: 'refused', reason: 'bad_signature' });
        }),
        { numRuns: 500 },
      );
    });

    it('for a genuine callback that was cut short', async () => {
      const whole = callback('TRANSACTION.SUCCESS', paidOrder).body;
      await fc.assert(
        fc.asyncProperty(fc.nat(whole.length - 1), async (length) => {
          const body = whole.subarray(0, length);
          expect(await read(rawRequest(body, vendorHeaders(body)))).to.include({ kind: 'refused', reason: 'malformed' });
        }),
        { numRuns: 50 },
      );
    });

    it('for any JSON that the vendor might sign, outside and inside the seal', async () => {
      const eventType = fc.constantFrom('TRANSACTION.SUCCESS', 'REFUND.SUCCESS', 'REFUND.CLOSED', 'OTHER');
      await fc.assert(
        fc.asyncProperty(eventType, fc.jsonValue(), fc.boolean(), async (type, value, inside) => {
          const result = await read(wrapped(type, inside ? seal(value) : value));
          expect(result.kind).to.equal(type === 'OTHER' ? 'ignored' : 'refused');
        }),
        { numRuns: 100 },
      );
    });
  });
});
