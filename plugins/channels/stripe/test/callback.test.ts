import { Buffer } from 'node:buffer';
import { expect } from 'chai';
import fc from 'fast-check';
import type { Callback } from '../../../../core/contract/channel.ts';
import { makeCall } from '../../../../test/kit/channel-kit.ts';
import {
  config,
  eventBody,
  intent,
  intentId,
  nowSec,
  number,
  openStripe,
  paidIntent,
  paidSession,
  raw,
  refunded,
  refundId,
  refundNumber,
  session,
  sessionId,
  sign,
} from './fixture.ts';

const channel = openStripe();
const at = new Date((nowSec - 2) * 1_000);
const money = { amount: 1999, currency: 'USD' };
const echo = { number, livemode: false };

function parse(body: string | Buffer, header?: string | null): Promise<Callback> {
  return channel.parseCallback(raw(body, header === undefined ? sign(body) : header), makeCall());
}

async function itemOf(type: string, object: Readonly<Record<string, unknown>>, members = {}) {
  const callback = await parse(eventBody(type, object, members));
  if (callback.kind !== 'event') throw new Error(`not an event but ${JSON.stringify(callback)}`);
  expect(callback.items).to.have.length(1);
  expect(callback).to.include({ eventId: 'evt_1', trust: 'signed' });
  return callback.items[0];
}

describe('stripe: a callback about a payment', () => {
  it('takes number, amount, currency and environment of a paid session from the event', async () => {
    const report = { state: 'succeeded', channelNo: intentId, money, echo, at };
    for (const type of ['checkout.session.completed', 'checkout.session.async_payment_succeeded']) {
      expect(await itemOf(type, paidSession)).to.deep.equal({ of: 'payment', number, channelNo: intentId, report });
    }
  });

  it('says of a paid intent what it says of its session', async () => {
    expect(await itemOf('payment_intent.succeeded', paidIntent)).to.deep.equal(await itemOf('checkout.session.completed', paidSession));
  });

  it('tells the amount that was received, whatever was asked for', async () => {
    const item = await itemOf('payment_intent.succeeded', intent({ status: 'succeeded', amount_received: 1998 }));
    expect(item?.report).to.deep.include({ money: { amount: 1998, currency: 'USD' } });
  });

  it('takes a completed session without money for processing', async () => {
    const item = await itemOf('checkout.session.completed', session({ status: 'complete', payment_intent: intentId }));
    expect(item).to.deep.equal({
      of: 'payment',
      number,
      channelNo: sessionId,
      report: { state: 'processing', channelNo: sessionId, echo },
    });
  });

  it('takes an expired session for closed', async () => {
    const item = await itemOf('checkout.session.expired', session({ status: 'expired' }));
    expect(item).to.deep.equal({ of: 'payment', number, channelNo: sessionId, report: { state: 'closed', channelNo: sessionId, echo } });
  });

  it('declines a session whose delayed payment failed, for there is no second try', async () => {
    const item = await itemOf('checkout.session.async_payment_failed', session({ status: 'complete', payment_intent: intentId }));
    expect(item).to.deep.equal({ of: 'payment', number, report: { state: 'declined', code: 'declined', echo } });
  });

  it('says of which environment a decline is, for the kernel to refuse another’s', async () => {
    const item = await itemOf('checkout.session.async_payment_failed', session({ status: 'complete', livemode: true }));
    expect(item).to.have.nested.property('report.echo.livemode', true);
  });

  it('keeps the id of an unpaid session: events of its intent name none', async () => {
    const states = {
      'payment_intent.payment_failed': ['requires_payment_method', 'pending'],
      'payment_intent.processing': ['processing', 'processing'],
      'payment_intent.canceled': ['canceled', 'closed'],
    };
    for (const [type, [status, state]] of Object.entries(states)) {
      expect(await itemOf(type, intent({ status }))).to.deep.equal({ of: 'payment', number, report: { state, echo } });
    }
  });

  it('leaves it to the kernel to refuse another environment: the event says which it is', async () => {
    const item = await itemOf('payment_intent.succeeded', { ...paidIntent, livemode: true });
    expect(item?.report).to.deep.include({ echo: { number, livemode: true } });
  });

  it('answers as Stripe expects: stored, to be sent again, refused', async () => {
    const callback = await parse(eventBody('payment_intent.succeeded', paidIntent));
    expect(callback).to.deep.include({
      accepted: { status: 200, headers: { 'content-type': 'application/json' }, body: '{"received":true}' },
    });
    expect(callback.kind === 'event' && callback.retry.status).to.equal(500);
    const refused = await parse('{}', null);
    expect(refused.kind === 'refused' && refused.reply.status).to.equal(400);
  });
});

describe('stripe: a callback about a refund', () => {
  it('takes number, amount and currency from the event', async () => {
    const report = {
      state: 'succeeded',
      channelNo: refundId,
      money: { amount: 500, currency: 'USD' },
      echo: { number: refundNumber, livemode: false },
      at,
    };
    for (const type of ['refund.created', 'refund.updated', 'charge.refund.updated']) {
      expect(await itemOf(type, refunded())).to.deep.equal({ of: 'refund', number: refundNumber, channelNo: refundId, report });
    }
  });

  it('takes a refund that ended without money for failed', async () => {
    const item = await itemOf('refund.failed', refunded({ status: 'failed', failure_reason: 'insufficient_funds' }));
    expect(item?.report).to.deep.include({ state: 'failed', code: 'insufficient_balance' });
  });

  it('reads the refunds of ours that a refunded charge lists', async () => {
    const charge = { id: 'ch_1', object: 'charge', refunds: { object: 'list', data: [refunded(), refunded({ metadata: {} }), null] } };
    expect((await itemOf('charge.refunded', charge))?.number).to.equal(refundNumber);
  });

  it('has no interest in a charge without a list, nor in refunds made by hand', async () => {
    const ignored = [
      eventBody('charge.refunded', { id: 'ch_1', object: 'charge' }),
      eventBody('refund.created', refunded({ metadata: {} })),
    ];
    for (const body of ignored) expect((await parse(body)).kind).to.equal('ignored');
  });
});

describe('stripe: a callback that is not taken', () => {
  const good = eventBody('payment_intent.succeeded', paidIntent);

  it('ignores events of other types, and answers that they arrived', async () => {
    const callback = await parse(eventBody('customer.created', { id: 'cus_1', object: 'customer' }));
    expect(callback).to.deep.include({ kind: 'ignored', eventType: 'customer.created' });
    expect(callback.kind === 'ignored' && callback.reply.status).to.equal(200);
  });

  it('ignores payments of the same Stripe account that are not ours', async () => {
    expect((await parse(eventBody('payment_intent.succeeded', { ...paidIntent, metadata: { order: '7' } }))).kind).to.equal('ignored');
  });

  it('does not trust client_reference_id, which a Payment Link takes from its visitor', async () => {
    expect((await parse(eventBody('checkout.session.completed', { ...paidSession, metadata: {} }))).kind).to.equal('ignored');
  });

  it('refuses an event of another connected account', async () => {
    const body = eventBody('payment_intent.succeeded', paidIntent, { account: 'acct_other' });
    expect(await parse(body)).to.deep.include({ kind: 'refused', reason: 'wrong_account' });
    expect((await parse(eventBody('payment_intent.succeeded', paidIntent, { account: config.account_id }))).kind).to.equal('event');
  });

  it('refuses what is not signed, signed by another, or too old', async () => {
    for (const header of [null, '', sign(good, 'whsec_another_secret'), sign(`${good} `)]) {
      expect(await parse(good, header)).to.deep.include({ kind: 'refused', reason: 'bad_signature' });
    }
    expect(await parse(good, sign(good, undefined, nowSec - 301))).to.deep.include({ kind: 'refused', reason: 'stale' });
  });

  it('takes each of the signing secrets of the account', async () => {
    const secrets = ['whsec_0123456789abcdef', 'whsec_fedcba9876543210'];
    const rolling = openStripe({ webhook_secret: secrets.join(', ') });
    for (const secret of secrets) expect((await rolling.parseCallback(raw(good, sign(good, secret)), makeCall())).kind).to.equal('event');
  });

  it('refuses genuine content that it cannot read, and never guesses money', async () => {
    const unreadable = [
      '',
      '[]',
      'null',
      '{}',
      '{"id":7,"type":"x"}',
      good.slice(0, -1),
      eventBody('payment_intent.succeeded', { ...paidIntent, amount_received: '1999' }),
      eventBody('payment_intent.succeeded', { ...paidIntent, amount_received: 19.99 }),
      eventBody('payment_intent.succeeded', { ...paidIntent, amount_received: null, amount: 1999 }),
      eventBody('payment_intent.succeeded', { ...paidIntent, currency: 'USD' }),
      eventBody('payment_intent.succeeded', { ...paidIntent, status: 'a_new_state' }),
      eventBody('checkout.session.completed', { ...paidSession, amount_total: null }),
      eventBody('checkout.session.completed', { ...paidSession, payment_intent: null }),
      eventBody('checkout.session.completed', { ...paidSession, payment_status: 'no_payment_required' }),
      eventBody('refund.updated', refunded({ amount: -500 })),
      eventBody('refund.updated', refunded({ status: 'a_new_state' })),
    ];
    for (const body of unreadable) expect(await parse(body), body).to.deep.include({ kind: 'refused', reason: 'malformed' });
  });

  it('refuses every change of one byte of a genuine callback', async () => {
    const header = sign(good);
    for (const position of Buffer.from(good).keys()) {
      const changed = Buffer.from(good);
      changed[position] = (changed[position] ?? 0) ^ 1;
      expect((await parse(changed, header)).kind, `byte ${position}`).to.equal('refused');
    }
  });

  it('never throws, and never calls unsigned bytes an event', async () => {
    const headers = fc.oneof(
      fc.string(),
      fc.constant(null),
      fc.string().map((text) => `t=${nowSec},v1=${text}`),
    );
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), headers, async (bytes, header) => {
        expect((await parse(Buffer.from(bytes), header)).kind).to.equal('refused');
      }),
    );
  });

  it('never throws for signed bytes of any kind, nor for members of any type', async () => {
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => void (await parse(Buffer.from(bytes)))));
    const types = fc.constantFrom('checkout.session.completed', 'payment_intent.succeeded', 'refund.updated', 'charge.refunded');
    const someMembers = fc.dictionary(
      fc.constantFrom(
        'id',
        'status',
        'payment_status',
        'payment_intent',
        'amount_received',
        'amount_total',
        'currency',
        'metadata',
        'refunds',
        'livemode',
      ),
      fc.jsonValue(),
    );
    const objects = fc.constantFrom(paidSession, paidIntent, refunded());
    await fc.assert(
      fc.asyncProperty(types, objects, someMembers, fc.jsonValue(), async (type, object, members, created) => {
        const callback = await parse(eventBody(type, { ...object, ...members }, { created }));
        expect(callback.kind).to.be.oneOf(['event', 'ignored', 'refused']);
      }),
    );
  });
});
