import type { Callback, Channel, RawRequest } from '../../../core/contract/channel.ts';
import { sign } from '../channel/gateway.ts';
import type { Config } from '../channel/index.ts';
import { type Defect, doing } from '../spoil.ts';

type Event = Extract<Callback, { readonly kind: 'event' }>;

const resigned = (raw: RawRequest, { callback_key }: Config): RawRequest => {
  const { 'x-time': time = '', 'x-event': event = '' } = raw.headers;
  return { ...raw, headers: { ...raw.headers, 'x-signature': sign(callback_key, `${time}\n${event}\n`, raw.body) } };
};

/** Reads something else than what came. */
const reading = (change: (raw: RawRequest, config: Config) => RawRequest) =>
  doing((own, { config }) => ({ parseCallback: async (raw, call) => own.parseCallback(change(raw, config), call) }));

/** Tells something else than what was read. */
const telling = (change: (event: Event, raw: RawRequest, nonce: string) => Event) =>
  doing((own) => ({
    async parseCallback(raw, call) {
      const callback = await own.parseCallback(raw, call);
      return callback.kind === 'event' ? change(callback, raw, call.nonce()) : callback;
    },
  }));

const parsed = ({ body }: RawRequest): Record<string, unknown> | null => {
  try {
    return JSON.parse(body.toString());
  } catch {
    return null;
  }
};

function trustAfterOne(own: Channel, config: Config): Channel['parseCallback'] {
  const seen = new Set<string>();
  return async (raw, call) => {
    const id = raw.headers['x-event'] ?? '';
    const callback = await own.parseCallback(seen.has(id) ? resigned(raw, config) : raw, call);
    if (callback.kind === 'event') seen.add(id);
    return callback;
  };
}

const trusting: readonly Defect[] = [
  {
    name: 'a callback without a signature is believed',
    seenBy: /without a signature/,
    spoil: reading((raw, config) => (raw.headers['x-signature'] ? raw : resigned(raw, config))),
  },
  { name: 'a signature is not compared', seenBy: /changed in any byte|forged, it states nothing/, spoil: reading(resigned) },
  {
    name: 'the signature is compared as far as the shorter text goes',
    seenBy: /without a signature, or with one of nothing/,
    spoil: reading((raw, config) => {
      const right = resigned(raw, config);
      return right.headers['x-signature']?.startsWith(raw.headers['x-signature'] ?? '') ? right : raw;
    }),
  },
  {
    name: 'the body is parsed and written again before it is verified',
    seenBy: /a genuine one is read/,
    spoil: reading((raw) => {
      const content = parsed(raw);
      return content === null ? raw : { ...raw, body: Buffer.from(JSON.stringify(content)) };
    }),
  },
  {
    name: 'what was genuine once is believed again without verifying',
    seenBy: /changed in any byte/,
    spoil: doing((own, { config }) => ({ parseCallback: trustAfterOne(own, config) })),
  },
  {
    name: 'a callback of any age is believed',
    seenBy: /a day early or late, .* refused/,
    spoil: doing((own) => ({
      parseCallback: async (raw, call) => own.parseCallback(raw, { ...call, now: () => new Date(Number(raw.headers['x-time'])) }),
    })),
  },
  {
    name: 'a callback for another account is taken for its own',
    seenBy: /read by another account/,
    spoil: doing((_, { config, openFor }) => ({
      async parseCallback(raw, call) {
        const merchant = String(parsed(raw)?.['merchant'] ?? config.merchant);
        const callback = await openFor({ ...config, merchant }).parseCallback(raw, call);
        return JSON.parse(JSON.stringify(callback).replaceAll(merchant, config.merchant));
      },
    })),
  },
];

const carrying: readonly Defect[] = [
  {
    name: 'an event has another id each time that it is read',
    seenBy: /again, it is the same event/,
    spoil: telling((event, _, nonce) => ({ ...event, eventId: nonce })),
  },
  {
    name: 'an event that the vendor repeats has another id, and counts twice',
    seenBy: /sent once more by the vendor/,
    spoil: telling((event, raw) => ({ ...event, eventId: raw.headers['x-time'] ?? '' })),
  },
  {
    name: 'all events have one id',
    seenBy: /another payment is another event/,
    spoil: telling((event) => ({ ...event, eventId: 'event' })),
  },
  { name: 'an event has no id', seenBy: /a genuine one is read/, spoil: telling((event) => ({ ...event, eventId: '' })) },
  {
    name: 'an event names nothing that it is about',
    seenBy: /names what it is about/,
    spoil: telling((event) => ({ ...event, items: event.items.map(({ of, report }) => ({ of, report })) as Event['items'] })),
  },
  {
    name: 'what could not be stored is answered like what was',
    seenBy: /a genuine one is read/,
    spoil: telling((event) => ({ ...event, retry: event.accepted })),
  },
  {
    name: 'what could not be stored is answered with success in other words',
    seenBy: /answered as retry/,
    spoil: telling((event) => ({ ...event, retry: { status: 200, body: 'again' } })),
  },
  {
    name: 'what was stored is answered as if it were not',
    seenBy: /answered as accepted/,
    spoil: telling((event) => ({ ...event, accepted: { status: 202, body: 'later' } })),
  },
  {
    name: 'a refund that is told counts as a payment',
    seenBy: /told of a refund/,
    spoil: telling((event) => ({
      ...event,
      items: event.items.map((item) => (item.of === 'refund' ? { ...item, of: 'payment' } : item)) as Event['items'],
    })),
  },
  {
    name: 'garbage is thrown back',
    seenBy: /stranger sends|cut short/,
    spoil: reading((raw) => {
      JSON.parse(raw.body.toString());
      return raw;
    }),
  },
  {
    name: 'the body is changed while it is read',
    seenBy: /leaves what arrived/,
    spoil: telling((event, raw) => {
      raw.body.fill(32, raw.body.length - 1);
      return event;
    }),
  },
  {
    name: 'the headers are changed while they are read',
    seenBy: /leaves what arrived/,
    spoil: telling((event, raw) => {
      Object.assign(raw.headers, { 'x-read': 'yes' });
      return event;
    }),
  },
];

export const callbackDefects: readonly Defect[] = [...trusting, ...carrying];
