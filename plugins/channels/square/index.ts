import type { Account, Channel, ChannelPlugin } from '../../../core/contract/channel.ts';
import type { Call, Kit } from '../../../core/contract/kit.ts';
import type { ChannelManifest } from '../../../core/contract/manifest.ts';
import { readCallback } from './callback.ts';
import { ask, type SquareAccount } from './gateway.ts';
import { pay } from './pay.ts';
import { close, query } from './query.ts';
import { queryRefund, refund } from './refund.ts';
import { fetchStatement, readStatement } from './statement.ts';

/** The configuration of one location of a Square seller. */
export interface Config {
  readonly base_url?: string;
  readonly access_token: string;
  readonly location_id: string;
  readonly webhook_signature_key: string;
}

const liveUrl = 'https://connect.squareup.com';
const sandboxUrl = 'https://connect.squareupsandbox.com';
const currencies = ['USD', 'CAD', 'GBP', 'AUD', 'EUR', 'JPY'];

const manifest: ChannelManifest = {
  id: 'square',
  name: { en: 'Square', zh: 'Square' },
  maturity: 'stable',
  verified: [
    {
      what: 'requests',
      against: 'vendor_schema',
      source: 'square/connect-api-specification, August 2025: charges and refunds; links by hand',
    },
    { what: 'signatures', against: 'vendor_vector', source: 'square/square-nodejs-sdk, tests/integration/webhooks.test.ts' },
    {
      what: 'callbacks',
      against: 'vendor_library',
      source: 'square 46.0.0 for Node, run against the simulator: it verifies the same callbacks',
    },
    { what: 'flow', against: 'simulator', source: 'simulator/vendors/square' },
  ],
  methods: [
    { id: 'square_link', product: 'link', name: { en: 'Square Checkout', zh: 'Square 收银台' }, action: 'redirect', currencies },
    {
      id: 'square_card',
      product: 'card',
      name: {
        en: 'Card on the merchant’s page',
        zh: '商户页面内刷卡',
        ja: 'ショップのページでのカード払い',
        es: 'Tarjeta en la página de la tienda',
        ar: 'بطاقة على صفحة المتجر',
      },
      action: 'none',
      currencies,
      needs: ['token'],
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
  // Lists are some seconds behind ("eventually consistent").
  statements: { zone: 'UTC', readyAt: '01:00' },
  money: { notation: 'minor_integer' },
  // Square promises no end of its idempotency keys; a day is what integrations have been told to rely on.
  idempotency: { create: true, ttlHours: 24 },
  callback: { trust: 'signed' },
  settle: { notFoundIsFinalAfterSec: 60, settlingSec: 3600 },
  rateLimited: 'unknown',
  failoverCodes: [],
  config: {
    type: 'object',
    required: ['access_token', 'location_id', 'webhook_signature_key'],
    properties: {
      base_url: {
        type: 'string',
        description: 'Address of the API. Absent: that of the mode. Another one is for the simulator or a relay.',
        pattern: '^https?://[^\\s?#]+$',
        maxLength: 255,
      },
      access_token: {
        type: 'string',
        description: 'Access token of the application for this seller',
        secret: true,
        pattern: '^[A-Za-z0-9_-]{32,}$',
        maxLength: 1024,
      },
      location_id: { type: 'string', description: 'The location that takes the payments', pattern: '^[A-Z0-9]{6,50}$', maxLength: 50 },
      webhook_signature_key: {
        type: 'string',
        description: 'Signature key of the webhook subscription',
        secret: true,
        pattern: '^[A-Za-z0-9_-]{16,}$',
        maxLength: 255,
      },
    },
  },
};

function open(account: Account<Config>, kit: Kit): Channel {
  const opened = readConfig(account, kit);
  return {
    merchantNo: opened.locationId,
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
function readConfig({ config, livemode }: Account<Config>, kit: Kit): SquareAccount {
  for (const name of ['access_token', 'location_id', 'webhook_signature_key'] as const) {
    const pattern = new RegExp(manifest.config.properties[name]?.pattern ?? '');
    if (typeof config[name] !== 'string' || !pattern.test(config[name])) throw new Error(`${name} is not in its form`);
  }
  const baseUrl = (config.base_url ?? (livemode ? liveUrl : sandboxUrl)).replace(/\/+$/, '');
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : null;
  const onLoopback = url !== null && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
  if (url?.protocol !== 'https:' && !onLoopback) throw new Error('base_url must be https, or http on loopback');
  if (baseUrl === (livemode ? sandboxUrl : liveUrl)) throw new Error('base_url is that of the other mode');
  return { baseUrl, token: config.access_token, locationId: config.location_id, signatureKey: config.webhook_signature_key, kit };
}

/** Asks for a payment that cannot exist: that Square looked for it proves the token. */
async function probe(account: SquareAccount, call: Call): Promise<{ readonly ok: boolean; readonly detail: string }> {
  const answer = await ask(account, call, { method: 'GET', path: '/v2/payments/paymux-probe' });
  if (answer.kind === 'data') return { ok: true, detail: 'Square answered' };
  if (answer.kind === 'fault') return { ok: answer.fault.category === 'INVALID_REQUEST_ERROR', detail: answer.fault.code };
  return { ok: false, detail: `${answer.kind}: ${answer.reason}` };
}

export default { contract: 1, manifest, open } satisfies ChannelPlugin<Config>;
