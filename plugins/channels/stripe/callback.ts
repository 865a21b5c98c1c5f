import type { Callback, CallbackItem, RawRequest, Reply } from '../../../core/contract/channel.ts';
import type { Call } from '../../../core/contract/kit.ts';
import type { Data, StripeAccount } from './gateway.ts';
import { isRecord, numberOf, readPayable, readRefund } from './pay.ts';
import { judge } from './sign.ts';

type Refusal = Extract<Callback, { kind: 'refused' }>['reason'];

const accepted = reply(200, { received: true });
const retry = reply(500, { received: false, error: 'not stored yet' });

interface Event {
  readonly id: string;
  readonly type: string;
  readonly object: Data;
  readonly livemode: unknown;
  /** When it happened, ready to be spread into a report. */
  readonly at: { readonly at?: Date };
}

/** Verifies a callback over its raw bytes, then reads what it says of a payment or a refund of ours. */
export function readCallback(account: StripeAccount, raw: RawRequest, call: Call): Callback {
  const { kit, webhookSecrets: secrets } = account;
  const verdict = judge({ header: raw.headers['stripe-signature'], body: raw.body, secrets, now: call.now(), sameText: kit.sameText });
  if (verdict !== 'genuine') return refuse(verdict);
  const content = kit.json(raw.body);
  const event = content === null ? null : readEvent(content);
  if (content === null || event === null) return refuse('malformed');
  // Only the events of a Connect platform name an account.
  if (content.account !== undefined && content.account !== null && content.account !== account.accountId) return refuse('wrong_account');
  const found = itemsOf(account, event);
  if (found === 'unreadable') {
    call.log('warn', 'a genuine callback of Stripe could not be read', { event: event.id, type: event.type });
    return refuse('malformed');
  }
  if (found.length === 0) return { kind: 'ignored', eventType: event.type, reply: accepted };
  return { kind: 'event', eventId: event.id, trust: 'signed', items: found, accepted, retry };
}

function readEvent({ id, type, data, livemode, created }: Data): Event | null {
  if (typeof id !== 'string' || id === '' || typeof type !== 'string' || !isRecord(data) || !isRecord(data.object)) return null;
  // Unix seconds in the range of four-digit years; anything else is no time, and no reason to lose the event.
  const isTime = typeof created === 'number' && Number.isSafeInteger(created) && created > 0 && created < 253_402_300_800;
  return { id, type, object: data.object, livemode, at: isTime ? { at: new Date(created * 1_000) } : {} };
}

const paymentEvents: ReadonlySet<string> = new Set([
  'checkout.session.completed',
  'checkout.session.async_payment_succeeded',
  'checkout.session.async_payment_failed',
  'checkout.session.expired',
  'payment_intent.succeeded',
  'payment_intent.processing',
  'payment_intent.payment_failed',
  'payment_intent.canceled',
]);
const refundEvents: ReadonlySet<string> = new Set(['refund.created', 'refund.updated', 'refund.failed', 'charge.refund.updated']);

/** The facts about our payments and refunds; none when the event is about something else in the merchant's account. */
function itemsOf(account: StripeAccount, event: Event): readonly CallbackItem[] | 'unreadable' {
  if (paymentEvents.has(event.type)) return paymentItems(account, event);
  if (refundEvents.has(event.type)) return refundItems(account, event, [event.object]);
  return event.type === 'charge.refunded' ? refundItems(account, event, refundsOf(event.object)) : [];
}

function paymentItems(account: StripeAccount, { type, object, at }: Event): readonly CallbackItem[] | 'unreadable' {
  const number = numberOf(object, 'paymux_attempt');
  if (number === undefined) return [];
  const reading = readPayable(account.kit, object);
  if (reading === null || 'kind' in reading) return 'unreadable';
  const { state, echo, channelNo } = reading;
  if (state === 'succeeded') return [{ of: 'payment', number, channelNo, report: { ...reading, ...at } }];
  if (type === 'checkout.session.async_payment_failed')
    return [{ of: 'payment', number, report: { state: 'declined', code: 'declined', echo } }];
  if (object.object === 'checkout.session') return [{ of: 'payment', number, channelNo, report: reading }];
  // An intent may be a session's, which must keep its own id until it is paid: by any other it could not be expired.
  return [{ of: 'payment', number, report: { state, echo } }];
}

/** Of a charge, only the endpoint's older versions list its refunds; the newer ones send an event for each. */
function refundsOf(charge: Data): readonly unknown[] {
  const list = isRecord(charge.refunds) ? charge.refunds.data : undefined;
  return Array.isArray(list) ? list : [];
}

function refundItems(account: StripeAccount, event: Event, refunds: readonly unknown[]): readonly CallbackItem[] | 'unreadable' {
  const items: CallbackItem[] = [];
  for (const refunded of refunds.filter(isRecord)) {
    const number = numberOf(refunded, 'paymux_refund');
    if (number === undefined) continue;
    // A refund does not name its environment, its event does.
    const report = readRefund(account.kit, { ...refunded, livemode: event.livemode });
    if (report === null) return 'unreadable';
    const { channelNo } = report;
    items.push({ of: 'refund', number, channelNo, report: report.state === 'succeeded' ? { ...report, ...event.at } : report });
  }
  return items;
}

function refuse(reason: Refusal): Callback {
  return { kind: 'refused', reason, reply: reply(400, { received: false, error: reason }) };
}

function reply(status: number, body: Readonly<Record<string, unknown>>): Reply {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}
