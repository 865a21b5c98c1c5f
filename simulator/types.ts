import type { KeyVault } from './vault.ts';
import type { World } from './world.ts';

/** The name of a folder in `vendors/`: the simulator knows no vendor by itself. */
export type ChannelName = string;

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
  /** Sent instead of `body` where an answer is no text. */
  readonly bytes?: Uint8Array;
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
  /** True where the shopper only approves, and the merchant's capture is what moves the money. */
  readonly approveFirst?: boolean;
  readonly notifyUrl: string | null;
  readonly returnUrl: string | null;
  /** Tells a repeated request from another one under the same number. */
  readonly fingerprint: string;
  readonly facts: Readonly<Record<string, string>>;
  /** `approved`: the shopper has said yes, and no money has moved. */
  state: 'open' | 'approved' | 'paid' | 'closed';
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

/** A callback, ready to be sent. */
export interface Outgoing {
  /** POST when absent. */
  readonly method?: 'POST' | 'GET' | 'PUT';
  /** Added to the address, for vendors that call back with parameters in it. */
  readonly query?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What makes callbacks fall due. */
export type Happening = 'approved' | 'paid' | 'refunded' | 'closed' | 'failed' | 'expired';

/** One vendor's gateway. */
export interface Vendor {
  /** What the request is about and who sent it, without verifying anything; null for an unknown address. */
  identify(wire: Wire): { readonly operation: Operation | null; readonly account: string | null } | null;
  /** Verifies the request, carries it out, and signs the answer. */
  execute(wire: Wire, twist: Twist): Promise<Done>;
  /** The vendor's words for trouble of its own making, and for a decline. */
  fail(wire: Wire, trouble: 'http_500' | 'rate_limited' | 'decline', code: string | null): Promise<Answer>;
  /** The callbacks that are due when something happens to an order. */
  events(order: Order, happening: Happening): readonly string[];
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
  /** Takes up what an earlier run left undone with an order: a refund to finish, a time to watch. Called at the start. */
  resume?(order: Order): void;
}

/** The part of a vendor that speaks first. */
export type Caller = Pick<Vendor, 'events' | 'callbackUrl' | 'compose' | 'accepts'>;

/** The part of a vendor that the shopper sees. */
export type Till = Pick<Vendor, 'returnTo' | 'cancelTo' | 'open'>;

/** A test account, with `config` exactly as the channel plugin wants it. */
export interface SimulatedAccount {
  readonly id: string;
  readonly config: Readonly<Record<string, string | boolean | number>>;
}

/** A test account before it has an address. `id` has to be one of the values of its configuration. */
export interface AccountOffer {
  readonly id: string;
  /** `baseUrl` is the vendor's address on the account's own port, such as `http://127.0.0.1:8091/wechat`. */
  configure(baseUrl: string): SimulatedAccount['config'];
}

/** Ways to spoil an answer that not every vendor's answers can show. */
export type Spoiling = 'bad_signature' | 'wrong_amount' | 'wrong_account';

/** What `vendors/<channel>/index.ts` exports as its default. */
export interface VendorModule<Keys> {
  /** The same as the folder's name. */
  readonly channel: ChannelName;
  /** The vendor's name on its pay page. */
  readonly title: string;
  /** Which number is unique for a merchant: its own, or only the vendor's. `number` when absent. */
  readonly orderKey?: 'number' | 'vendorNo';
  /** True for a vendor whose callbacks go to an address that is registered beforehand, as in a dashboard. */
  readonly registersCallbacks?: boolean;
  /** True for a vendor that signs the time of its callbacks and tells merchants to refuse those that are old. */
  readonly refusesOldCallbacks?: boolean;
  /** Of which operations' answers each spoiling can be seen. */
  readonly shows: Readonly<Record<Spoiling, readonly Operation[]>>;
  loadKeys(vault: KeyVault): Promise<Keys>;
  accounts(keys: Keys): readonly AccountOffer[];
  open(world: World<Keys>): Vendor;
}
