import type { Callback, CallbackItem, RawRequest, Reply } from '../../../core/contract/channel.ts';
import { openEnvelope } from './envelope.ts';
import type { Data, YeepayAccount } from './gateway.ts';
import { readOrder } from './pay.ts';
import { readRefund } from './refund.ts';

const accepted: Reply = { status: 200, headers: { 'content-type': 'text/plain' }, body: 'SUCCESS' };
const retry: Reply = { status: 500, headers: { 'content-type': 'text/plain' }, body: 'FAIL' };

/** Opens a callback, which verifies it, then reads it. There is no time in it: telling one twice changes nothing. */
export function readCallback(account: YeepayAccount, raw: RawRequest): Callback {
  const form = new URLSearchParams(raw.body.toString('latin1'));
  if (form.get('customerIdentification') !== account.appKey) return refuse('wrong_account');
  const text = openEnvelope(account.privateKey, account.platformKey, form.get('response') ?? '');
  if (text === null) return refuse('bad_signature');
  const content = account.kit.json(text);
  const item = content === null ? null : itemOf(account, content);
  if (content === null || item === null) return refuse('malformed');
  const eventId = `${String(content.refundRequestId ?? content.orderId)}:${String(content.status)}`;
  return { kind: 'event', eventId, trust: 'signed', items: [item], accepted, retry };
}

function itemOf(account: YeepayAccount, content: Data): CallbackItem | null {
  if (typeof content.refundRequestId === 'string') {
    const report = readRefund(account, content);
    return report === null ? null : { of: 'refund', number: content.refundRequestId, report };
  }
  // That an order failed or ended without being paid is asked for: a callback says it with fewer facts than the query.
  if (typeof content.orderId !== 'string') return null;
  if (content.status !== 'SUCCESS') return { of: 'payment', number: content.orderId, report: { state: 'changed' } };
  const report = readOrder(account, content, 'processing');
  return report === null ? null : { of: 'payment', number: content.orderId, report };
}

function refuse(reason: 'bad_signature' | 'malformed' | 'wrong_account'): Callback {
  return { kind: 'refused', reason, reply: { status: 400, headers: { 'content-type': 'text/plain' }, body: 'FAIL' } };
}
