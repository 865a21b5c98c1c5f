import type { Account, Channel, ChannelPlugin } from '../../../core/contract/channel.ts';
import type { Call, Kit } from '../../../core/contract/kit.ts';
import type { ChannelManifest } from '../../../core/contract/manifest.ts';
import { readCallback } from './callback.ts';
import { ask, type MercadoAccount } from './gateway.ts';
import { currencies, pay, query } from './pay.ts';
import { queryRefund, refund } from './refund.ts';
import { fetchStatement, readStatement } from './statement.ts';

/** The configuration of one Mercado Pago application. */
export interface Config {
  readonly base_url?: string;
  readonly access_token: string;
  readonly user_id: string;
  readonly webhook_secret: string;
}

const vendorUrl = 'https://api.mercadopago.com';

const manifest: ChannelManifest = {
  id: 'mercadopago',
  name: { en: 'Mercado Pago', zh: 'Mercado Pago' },
  maturity: 'beta',
  verified: [
    { what: 'signatures', against: 'vendor_library', source: 'mercadopago 3.6.1 for Node: the rule of the signature' },
    { what: 'answers', against: 'vendor_library', source: 'typings of mercadopago 3.6.1: names of members' },
    { what: 'flow', against: 'simulator', source: 'simulator/vendors/mercadopago' },
  ],
  methods: [
    {
      id: 'mercadopago_checkout',
      product: 'checkout',
      name: { en: 'Checkout Pro', zh: 'Mercado Pago 收银台' },
      action: 'redirect',
      currencies,
    },
  ],
  abilities: { query: 'by_number', close: 'none', capture: 'none', refund: 'partial', queryRefund: 'by_channel_no', statement: 'api' },
  // The search is of the moment; some hours are for what it shows a little later.
  statements: { zone: 'UTC', readyAt: '06:00' },
  money: { notation: 'major_number' },
  // A page whose address was lost is shown to nobody, so a second one cannot be paid beside it.
  idempotency: { create: true, ttlHours: 24 },
  // The signature covers the payment's number and a time, and nothing of the body.
  callback: { trust: 'token' },
  // What was begun within the page's time may be decided within a day of it.
  settle: { notFoundIsFinalAfterSec: 300, settlingSec: 86_400 },
  rateLimited: 'unknown',
  failoverCodes: [],
  config: {
    type: 'object',
    required: ['access_token', 'user_id', 'webhook_secret'],
    properties: {
      base_url: {
        type: 'string',
        description: 'Address of the API. Another one than the default is for the simulator or a relay.',
        pattern: '^https?://[^\\s?#]+$',
        maxLength: 255,
        default: vendorUrl,
      },
      access_token: {
        type: 'string',
        description: 'Access token of the application: TEST-… in test mode, APP_USR-… in live mode',
        secret: true,
        pattern: '^(TEST|APP_USR)-[A-Za-z0-9_-]{20,}$',
        maxLength: 255,
      },
      user_id: { type: 'string', description: 'Number of the account that collects', pattern: '^[0-9]{4,20}$', maxLength: 20 },
      webhook_secret: {
        type: 'string',
        description: 'Secret signature of the application’s webhooks',
        secret: true,
        pattern: '^[\\x21-\\x7e]{16,}$',
        maxLength: 255,
      },
    },
  },
};

function open(account: Account<Config>, kit: Kit): Channel {
  const opened = readConfig(account, kit);
  return {
    merchantNo: opened.userId,
    pay: (request, call) => pay(opened, request, call),
    query: (attempt, call) => query(opened, attempt, call),
    refund: (request, call) => refund(opened, request, call),
    queryRefund: (request, call) => queryRefund(opened, request, call),
    fetchStatement: (day, call) => fetchStatement(opened, day, call),
    readStatement: (document) => readStatement(opened, document),
    parseCallback: async (raw, call) => readCallback(opened, raw, call),
    probe: (call) => probe(opened, call),
  };
}

/** Messages name the field and never its value: they are shown to operators and logged. */
function readConfig({ config, livemode }: Account<Config>, kit: Kit): MercadoAccount {
  for (const name of ['access_token', 'user_id', 'webhook_secret'] as const) {
    const pattern = new RegExp(manifest.config.properties[name]?.pattern ?? '');
    if (typeof config[name] !== 'string' || !pattern.test(config[name])) throw new Error(`${name} is not in its form`);
  }
  const prefix = livemode ? 'APP_USR-' : 'TEST-';
  if (!config.access_token.startsWith(prefix)) throw new Error(`access_token is not a token of ${livemode ? 'live' : 'test'} mode`);
  return {
    baseUrl: readBaseUrl(config.base_url ?? vendorUrl),
    accessToken: config.access_token,
    userId: config.user_id,
    webhookSecret: config.webhook_secret,
    livemode,
    kit,
  };
}

function readBaseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || url.search !== '' || url.hash !== '' || url.username !== '') throw new Error('base_url must be a plain address');
  const onLoopback = ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && onLoopback))
    throw new Error('base_url must be https, or http on loopback');
  return text.replace(/\/+$/, '');
}

/** Looks for payments of a number that was never used. */
async function probe(account: MercadoAccount, call: Call): Promise<{ readonly ok: boolean; readonly detail: string }> {
  const answer = await ask(account, call, { method: 'GET', path: '/v1/payments/search?external_reference=paymux-probe' });
  if (answer.kind === 'fault') return { ok: false, detail: `${answer.fault.status} ${answer.fault.code}` };
  return answer.kind === 'data' ? { ok: true, detail: 'Mercado Pago answered' } : { ok: false, detail: `${answer.kind}: ${answer.reason}` };
}

export default { contract: 1, manifest, open } satisfies ChannelPlugin<Config>;
