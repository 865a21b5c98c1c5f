import type { Account, Channel, ChannelPlugin } from '../../../core/contract/channel.ts';
import type { Kit } from '../../../core/contract/kit.ts';
import type { ChannelManifest } from '../../../core/contract/manifest.ts';
import { parseCallback } from './callback.ts';
import { pay, query } from './pay.ts';

/** The configuration of one SampleName account. */
export interface Config {
  readonly base_url: string;
  readonly merchant: string;
  readonly secret: string;
}

/** An opened account: configuration with its keys already parsed. */
export interface SampleAccount {
  readonly baseUrl: string;
  readonly merchant: string;
  readonly secret: string;
  readonly kit: Kit;
}

const manifest: ChannelManifest = {
  id: 'samplepay',
  name: { en: 'SampleName', zh: 'SampleName' },
  // Until each request was checked against the vendor's document, schema or vector, and the README says which.
  maturity: 'beta',
  // One line for each part that was held against something: { what: 'requests', against: 'vendor_document', source: '…' }.
  verified: [],
  methods: [
    {
      id: 'samplepay_page',
      product: 'page',
      name: { en: 'SampleName page', zh: 'SampleName 页面' },
      action: 'redirect',
      currencies: ['CNY'],
    },
  ],
  // Step 5, index.ts: declare what else the vendor can do (close, refund, queryRefund, statement), with its function in open.
  // The suite then holds the channel to its word.
  abilities: { query: 'by_number', close: 'none', capture: 'none', refund: 'none', queryRefund: 'none', statement: 'none' },
  money: { notation: 'minor_integer' },
  idempotency: { create: false },
  callback: { trust: 'signed' },
  settle: { notFoundIsFinalAfterSec: 60, settlingSec: 600 },
  rateLimited: 'unknown',
  failoverCodes: [],
  config: {
    type: 'object',
    required: ['base_url', 'merchant', 'secret'],
    properties: {
      base_url: { type: 'string', description: 'Address of the gateway', pattern: '^https?://[^\\s?#]+$' },
      merchant: { type: 'string', description: 'Number of the merchant', pattern: '^[0-9A-Za-z]{1,32}$' },
      secret: { type: 'string', description: 'Key that signs requests and callbacks', secret: true, minLength: 16, maxLength: 128 },
    },
  },
};

function open({ config }: Account<Config>, kit: Kit): Channel {
  const account: SampleAccount = { baseUrl: config.base_url, merchant: config.merchant, secret: config.secret, kit };
  return {
    merchantNo: account.merchant,
    pay: (request, call) => pay(account, request, call),
    query: (attempt, call) => query(account, attempt, call),
    parseCallback: async (raw) => parseCallback(account, raw),
  };
}

export default { contract: 1, manifest, open } satisfies ChannelPlugin<Config>;
