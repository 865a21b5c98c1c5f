import type { Buffer } from 'node:buffer';
import type { Callback, CallbackItem, RawRequest, Reply } from '../../../core/contract/channel.ts';
import type { Call } from '../../../core/contract/kit.ts';
import type { DouyinAccount } from './gateway.ts';
import { readPayment, readRefund } from './reports.ts';
import { judge, openResource } from './sign.ts';
import { type Data, isRecord, isText } from './texts.ts';

type Refusal = Extract<Callback, { kind: 'refused' }>['reason'];

const accepted = makeReply(200, { code: 'SUCCESS', message: 'OK' });
const retry = makeReply(500, { code: 'FAIL', message: 'not stored yet, please send again' });

/** Both writings are in the vendor's libraries. */
const algorithms: ReadonlySet<unknown> = new Set(['AEAD-AES-256-GCM', 'AEAD_AES_256_GCM']);

/** Verifies a callback over its raw bytes, then opens and reads it. */
export function readCallback(account: DouyinAccount, raw: RawRequest, call: Call): Callback {
  const { platformKeys, kit } = account;
  const verdict = judge({ headers: raw.headers, body: raw.body, platformKeys, base64: kit.base64, now: call.now() });
  if (verdict !== 'genuine') return refuse(verdict === 'stale' ? 'stale' : 'bad_signature');
  const envelope = kit.json(raw.body);
  if (envelope === null) return refuse('malformed');
  const { id, event_type: eventType, resource } = envelope;
  if (!isText(id) || !isText(eventType)) return refuse('malformed');
  const read = eventType.startsWith('REFUND.') ? readRefundItem : eventType.startsWith('TRANSACTION.') ? readPaymentItem : null;
  if (read === null) return { kind: 'ignored', eventType: eventType.slice(0, 64), reply: accepted };
  const sealed = isRecord(resource) ? resource : {};
  const opened = openEnvelope(account, sealed);
  const content = opened === null ? null : kit.json(opened);
  if (content === null) {
    call.log('warn', 'genuine callback of Douyin Pay cannot be opened: is encrypt_key the current one?', { event_type: eventType });
    return refuse('malformed');
  }
  if (!isOurs(account, sealed, content)) return refuse('wrong_account');
  const item = read(account, content, sealed);
  return item === null ? refuse('malformed') : { kind: 'event', eventId: id, trust: 'signed', items: [item], accepted, retry };
}

/** The envelope names the merchant and an order names the app too; what is named has to be ours. */
function isOurs({ appid, mchid }: DouyinAccount, sealed: Data, content: Data): boolean {
  const isMerchant = [sealed.mchid, content.mchid].every((shown) => shown === undefined || shown === '' || shown === mchid);
  return isMerchant && (content.appid === undefined || content.appid === appid);
}

function openEnvelope({ kit, encryptKey }: DouyinAccount, sealed: Data): Buffer | null {
  const { algorithm, nonce, associated_data: associatedData = '' } = sealed;
  const ciphertext = kit.base64(sealed.ciphertext);
  if (!algorithms.has(algorithm) || ciphertext === null || typeof nonce !== 'string' || typeof associatedData !== 'string') return null;
  return openResource(encryptKey, { ciphertext, nonce, associatedData });
}

/** Only a success is taken at its word. After a failure a QR code may be tried again, so the kernel asks. */
function readPaymentItem({ kit }: DouyinAccount, order: Data): CallbackItem | null {
  if (!isText(order.out_trade_no)) return null;
  const number = order.out_trade_no;
  const report = readPayment(kit, order);
  if (report?.state === 'succeeded') return { of: 'payment', number, channelNo: report.channelNo, report };
  const claimsMoney = order.trade_state === 'SUCCESS' || order.trade_state === 'REFUND';
  return claimsMoney ? null : { of: 'payment', number, report: { state: 'changed' } };
}

function readRefundItem({ kit }: DouyinAccount, refunded: Data, sealed: Data): CallbackItem | null {
  const report = readRefund(kit, refunded, refunded.refund_status, isText(sealed.mchid) ? sealed.mchid : undefined);
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
