import type { ChannelPlugin } from '../../../core/contract/channel.ts';
import { answering, type Defect, declaring, doing, withMethod } from '../spoil.ts';

const abilitiesWith =
  (changes: object): Defect['spoil'] =>
  (plugin) =>
    declaring({ abilities: { ...plugin.manifest.abilities, ...changes } })(plugin);

const opening =
  (work: (config: Readonly<Record<string, unknown>>) => void): Defect['spoil'] =>
  (plugin) => ({
    ...plugin,
    open(account, kit) {
      work(account.config);
      return plugin.open(account, kit);
    },
  });

const withoutChecks = (plugin: ChannelPlugin): ChannelPlugin => {
  const { key: _, ...properties } = plugin.manifest.config.properties;
  return declaring({ config: { ...plugin.manifest.config, properties } })(plugin);
};

const lying: readonly Defect[] = [
  { name: 'the manifest has an ability without a function', seenBy: /does what it declares/, spoil: abilitiesWith({ capture: 'full' }) },
  { name: 'the manifest keeps an ability back', seenBy: /does what it declares/, spoil: abilitiesWith({ close: 'none' }) },
  {
    name: 'the manifest asks for a field that it does not declare',
    seenBy: /" hook/,
    after: /its manifest/,
    spoil: withoutChecks,
  },
  { name: 'the manifest promises another step', seenBy: /pay answers with the step/, spoil: withMethod({ action: 'qr' }) },
  {
    name: 'the manifest promises less trust than callbacks have',
    seenBy: /no more trust than the manifest/,
    spoil: declaring({ callback: { trust: 'token' } }),
  },
  {
    name: 'the manifest promises that a lost payment can be asked about by its number',
    seenBy: /whose answer was lost/,
    spoil: doing((own) => ({
      query: async (attempt, call) =>
        attempt.channelNo === null
          ? { kind: 'rejected', reason: 'unsupported' }
          : ((await own.query?.(attempt, call)) ?? { kind: 'rejected', reason: 'unsupported' }),
    })),
  },
  {
    name: 'the manifest lets a code of the vendor lead to another account',
    seenBy: /codes of ours/,
    spoil: declaring({ failoverCodes: ['over_limit'] }),
  },
  {
    name: 'a decline has the code of the vendor',
    seenBy: /has one of our codes/,
    after: /a code that nobody knows/,
    spoil: answering('pay', (outcome) => {
      if (outcome.kind !== 'unknown' || outcome.vendor === undefined) return outcome;
      return { kind: 'declined', echo: {}, code: outcome.vendor.code, advice: 'do_not_retry', vendor: outcome.vendor };
    }),
  },
  {
    name: 'the manifest is no pure data',
    seenBy: /is pure data/,
    spoil: (plugin) => ({
      ...plugin,
      manifest: { ...plugin.manifest, failoverCodes: Object.assign([], { more: true }), toJSON: () => ({}) } as never,
    }),
  },
];

const leaking: readonly Defect[] = [
  {
    name: 'a secret stands in a log line',
    seenBy: /holds a secret/,
    after: /pay answers with the step/,
    spoil: doing((own, { config }) => ({
      pay(request, call) {
        call.log('debug', `signing with ${config.key}`);
        return own.pay(request, call);
      },
    })),
  },
  {
    name: 'a secret stands in a log line in base64',
    seenBy: /holds a secret/,
    after: /pay answers with the step/,
    spoil: doing((own, { config }) => ({
      pay(request, call) {
        call.log('debug', 'sending', { authorization: `Basic ${Buffer.from(`${config.merchant}:${config.key}`).toString('base64')}` });
        return own.pay(request, call);
      },
    })),
  },
  {
    name: 'a secret stands in what the vendor is said to have said',
    seenBy: /holds a secret/,
    after: /query that meets http_500/,
    spoil: doing((own, { config }) => ({
      async query(attempt, call) {
        const outcome = (await own.query?.(attempt, call)) ?? { kind: 'unknown', reason: 'unmapped' };
        return outcome.kind === 'unknown' ? { ...outcome, vendor: { code: '500', message: `after ${config.key}` } } : outcome;
      },
    })),
  },
  {
    name: 'a secret stands in the answer to a callback',
    seenBy: /holds a secret/,
    after: /forged, it states nothing/,
    spoil: doing((own, { config }) => ({
      async parseCallback(raw, call) {
        const callback = await own.parseCallback(raw, call);
        const reply = { status: 400, body: `not signed with ${config.callback_key}` };
        return callback.kind === 'refused' ? { ...callback, reply } : callback;
      },
    })),
  },
  {
    name: 'a secret stands in an error of opening',
    seenBy: /not opened as a live one/,
    spoil: (plugin) => ({
      ...plugin,
      open(account, kit) {
        if (account.livemode) throw new Error(`${account.config['key']} is no live key`);
        return plugin.open(account, kit);
      },
    }),
  },
  {
    name: 'opening changes what all objects have',
    seenBy: /left the world as it was/,
    spoil: opening(() => Object.defineProperty(Object.prototype, 'teapot', { value: 1, configurable: true, enumerable: false })),
  },
];

export const manifestDefects: readonly Defect[] = [...lying, ...leaking];
