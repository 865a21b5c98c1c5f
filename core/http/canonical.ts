import { hash } from 'node:crypto';

/** JSON with the members of every object in one order, so that equal values are equal texts. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => (isPlainObject(inner) ? sortMembers(inner) : inner)) ?? 'null';
}

/** SHA-256 hex over what a request asks for: not how it is spelled, nor in which format. */
export function hashRequest(method: string, path: string, body: unknown): string {
  // Not `createHash`: its objects hold native memory until the next full collection, 60 MiB under load.
  return hash('sha256', `${method}\n${path}\n${canonicalJson(body)}`);
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function sortMembers(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
