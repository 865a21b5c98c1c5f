import type { Callbacks } from './callbacks.ts';
import type { Keys } from './keys.ts';
import type { Store } from './truth.ts';

/** What every vendor's part works with. */
export interface World {
  readonly keys: Keys;
  readonly store: Store;
  readonly callbacks: Callbacks;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Where shoppers find the pay pages, such as `http://127.0.0.1:8090`. */
  readonly pagesUrl: string;
}
