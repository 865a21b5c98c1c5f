import type { Readable } from 'node:stream';
import type { z } from 'zod';
import type { FieldFault, Locale, Refusal } from '../errors.ts';

/** The app that a request was made for, as far as the HTTP layer looks at it. */
export interface AppIdentity {
  readonly id: string;
  readonly livemode: boolean;
}

/** The key that a request was made with, as far as the HTTP layer looks at it. */
export interface KeyIdentity {
  readonly id: string;
  /** `*` holds every scope. */
  readonly scopes: readonly string[];
}

/** Who asks. */
export interface Caller<App extends AppIdentity = AppIdentity, Key extends KeyIdentity = KeyIdentity> {
  readonly app: App;
  readonly key: Key;
}

/** The parts of a request that prove who sent it. `query` is the raw text after `?`; header names are lower case. */
export interface RequestProof {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Null where it is a file that is read later, and held to its `Content-Digest` then. */
  readonly body: Buffer | null;
}

/** Finds out who asks. */
export type Authenticate<App extends AppIdentity = AppIdentity, Key extends KeyIdentity = KeyIdentity> = (
  request: RequestProof,
) => Promise<Caller<App, Key> | Refusal> | Caller<App, Key> | Refusal;

/** What a handler is given. It never sees the framework. */
export interface RouteInput<Body = unknown, Query = unknown, App extends AppIdentity = AppIdentity, Key extends KeyIdentity = KeyIdentity>
  extends Caller<App, Key> {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Query;
  readonly body: Body;
  readonly rawBody: Buffer;
  /** The file that comes as the body, of a route that takes one. Reading it throws where it is too large, breaks off or is another. */
  readonly file: AsyncIterable<Uint8Array>;
  readonly headers: Readonly<Record<string, string>>;
  readonly locale: Locale;
  readonly requestId: string;
  /**
   * Names the request across its repeats: SHA-256 hex of app and Idempotency-Key, or null without a
   * key. After a crash the same request may be executed again; a handler whose effect has no
   * natural key derives one from this.
   */
  readonly idempotencyId: string | null;
}

/** What a handler did. `body` is written as JSON or XML, as the request asks. */
export interface Answer {
  readonly kind: 'answer';
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as it is instead of `body`, such as a CSV file. Not kept for idempotent repeats. */
  readonly raw?: { readonly contentType: string; readonly body: string | Buffer | Readable };
}

/** A body that is a file, read as it comes. */
export interface FileRule {
  readonly types: readonly string[];
  readonly maxBytes: () => number;
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** One operation of the API. This table drives routing, validation, idempotency and the OpenAPI document. */
export interface Route {
  readonly kind: 'api';
  /** Unique, such as `payments.create`: the operation's name in metrics, logs and OpenAPI. */
  readonly id: string;
  readonly method: Method;
  /** With `:name` for parameters. */
  readonly path: string;
  readonly summary: string;
  readonly tag: string;
  /** What the key must be allowed to do; null: any valid key may. */
  readonly scope: string | null;
  /** Whether `Idempotency-Key` is honoured. Default: every POST. */
  readonly idempotent?: boolean;
  /** A strict object. Absent: nothing but an empty body or `{}` is accepted. */
  readonly body?: z.ZodType;
  /** Instead of `body`. Not for `Idempotency-Key`, which would have to hash what is not there yet: what is done is named by the file's hash. */
  readonly file?: FileRule;
  /** A strict object; integers, booleans and comma-separated lists are read from their text. */
  readonly query?: z.ZodType;
  /**
   * What a schema cannot see, of the fields that passed it, when others did not: so that one answer lists every fault.
   * `body` has those fields alone. Not called when the schema accepts the whole.
   */
  readonly moreFaults?: (app: never, body: never, isMissing: (field: string) => boolean) => readonly FieldFault[];
  /** The same of the query. */
  readonly moreQueryFaults?: (app: never, query: never) => readonly FieldFault[];
  /** The successful answers by status. */
  readonly answers: Readonly<Record<number, z.ZodType>>;
  /** The types of a file that is answered with 200, where a route answers one. */
  readonly files?: readonly string[];
  readonly handle: (input: RouteInput<never, never, never, never>) => Promise<Answer | Refusal>;
}

/** A route as it is written down: its handler is typed by its schemas. */
export interface RouteDefinition<Body extends z.ZodType, Query extends z.ZodType, App extends AppIdentity, Key extends KeyIdentity>
  extends Omit<Route, 'kind' | 'handle' | 'body' | 'query' | 'moreFaults' | 'moreQueryFaults'> {
  readonly moreFaults?: (app: App, body: Partial<z.output<Body>>, isMissing: (field: string) => boolean) => readonly FieldFault[];
  readonly moreQueryFaults?: (app: App, query: Partial<z.output<Query>>) => readonly FieldFault[];
  readonly body?: Body;
  readonly query?: Query;
  readonly handle: (input: RouteInput<z.output<Body>, z.output<Query>, App, Key>) => Promise<Answer | Refusal>;
}

/** Types a route: `input.body` and `input.query` of its handler are what the schemas let through. */
export function defineRoute<
  Body extends z.ZodType = z.ZodType<Record<string, never>>,
  Query extends z.ZodType = z.ZodType<Record<string, never>>,
  App extends AppIdentity = AppIdentity,
  Key extends KeyIdentity = KeyIdentity,
>(definition: RouteDefinition<Body, Query, App, Key>): Route {
  return { kind: 'api', ...definition };
}

/** A request as it arrived, for routes with rules of their own. Of repeated headers, the values are joined by `, `. */
export interface RawRouteInput {
  readonly method: string;
  readonly path: string;
  /** The text after `?`, as it was sent. */
  readonly query: string;
  readonly params: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly locale: Locale;
  readonly requestId: string;
  /** Who is at the other end of the connection: a proxy, where there is one. */
  readonly remoteAddress: string;
  /** Aborted when the server begins to stop: an answer that never ends by itself has to end then. */
  readonly stopping: AbortSignal;
}

/** An answer in the words of whoever asked. */
export interface RawAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A stream is ended when the client goes away. */
  readonly body: string | Buffer | Readable;
}

/** A route without authentication and without parsing: callbacks of channels, pages, health. */
export interface RawRoute {
  readonly kind: 'raw';
  readonly id: string;
  readonly methods: readonly Method[];
  readonly path: string;
  readonly summary: string;
  readonly tag: string;
  /** Default: the limit of the server. */
  readonly maxBodyBytes?: number;
  readonly handle: (input: RawRouteInput) => Promise<RawAnswer | Refusal>;
}

/** Types a raw route. */
export function defineRawRoute(definition: Omit<RawRoute, 'kind'>): RawRoute {
  return { kind: 'raw', ...definition };
}

export type AnyRoute = Route | RawRoute;

/** An answer with a body that is written as JSON or XML. */
export function answer(status: number, body?: unknown, headers?: Readonly<Record<string, string>>): Answer {
  return { kind: 'answer', status, ...(body === undefined ? {} : { body }), ...(headers && { headers }) };
}
