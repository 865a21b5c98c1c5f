import { PassThrough } from 'node:stream';
import { type CheckoutSession, readSession } from '../../checkout/session.ts';
import { createWatch } from '../../checkout/watch.ts';
import type { Kernel } from '../../payments/deps.ts';
import type { AskOnRead } from '../../payments/on-read.ts';
import { defineRawRoute, type RawAnswer, type RawRoute, type RawRouteInput } from '../route.ts';
import { stampOf } from './payment-page.ts';

const path = '/checkout/:payment/:token';
const tag = 'Checkout';
const noStore = { 'Cache-Control': 'no-store' };

/** How late a page may hear of a change. */
const pollMs = 500;
/** Who has an address may open it as often as he likes: the rest of his pages poll. */
const mostStreams = { ofPayment: 8, inAll: 2000 };
const beatMs = 1000;
/** A line now and then keeps proxies from ending what is silent, in beats. */
const lineEvery = 15;
/** As often as a look at the page would, in beats: a channel whose callback does not come is asked. */
const askEvery = 5;
/** A browser opens it again by itself; one that is gone without a word does not hold its place for ever. In beats. */
const longest = 600;

/** How an open page hears what becomes of its payment: told as it happens, or asked for now and then. */
export function liveRoutes(kernel: Kernel, askOnRead: AskOnRead): readonly RawRoute[] {
  const streams = createStreams(kernel, askOnRead);
  return [
    defineRawRoute({
      id: 'checkout.events',
      methods: ['GET'],
      path: `${path}/events`,
      summary: 'Tells the page what becomes of its payment',
      tag,
      async handle(input) {
        const session = await readOwn(kernel, input);
        return session === null ? gone() : (streams(session, input) ?? busy());
      },
    }),
    defineRawRoute({
      id: 'checkout.state',
      methods: ['GET'],
      path: `${path}/state`,
      summary: 'How the payment stands, for a page that cannot be told',
      tag,
      async handle(input) {
        const session = await readOwn(kernel, input);
        if (session === null) return gone();
        askOnRead(session.payment);
        return { status: 200, headers: { ...noStore, 'Content-Type': 'application/json' }, body: tell(session) };
      },
    }),
  ];
}

function readOwn(kernel: Kernel, { params }: RawRouteInput): Promise<CheckoutSession | null> {
  return readSession(kernel, { paymentId: params['payment'] ?? '', token: params['token'] ?? '' });
}

const gone = (): RawAnswer => ({ status: 404, headers: noStore, body: '' });
const busy = (): RawAnswer => ({ status: 503, headers: { ...noStore, 'Retry-After': '5' }, body: '' });
const tell = (session: CheckoutSession): string => JSON.stringify({ stamp: stampOf(session) });

function createStreams(kernel: Kernel, askOnRead: AskOnRead) {
  const onError = (error: unknown) => kernel.log.error('watching payments for their pages failed', { error });
  const watch = createWatch({ database: kernel.database, clock: kernel.clock, pollMs, onError });
  const open = new Map<string, number>();
  let all = 0;
  const count = (id: string, by: number) => {
    all += by;
    const left = (open.get(id) ?? 0) + by;
    if (left > 0) open.set(id, left);
    else open.delete(id);
  };
  return (session: CheckoutSession, input: RawRouteInput): RawAnswer | null => {
    const { id } = session.payment;
    if (all >= mostStreams.inAll || (open.get(id) ?? 0) >= mostStreams.ofPayment) return null;
    const stream = new PassThrough();
    const follow = { latest: session };
    const tellChange = async () => {
      const now = await readOwn(kernel, input);
      if (now === null || stream.writableEnded) return;
      if (stampOf(now) !== stampOf(follow.latest)) stream.write(`data: ${tell(now)}\n\n`);
      follow.latest = now;
    };
    const unwatch = watch(session.payment, () => void tellChange().catch(onError));
    const stopBeating = beat(stream, input.stopping, () => askOnRead(follow.latest.payment));
    count(id, 1);
    stream.once('close', () => {
      unwatch();
      stopBeating();
      count(id, -1);
    });
    stream.write(`retry: 2000\ndata: ${tell(session)}\n\n`);
    // Nginx would keep what it is sent until there is more of it.
    return { status: 200, headers: { ...noStore, 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' }, body: stream };
  };
}

function beat(stream: PassThrough, stopping: AbortSignal, ask: () => void): () => void {
  let beats = 0;
  const timer = setInterval(() => {
    beats += 1;
    if (stopping.aborted || beats >= longest) return void stream.end();
    if (beats % askEvery === 0) ask();
    if (beats % lineEvery === 0) stream.write(':\n\n');
  }, beatMs);
  return () => clearInterval(timer);
}
