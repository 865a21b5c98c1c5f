import type { Account, Channel, ChannelPlugin } from '../../../core/contract/channel.ts';
import type { Call, Kit } from '../../../core/contract/kit.ts';
import type { ChannelManifest } from '../../../core/contract/manifest.ts';
import { readCallback } from './callback.ts';
import { ask, type PaystackAccount } from './gateway.ts';
import { pay, query } from './pay.ts';
import { queryRefund, refund } from './refund.ts';
import { fetchStatement, readStatement } from './statement.ts';

/** The configuration of one Paystack account. */
export interface Config {
  readonly base_url?: string;
  readonly secret_key: string;
  readonly public_key: string;
}

const vendorUrl = 'https://api.paystack.co';
const secretPattern = '^sk_(test|live)_[A-Za-z0-9]{16,}$';
const publicPattern = '^pk_(test|live)_[A-Za-z0-9]{16,}$';

const manifest: ChannelManifest = {
  id: 'paystack',
  name: { en: 'Paystack', zh: 'Paystack' },
  maturity: 'stable',
  verified: [
    { what: 'requests', against: 'vendor_schema', source: 'PaystackOSS/openapi, October 2025: fields and types' },
    { what: 'flow', against: 'simulator', source: 'simulator/vendors/paystack' },
  ],
  methods: [
    {
      id: 'paystack_checkout',
      product: 'checkout',
      name: { en: 'Paystack Checkout', zh: 'Paystack 收银台' },
      action: 'redirect',
      // The enumeration of the vendor's own schema.
      currencies: ['NGN', 'GHS', 'KES', 'USD', 'ZAR'],
      needs: ['email'],
    },
  ],
  abilities: { query: 'by_number', close: 'none', capture: 'none', refund: 'partial', queryRefund: 'by_number', statement: 'api' },
  // Some hours, because a page that was opened on the day may be paid after it.
  statements: { zone: 'UTC', readyAt: '06:00' },
  money: { notation: 'minor_integer' },
  // A reference is taken once: a repeat is refused and opens no second page. A refund has no number of ours at all.
  idempotency: { create: false, refund: false },
  callback: { trust: 'signed' },
  // The page has no end that we could set; an hour covers banks that confirm a transfer late.
  settle: { notFoundIsFinalAfterSec: 60, settlingSec: 3600 },
  rateLimited: 'unknown',
  failoverCodes: [],
  config: {
    type: 'object',
    required: ['secret_key', 'public_key'],
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
        description: 'Secret key (sk_test_… or sk_live_…). It signs the callbacks as well',
        secret: true,
        pattern: secretPattern,
        maxLength: 255,
      },
      public_key: {
        type: 'string',
        description: 'Public key (pk_test_… or pk_live_…) of the same account: it names the account to operators',
        pattern: publicPattern,
        maxLength: 255,
      },
    },
  },
};

function open(account: Account<Config>, kit: Kit): Channel {
  const opened = readConfig(account, kit);
  return {
    // Paystack's objects do not name the merchant they belong to.
    merchantNo: null,
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
function readConfig({ config, livemode }: Account<Config>, kit: Kit): PaystackAccount {
  const { secret_key: secretKey, public_key: publicKey, base_url: baseUrl = vendorUrl } = config;
  if (typeof secretKey !== 'string' || !new RegExp(secretPattern).test(secretKey)) throw new Error('secret_key is not in its form');
  if (typeof publicKey !== 'string' || !new RegExp(publicPattern).test(publicKey)) throw new Error('public_key is not in its form');
  const mode = livemode ? 'live' : 'test';
  if (!publicKey.startsWith(`pk_${mode}_`)) throw new Error(`public_key is not a key of ${mode} mode`);
  if (!secretKey.startsWith(`sk_${mode}_`)) throw new Error(`secret_key is not a key of ${mode} mode`);
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : null;
  const onLoopback = url !== null && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
  if (url?.protocol !== 'https:' && !onLoopback) throw new Error('base_url must be https, or http on loopback');
  return { baseUrl: baseUrl.replace(/\/+$/, ''), secretKey, livemode, kit };
}

/** Asks for a transaction that cannot exist: that Paystack looked for it proves the key. */
async function probe(account: PaystackAccount, call: Call): Promise<{ readonly ok: boolean; readonly detail: string }> {
  const answer = await ask(account, call, { method: 'GET', path: '/transaction/verify/paymux-probe' });
  if (answer.kind === 'data') return { ok: true, detail: 'Paystack answered' };
  if (answer.kind === 'fault') return { ok: answer.fault.status !== 401, detail: answer.fault.code || `HTTP ${answer.fault.status}` };
  return { ok: false, detail: `${answer.kind}: ${answer.reason}` };
}

export default { contract: 1, manifest, open } satisfies ChannelPlugin<Config>;
