import { expect } from 'chai';
import fc from 'fast-check';
import type { Callback, CallbackItem } from '../../../../core/contract/channel.ts';
import { makeCall } from '../../../../test/kit/channel-kit.ts';
import {
  batchOf,
  item,
  type Members,
  number,
  openAdyen,
  pspReference,
  raw,
  refundItem,
  refundNumber,
  refundPsp,
  withHmac,
} from './fixture.ts';

const channel = openAdyen();
const common = { merchantNo: 'ShopECOM', livemode: false };
const echo = { ...common, number };
const money = { amount: 1999, currency: 'EUR' };
const at = new Date('2026-01-02T03:03:59Z');

const parse = (body: string | Buffer, headers?: Readonly<Record<string, string>>): Promise<Callback> =>
  channel.parseCallback(raw(body, headers), makeCall());

async function itemsOf(...items: readonly Members[]): Promise<readonly CallbackItem[]> {
  const callback = await parse(batchOf(...items.map((one) => withHmac(one))));
  if (callback.kind !== 'event') throw new Error(`not an event but ${JSON.stringify(callback)}`);
  return callback.items;
}

async function refusalOf(body: string | Buffer, headers?: Readonly<Record<string, string>>) {
  const callback = await parse(body, headers);
  return callback.kind === 'refused' ? callback.reason : callback.kind;
}

describe('adyen: a callback about a payment', () => {
  it('takes number, amount, currency, merchant and environment of a successful authorisation from the item', async () => {
    const report = { state: 'succeeded', channelNo: pspReference, money, echo, at };
    expect(await itemsOf(item())).to.deep.equal([{ of: 'payment', number, channelNo: pspReference, report }]);
  });

  it('takes a refused try for one try: the link can still be paid, and the number of the try is not kept', async () => {
    const [refusal] = await itemsOf(item({ success: 'false', reason: 'Refused' }));
    expect(refusal).to.deep.equal({ of: 'payment', number, report: { state: 'pending', echo } });
  });

  it('does not say paid where the money is captured later or by hand', async () => {
    for (const captureDelayHours of ['24', 'manual', 24]) {
      const [waiting] = await itemsOf(item({ additionalData: { captureDelayHours } }));
      const report = { state: 'processing', channelNo: pspReference, echo };
      expect(waiting, String(captureDelayHours)).to.deep.equal({ of: 'payment', number, channelNo: pspReference, report });
    }
    const [paid] = await itemsOf(item({ additionalData: { captureDelayHours: '0' } }));
    expect(paid?.report.state).to.equal('succeeded');
  });

  it('says paid when such a payment is captured, under the number of the payment', async () => {
    const capture = { eventCode: 'CAPTURE', pspReference: '8836183819713023', originalReference: pspReference };
    const report = { state: 'succeeded', channelNo: pspReference, money, echo: common };
    expect(await itemsOf(item(capture))).to.deep.equal([{ of: 'payment', number, channelNo: pspReference, report }]);
    expect((await parse(batchOf(withHmac(item({ ...capture, success: 'false' }))))).kind).to.equal('ignored');
  });

  it('says that the money did not come when the capture failed after all, unless the failure itself is denied', async () => {
    const failed = { eventCode: 'CAPTURE_FAILED', pspReference: '8836183819713023', originalReference: pspReference };
    const report = { state: 'reversed', echo };
    expect(await itemsOf(item(failed))).to.deep.equal([{ of: 'payment', number, report }]);
    expect((await parse(batchOf(withHmac(item({ ...failed, success: 'false' }))))).kind).to.equal('ignored');
  });

  it('leaves it to the kernel to refuse another merchant account or environment: the item says which it is', async () => {
    const [foreign] = await itemsOf(item({ merchantAccountCode: 'OtherECOM' }));
    expect(foreign?.report).to.deep.include({ echo: { ...echo, merchantNo: 'OtherECOM' } });
    const live = await parse(batchOf(withHmac(item())).replace('"live":"false"', '"live":"true"'));
    expect(live.kind === 'event' && live.items[0]?.report).to.deep.include({ echo: { ...echo, livemode: true } });
  });

  it('does not believe a time to come, for the time is not signed', async () => {
    for (const eventDate of ['2026-01-02T03:04:06Z', 'yesterday', 5]) {
      const [paid] = await itemsOf(item({ eventDate }));
      expect(paid?.report, String(eventDate)).not.to.have.property('at');
    }
  });

  it('reads every item of a batch, whichever account it is of', async () => {
    const items = await itemsOf(item(), item({ merchantAccountCode: 'OtherECOM', pspReference: 'B' }), refundItem());
    expect(items.map(({ of, channelNo }) => [of, channelNo])).to.deep.equal([
      ['payment', pspReference],
      ['payment', 'B'],
      ['refund', refundPsp],
    ]);
  });

  it('takes ours beside an item whose name holds colons, however Adyen signed that, and reads nothing out of such a one', async () => {
    for (const escapes of [true, false]) {
      const report = withHmac(
        item({ eventCode: 'REPORT_AVAILABLE', pspReference: 'settlement:2026:01', merchantReference: '' }),
        undefined,
        escapes,
      );
      const shifted = withHmac(item({ originalReference: 'a:b' }), undefined, escapes);
      const callback = await parse(batchOf(report, shifted, withHmac(item())));
      expect(callback.kind === 'event' && callback.items.map(({ report: { state } }) => state)).to.deep.equal(['succeeded']);
    }
  });

  it('gives a repeated item the same event id, and another outcome another one', async () => {
    const idOf = async (one: Members) => {
      const callback = await parse(batchOf(withHmac(one)));
      return callback.kind === 'event' ? callback.eventId : callback.kind;
    };
    expect(await idOf(item())).to.equal(await idOf(item({ eventDate: '2026-01-02T04:04:00+01:00' })));
    expect(await idOf(item())).not.to.equal(await idOf(item({ success: 'false' })));
  });

  it('answers as Adyen expects: accepted, to be sent again, refused', async () => {
    const callback = await parse(batchOf(withHmac(item())));
    expect(callback).to.deep.include({ accepted: { status: 200, headers: { 'content-type': 'text/plain' }, body: '[accepted]' } });
    expect(callback.kind === 'event' && callback.retry.status).to.equal(500);
    const refused = await parse(batchOf(item()));
    expect(refused.kind === 'refused' && refused.reply.status).to.equal(400);
  });
});

describe('adyen: a callback about a refund', () => {
  const refund = { of: 'refund', number: refundNumber, channelNo: refundPsp };

  it('tells success with the amount that was returned', async () => {
    const report = { state: 'succeeded', channelNo: refundPsp, money: { amount: 500, currency: 'EUR' }, echo: common };
    expect(await itemsOf(refundItem())).to.deep.equal([{ ...refund, report }]);
  });

  it('tells failure of a refund that was refused, failed later, or came back', async () => {
    const report = { state: 'failed', code: 'refund_rejected', channelNo: refundPsp, echo: common };
    for (const members of [{ success: 'false' }, { eventCode: 'REFUND_FAILED' }, { eventCode: 'REFUNDED_REVERSED' }]) {
      expect(await itemsOf(refundItem(members)), JSON.stringify(members)).to.deep.equal([{ ...refund, report }]);
    }
    expect((await parse(batchOf(withHmac(refundItem({ eventCode: 'REFUND_FAILED', success: 'false' }))))).kind).to.equal('ignored');
  });

  it('can be found by its number at Adyen where the item repeats the reference of the payment', async () => {
    const [found] = await itemsOf(refundItem({ merchantReference: number }));
    expect(found).to.include({ number, channelNo: refundPsp });
    expect(found?.report).to.deep.include({ echo: common });
  });
});

describe('adyen: callbacks of no interest', () => {
  it('accepts and ignores other events', async () => {
    for (const eventCode of ['CANCEL_OR_REFUND', 'CHARGEBACK', 'REPORT_AVAILABLE', 'OFFER_CLOSED', 'CANCELLATION', 'SOMETHING_NEW']) {
      const callback = await parse(batchOf(withHmac(item({ eventCode }))));
      expect(callback).to.deep.include({ kind: 'ignored', eventType: eventCode });
      expect(callback.kind === 'ignored' && callback.reply.body).to.equal('[accepted]');
    }
  });

  it('accepts and ignores what is under a reference of somebody else, such as a report without any', async () => {
    for (const merchantReference of ['order-1', 'a:b\\c', '', undefined, null, number.toLowerCase(), `${number}0`]) {
      expect((await parse(batchOf(withHmac(item({ merchantReference }))))).kind, String(merchantReference)).to.equal('ignored');
    }
    expect(await itemsOf(item({ merchantReference: 'order-1' }), item())).to.have.length(1);
  });
});

describe('adyen: a callback that is not to be trusted', () => {
  it('is refused without a signature, with one of another key, and with one of another shape', async () => {
    const hmacs = [undefined, null, 5, '', 'AAAA', Buffer.alloc(31).toString('base64'), Buffer.alloc(33).toString('base64')];
    for (const hmacSignature of hmacs) {
      expect(await refusalOf(batchOf(item({ additionalData: { hmacSignature } }))), String(hmacSignature)).to.equal('bad_signature');
    }
    expect(await refusalOf(batchOf(withHmac(item(), '0123456789ABCDEF'.repeat(4))))).to.equal('bad_signature');
  });

  it('is refused after the change of any signed member', async () => {
    const signed = withHmac(item());
    const changes: readonly Members[] = [
      { pspReference: '993617894903480B' },
      { originalReference: 'X' },
      { merchantAccountCode: 'OtherECOM' },
      { merchantReference: refundNumber },
      { amount: { currency: 'EUR', value: 1998 } },
      { amount: { currency: 'USD', value: 1999 } },
      { eventCode: 'CAPTURE' },
      { success: 'false' },
    ];
    for (const change of changes)
      expect(await refusalOf(batchOf({ ...signed, ...change })), JSON.stringify(change)).to.equal('bad_signature');
  });

  it('is refused as a whole for one bad item, even one of no interest', async () => {
    expect(await refusalOf(batchOf(withHmac(item()), item({ eventCode: 'CHARGEBACK' })))).to.equal('bad_signature');
  });

  it('is refused without the basic authentication that was agreed on', async () => {
    const careful = openAdyen({ callback_user: 'adyen', callback_password: 'correct horse' });
    const body = batchOf(withHmac(item()));
    const login = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });
    const kindOf = async (headers: Record<string, string>) => (await careful.parseCallback(raw(body, headers), makeCall())).kind;
    expect(await kindOf(login('adyen:correct horse'))).to.equal('event');
    expect(await kindOf(login('adyen:wrong horse!!'))).to.equal('refused');
    expect(await kindOf({})).to.equal('refused');
  });

  it('is refused when it is genuine and its amount or number cannot be read, so that Adyen sends it again', async () => {
    for (const value of ['10.5', '1e3', '-5', '9007199254740993', '1.0', '']) {
      const amount = { value: value as unknown as number, currency: 'EUR' };
      for (const one of [
        item({ amount }),
        refundItem({ amount }),
        item({ eventCode: 'CAPTURE', originalReference: pspReference, amount }),
      ]) {
        expect(await refusalOf(batchOf(withHmac(one))), value).to.equal('malformed');
      }
    }
    expect(await refusalOf(batchOf(withHmac(item({ pspReference: '../x' }))))).to.equal('malformed');
    expect(await refusalOf(batchOf(withHmac(item({ amount: { value: 1999, currency: 'eur' } }))))).to.equal('malformed');
  });

  it('is malformed when it is no batch', async () => {
    const bodies = ['', '{}', '[]', 'null', '{"live":"false"}', '{"live":"false","notificationItems":[]}', batchOf(item({ amount: null }))];
    for (const body of [...bodies, '{"live":"maybe","notificationItems":[{}]}', batchOf(item({ success: true }))]) {
      expect(await refusalOf(body), body).to.equal('malformed');
    }
  });

  it('never throws, and never believes, whatever a stranger sends', async () => {
    const values = fc.oneof(fc.string(), fc.integer(), fc.constant(null), fc.boolean(), fc.object());
    const members = fc.dictionary(
      fc.constantFrom('amount', 'success', 'additionalData', 'pspReference', 'merchantReference', 'eventCode'),
      values,
    );
    const hostile = members.map((changed) => Buffer.from(batchOf({ ...item(), ...changed })));
    const cut = fc.nat().map((length) => Buffer.from(batchOf(withHmac(item()))).subarray(0, length % 300));
    const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));
    await fc.assert(
      fc.asyncProperty(fc.oneof(hostile, cut, bytes), async (body) => {
        expect(await refusalOf(body)).to.be.oneOf(['bad_signature', 'malformed']);
      }),
      { numRuns: 300 },
    );
  });
});
