import type { LookupAddress } from 'node:dns';
import { type BlockList, isIP } from 'node:net';
import type { Text } from '../errors.ts';
import { isIn, isLoopback, isPublic } from './networks.ts';

export type Mode = 'live' | 'test';

/** All addresses of a name. Handed in, so that tests can play a name server that changes its mind. */
export type Resolve = (hostname: string) => Promise<readonly LookupAddress[]>;

/** What may be connected to. */
export interface AddressRules {
  readonly mode: Mode;
  /** Private networks that the operator opened. */
  readonly allowed: BlockList;
}

/** `reason` is the end of a sentence that begins with the name of the field. */
export type CheckedUrl = { readonly kind: 'ok'; readonly url: URL } | { readonly kind: 'refused'; readonly reason: Text };

/** The name or number leads to where notifications must not go. */
export class ForbiddenAddress extends Error {}

/** As long as the column that keeps it. */
const maxLength = 1000;

/**
 * Checks an address as written, and as the URL parser reads it: both must name the same host. Browsers read `\` as `/`, other
 * programs do not, so `https://one.example\@other.example` leads to two places; `0x7f000001`, `127.1` and letters beyond ASCII
 * are hosts that programs bring into different forms. Plain http only to this machine and only for test data. Holds for
 * addresses that a shopper's browser is sent to as well, so it says nothing about networks, and lets a fragment be: shops of a
 * single page name their routes by it.
 */
export function readUrl(text: string, mode: Mode): CheckedUrl {
  const url = URL.parse(text);
  if (url === null || text.length > maxLength) return refused(spellingFault(text) ?? notAbsolute);
  const fault = spellingFault(text) ?? readFault(text, url, mode);
  return fault === null ? { kind: 'ok', url } : refused(fault);
}

const notAbsolute = say(`must be an absolute address of at most ${maxLength} characters`, `须为不超过 ${maxLength} 个字符的完整地址`);

/** What the parser would mend or drop in silence: a mistake that would be found by somebody else, later. */
function spellingFault(text: string): Text | null {
  if (/[\p{Z}\p{Cc}\p{Cf}\p{Cs}]/u.test(text))
    return say('must not hold spaces, line ends, control characters or invisible ones', '不得含有空白、换行、控制字符或不可见字符');
  return text.includes('\\') ? say('must not hold backslashes', '不得含有反斜杠') : null;
}

/** What is wrong with what the parser made of it. */
function readFault(text: string, url: URL, mode: Mode): Text | null {
  // `https:evil` is an address to the parser alone.
  const authority = /^[a-z]+:\/\/([^/?#]+)/i.exec(text)?.[1];
  if (authority === undefined) return notAbsolute;
  const host = bare(url.hostname);
  const isPlainAllowed = url.protocol === 'http:' && mode === 'test' && (host === 'localhost' || isLoopback(host));
  if (url.protocol !== 'https:' && !isPlainAllowed)
    return say(
      'must begin with https:// (http:// only to this machine, for test data)',
      '须以 https:// 开头（仅测试数据可用本机的 http:// 地址）',
    );
  if (authority.includes('@')) return say('must not hold a user name or password', '不得含有用户名或密码');
  if (url.port === '0') return say('must not name the port 0', '不得使用端口 0');
  // The parser lets `;` and `&` be part of a name, which others take for its end.
  if (!/^(\[[0-9a-f:]+\]|[\w.-]+)(:\d+)?$/.test(url.host))
    return say('must name its host in letters, digits, hyphens and dots', '主机名只能由字母、数字、连字符和点组成');
  const defaultPort = url.protocol === 'https:' ? ':443' : ':80';
  return [url.host, url.host + defaultPort].includes(authority.toLowerCase())
    ? null
    : say(`must name its host as ${url.host}`, `主机名须写作 ${url.host}`);
}

/** The same of an address that we are to call: no request carries a fragment. */
function readCalledUrl(text: string, mode: Mode): CheckedUrl {
  const read = readUrl(text, mode);
  return read.kind === 'ok' && read.url.hash !== '' ? refused(say('must not have a fragment', '不得含有片段（#）')) : read;
}

/** What is wrong with an address that an operator or a merchant gives, named by its field. */
export function urlFaults(name: string, text: string, livemode: boolean): string[] {
  const mode = livemode ? 'live' : 'test';
  const read = name === 'return_url' ? readUrl(text, mode) : readCalledUrl(text, mode);
  return read.kind === 'ok' ? [] : [`${name} ${read.reason.en}`];
}

/** Checks an address that we are to call, as written. Where a name leads can be known only when it is called. */
export function checkUrl(text: string, rules: AddressRules): CheckedUrl {
  const read = readCalledUrl(text, rules.mode);
  if (read.kind === 'refused') return read;
  const host = bare(read.url.hostname);
  const isHere = host === 'localhost' || host.endsWith('.localhost');
  if (isHere && rules.mode === 'live') return refused(say('must not lead to this machine', '不得指向本机'));
  if (isIP(host) !== 0 && !isAllowed(host, read.url.protocol, rules))
    return refused(say('must not lead into a network that is not public', '不得指向非公网网络'));
  return read;
}

/** Plain http never leaves the machine, not even to an opened network. */
export function isAllowed(address: string, protocol: string, { mode, allowed }: AddressRules): boolean {
  if (protocol === 'http:') return mode === 'test' && isLoopback(address);
  return isPublic(address) || isIn(allowed, address) || (mode === 'test' && isLoopback(address));
}

/**
 * The addresses of a name, when every one of them may be connected to: a name that also leads
 * inside is refused as a whole, since nobody knows which one would be taken. The connection goes to
 * exactly these, so a later answer of the name server changes nothing.
 */
export async function resolveAllowed(
  hostname: string,
  protocol: string,
  rules: AddressRules,
  resolve: Resolve,
): Promise<readonly LookupAddress[]> {
  const addresses = await resolve(hostname);
  if (addresses.length === 0) throw new ForbiddenAddress('the name has no address');
  for (const { address } of addresses) {
    if (!isAllowed(address, protocol, rules)) throw new ForbiddenAddress('the name leads into a network that is not public');
  }
  return addresses;
}

function bare(hostname: string): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}

function refused(reason: Text): CheckedUrl {
  return { kind: 'refused', reason };
}

function say(en: string, zh: string): Text {
  return { en, zh };
}
