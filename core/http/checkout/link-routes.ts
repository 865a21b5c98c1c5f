import type { Directory } from '../../access/directory.ts';
import { isSoldOut, payByLink } from '../../checkout/pay-by-link.ts';
import { readLinkByAddress } from '../../checkout/payment-links.ts';
import { fromMajor } from '../../money.ts';
import type { Kernel } from '../../payments/deps.ts';
import { checkoutUrl } from '../../payments/request.ts';
import type { PaymentLinkRow } from '../../store/tables/payment-links.ts';
import { defineRawRoute, type RawAnswer, type RawRoute, type RawRouteInput } from '../route.ts';
import type { Assets } from './assets.ts';
import { compress } from './compress.ts';
import { drawDocument, type Page } from './document.ts';
import { drawLink } from './link-page.ts';
import { busyPage, linkOverPage, unknownPage } from './other-pages.ts';
import { isFromOurPage } from './read-choice.ts';
import { shopOf } from './shop.ts';
import { chooseLanguage, speak, type Voice } from './texts.ts';

const path = '/pay/:link/:token';
const tag = 'Checkout';

interface Framed {
  readonly input: RawRouteInput;
  readonly voice: Voice;
  readonly send: (page: Page) => RawAnswer;
}

/** The pages of payment links: what is paid for, the amount where the shopper types it, and the way to the checkout. */
export function linkRoutes(kernel: Kernel, directory: Directory, assets: Assets): readonly RawRoute[] {
  const frame = (input: RawRouteInput): Framed => {
    const voice = speak(chooseLanguage(new URLSearchParams(input.query).get('lang'), input.headers['accept-language']));
    const send = (page: Page) =>
      compress(drawDocument({ assets, voice, nonce: kernel.newToken() }, page), input.headers['accept-encoding']);
    return { input, voice, send };
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
        if (link === null) return framed.send(unknownPage(framed.voice));
        return (await isSoldOut(kernel.database, link)) ? framed.send(linkOverPage(framed.voice)) : show(kernel, directory, framed, link);
      },
    }),
    defineRawRoute({
      id: 'payment_link.pay',
      methods: ['POST'],
      path,
      summary: 'The shopper pays by a link',
      tag,
      maxBodyBytes: 1024,
      handle: (input) => take(kernel, directory, frame(input)),
    }),
  ];
}

function readOwn(kernel: Kernel, { params }: RawRouteInput): Promise<PaymentLinkRow | null> {
  return readLinkByAddress(kernel, { linkId: params['link'] ?? '', token: params['token'] ?? '' });
}

function show(
  kernel: Kernel,
  directory: Directory,
  { input, voice, send }: Framed,
  link: PaymentLinkRow,
  wrong: string | null = null,
): RawAnswer {
  const app = kernel.apps.get(link.app_id);
  if (app === undefined) return send(unknownPage(voice));
  const isOver = link.status !== 'active' || (link.expires_at !== null && link.expires_at <= kernel.clock.now().getTime());
  if (isOver) return send(linkOverPage(voice));
  const token = input.params['token'] ?? '';
  return send(drawLink({ link, livemode: app.livemode, voice, shop: shopOf(directory, app), pageKey: kernel.newToken(), token, wrong }));
}

async function take(kernel: Kernel, directory: Directory, framed: Framed): Promise<RawAnswer> {
  const { input, voice, send } = framed;
  if (!isFromOurPage(input.headers, kernel.publicUrl)) return send(busyPage(voice, 403));
  const link = await readOwn(kernel, input);
  const app = link === null ? undefined : kernel.apps.get(link.app_id);
  if (link === null || app === undefined) return send(unknownPage(voice));
  const form = new URLSearchParams(input.body.toString('utf8'));
  const pageKey = form.get('page') ?? '';
  if (!/^[A-Za-z0-9_-]{16,64}$/.test(pageKey)) return send(busyPage(voice, 400));
  const typed = (form.get('amount') ?? '').trim();
  const amount = link.amount === null ? readAmount(typed, link.currency) : null;
  const made = await payByLink(kernel, app, link, { pageKey, amount });
  if (!('kind' in made)) {
    const address = `${checkoutUrl(kernel.publicUrl, made)}?${new URLSearchParams({ lang: voice.language })}`;
    return { status: 303, headers: { Location: address, 'Referrer-Policy': 'same-origin' }, body: '' };
  }
  if (made.code === 'payment_link_over') return send(linkOverPage(voice));
  return made.code === 'amount_invalid' ? show(kernel, directory, framed, link, typed.slice(0, 16)) : send(busyPage(voice, 503));
}

/** As people type an amount: a comma is a point, and decimals that are nothing may be left out. Null: it is none. */
function readAmount(typed: string, currency: string): number | null {
  return fromMajor(typed.replace(',', '.'), currency)?.amount ?? null;
}
