import { createHmac, hash, type KeyObject, timingSafeEqual, verify } from 'node:crypto';
import type { SigningKey } from './records.ts';
import { type BareItem, type InnerList, parseDictionary, serializeInnerList } from './structured-fields.ts';

/** A request as it arrived. */
export interface SignableRequest {
  readonly method: string;
  /** The path as sent, still percent-encoded. */
  readonly path: string;
  /** Without its question mark; empty when there is none. */
  readonly query: string;
  /** Lower-case names; of repeated headers, the values joined by `, `. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The body's bytes; empty when there is none. Null: they come later, and whoever reads them holds them to `digestOf`. */
  readonly body: Uint8Array | null;
}

/** What a request says of its signature, and the bytes that it covers. Nothing of it is proven yet. */
export interface ClaimedSignature {
  readonly keyId: string;
  readonly createdSec: number;
  readonly nonce: string;
  /** What the message calls its algorithm. The key record decides; this may only agree. */
  readonly algorithm: string | null;
  readonly base: Buffer;
  readonly signature: Buffer;
}

/** The one profile: what every signature covers, in this order. */
const components = ['@method', '@path', '@query', 'content-digest'];
const label = 'paymux';
const knownParameters = new Set(['created', 'nonce', 'keyid', 'alg']);
const maxNonceChars = 255;

/** True when a request carries anything of a signature. */
export function isSigned(request: SignableRequest): boolean {
  return request.headers['signature'] !== undefined || request.headers['signature-input'] !== undefined;
}

/** True when a signature is labelled as ours. Others may be a proxy's, and are none of our business. */
export function hasOurSignature(request: SignableRequest): boolean {
  return ['signature-input', 'signature'].some((name) => new RegExp(`(^|[ ,])${label}=`).test(headerOf(request, name)));
}

/** Reads the signature labelled `paymux`; null unless it keeps to the profile and the digest is that of the body. Never throws. */
export function readSignature(request: SignableRequest): ClaimedSignature | null {
  const input = parseDictionary(headerOf(request, 'signature-input'))?.get(label);
  const member = parseDictionary(headerOf(request, 'signature'))?.get(label);
  if (input === undefined || !('items' in input) || !coversProfile(input)) return null;
  if (member === undefined || 'items' in member || member.item.kind !== 'bytes' || member.parameters.size > 0) return null;
  const digest = digestOf(headerOf(request, 'content-digest'));
  if (digest === null || (request.body !== null && !hash('sha256', request.body, 'buffer').equals(digest))) return null;
  const claims = readParameters(input);
  return claims && { ...claims, base: buildBase(request, input), signature: member.item.value };
}

/** Proves the signature with the key's own algorithm, whatever the message calls it. */
export function verifySignature(claimed: ClaimedSignature, key: SigningKey): boolean {
  if (claimed.algorithm !== null && claimed.algorithm !== key.algorithm) return false;
  return key.algorithm === 'ed25519' ? verifyEd25519(claimed, key.key) : verifyHmac(claimed, key.key);
}

function verifyEd25519(claimed: ClaimedSignature, key: KeyObject): boolean {
  return claimed.signature.length === 64 && verify(null, claimed.base, key, claimed.signature);
}

function verifyHmac(claimed: ClaimedSignature, key: KeyObject): boolean {
  const expected = createHmac('sha256', key).update(claimed.base).digest();
  // Unequal lengths make timingSafeEqual throw, which would turn a bad signature into an internal error.
  return claimed.signature.length === expected.length && timingSafeEqual(claimed.signature, expected);
}

function headerOf(request: SignableRequest, name: string): string {
  const value = request.headers[name];
  return typeof value === 'string' ? value.trim() : (value ?? []).map((one) => one.trim()).join(', ');
}

function coversProfile(input: InnerList): boolean {
  const names = input.items.map(({ item, parameters }) => (item.kind === 'text' && parameters.size === 0 ? item.value : null));
  return names.length === components.length && names.every((name, index) => name === components[index]);
}

function readParameters(input: InnerList): Pick<ClaimedSignature, 'keyId' | 'createdSec' | 'nonce' | 'algorithm'> | null {
  if ([...input.parameters.keys()].some((name) => !knownParameters.has(name))) return null;
  const created = input.parameters.get('created');
  const nonce = textOf(input.parameters.get('nonce'));
  const keyId = textOf(input.parameters.get('keyid'));
  const alg = input.parameters.get('alg');
  const algorithm = textOf(alg);
  if (created?.kind !== 'integer' || nonce === null || nonce.length > maxNonceChars || keyId === null) return null;
  if (alg !== undefined && algorithm === null) return null;
  return { keyId, createdSec: created.value, nonce, algorithm };
}

/** The text of an item that is a text and not empty. */
function textOf(item: BareItem | undefined): string | null {
  return item?.kind === 'text' && item.value !== '' ? item.value : null;
}

/** What `Content-Digest` says of the body (RFC 9530). A request without body carries the digest of nothing, so that there is one profile and not two. */
export function digestOf(header: string): Buffer | null {
  const member = parseDictionary(header.trim())?.get('sha-256');
  return member === undefined || 'items' in member || member.item.kind !== 'bytes' ? null : member.item.value;
}

/** RFC 9421, section 2.5. Parameters keep the order of the message. */
function buildBase(request: SignableRequest, input: InnerList): Buffer {
  const lines = [
    `"@method": ${request.method}`,
    `"@path": ${request.path === '' ? '/' : request.path}`,
    `"@query": ?${request.query}`,
    `"content-digest": ${headerOf(request, 'content-digest')}`,
    `"@signature-params": ${serializeInnerList(input)}`,
  ];
  return Buffer.from(lines.join('\n'), 'utf8');
}
