import type { Callback, CallbackItem, RawRequest } from '../../../core/contract/channel.ts';
import { sign } from './gateway.ts';
import type { Teapot } from './index.ts';
import { readOrder } from './orders.ts';
import { readRefund } from './refunds.ts';

const toleranceMs = 300_000;

/** The vendor signs the time, the event and the raw body, with one key for all merchants. */
export function parseCallback(teapot: Teapot, raw: RawRequest, now: Date): Callback {
  const { 'x-time': time = '', 'x-event': eventId = '', 'x-signature': signature = '' } = raw.headers;
  const isGenuine = teapot.kit.sameText(signature, sign(teapot.config.callback_key, `${time}\n${eventId}\n`, raw.body));
  if (!isGenuine) return refuse('bad_signature');
  if (Math.abs(now.getTime() - Number(time)) > toleranceMs) return refuse('stale');
  const data = teapot.kit.json(raw.body);
  if (data === null) return refuse('malformed');
  if (data['merchant'] !== teapot.config.merchant) return refuse('wrong_account');
  const item = 'refund' in data ? readRefundItem(teapot, data) : readPaymentItem(teapot, data);
  if (item === null) return refuse('malformed');
  const accepted = { status: 200, body: 'ok' };
  return { kind: 'event', eventId, trust: 'signed', items: [item], accepted, retry: { status: 500, body: 'again' } };
}

type Refusal = Extract<Callback, { readonly kind: 'refused' }>['reason'];

const refuse = (reason: Refusal): Callback => ({ kind: 'refused', reason, reply: { status: 400, body: reason } });

function readPaymentItem(teapot: Teapot, data: Readonly<Record<string, unknown>>): CallbackItem | null {
  const report = readOrder(teapot, data);
  const isRead = report !== null && report.state !== 'not_found';
  return isRead ? { of: 'payment', number: String(data['number']), channelNo: String(data['order']), report } : null;
}

function readRefundItem(teapot: Teapot, data: Readonly<Record<string, unknown>>): CallbackItem | null {
  const report = readRefund(teapot, data);
  return report === null ? null : { of: 'refund', number: String(data['refund']), channelNo: String(data['refund_order']), report };
}
