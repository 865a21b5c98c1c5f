import type { Buffer } from 'node:buffer';
import type { Callback, CallbackItem, RawRequest, Reply } from '../../../core/contract/channel.ts';
import type { Call } from '../../../core/contract/kit.ts';
import { readCombined } from './combine.ts';
import type { WechatAccount } from './gateway.ts';
import { readPayment, readRefund } from './reports.ts';
import { judge, openResource } from './sign.ts';

type Data = Readonly<Record<string, unknown>>;
type Refusal = Extract<Callback, { kind: 'refused' }>['reason'];

const accepted = makeReply(200, { code: 'SUCCESS' });
const retry = makeReply(500, { code: 'FAIL', message: 'not stored yet, please send again' });

/**
 * Verifies a callback over its raw bytes, then opens and reads it. The vendor's probes, whose
 * signatures begin with `WECHATPAY/SIGNTEST/`, fail like every other wrong signature: they exist
 * to find servers that do not check.
 */
export function readCallback(account: WechatAccount, raw: RawRequest, call: Call): Callback {
  const { platformKeys, kit, apiV3Key } = account;
  const verdict = judge({ headers: raw.headers, body: raw.body, platformKeys, base64: kit.base64, now: call.now() });
  if (verdict !== 'genuine') return refuse(verdict === 'stale' ? 'stale' : 'bad_signature');
  const envelope = kit.json(raw.body);
  if (envelope === null) return refuse('malformed');
  const { id, event_type: eventType, resource } = envelope;
  if (typeof id !== 'string' || id === '' || typeof eventType !== 'string') return refuse('malformed');
  if (!handledEvents.has(eventType)) return { kind: 'ignored', eventType, reply: accepted };
  const opened = openEnvelope(account, resource);
  const content = opened === null ? null : kit.json(opened);
  if (content === null) {
    call.log('warn', 'genuine callback of WeChat Pay cannot be opened: is api_v3_key the current one?', { length: apiV3Key.length });
    return refuse('malformed');
  }
  // Only orders name the app. The contract's echo has no place for it, so it is compared here.
  const { appid, miniAppid, appAppid } = account;
  const shown = content.appid ?? content.combine_appid;
  if (shown !== undefined && ![appid, miniAppid, appAppid].includes(String(shown))) return refuse('wrong_account');
  const item = eventType === 'TRANSACTION.SUCCESS' ? readPaymentItem(account, content) : readRefundItem(account, content);
  return item === null ? refuse('malformed') : { kind: 'event', eventId: id, trust: 'signed', items: [item], accepted, retry };
}

const handledEvents: ReadonlySet<string> = new Set(['TRANSACTION.SUCCESS', 'REFUND.SUCCESS', 'REFUND.ABNORMAL', 'REFUND.CLOSED']);

function openEnvelope(account: WechatAccount, resource: unknown): Buffer | null {
  if (typeof resource !== 'object' || resource === null) return null;
  const { algorithm, ciphertext, nonce, associated_data: associatedData = '' } = resource as Data;
  const sealed = account.kit.base64(ciphertext);
  if (algorithm !== 'AEAD_AES_256_GCM' || sealed === null) return null;
  if (typeof nonce !== 'string' || typeof associatedData !== 'string') return null;
  return openResource(account.apiV3Key, { ciphertext: sealed, nonce, associatedData });
}

function readPaymentItem(account: WechatAccount, order: Data): CallbackItem | null {
  if (order.combine_out_trade_no !== undefined) return readCombinedItem(account, order);
  const report = readPayment(account.kit, order);
  if (report === null || report.state === 'unmapped' || report.state === 'not_found') return null;
  // A decline carries no echo: of another merchant's order it must not reach the kernel.
  if (report.state === 'declined') return null;
  const channelNo = report.channelNo === undefined ? {} : { channelNo: report.channelNo };
  return { of: 'payment', ...(report.echo.number === undefined ? {} : { number: report.echo.number }), ...channelNo, report };
}

function readCombinedItem(account: WechatAccount, order: Data): CallbackItem | null {
  const read = readCombined(account.kit, order);
  if (read === null || 'code' in read || read.report.state !== 'succeeded') return null;
  const { report } = read;
  return { of: 'payment', number: report.echo.number ?? '', channelNo: report.channelNo, report };
}

/** A part of a combined payment was refunded, which says nothing of the other parts: all are asked about. */
function readPartItem(refunded: Data): CallbackItem | null {
  const [order, refund] = [refunded.out_trade_no, refunded.out_refund_no].map((one) => /^([0-9A-Z]{26})(\d\d)$/.exec(String(one)));
  if (!order || !refund?.[1] || order[2] !== refund[2]) return null;
  return { of: 'refund', number: refund[1], report: { state: 'changed' } };
}

/** In a callback a refund has `refund_status`, and by the vendor's table no currency: domestic refunds are in yuan. One that is written counts. */
function readRefundItem(account: WechatAccount, refunded: Data): CallbackItem | null {
  const part = readPartItem(refunded);
  if (part !== null) return part;
  const { currency = 'CNY' } = (refunded.amount ?? {}) as Data;
  const report = readRefund(account.kit, refunded, refunded.refund_status, currency);
  if (report === null || report.state === 'unmapped' || report.state === 'not_found') return null;
  const channelNo = report.channelNo === undefined ? {} : { channelNo: report.channelNo };
  return { of: 'refund', ...(report.echo.number === undefined ? {} : { number: report.echo.number }), ...channelNo, report };
}

function refuse(reason: Refusal): Callback {
  return { kind: 'refused', reason, reply: makeReply(401, { code: 'FAIL', message: reason }) };
}

function makeReply(status: number, body: Readonly<Record<string, string>>): Reply {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}
