import { expect } from 'chai';
import fc from 'fast-check';
import { makeCall } from '../../../../test/kit/channel-kit.ts';
import { config, number, openXendit, paymentEvent, raw, refundId, refundNumber, requestId } from './fixture.ts';

const channel = openXendit();
const parse = (...args: Parameters<typeof raw>) => channel.parseCallback(raw(...args), makeCall());
const refundData = { id: refundId, payment_id: 'py-1', reference_id: refundNumber, status: 'SUCCEEDED' };

describe('xendit: callbacks', () => {
  it('say which payment changed, and never what became of it', async () => {
    expect(await parse(paymentEvent())).to.deep.include({
      kind: 'event',
      eventId: 'payment.succeeded:py-1:SUCCEEDED',
      trust: 'token',
      items: [{ of: 'payment', number, channelNo: requestId, report: { state: 'changed' } }],
    });
  });

  it('may name the payment request itself', async () => {
    const callback = await parse(paymentEvent({ event: 'payment_request.expired' }, { id: requestId, payment_request_id: undefined }));
    expect(callback).to.have.nested.property('items[0].channelNo', requestId);
  });

  for (const [shape, data] of [
    ['one envelope', refundData],
    ['two envelopes', { event: 'refund.succeeded', business_id: 'x', data: refundData }],
  ] as const) {
    it(`say which refund changed, in ${shape}`, async () => {
      const body = JSON.stringify({ event: 'refund.succeeded', business_id: config.business_id, data });
      expect(await parse(body)).to.deep.include({
        items: [{ of: 'refund', number: refundNumber, channelNo: refundId, report: { state: 'changed' } }],
      });
    });
  }

  it('are refused without the token, and with each change of one byte of it', async () => {
    const refused = { kind: 'refused', reason: 'bad_signature' };
    expect(await parse(paymentEvent(), null)).to.include(refused);
    for (const token of ['', `${config.callback_token}x`, config.callback_token.slice(1)]) {
      expect(await parse(paymentEvent(), token)).to.include(refused);
    }
    for (let at = 0; at < config.callback_token.length; at += 1) {
      const token = `${config.callback_token.slice(0, at)}!${config.callback_token.slice(at + 1)}`;
      expect(await parse(paymentEvent(), token), token).to.include(refused);
    }
  });

  it('of another business are refused', async () => {
    expect(await parse(paymentEvent({ business_id: 'ffffffffffffffffffffffff' }))).to.include({ kind: 'refused', reason: 'wrong_account' });
    expect(await parse(paymentEvent({ business_id: undefined }))).to.include({ kind: 'refused', reason: 'malformed' });
  });

  it('about anything else are answered and ignored', async () => {
    for (const event of ['payout.succeeded', 'payment_method.activated', 'x'.repeat(200)]) {
      expect(await parse(paymentEvent({ event }))).to.deep.include({ kind: 'ignored', eventType: event.slice(0, 64) });
    }
    expect(await parse(paymentEvent({ event: 'refund.failed' }, { reference_id: 'made by hand' }))).to.have.property('kind', 'ignored');
  });

  it('may hold objects where a text belongs', async () => {
    const odd = { toString: 1, valueOf: 1 };
    expect(await parse(paymentEvent({}, { id: odd, status: odd, reference_id: odd }))).to.have.property('kind', 'event');
    expect(await parse(paymentEvent({ event: 'refund.failed' }, { id: odd }))).to.have.property('kind', 'ignored');
  });

  it('never throw, whatever is sent', async () => {
    const token = fc.option(fc.oneof(fc.constant(config.callback_token), fc.string()), { nil: null });
    const body = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      fc.nat(300).map((length) => Buffer.from(paymentEvent()).subarray(0, length)),
      fc.jsonValue().map((data) => Buffer.from(paymentEvent({ data }))),
      fc
        .record({ id: fc.jsonValue(), payment_request_id: fc.jsonValue(), reference_id: fc.jsonValue(), status: fc.jsonValue() })
        .map((data) => Buffer.from(paymentEvent({}, data))),
    );
    await fc.assert(
      fc.asyncProperty(body, token, async (bytes, given) => {
        const callback = await parse(bytes, given);
        if (given !== config.callback_token) expect(callback.kind).to.equal('refused');
        if (callback.kind === 'event') expect(callback.items.every(({ report }) => report.state === 'changed')).to.equal(true);
      }),
      { numRuns: 400 },
    );
  });
});
