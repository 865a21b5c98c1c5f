import type { LookupAddress } from 'node:dns';
import { type BlockList, isIP } from 'node:net';
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

export type CheckedUrl = { readonly kind: 'ok'; readonly url: URL } | { readonly kind: 'refused'; readonly reason: string };

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

const notAbsolute = `must be an absolute address of at most ${maxLength} characters`;

/** What the parser would mend or drop in silence: a mistake that would be found by somebody else, later. */
function spellingFault(text: string): string | null {
  if (/[\p{Z}\p{Cc}\p{Cf}\p{Cs}]/u.test(text)) return 'must not hold spaces, line ends, control characters or invisible ones';
  return text.includes('\\') ? 'must not hold backslashes' : null;
}

/** What is wrong with what the parser made of it. */
function readFault(text: string, url: URL, mode: Mode): string | null {
  // `https:evil` is an address to the parser alone.
  const authority = /^[a-z]+:\/\/([^/?#]+)/i.exec(text)?.[1];
  if (authority === undefined) return notAbsolute;
  const host = bare(url.hostname);
  const isPlainAllowed = url.protocol === 'http:' && mode === 'test' && (host === 'localhost' || isLoopback(host));
  if (url.protocol !== 'https:' && !isPlainAllowed) return 'must begin with https:// (http:// only to this machine, for test data)';
  if (authority.includes('@')) return 'must not hold a user name or password';
  if (url.port === '0') return 'must not name the port 0';
  // The parser lets `;` and `&` be part of a name, which others take for its end.
  if (!/^(\[[0-9a-f:]+\]|[\w.-]+)(:\d+)?$/.test(url.host)) return 'must name its host in letters, digits, hyphens and dots';
  const defaultPort = url.protocol === 'https:' ? ':443' : ':80';
  return [url.host, url.host + defaultPort].includes(authority.toLowerCase()) ? null : `must name its host as ${url.host}`;
}

/** The same of an address that we are to call: no request carries a fragment. */
function readCalledUrl(text: string, mode: Mode): CheckedUrl {
  const read = readUrl(text, mode);
  return read.kind === 'ok' && read.url.hash !== '' ? refused('must not have a fragment') : read;
}

/** What is wrong with an address that an operator or a merchant gives, named by its field. */
export function urlFaults(name: string, text: string, livemode: boolean): string[] {
  const mode = livemode ? 'live' : 'test';
  const read = name === 'return_url' ? readUrl(text, mode) : readCalledUrl(text, mode);
  return read.kind === 'ok' ? [] : [`${name} ${read.reason}`];
}

/** Checks an address that we are to call, as written. Where a name leads can be known only when it is called. */
export function checkUrl(text: string, rules: AddressRules): CheckedUrl {
  const read = readCalledUrl(text, rules.mode);
  if (read.kind === 'refused') return read;
  const host = bare(read.url.hostname);
  const isHere = host === 'localhost' || host.endsWith('.localhost');
  if (isHere && rules.mode === 'live') return refused('must not lead to this machine');
  if (isIP(host) !== 0 && !isAllowed(host, read.url.protocol, rules)) return refused('must not lead into a network that is not public');
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

function refused(reason: string): CheckedUrl {
  return { kind: 'refused', reason };
}
