import type { Account, Channel, ChannelPlugin } from '../../../core/contract/channel.ts';
import type { Call, Kit } from '../../../core/contract/kit.ts';
import type { ChannelManifest } from '../../../core/contract/manifest.ts';
import { readCallback } from './callback.ts';
import { ask, type GoCardlessAccount } from './gateway.ts';
import { close, pay, query } from './pay.ts';
import { queryRefund, refund } from './refund.ts';
import { fetchStatement, readStatement } from './statement.ts';

/** The configuration of one GoCardless account. */
export interface Config {
  readonly base_url?: string;
  readonly access_token: string;
  readonly webhook_secret: string;
  readonly creditor_id?: string;
}

const liveUrl = 'https://api.gocardless.com';
const sandboxUrl = 'https://api-sandbox.gocardless.com';
const tokenPattern = '^(sandbox|live)_[A-Za-z0-9_-]{20,120}$';
const creditorPattern = '^CR[A-Z0-9]{6,30}$';
const minWebhookSecret = 16;

const manifest: ChannelManifest = {
  id: 'gocardless',
  name: { en: 'GoCardless', zh: 'GoCardless' },
  maturity: 'beta',
  verified: [
    { what: 'signatures', against: 'vendor_vector', source: 'the sample of gocardless/gocardless-nodejs' },
    { what: 'answers', against: 'vendor_library', source: 'types of gocardless/gocardless-nodejs: fields and states' },
    { what: 'flow', against: 'simulator', source: 'simulator/vendors/gocardless' },
  ],
  methods: [
    {
      id: 'gocardless_instant',
      product: 'instant',
      name: { en: 'GoCardless Instant Bank Pay', zh: 'GoCardless 即时银行支付' },
      action: 'redirect',
      currencies: ['GBP', 'EUR'],
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
  // When on a day payouts are made is not documented: a day is asked for once it is over.
  statements: { zone: 'UTC', readyAt: '02:00', day: 'settlement' },
  money: { notation: 'minor_integer' },
  // For how long keys are kept is not documented; a day is what others keep at least.
  idempotency: { create: true, ttlHours: 24 },
  callback: { trust: 'signed' },
  settle: { notFoundIsFinalAfterSec: 60, settlingSec: 3600 },
  rateLimited: 'unknown',
  failoverCodes: [],
  config: {
    type: 'object',
    required: ['access_token', 'webhook_secret'],
    properties: {
      base_url: {
        type: 'string',
        description: 'Address of the API. Absent: that of the sandbox or of live, as the account is',
        pattern: '^https?://[^\\s?#]+$',
        maxLength: 255,
      },
      access_token: {
        type: 'string',
        description: 'Access token (sandbox_… or live_…) that may read and write',
        secret: true,
        pattern: tokenPattern,
        maxLength: 128,
      },
      webhook_secret: {
        type: 'string',
        description: 'Secret of the webhook endpoint',
        secret: true,
        minLength: minWebhookSecret,
        maxLength: 128,
      },
      creditor_id: {
        type: 'string',
        description: 'Creditor (CR…) who is paid. With it, payments of another one are refused',
        pattern: creditorPattern,
        maxLength: 32,
      },
    },
  },
};

function open(account: Account<Config>, kit: Kit): Channel {
  const opened = readConfig(account, kit);
  return {
    merchantNo: opened.creditorId,
    pay: (request, call) => pay(opened, request, call),
    query: (attempt, call) => query(opened, attempt, call),
    close: (attempt, call) => close(opened, attempt, call),
    refund: (request, call) => refund(opened, request, call),
    queryRefund: (request, call) => queryRefund(opened, request, call),
    fetchStatement: (day, call) => fetchStatement(opened, day, call),
    readStatement: (document) => readStatement(opened, document),
    parseCallback: async (raw, call) => readCallback(opened, raw, call),
    probe: (call) => probe(opened, call),
  };
}

/** Messages name the field and never its value: they are shown to operators and logged. */
function readConfig({ config, livemode }: Account<Config>, kit: Kit): GoCardlessAccount {
  const { access_token: accessToken, webhook_secret: webhookSecret, base_url: baseUrl = livemode ? liveUrl : sandboxUrl } = config;
  if (typeof accessToken !== 'string' || !new RegExp(tokenPattern).test(accessToken)) throw new Error('access_token is not in its form');
  if (accessToken.startsWith('live_') !== livemode) throw new Error(`access_token is not one of ${livemode ? 'live' : 'test'} mode`);
  if (typeof webhookSecret !== 'string' || webhookSecret.length < minWebhookSecret) {
    throw new Error(`webhook_secret is shorter than ${minWebhookSecret} characters`);
  }
  const { creditor_id: creditorId = null } = config;
  if (creditorId !== null && !new RegExp(creditorPattern).test(creditorId)) throw new Error('creditor_id is not in its form');
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : null;
  const onLoopback = url !== null && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
  if (url?.protocol !== 'https:' && !onLoopback) throw new Error('base_url must be https, or http on loopback');
  if (url?.origin === (livemode ? sandboxUrl : liveUrl)) throw new Error('base_url is that of the other mode');
  return { baseUrl: baseUrl.replace(/\/+$/, ''), accessToken, webhookSecret, creditorId, kit };
}

/** Lists one payment: nothing moves, and the token has to be good. */
async function probe(account: GoCardlessAccount, call: Call): Promise<{ readonly ok: boolean; readonly detail: string }> {
  const answer = await ask(account, call, { resource: 'payments', path: '?limit=1' });
  if (answer.kind === 'data') return { ok: true, detail: 'GoCardless answered' };
  return { ok: false, detail: answer.kind === 'fault' ? answer.fault.reason || answer.fault.type : `${answer.kind}: ${answer.reason}` };
}

export default { contract: 1, manifest, open } satisfies ChannelPlugin<Config>;
