import { createHash } from 'node:crypto';
import type { Callback, CallbackItem, RawRequest, Reply } from '../../../core/contract/channel.ts';
import type { Call } from '../../../core/contract/kit.ts';
import { type Data, type GoCardlessAccount, idOf, isRecord, noteOf, recordOf } from './gateway.ts';
import { isSigned } from './sign.ts';

const accepted: Reply = { status: 200, body: '' };
const retry: Reply = { status: 500, body: '' };
const changed = { state: 'changed' } as const;

/** The bank takes money back that was confirmed or even paid out. A success is never undone: an operator is told. */
const reversals: ReadonlySet<unknown> = new Set(['late_failure_settled', 'charged_back', 'chargeback_settled', 'chargeback_cancelled']);

/**
 * Verifies a callback over its raw bytes, then reads it: up to 250 events, each of which says that something
 * happened and never how much money it was about, so the kernel asks. There is no signed time.
 */
export function readCallback(account: GoCardlessAccount, raw: RawRequest, call: Call): Callback {
  if (!isSigned(account.webhookSecret, raw.body, raw.headers['webhook-signature'])) return refuse(498, 'bad_signature');
  const events = account.kit.json(raw.body)?.events;
  if (!Array.isArray(events) || !events.every(isRecord)) return refuse(400, 'malformed');
  const ids = events.map(({ id }) => idOf(id, 'EV'));
  if (ids.includes(null)) return refuse(400, 'malformed');
  for (const event of events) tellReversal(event, call);
  const items = events.map(readEvent).filter((item) => item !== null);
  if (items.length === 0) return { kind: 'ignored', eventType: typeOf(events[0]), reply: accepted };
  const eventId = createHash('sha256').update(ids.join()).digest('hex');
  return { kind: 'event', eventId, trust: 'signed', items, accepted, retry };
}

function readEvent({ resource_type: resource, links, resource_metadata: metadata }: Data): CallbackItem | null {
  const { billing_request: request, payment, refund } = recordOf(links);
  const sessionNo = idOf(request, 'BRQ');
  if (resource === 'billing_requests' && sessionNo !== null) return { of: 'payment', sessionNo, report: changed };
  const channelNo = idOf(payment, 'PM');
  const number = noteOf(metadata, 'attempt_number');
  if (resource === 'payments' && channelNo !== null) {
    return { of: 'payment', channelNo, ...(number === null ? {} : { number }), report: changed };
  }
  const refundNo = idOf(refund, 'RF');
  const refundNumber = noteOf(metadata, 'refund_number');
  if (resource !== 'refunds' || refundNo === null) return null;
  return { of: 'refund', channelNo: refundNo, ...(refundNumber === null ? {} : { number: refundNumber }), report: changed };
}

function tellReversal({ resource_type: resource, action, links }: Data, call: Call): void {
  if (resource !== 'payments' || !reversals.has(action)) return;
  call.log('warn', 'GoCardless tells of money that the bank took back', { payment: idOf(recordOf(links).payment, 'PM'), action });
}

function typeOf(event: Data | undefined): string {
  const { resource_type: resource, action } = event ?? {};
  return typeof resource === 'string' && typeof action === 'string' ? `${resource}.${action}`.slice(0, 64) : 'nothing';
}

/** 498 is what GoCardless asks for where its signature does not fit. */
function refuse(status: number, reason: 'bad_signature' | 'malformed'): Callback {
  return { kind: 'refused', reason, reply: { status, body: '' } };
}
