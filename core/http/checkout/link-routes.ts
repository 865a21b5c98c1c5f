import type { BlockList } from 'node:net';
import type { Directory } from '../../access/directory.ts';
import { makePageKey, readPageKey } from '../../checkout/link-page-key.ts';
import { payByLink, readStock } from '../../checkout/pay-by-link.ts';
import { readLinkByAddress } from '../../checkout/payment-links.ts';
import type { Kernel } from '../../payments/deps.ts';
import { checkoutUrl } from '../../payments/request.ts';
import type { PaymentLinkRow } from '../../store/tables/payment-links.ts';
import { clientAddress } from '../client-address.ts';
import { defineRawRoute, type RawAnswer, type RawRoute, type RawRouteInput } from '../route.ts';
import type { Assets } from './assets.ts';
import { compress } from './compress.ts';
import { drawDocument, type Page } from './document.ts';
import { holderOf } from './holder.ts';
import { drawLink, type Typed } from './link-page.ts';
import { busyPage, linkHeldPage, linkOverPage, unknownPage } from './other-pages.ts';
import { readAmount } from './read-amount.ts';
import { isFromOurPage } from './read-choice.ts';
import { shopOf } from './shop.ts';
import { chooseLanguage, speak, type Voice } from './texts.ts';

const path = '/pay/:link/:token';
const tag = 'Checkout';

export interface LinkDeps {
  readonly kernel: Kernel;
  readonly directory: Directory;
  readonly assets: Assets;
  readonly trustedProxies: BlockList;
}

interface Framed {
  readonly input: RawRouteInput;
  readonly voice: Voice;
  /** Where the shopper is, as far as proxies that are trusted say so. */
  readonly address: string;
  readonly send: (page: Page) => RawAnswer;
}

/** The pages of payment links: what is paid for, the amount where the shopper types it, and the way to the checkout. */
export function linkRoutes({ kernel, directory, assets, trustedProxies }: LinkDeps): readonly RawRoute[] {
  const frame = (input: RawRouteInput): Framed => {
    const voice = speak(chooseLanguage(new URLSearchParams(input.query).get('lang'), input.headers['accept-language']));
    const send = (page: Page) =>
      compress(drawDocument({ assets, voice, nonce: kernel.newToken() }, page), input.headers['accept-encoding']);
    const address = clientAddress(input.remoteAddress, input.headers['x-forwarded-for'], trustedProxies);
    return { input, voice, address, send };
  };
  return [
    defineRawRoute({
      id: 'payment_link.page',
      methods: ['GET'],
      path,
      summary: 'The page of a payment link',
      tag,
      async handle(input) {
        const framed = frame(input);
        const link = await readOwn(kernel, input);
        return link === null ? framed.send(unknownPage(framed.voice)) : showWhatIsLeft({ kernel, directory }, framed, link, null);
      },
    }),
    defineRawRoute({
      id: 'payment_link.pay',
      methods: ['POST'],
      path,
      summary: 'The shopper pays by a link',
      tag,
      maxBodyBytes: 1024,
      handle: (input) => take({ kernel, directory }, frame(input)),
    }),
  ];
}

function readOwn(kernel: Kernel, { params }: RawRouteInput): Promise<PaymentLinkRow | null> {
  return readLinkByAddress(kernel, { linkId: params['link'] ?? '', token: params['token'] ?? '' });
}

type Shops = Pick<LinkDeps, 'kernel' | 'directory'>;

async function showWhatIsLeft(shops: Shops, framed: Framed, link: PaymentLinkRow, typed: Typed | null): Promise<RawAnswer> {
  const stock = await readStock(shops.kernel.database, link);
  if (stock === 'soldOut') return framed.send(linkOverPage(framed.voice));
  // Who holds the only place may be the one who asks, on another page.
  const isHeld = stock === 'held' && link.most_payments !== 1;
  return isHeld ? framed.send(linkHeldPage(framed.voice)) : show(shops, framed, link, typed);
}

function show({ kernel, directory }: Shops, { input, voice, send }: Framed, link: PaymentLinkRow, typed: Typed | null): RawAnswer {
  const app = kernel.apps.get(link.app_id);
  if (app === undefined) return send(unknownPage(voice));
  const isOver = link.status !== 'active' || (link.expires_at !== null && link.expires_at <= kernel.clock.now().getTime());
  if (isOver) return send(linkOverPage(voice));
  const token = input.params['token'] ?? '';
  const pageKey = makePageKey(link, kernel);
  return send(drawLink({ link, livemode: app.livemode, voice, shop: shopOf(directory, app), pageKey, token, typed }));
}

async function take(shops: Shops, framed: Framed): Promise<RawAnswer> {
  const { kernel } = shops;
  const { input, voice, send } = framed;
  if (!isFromOurPage(input.headers, kernel.publicUrl)) return send(busyPage(voice, 403));
  const link = await readOwn(kernel, input);
  const app = link === null ? undefined : kernel.apps.get(link.app_id);
  if (link === null || app === undefined) return send(unknownPage(voice));
  const form = new URLSearchParams(input.body.toString('utf8'));
  const text = (form.get('amount') ?? '').trim().slice(0, 24);
  const pageKey = readPageKey(form.get('page') ?? '', link, kernel.clock);
  // A page that is a day old, or none of ours: drawn anew, it changes nothing until it is sent again.
  if (pageKey === null) return showWhatIsLeft(shops, framed, link, { text, isWrong: false });
  const amount = link.amount === null ? readAmount(text, link.currency, voice.language) : null;
  const made = await payByLink(kernel, app, link, { pageKey, amount, holder: holderOf(framed.address, link) });
  if (!('kind' in made)) {
    const address = `${checkoutUrl(kernel.publicUrl, made)}?${new URLSearchParams({ lang: voice.language })}`;
    return { status: 303, headers: { Location: address, 'Referrer-Policy': 'same-origin' }, body: '' };
  }
  if (made.kind === 'held') return send(linkHeldPage(voice));
  if (made.code === 'payment_link_over') return send(linkOverPage(voice));
  return made.code === 'amount_invalid' ? show(shops, framed, link, { text, isWrong: true }) : send(busyPage(voice, 503));
}
