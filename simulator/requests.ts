import type { Operation, Wire } from './types.ts';

/** One address of a vendor's API. The groups of `path` are handed to `run`, decoded. */
export type Route<Run> = readonly [method: string, path: RegExp, operation: Operation | null, run: Run];

export interface FoundRoute<Run> {
  readonly operation: Operation | null;
  readonly run: Run;
  readonly parts: readonly string[];
}

/** The first route for a request, or null. */
export function findRoute<Run>(routes: readonly Route<Run>[], wire: Wire): FoundRoute<Run> | null {
  for (const [method, path, operation, run] of routes) {
    const found = method === wire.method ? path.exec(wire.path) : null;
    if (found === null) continue;
    try {
      return { operation, run, parts: found.slice(1).map(decodeURIComponent) };
    } catch {
      return null;
    }
  }
  return null;
}

/** The value of a header, by its lower-case name; null when it is missing or given twice. */
export function headerOf(wire: Wire, name: string): string | null {
  const value = wire.headers[name];
  return typeof value === 'string' ? value : null;
}

export const bearerOf = (wire: Wire): string | null => /^Bearer (\S+)$/i.exec(headerOf(wire, 'authorization') ?? '')?.[1] ?? null;

/** The user and password of basic authentication. The password may have colons, the user may not. */
export function basicOf(wire: Wire): { readonly user: string; readonly password: string } | null {
  const encoded = /^Basic ([A-Za-z0-9+/]+=*)$/i.exec(headerOf(wire, 'authorization') ?? '')?.[1];
  const found = encoded === undefined ? null : /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString('utf8'));
  return found ? { user: found[1] ?? '', password: found[2] ?? '' } : null;
}

const hasType = (wire: Wire, type: string) => (headerOf(wire, 'content-type') ?? '').toLowerCase().startsWith(type);

/** The JSON of a body; undefined when it is none or is called something else. */
export function readJson(wire: Wire): unknown {
  if (!hasType(wire, 'application/json')) return undefined;
  try {
    return JSON.parse(wire.body.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** The fields of a form; null when it is none or has a field twice. */
export function readForm(wire: Wire): Readonly<Record<string, string>> | null {
  if (!hasType(wire, 'application/x-www-form-urlencoded')) return null;
  const pairs = [...new URLSearchParams(wire.body.toString('utf8'))];
  const fields = Object.fromEntries(pairs);
  return Object.keys(fields).length === pairs.length ? fields : null;
}
