import { Buffer } from 'node:buffer';
import type { Call, Kit, WireAnswer } from '../../../core/contract/kit.ts';
import type { NotSent, Unknown, VendorError } from '../../../core/contract/outcome.ts';
import { fromDer, makeApiSign, toDer, writeSigned } from './sign.ts';

export type Data = Readonly<Record<string, unknown>>;

/** An opened account. */
export interface CmbAccount {
  readonly baseUrl: string;
  readonly appId: string;
  readonly appSecret: string;
  readonly merchantNo: string;
  readonly userId: string;
  /** 64 hex digits. */
  readonly privateKey: string;
  /** 130 hex digits. */
  readonly bankKey: string;
  readonly terminalNo: string;
  readonly terminalIp: string;
  readonly tradePlace: string;
  readonly platformName: string | null;
  readonly kit: Kit;
}

/** A genuine answer: business data, or an error code in the bank's words. Whatever is not proven genuine is an outcome already. */
export type Answer =
  | { readonly kind: 'data'; readonly data: Data }
  | { readonly kind: 'fault'; readonly error: VendorError; readonly data: Data }
  | NotSent
  | Unknown;

const prefix = '/polypay/v1.0/mchorders';
/** Fixed by the bank. 02 is SM2; 01, RSA, is of old integrations. */
const fixed = { encoding: 'UTF-8', signMethod: '02', version: '0.0.1' };

/** Signs and sends one request, and verifies the answer before reading it. `path` begins behind `mchorders`. */
export async function ask(account: CmbAccount, call: Call, path: string, content: Data): Promise<Answer> {
  const members = { biz_content: JSON.stringify(content), ...fixed };
  const sign = await signMembers(account, members).catch((error: unknown) => {
    call.log('error', 'a request to China Merchants Bank could not be signed', { why: error instanceof Error ? error.message : 'unknown' });
    return null;
  });
  // Without a signature nothing was sent: the thread that signs has ended, or its package is not installed.
  if (sign === null) return { kind: 'notSent', reason: 'local' };
  const timestamp = String(Math.floor(call.now().getTime() / 1000));
  const apisign = makeApiSign({ appId: account.appId, secret: account.appSecret, sign, timestamp });
  const sent = await call.http({
    method: 'POST',
    url: `${account.baseUrl}${prefix}${path}`,
    headers: { 'content-type': 'application/json', accept: 'application/json', appid: account.appId, timestamp, apisign },
    body: JSON.stringify({ ...members, sign }),
  });
  return sent.kind === 'answered' ? await readAnswer(account, call, sent) : sent;
}

async function readAnswer(account: CmbAccount, call: Call, answer: WireAnswer): Promise<Answer> {
  if (answer.status === 429) return { kind: 'unknown', reason: 'rate_limited' };
  if (answer.status >= 500) return { kind: 'unknown', reason: 'server_error' };
  const written = account.kit.json(answer.body);
  const members = written === null ? null : readMembers(written);
  if (members === null) return { kind: 'unknown', reason: 'unreadable' };
  if (!(await isGenuine(account, members))) {
    call.log('warn', 'answer of China Merchants Bank is not proven genuine', { status: answer.status });
    return { kind: 'unknown', reason: 'bad_signature' };
  }
  if (answer.status !== 200) return { kind: 'unknown', reason: 'unreadable' };
  return conclude(account.kit, members);
}

/** The bank says to look at `returnCode` first, and at `respCode` only when that is a success. */
function conclude(kit: Kit, members: Readonly<Record<string, string>>): Answer {
  const { returnCode, respCode, errCode = '', respMsg = '', biz_content: content } = members;
  if (returnCode === 'FAIL' || (returnCode === 'SUCCESS' && respCode === 'FAIL')) {
    if (errCode === '') return { kind: 'unknown', reason: 'unreadable' };
    return { kind: 'fault', error: { code: errCode, message: respMsg.slice(0, 256) }, data: kit.json(content ?? '') ?? {} };
  }
  const data = returnCode === 'SUCCESS' && respCode === 'SUCCESS' && content !== undefined ? kit.json(content) : null;
  return data === null ? { kind: 'unknown', reason: 'unreadable' } : { kind: 'data', data };
}

/** The members as text. The bank signs text, so one that is written in another way cannot be verified. */
export function readMembers(written: Data): Readonly<Record<string, string>> | null {
  const entries = Object.entries(written).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return entries.length === Object.keys(written).length ? Object.fromEntries(entries) : null;
}

/** SM2 over the members, in base64. */
export async function signMembers(account: CmbAccount, members: Readonly<Record<string, string>>): Promise<string> {
  return toDer(await account.kit.sm2.sign(account.privateKey, Buffer.from(writeSigned(members), 'utf8'))).toString('base64');
}

/**
 * True when the bank signed these members. Its document says that slashes are signed with a
 * backslash before them where its JSON library writes them so; both writings are tried, and either
 * proves the same text.
 */
export async function isGenuine(account: CmbAccount, members: Readonly<Record<string, string>>): Promise<boolean> {
  const der = account.kit.base64(members['sign']);
  const signature = der === null ? null : fromDer(der);
  if (signature === null) return false;
  const text = writeSigned(members);
  const verify = (message: string) => account.kit.sm2.verify(account.bankKey, Buffer.from(message, 'utf8'), signature);
  return (await verify(text)) || (text.includes('/') && (await verify(text.replaceAll('/', '\\/'))));
}

/** The bank's answer to its own callbacks has to be signed by the merchant, else it sends them again. */
export async function writeReply(account: CmbAccount): Promise<string> {
  const members = { returnCode: 'SUCCESS', respCode: 'SUCCESS', ...fixed };
  return JSON.stringify({ ...members, sign: await signMembers(account, members) });
}
