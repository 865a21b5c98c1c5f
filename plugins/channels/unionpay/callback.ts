import type { Callback, CallbackItem, RawRequest, Reply } from '../../../core/contract/channel.ts';
import type { Call } from '../../../core/contract/kit.ts';
import { askCodes, readFailure, successCodes } from './errors.ts';
import { isGenuine, type Merchant, readText } from './gateway.ts';
import { isNamed, namesOf, readMoney, readSuccess } from './pay.ts';
import type { Fields } from './sign.ts';
import { parseForm } from './wire.ts';

// Status 200 is what ends a callback; the text is what the vendor's own sample writes.
const accepted: Reply = { status: 200, headers: { 'content-type': 'text/plain' }, body: 'ok' };
const retry: Reply = { status: 500, headers: { 'content-type': 'text/plain' }, body: 'fail' };
const refusal: Reply = { status: 400, headers: { 'content-type': 'text/plain' }, body: 'fail' };

/** Reads the body alone: parameters of the callback's address are not signed, and merged with the rest they would break the signature. */
export function parseCallback(merchant: Merchant, raw: RawRequest, call: Call): Callback {
  const fields = raw.method === 'POST' ? parseForm(raw.body.toString('utf8')) : null;
  if (fields === null) return refuse('malformed');
  if (!isGenuine(merchant, fields, call.now())) return refuse('bad_signature');
  if (readText(fields, 'merId') !== merchant.merchantId) return refuse('wrong_account');
  const code = readText(fields, 'respCode');
  const number = readText(fields, 'orderId');
  if (code === undefined || number === undefined || !isNamed(fields)) return refuse('malformed');
  const kind = fields['txnType'];
  if (kind !== '01' && kind !== '04') return { kind: 'ignored', eventType: `txnType ${kind ?? ''}`.slice(0, 40), reply: accepted };
  const item = kind === '01' ? readPayment(merchant, number, code, fields) : readRefund(merchant, number, code, fields);
  if (item === null) return refuse('malformed');
  const eventId = [kind, number, readText(fields, 'queryId') ?? '', code].join('-').slice(0, 120);
  return { kind: 'event', eventId, trust: 'signed', items: [item], accepted, retry };
}

function readPayment({ kit }: Merchant, number: string, code: string, fields: Fields): CallbackItem | null {
  if (successCodes.includes(code)) {
    const report = readSuccess(kit, fields);
    return report === null ? null : { of: 'payment', number, report };
  }
  // Front payments are told of when they succeed and others either way; what is not decided is asked for.
  const failure = askCodes.includes(code) ? null : readFailure(fields, 'resp', 'payment');
  if (failure?.kind !== 'declined') return { of: 'payment', number, report: { state: 'changed' } };
  return { of: 'payment', number, report: { state: 'declined', code: failure.code, echo: namesOf(fields).echo } };
}

function readRefund({ kit }: Merchant, number: string, code: string, fields: Fields): CallbackItem | null {
  const names = namesOf(fields);
  const known = { of: 'refund', number } as const;
  if (successCodes.includes(code)) {
    const money = readMoney(kit, fields);
    if (money === null || names.channelNo === undefined) return null;
    return { ...known, report: { state: 'succeeded', channelNo: names.channelNo, money, echo: names.echo } };
  }
  const failure = askCodes.includes(code) ? null : readFailure(fields, 'resp', 'refund');
  return { ...known, report: failure?.kind === 'declined' ? { state: 'failed', code: failure.code, ...names } : { state: 'changed' } };
}

function refuse(reason: Extract<Callback, { kind: 'refused' }>['reason']): Callback {
  return { kind: 'refused', reason, reply: refusal };
}
