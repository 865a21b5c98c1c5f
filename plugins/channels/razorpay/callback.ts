import type { Callback, CallbackItem, RawRequest, Reply } from '../../../core/contract/channel.ts';
import { type Data, idOf, isRecord, type RazorpayAccount } from './gateway.ts';
import { entityOf, readPayment } from './pay.ts';
import { numberOf, readRefund } from './refund.ts';
import { isSigned } from './sign.ts';

const accepted: Reply = { status: 200, body: '' };
const retry: Reply = { status: 500, body: '' };
const aboutPayments: ReadonlySet<string> = new Set(['payment.authorized', 'payment.captured', 'order.paid']);
const aboutRefunds: ReadonlySet<string> = new Set(['refund.created', 'refund.processed', 'refund.failed']);

/**
 * Verifies a callback over its raw bytes, then reads it. There is no signed time. `x-razorpay-event-id` is
 * outside the signature, so a stranger could give one event's id to another: the name of an event is made
 * of what was signed.
 */
export function readCallback(account: RazorpayAccount, raw: RawRequest): Callback {
  if (!isSigned(account.webhookSecret, raw.body, raw.headers['x-razorpay-signature'])) return refuse('bad_signature');
  const content = account.kit.json(raw.body);
  if (content === null || typeof content.event !== 'string') return refuse('malformed');
  if (account.accountId !== null && content.account_id !== account.accountId) return refuse('wrong_account');
  const { event } = content;
  const payload = isRecord(content.payload) ? content.payload : {};
  if (!aboutPayments.has(event) && !aboutRefunds.has(event)) {
    // `payment.failed` too: it tells of one try, and the order stays open.
    return { kind: 'ignored', eventType: event.slice(0, 64), reply: accepted };
  }
  const found = aboutPayments.has(event) ? readPaymentEvent(account, payload) : readRefundEvent(account, payload);
  if (found === 'foreign') return { kind: 'ignored', eventType: event, reply: accepted };
  if (found === null) return refuse('malformed');
  return { kind: 'event', eventId: `${event}:${found.id}`, trust: 'signed', items: [found.item], accepted, retry };
}

/** `foreign`: genuine, and made by somebody else with the same account, such as a payment link of the dashboard. */
type Found = { readonly id: string; readonly item: CallbackItem } | 'foreign' | null;

/** Payments name their order; only `order.paid` brings the order itself, and with it our number. */
function readPaymentEvent(account: RazorpayAccount, payload: Data): Found {
  const payment = entityOf(payload.payment);
  if (payment === null) return null;
  const id = idOf(payment.id, 'pay');
  const sessionNo = idOf(payment.order_id, 'order');
  if (sessionNo === null) return payment.order_id === null ? 'foreign' : null;
  const order = entityOf(payload.order);
  const number = order !== null && order.id === sessionNo && typeof order.receipt === 'string' ? order.receipt : null;
  if (id === null) return null;
  const named = { of: 'payment', ...(number === null ? {} : { number }), sessionNo } as const;
  // Told again later, an event may show what has become of the payment since.
  if (payment.status === 'refunded' || payment.status === 'failed') return { id, item: { ...named, report: { state: 'changed' } } };
  const report = readPayment(account, payment, number);
  if (report === null) return null;
  return { id, item: report.state === 'succeeded' ? { ...named, channelNo: report.channelNo, report } : { ...named, report } };
}

function readRefundEvent(account: RazorpayAccount, payload: Data): Found {
  const refund = entityOf(payload.refund);
  if (refund === null) return null;
  const id = idOf(refund.id, 'rfnd');
  const number = numberOf(refund);
  if (id === null) return null;
  if (number === null) return 'foreign';
  const report = readRefund(account, refund);
  return report === null ? null : { id, item: { of: 'refund', number, channelNo: id, report } };
}

function refuse(reason: 'bad_signature' | 'malformed' | 'wrong_account'): Callback {
  return { kind: 'refused', reason, reply: { status: 400, body: '' } };
}
