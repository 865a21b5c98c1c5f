import type { Callback, CallbackItem, RawRequest, Reply } from '../../../core/contract/channel.ts';
import { type Data, isRecord, type SquareAccount } from './gateway.ts';
import { readPayment } from './payment.ts';
import { readRefund } from './refund.ts';
import { isSigned } from './sign.ts';

const accepted: Reply = { status: 200, body: '' };
const retry: Reply = { status: 500, body: '' };

/** Verifies a callback over its raw bytes, then reads what it says of a payment or a refund. */
export function readCallback(account: SquareAccount, raw: RawRequest): Callback {
  if (!isSigned(account.signatureKey, raw.url, raw.body, raw.headers['x-square-hmacsha256-signature'])) return refuse('bad_signature');
  const content = account.kit.json(raw.body);
  const { event_id: eventId, type, data } = content ?? {};
  if (typeof eventId !== 'string' || eventId === '' || typeof type !== 'string') return refuse('malformed');
  const object = isRecord(data) && isRecord(data.object) ? data.object : null;
  const items = itemsOf(account, type, object);
  if (items === null) return refuse('malformed');
  if (items.length === 0) return { kind: 'ignored', eventType: type.slice(0, 64), reply: accepted };
  return { kind: 'event', eventId, trust: 'signed', items, accepted, retry };
}

/** Null: cannot be read. None: about something else, such as a sale at the seller's counter. */
function itemsOf(account: SquareAccount, type: string, object: Data | null): readonly CallbackItem[] | null {
  if (type === 'payment.created' || type === 'payment.updated') return paymentItems(account, object?.payment);
  if (type === 'refund.created' || type === 'refund.updated') return refundItems(account, object?.refund);
  return [];
}

function paymentItems(account: SquareAccount, payment: unknown): readonly CallbackItem[] | null {
  const read = readPayment(account, payment);
  if (read === null) return null;
  if (read.number === null) return [];
  // One failed card on a link is one try; on a card payment the answer to the create has said it already.
  if (read.outcome.kind === 'declined') return [{ of: 'payment', number: read.number, report: { state: 'changed' } }];
  const { report } = read.outcome;
  if (report.state === 'not_found') return null;
  // Before it is paid, a link is known by its order: by a failed or cancelled payment it could not be asked about.
  if (report.state !== 'succeeded') return [{ of: 'payment', number: read.number, report: { state: 'changed' } }];
  return [{ of: 'payment', number: read.number, channelNo: report.channelNo, report }];
}

function refundItems(account: SquareAccount, refund: unknown): readonly CallbackItem[] | null {
  const report = readRefund(account, refund);
  return report === null ? null : [{ of: 'refund', channelNo: report.channelNo, report }];
}

function refuse(reason: 'bad_signature' | 'malformed'): Callback {
  return { kind: 'refused', reason, reply: { status: 403, body: '' } };
}
