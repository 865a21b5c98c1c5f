import type { Callback, CallbackItem, RawRequest, Reply } from '../../../core/contract/channel.ts';
import type { Call } from '../../../core/contract/kit.ts';
import { type AirwallexAccount, type Data, isRecord, ourNumber } from './gateway.ts';
import { readIntent } from './pay.ts';
import { readRefund } from './refund.ts';
import { isSigned } from './sign.ts';

const accepted: Reply = { status: 200, body: '' };
const retry: Reply = { status: 500, body: '' };
const windowMs = 300_000;

/** Verifies a callback over its raw bytes, then reads what it says of a payment or a refund. */
export function readCallback(account: AirwallexAccount, raw: RawRequest, call: Call): Callback {
  const timestamp = raw.headers['x-timestamp'] ?? '';
  // Milliseconds since 1970.
  if (!/^[1-9]\d{12}$/.test(timestamp)) return refuse('bad_signature');
  if (!isSigned(account.webhookSecret, timestamp, raw.body, raw.headers['x-signature'])) return refuse('bad_signature');
  if (Math.abs(call.now().getTime() - Number(timestamp)) > windowMs) return refuse('stale');
  const { id: eventId, name, account_id: accountId, data } = account.kit.json(raw.body, { numbersAsText: true }) ?? {};
  if (typeof eventId !== 'string' || eventId === '' || eventId.length > 255 || typeof name !== 'string') return refuse('malformed');
  if (typeof accountId === 'string' && accountId !== account.accountId) return refuse('wrong_account');
  const item = isRecord(data) ? itemOf(account, name, isRecord(data.object) ? data.object : data) : null;
  if (item === null) return { kind: 'ignored', eventType: name.slice(0, 64), reply: accepted };
  return { kind: 'event', eventId, trust: 'signed', items: [item], accepted, retry };
}

/** Null: about something else, or a payment of another program. What cannot be read makes us ask. */
function itemOf(account: AirwallexAccount, name: string, object: Data): CallbackItem | null {
  if (name.startsWith('payment_intent.')) {
    const number = ourNumber(object.merchant_order_id);
    const report = readIntent(account, object);
    if (number === null || report === null) return number === null ? null : { of: 'payment', number, report: { state: 'changed' } };
    return report.state === 'not_found' ? null : { of: 'payment', number, channelNo: report.channelNo ?? '', report };
  }
  if (!name.startsWith('refund.')) return null;
  const number = ourNumber(object.request_id);
  const report = readRefund(account, object);
  if (number === null) return null;
  return report === null
    ? { of: 'refund', number, report: { state: 'changed' } }
    : { of: 'refund', number, channelNo: report.channelNo, report };
}

function refuse(reason: 'bad_signature' | 'stale' | 'malformed' | 'wrong_account'): Callback {
  return { kind: 'refused', reason, reply: { status: 403, body: '' } };
}
