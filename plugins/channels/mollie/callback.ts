import type { Callback, CallbackItem, RawRequest, Reply, Trust } from '../../../core/contract/channel.ts';
import { type Data, isRecord, isText, type MollieAccount } from './gateway.ts';
import { pathOf } from './pay.ts';
import { isSigned } from './sign.ts';

type Refusal = Extract<Callback, { kind: 'refused' }>['reason'];

// Mollie asks for 200 whatever becomes of it, and repeats for hours where it is anything else.
const accepted: Reply = { status: 200, headers: { 'content-type': 'text/plain' }, body: 'ok' };
const retry: Reply = { status: 500, headers: { 'content-type': 'text/plain' }, body: 'not stored yet' };

/**
 * Reads either kind of callback. The classic one is a form with the payment's number and no proof
 * at all; the next generation is signed JSON, without a time against replay. Neither tells a
 * state: each only makes the kernel ask.
 */
export function readCallback(account: MollieAccount, raw: RawRequest): Callback {
  const signature = raw.headers['x-mollie-signature'];
  return signature === undefined ? readClassic(raw) : readSigned(account, raw, signature);
}

function readClassic(raw: RawRequest): Callback {
  const form = new URLSearchParams(raw.body.toString('utf8'));
  const [id, ...more] = form.getAll('id');
  if (id === undefined || more.length > 0 || pathOf(id) === null || id.length > 64) return refuse('malformed');
  return tell('payment', id, raw, 'unverified');
}

function readSigned({ kit, webhookSecret }: MollieAccount, raw: RawRequest, signature: string): Callback {
  if (webhookSecret === null || !isSigned(webhookSecret, raw.body, signature, kit.sameText)) return refuse('bad_signature');
  const content = kit.json(raw.body);
  if (content === null) return refuse('malformed');
  const type = [content.type, content.event_type].find(isText) ?? '';
  const id = [content.entityId, entityOf(content).id, content.id].find((one) => isText(one) && pathOf(one) !== null);
  if (!type.startsWith('payment.') || !isText(id)) return { kind: 'ignored', eventType: type.slice(0, 64), reply: accepted };
  return tell(type, id, raw, 'signed');
}

function entityOf({ _embedded: embedded }: Data): Data {
  const entity = isRecord(embedded) ? embedded.entity : undefined;
  return isRecord(entity) ? entity : {};
}

/** A callback about a payment may be about its refunds as well: they have none of their own. */
function tell(type: string, id: string, raw: RawRequest, trust: Trust): Callback {
  const given = new URLSearchParams(raw.query).get('attempt') ?? '';
  const number = /^[0-9A-HJKMNP-TV-Z]{26}$/.test(given) ? given : null;
  const changed = { state: 'changed' } as const;
  const payment: CallbackItem = { of: 'payment', ...(number === null ? {} : { number }), channelNo: id, report: changed };
  const items: CallbackItem[] = number === null ? [payment] : [payment, { of: 'refund', attemptNumber: number, report: changed }];
  return { kind: 'event', eventId: `${type}:${id}`.slice(0, 255), trust, items, accepted, retry };
}

function refuse(reason: Refusal): Callback {
  return { kind: 'refused', reason, reply: { status: 400, headers: { 'content-type': 'text/plain' }, body: reason } };
}
