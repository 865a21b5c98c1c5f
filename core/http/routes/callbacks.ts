import type { OpenAccount } from '../../channels/accounts.ts';
import { readCallback } from '../../channels/callback.ts';
import type { Callback, RawRequest, Reply } from '../../contract/channel.ts';
import { refuse } from '../../errors.ts';
import type { Kernel } from '../../payments/deps.ts';
import { mayAppear } from '../../payments/may-appear.ts';
import { type Received, receivePayment } from '../../payments/receive.ts';
import { callbackUrl } from '../../payments/request.ts';
import { receiveRefund } from '../../refunds/receive.ts';
import { defineRawRoute, type RawAnswer } from '../route.ts';

/** Channels → us. The raw bytes go to the channel, and the answer is in the channel's own words. */
export function callbackRoutes(kernel: Kernel) {
  return [
    defineRawRoute({
      id: 'callbacks.receive',
      methods: ['POST', 'GET'],
      path: '/v1/callbacks/:channel/:account',
      summary: 'Receive a callback from a channel',
      tag: 'Callbacks',
      async handle(input) {
        const account = kernel.channels.account(input.params.account ?? '');
        if (account === undefined || account.channelId !== input.params.channel) return refuse('not_found');
        const url = callbackUrl(kernel.publicUrl, account.channelId, account.id);
        const raw = { method: input.method, url, query: input.query, headers: input.headers, body: input.body };
        return toAnswer(await take(kernel, ...(await readBy(kernel, account, raw))));
      },
    }),
  ];
}

/**
 * Reads a callback with the account's present credentials and, where those do not fit, with earlier ones: vendors go on
 * signing with the old key for a while after it was exchanged, and repeat what they could not deliver before.
 */
async function readBy(kernel: Kernel, account: OpenAccount, raw: RawRequest): Promise<[OpenAccount, Callback]> {
  const callback = await readCallback(kernel.caller, account, raw);
  if (!isStrange(callback)) return [account, callback];
  const since = new Date(kernel.clock.now().getTime() - kernel.timing.rotationGraceMs);
  for (const earlier of kernel.channels.earlier(account, since)) {
    const again = await readCallback(kernel.caller, earlier, raw);
    if (!isStrange(again)) return [earlier, again];
  }
  return [account, callback];
}

/** What other credentials may understand: a signature, or a content, that these cannot make sense of. */
function isStrange(callback: Callback): boolean {
  return callback.kind === 'refused' && callback.reason !== 'stale';
}

type Event = Extract<Callback, { kind: 'event' }>;

async function take(kernel: Kernel, account: OpenAccount, callback: Callback): Promise<Reply> {
  if (callback.kind !== 'event') {
    const result = callback.kind === 'refused' ? callback.reason : 'ignored';
    kernel.metrics.callback({ channel: account.channelId, result });
    if (callback.kind === 'refused') kernel.log.warn('a callback was refused', { channel: account.channelId, account: account.id, result });
    return callback.reply;
  }
  try {
    return await takeEvent(kernel, account, callback);
  } catch (error) {
    kernel.metrics.callback({ channel: account.channelId, result: 'error' });
    kernel.log.error('a callback could not be stored; the channel will send it again', {
      account: account.id,
      event: callback.eventId,
      error,
    });
    return callback.retry;
  }
}

async function takeEvent(kernel: Kernel, account: OpenAccount, event: Event): Promise<Reply> {
  const results: Received[] = [];
  let isAwaited = false;
  for (const item of event.items) {
    const received =
      item.of === 'payment' ? receivePayment(kernel, account, item, event.trust) : receiveRefund(kernel, account, item, event.trust);
    const result = await received;
    results.push(result);
    if (result === 'unknown') isAwaited ||= await mayAppear(kernel, account, item);
  }
  const refusal = results.find((result) => result === 'wrong_account') ?? results.find((result) => result === 'unknown');
  kernel.metrics.callback({ channel: account.channelId, result: refusal ?? results[0] ?? 'empty' });
  if (refusal === undefined) return event.accepted;
  kernel.log.warn('a genuine callback is about nothing of this account', { account: account.id, event: event.eventId, result: refusal });
  // Some vendors send nothing else until this one is taken: what will never be known here must not hold up the rest.
  return refusal === 'unknown' && !isAwaited ? event.accepted : event.retry;
}

function toAnswer(reply: Reply): RawAnswer {
  return { status: reply.status, body: reply.body, ...(reply.headers && { headers: reply.headers }) };
}
