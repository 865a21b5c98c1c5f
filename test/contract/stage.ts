import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { Dispatcher } from 'undici';
import { checkConfig, completeConfig, secretNames } from '../../core/channels/config-schema.ts';
import { makeKit } from '../../core/channels/kit.ts';
import { createSm2 } from '../../core/channels/sm2.ts';
import { makeWire } from '../../core/channels/wire.ts';
import { createWireAgent } from '../../core/channels/wire-agents.ts';
import type { Callback, Channel, ChannelPlugin, PayRequest, RawRequest, RefundRequest, Reply } from '../../core/contract/channel.ts';
import type { Call } from '../../core/contract/kit.ts';
import type { Action, Outcome } from '../../core/contract/outcome.ts';
import { type Simulator, startSimulator } from '../../simulator/server.ts';
import type { Sample } from '../kit/shopper.ts';

/** Long enough for any answer of a simulator on a busy machine; and how long a test waits for an answer that will not come. */
const deadlineMs = 10_000;
const hangsMs = 400;
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

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
  /** Callbacks that arrived since the last look, waiting for one if need be. */
  callbacks(): Promise<readonly RawRequest[]>;
  /** Takes no notice of the callbacks that arrived so far. */
  forget(): void;
  /** Lets the vendor send its last callback about a number once more. False: it has none. */
  repeat(number: string): Promise<boolean>;
  /** How callbacks are answered, until the next case. */
  answer(reply: Reply): void;
  parse(raw: RawRequest, by?: Channel, at?: Date): Promise<Callback>;
  stop(): Promise<void>;
}

export const newNumber = () => [...randomBytes(26)].map((byte) => alphabet[byte % 32]).join('');

export function openChannel(plugin: ChannelPlugin, config: Readonly<Record<string, unknown>>, livemode = false): Channel {
  const { config: schema, money } = plugin.manifest;
  const faults = checkConfig(schema, config);
  if (faults.length > 0) throw new Error(faults.join('; '));
  return plugin.open({ id: 'acc_1', livemode, config: completeConfig(schema, config) }, makeKit(createSm2().kit, money.exponents));
}

interface Shop {
  readonly arrived: RawRequest[];
  reply: Reply;
}

const thanks: Reply = { status: 200, body: 'ok' };

async function listen(shop: Shop) {
  const server = createServer(async (request, response) => {
    const body = await buffer(request);
    const [path = '', query = ''] = (request.url ?? '').split('?');
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]),
    );
    shop.arrived.push({ method: request.method ?? '', url: `${url}${path}`, query, headers, body });
    response.writeHead(shop.reply.status, shop.reply.headers).end(shop.reply.body);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { server, url };
}

const names: Readonly<Record<string, string>> = { client_ip: 'clientIp', auth_code: 'authCode', bank_code: 'bankCode' };

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

/** What has arrived; waits a little for the first. */
async function takeAll(arrived: RawRequest[]): Promise<readonly RawRequest[]> {
  for (let tries = 0; arrived.length === 0 && tries < 100; tries += 1) await new Promise((done) => setTimeout(done, 20));
  return arrived.splice(0);
}

interface Opened {
  readonly simulator: Simulator;
  readonly server: Server;
  readonly agent: Dispatcher;
  readonly dataDir: string;
}

async function close({ simulator, server, agent, dataDir }: Opened): Promise<void> {
  await simulator.stop();
  server.closeAllConnections();
  server.close();
  await agent.destroy();
  rmSync(dataDir, { recursive: true, force: true });
}

function secretsOf({ manifest }: ChannelPlugin, config: Readonly<Record<string, unknown>>): readonly string[] {
  const values = secretNames(manifest.config).map((name) => String(config[name] ?? ''));
  return values.filter((text) => text.length >= 8);
}

function orderOf(sample: Sample): Omit<PayRequest, 'callbackUrl'> {
  const createdAt = new Date();
  const payer = Object.fromEntries(Object.entries(sample.payer).map(([name, value]) => [names[name] ?? name, value]));
  return {
    number: newNumber(),
    channelNo: null,
    sessionNo: null,
    product: sample.method.product,
    money: { amount: sample.amount, currency: sample.currency },
    createdAt,
    expiresAt: new Date(createdAt.getTime() + 7_200_000),
    subject: 'Tea & "cake", 茶',
    payer,
    orderLines: [],
    returnUrl: 'https://shop.example/done',
  };
}

/** Methods for several orders need them; all others take no notice. */
function withLines(order: PayRequest): PayRequest {
  const { amount, currency } = order.money;
  const first = Math.floor(amount / 3);
  const amounts = first === 0 ? [amount] : [first, amount - first];
  const orderLines = amounts.map((part, index) => ({ merchantOrderNo: `A-${index}`, money: { amount: part, currency }, subject: null }));
  return { ...order, orderLines };
}

function refundOf(paid: PayRequest, amount: number, callbackUrl: string): RefundRequest {
  const money = { ...paid.money, amount };
  return { number: newNumber(), channelNo: null, money, reason: 'too cold', createdAt: new Date(), attempt: paid, callbackUrl };
}

function named({ request, outcome }: Started): PayRequest {
  const said = { ...(outcome.kind === 'ok' ? outcome.report : {}), ...outcome } as { channelNo?: string; sessionNo?: string };
  return { ...request, channelNo: said.channelNo ?? null, sessionNo: said.sessionNo ?? null };
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

export async function openStage(plugin: ChannelPlugin, vendorFolder: string): Promise<Stage> {
  const { id } = plugin.manifest;
  const dataDir = mkdtempSync(join(tmpdir(), `paymux-contract-${id}-`));
  const simulator = await startVendor(id, dataDir, vendorFolder);
  const arrivals: Shop = { arrived: [], reply: thanks };
  const shop = await listen(arrivals);
  const accounts = simulator.credentials[id] ?? [];
  const configs = accounts.map(({ config }) => config);
  const agent = createWireAgent(1000);
  const opened = { simulator, server: shop.server, agent, dataDir };
  const [own, other] = await openBoth(plugin, configs).catch(async (error) => {
    await close(opened);
    throw error;
  });
  const said: unknown[] = [];
  const callbackUrl = `${shop.url}/v1/callbacks/${id}/acc_1`;

  const control = controlOf(simulator.url);
  for (const { id: account } of accounts) await control('/_callbacks', { channel: id, account, url: callbackUrl });

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
    order: (sample, more = {}) => deepFreeze(withLines({ ...orderOf(sample), callbackUrl, ...more })),
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
    named: async (started) => named(started),
    query: async (request) => keep(await (own.query?.(request, call()) as Promise<Outcome>)),
    refundOf: (paid, amount) => refundOf(paid, amount, callbackUrl),
    async misbehave(operation, behaviour, more = {}) {
      calls.hangs = behaviour === 'hang';
      return (await control('/_scenario', { channel: id, operation, behaviour, ...more })).effective === true;
    },
    async behave() {
      calls.hangs = false;
      arrivals.reply = thanks;
      await control('/_scenario', undefined, 'DELETE');
    },
    truth: async (number) => (await readTruth()).filter((entry) => entry.number === number),
    refunds: async () => (await readTruth()).filter((entry) => entry.kind === 'refund'),
    history: async () => (await readTruth()).filter((entry) => entry.account === accounts[0]?.id),
    callbacks: () => takeAll(arrivals.arrived),
    forget: () => void arrivals.arrived.splice(0),
    answer(reply) {
      arrivals.reply = reply;
    },
    repeat: async (number) => (await control('/_notify_again', { number })).sent === true,
    parse: async (raw, by = own, at) => keep(await by.parseCallback(copyOf(raw), call(at))),
    stop: () => close(opened),
  };
  return stage;
}

/** What a channel does to it must not change what the next case reads. */
const copyOf = (raw: RawRequest): RawRequest => ({ ...raw, headers: { ...raw.headers }, body: Buffer.from(raw.body) });

function targetOf(action: Action): object {
  if (action.type === 'form') return { target: action.url, fields: action.fields };
  if (action.type === 'redirect') return { target: action.url };
  return { target: action.type === 'qr' ? action.qrContent : JSON.stringify(action.params) };
}

/** A channel that writes to what it was given changes what is sent again. */
function deepFreeze<T extends object>(value: T): T {
  for (const inner of Object.values(value)) if (typeof inner === 'object' && inner !== null && !(inner instanceof Date)) deepFreeze(inner);
  return Object.freeze(value);
}
