import { expect } from 'chai';
import fc from 'fast-check';
import type { Callback, CallbackItem } from '../../../../core/contract/channel.ts';
import { makeCall } from '../../../../test/kit/channel-kit.ts';
import { attempt, config, openAlipay, paidFields, post, refundRequest, signFields } from './fake-alipay.ts';

const alipay = openAlipay();

function parse(fields: Readonly<Record<string, string>> | string | Buffer): Promise<Callback> {
  return alipay.parseCallback(post(fields), makeCall());
}

async function itemsOf(fields: Readonly<Record<string, string>>): Promise<readonly CallbackItem[]> {
  const callback = await parse(signFields(fields));
  if (callback.kind !== 'event') throw new Error(`expected an event, got ${JSON.stringify(callback)}`);
  return callback.items;
}

async function reasonOf(fields: Readonly<Record<string, string>> | string | Buffer): Promise<string> {
  const callback = await parse(fields);
  if (callback.kind !== 'refused') return callback.kind;
  expect(callback.reply).to.include({ status: 400, body: 'failure' });
  return callback.reason;
}

const { gmt_payment: _, ...unpaidFields } = paidFields;
const echo = { number: attempt.number, merchantNo: config.app_id };

describe('an Alipay callback', () => {
  it('of a paid trade is a signed event with the money as Alipay states it', async () => {
    const callback = await parse(signFields(paidFields));
    expect(callback).to.deep.include({ kind: 'event', eventId: '2026010300222003102000001', trust: 'signed' });
    expect(callback.kind === 'event' && callback.items).to.deep.equal([
      {
        of: 'payment',
        number: attempt.number,
        report: {
          state: 'succeeded',
          channelNo: '2026010222001',
          money: { amount: 1999, currency: 'CNY' },
          echo,
          at: new Date('2026-01-02T16:31:02Z'),
        },
      },
    ]);
  });

  it('is answered with the one word that Alipay accepts, and only once it is stored', async () => {
    const callback = await parse(signFields(paidFields));
    if (callback.kind !== 'event') throw new Error('expected an event');
    expect(callback.accepted).to.include({ status: 200, body: 'success' });
    expect(callback.retry).to.include({ status: 500, body: 'failure' });
  });

  it('of a trade that waits, finishes or is closed unpaid reports that', async () => {
    const state = async (fields: Record<string, string>) => (await itemsOf(fields)).map(({ report }) => report.state);
    expect(await state({ ...unpaidFields, trade_status: 'WAIT_BUYER_PAY' })).to.deep.equal(['pending']);
    expect(await state({ ...paidFields, trade_status: 'TRADE_FINISHED' })).to.deep.equal(['succeeded']);
    expect(await state({ ...unpaidFields, trade_status: 'TRADE_CLOSED', refund_fee: '0.00' })).to.deep.equal(['closed']);
  });

  it('of a trade closed by a full refund still says that it was paid', async () => {
    const refunded = { ...unpaidFields, trade_status: 'TRADE_CLOSED', refund_fee: '19.99' };
    expect((await itemsOf(refunded))[0]?.report.state).to.equal('succeeded');
    expect((await itemsOf({ ...paidFields, trade_status: 'TRADE_CLOSED' }))[0]?.report.state).to.equal('succeeded');
  });

  it('of a refund names the refund, but leaves its amount to a query: the one stated is the total of all', async () => {
    const fields = { ...paidFields, refund_fee: '5.00', out_biz_no: refundRequest.number, gmt_refund: '2026-01-03 09:00:00.123' };
    expect((await itemsOf(fields))[1]).to.deep.equal({
      of: 'refund',
      number: refundRequest.number,
      report: { state: 'processing', echo: { number: refundRequest.number, merchantNo: config.app_id } },
    });
  });

  it('of another application carries that application’s id, for the kernel to compare', async () => {
    const [item] = await itemsOf({ ...paidFields, app_id: '2021000000000009' });
    expect(item).to.have.deep.nested.property('report.echo', { number: attempt.number, merchantNo: '2021000000000009' });
  });

  it('of another seller is refused, however well it is signed', async () => {
    expect(await reasonOf(signFields({ ...paidFields, seller_id: '2088000000000009' }))).to.equal('wrong_account');
  });

  it('of the service market, which signs sign_type too, is accepted and ignored', async () => {
    const fields = { notify_type: 'servicemarket_order_notify', notify_id: '1', app_id: config.app_id, title: '模版' };
    const callback = await parse(signFields(fields, 'service'));
    expect(callback).to.deep.include({ kind: 'ignored', eventType: 'servicemarket_order_notify' });
    expect(callback.kind === 'ignored' && callback.reply).to.include({ status: 200, body: 'success' });
  });

  it('of a kind or status that is not known is accepted and ignored', async () => {
    expect((await parse(signFields({ msg_method: 'alipay.open.x', app_id: config.app_id }))).kind).to.equal('ignored');
    expect((await parse(signFields({ ...paidFields, trade_status: 'TRADE_PENDING' }))).kind).to.equal('ignored');
  });

  it('with a part missing that nothing can be done without is malformed', async () => {
    for (const name of ['out_trade_no', 'notify_id', 'trade_no', 'total_amount', 'app_id']) {
      const { [name]: _gone, ...rest } = paidFields;
      expect(await reasonOf(signFields(rest)), name).to.equal('malformed');
    }
    expect(await reasonOf(signFields({ ...paidFields, total_amount: '19.999' }))).to.equal('malformed');
  });

  it('that is not signed, signed by another or signed in another way is refused', async () => {
    const { sign: _sign, ...bare } = signFields(paidFields);
    expect(await reasonOf(bare)).to.equal('bad_signature');
    expect(await reasonOf({ ...bare, sign: '' })).to.equal('bad_signature');
    expect(await reasonOf({ ...bare, sign: 'AAAA' })).to.equal('bad_signature');
    expect(await reasonOf({ ...signFields(paidFields), sign_type: 'RSA' })).to.equal('bad_signature');
    expect(await reasonOf({ ...signFields(paidFields), extra: '1' })).to.equal('bad_signature');
  });

  it('changed in any one byte is refused, or means the same where only the unsigned sign_type was hit', async () => {
    const { body } = post(signFields(paidFields));
    const genuine = await parse(body);
    const typeAt = body.indexOf('sign_type=RSA2');
    for (let at = 0; at < body.length; at += 1) {
      const changed = Buffer.from(body);
      changed[at] = (changed[at] ?? 0) ^ 1;
      const callback = await parse(changed);
      if (at >= typeAt && at < typeAt + 'sign_type=RSA2'.length && callback.kind === 'event') expect(callback).to.deep.equal(genuine);
      else expect(callback.kind, `byte ${at}`).to.equal('refused');
    }
  });

  it('that comes by GET is refused', async () => {
    const raw = post(signFields(paidFields));
    const callback = await alipay.parseCallback({ ...raw, method: 'GET', query: raw.body.toString() }, makeCall());
    expect(callback).to.include({ kind: 'refused', reason: 'malformed' });
  });

  it('of random bytes, headers or fields is refused without an error', async () => {
    const fields = fc.dictionary(
      fc.constantFrom(...Object.keys(paidFields), 'sign', 'sign_type', '__proto__'),
      fc.string({ unit: 'binary' }),
    );
    const body = fc.oneof(
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      fc.string({ unit: fc.constantFrom('%', '&', '=', '+', 'f', '0', 's', 'sign=') }),
      fields,
    );
    await fc.assert(
      fc.asyncProperty(body, async (value) => {
        expect(await reasonOf(value)).to.be.oneOf(['bad_signature', 'malformed']);
      }),
    );
  });

  it('that is genuine and holds anything at all is read without an error', async () => {
    const value = fc.oneof(fc.constantFrom('TRADE_SUCCESS', 'TRADE_CLOSED', 'trade_status_sync', '19.99'), fc.string());
    const fields = fc.dictionary(fc.constantFrom(...Object.keys(paidFields), 'refund_fee', 'gmt_refund', 'out_biz_no'), value);
    await fc.assert(
      fc.asyncProperty(fields, async (changes) => {
        expect((await parse(signFields({ ...paidFields, ...changes }))).kind).to.be.oneOf(['event', 'ignored', 'refused']);
      }),
      { numRuns: 60 },
    );
  });
});

describe('the shopper’s return from Alipay', () => {
  const signed = signFields({ app_id: config.app_id, out_trade_no: attempt.number, method: 'alipay.trade.page.pay.return' });
  const returned = (fields: Record<string, string>, method = 'GET') =>
    alipay.parseReturn({ ...post(''), method, query: new URLSearchParams(fields).toString() });

  it('names the attempt when it is signed', () => {
    expect(returned(signed)).to.deep.equal({ number: attempt.number });
  });

  it('names it too where the merchant’s own parameters stand beside Alipay’s', () => {
    expect(returned({ order: '1', ...signed })).to.deep.equal({ number: attempt.number });
  });

  it('names nothing when it is not, or when it is another application’s', () => {
    expect(returned({ ...signed, out_trade_no: 'other' })).to.equal(null);
    expect(returned({ out_trade_no: attempt.number })).to.equal(null);
    expect(returned(signFields({ app_id: '2021000000000009', out_trade_no: attempt.number }))).to.equal(null);
    expect(returned(signed, 'POST')).to.equal(null);
    expect(returned({})).to.equal(null);
  });
});
