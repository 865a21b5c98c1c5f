import { expect } from 'chai';
import fc from 'fast-check';
import { makeCall } from '../../../../test/kit/channel-kit.ts';
import { attempt, config, openUnionpay, paidFields, post, refundedFields, refundRequest, signed } from './fixture.ts';

const channel = openUnionpay();
const call = makeCall();
const parse = (fields: Record<string, string>) => channel.parseCallback(post(signed({ ...paidFields, ...fields })), call);
const echo = { number: attempt.number, merchantNo: config.merchant_id };

describe('UnionPay’s callbacks', () => {
  it('about a paid order tell its amount and are answered with ok', async () => {
    const callback = await parse({});
    const report = { state: 'succeeded', channelNo: paidFields['queryId'], money: attempt.money, echo };
    expect(callback).to.deep.include({ kind: 'event', trust: 'signed', items: [{ of: 'payment', number: attempt.number, report }] });
    expect(callback).to.have.deep.nested.property('accepted', { status: 200, headers: { 'content-type': 'text/plain' }, body: 'ok' });
    expect(callback).to.have.nested.property('retry.status', 500);
  });

  it('about a refund tell its own number and amount', async () => {
    const callback = await parse({ ...refundedFields, respCode: 'A6' });
    const names = { channelNo: refundedFields['queryId'], echo: { ...echo, number: refundRequest.number } };
    const report = { state: 'succeeded', money: refundRequest.money, ...names };
    expect(callback).to.deep.include({ items: [{ of: 'refund', number: refundRequest.number, report }] });
    expect(await parse({ ...refundedFields, respCode: '36' })).to.have.nested.property('items[0].report.state', 'failed');
    expect(await parse({ ...refundedFields, respCode: '05' })).to.have.nested.property('items[0].report.state', 'changed');
  });

  it('about a failure tell it, and about what is open only that something changed', async () => {
    expect(await parse({ respCode: '64' })).to.have.deep.nested.property('items[0].report', {
      state: 'declined',
      code: 'insufficient_funds',
      echo,
    });
    for (const respCode of ['03', '05', '12', '74']) {
      expect(await parse({ respCode }), respCode).to.have.deep.nested.property('items[0].report', { state: 'changed' });
    }
  });

  it('have an id of their own for each thing that they tell', async () => {
    const ids = await Promise.all([parse({}), parse({ respCode: '05' }), parse(refundedFields), parse({ orderId: 'another0' })]);
    expect(new Set(ids.map((one) => (one.kind === 'event' ? one.eventId : ''))).size).to.equal(4);
  });

  it('of other kinds are ignored, politely', async () => {
    expect(await parse({ txnType: '31' })).to.deep.include({ kind: 'ignored', eventType: 'txnType 31' });
  });

  it('for another merchant are refused, although UnionPay signed them', async () => {
    expect(await parse({ merId: '777290058119999' })).to.include({ kind: 'refused', reason: 'wrong_account' });
  });

  it('without the facts are refused', async () => {
    for (const fields of [{ orderId: '' }, { respCode: '' }, { txnAmt: '1.00' }, { currencyCode: '' }, { queryId: '' }]) {
      expect(await parse(fields), JSON.stringify(fields)).to.include({ kind: 'refused', reason: 'malformed' });
    }
  });

  it('are refused with anything changed, after the certificate’s time, by GET, and with parameters of the address alone', async () => {
    const fields = signed(paidFields);
    for (const name of Object.keys(fields)) {
      const callback = await channel.parseCallback(post({ ...fields, [name]: `1${fields[name]}` }), call);
      expect(callback, name).to.include({ kind: 'refused', reason: 'bad_signature' });
    }
    const late = makeCall({ now: () => new Date('2028-01-01T00:00:00Z') });
    expect(await channel.parseCallback(post(fields), late)).to.include({ reason: 'bad_signature' });
    expect(await channel.parseCallback({ ...post(fields), method: 'GET' }, call)).to.include({ kind: 'refused' });
    const query = new URLSearchParams(fields).toString();
    expect(await channel.parseCallback({ ...post(''), query }, call)).to.include({ kind: 'refused' });
    expect(await channel.parseCallback({ ...post(fields), query: 'a=1' }, call)).to.include({ kind: 'event' });
  });

  it('with a field twice are refused, whichever comes first', async () => {
    const body = new URLSearchParams(signed(paidFields)).toString();
    for (const twice of [`txnAmt=1&${body}`, `${body}&txnAmt=1`]) {
      expect(await channel.parseCallback(post(twice), call)).to.include({ kind: 'refused', reason: 'malformed' });
    }
  });

  it('never throw, whatever a stranger sends', async () => {
    const body = Buffer.from(new URLSearchParams(signed(paidFields)).toString());
    const cut = fc.nat(body.length - 1).map((length) => body.subarray(0, length));
    const bytes = fc.uint8Array({ maxLength: 300 }).map((some) => Buffer.from(some));
    const odd = fc.record({
      signature: fc.string(),
      signPubKeyCert: fc.string(),
      version: fc.constant('5.1.0'),
      signMethod: fc.constant('01'),
    });
    const any = fc.oneof(
      cut,
      bytes,
      odd.map((fields) => Buffer.from(new URLSearchParams(fields).toString())),
    );
    await fc.assert(fc.asyncProperty(any, async (sent) => (await channel.parseCallback(post(sent), call)).kind === 'refused'));
  });
});
