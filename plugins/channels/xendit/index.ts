import type { Account, Channel, ChannelPlugin } from '../../../core/contract/channel.ts';
import type { Call, Kit } from '../../../core/contract/kit.ts';
import type { ChannelManifest } from '../../../core/contract/manifest.ts';
import { readCallback } from './callback.ts';
import { saysNotFound } from './errors.ts';
import { ask, type XenditAccount } from './gateway.ts';
import { pay, query } from './pay.ts';
import { methods } from './products.ts';
import { queryRefund, refund } from './refund.ts';
import { fetchStatement, readStatement } from './statement.ts';

/** The configuration of one Xendit account. */
export interface Config {
  readonly base_url?: string;
  readonly secret_key: string;
  readonly callback_token: string;
  readonly business_id: string;
  readonly account_name?: string;
  readonly statement_currencies?: string;
}

const vendorUrl = 'https://api.xendit.co';

const manifest: ChannelManifest = {
  id: 'xendit',
  name: { en: 'Xendit', zh: 'Xendit' },
  maturity: 'beta',
  verified: [
    { what: 'answers', against: 'vendor_library', source: 'typings of xendit-node 7.0.0: names, channel codes, states, error codes' },
    { what: 'requests', against: 'other_code', source: 'juspay/hyperswitch-prism, recorded requests: queries and refunds' },
    { what: 'answers', against: 'vendor_library', source: 'xendit-node 7.0.0, run against the simulator: it reads the same answers' },
    { what: 'flow', against: 'simulator', source: 'simulator/vendors/xendit' },
  ],
  methods,
  abilities: {
    query: 'by_number',
    // This version of the API cancels no payment request: codes and accounts end at the time they carry.
    close: 'none',
    capture: 'none',
    refund: 'partial',
    queryRefund: 'by_channel_no',
    statement: 'api',
  },
  // The list is of the moment; some hours are for fees and refunds that are settled a little later.
  statements: { zone: 'UTC', readyAt: '06:00' },
  // The decimals are those of ISO 4217, also of the rupiah: paymux counts two, and what is no whole rupiah is refused.
  money: { notation: 'major_number' },
  // The vendor does not say for how long it keeps a key; a day is what others keep at least.
  idempotency: { create: true, ttlHours: 24 },
  callback: { trust: 'token' },
  // A wallet's page has an end of its own, which the vendor does not tell: a day is longer than any of them.
  settle: { notFoundIsFinalAfterSec: 300, settlingSec: 86_400 },
  rateLimited: 'unknown',
  failoverCodes: ['limit_exceeded'],
  config: {
    type: 'object',
    required: ['secret_key', 'callback_token', 'business_id'],
    properties: {
      base_url: {
        type: 'string',
        description: 'Address of the API. Another one than the default is for the simulator or a relay.',
        pattern: '^https?://[^\\s?#]+$',
        maxLength: 255,
        default: vendorUrl,
      },
      secret_key: {
        type: 'string',
        description: 'Secret API key (xnd_development_… or xnd_production_…) that may write Money-in and Refunds',
        secret: true,
        pattern: '^xnd_(development|production)_[A-Za-z0-9+/=]{16,}$',
        maxLength: 255,
      },
      callback_token: {
        type: 'string',
        description: 'Webhook verification token',
        secret: true,
        pattern: '^[\\x21-\\x7e]{16,}$',
        maxLength: 255,
      },
      business_id: { type: 'string', description: 'Business id: 24 hex digits', pattern: '^[0-9a-f]{24}$', maxLength: 24 },
      account_name: {
        type: 'string',
        description: 'Name that banks show for a virtual account where the merchant names no payer',
        pattern: '^[A-Za-z0-9 ]{1,50}$',
        maxLength: 50,
      },
      statement_currencies: {
        type: 'string',
        description: 'Currencies of the account where it has more than one, such as IDR,PHP: each has a statement of its own',
        pattern: '^[A-Z]{3}(,[A-Z]{3})*$',
        maxLength: 64,
      },
    },
  },
};

function open(account: Account<Config>, kit: Kit): Channel {
  const opened = readConfig(account, kit);
  return {
    merchantNo: opened.businessId,
    pay: (request, call) => pay(opened, request, call),
    query: (attempt, call) => query(opened, attempt, call),
    refund: (request, call) => refund(opened, request, call),
    queryRefund: (request, call) => queryRefund(opened, request, call),
    fetchStatement: (day, call) => fetchStatement(opened, day, call),
    readStatement: (document) => readStatement(opened, document),
    parseCallback: async (raw) => readCallback(opened, raw),
    probe: (call) => probe(opened, call),
  };
}

/** Messages name the field and never its value: they are shown to operators and logged. */
function readConfig({ config, livemode }: Account<Config>, kit: Kit): XenditAccount {
  for (const name of ['secret_key', 'callback_token', 'business_id', 'account_name', 'statement_currencies'] as const) {
    if (config[name] === undefined && !manifest.config.required.includes(name)) continue;
    const pattern = new RegExp(manifest.config.properties[name]?.pattern ?? '');
    if (typeof config[name] !== 'string' || !pattern.test(config[name])) throw new Error(`${name} is not in its form`);
  }
  const mode = livemode ? 'production' : 'development';
  if (!config.secret_key.startsWith(`xnd_${mode}_`)) throw new Error(`secret_key is not a ${mode} key`);
  return {
    baseUrl: readBaseUrl(config.base_url ?? vendorUrl),
    secretKey: config.secret_key,
    callbackToken: config.callback_token,
    businessId: config.business_id,
    accountName: config.account_name ?? null,
    statementCurrencies: config.statement_currencies?.split(',') ?? [null],
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

/** Asks for a payment request that cannot exist: that Xendit looked for it proves the key. */
async function probe(account: XenditAccount, call: Call): Promise<{ readonly ok: boolean; readonly detail: string }> {
  const answer = await ask(account, call, { method: 'GET', path: '/payment_requests/pr-00000000-0000-0000-0000-000000000000' });
  if (answer.kind === 'fault') return { ok: saysNotFound(answer.fault), detail: answer.fault.code };
  return answer.kind === 'data' ? { ok: true, detail: 'Xendit answered' } : { ok: false, detail: `${answer.kind}: ${answer.reason}` };
}

export default { contract: 1, manifest, open } satisfies ChannelPlugin<Config>;
