import type { Callback, RawRequest, Reply } from '../../../core/contract/channel.ts';
import type { Call } from '../../../core/contract/kit.ts';
import { isNumber, isRecord, type MercadoAccount } from './gateway.ts';
import { judge } from './sign.ts';

type Refusal = Extract<Callback, { kind: 'refused' }>['reason'];

const accepted: Reply = { status: 200, body: '' };
const retry: Reply = { status: 500, body: '' };

/**
 * Verifies a callback and reads which payment it is about. The signature covers the number in the
 * address and a time, and nothing of the body, which may be anything: so no callback tells a
 * state, it only makes the kernel ask. Those of refunds name the payment alone.
 */
export function readCallback({ kit, webhookSecret: secret, userId }: MercadoAccount, raw: RawRequest, call: Call): Callback {
  const params = new URLSearchParams(raw.query);
  const [dataId, second] = params.getAll('data.id');
  if (dataId === undefined || second !== undefined) return refuse('malformed');
  const { 'x-signature': header, 'x-request-id': requestId } = raw.headers;
  const verdict = judge({ header, requestId, dataId, secret, now: call.now(), sameText: kit.sameText });
  if (verdict !== 'genuine') return refuse(verdict);
  const content = kit.json(raw.body, { numbersAsText: true });
  if (content === null) return refuse('malformed');
  if (content.user_id !== undefined && content.user_id !== userId) return refuse('wrong_account');
  const type = typeof content.type === 'string' ? content.type.slice(0, 64) : '';
  if (type !== 'payment') return { kind: 'ignored', eventType: type, reply: accepted };
  const inBody = isRecord(content.data) ? content.data.id : undefined;
  if (!isNumber(dataId) || inBody !== dataId) return refuse('malformed');
  return tell(dataId, params.get('attempt') ?? '');
}

/** Without our number in its address, a payment is known only once it has been paid. */
function tell(channelNo: string, attempt: string): Callback {
  const report = { state: 'changed' } as const;
  const eventId = `payment:${channelNo}`;
  const common = { kind: 'event', eventId, trust: 'token', accepted, retry } as const;
  if (!/^[0-9A-HJKMNP-TV-Z]{26}$/.test(attempt)) return { ...common, items: [{ of: 'payment', channelNo, report }] };
  return {
    ...common,
    items: [
      { of: 'payment', number: attempt, channelNo, report },
      { of: 'refund', attemptNumber: attempt, report },
    ],
  };
}

function refuse(reason: Refusal): Callback {
  return { kind: 'refused', reason, reply: { status: reason === 'malformed' ? 400 : 401, body: '' } };
}
