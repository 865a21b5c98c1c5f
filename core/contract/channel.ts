import type { Call, Kit } from './kit.ts';
import type { Bank, ChannelManifest } from './manifest.ts';
import type { Money } from './money.ts';
import type { CloseOutcome, Echo, Outcome, PaymentReport, RefundOutcome, RefundReport } from './outcome.ts';
import type { StatementDocument, StatementLine, StatementOutcome } from './statement.ts';

/** What `plugins/channels/<id>/index.ts` exports as its default. */
export interface ChannelPlugin<Config = Readonly<Record<string, unknown>>> {
  /** The version of this contract that the channel was written for. */
  readonly contract: 1;
  readonly manifest: ChannelManifest;
  /**
   * Makes a channel for one account. Parses keys once, here. `config` has already passed the
   * manifest's schema. Throw an `Error` with a message for the operator when a key cannot be
   * used: the account is then refused, and an earlier instance keeps serving.
   */
  open(account: Account<Config>, kit: Kit): Channel;
}

/** One merchant id and its keys at a vendor. */
export interface Account<Config> {
  readonly id: string;
  /** True when the account moves real money. A plugin refuses keys of the other kind where it can tell. */
  readonly livemode: boolean;
  readonly config: Config;
}

/** An opened account. A method is present exactly where the manifest declares the ability. */
export interface Channel {
  /** The vendor's name for this merchant as its answers echo it; null when they never do. */
  readonly merchantNo: string | null;
  /** For methods that need `bankCode`, where banks are agreed on by each account: shown at the checkout instead of the manifest's. */
  readonly banks?: readonly Bank[];
  /** Creates the vendor's side of an attempt. Called again with the same request only where the manifest says that this is idempotent. */
  pay(request: PayRequest, call: Call): Promise<Outcome>;
  /** Asks what became of an attempt. A lost or unreadable answer is `unknown`, never a failure. */
  query?(attempt: AttemptRef, call: Call): Promise<Outcome>;
  /** Makes an unpaid attempt unpayable. */
  close?(attempt: AttemptRef, call: Call): Promise<CloseOutcome>;
  /** Takes the money of an attempt that was reported `approved`. Idempotent under the attempt's number. */
  capture?(attempt: AttemptRef, call: Call): Promise<Outcome>;
  /** Returns money. A repeat carries the same number and the same amount. */
  refund?(request: RefundRequest, call: Call): Promise<RefundOutcome>;
  queryRefund?(refund: RefundRequest, call: Call): Promise<RefundOutcome>;
  /** Verifies first, over the raw bytes, then reads. Never throws for what a stranger may send. */
  parseCallback(raw: RawRequest, call: Call): Promise<Callback>;
  /** Reads our number out of the shopper's return. A hint only: it may trigger a query, never a state. */
  parseReturn?(raw: RawRequest): { readonly number: string } | null;
  /**
   * Where a browser inside the vendor's app is sent, for the vendor to tell who its shopper is; it comes back to `returnUrl`, and
   * brings `state`, at most 128 letters and digits, as its parameter of this name. With `identify`.
   */
  identifyUrl?(returnUrl: string, state: string): string;
  /** Learns who the shopper is from the query that his browser came back with. Moves nothing, and may be called again. */
  identify?(query: Readonly<Record<string, string>>, call: Call): Promise<IdentifyOutcome>;
  /** Asks for the statement of one business day (`2026-01-31`) of the vendor's time zone. Its documents are read before the call ends. */
  fetchStatement?(day: string, call: Call): Promise<StatementOutcome>;
  /**
   * The lines of one document, which may as well have come by hand. Pure: no network, no clock. Throws an `Error` that names the
   * line where the document is cut off, is another account's, or does not add up to its own totals: half a statement compared
   * would look like missing payments. A document that holds no transactions, such as a summary, has no lines.
   */
  readStatement?(document: StatementDocument): AsyncIterable<StatementLine>;
  /** Proves that the account's credentials work, without moving money. */
  probe?(call: Call): Promise<{ readonly ok: boolean; readonly detail: string }>;
}

/** Who the shopper is to this vendor. `reason` is for the log. */
export type IdentifyOutcome =
  | { readonly kind: 'known'; readonly payer: Pick<Payer, 'openid'> }
  | { readonly kind: 'refused'; readonly reason: string };

/** Facts about the shopper that some methods need. The merchant gives them, or the shopper at the hosted checkout. */
export interface Payer {
  readonly openid?: string;
  readonly clientIp?: string;
  readonly authCode?: string;
  readonly token?: string;
  readonly email?: string;
  readonly name?: string;
  /** In E.164, such as `+8613800000000`. */
  readonly phone?: string;
  /** The bank that the shopper chose, as the vendor calls it. */
  readonly bankCode?: string;
  /** Two letters of ISO 3166. */
  readonly country?: string;
  readonly locale?: string;
}

/** One merchant order of several that are paid together. */
export interface OrderLine {
  readonly merchantOrderNo: string;
  readonly money: Money;
  readonly subject: string | null;
}

/** One attempt, as the vendor knows it. */
export interface AttemptRef {
  /** Our number: 26 digits and capital letters, unique for ever. */
  readonly number: string;
  /** The vendor's number of the transaction, once one is known. */
  readonly channelNo: string | null;
  /**
   * The vendor's number of what `pay` opened (an order, a session, a link), where the transaction
   * has another one of its own. Kept as the channel gave it, at most 255 characters.
   */
  readonly sessionNo: string | null;
  /** The product of the manifest, such as `native`. */
  readonly product: string;
  readonly money: Money;
  /** When the attempt was made. Fixed: a repeat of the same attempt carries the same time. */
  readonly createdAt: Date;
  /** When the shopper's time to pay ends. */
  readonly expiresAt: Date;
}

/** What `pay` is asked to do. Equal in every field when the same attempt is sent again. */
export interface PayRequest extends AttemptRef {
  readonly subject: string;
  readonly payer: Payer;
  /** The merchant's own orders when several are paid together; empty for one. Their sum is `money`. */
  readonly orderLines: readonly OrderLine[];
  /** Where the vendor sends its callbacks for this account. */
  readonly callbackUrl: string;
  /** Where the shopper's browser goes afterwards; null when the merchant gave none. */
  readonly returnUrl: string | null;
}

/** What `refund` and `queryRefund` are asked about. */
export interface RefundRequest {
  /** Our refund number: 26 digits and capital letters. The same on every repeat. */
  readonly number: string;
  /** The vendor's refund number, once one is known. */
  readonly channelNo: string | null;
  readonly money: Money;
  readonly reason: string | null;
  /** When the refund was made. Fixed: a repeat carries the same time. */
  readonly createdAt: Date;
  /** The attempt that was paid. Its `channelNo` is never null here. */
  readonly attempt: AttemptRef;
  readonly callbackUrl: string;
}

/** A callback exactly as it arrived. */
export interface RawRequest {
  readonly method: string;
  /** The public address it was sent to, from configuration, never from the Host header. */
  readonly url: string;
  readonly query: string;
  /** Lower-case names; of repeated headers, the values joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** An HTTP answer in the vendor's own words. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

/** How far a callback proves itself. Below `signed` it may only trigger a query. */
export type Trust = 'signed' | 'token' | 'unverified';

/** One fact inside a callback. */
export type CallbackItem =
  | {
      readonly of: 'payment';
      readonly number?: string;
      readonly channelNo?: string;
      /** As `pay` gave it, for vendors whose callbacks name only that. */
      readonly sessionNo?: string;
      /**
       * `changed`: the vendor says that something happened and not what, so the kernel asks.
       * `reversed`: money that was told as paid did not come, or went back without a refund of ours.
       */
      readonly report:
        | PaymentReport
        | { readonly state: 'declined'; readonly code: string; readonly echo: Echo }
        | { readonly state: 'changed' }
        | { readonly state: 'reversed'; readonly echo: Echo };
    }
  | {
      readonly of: 'refund';
      readonly number?: string;
      readonly channelNo?: string;
      /** For vendors whose callbacks about a refund name the payment alone: each of its open refunds is asked about. */
      readonly attemptNumber?: string;
      readonly report: RefundReport | { readonly state: 'changed' };
    };

/** A callback, read. */
export type Callback =
  | {
      readonly kind: 'event';
      readonly eventId: string;
      readonly trust: Trust;
      readonly items: readonly CallbackItem[];
      /** Sent once everything is stored. */
      readonly accepted: Reply;
      /** Sent when it could not be stored, so that the vendor sends it again. */
      readonly retry: Reply;
    }
  /** Genuine, and of no interest here. */
  | { readonly kind: 'ignored'; readonly eventType: string; readonly reply: Reply }
  | { readonly kind: 'refused'; readonly reason: 'bad_signature' | 'stale' | 'malformed' | 'wrong_account'; readonly reply: Reply };
