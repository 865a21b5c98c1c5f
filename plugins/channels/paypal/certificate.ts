import { type KeyObject, X509Certificate } from 'node:crypto';
import type { Call } from '../../../core/contract/kit.ts';
import { isLoopback } from './pay.ts';

/** How many certificates are kept. PayPal signs with one, and changes it about once a year. */
const kept = 4;
/**
 * A stranger may name addresses that lead to nothing, or to something that is not PayPal's key, as fast as he likes: no more than so
 * many that are not known are looked at in a minute. What PayPal says through a callback beyond that, it says again later.
 */
const looks = { most: 10, withinMs: 60_000 };
/** Longer than any chain of PayPal's: more is not parsed. */
const maxBytes = 65_536;
const maxChain = 5;

/** What the certificates of callbacks are judged by. */
export interface Trust {
  readonly baseUrl: string;
  /** Authorities that the chain has to end in; empty: PayPal's own host, reached over TLS, vouches for what it serves. */
  readonly authorities: readonly X509Certificate[];
}

/** Finds the key that a callback was signed with; null when there is none that can be trusted now. */
export interface Certificates {
  readonly keyAt: (address: string | undefined, call: Call) => Promise<KeyObject | null>;
}

/** Keeps the certificates of an opened account, so that a callback costs no request to PayPal. */
export function openCertificates(trust: Trust): Certificates {
  const chains = new Map<string, readonly X509Certificate[]>();
  const mayLook = boundLooks();
  return {
    async keyAt(address, call) {
      const url = readAddress(trust, address);
      if (url === null) return null;
      const held = chains.get(url);
      if (held === undefined && !mayLook(call.now())) return null;
      const chain = held ?? (await fetchChain(url, call));
      // Dates are looked at every time: a certificate that is kept runs out as well.
      if (chain === null || !isTrusted(trust, chain, call.now())) return null;
      if (held === undefined) keep(chains, url, chain);
      return chain[0]?.publicKey ?? null;
    },
  };
}

function boundLooks(): (now: Date) => boolean {
  const times: number[] = [];
  return (now) => {
    const at = now.getTime();
    while (times.length > 0 && Math.abs(at - (times[0] ?? at)) >= looks.withinMs) times.shift();
    if (times.length >= looks.most) return false;
    times.push(at);
    return true;
  };
}

function keep(chains: Map<string, readonly X509Certificate[]>, url: string, chain: readonly X509Certificate[]): void {
  const [oldest] = chains.keys();
  if (chains.size >= kept && oldest !== undefined) chains.delete(oldest);
  chains.set(url, chain);
}

/**
 * The address comes from a stranger until it has been proven to lead to PayPal: https, a host of the vendor's, the
 * folder of its certificates, nothing else. A gateway on loopback serves its own, whose authorities are configured.
 */
function readAddress({ baseUrl, authorities }: Trust, address: string | undefined): string | null {
  if (address === undefined || !URL.canParse(address)) return null;
  const url = new URL(address);
  const isPlain = url.username === '' && url.password === '' && url.search === '' && url.hash === '';
  const [, above] = /^(.*)\/v1\/notifications\/certs\/[A-Za-z0-9._-]{1,128}$/.exec(url.pathname) ?? [];
  if (!isPlain || above === undefined) return null;
  const base = new URL(baseUrl);
  const isBeside = isLoopback(base) && isLoopback(url) && authorities.length > 0;
  const isPaypal = above === '' && /^https:\/\/api(?:-m)?(?:\.sandbox)?\.paypal\.com$/.test(url.origin);
  return isPaypal || isBeside ? url.href : null;
}

async function fetchChain(url: string, call: Call): Promise<readonly X509Certificate[] | null> {
  const answer = await call.http({ method: 'GET', url });
  if (answer.kind !== 'answered' || answer.status !== 200 || answer.body.length > maxBytes) return null;
  return readCertificates(answer.body.toString('latin1'));
}

/** The certificates of a PEM text, in its order; null when there are none, too many, or one that cannot be read. */
export function readCertificates(pem: string): readonly X509Certificate[] | null {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0 || blocks.length > maxChain) return null;
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch {
    return null;
  }
}

/** The name of PayPal's, an RSA key that is long enough, dates that hold now, and each one signed by the next. */
function isTrusted({ authorities }: Trust, chain: readonly X509Certificate[], now: Date): boolean {
  const [leaf] = chain;
  if (leaf === undefined || !isOfPaypal(leaf) || !hasStrongKey(leaf)) return false;
  if (!chain.every((one) => isWithin(one, now))) return false;
  const isLinked = chain.slice(1).every((issuer, index) => issuer.ca && isIssuedBy(chain[index] as X509Certificate, issuer));
  if (!isLinked) return false;
  const last = chain.at(-1) as X509Certificate;
  return authorities.length === 0 || authorities.some((one) => isWithin(one, now) && (last.raw.equals(one.raw) || isIssuedBy(last, one)));
}

/** An authority issues to everybody: without the name, any shop's certificate would do. */
function isOfPaypal({ subject }: X509Certificate): boolean {
  return /^CN=[a-z0-9.-]+\.paypal\.com$/m.test(subject);
}

function hasStrongKey({ publicKey }: X509Certificate): boolean {
  return publicKey.asymmetricKeyType === 'rsa' && (publicKey.asymmetricKeyDetails?.modulusLength ?? 0) >= 2048;
}

function isIssuedBy(one: X509Certificate, issuer: X509Certificate): boolean {
  return one.checkIssued(issuer) && one.verify(issuer.publicKey);
}

function isWithin({ validFrom, validTo }: X509Certificate, now: Date): boolean {
  return new Date(validFrom) <= now && now <= new Date(validTo);
}
