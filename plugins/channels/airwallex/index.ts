import type { Account, Channel, ChannelPlugin } from '../../../core/contract/channel.ts';
import type { Call, Kit } from '../../../core/contract/kit.ts';
import type { ChannelManifest } from '../../../core/contract/manifest.ts';
import { readCallback } from './callback.ts';
import type { AirwallexAccount } from './gateway.ts';
import { openLogin } from './login.ts';
import { close, pay, query } from './pay.ts';
import { queryRefund, refund } from './refund.ts';
import { fetchStatement, readStatement } from './statement.ts';

/** The configuration of one Airwallex account. */
export interface Config {
  readonly base_url?: string;
  readonly client_id: string;
  readonly api_key: string;
  readonly account_id: string;
  readonly webhook_secret: string;
}

const liveUrl = 'https://api.airwallex.com';
const sandboxUrl = 'https://api-demo.airwallex.com';
const secret = '^[A-Za-z0-9_+/=.-]{16,}$';

/** Of the currencies with other decimals than two, only yen: how Airwallex counts the others could not be checked. */
const currencies = ['USD', 'EUR', 'GBP', 'AUD', 'CAD', 'CHF', 'CNY', 'HKD', 'NZD', 'SGD', 'JPY'];

const manifest: ChannelManifest = {
  id: 'airwallex',
  name: { en: 'Airwallex', zh: '空中云汇' },
  maturity: 'beta',
  verified: [
    { what: 'requests', against: 'other_code', source: 'juspay/hyperswitch-prism, recorded requests: addresses, headers, fields' },
    { what: 'flow', against: 'simulator', source: 'simulator/vendors/airwallex' },
  ],
  methods: [
    {
      id: 'airwallex_checkout',
      product: 'checkout',
      name: { en: 'Airwallex page or fields', zh: '空中云汇收银台' },
      action: 'sdk',
      currencies,
    },
  ],
  abilities: {
    query: 'by_channel_no',
    close: 'unpaid',
    capture: 'none',
    refund: 'partial',
    queryRefund: 'by_number',
    statement: 'api',
  },
  // When on a day batches are settled is not documented: a day is asked for once it is over.
  statements: { zone: 'UTC', readyAt: '06:00', day: 'settlement' },
  money: { notation: 'major_number' },
  idempotency: { create: true },
  callback: { trust: 'signed' },
  settle: { notFoundIsFinalAfterSec: 300, settlingSec: 3600 },
  rateLimited: 'unknown',
  failoverCodes: [],
  config: {
    type: 'object',
    required: ['client_id', 'api_key', 'account_id', 'webhook_secret'],
    properties: {
      base_url: {
        type: 'string',
        description: 'Address of the API. Absent: that of the mode. Another one is for the simulator or a relay.',
        pattern: '^https?://[^\\s?#]+$',
        maxLength: 255,
      },
      client_id: { type: 'string', description: 'Client ID of the API key', pattern: '^[A-Za-z0-9_-]{8,128}$' },
      api_key: { type: 'string', description: 'API key', secret: true, pattern: secret, maxLength: 512 },
      account_id: { type: 'string', description: 'Account ID, as callbacks name it', identity: true, pattern: '^[A-Za-z0-9_-]{4,64}$' },
      webhook_secret: { type: 'string', description: 'Secret of the webhook subscription', secret: true, pattern: secret, maxLength: 512 },
    },
  },
};

function open({ config, livemode }: Account<Config>, kit: Kit): Channel {
  for (const name of ['client_id', 'api_key', 'account_id', 'webhook_secret'] as const) {
    const pattern = new RegExp(manifest.config.properties[name]?.pattern ?? '');
    if (typeof config[name] !== 'string' || !pattern.test(config[name])) throw new Error(`${name} is not in its form`);
  }
  const baseUrl = readBaseUrl(config, livemode);
  const login = openLogin({ baseUrl, clientId: config.client_id, apiKey: config.api_key }, kit);
  const account: AirwallexAccount = { baseUrl, accountId: config.account_id, webhookSecret: config.webhook_secret, login, kit };
  return {
    // Intents and refunds do not say whose they are; callbacks do, and are held to it.
    merchantNo: null,
    pay: (request, call) => pay(account, request, call),
    query: (attempt, call) => query(account, attempt, call),
    close: (attempt, call) => close(account, attempt, call),
    refund: (request, call) => refund(account, request, call),
    queryRefund: (request, call) => queryRefund(account, request, call),
    fetchStatement: (day, call) => fetchStatement(account, currencies, day, call),
    readStatement: (document) => readStatement(account, document),
    parseCallback: async (raw, call) => readCallback(account, raw, call),
    probe: (call) => probe(account, call),
  };
}

/** Messages name the field and never its value: they are shown to operators and logged. */
function readBaseUrl(config: Config, livemode: boolean): string {
  const baseUrl = (config.base_url ?? (livemode ? liveUrl : sandboxUrl)).replace(/\/+$/, '');
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : null;
  const onLoopback = url !== null && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
  if (url?.protocol !== 'https:' && !onLoopback) throw new Error('base_url must be https, or http on loopback');
  if (baseUrl === (livemode ? sandboxUrl : liveUrl)) throw new Error('base_url is that of the other mode');
  return baseUrl;
}

/** A token is what the key is good for: that one was given proves it. */
async function probe({ login }: AirwallexAccount, call: Call): Promise<{ readonly ok: boolean; readonly detail: string }> {
  const access = await login.access(call);
  return access.kind === 'token'
    ? { ok: true, detail: 'Airwallex gave an access token' }
    : { ok: false, detail: `not sent: ${access.reason}` };
}

export default { contract: 1, manifest, open } satisfies ChannelPlugin<Config>;
