import type { Callback, RawRequest, Reply } from '../../../core/contract/channel.ts';
import { isRecord, type PaystackAccount } from './gateway.ts';
import { readTransaction } from './pay.ts';
import { isSigned } from './sign.ts';

const accepted: Reply = { status: 200, body: '' };
const retry: Reply = { status: 500, body: '' };

/**
 * Verifies a callback over its raw bytes, then reads it. Events have no id and no time that is
 * signed for replay: the transaction's id names them, and telling one twice changes nothing.
 * Those about refunds name the transaction alone.
 */
export function readCallback(account: PaystackAccount, raw: RawRequest): Callback {
  if (!isSigned(account.secretKey, raw.body, raw.headers['x-paystack-signature'])) return refuse('bad_signature');
  const content = account.kit.json(raw.body);
  if (content === null || typeof content.event !== 'string') return refuse('malformed');
  if (content.event.startsWith('refund.')) return readRefundEvent(content.event, content.data);
  if (content.event !== 'charge.success') return { kind: 'ignored', eventType: content.event.slice(0, 64), reply: accepted };
  const report = isRecord(content.data) ? readTransaction(account, content.data) : null;
  if (report?.state !== 'succeeded' || report.echo.number === undefined) return refuse('malformed');
  const { channelNo, echo } = report;
  const items = [{ of: 'payment', number: echo.number as string, channelNo, report }] as const;
  return { kind: 'event', eventId: `charge.success:${channelNo}`, trust: 'signed', items, accepted, retry };
}

function readRefundEvent(event: string, data: unknown): Callback {
  const attemptNumber = isRecord(data) ? data.transaction_reference : undefined;
  if (typeof attemptNumber !== 'string') return refuse('malformed');
  const items = [{ of: 'refund', attemptNumber, report: { state: 'changed' } }] as const;
  return { kind: 'event', eventId: `${event}:${attemptNumber}`, trust: 'signed', items, accepted, retry };
}

function refuse(reason: 'bad_signature' | 'malformed'): Callback {
  return { kind: 'refused', reason, reply: { status: 400, body: '' } };
}
