import type { Account, Channel, ChannelPlugin } from '../../../core/contract/channel.ts';
import type { Call, Kit } from '../../../core/contract/kit.ts';
import type { ChannelManifest } from '../../../core/contract/manifest.ts';
import { readCallback } from './callback.ts';
import { saysNotFound } from './errors.ts';
import { ask, type StripeAccount } from './gateway.ts';
import { close, currencies, maxAmount, pay, query, queryRefund, refund } from './pay.ts';
import { fetchStatement, readStatement } from './statement.ts';

/** The configuration of one Stripe account. */
export interface Config {
  readonly base_url?: string;
  readonly secret_key: string;
  readonly publishable_key: string;
  readonly webhook_secret: string;
  readonly account_id: string;
}

const vendorUrl = 'https://api.stripe.com';

const money = { currencies, min: 1, max: maxAmount };

const manifest: ChannelManifest = {
  id: 'stripe',
  name: { en: 'Stripe', zh: 'Stripe' },
  maturity: 'stable',
  verified: [
    { what: 'requests', against: 'vendor_schema', source: 'stripe/openapi of 2023-08-16' },
    { what: 'signatures', against: 'vendor_vector', source: 'the vector of stripe/stripe-dotnet' },
    {
      what: 'callbacks',
      against: 'vendor_library',
      source: 'stripe 23.1.0 for Node, run against the simulator: it signs and verifies the same events',
    },
    { what: 'flow', against: 'simulator', source: 'simulator/vendors/stripe' },
  ],
  methods: [
    {
      id: 'stripe_checkout',
      product: 'checkout',
      name: { en: 'Stripe Checkout', zh: 'Stripe 收银台' },
      action: 'redirect',
      checkout: { kind: 'card' },
      ...money,
    },
    {
      id: 'stripe_payment_intent',
      product: 'payment_intent',
      name: { en: 'Stripe Elements', zh: 'Stripe 页内支付' },
      action: 'sdk',
      ...money,
    },
  ],
  abilities: {
    query: 'by_channel_no',
    close: 'unpaid',
    capture: 'none',
    refund: 'partial',
    queryRefund: 'by_channel_no',
    statement: 'api',
  },
  // Balance transactions are there at once; an hour is for clocks that differ.
  statements: { zone: 'UTC', readyAt: '01:00' },
  money: { notation: 'minor_integer', exponents: { MGA: 0 } },
  // Stripe keeps an idempotency key for at least 24 hours; after that a repeat would be a second payment or refund.
  idempotency: { create: true, ttlHours: 24 },
  callback: { trust: 'signed' },
  // A session lives for a day at most, whenever the payment itself ended.
  settle: { notFoundIsFinalAfterSec: 60, settlingSec: 86_400 },
  rateLimited: 'notSent',
  failoverCodes: ['limit_exceeded'],
  config: {
    type: 'object',
    required: ['secret_key', 'publishable_key', 'webhook_secret', 'account_id'],
    properties: {
      base_url: {
        type: 'string',
        description: 'Address of the API, without /v1. Another one than the default is for the simulator or a relay.',
        pattern: '^https?://[^\\s?#]+$',
        maxLength: 255,
        default: vendorUrl,
      },
      secret_key: {
        type: 'string',
        description: 'Secret key or restricted key (sk_… or rk_…) of the same mode as the account',
        secret: true,
        pattern: '^(sk|rk)_(test|live)_\\w{16,}$',
        maxLength: 255,
      },
      publishable_key: {
        type: 'string',
        description: 'Publishable key (pk_…), handed to the shopper’s browser',
        pattern: '^pk_(test|live)_\\w{16,}$',
        maxLength: 255,
      },
      webhook_secret: {
        type: 'string',
        description: 'Signing secret of the endpoint (whsec_…); several, separated by commas, during a rotation',
        secret: true,
        pattern: '^whsec_[^\\s,]{16,}( *, *whsec_[^\\s,]{16,})*$',
        maxLength: 1024,
      },
      account_id: { type: 'string', description: 'Account id (acct_…)', identity: true, pattern: '^acct_\\w+$', maxLength: 64 },
    },
  },
};

function open(account: Account<Config>, kit: Kit): Channel {
  const opened = readConfig(account, kit);
  return {
    // Stripe's objects do not name the account they belong to.
    merchantNo: null,
    pay: (request, call) => pay(opened, request, call),
    query: (attempt, call) => query(opened, attempt, call),
    close: (attempt, call) => close(opened, attempt, call),
    refund: (request, call) => refund(opened, request, call),
    queryRefund: (request, call) => queryRefund(opened, request, call),
    parseCallback: async (raw, call) => readCallback(opened, raw, call),
    fetchStatement: (day, call) => fetchStatement(opened, day, call),
    readStatement: (document) => readStatement(opened, document),
    probe: (call) => probe(opened, call),
  };
}

/** Messages name the field and never its value: they are shown to operators and logged. */
function readConfig({ config, livemode }: Account<Config>, kit: Kit): StripeAccount {
  for (const name of ['secret_key', 'publishable_key', 'webhook_secret', 'account_id'] as const) {
    const pattern = new RegExp(manifest.config.properties[name]?.pattern ?? '');
    if (typeof config[name] !== 'string' || !pattern.test(config[name])) throw new Error(`${name} is not in its form`);
  }
  const mode = livemode ? 'live' : 'test';
  for (const name of ['secret_key', 'publishable_key'] as const) {
    if (!config[name].slice(3).startsWith(`${mode}_`)) throw new Error(`${name} is not a key of ${mode} mode`);
  }
  return {
    baseUrl: readBaseUrl(config.base_url ?? vendorUrl),
    secretKey: config.secret_key,
    publishableKey: config.publishable_key,
    webhookSecrets: config.webhook_secret.split(',').map((secret) => secret.trim()),
    accountId: config.account_id,
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

/** Asks for an intent that cannot exist: that Stripe looked for it proves the key. */
async function probe(account: StripeAccount, call: Call): Promise<{ readonly ok: boolean; readonly detail: string }> {
  const answer = await ask(account, call, { method: 'GET', path: '/v1/payment_intents/pi_paymux_probe' });
  if (answer.kind === 'fault') return { ok: saysNotFound(answer.fault), detail: answer.fault.code || answer.fault.type };
  return answer.kind === 'data' ? { ok: true, detail: 'Stripe answered' } : { ok: false, detail: `${answer.kind}: ${answer.reason}` };
}

export default { contract: 1, manifest, open } satisfies ChannelPlugin<Config>;
