import type { Callback, CallbackItem, RawRequest, Reply } from '../../../core/contract/channel.ts';
import { type Merchant, readText } from './gateway.ts';
import { type Params, parseForm, verifyParams } from './sign.ts';
import { isPositive, readTrade } from './trade.ts';

// Alipay reads the body alone: anything but these seven letters makes it send again, eight times in about 25 hours.
const accepted: Reply = { status: 200, headers: { 'content-type': 'text/plain' }, body: 'success' };
const retry: Reply = { status: 500, headers: { 'content-type': 'text/plain' }, body: 'failure' };
const refusal: Reply = { status: 400, headers: { 'content-type': 'text/plain' }, body: 'failure' };

export function parseCallback(merchant: Merchant, raw: RawRequest): Callback {
  const params = raw.method === 'POST' ? parseForm(raw.body.toString('utf8')) : null;
  if (params === null) return refuse('malformed');
  if (!isGenuine(merchant, params)) return refuse('bad_signature');
  // One application may collect for several sellers: the signature alone does not say that it was ours.
  const seller = readText(params['seller_id']);
  if (seller !== undefined && seller !== merchant.sellerId) return refuse('wrong_account');
  const eventType = params['notify_type'] ?? params['msg_method'] ?? 'unnamed';
  if (eventType !== 'trade_status_sync' || params['trade_status'] === undefined) return { kind: 'ignored', eventType, reply: accepted };
  return readEvent(merchant, params);
}

function readEvent(merchant: Merchant, params: Params): Callback {
  const number = readText(params['out_trade_no']);
  const merchantNo = readText(params['app_id']);
  const eventId = readText(params['notify_id']);
  if (number === undefined || merchantNo === undefined || eventId === undefined) return refuse('malformed');
  const part = readPart(params, number);
  if (part !== null) return { kind: 'event', eventId, trust: 'signed', items: part, accepted, retry };
  const isRefunded = isPositive(merchant.kit, params['refund_fee']);
  const report = readTrade(merchant.kit, {
    status: params['trade_status'],
    channelNo: params['trade_no'],
    total: params['total_amount'],
    paidAt: params['gmt_payment'],
    // Also sent, with `refund_fee` 0.00, when the time to pay is over: only a positive one tells of money.
    wasPaid: isRefunded || readText(params['gmt_payment']) !== undefined,
    echo: { number, merchantNo },
  });
  if (report === 'unmapped') return { kind: 'ignored', eventType: `trade_status_sync ${params['trade_status']}`, reply: accepted };
  if (report === 'unreadable' || report.state === 'not_found') return refuse('malformed');
  const payment: CallbackItem = { of: 'payment', number, report };
  const refund = isRefunded ? readRefund(params, merchantNo) : null;
  return { kind: 'event', eventId, trust: 'signed', items: refund === null ? [payment] : [payment, refund], accepted, retry };
}

/** One trade of a merged payment says nothing of the others: all of them are asked about. Null for a trade by itself. */
function readPart(params: Params, number: string): readonly CallbackItem[] | null {
  const [, whole, index] = /^([0-9A-Z]{26})(\d\d)$/.exec(number) ?? [];
  if (whole === undefined) return null;
  const [, refund, refundIndex] = /^([0-9A-Z]{26})(\d\d)$/.exec(params['out_biz_no'] ?? '') ?? [];
  const payment: CallbackItem = { of: 'payment', number: whole, report: { state: 'changed' } };
  return refund === undefined || refundIndex !== index
    ? [payment]
    : [payment, { of: 'refund', number: refund, report: { state: 'changed' } }];
}

/** `refund_fee` is the total of all refunds of the trade, so the amount of this one is not known: a query has to ask for it. */
function readRefund(params: Params, merchantNo: string): CallbackItem | null {
  const number = readText(params['out_biz_no']);
  if (number === undefined || readText(params['gmt_refund']) === undefined) return null;
  return { of: 'refund', number, report: { state: 'processing', echo: { number, merchantNo } } };
}

/** What Alipay appends to a return address, and signs. */
const returnNames: readonly string[] =
  'app_id auth_app_id charset method out_trade_no seller_id sign sign_type timestamp total_amount trade_no version'.split(' ');

/** Reads the shopper's return. Parameters of the merchant's own, which Alipay does not sign, may stand beside Alipay's. */
export function parseReturn(merchant: Merchant, raw: RawRequest): { readonly number: string } | null {
  const all = raw.method === 'GET' ? parseForm(raw.query.replace(/^\?/, '')) : null;
  if (all === null) return null;
  const params = Object.fromEntries(Object.entries(all).filter(([name]) => returnNames.includes(name)));
  const number = readText(params['out_trade_no']);
  if (number === undefined || params['app_id'] !== merchant.appId || !isGenuine(merchant, params)) return null;
  return { number: number.replace(/^([0-9A-Z]{26})\d\d$/, '$1') };
}

function isGenuine(merchant: Merchant, params: Params): boolean {
  const signature = merchant.kit.base64(params['sign']);
  return signature !== null && verifyParams(params, signature, merchant.alipayPublicKey);
}

function refuse(reason: Extract<Callback, { kind: 'refused' }>['reason']): Callback {
  return { kind: 'refused', reason, reply: refusal };
}
