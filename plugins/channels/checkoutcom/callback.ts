import type { Callback, CallbackItem, RawRequest, Reply } from '../../../core/contract/channel.ts';
import { type CheckoutAccount, type Data, idOf, isRecord, timeOf } from './gateway.ts';
import { isSigned } from './sign.ts';

const accepted: Reply = { status: 200, body: '' };
const retry: Reply = { status: 500, body: '' };

/** Events after which only a question tells how things stand. */
const changes: ReadonlySet<string> = new Set([
  'payment_approved',
  'payment_pending',
  'payment_capture_declined',
  'payment_voided',
  'payment_expired',
]);

/** Verifies a callback over its raw bytes, then reads it. There is no signed time: an event's id tells a repeat. */
export function readCallback(account: CheckoutAccount, raw: RawRequest): Callback {
  if (!isSigned(account.signatureKey, raw.body, raw.headers['cko-signature'])) return refuse('bad_signature');
  const content = account.kit.json(raw.body);
  if (content === null || typeof content.type !== 'string') return refuse('malformed');
  const { type, id, data } = content;
  const read = type.startsWith('payment_refund') ? readRefundEvent : readPaymentEvent;
  const item = isRecord(data) ? read(account, type, data) : null;
  if (item === 'other') return { kind: 'ignored', eventType: type.slice(0, 64), reply: accepted };
  if (item === null || typeof id !== 'string' || !/^evt_[A-Za-z0-9-]{1,60}$/.test(id)) return refuse('malformed');
  return { kind: 'event', eventId: id, trust: 'signed', items: [item], accepted, retry };
}

type Read = CallbackItem | 'other' | null;

/** `payment_declined` is one try on a page that can still be paid, and so of no interest. */
function readPaymentEvent({ kit }: CheckoutAccount, type: string, data: Data): Read {
  if (type !== 'payment_captured' && !changes.has(type)) return 'other';
  const channelNo = idOf(data.id, 'pay');
  const number = data.reference;
  if (channelNo === null) return null;
  // Made by somebody else with the same account.
  if (typeof number !== 'string') return 'other';
  if (changes.has(type)) return { of: 'payment', number, report: { state: 'changed' } };
  const money = kit.money.fromMinor(data.amount, data.currency);
  if (money === null) return null;
  const report = { state: 'succeeded', channelNo, money, echo: { number }, ...timeOf(data.processed_on) } as const;
  return { of: 'payment', number, channelNo, report };
}

/**
 * Refunds are named by their action. Whether `reference` is the refund's or the payment's, the vendor's examples
 * leave open, so it is not used.
 */
function readRefundEvent({ kit }: CheckoutAccount, type: string, data: Data): Read {
  const channelNo = idOf(data.action_id, 'act');
  if (type === 'payment_refund_declined') {
    if (channelNo === null) return null;
    return { of: 'refund', channelNo, report: { state: 'failed', code: 'refund_rejected', channelNo, echo: {} } };
  }
  if (type !== 'payment_refunded') return 'other';
  const money = kit.money.fromMinor(data.amount, data.currency);
  if (channelNo === null || money === null) return null;
  const report = { state: 'succeeded', channelNo, money, echo: {}, ...timeOf(data.processed_on) } as const;
  return { of: 'refund', channelNo, report };
}

function refuse(reason: 'bad_signature' | 'malformed'): Callback {
  return { kind: 'refused', reason, reply: { status: 400, body: '' } };
}
