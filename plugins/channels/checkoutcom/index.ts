import type { Account, Channel, ChannelPlugin } from '../../../core/contract/channel.ts';
import type { Call, Kit } from '../../../core/contract/kit.ts';
import type { ChannelManifest } from '../../../core/contract/manifest.ts';
import { readCallback } from './callback.ts';
import { ask, type CheckoutAccount } from './gateway.ts';
import { pay, query } from './pay.ts';
import { queryRefund, refund } from './refund.ts';
import { readStatement } from './statement.ts';

/** The configuration of one Checkout.com account. */
export interface Config {
  readonly base_url?: string;
  readonly secret_key: string;
  readonly processing_channel_id: string;
  readonly signature_key: string;
  readonly default_country: string;
}

const liveUrl = 'https://api.checkout.com';
const sandboxUrl = 'https://api.sandbox.checkout.com';
// Keys end in a check character, which may be any sign.
const secretPattern = '^sk_(sbox_)?[a-z0-9]{16,}[!-~]?$';
const channelPattern = '^pc_[a-z0-9]{16,40}$';
const minSignatureKey = 16;

const tens = { step: 10 };

const manifest: ChannelManifest = {
  id: 'checkoutcom',
  name: { en: 'Checkout.com', zh: 'Checkout.com' },
  maturity: 'beta',
  verified: [
    {
      what: 'requests',
      against: 'vendor_library',
      source: "checkout/checkout-sdk-java and examples of the vendor's guides: fields and states",
    },
    { what: 'requests', against: 'other_code', source: 'juspay/hyperswitch-prism, recorded requests: captures, refunds and their queries' },
    { what: 'answers', against: 'vendor_library', source: 'checkout-sdk-node 5.2.1, run against the simulator: it reads the same answers' },
    { what: 'flow', against: 'simulator', source: 'simulator/vendors/checkoutcom' },
  ],
  methods: [
    {
      id: 'checkoutcom_hosted',
      product: 'hosted',
      name: { en: 'Checkout.com hosted page', zh: 'Checkout.com 托管页面' },
      action: 'redirect',
      checkout: { kind: 'card' },
      currencies: [
        ...['AED', 'AUD', 'BHD', 'CAD', 'CHF', 'CZK', 'DKK', 'EUR', 'GBP', 'HKD', 'JOD', 'JPY', 'KRW', 'KWD'],
        ...['NOK', 'NZD', 'OMR', 'PLN', 'QAR', 'SAR', 'SEK', 'SGD', 'USD', 'ZAR'],
      ],
      // "Format the amount value": at most nine digits, and of three decimals the last is 0.
      max: 999_999_999,
      inCurrency: { BHD: tens, JOD: tens, KWD: tens, OMR: tens },
    },
  ],
  abilities: { query: 'by_number', close: 'none', capture: 'none', refund: 'partial', queryRefund: 'by_number', statement: 'file' },
  money: { notation: 'minor_integer' },
  // A key is kept only with a 2xx answer: after any other the vendor carries a repeat out, so a refund is never repeated.
  idempotency: { create: false, refund: false },
  callback: { trust: 'signed' },
  // A page ends by itself at a time that it does not tell; an hour covers banks that decide late.
  settle: { notFoundIsFinalAfterSec: 60, settlingSec: 3600 },
  rateLimited: 'unknown',
  failoverCodes: [],
  config: {
    type: 'object',
    required: ['secret_key', 'processing_channel_id', 'signature_key', 'default_country'],
    properties: {
      base_url: {
        type: 'string',
        description: 'Address of the API with the prefix of your account. Absent: that of the sandbox or of live, without a prefix',
        pattern: '^https?://[^\\s?#]+$',
        maxLength: 255,
      },
      secret_key: { type: 'string', description: 'Secret key (sk_sbox_… or sk_…)', secret: true, pattern: secretPattern, maxLength: 255 },
      processing_channel_id: {
        type: 'string',
        description: 'Processing channel (pc_…)',
        identity: true,
        pattern: channelPattern,
        maxLength: 64,
      },
      signature_key: {
        type: 'string',
        description: 'Signature key of the workflow’s webhook action',
        secret: true,
        minLength: minSignatureKey,
        maxLength: 255,
      },
      default_country: {
        type: 'string',
        description: 'Billing country of shoppers of whom none is given, two letters of ISO 3166: a page needs one',
        pattern: '^[A-Z]{2}$',
      },
    },
  },
};

function open(account: Account<Config>, kit: Kit): Channel {
  const opened = readConfig(account, kit);
  return {
    // Answers do not name the merchant.
    merchantNo: null,
    pay: (request, call) => pay(opened, request, call),
    query: (attempt, call) => query(opened, attempt, call),
    refund: (request, call) => refund(opened, request, call),
    queryRefund: (request, call) => queryRefund(opened, request, call),
    parseCallback: async (raw) => readCallback(opened, raw),
    readStatement: (document) => readStatement(opened, document),
    probe: (call) => probe(opened, call),
  };
}

/** Messages name the field and never its value: they are shown to operators and logged. */
function readConfig({ config, livemode }: Account<Config>, kit: Kit): CheckoutAccount {
  const { secret_key: secretKey, processing_channel_id: processingChannelId, signature_key: signatureKey } = config;
  if (!isLike(secretPattern, secretKey)) throw new Error('secret_key is not in its form');
  if (secretKey.startsWith('sk_sbox_') === livemode) throw new Error(`secret_key is not a key of ${livemode ? 'live' : 'test'} mode`);
  if (!isLike(channelPattern, processingChannelId)) throw new Error('processing_channel_id is not in its form');
  if (typeof signatureKey !== 'string' || signatureKey.length < minSignatureKey) {
    throw new Error(`signature_key is shorter than ${minSignatureKey} characters`);
  }
  const { default_country: defaultCountry } = config;
  if (!isLike('^[A-Z]{2}$', defaultCountry)) throw new Error('default_country is not in its form');
  const { base_url: baseUrl = livemode ? liveUrl : sandboxUrl } = config;
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : null;
  const onLoopback = url !== null && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
  if (url?.protocol !== 'https:' && !onLoopback) throw new Error('base_url must be https, or http on loopback');
  const isSandbox = /(^|\.)api\.sandbox\.checkout\.com$/.test(url?.hostname ?? '');
  const isLive = /(^|\.)api\.checkout\.com$/.test(url?.hostname ?? '');
  if (livemode ? isSandbox : isLive) throw new Error('base_url is that of the other mode');
  return { baseUrl: baseUrl.replace(/\/+$/, ''), secretKey, processingChannelId, signatureKey, defaultCountry, kit };
}

function isLike(pattern: string, value: unknown): boolean {
  return typeof value === 'string' && new RegExp(pattern).test(value);
}

/** Asks for payments that cannot exist: nothing moves, and the key has to be good. */
async function probe(account: CheckoutAccount, call: Call): Promise<{ readonly ok: boolean; readonly detail: string }> {
  const answer = await ask(account, call, { method: 'GET', path: '/payments?limit=1&reference=paymux-probe' });
  if (answer.kind === 'data') return { ok: true, detail: 'Checkout.com answered' };
  return { ok: false, detail: answer.kind === 'fault' ? `HTTP ${answer.fault.status}` : `${answer.kind}: ${answer.reason}` };
}

export default { contract: 1, manifest, open } satisfies ChannelPlugin<Config>;
