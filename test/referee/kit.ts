import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Channel, ChannelPlugin, PayRequest, RawRequest } from '../../core/contract/channel.ts';
import { makeCall, makeKit, sendToLoopback } from '../kit/channel-kit.ts';
import { configOf, type Json, openShop, type Received, type Shop, type Stage, setStage } from '../simulator/kit.ts';
import { openDoor } from './door.ts';

/** What plugins are called with: the real time, and the simulator on loopback. */
export const call = makeCall({ http: sendToLoopback, now: () => new Date(), nonce: () => randomBytes(16).toString('hex') });

/**
 * A vendor's SDK out of this folder's own packages; its tests are skipped where `npm run referee` has not installed them.
 * Not by a literal import: the packages are no part of the tree that is type-checked.
 */
export async function loadSdk(context: Mocha.Context, name: string): Promise<Json> {
  if (!existsSync(join(import.meta.dirname, 'node_modules/.package-lock.json'))) context.skip();
  return import(name);
}

/** One vendor's simulator, its first account, and a merchant's server that its callbacks go to. */
export interface Ring {
  readonly stage: Stage;
  readonly shop: Shop;
  readonly config: Json;
  /** The vendor's API under a host of its own. */
  readonly origin: string;
  /** Where the vendor sends callbacks. */
  readonly callbackUrl: string;
  /** Pays as the shopper would, and answers what the simulator says of it. */
  pay(target: unknown, more?: Json): Promise<Json>;
  /** `count` times. */
  misbehave(operation: string, behaviour: string, count?: number): Promise<unknown>;
  /** What the simulator itself has noted of one number: `charge 1999`. */
  truthOf(number: string): Promise<readonly string[]>;
  /** The first callback after `from` others of which `matches` is true. */
  told(matches: (received: Received) => boolean, from?: number): Promise<Received>;
  end(): Promise<void>;
}

export async function openRing(channel: string): Promise<Ring> {
  const [stage, shop] = await Promise.all([setStage({ channels: [channel] }), openShop()]);
  const config = configOf(stage, channel) as Json;
  const door = await openDoor(config.base_url ?? config.gateway_url);
  const callbackUrl = `${shop.url}/v1/callbacks/${channel}/acc_1`;
  // Vendors that take the address with each order answer 400, and need nothing of this.
  for (const { id } of stage.simulator.credentials[channel] ?? [])
    await stage.control('POST', '/_callbacks', { channel, account: id, url: callbackUrl });
  return {
    stage,
    shop,
    config,
    origin: door.origin,
    callbackUrl,
    pay: async (target, more = {}) => (await stage.control('POST', '/_pay', { target, ...more })).json,
    misbehave: (operation, behaviour, count = 1) => stage.control('POST', '/_scenario', { channel, operation, behaviour, count }),
    async truthOf(number) {
      const { entries } = (await stage.control('GET', '/_truth')).json;
      return entries.filter((entry: Json) => entry.number === number).map(({ kind, amount }: Json) => `${kind} ${amount}`);
    },
    async told(matches, from = 0) {
      for (let count = from + 1; ; count += 1) {
        const received = (await shop.got(count))[count - 1]!;
        if (matches(received)) return received;
      }
    },
    async end() {
      door.close();
      await Promise.all([stage.end(), shop.end()]);
    },
  };
}

/** Our own plugin for the same account. */
export function openPlugin(plugin: ChannelPlugin<never>, { config }: Pick<Ring, 'config'>): Required<Channel> {
  const account = { id: 'acc_1', livemode: false, config: config as never };
  return plugin.open(account, makeKit(plugin.manifest.money.exponents)) as Required<Channel>;
}

/** A number as the kernel gives them. */
export const newNumber = (): string => [...randomBytes(26)].map((byte) => '0123456789ABCDEFGHJKMNPQRSTVWXYZ'[byte % 32]).join('');

/** What the kernel asks a plugin to collect; `overrides` has the product and the money. */
export function requestOf(
  { callbackUrl }: Pick<Ring, 'callbackUrl'>,
  overrides: Pick<PayRequest, 'product' | 'money'> & Partial<PayRequest>,
): PayRequest {
  const createdAt = new Date();
  const expiresAt = new Date(createdAt.getTime() + 1_800_000);
  const fixed = { number: newNumber(), channelNo: null, sessionNo: null, createdAt, expiresAt, subject: 'Tea 茶', payer: {} };
  return { ...fixed, orderLines: [], callbackUrl, returnUrl: 'http://127.0.0.1/back', ...overrides };
}

/** A callback as the kernel hands it to a plugin. */
export function asRaw({ callbackUrl }: Pick<Ring, 'callbackUrl'>, { headers, body, path }: Received): RawRequest {
  const query = path.includes('?') ? path.slice(path.indexOf('?') + 1) : '';
  return { method: 'POST', url: callbackUrl, query, headers, body: Buffer.from(body) };
}

/** What `promise` fails with. */
export async function faultOf(promise: Promise<unknown>): Promise<Json> {
  return promise.then(
    (answer) => Promise.reject(new Error(`expected a refusal, got ${JSON.stringify(answer)}`)),
    (error) => error as Json,
  );
}
