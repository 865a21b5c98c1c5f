import type { Device, Offer } from '../../checkout/offers.ts';
import type { CheckoutSession } from '../../checkout/session.ts';
import type { Part } from './markup.ts';
import type { Shop } from './shop.ts';
import type { Voice } from './texts.ts';

/** All that a page of a payment shows. */
export interface View {
  readonly session: CheckoutSession;
  readonly voice: Voice;
  readonly device: Device;
  readonly shop: Shop;
  /** How the methods are called that the page may name. */
  readonly nameOf: (method: string) => Part;
  readonly offers: readonly NamedOffer[];
  /** Whether the shopper wants to choose though something is begun. */
  readonly wantsChoice: boolean;
  readonly notice: 'held' | 'refused' | 'spent' | null;
  /** Until it closes by itself. */
  readonly leftMs: number;
  /** The time for a new attempt is over. */
  readonly isLate: boolean;
  /** Where the shop wants its shopper back, signed. */
  readonly returnAddress: string | null;
  /** The last step of the payment's address, by which its page is reached from itself. */
  readonly token: string;
}

export interface NamedOffer extends Offer {
  readonly label: Part;
}

/** The page's own address, with what is to be kept and what is new. */
export function addressOf({ token, voice }: Pick<View, 'token' | 'voice'>, more: Readonly<Record<string, string>> = {}): string {
  return `${token}?${new URLSearchParams({ lang: voice.language, ...more })}`;
}
