/** The channels whose gateways are played here. */
export type ChannelName = 'wechat' | 'alipay' | 'stripe';
export const channelNames: readonly ChannelName[] = ['wechat', 'alipay', 'stripe'];

/** What a request to a vendor is about: the word that scenarios use. */
export type Operation = 'pay' | 'query' | 'refund' | 'close' | 'callback' | 'statement';

/** A request as it arrived: the path begins after the channel's prefix, and the body is the raw bytes. */
export interface Wire {
  readonly method: string;
  readonly path: string;
  /** Without the question mark, as sent. */
  readonly query: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Buffer;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** How an answer or a callback is to be spoiled. */
export interface Twist {
  readonly badSignature: boolean;
  readonly wrongAmount: boolean;
  readonly wrongAccount: boolean;
  /** Orders and refunds younger than this are said not to exist. */
  readonly notFoundUntilMs: number;
}

export const honest: Twist = { badSignature: false, wrongAmount: false, wrongAccount: false, notFoundUntilMs: 0 };

export interface Refund {
  /** The merchant's number of the refund. */
  readonly number: string;
  readonly vendorNo: string;
  readonly amount: number;
  readonly createdAt: number;
  /** What the merchant sent beside the amount and wants to see again. */
  readonly facts: Readonly<Record<string, string>>;
  /** False while the vendor still says that it is being processed. */
  done: boolean;
}

/** One message that a vendor owes a merchant. `id` stays the same on every try. */
export interface Callback {
  readonly id: string;
  readonly event: string;
  /** The refund it is about, or null. */
  readonly refund: string | null;
  readonly url: string;
  delivered: boolean;
}

/** An order at a vendor. Kept whole in the journal at every change. */
export interface Order {
  readonly channel: ChannelName;
  readonly account: string;
  /** The merchant's number. */
  readonly number: string;
  /** How it is paid: `native`, `jsapi`, `page` … */
  readonly product: string;
  /** Names the order in the addresses that a shopper opens. */
  readonly token: string;
  /** The vendor's number of the transaction. */
  readonly vendorNo: string;
  /** Minor units. */
  readonly amount: number;
  readonly currency: string;
  readonly subject: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly notifyUrl: string | null;
  readonly returnUrl: string | null;
  /** Tells a repeated request from another one under the same number. */
  readonly fingerprint: string;
  readonly facts: Readonly<Record<string, string>>;
  state: 'open' | 'paid' | 'closed';
  /** False for an Alipay QR code that nobody has scanned: the trade does not exist yet. */
  known: boolean;
  paidAt: number;
  closedAt: number;
  refunds: Refund[];
  callbacks: Callback[];
}

/** What really happened at a vendor, as the oracle of every fault test. */
export interface Truth {
  readonly seq: number;
  readonly at: string;
  readonly channel: ChannelName;
  readonly account: string;
  readonly kind: 'charge' | 'refund' | 'close';
  readonly number: string;
  readonly vendor_no: string;
  readonly amount: number;
  readonly currency: string;
}

/** What a vendor's part makes of a request. `order` is the one that was created or found, if any. */
export interface Done {
  readonly answer: Answer;
  readonly order?: Order;
  /** Work to start once the answer has been sent, such as a callback about a refund. */
  readonly afterwards?: () => void;
}

export interface Outgoing {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** One vendor's gateway. */
export interface Vendor {
  readonly channel: ChannelName;
  /** What the request is about and who sent it, without verifying anything; null for an unknown address. */
  identify(wire: Wire): { readonly operation: Operation | null; readonly account: string | null } | null;
  /** Verifies the request, carries it out, and signs the answer. */
  execute(wire: Wire, twist: Twist): Promise<Done>;
  /** The vendor's words for trouble of its own making, and for a decline. */
  fail(wire: Wire, trouble: 'http_500' | 'rate_limited' | 'decline', code: string | null): Promise<Answer>;
  /** The callbacks that are due when an order becomes paid, refunded, closed or has a failed try. */
  events(order: Order, happening: 'paid' | 'refunded' | 'closed' | 'failed' | 'expired'): readonly string[];
  /** Where callbacks about this order go; null for nowhere. */
  callbackUrl(order: Order, refund: Refund | null): string | null;
  /** Builds and signs one callback. `forged` signs it with a key that is not the vendor's. */
  compose(order: Order, callback: Callback, twist: Twist & { readonly forged: boolean }): Promise<Outgoing>;
  /** Whether the merchant's answer to a callback ends it. */
  accepts(status: number, body: string): boolean;
  /** Where the shopper's browser goes after paying; null when the merchant gave no address. */
  returnTo(order: Order): Promise<string | null>;
  /** Where the shopper's browser goes after giving up; null when there is no such address. */
  cancelTo(order: Order): string | null;
  /** Finds what a shopper was given, when it is not an address with a token in it; may create the order (Alipay). */
  open(target: string): Promise<Order | null>;
}

/** The part of a vendor that speaks first. */
export type Caller = Pick<Vendor, 'events' | 'callbackUrl' | 'compose' | 'accepts'>;

/** The part of a vendor that the shopper sees. */
export type Till = Pick<Vendor, 'returnTo' | 'cancelTo' | 'open'>;
