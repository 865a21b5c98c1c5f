import type { Account, Channel, ChannelPlugin } from '../../../core/contract/channel.ts';
import type { Call, Kit } from '../../../core/contract/kit.ts';
import type { ChannelManifest } from '../../../core/contract/manifest.ts';
import { readCallback } from './callback.ts';
import { openCertificates, readCertificates, type Trust } from './certificate.ts';
import type { PaypalAccount } from './gateway.ts';
import { openLogin } from './login.ts';
import { capture, isLoopback, pay, query } from './pay.ts';
import { queryRefund, refund } from './refund.ts';
import { fetchStatement, readStatement } from './statement.ts';

/** The configuration of one PayPal business account. */
export interface Config {
  readonly base_url?: string;
  readonly client_id: string;
  readonly client_secret: string;
  readonly merchant_id: string;
  readonly webhook_id: string;
  readonly webhook_authorities?: string;
}

const liveUrl = 'https://api-m.paypal.com';
const sandboxUrl = 'https://api-m.sandbox.paypal.com';

/** Those that an account of any country can take. BRL, CNY and MYR are for accounts of their own country. */
const currencies = 'USD EUR GBP AUD CAD CHF CZK DKK HKD HUF ILS JPY MXN NOK NZD PHP PLN SEK SGD THB TWD'.split(' ');

/** PayPal takes no decimals of these, ISO 4217 has two. */
const whole = { step: 100 };

const manifest: ChannelManifest = {
  id: 'paypal',
  name: { en: 'PayPal', zh: 'PayPal' },
  maturity: 'stable',
  verified: [
    {
      what: 'requests',
      against: 'vendor_schema',
      source: 'paypal/paypal-rest-api-specifications, Orders 2.13 and Payments 2.5: create, capture, refund',
    },
    { what: 'answers', against: 'vendor_schema', source: 'the same: states and issues' },
    { what: 'signatures', against: 'standard', source: 'the check value of CRC-32; no signed callback is public' },
    { what: 'flow', against: 'simulator', source: 'simulator/vendors/paypal' },
  ],
  methods: [
    {
      id: 'paypal_checkout',
      product: 'checkout',
      name: { en: 'PayPal', zh: 'PayPal' },
      action: 'redirect',
      currencies,
      inCurrency: { HUF: whole, TWD: whole },
    },
  ],
  abilities: {
    query: 'by_channel_no',
    close: 'none',
    capture: 'full',
    refund: 'partial',
    queryRefund: 'by_number',
    statement: 'api',
  },
  // "It takes a maximum of three hours for executed transactions to appear"; an answer that is older is not taken.
  statements: { zone: 'UTC', readyAt: '03:30' },
  money: { notation: 'major_string' },
  // "The server stores keys for 6 hours" (orders); those of refunds are kept for 45 days.
  idempotency: { create: true, ttlHours: 6 },
  callback: { trust: 'signed' },
  settle: { notFoundIsFinalAfterSec: 300, settlingSec: 3600 },
  rateLimited: 'unknown',
  failoverCodes: [],
  config: {
    type: 'object',
    required: ['client_id', 'client_secret', 'merchant_id', 'webhook_id'],
    properties: {
      base_url: {
        type: 'string',
        description: 'Address of the API. Absent: that of the mode. Another one is for the simulator or a relay.',
        pattern: '^https?://[^\\s?#]+$',
        maxLength: 255,
      },
      client_id: { type: 'string', description: 'Client ID of the REST application', pattern: '^[A-Za-z0-9_-]{20,200}$' },
      client_secret: {
        type: 'string',
        description: 'Secret of the REST application',
        secret: true,
        pattern: '^[A-Za-z0-9_-]{32,}$',
        maxLength: 255,
      },
      merchant_id: { type: 'string', description: 'PayPal Merchant ID of the business account', pattern: '^[2-9A-HJ-NP-Z]{13}$' },
      webhook_id: { type: 'string', description: 'Webhook ID of the application', pattern: '^[A-Za-z0-9]{10,50}$' },
      webhook_authorities: {
        type: 'string',
        description: 'Certificates (PEM) that those of callbacks have to come from. Absent: PayPal’s own host vouches for them.',
        maxLength: 32_768,
      },
    },
  },
};

function open({ config, livemode }: Account<Config>, kit: Kit): Channel {
  for (const name of ['client_id', 'client_secret', 'merchant_id', 'webhook_id'] as const) {
    const pattern = new RegExp(manifest.config.properties[name]?.pattern ?? '');
    if (typeof config[name] !== 'string' || !pattern.test(config[name])) throw new Error(`${name} is not in its form`);
  }
  const baseUrl = readBaseUrl(config, livemode);
  const { client_id: clientId, client_secret: clientSecret, merchant_id: merchantId, webhook_id: webhookId } = config;
  const account: PaypalAccount = { baseUrl, merchantId, kit, login: openLogin({ baseUrl, clientId, clientSecret }, kit) };
  const facts = { webhookId, certificates: openCertificates({ baseUrl, authorities: readAuthorities(config) }) };
  return {
    merchantNo: merchantId,
    pay: (request, call) => pay(account, request, call),
    query: (attempt, call) => query(account, attempt, call),
    capture: (attempt, call) => capture(account, attempt, call),
    refund: (request, call) => refund(account, request, call),
    queryRefund: (request, call) => queryRefund(account, request, call),
    fetchStatement: (day, call) => fetchStatement(account, day, call),
    readStatement: (document) => readStatement(account, document),
    parseCallback: (raw, call) => readCallback(account, facts, raw, call),
    probe: (call) => probe(account, call),
  };
}

/** Messages name the field and never its value: they are shown to operators and logged. */
function readBaseUrl(config: Config, livemode: boolean): string {
  const baseUrl = (config.base_url ?? (livemode ? liveUrl : sandboxUrl)).replace(/\/+$/, '');
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : null;
  if (url === null || (url.protocol !== 'https:' && !isLoopback(url))) throw new Error('base_url must be https, or http on loopback');
  if (baseUrl === (livemode ? sandboxUrl : liveUrl)) throw new Error('base_url is that of the other mode');
  return baseUrl;
}

function readAuthorities({ webhook_authorities: pem }: Config): Trust['authorities'] {
  if (pem === undefined) return [];
  const authorities = readCertificates(pem);
  if (authorities === null) throw new Error('webhook_authorities holds no certificate that can be read');
  return authorities;
}

/** A token is what the credentials are good for: that one was given proves them. */
async function probe({ login }: PaypalAccount, call: Call): Promise<{ readonly ok: boolean; readonly detail: string }> {
  const access = await login.access(call);
  return access.kind === 'token'
    ? { ok: true, detail: 'PayPal gave an access token' }
    : { ok: false, detail: `not sent: ${access.reason}` };
}

export default { contract: 1, manifest, open } satisfies ChannelPlugin<Config>;
