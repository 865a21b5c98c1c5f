import type { Callback, CallbackItem, RawRequest, Reply } from '../../../core/contract/channel.ts';
import { type Data, isRecord, isText, type XenditAccount } from './gateway.ts';

type Refusal = Extract<Callback, { kind: 'refused' }>['reason'];

const accepted = reply(200, { received: true });
const retry = reply(500, { received: false, error: 'not stored yet' });

/**
 * Checks the token, then reads which payment or refund a callback is about. The token is the same
 * in every callback and says nothing of the body: whoever has seen one can write any other. So no
 * callback tells a state, it only makes the kernel ask.
 */
export function readCallback({ kit, callbackToken, businessId }: XenditAccount, raw: RawRequest): Callback {
  if (!kit.sameText(callbackToken, raw.headers['x-callback-token'] ?? '')) return refuse('bad_signature');
  const content = kit.json(raw.body, { numbersAsText: true });
  if (content === null || !isText(content.event) || !isRecord(content.data)) return refuse('malformed');
  const { event, business_id: business } = content;
  if (business !== businessId) return isText(business) ? refuse('wrong_account') : refuse('malformed');
  // Of refunds, the vendor's documentation shows the same envelope twice, one in the other.
  const data = isRecord(content.data.data) ? content.data.data : content.data;
  const item = itemOf(event, data);
  if (item === null) return { kind: 'ignored', eventType: event.slice(0, 64), reply: accepted };
  const eventId = [event, data.id, data.status].filter(isText).join(':').slice(0, 255);
  return { kind: 'event', eventId, trust: 'token', items: [item], accepted, retry };
}

const ourNumber = /^[0-9A-HJKMNP-TV-Z]{26}$/;

/** What the event is about; null when it is nothing of ours. */
function itemOf(event: string, data: Data): CallbackItem | null {
  const { id, reference_id: reference, payment_request_id: paymentRequest } = data;
  const number = isText(reference) && ourNumber.test(reference) ? { number: reference } : {};
  if (event.startsWith('refund.')) {
    return isText(id) && 'number' in number ? { of: 'refund', ...number, channelNo: id, report: { state: 'changed' } } : null;
  }
  const isPayment = event.startsWith('payment.') || event.startsWith('payment_request.');
  const channelNo = event.startsWith('payment.') ? paymentRequest : id;
  return isPayment && isText(channelNo) ? { of: 'payment', ...number, channelNo, report: { state: 'changed' } } : null;
}

function refuse(reason: Refusal): Callback {
  return { kind: 'refused', reason, reply: reply(reason === 'bad_signature' ? 403 : 400, { received: false, error: reason }) };
}

function reply(status: number, body: Readonly<Record<string, unknown>>): Reply {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}
