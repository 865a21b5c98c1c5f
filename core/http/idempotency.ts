/** What was answered the first time, in neither format: it is written anew for whoever asks again. */
export interface StoredAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON text; null when the answer had no body. */
  readonly body: string | null;
}

/** The right to execute a keyed request, until `leaseUntil`. */
export interface Lease {
  readonly id: string;
  readonly leaseUntil: number;
}

export type Begun =
  | { readonly kind: 'started'; readonly lease: Lease }
  | { readonly kind: 'replay'; readonly answer: StoredAnswer }
  | { readonly kind: 'reused' }
  | { readonly kind: 'in_progress'; readonly retryAfterSec: number };

/** Remembers keyed requests. Every method is safe to call twice, and from several servers at once. */
export interface IdempotencyStore {
  begin(request: { readonly appId: string; readonly key: string; readonly requestHash: string }): Promise<Begun>;
  /** Keeps the answer, unless the lease has meanwhile been taken over. */
  finish(lease: Lease, answer: StoredAnswer): Promise<void>;
  /** Forgets the request: nothing came of it that must be repeated. */
  release(lease: Lease): Promise<void>;
}
