import { expect } from 'chai';
import fc from 'fast-check';
import { sm2 } from 'sm-crypto-v2';
import { makeCall } from '../../../../test/kit/channel-kit.ts';
import * as fixture from './fixture.ts';

const { bankSign, callback, config, envelope, openCmb, paid, rawForm, rawRequest, refunded, signedText } = fixture;

describe('cmbecny callbacks', () => {
  const channel = openCmb();
  const parse = (raw: Parameters<typeof channel.parseCallback>[0]) => channel.parseCallback(raw, makeCall());
  const { tradeState: _, ...told } = paid;
  const { tradeState: __, ...toldRefund } = refunded;

  it('reads a payment, whose sample at the bank has no state', async () => {
    const read = await parse(callback(told));
    expect(read).to.deep.include({ kind: 'event', trust: 'signed', eventId: `payment:${paid.orderId}:${paid.cmbOrderId}:succeeded` });
    const report = {
      state: 'succeeded',
      channelNo: paid.cmbOrderId,
      money: { amount: 888, currency: 'CNY' },
      echo: { number: paid.orderId, merchantNo: config.merchant_no },
      at: new Date('2026-01-02T03:05:03Z'),
    };
    expect(read).to.have.deep.property('items', [{ of: 'payment', number: paid.orderId, channelNo: paid.cmbOrderId, report }]);
    expect(await parse(callback(paid))).to.have.deep.property('items', [
      { of: 'payment', number: paid.orderId, channelNo: paid.cmbOrderId, report },
    ]);
  });

  it('answers with a success that the merchant signed', async () => {
    const read = await parse(callback(told));
    if (read.kind !== 'event') throw new Error('expected an event');
    const { sign, ...members } = JSON.parse(read.accepted.body) as Record<string, string>;
    expect(members).to.deep.equal({ returnCode: 'SUCCESS', respCode: 'SUCCESS', ...envelope });
    const der = Buffer.from(sign!, 'base64').toString('hex');
    const text = new Uint8Array(Buffer.from(signedText(members)));
    expect(sm2.doVerifySignature(text, der, fixture.merchant.publicKey, { hash: true, der: true })).to.equal(true);
    expect(read.retry.status).to.equal(500);
  });

  it('has any other state asked about', async () => {
    for (const tradeState of ['P', 'F', 'C', 'D']) {
      const read = await parse(callback({ ...paid, tradeState }));
      expect(read).to.have.nested.property('items[0].report.state', 'changed');
    }
  });

  it('reads a refund by its amount, and has it asked about where the state is not told', async () => {
    const item = { of: 'refund', number: refunded.orderId, channelNo: refunded.cmbOrderId };
    const done = await parse(callback({ ...toldRefund, refundState: 'S' }));
    expect(done).to.have.nested.property('items[0].report.state', 'succeeded');
    expect(done).to.have.deep.nested.property('items[0].report.money', { amount: 300, currency: 'CNY' });
    for (const change of [{}, { refundState: 'F' }, { refundState: 'P' }]) {
      const read = await parse(callback({ ...toldRefund, ...change }));
      expect(read).to.have.deep.property('items', [{ ...item, report: { state: 'changed' } }]);
    }
  });

  it('reads extra members that are signed, with marks and spaces of the form kept apart', async () => {
    const members = bankSign({ ...envelope, biz_content: JSON.stringify({ ...told, mchReserved: 'a&b=c +/%' }), added: '' });
    expect(await parse(rawForm(members))).to.include({ kind: 'event' });
  });

  it('refuses another merchant, another key, a missing signature, a changed or doubled member, another method', async () => {
    expect(await parse(callback({ ...told, merId: 'OTHER1' }))).to.include({ kind: 'refused', reason: 'wrong_account' });
    expect(await parse(callback(told, fixture.merchant.privateKey))).to.include({ kind: 'refused', reason: 'bad_signature' });
    const { sign: ___, ...unsigned } = bankSign({ ...envelope, biz_content: JSON.stringify(told) });
    expect(await parse(rawForm(unsigned))).to.include({ kind: 'refused', reason: 'bad_signature' });
    const members = bankSign({ ...envelope, biz_content: JSON.stringify(told) });
    for (const [name, value] of Object.entries(members)) {
      expect(await parse(rawForm({ ...members, [name]: `${value}x` })), name).to.include({ kind: 'refused', reason: 'bad_signature' });
      const doubled = `${new URLSearchParams(members)}&${new URLSearchParams({ [name]: value })}`;
      expect(await parse(rawRequest(doubled)), name).to.include({ kind: 'refused', reason: 'malformed' });
    }
    expect(await parse({ ...callback(told), method: 'GET' })).to.include({ kind: 'refused', reason: 'malformed' });
  });

  it('refuses every one-byte change of body and signature', async () => {
    const { body } = callback(told);
    const step = 7;
    for (let at = 0; at < body.length; at += step) {
      const changed = Buffer.from(body);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect((await parse(rawRequest(changed))).kind, `byte ${at}`).to.equal('refused');
    }
  });

  it('refuses genuine content that it cannot read', async () => {
    for (const content of [
      [],
      'text',
      { ...told, txnAmt: '8.88' },
      { ...told, orderId: 7 },
      { ...told, cmbOrderId: undefined },
      { ...toldRefund, orderId: '' },
    ]) {
      const read = await parse(callback(content));
      expect(read.kind, JSON.stringify(content)).to.equal('refused');
    }
  });

  it('never throws for what a stranger sends', async () => {
    const form = fc.dictionary(fc.constantFrom('sign', 'biz_content', 'encoding', '__proto__', 'toString', 'x'), fc.string());
    const body = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      form.map((members) => Buffer.from(new URLSearchParams(members).toString())),
    );
    await fc.assert(
      fc.asyncProperty(body, async (bytes) => {
        expect((await parse(rawRequest(bytes))).kind).to.equal('refused');
      }),
    );
  });
});
