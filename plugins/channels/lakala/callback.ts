import type { Callback, CallbackItem, RawRequest, Reply } from '../../../core/contract/channel.ts';
import type { Call } from '../../../core/contract/kit.ts';
import { type Data, type LakalaAccount, textOf } from './gateway.ts';
import { judge, readAuthorization } from './sign.ts';
import { readPaid } from './trade.ts';

const accepted = makeReply(200, 'SUCCESS', 'OK');
const retry = makeReply(500, 'FAIL', 'not stored yet, please send again');

/** Verifies a callback over its raw bytes, then reads it. What is signed names neither application nor certificate. */
export function readCallback(account: LakalaAccount, raw: RawRequest, call: Call): Callback {
  const { kit, notifyKey, merchantNo } = account;
  const proof = readAuthorization(raw.headers['authorization']);
  const [timestamp, nonce] = [proof?.get('timestamp') ?? '', proof?.get('nonce_str') ?? ''];
  const signature = kit.base64(proof?.get('signature'));
  const verdict = judge({ key: notifyKey, lines: [timestamp, nonce], timestamp, body: raw.body, signature, now: call.now() });
  if (verdict !== 'genuine') return refuse(verdict);
  const data = kit.json(raw.body);
  const [number, tradeNo, state] = [textOf(data?.['out_trade_no']), textOf(data?.['trade_no']), textOf(data?.['trade_status'])];
  if (data === null || number === null || tradeNo === null || state === null) return refuse('malformed');
  if (data['merchant_no'] !== merchantNo) return refuse('wrong_account');
  const item = readItem(account, data, number, state);
  if (item === null) return refuse('malformed');
  return { kind: 'event', eventId: `${tradeNo}:${state}`, trust: 'signed', items: [item], accepted, retry };
}

/** Only a success is taken at its word; about everything else the kernel asks. */
function readItem({ kit }: LakalaAccount, data: Data, number: string, state: string): CallbackItem | null {
  if (state !== 'SUCCESS') return { of: 'payment', number, report: { state: 'changed' } };
  const report = readPaid(kit, data);
  return report === null ? null : { of: 'payment', number, channelNo: report.channelNo, report };
}

function refuse(reason: 'bad_signature' | 'stale' | 'malformed' | 'wrong_account'): Callback {
  return { kind: 'refused', reason, reply: makeReply(401, 'FAIL', reason) };
}

function makeReply(status: number, code: string, message: string): Reply {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ code, message }) };
}
