import type { Money } from './money.ts';
import type { NotSent, Unknown } from './outcome.ts';
import type { PartsKit } from './parts.ts';
import type { FilesKit } from './statement.ts';

/** One HTTP request to a vendor. Bodies are sent byte for byte as given: sign exactly these bytes. */
export interface WireRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /**
   * For a request that moves nothing whatever becomes of it, such as one for an access token: it does not count as sent, so that
   * `notSent` with the reason `login` is believed.
   */
  readonly isLogin?: true;
  /** For gateways that ask for the merchant's certificate, or whose own was signed by a private authority. PEM texts. */
  readonly tls?: { readonly cert?: string; readonly key?: string; readonly ca?: string };
}

/** A complete answer, whatever its status. `headers` has lower-case names; `body` is the raw bytes. */
export interface WireAnswer {
  readonly kind: 'answered';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/**
 * Sends a request to the vendor. Never throws for what the network does: a call that provably did
 * not leave is `notSent`, any other loss is `unknown`, and both can be returned as they are.
 * Redirects are not followed. The deadline of the call is applied here.
 */
export type Http = (request: WireRequest) => Promise<WireAnswer | NotSent | Unknown>;

/** An answer whose body is read as it comes. It throws where the answer breaks off. */
export interface WireStream {
  readonly kind: 'answered';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly content: AsyncIterable<Uint8Array>;
}

/** As {@link Http}, for what is too large to hold: statements. The content is read before the call ends. */
export type Download = (request: WireRequest) => Promise<WireStream | NotSent | Unknown>;

/** A log line of a channel. Fields are masked by name and by the account's secrets before they are written. */
export type PluginLog = (level: 'debug' | 'info' | 'warn' | 'error', message: string, fields?: Readonly<Record<string, unknown>>) => void;

/** What one call of a channel may use of the outside world. Made anew for each call. */
export interface Call {
  readonly http: Http;
  readonly download: Download;
  /** The current time. Channels never ask the system clock themselves, so that tests can replay a vendor's samples. */
  readonly now: () => Date;
  /** A fresh random text of 32 lower-case hex digits. */
  readonly nonce: () => string;
  readonly log: PluginLog;
}

/** Money as vendors write it: amounts are in the minor units of ISO 4217, decimal texts have the decimals of the channel's manifest. */
export interface MoneyKit {
  /** Minor units to decimal text in major units: 1999 CNY is `19.99`, 500 JPY is `500`. */
  toMajor(money: Money): string;
  /** Decimal text to money; null unless it is a plain, exact, non-negative amount of that currency. */
  fromMajor(text: unknown, currency: unknown): Money | null;
  /** An integer of minor units (number, or text of digits) to money; null when it is anything else. */
  fromMinor(value: unknown, currency: unknown): Money | null;
}

/** XML without entities: DOCTYPE is refused before parsing, and values stay text. */
export interface XmlKit {
  /** The document as nested plain objects of text; null when it is not well-formed or holds a DOCTYPE. */
  parse(text: string): Record<string, unknown> | null;
  /** `<root>` with one child per field, values escaped. */
  build(root: string, fields: Readonly<Record<string, string>>): string;
}

/**
 * Signatures of the Chinese national standard (GB/T 32918 with SM3), which Node's own crypto cannot
 * make with a user id. Carried out on a thread of their own. A key that is none is an `Error`.
 */
export interface Sm2Kit {
  /** `privateKey`: 64 hex digits. `userId` is `1234567812345678` unless the vendor says otherwise. The signature is r‖s, 64 bytes. */
  sign(privateKey: string, message: Uint8Array, userId?: string): Promise<Buffer>;
  /** `publicKey`: 130 hex digits, uncompressed, beginning with 04. False, never an error, for a signature that is none. */
  verify(publicKey: string, message: Uint8Array, signature: Uint8Array, userId?: string): Promise<boolean>;
}

/** Pure tools for a channel's lifetime: no clock, no network, no state. */
export interface Kit {
  readonly money: MoneyKit;
  readonly xml: XmlKit;
  /** Constant-time comparison of two texts; false, never an error, when they differ in length. */
  readonly sameText: (a: string, b: string) => boolean;
  /** Strict base64 (padding as written by the vendor is required); null when it is anything else. */
  readonly base64: (text: unknown) => Buffer | null;
  /**
   * Parses JSON text into a plain object; null when it is not one. Prototype keys are dropped.
   * With `numbersAsText`, every number is the text that the vendor wrote: amounts such as `0.1` stay exact.
   */
  readonly json: (bytes: Uint8Array | string, options?: { readonly numbersAsText?: boolean }) => Record<string, unknown> | null;
  /** A decimal text that `JSON.stringify` writes as that very number, without quotes: for vendors who want amounts as numbers. */
  readonly jsonNumber: (decimal: string) => unknown;
  readonly sm2: Sm2Kit;
  readonly files: FilesKit;
  readonly parts: PartsKit;
}
