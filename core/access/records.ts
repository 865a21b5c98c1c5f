import type { KeyObject } from 'node:crypto';
import type { AccountConfig } from '../channels/config-schema.ts';
import type { AccountTerms } from '../channels/terms.ts';
import type { PreviousVersion } from '../channels/versions.ts';

/** Who is paid. */
export interface MerchantRecord {
  readonly id: string;
  readonly name: string;
  readonly status: 'active' | 'disabled';
  /** `#1a56db`: the colour of the buttons at the checkout. */
  readonly brandColor: string | null;
  /** Which of the stored pictures shoppers know it by. */
  readonly logoId: string | null;
}

/** What to do with money that arrives after its payment ended. */
export type LatePolicy = 'auto_refund' | 'accept' | 'hold';

/** A credential of a merchant: test or live, for ever. */
export interface App {
  readonly id: string;
  readonly merchantId: string;
  readonly name: string;
  readonly livemode: boolean;
  /** False when the app or its merchant is switched off. */
  readonly active: boolean;
  readonly notifyUrl: string | null;
  readonly returnUrl: string | null;
  readonly latePolicy: LatePolicy;
  readonly requireSignature: boolean;
  readonly ratePerSecond: number;
  /** The `whsec_` that sign notifications to a `notify_url` now, newest first: two during a rotation. */
  readonly notificationSecrets: (now: Date) => readonly string[];
}

/** What a key may do. `*`: everything. */
export type Scope =
  | 'payments:write'
  | 'payments:read'
  | 'refunds:write'
  | 'events:read'
  | 'endpoints:write'
  | 'reconciliation:read'
  | 'reconciliation:write'
  | '*';

/** A secret key, known by its hash alone. */
export interface ApiKey {
  readonly id: string;
  readonly appId: string;
  /** Enough of the key for a person to tell it from another. */
  readonly hint: string;
  readonly scopes: readonly Scope[];
  readonly status: 'active' | 'revoked';
}

/** A key that signs requests. */
export interface SigningKey {
  readonly id: string;
  readonly appId: string;
  readonly algorithm: 'ed25519' | 'hmac-sha256';
  readonly status: 'active' | 'revoked';
  /** The public key, or the shared secret. A KeyObject prints without its content. */
  readonly key: KeyObject;
}

/**
 * `enabled` takes new attempts. `draining` takes none but finishes those that were begun. `receive_only` asks, closes and
 * refunds, and takes no money of its own accord. `retired` only reads callbacks (`core/channels/life-cycle.ts`).
 */
export type AccountStatus = 'enabled' | 'draining' | 'receive_only' | 'retired';

/** One merchant id and its keys at a channel. */
export interface ChannelAccountRecord {
  readonly id: string;
  readonly channel: string;
  /** Null: shared by all merchants. */
  readonly merchantId: string | null;
  readonly livemode: boolean;
  readonly status: AccountStatus;
  /** Lower is tried first. */
  readonly priority: number;
  /** The share among accounts of one priority. */
  readonly weight: number;
  /** Grows with every change of `config`. */
  readonly version: number;
  /** The configuration with its secrets. A function, so that no printed account shows them. */
  readonly config: () => AccountConfig;
  readonly terms: AccountTerms;
  readonly previous: readonly PreviousVersion[];
}

/** Where an app's notifications go. */
export interface Endpoint {
  readonly id: string;
  readonly appId: string;
  readonly url: string;
  /** Empty: all types. */
  readonly types: readonly string[];
  readonly status: 'enabled' | 'disabled';
  /** The secrets that sign now, newest first: two during a rotation. */
  readonly secrets: (now: Date) => readonly string[];
}
