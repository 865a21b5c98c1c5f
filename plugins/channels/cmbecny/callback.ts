import { type ParsedUrlQuery, parse } from 'node:querystring';
import type { Callback, CallbackItem, RawRequest, Reply } from '../../../core/contract/channel.ts';
import { type CmbAccount, type Data, isGenuine, readMembers, writeReply } from './gateway.ts';
import { readPayment, readRefund } from './pay.ts';

type Refusal = Extract<Callback, { kind: 'refused' }>['reason'];

const retry = makeReply(500, JSON.stringify({ returnCode: 'SUCCESS', respCode: 'FAIL', respMsg: 'not stored yet' }));

/**
 * Verifies a callback over its decoded form, then reads it. The bank signs no time, so an old
 * callback is as good as a new one: it says what once was true of a number, and the kernel ignores
 * what it knows already.
 */
export async function readCallback(account: CmbAccount, raw: RawRequest): Promise<Callback> {
  const members = readForm(raw);
  if (members === null) return refuse('malformed');
  if (!(await isGenuine(account, members))) return refuse('bad_signature');
  const content = account.kit.json(members['biz_content'] ?? '');
  if (content === null) return refuse('malformed');
  // What is only to be asked about carries no echo for the kernel to compare, so the merchant is compared here.
  if (content['merId'] !== account.merchantNo) return refuse('wrong_account');
  const item = readItem(account, content);
  if (item === null) return refuse('malformed');
  const eventId = [item.of, item.number, item.channelNo ?? '', item.report.state].join(':');
  return { kind: 'event', eventId, trust: 'signed', items: [item], accepted: makeReply(200, await writeReply(account)), retry };
}

/** A member that is written twice could be read in two ways, so it is refused. */
function readForm(raw: RawRequest): Readonly<Record<string, string>> | null {
  if (raw.method !== 'POST') return null;
  const form: ParsedUrlQuery = parse(raw.body.toString('utf8'), '&', '=', { maxKeys: 100 });
  return readMembers(form as Data);
}

/** One address takes both kinds. A refund has an amount of its own, under a name that payments lack. */
function readItem(account: CmbAccount, content: Data): CallbackItem | null {
  const isRefund = content['refundAmt'] !== undefined || content['refundState'] !== undefined;
  return isRefund ? readRefundItem(account, content) : readPaymentItem(account, content);
}

/** Only successes are told, and the bank's sample has no state at all. Any other state is asked about. */
function readPaymentItem(account: CmbAccount, content: Data): CallbackItem | null {
  const { tradeState = 'S', orderId, cmbOrderId } = content;
  const report = readPayment(account.kit, content, tradeState);
  if (report === null || typeof orderId !== 'string') return null;
  const channelNo = typeof cmbOrderId === 'string' ? { channelNo: cmbOrderId } : {};
  const isPaid = report !== 'failed' && report.state === 'succeeded';
  return { of: 'payment', number: orderId, ...channelNo, report: isPaid ? report : { state: 'changed' } };
}

function readRefundItem(account: CmbAccount, content: Data): CallbackItem | null {
  const { refundState, orderId, cmbOrderId } = content;
  const report = readRefund(account.kit, content, refundState);
  if (typeof orderId !== 'string' || orderId === '') return null;
  const channelNo = typeof cmbOrderId === 'string' ? { channelNo: cmbOrderId } : {};
  return { of: 'refund', number: orderId, ...channelNo, report: report?.state === 'succeeded' ? report : { state: 'changed' } };
}

function refuse(reason: Refusal): Callback {
  return { kind: 'refused', reason, reply: makeReply(400, JSON.stringify({ returnCode: 'FAIL', respMsg: reason })) };
}

function makeReply(status: number, body: string): Reply {
  return { status, headers: { 'content-type': 'application/json' }, body };
}
