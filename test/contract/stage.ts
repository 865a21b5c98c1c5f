import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Dispatcher } from 'undici';
import { checkConfig, completeConfig, secretNames } from '../../core/channels/config-schema.ts';
import { makeKit } from '../../core/channels/kit.ts';
import { createSm2 } from '../../core/channels/sm2.ts';
import { makeWire } from '../../core/channels/wire.ts';
import { createWireAgent } from '../../core/channels/wire-agents.ts';
import type { Callback, Channel, ChannelPlugin, PayRequest, RawRequest, RefundRequest } from '../../core/contract/channel.ts';
import type { Call } from '../../core/contract/kit.ts';
import type { Outcome } from '../../core/contract/outcome.ts';
import { type Simulator, startSimulator } from '../../simulator/server.ts';
import type { Sample } from '../kit/shopper.ts';
import { nameAttempt, orderOf, refundOf, targetOf } from './orders.ts';
import { openShop, type Shop } from './shop.ts';

/** Long enough for any answer of a simulator on a busy machine; and how long a test waits for an answer that will not come. */
const deadlineMs = 10_000;
const hangsMs = 400;

export interface Truth {
  readonly kind: 'charge' | 'refund' | 'close';
  readonly account: string;
  readonly number: string;
  readonly vendor_no: string;
  readonly amount: number;
  readonly currency: string;
}

/** A payment as far as it has come. */
export interface Started {
  readonly request: PayRequest;
  readonly outcome: Outcome;
  /** How many requests the vendor was sent. */
  readonly sent: number;
}

/** Whether a vendor's answers to an operation can be spoiled so. */
export type Shows = (behaviour: 'bad_signature' | 'wrong_amount' | 'wrong_account', operation: string) => boolean;

/** What the cases of one method do again and again. */
export interface Moves {
  readonly paid: () => Promise<Started>;
  readonly charges: (number: string) => Promise<readonly Truth[]>;
}

/** One channel, opened by the kernel's own parts, against its simulated vendor. */
export interface Stage {
  readonly plugin: ChannelPlugin;
  readonly channel: Channel;
  /** The second account of the same vendor. */
  readonly neighbour: Channel;
  /** Everything that the channel answered or logged, for the search of secrets. */
  readonly said: unknown[];
  readonly secrets: readonly string[];
  readonly configs: readonly Readonly<Record<string, unknown>>[];
  call(at?: Date): Call;
  order(sample: Sample, more?: Partial<PayRequest>): PayRequest;
  start(sample: Sample, more?: Partial<PayRequest>): Promise<Started>;
  /** Does what a shopper would do with the next step, and takes the money where the channel has to. */
  pay(started: Started): Promise<void>;
  /** Lets a stranger tell that an unpaid order was paid. False: the vendor has no such callback. */
  forge(started: Started): Promise<boolean>;
  /** The attempt with the names that are known by now. */
  named(started: Started): Promise<PayRequest>;
  query(request: PayRequest): Promise<Outcome>;
  refundOf(paid: PayRequest, amount: number): RefundRequest;
  misbehave(operation: string, behaviour: string, more?: object): Promise<boolean>;
  behave(): Promise<void>;
  truth(number: string): Promise<readonly Truth[]>;
  /** Every refund that the vendor carried out so far. */
  refunds(): Promise<readonly Truth[]>;
  /** Everything that happened at the vendor, of the account that is played. */
  history(): Promise<readonly Truth[]>;
  readonly callbacks: Shop['callbacks'];
  readonly forget: Shop['forget'];
  /** How callbacks are answered until the next case. */
  readonly answer: Shop['answer'];
  /** Lets the vendor send its last callback about a number once more. False: it has none. */
  repeat(number: string): Promise<boolean>;
  parse(raw: RawRequest, by?: Channel, at?: Date): Promise<Callback>;
  stop(): Promise<void>;
}

export function openChannel(plugin: ChannelPlugin, config: Readonly<Record<string, unknown>>, livemode = false): Channel {
  const { config: schema, money } = plugin.manifest;
  const faults = checkConfig(schema, config);
  if (faults.length > 0) throw new Error(faults.join('; '));
  return plugin.open({ id: 'acc_1', livemode, config: completeConfig(schema, config) }, makeKit(createSm2().kit, money.exponents));
}

/** The simulator's controls. */
function controlOf(url: string) {
  return async (path: string, body?: unknown, method = body === undefined ? 'GET' : 'POST') => {
    const init = body === undefined ? { method } : { method, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
    // biome-ignore lint/suspicious/noExplicitAny: the controls answer in many shapes.
    return (await fetch(`${url}${path}`, init)).json() as Promise<any>;
  };
}

/** Calls over the kernel's own wire, counted, with everything logged kept. */
function makeCalls(agent: Dispatcher, calls: { sent: number; hangs: boolean }, said: unknown[]) {
  return (at?: Date): Call => {
    const deadline = AbortSignal.timeout(calls.hangs ? hangsMs : deadlineMs);
    const { http, download } = makeWire({ pick: () => agent }, deadline, { maybeSent: false }, (exchange) => void said.push(exchange));
    return {
      http: (request) => {
        calls.sent += 1;
        return http(request);
      },
      download,
      now: () => at ?? new Date(),
      nonce: () => randomBytes(16).toString('hex'),
      log: (level, message, fields) => void said.push({ level, message, fields }),
    };
  };
}

interface Opened {
  readonly simulator: Simulator;
  readonly shop: Shop;
  readonly agent: Dispatcher;
  readonly dataDir: string;
}

async function close({ simulator, shop, agent, dataDir }: Opened): Promise<void> {
  await simulator.stop();
  shop.close();
  await agent.destroy();
  rmSync(dataDir, { recursive: true, force: true });
}

function secretsOf({ manifest }: ChannelPlugin, config: Readonly<Record<string, unknown>>): readonly string[] {
  const values = secretNames(manifest.config).map((name) => String(config[name] ?? ''));
  return values.filter((text) => text.length >= 8);
}

const keepIn =
  (said: unknown[]) =>
  <T>(value: T): T => {
    said.push(value);
    return value;
  };

/** The simulator finds its own vendors by itself. */
function startVendor(id: string, dataDir: string, folder: string): Promise<Simulator> {
  const vendorFolders = folder.startsWith(resolve('simulator/vendors')) ? [] : [folder];
  return startSimulator({ port: 0, dataDir, channels: [id], vendorFolders });
}

async function openBoth(
  plugin: ChannelPlugin,
  configs: readonly Readonly<Record<string, unknown>>[],
): Promise<readonly [Channel, Channel]> {
  const [own, other] = configs.map((config) => openChannel(plugin, config));
  if (own === undefined || other === undefined) throw new Error(`the vendor ${plugin.manifest.id} has fewer than two accounts`);
  return [own, other];
}

/** The vendor at work, with a shop that hears from it, and both of its accounts opened. */
async function openVendor(plugin: ChannelPlugin, vendorFolder: string) {
  const { id } = plugin.manifest;
  const dataDir = mkdtempSync(join(tmpdir(), `paymux-contract-${id}-`));
  const simulator = await startVendor(id, dataDir, vendorFolder);
  const opened: Opened = { simulator, shop: await openShop(), agent: createWireAgent(1000), dataDir };
  const accounts = simulator.credentials[id] ?? [];
  const configs = accounts.map(({ config }) => config);
  const [own, other] = await openBoth(plugin, configs).catch(async (error) => {
    await close(opened);
    throw error;
  });
  const callbackUrl = `${opened.shop.url}/v1/callbacks/${id}/acc_1`;
  const control = controlOf(simulator.url);
  for (const { id: account } of accounts) await control('/_callbacks', { channel: id, account, url: callbackUrl });
  return { ...opened, accountId: accounts[0]?.id, configs, own, other, callbackUrl, control, stop: () => close(opened) };
}

export async function openStage(plugin: ChannelPlugin, vendorFolder: string): Promise<Stage> {
  const { id } = plugin.manifest;
  const { shop, agent, accountId, configs, own, other, callbackUrl, control, stop } = await openVendor(plugin, vendorFolder);
  const said: unknown[] = [];
  const calls = { sent: 0, hangs: false };
  const call = makeCalls(agent, calls, said);
  const readTruth = async (): Promise<readonly Truth[]> => (await control('/_truth?since=0')).entries;
  const keep = keepIn(said);

  const stage: Stage = {
    plugin,
    channel: own,
    neighbour: other,
    said,
    secrets: configs.flatMap((config) => secretsOf(plugin, config)),
    configs,
    call,
    order: (sample, more = {}) => orderOf(sample, callbackUrl, more),
    async start(sample, more) {
      const request = stage.order(sample, more);
      const before = calls.sent;
      const outcome = keep(await own.pay(request, call()));
      return { request, outcome, sent: calls.sent - before };
    },
    async pay(started) {
      if (started.outcome.kind !== 'action') return;
      await control('/_pay', targetOf(started.outcome.action));
      const request = await stage.named(started);
      const found = own.query === undefined ? null : await stage.query(request);
      if (found?.kind === 'ok' && found.report.state === 'approved') keep(await own.capture?.(request, call()));
    },
    async forge({ outcome }) {
      if (outcome.kind !== 'action') return false;
      return (await control('/_forge', targetOf(outcome.action))).sent === true;
    },
    named: async (started) => nameAttempt(started),
    query: async (request) => keep(await (own.query?.(request, call()) as Promise<Outcome>)),
    refundOf: (paid, amount) => refundOf(paid, amount, callbackUrl),
    async misbehave(operation, behaviour, more = {}) {
      calls.hangs = behaviour === 'hang';
      return (await control('/_scenario', { channel: id, operation, behaviour, ...more })).effective === true;
    },
    async behave() {
      calls.hangs = false;
      shop.answer(null);
      await control('/_scenario', undefined, 'DELETE');
    },
    truth: async (number) => (await readTruth()).filter((entry) => entry.number === number),
    refunds: async () => (await readTruth()).filter((entry) => entry.kind === 'refund'),
    history: async () => (await readTruth()).filter((entry) => entry.account === accountId),
    callbacks: shop.callbacks,
    forget: shop.forget,
    answer: shop.answer,
    repeat: async (number) => (await control('/_notify_again', { number })).sent === true,
    parse: async (raw, by = own, at) => keep(await by.parseCallback(copyOf(raw), call(at))),
    stop,
  };
  return stage;
}

/** What a channel does to it must not change what the next case reads. */
const copyOf = (raw: RawRequest): RawRequest => ({ ...raw, headers: { ...raw.headers }, body: Buffer.from(raw.body) });
