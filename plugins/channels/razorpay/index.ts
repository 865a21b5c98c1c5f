import type { Account, Channel, ChannelPlugin } from '../../../core/contract/channel.ts';
import type { Call, Kit } from '../../../core/contract/kit.ts';
import type { ChannelManifest } from '../../../core/contract/manifest.ts';
import { readCallback } from './callback.ts';
import { ask, type RazorpayAccount } from './gateway.ts';
import { pay, query } from './pay.ts';
import { queryRefund, refund } from './refund.ts';
import { fetchStatement, readStatement } from './statement.ts';

/** The configuration of one Razorpay account. */
export interface Config {
  readonly base_url?: string;
  readonly key_id: string;
  readonly key_secret: string;
  readonly webhook_secret: string;
  readonly business_name: string;
  readonly account_id?: string;
}

const vendorUrl = 'https://api.razorpay.com';
const keyPattern = '^rzp_(test|live)_[A-Za-z0-9]{10,40}$';
const secretPattern = '^[A-Za-z0-9]{20,64}$';
const accountPattern = '^acc_[A-Za-z0-9]{8,40}$';
const minWebhookSecret = 16;

const manifest: ChannelManifest = {
  id: 'razorpay',
  name: { en: 'Razorpay', zh: 'Razorpay' },
  maturity: 'stable',
  verified: [
    {
      what: 'requests',
      against: 'vendor_document',
      source: 'razorpay.com/docs/api, orders/create and refunds/create-normal: fields of the bodies',
    },
    { what: 'requests', against: 'other_code', source: 'juspay/hyperswitch-prism, recorded requests' },
    { what: 'signatures', against: 'vendor_vector', source: 'the sample of razorpay/razorpay-node' },
    { what: 'answers', against: 'vendor_library', source: 'types of razorpay/razorpay-node: fields and states' },
    { what: 'flow', against: 'simulator', source: 'simulator/vendors/razorpay' },
  ],
  methods: [
    {
      id: 'razorpay_checkout',
      product: 'checkout',
      name: { en: 'Razorpay Checkout', zh: 'Razorpay 收银台' },
      action: 'sdk',
      // Of the international ones those with two decimals, and the yen: three decimals have a rule of rounding of their own.
      currencies: ['INR', 'USD', 'EUR', 'GBP', 'AED', 'AUD', 'CAD', 'CHF', 'HKD', 'JPY', 'MYR', 'NZD', 'SGD', 'ZAR'],
    },
  ],
  abilities: { query: 'by_number', close: 'none', capture: 'none', refund: 'partial', queryRefund: 'by_number', statement: 'api' },
  // When on a day Razorpay settles is not documented: a day is asked for once it is over.
  statements: { zone: 'Asia/Kolkata', readyAt: '02:00', day: 'settlement' },
  money: { notation: 'minor_integer' },
  // A repeated create would open a second order under the same receipt.
  idempotency: { create: false, refund: false },
  callback: { trust: 'signed' },
  // Orders have no end; an hour covers banks that confirm late.
  settle: { notFoundIsFinalAfterSec: 60, settlingSec: 3600 },
  rateLimited: 'unknown',
  failoverCodes: [],
  config: {
    type: 'object',
    required: ['key_id', 'key_secret', 'webhook_secret', 'business_name'],
    properties: {
      base_url: {
        type: 'string',
        description: 'Address of the API. Another one than the default is for the simulator or a relay.',
        pattern: '^https?://[^\\s?#]+$',
        maxLength: 255,
        default: vendorUrl,
      },
      key_id: { type: 'string', description: 'Key id (rzp_test_… or rzp_live_…)', pattern: keyPattern, maxLength: 64 },
      key_secret: { type: 'string', description: 'Secret of the key', secret: true, pattern: secretPattern, maxLength: 64 },
      webhook_secret: {
        type: 'string',
        description: 'Secret of the webhook, which you choose yourself: another one than the key’s',
        secret: true,
        minLength: minWebhookSecret,
        maxLength: 255,
      },
      business_name: {
        type: 'string',
        description: 'Who is paid, as the shopper reads it in the window',
        minLength: 1,
        maxLength: 100,
      },
      account_id: {
        type: 'string',
        description: 'Merchant id (acc_…). With it, callbacks of other accounts are refused',
        pattern: accountPattern,
        maxLength: 64,
      },
    },
  },
};

function open(account: Account<Config>, kit: Kit): Channel {
  const opened = readConfig(account, kit);
  return {
    merchantNo: opened.accountId,
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
function readConfig({ config, livemode }: Account<Config>, kit: Kit): RazorpayAccount {
  const { key_id: keyId, key_secret: keySecret, webhook_secret: webhookSecret, account_id: accountId = null } = config;
  const { business_name: businessName, base_url: baseUrl = vendorUrl } = config;
  if (!isLike(keyPattern, keyId)) throw new Error('key_id is not in its form');
  const mode = livemode ? 'live' : 'test';
  if (!keyId.startsWith(`rzp_${mode}_`)) throw new Error(`key_id is not a key of ${mode} mode`);
  if (!isLike(secretPattern, keySecret)) throw new Error('key_secret is not in its form');
  if (typeof webhookSecret !== 'string' || webhookSecret.length < minWebhookSecret) {
    throw new Error(`webhook_secret is shorter than ${minWebhookSecret} characters`);
  }
  if (accountId !== null && !isLike(accountPattern, accountId)) throw new Error('account_id is not in its form');
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : null;
  const onLoopback = url !== null && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
  if (url?.protocol !== 'https:' && !onLoopback) throw new Error('base_url must be https, or http on loopback');
  const authorization = `Basic ${Buffer.from(`${keyId}:${keySecret}`).toString('base64')}`;
  return { baseUrl: baseUrl.replace(/\/+$/, ''), keyId, authorization, webhookSecret, accountId, businessName, kit };
}

function isLike(pattern: string, value: unknown): boolean {
  return typeof value === 'string' && new RegExp(pattern).test(value);
}

/** Lists one order: nothing moves, and the key has to be good. */
async function probe(account: RazorpayAccount, call: Call): Promise<{ readonly ok: boolean; readonly detail: string }> {
  const answer = await ask(account, call, { method: 'GET', path: '/v1/orders?count=1' });
  if (answer.kind === 'data') return { ok: true, detail: 'Razorpay answered' };
  return { ok: false, detail: answer.kind === 'fault' ? answer.fault.code : `${answer.kind}: ${answer.reason}` };
}

export default { contract: 1, manifest, open } satisfies ChannelPlugin<Config>;
