import type { AccountRecord, OpenAccount } from '../../core/channels/accounts.ts';
import { openOne } from '../../core/channels/accounts.ts';
import type { Channel, ChannelPlugin } from '../../core/contract/channel.ts';
import type { ChannelManifest } from '../../core/contract/manifest.ts';

/** The manifest of a channel that can do nothing but be paid on. */
export function makeManifest(changes: Partial<ChannelManifest> = {}): ChannelManifest {
  return {
    id: 'toy',
    name: { en: 'Toy', zh: '玩具' },
    maturity: 'beta',
    methods: [{ id: 'toy_qr', product: 'qr', name: { en: 'QR code', zh: '扫码' }, action: 'qr', currencies: ['CNY'] }],
    abilities: { query: 'none', close: 'none', capture: 'none', refund: 'none', queryRefund: 'none', statement: 'none' },
    money: { notation: 'minor_integer' },
    idempotency: { create: false },
    callback: { trust: 'signed' },
    settle: { notFoundIsFinalAfterSec: 60, settlingSec: 60 },
    rateLimited: 'unknown',
    failoverCodes: [],
    config: {
      type: 'object',
      required: ['merchant_no', 'api_secret'],
      properties: {
        merchant_no: { type: 'string', description: 'Merchant number' },
        api_secret: { type: 'string', description: 'Key', secret: true, minLength: 8 },
      },
    },
    ...changes,
  };
}

/** The functions that every channel has. */
export function makeChannel(changes: Partial<Channel> = {}): Channel {
  return {
    merchantNo: null,
    pay: async () => ({ kind: 'rejected', reason: 'unsupported' }),
    parseCallback: async () => ({ kind: 'refused', reason: 'malformed', reply: { status: 400, body: '' } }),
    ...changes,
  };
}

/** A channel whose key begins with `bad` cannot be opened. */
export function makePlugin(changes: Partial<ChannelManifest> = {}, makeOne: () => Channel = makeChannel): ChannelPlugin {
  return {
    contract: 1,
    manifest: makeManifest(changes),
    open(account) {
      if (String(account.config['api_secret']).startsWith('bad')) throw new Error('api_secret is not a key of this vendor');
      return makeOne();
    },
  };
}

export type RecordChanges = Partial<Omit<AccountRecord, 'config'>> & { readonly secret?: string };

export function makeRecord({ secret = 'a-long-secret', ...changes }: RecordChanges = {}): AccountRecord {
  return {
    id: 'acc_1',
    channel: 'toy',
    merchantId: null,
    livemode: false,
    status: 'enabled',
    priority: 100,
    weight: 1,
    version: 1,
    config: () => ({ merchant_no: '1900', api_secret: secret }),
    ...changes,
  };
}

/** An account that is open, or an error that says why it is not. */
export function openAccount(plugin: ChannelPlugin, changes: RecordChanges = {}): OpenAccount {
  const opened = openOne(plugin, makeRecord({ channel: plugin.manifest.id, ...changes }));
  if ('reason' in opened) throw new Error(opened.reason);
  return opened;
}
