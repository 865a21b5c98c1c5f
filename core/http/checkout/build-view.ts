import type { Directory } from '../../access/directory.ts';
import { leastTimeMs } from '../../checkout/limits.ts';
import { listOffers, type Offer, oneOfEachKind, readDevice } from '../../checkout/offers.ts';
import { returnAddress } from '../../checkout/return-address.ts';
import type { CheckoutSession } from '../../checkout/session.ts';
import type { Kernel } from '../../payments/deps.ts';
import type { Part } from './markup.ts';
import { shopOf } from './shop.ts';
import { drawName, type Voice } from './texts.ts';
import type { NamedOffer, View } from './view.ts';

export interface Asked {
  readonly session: CheckoutSession;
  readonly voice: Voice;
  readonly token: string;
  readonly query: URLSearchParams;
  readonly headers: Parameters<typeof readDevice>[0];
}

/** Gathers what the page of a payment shows. */
export function buildView(kernel: Kernel, directory: Directory, asked: Asked): View {
  const { session, voice, token, query } = asked;
  const device = readDevice(asked.headers);
  const now = kernel.clock.now();
  const wantsChoice = query.get('choose') === '1' && !session.isSpent;
  const choosing = session.isChoice && (session.phase === 'choose' || (session.phase === 'act' && wantsChoice));
  const isEnd = session.phase !== 'choose' && session.phase !== 'act' && session.phase !== 'confirming';
  const isStuck = session.phase === 'choose' && session.isSpent;
  const leftMs = session.payment.expires_at - now.getTime();
  const isLate = leftMs < leastTimeMs;
  const notice = query.get('notice');
  const listed = () => oneOfEachKind(listOffers(kernel, session.app, session.payment, device), session.tried);
  return {
    session,
    voice,
    device,
    shop: shopOf(directory, session.app),
    nameOf: (method) => nameOf(kernel, voice, method),
    offers: choosing && !isLate && !isStuck ? nameOffers(kernel, voice, listed()) : [],
    wantsChoice,
    notice: notice === 'held' || notice === 'refused' ? notice : null,
    leftMs,
    isLate,
    returnAddress: isEnd || isLate || isStuck ? returnAddress(session.app, session.payment, now) : null,
    token,
  };
}

/** A wallet is called by its name, whichever of its products it is. Behind one channel may be many wallets: there the method names one. */
function nameOf(kernel: Kernel, voice: Voice, method: string): Part {
  const known = kernel.channels.method(method);
  if (known === undefined) return '';
  const isOfWallet = known.method.name.en.startsWith(known.manifest.name.en);
  return drawName(voice.name(isOfWallet ? known.manifest.name : known.method.name));
}

/** Only where a channel has two ways that look alike is each called by its own name. */
function nameOffers(kernel: Kernel, voice: Voice, offers: readonly Offer[]): readonly NamedOffer[] {
  const look = ({ channel, action }: Offer) => `${channel} ${action}`;
  const counts = Map.groupBy(offers, look);
  return offers.map((offer) => {
    if (offer.kind !== null) return { ...offer, label: voice.say(`kind.${offer.kind}`) };
    const isOnly = counts.get(look(offer))?.length === 1;
    return { ...offer, label: isOnly ? nameOf(kernel, voice, offer.method) : drawName(voice.name(offer.name)) };
  });
}
