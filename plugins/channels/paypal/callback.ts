import type { Callback, CallbackItem, RawRequest, Reply } from '../../../core/contract/channel.ts';
import type { Call } from '../../../core/contract/kit.ts';
import type { Certificates } from './certificate.ts';
import { type Data, idOf, isRecord, ourNumber, type PaypalAccount, recordsOf } from './gateway.ts';
import { isSigned, type Transmission, textToSign } from './sign.ts';

/** What callbacks of an account are verified with. */
export interface CallbackFacts {
  readonly webhookId: string;
  readonly certificates: Certificates;
}

const accepted: Reply = { status: 200, body: '' };
const retry: Reply = { status: 500, body: '' };
/** PayPal repeats a message for three days, and does not say that it signs it anew. An old one only makes us ask. */
const oldestMs = 72 * 3_600_000;
const newestMs = 300_000;
const changed = { state: 'changed' } as const;

/**
 * Verifies a callback, then reads which payment or refund it is about, and no more than that. Of the body only the
 * CRC-32 is signed: whoever has seen one message could write another with the same. So what it says of states and
 * amounts is left unread, and the kernel asks PayPal.
 */
export async function readCallback(account: PaypalAccount, facts: CallbackFacts, raw: RawRequest, call: Call): Promise<Callback> {
  const transmission = readTransmission(facts, raw);
  if (transmission === null || raw.headers['paypal-auth-algo'] !== 'SHA256withRSA') return refuse('bad_signature');
  const ageMs = call.now().getTime() - new Date(transmission.time).getTime();
  // Asked this way, a date that is none is refused too.
  if (!(ageMs <= oldestMs && ageMs >= -newestMs)) return refuse('stale');
  const key = await facts.certificates.keyAt(raw.headers['paypal-cert-url'], call);
  const signature = raw.headers['paypal-transmission-sig'];
  if (key === null || !isSigned(account.kit, key, textToSign(transmission, raw.body), signature)) return refuse('bad_signature');
  return readEvent(account, account.kit.json(raw.body) ?? {});
}

function readTransmission({ webhookId }: CallbackFacts, { headers }: RawRequest): Transmission | null {
  const id = headers['paypal-transmission-id'] ?? '';
  const time = headers['paypal-transmission-time'] ?? '';
  // Without the bar, which parts the signed text.
  const isId = /^[A-Za-z0-9_-]{1,64}$/.test(id);
  return isId && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/.test(time) ? { id, time, webhookId } : null;
}

function readEvent(account: PaypalAccount, { id: eventId, event_type: type, resource }: Data): Callback {
  if (typeof eventId !== 'string' || eventId === '' || eventId.length > 128 || typeof type !== 'string') return refuse('malformed');
  const item = isRecord(resource) ? itemOf(type, resource) : null;
  if (item === null) return { kind: 'ignored', eventType: type.slice(0, 64), reply: accepted };
  if (isRecord(resource) && isOfAnother(account, resource)) return refuse('wrong_account');
  return { kind: 'event', eventId, trust: 'signed', items: [item], accepted, retry };
}

/** Null: about something else, such as a sale of another program, or a chargeback. */
function itemOf(type: string, resource: Data): CallbackItem | null {
  if (type.startsWith('CHECKOUT.ORDER.')) return paymentItem(ourNumber(...numbersOf(recordsOf(resource.purchase_units)[0])), resource.id);
  if (type === 'CHECKOUT.PAYMENT-APPROVAL.REVERSED') return paymentItem(null, resource.order_id);
  if (type === 'PAYMENT.CAPTURE.REFUNDED' || type.startsWith('PAYMENT.REFUND.')) return refundItem(resource);
  if (type.startsWith('PAYMENT.CAPTURE.') && type !== 'PAYMENT.CAPTURE.REVERSED') {
    return paymentItem(ourNumber(...numbersOf(resource)), null);
  }
  return null;
}

function paymentItem(number: string | null, orderId: unknown): CallbackItem | null {
  const sessionNo = idOf(orderId);
  if (number === null && sessionNo === null) return null;
  return { of: 'payment', ...(number === null ? {} : { number }), ...(sessionNo === null ? {} : { sessionNo }), report: changed };
}

function refundItem(resource: Data): CallbackItem | null {
  const number = ourNumber(...numbersOf(resource));
  const channelNo = idOf(resource.id);
  return number === null || channelNo === null ? null : { of: 'refund', number, channelNo, report: changed };
}

function numbersOf(resource: Data | undefined): readonly unknown[] {
  return resource === undefined ? [] : [resource.custom_id, resource.invoice_id];
}

/** Orders and captures name the payee; one application may take money for several. */
function isOfAnother({ merchantId }: PaypalAccount, resource: Data): boolean {
  const payees = [resource, ...recordsOf(resource.purchase_units)].map(({ payee }) => (isRecord(payee) ? payee.merchant_id : undefined));
  return payees.some((payee) => typeof payee === 'string' && payee !== merchantId);
}

function refuse(reason: 'bad_signature' | 'stale' | 'malformed' | 'wrong_account'): Callback {
  return { kind: 'refused', reason, reply: { status: 403, body: '' } };
}
