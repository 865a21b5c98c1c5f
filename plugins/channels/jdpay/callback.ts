import { createHash } from 'node:crypto';
import type { Callback, CallbackItem, RawRequest, Reply } from '../../../core/contract/channel.ts';
import type { JdAccount } from './account.ts';
import { isOurNumber } from './gateway.ts';
import { type Opened, openMessage, saysYes } from './message.ts';
import { readPayment } from './payment.ts';
import { readRefund } from './refund.ts';

type Signed = Extract<Opened, { readonly kind: 'signed' }>;

/** Nothing else than these two letters ends JD's five tries. */
const accepted: Reply = { status: 200, body: 'ok' };
const retry: Reply = { status: 500, body: 'fail' };

/** Decrypts and verifies, then reads. The messages carry no time of sending, so that none is too old. */
export function readCallback(account: JdAccount, raw: RawRequest): Callback {
  const opened = openMessage(account, raw.body);
  if (opened.kind === 'bad') return refuse(opened.reason === 'bad_signature' ? 'bad_signature' : 'malformed');
  if (opened.kind === 'unsigned') return refuse('bad_signature');
  const { tradeType, oTradeNum, tradeNum } = opened.fields;
  const isRefund = tradeType === '1' || (tradeType === undefined && oTradeNum !== undefined);
  if (!isRefund && tradeType !== '0') return { kind: 'ignored', eventType: `tradeType ${textOfType(tradeType)}`, reply: accepted };
  if (!isOurNumber(tradeNum)) return { kind: 'ignored', eventType: 'number of another program', reply: accepted };
  const item = isRefund ? refundItem(account, opened, tradeNum) : paymentItem(account, opened, tradeNum);
  if (item === null) return refuse('malformed');
  return { kind: 'event', eventId: idOf(raw.body), trust: 'signed', items: [item], accepted, retry };
}

function paymentItem(account: JdAccount, opened: Signed, number: string): CallbackItem | null {
  if (!saysYes(opened)) return { of: 'payment', number, report: { state: 'changed' } };
  const read = readPayment(account, opened);
  if (read === null) return null;
  // JD calls back about success. What anything else means depends on the method, which only the query knows.
  if (read.state !== 'succeeded') return { of: 'payment', number, report: { state: 'changed' } };
  return { of: 'payment', number, channelNo: read.channelNo, report: read };
}

function refundItem(account: JdAccount, opened: Signed, number: string): CallbackItem | null {
  if (!saysYes(opened)) return { of: 'refund', number, report: { state: 'changed' } };
  const report = readRefund(account, opened);
  return report === null ? null : { of: 'refund', number, report };
}

/** JD's messages have no id: the same message is the same event. */
function idOf(body: Buffer): string {
  return createHash('sha256').update(body).digest('hex');
}

function textOfType(type: unknown): string {
  return typeof type === 'string' ? type.slice(0, 32) : '?';
}

function refuse(reason: 'bad_signature' | 'malformed'): Callback {
  return { kind: 'refused', reason, reply: { status: 403, body: 'fail' } };
}
