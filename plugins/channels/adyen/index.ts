import { Buffer } from 'node:buffer';
import type { Account, Channel, ChannelPlugin } from '../../../core/contract/channel.ts';
import type { Kit } from '../../../core/contract/kit.ts';
import type { ChannelManifest } from '../../../core/contract/manifest.ts';
import { readCallback } from './callback.ts';
import type { AdyenAccount } from './gateway.ts';
import { close, currencies, pay, query, refund } from './pay.ts';
import { readHmacKey } from './sign.ts';
import { readStatement } from './statement.ts';

/** The configuration of one Adyen merchant account. */
export interface Config {
  readonly base_url?: string;
  readonly merchant_account: string;
  readonly api_key: string;
  readonly client_key: string;
  readonly environment?: string;
  readonly hmac_key: string;
  readonly callback_user?: string;
  readonly callback_password?: string;
}

const testUrl = 'https://checkout-test.adyen.com';
const liveEnvironments = ['live', 'live-us', 'live-au', 'live-apse', 'live-in'];

const manifest: ChannelManifest = {
  id: 'adyen',
  name: { en: 'Adyen', zh: 'Adyen' },
  maturity: 'stable',
  verified: [
    {
      what: 'requests',
      against: 'vendor_schema',
      source: 'Adyen/adyen-openapi, CheckoutService v72: sessions and refunds whole, links by a cut of PaymentLinkRequest',
    },
    { what: 'signatures', against: 'vendor_vector', source: 'the notification item in the tests of Adyen/adyen-node-api-library' },
    {
      what: 'statements',
      against: 'other_code',
      source: 'Settlement details reports of 2016 in the tests of wikimedia/wikimedia-fundraising-SmashPig: whole batches come to nothing',
    },
    { what: 'flow', against: 'simulator', source: 'simulator/vendors/adyen' },
  ],
  methods: [
    {
      id: 'adyen_link',
      product: 'link',
      name: { en: 'Adyen Pay by Link', zh: 'Adyen 支付链接' },
      action: 'redirect',
      checkout: { kind: 'card' },
      currencies,
    },
    {
      id: 'adyen_session',
      product: 'session',
      name: { en: 'Adyen Drop-in', zh: 'Adyen 页内支付' },
      action: 'sdk',
      currencies,
      // GET /sessions/{id} demands the session result, which only the shopper's browser has; and nothing ends a session early.
      abilities: { query: 'none', close: 'none' },
    },
  ],
  abilities: { query: 'by_channel_no', close: 'unpaid', capture: 'none', refund: 'partial', queryRefund: 'none', statement: 'file' },
  money: { notation: 'minor_integer', exponents: { CLP: 2, CVE: 0, IDR: 0, ISK: 2 } },
  // Adyen's page on idempotency promises a week at least.
  idempotency: { create: true, ttlHours: 168 },
  callback: { trust: 'signed' },
  // A card payment that a shopper left half done is given up by Adyen after twelve hours (OFFER_CLOSED); its callback may come late.
  settle: { notFoundIsFinalAfterSec: 60, settlingSec: 86_400 },
  rateLimited: 'unknown',
  failoverCodes: [],
  config: {
    type: 'object',
    required: ['merchant_account', 'api_key', 'client_key', 'hmac_key'],
    properties: {
      base_url: {
        type: 'string',
        description: `Address of the Checkout API, without the version. Left out in test mode: ${testUrl}. In live mode: https://<prefix>-checkout-live.adyenpayments.com/checkout`,
        pattern: '^https?://[^\\s?#]+$',
        maxLength: 255,
      },
      merchant_account: { type: 'string', description: 'Name of the merchant account', pattern: '^[\\x21-\\x7E]+$', maxLength: 80 },
      api_key: {
        type: 'string',
        description: 'API key of a credential with the Checkout role',
        secret: true,
        pattern: '^[\\x21-\\x7E]{32,}$',
        maxLength: 1024,
      },
      client_key: {
        type: 'string',
        description: 'Client key (test_… or live_…), handed to the shopper’s browser',
        pattern: '^(test|live)_[A-Z0-9]{16,}$',
        maxLength: 255,
      },
      environment: {
        type: 'string',
        description: 'Data centre, as Adyen’s client library calls it. Left out: test or live, like the account',
        enum: ['test', ...liveEnvironments],
      },
      hmac_key: {
        type: 'string',
        description: 'HMAC key of the standard webhook, 64 hex digits; several, separated by commas, during a change',
        secret: true,
        pattern: '^[0-9A-Fa-f]{64}( *, *[0-9A-Fa-f]{64})*$',
        maxLength: 1024,
      },
      callback_user: { type: 'string', description: 'User name of the webhook’s basic authentication', pattern: '^[^:]+$', maxLength: 255 },
      callback_password: { type: 'string', description: 'Its password', secret: true, minLength: 8, maxLength: 255 },
    },
  },
};

function open(account: Account<Config>, kit: Kit): Channel {
  const opened = readConfig(account, kit);
  return {
    merchantNo: opened.merchantAccount,
    pay: (request, call) => pay(opened, request, call),
    query: (attempt, call) => query(opened, attempt, call),
    close: (attempt, call) => close(opened, attempt, call),
    refund: (request, call) => refund(opened, request, call),
    parseCallback: async (raw, call) => readCallback(opened, raw, call),
    readStatement: (document) => readStatement(opened, document),
  };
}

/** Messages name the field and never its value: they are shown to operators and logged. */
function readConfig({ config, livemode }: Account<Config>, kit: Kit): AdyenAccount {
  for (const name of manifest.config.required as readonly (keyof Config)[]) {
    const pattern = new RegExp(manifest.config.properties[name]?.pattern ?? '');
    if (typeof config[name] !== 'string' || !pattern.test(config[name])) throw new Error(`${name} is not in its form`);
  }
  const mode = livemode ? 'live' : 'test';
  if (!config.client_key.startsWith(`${mode}_`)) throw new Error(`client_key is not a key of ${mode} mode`);
  return {
    baseUrl: readBaseUrl(config.base_url, livemode),
    merchantAccount: config.merchant_account,
    apiKey: config.api_key,
    clientKey: config.client_key,
    environment: readEnvironment(config.environment ?? mode, livemode),
    hmacKeys: readHmacKeys(config.hmac_key),
    callbackAuthorization: readAuthorization(config),
    livemode,
    kit,
  };
}

function readEnvironment(environment: string, livemode: boolean): string {
  const known = livemode ? liveEnvironments : ['test'];
  if (!known.includes(environment)) throw new Error(`environment is none of ${livemode ? 'live' : 'test'} mode`);
  return environment;
}

function readHmacKeys(text: string): readonly Buffer[] {
  const keys = text.split(',').map((one) => readHmacKey(one.trim()));
  // A key of one repeated byte is a placeholder that was never replaced.
  if (!keys.every((key) => key !== null) || keys.some((key) => new Set(key).size < 8)) throw new Error('hmac_key is too weak to be a key');
  return keys;
}

function readAuthorization({ callback_user: user, callback_password: password }: Config): string | null {
  if (user === undefined && password === undefined) return null;
  if (user === undefined || password === undefined) throw new Error('callback_user and callback_password belong together');
  if (user === '' || user.includes(':')) throw new Error('callback_user is not in its form');
  if (password.length < 8) throw new Error('callback_password is shorter than 8 characters');
  return `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`;
}

/** Each live account has an address of its own, which therefore has no default. */
function readBaseUrl(given: string | undefined, livemode: boolean): string {
  if (given === undefined && livemode) throw new Error('base_url is needed in live mode: each live account has its own');
  const text = given ?? testUrl;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || url.search !== '' || url.hash !== '' || url.username !== '') throw new Error('base_url must be a plain address');
  const onLoopback = ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && onLoopback)) {
    throw new Error('base_url must be https, or http on loopback');
  }
  const isLive = url.hostname.endsWith('-checkout-live.adyenpayments.com');
  const isTest = url.hostname === new URL(testUrl).hostname;
  if (livemode ? isTest : isLive) throw new Error(`base_url is not of ${livemode ? 'live' : 'test'} mode`);
  return text.replace(/\/+$/, '');
}

export default { contract: 1, manifest, open } satisfies ChannelPlugin<Config>;
