import type { Account, Channel, ChannelPlugin } from '../../../core/contract/channel.ts';
import type { Call, Kit } from '../../../core/contract/kit.ts';
import type { ChannelManifest } from '../../../core/contract/manifest.ts';
import { readCallback } from './callback.ts';
import { ask, type MollieAccount } from './gateway.ts';
import { close, methods, pay, query } from './pay.ts';
import { queryRefund, refund } from './refund.ts';
import { fetchStatement, readStatement } from './statement.ts';

/** The configuration of one Mollie profile. */
export interface Config {
  readonly base_url?: string;
  readonly api_key: string;
  readonly profile_id: string;
  readonly webhook_secret?: string;
  readonly organization_token?: string;
}

const vendorUrl = 'https://api.mollie.com';

const manifest: ChannelManifest = {
  id: 'mollie',
  name: { en: 'Mollie', zh: 'Mollie' },
  maturity: 'beta',
  verified: [
    { what: 'signatures', against: 'vendor_vector', source: 'mollie/mollie-api-php, tests/Webhooks/SignatureValidatorTest.php' },
    { what: 'answers', against: 'vendor_library', source: 'typings of @mollie/api-client 4.6.0: names and states' },
    { what: 'requests', against: 'other_code', source: 'juspay/hyperswitch-prism, recorded requests: addresses and amounts' },
    {
      what: 'answers',
      against: 'vendor_library',
      source: '@mollie/api-client 4.6.0, run against the simulator: it reads the same answers',
    },
    { what: 'flow', against: 'simulator', source: 'simulator/vendors/mollie' },
  ],
  methods,
  abilities: {
    query: 'by_channel_no',
    close: 'unpaid',
    capture: 'none',
    refund: 'partial',
    queryRefund: 'by_channel_no',
    statement: 'api',
  },
  // When on a day Mollie pays out is not documented: a day is asked for once it is over.
  statements: { zone: 'Europe/Amsterdam', readyAt: '06:00', day: 'settlement' },
  money: { notation: 'major_string' },
  // How long a key is kept is not documented; an hour is meant for repeats after a lost answer, not for more.
  idempotency: { create: true, ttlHours: 1 },
  // Of the signed webhooks; the classic ones prove nothing and are taken as `unverified`.
  callback: { trust: 'signed' },
  // A payment ends by a time that the shopper's method sets: of the offered ones, within a day.
  settle: { notFoundIsFinalAfterSec: 60, settlingSec: 86_400 },
  rateLimited: 'unknown',
  failoverCodes: [],
  config: {
    type: 'object',
    required: ['api_key', 'profile_id'],
    properties: {
      base_url: {
        type: 'string',
        description: 'Address of the API, without /v2. Another one than the default is for the simulator or a relay.',
        pattern: '^https?://[^\\s?#]+$',
        maxLength: 255,
        default: vendorUrl,
      },
      api_key: {
        type: 'string',
        description: 'API key of the profile (test_… or live_…)',
        secret: true,
        pattern: '^(test|live)_[A-Za-z0-9]{20,}$',
        maxLength: 255,
      },
      profile_id: { type: 'string', description: 'Profile id (pfl_…)', pattern: '^pfl_[A-Za-z0-9]+$', maxLength: 64 },
      webhook_secret: {
        type: 'string',
        description: 'Signing secret of a next-generation webhook; leave out where only the classic ones are used',
        secret: true,
        pattern: '^[\\x21-\\x7e]{16,}$',
        maxLength: 255,
      },
      organization_token: {
        type: 'string',
        description: 'Organization access token (access_…) with settlements.read; without it there are no statements',
        secret: true,
        pattern: '^access_[A-Za-z0-9]{20,}$',
        maxLength: 255,
      },
    },
  },
};

function open(account: Account<Config>, kit: Kit): Channel {
  const opened = readConfig(account, kit);
  return {
    merchantNo: opened.profileId,
    pay: (request, call) => pay(opened, request, call),
    query: (attempt, call) => query(opened, attempt, call),
    close: (attempt, call) => close(opened, attempt, call),
    refund: (request, call) => refund(opened, request, call),
    queryRefund: (request, call) => queryRefund(opened, request, call),
    fetchStatement: (day, call) => fetchStatement(opened, day, call),
    readStatement: (document) => readStatement(opened, document),
    parseCallback: async (raw) => readCallback(opened, raw),
    probe: (call) => probe(opened, call),
  };
}

/** Messages name the field and never its value: they are shown to operators and logged. */
function readConfig({ config, livemode }: Account<Config>, kit: Kit): MollieAccount {
  for (const name of ['api_key', 'profile_id', 'webhook_secret', 'organization_token'] as const) {
    const value = config[name];
    if (value === undefined && !manifest.config.required.includes(name)) continue;
    const pattern = new RegExp(manifest.config.properties[name]?.pattern ?? '');
    if (typeof value !== 'string' || !pattern.test(value)) throw new Error(`${name} is not in its form`);
  }
  const mode = livemode ? 'live' : 'test';
  if (!config.api_key.startsWith(`${mode}_`)) throw new Error(`api_key is not a key of ${mode} mode`);
  return {
    baseUrl: readBaseUrl(config.base_url ?? vendorUrl),
    apiKey: config.api_key,
    profileId: config.profile_id,
    webhookSecret: config.webhook_secret ?? null,
    organizationToken: config.organization_token ?? null,
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

/** Asks for a payment that cannot exist: that Mollie looked for it proves the key. */
async function probe(account: MollieAccount, call: Call): Promise<{ readonly ok: boolean; readonly detail: string }> {
  const answer = await ask(account, call, { method: 'GET', path: '/v2/payments/tr_paymuxprobe' });
  if (answer.kind === 'fault') return { ok: answer.fault.status === 404, detail: `${answer.fault.status} ${answer.fault.title}` };
  return answer.kind === 'data' ? { ok: true, detail: 'Mollie answered' } : { ok: false, detail: `${answer.kind}: ${answer.reason}` };
}

export default { contract: 1, manifest, open } satisfies ChannelPlugin<Config>;
