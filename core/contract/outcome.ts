import type { Money } from './money.ts';

/** What the shopper has to do next, in the shape the public API returns it. */
export type Action =
  /** Show this text as a QR code. */
  | { readonly type: 'qr'; readonly qrContent: string }
  /** Send the browser to this address. */
  | { readonly type: 'redirect'; readonly url: string }
  /** Post these fields from the browser, as `application/x-www-form-urlencoded`. */
  | { readonly type: 'form'; readonly url: string; readonly fields: Readonly<Record<string, string>> }
  /** Hand these parameters to the vendor's client library, unchanged. */
  | { readonly type: 'sdk'; readonly params: Readonly<Record<string, unknown>> }
  /** Show these facts (an account to transfer to, a reference to quote). */
  | { readonly type: 'instructions'; readonly params: Readonly<Record<string, string>> };

/**
 * Who the vendor says an answer is about. The kernel compares every member that is present with
 * what it asked; one that differs makes the answer a mismatch. A channel fills in all that the
 * vendor echoes and leaves out only what the vendor does not say.
 */
export interface Echo {
  /** The number we gave this attempt or refund (`out_trade_no`, `client_reference_id` …). */
  readonly number?: string;
  /** The vendor's name for the merchant, in the form of {@link Channel.merchantNo}. */
  readonly merchantNo?: string;
  /** True for real money, where the vendor says so. */
  readonly livemode?: boolean;
}

/** Money arrived. The amount is the order total as the vendor states it, never copied from the request. */
export interface Succeeded {
  readonly state: 'succeeded';
  /** The vendor's own number of the transaction: what a statement or a refund names. */
  readonly channelNo: string;
  readonly money: Money;
  readonly echo: Echo;
  /** When the vendor says it was paid. */
  readonly at?: Date;
}

/** What a vendor says of one attempt, mapped to the words of paymux. */
export type PaymentReport =
  | Succeeded
  /** Known to the vendor and unpaid; the shopper has still to act. */
  | { readonly state: 'pending'; readonly channelNo?: string; readonly echo: Echo }
  /**
   * The shopper has agreed, and the vendor waits for us to take the money: it moves only with
   * `capture`, which the kernel calls next unless the payment is being closed.
   */
  | { readonly state: 'approved'; readonly channelNo?: string; readonly echo: Echo }
  /** The shopper has acted; the vendor has not decided. */
  | { readonly state: 'processing'; readonly channelNo?: string; readonly echo: Echo }
  /** The vendor guarantees that this number can no longer be paid, and was not. */
  | { readonly state: 'closed'; readonly channelNo?: string; readonly echo: Echo }
  /** The vendor does not know the number. Not yet proof of anything: the kernel decides. */
  | { readonly state: 'not_found' };

/** What a vendor says of one refund. */
export type RefundReport =
  | { readonly state: 'succeeded'; readonly channelNo: string; readonly money: Money; readonly echo: Echo; readonly at?: Date }
  | { readonly state: 'processing'; readonly channelNo?: string; readonly echo: Echo }
  /** The vendor took it and cannot carry it out by itself; an operator must decide. */
  | { readonly state: 'abnormal'; readonly channelNo?: string; readonly echo: Echo }
  /** The vendor ended it for good without moving money. */
  | { readonly state: 'failed'; readonly code: string; readonly channelNo?: string; readonly echo: Echo }
  | { readonly state: 'not_found' };

/** What the vendor said in its own words: for logs and the merchant's `failure`. Holds no secret. */
export interface VendorError {
  readonly code: string;
  readonly message: string;
}

/** What to do about a decline. Maps to `advice` in the public API. */
export type Advice = 'retry' | 'retry_other_method' | 'fix_request' | 'contact_support' | 'do_not_retry';

/** Proven: nothing of this call was, or will be, executed by the vendor. */
export interface NotSent {
  readonly kind: 'notSent';
  /** `login`: the vendor gave no access token, and without one nothing was sent. */
  readonly reason: 'dns' | 'refused' | 'tls' | 'breaker' | 'rate_limited' | 'login' | 'local';
  readonly retryAfterMs?: number;
}

/** Nobody knows whether the vendor executed the call. Never failed over; a query decides. */
export interface Unknown {
  readonly kind: 'unknown';
  readonly reason: 'timeout' | 'reset' | 'server_error' | 'unreadable' | 'bad_signature' | 'unmapped' | 'rate_limited';
  readonly vendor?: VendorError;
}

/**
 * The vendor said no, for certain and for good, to this number. Its health is not in question. A refusal about another
 * number or merchant would end a payment that may yet be paid, so `echo` is compared as that of a success is; `{}` where
 * the vendor's answer names nothing.
 */
export interface Declined {
  readonly kind: 'declined';
  readonly echo: Echo;
  /** One of our codes (`docs/errors.md`), such as `insufficient_funds`; `declined` where none fits. */
  readonly code: string;
  readonly advice: Advice;
  readonly vendor: VendorError;
}

/** Refused before anything was executed, through our own fault: configuration, keys, a request we built wrongly. */
export interface Rejected {
  readonly kind: 'rejected';
  readonly reason: 'validation' | 'auth' | 'config' | 'unsupported' | 'number_reused';
  readonly vendor?: VendorError;
}

/** The result of `pay`, `query` and `capture`. A success without money does not compile. */
export type Outcome =
  | { readonly kind: 'ok'; readonly report: PaymentReport; readonly sessionNo?: string }
  | { readonly kind: 'action'; readonly action: Action; readonly channelNo?: string; readonly sessionNo?: string }
  | Declined
  | NotSent
  | Unknown
  | Rejected;

/** The result of `refund` and `queryRefund`. */
export type RefundOutcome = { readonly kind: 'ok'; readonly report: RefundReport } | Declined | NotSent | Unknown | Rejected;

/**
 * The result of `close`. `closed`: the vendor confirms that the number can no longer be paid.
 * `paid`: too late; the kernel queries for the facts. `notFound`: the vendor has no such number
 * yet, so it may still be paid until it expires there.
 */
export type CloseOutcome =
  | { readonly kind: 'closed' }
  | { readonly kind: 'paid' }
  | { readonly kind: 'notFound' }
  | NotSent
  | Unknown
  | Rejected;
