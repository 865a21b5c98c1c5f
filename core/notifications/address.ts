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

/**
 * Checks an address as written, after the URL parser has brought `0x7f000001`, `127.1` and their
 * like into one form. Where a name leads can be known only when it is called.
 */
export function checkUrl(text: string, rules: AddressRules): CheckedUrl {
  const url = URL.parse(text);
  if (url === null || url.hostname === '') return refused('not an absolute address');
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return refused('not an https address');
  if (url.username !== '' || url.password !== '') return refused('holds a user name or password');
  if (url.hash !== '') return refused('holds a fragment');
  if (url.port === '0') return refused('names the port 0');
  const host = bare(url.hostname);
  if (url.protocol === 'http:' && (rules.mode === 'live' || !(host === 'localhost' || isLoopback(host))))
    return refused('not an https address');
  if (isIP(host) !== 0 && !isAllowed(host, url.protocol, rules)) return refused('leads into a network that is not public');
  return { kind: 'ok', url };
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
