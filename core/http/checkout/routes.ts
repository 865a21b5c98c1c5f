import type { BlockList } from 'node:net';
import type { Directory } from '../../access/directory.ts';
import { chooseMethod } from '../../checkout/choose-method.ts';
import { identifyShopper, identifyUrlOf } from '../../checkout/identify.ts';
import { listOffers, type Offer, readDevice } from '../../checkout/offers.ts';
import { type CheckoutSession, readSession } from '../../checkout/session.ts';
import { isStateOf } from '../../checkout/sign-in-state.ts';
import type { Payer } from '../../contract/channel.ts';
import type { Kernel } from '../../payments/deps.ts';
import { createAskOnRead } from '../../payments/on-read.ts';
import { checkoutUrl } from '../../payments/request.ts';
import { clientAddress } from '../client-address.ts';
import { defineRawRoute, type RawAnswer, type RawRoute, type RawRouteInput } from '../route.ts';
import { loadAssets } from './assets.ts';
import { buildView } from './build-view.ts';
import { compress } from './compress.ts';
import { drawDocument, type Page } from './document.ts';
import { linkRoutes } from './link-routes.ts';
import { liveRoutes } from './live.ts';
import { busyPage, unknownPage } from './other-pages.ts';
import { drawPayment } from './payment-page.ts';
import { isFromOurPage, readChoice } from './read-choice.ts';
import { logoRoute } from './shop.ts';
import { chooseLanguage, speak, type Voice } from './texts.ts';
import type { View } from './view.ts';

const path = '/checkout/:payment/:token';
const tag = 'Checkout';

export interface CheckoutDeps {
  readonly kernel: Kernel;
  readonly directory: Directory;
  readonly trustedProxies: BlockList;
}

/** The pages that shoppers see: the choice, what to do, and what became of it. They are no part of the API. */
export function checkoutRoutes({ kernel, directory, trustedProxies }: CheckoutDeps): readonly RawRoute[] {
  const assets = loadAssets();
  const askOnRead = createAskOnRead(kernel);
  const frame = (input: RawRouteInput): Framed => {
    const query = new URLSearchParams(input.query);
    const voice = speak(chooseLanguage(query.get('lang'), input.headers['accept-language']));
    const address = clientAddress(input.remoteAddress, input.headers['x-forwarded-for'], trustedProxies);
    const send = (page: Page) =>
      compress(drawDocument({ assets, voice, nonce: kernel.newToken() }, page), input.headers['accept-encoding']);
    const view = (session: CheckoutSession) =>
      buildView(kernel, directory, { session, voice, token: input.params['token'] ?? '', query, headers: input.headers });
    return { input, query, voice, address, send, view };
  };
  return [
    defineRawRoute({
      id: 'checkout.page',
      methods: ['GET'],
      path,
      summary: 'The page where the shopper pays',
      tag,
      async handle(input) {
        const framed = frame(input);
        const session = await readOwn(kernel, input);
        if (session === null) return framed.send(unknownPage(framed.voice));
        askOnRead(session.payment);
        return framed.send(drawPayment(framed.view(session)));
      },
    }),
    defineRawRoute({
      id: 'checkout.choose',
      methods: ['POST'],
      path,
      summary: 'The shopper chooses how to pay',
      tag,
      maxBodyBytes: 4096,
      handle: (input) => choose(kernel, frame(input)),
    }),
    defineRawRoute({
      id: 'checkout.identify',
      methods: ['GET'],
      path: `${path}/identify`,
      summary: 'The wallet tells who its shopper is',
      tag,
      handle: (input) => identify(kernel, frame(input)),
    }),
    ...liveRoutes(kernel, askOnRead),
    ...linkRoutes({ kernel, directory, assets, trustedProxies }),
    logoRoute(kernel.database),
    ...assets.routes,
  ];
}

interface Framed {
  readonly input: RawRouteInput;
  readonly query: URLSearchParams;
  readonly voice: Voice;
  /** Where the shopper is. */
  readonly address: string;
  readonly send: (page: Page) => RawAnswer;
  readonly view: (session: CheckoutSession) => View;
}

function readOwn(kernel: Kernel, { params }: RawRouteInput): Promise<CheckoutSession | null> {
  return readSession(kernel, { paymentId: params['payment'] ?? '', token: params['token'] ?? '' });
}

async function choose(kernel: Kernel, framed: Framed): Promise<RawAnswer> {
  const { input, voice, send } = framed;
  if (!isFromOurPage(input.headers, kernel.publicUrl)) return send(busyPage(voice, 403));
  const session = await readOwn(kernel, input);
  if (session === null) return send(unknownPage(voice));
  const read = readChoice(input.headers, input.body);
  if (read === null) return backToPage(kernel, framed, session, { notice: 'refused', choose: '1' });
  return begin(kernel, framed, session, read);
}

/** Begins, and shows what came of it: a page that can be loaded again and gone back to without choosing twice. */
async function begin(
  kernel: Kernel,
  framed: Framed,
  session: CheckoutSession,
  choice: { readonly method: string; readonly payer: Payer; readonly accountId?: string },
): Promise<RawAnswer> {
  const { app, payment } = session;
  const payer = { ...choice.payer, ...seen(kernel, framed, session, choice.method) };
  const chosen = await chooseMethod(kernel, app, { ...choice, paymentId: payment.id, payer });
  if (chosen.kind === 'refused') return backToPage(kernel, framed, session, { notice: 'refused', choose: '1' });
  if (chosen.kind === 'spent') return showSpent(kernel, framed, session);
  return backToPage(kernel, framed, session, chosen.kind === 'held' ? { notice: 'held' } : { go: '1' });
}

/** Nothing more can be begun here: as an answer to the tap that wanted it, and not as a page that was asked for. */
async function showSpent(kernel: Kernel, { input, send, view }: Framed, before: CheckoutSession): Promise<RawAnswer> {
  const session = (await readOwn(kernel, input)) ?? before;
  return send({ ...drawPayment({ ...view(session), notice: 'spent' }), status: 409 });
}

/** What the page sees by itself of the shopper, where the method asks for it. */
function seen(kernel: Kernel, { input, address }: Framed, session: CheckoutSession, method: string): Payer {
  const offer = findOffer(kernel, input, session, method);
  return offer?.missing.includes('clientIp') ? { clientIp: address } : {};
}

function findOffer(kernel: Kernel, { headers }: RawRouteInput, { app, payment }: CheckoutSession, method: string): Offer | undefined {
  const device = readDevice(headers);
  return listOffers(kernel, app, payment, device).find((offer) => offer.method === method);
}

function backToPage(kernel: Kernel, { voice }: Framed, { payment }: CheckoutSession, more: Readonly<Record<string, string>>): RawAnswer {
  return seeOther(`${checkoutUrl(kernel.publicUrl, payment)}?${new URLSearchParams({ lang: voice.language, ...more })}`);
}

function seeOther(address: string): RawAnswer {
  return { status: 303, headers: { Location: address, 'Referrer-Policy': 'same-origin' }, body: '' };
}

/** Sends the browser to the wallet's vendor, and takes it back with the word who the shopper is. */
async function identify(kernel: Kernel, framed: Framed): Promise<RawAnswer> {
  const { input, query, voice, send } = framed;
  const session = await readOwn(kernel, input);
  if (session === null) return send(unknownPage(voice));
  const method = query.get('method') ?? '';
  const offer = findOffer(kernel, input, session, method);
  if (offer === undefined) return backToPage(kernel, framed, session, {});
  const signIn = { session, method, accountId: offer.accountId };
  if (!query.has('code')) {
    const here = `${checkoutUrl(kernel.publicUrl, session.payment)}/identify?${new URLSearchParams({ method, lang: voice.language })}`;
    const address = identifyUrlOf(kernel, signIn, here);
    return address === null ? backToPage(kernel, framed, session, { notice: 'refused', choose: '1' }) : seeOther(address);
  }
  // Not one that began here: whose code that is, nobody knows. The shopper decides, and the vendor is asked anew.
  if (!isStateOf(query.get('state') ?? '', signIn, kernel.clock)) return backToPage(kernel, framed, session, { choose: '1' });
  const payer = await identifyShopper(kernel, signIn, Object.fromEntries(query));
  if (payer === null) return backToPage(kernel, framed, session, { notice: 'refused', choose: '1' });
  return begin(kernel, framed, session, { method, payer, accountId: offer.accountId });
}
