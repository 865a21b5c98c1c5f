import type { Callbacks } from './callbacks.ts';
import type { Store } from './truth.ts';
import type { ChannelName, Order } from './types.ts';
import type { Pair } from './vault.ts';

/** What a vendor's part works with. */
export interface World<Keys> {
  readonly channel: ChannelName;
  /** What the vendor's own `loadKeys` answered. */
  readonly keys: Keys;
  readonly store: Store;
  readonly callbacks: Callbacks;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Where shoppers find the pay pages, such as `http://127.0.0.1:8090`. */
  readonly pagesUrl: string;
  /** The pay page of an order: for redirects and for QR codes. */
  readonly payPage: (order: Order) => string;
  /** Where an account's callbacks go, for vendors with `registersCallbacks`; null before it was told. */
  readonly registeredUrl: (account: string) => string | null;
  /** A stranger's key, for forged callbacks. */
  readonly forger: () => Promise<Pair>;
}
