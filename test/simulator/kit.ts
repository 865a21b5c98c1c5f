import { createSign, createVerify, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../simulator/server.ts';

// biome-ignore lint/suspicious/noExplicitAny: answers of vendors are looked into freely
export type Json = Record<string, any>;
export type Config = Readonly<Record<string, string>>;

/** A simulator with a data directory of its own. */
export interface Stage {
  readonly simulator: Simulator;
  readonly dataDir: string;
  control(method: string, path: string, body?: unknown): Promise<{ status: number; json: Json }>;
  end(): Promise<void>;
}

export async function setStage(options: Partial<SimulatorOptions> = {}): Promise<Stage> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'simulator-'));
  const simulator = await startSimulator({ port: 0, ...options, dataDir });
  return {
    simulator,
    dataDir,
    control: (method, path, body) => askControl(simulator.url, method, path, body),
    async end() {
      await simulator.stop();
      rmSync(dataDir, { recursive: true });
    },
  };
}

/** The configuration of a test account, as text. */
export function configOf({ simulator }: Stage, channel: string, index = 0): Config {
  const account = simulator.credentials[channel]?.[index];
  if (account === undefined) throw new Error(`no account ${index} at ${channel}`);
  return account.config as Config;
}

export async function askControl(url: string, method: string, path: string, body?: unknown) {
  const answer = await fetch(url + path, { method, ...(body !== undefined && { body: JSON.stringify(body) }) });
  return { status: answer.status, json: (await answer.json()) as Json };
}

/** What a merchant's server received. */
export interface Received {
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** A merchant's server, which takes callbacks and answers as it is told. */
export interface Shop {
  readonly url: string;
  readonly received: Received[];
  /** Resolves when as many callbacks have come. */
  got(count: number): Promise<readonly Received[]>;
  answerWith(status: number, body: string): void;
  end(): Promise<void>;
}

export async function openShop(): Promise<Shop> {
  const received: Received[] = [];
  const waiting: { count: number; resolve: (all: readonly Received[]) => void }[] = [];
  let reply = { status: 200, body: 'success' };
  const server: Server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    received.push({ path: request.url ?? '', headers: request.headers as Record<string, string>, body: Buffer.concat(parts).toString() });
    response.writeHead(reply.status).end(reply.body);
    for (const one of waiting) if (received.length >= one.count) one.resolve(received);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    got: (count) => new Promise((resolve) => (received.length >= count ? resolve(received) : waiting.push({ count, resolve }))),
    answerWith(status, body) {
      reply = { status, body };
    },
    end: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const rsaSign = (key: string, text: string) => createSign('RSA-SHA256').update(text).sign(key, 'base64');
export const rsaVerify = (key: string, text: string, signature: string) =>
  createVerify('RSA-SHA256').update(text).verify(key, signature, 'base64');

export interface WechatAnswer {
  readonly status: number;
  readonly json: Json;
  readonly verified: boolean;
}

export interface WechatCall {
  readonly timestamp?: number;
  readonly nonce?: string;
  readonly spoil?: (header: string) => string;
}

/** A small WeChat Pay client of the test's own. */
export async function askWechat(
  config: Config,
  method: string,
  path: string,
  body?: unknown,
  call: WechatCall = {},
): Promise<WechatAnswer> {
  const text = body === undefined ? '' : JSON.stringify(body);
  const timestamp = call.timestamp ?? Math.trunc(Date.now() / 1000);
  const nonce = call.nonce ?? randomBytes(16).toString('hex');
  const signature = rsaSign(config.private_key!, `${method}\n${path}\n${timestamp}\n${nonce}\n${text}\n`);
  const parts = { mchid: config.mchid, nonce_str: nonce, signature, timestamp, serial_no: config.serial_no };
  const header = `WECHATPAY2-SHA256-RSA2048 ${Object.entries(parts)
    .map(([name, value]) => `${name}="${value}"`)
    .join(',')}`;
  const headers = { authorization: call.spoil?.(header) ?? header, accept: 'application/json', 'content-type': 'application/json' };
  const answer = await fetch(config.base_url + path, { method, headers, ...(text !== '' && { body: text }) });
  const raw = await answer.text();
  return {
    status: answer.status,
    json: raw === '' ? {} : JSON.parse(raw),
    verified: verifyWechat(config, Object.fromEntries(answer.headers), raw),
  };
}

export function verifyWechat(config: Config, headers: Readonly<Record<string, string>>, raw: string): boolean {
  const key = JSON.parse(config.platform_public_keys!)[headers['wechatpay-serial']!];
  const text = `${headers['wechatpay-timestamp']}\n${headers['wechatpay-nonce']}\n${raw}\n`;
  return rsaVerify(key, text, headers['wechatpay-signature'] ?? '');
}

const textToSign = (params: Config, without: readonly string[]) =>
  Object.keys(params)
    .filter((name) => !without.includes(name) && params[name] !== '')
    .sort()
    .map((name) => `${name}=${params[name]}`)
    .join('&');

/** The signed parameters of an Alipay request. */
export function signAlipay(config: Config, method: string, content: unknown, more: Config = {}): Config {
  const timestamp = new Date(Date.now() + 8 * 3600_000).toISOString().slice(0, 19).replace('T', ' ');
  const fixed = { app_id: config.app_id!, method, format: 'JSON', charset: 'utf-8', sign_type: 'RSA2', timestamp, version: '1.0' };
  const params = { ...fixed, biz_content: JSON.stringify(content), ...more };
  return { ...params, sign: rsaSign(config.private_key!, textToSign(params, ['sign'])) };
}

/** A small Alipay client of the test's own. It cuts the signed node out of the raw text. */
export async function askAlipay(config: Config, method: string, content: unknown, more: Config = {}): Promise<WechatAnswer> {
  const { biz_content, ...open } = signAlipay(config, method, content, more);
  const body = new URLSearchParams({ biz_content: biz_content! });
  const answer = await fetch(`${config.gateway_url}?${new URLSearchParams(open)}`, { method: 'POST', body });
  const raw = await answer.text();
  const node = `${method.replaceAll('.', '_')}_response`;
  const signed = raw.slice(raw.indexOf(':') + 1, raw.lastIndexOf(',"sign"'));
  const parsed = JSON.parse(raw);
  return { status: answer.status, json: parsed[node], verified: rsaVerify(config.alipay_public_key!, signed, parsed.sign) };
}

export function verifyAlipayNotice(config: Config, body: string): boolean {
  const params = Object.fromEntries(new URLSearchParams(body));
  return rsaVerify(config.alipay_public_key!, textToSign(params, ['sign', 'sign_type']), params.sign ?? '');
}

/** A small Stripe client of the test's own. */
export async function askStripe(config: Config, method: string, path: string, form: Config = {}, headers: Config = {}) {
  const pairs = new URLSearchParams(form);
  const answer = await fetch(config.base_url + path, {
    method,
    headers: { authorization: `Bearer ${config.secret_key}`, ...headers },
    ...(method === 'POST' && { body: pairs }),
  });
  return { status: answer.status, json: (await answer.json()) as Json, replayed: answer.headers.get('idempotent-replayed') === 'true' };
}

export const wechatOrder = (config: Config, number: string, notifyUrl: string, total = 1999) => ({
  appid: config.appid,
  mchid: config.mchid,
  description: 'Tea 茶',
  out_trade_no: number,
  notify_url: `${notifyUrl}/wechat`,
  amount: { total, currency: 'CNY' },
});

export const stripeSession = (reference: string, amount = '1999'): Config => ({
  mode: 'payment',
  success_url: 'http://127.0.0.1/back?s={CHECKOUT_SESSION_ID}',
  client_reference_id: reference,
  'line_items[0][price_data][currency]': 'usd',
  'line_items[0][price_data][unit_amount]': amount,
  'line_items[0][price_data][product_data][name]': 'Tea',
  'line_items[0][quantity]': '1',
});
