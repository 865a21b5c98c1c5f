import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AppInput, createApp, createMerchant } from '../../core/access/admin/apps.ts';
import type { Changed } from '../../core/access/admin/change.ts';
import { openVault, type Vault } from '../../core/access/vault.ts';
import type { ChannelPlugin } from '../../core/contract/channel.ts';
import type { Database } from '../../core/store/database.ts';
import { migrate } from '../../core/store/migrations/migrate.ts';
import { openDatabase } from '../../core/store/open.ts';

/** A fresh database with a vault, and a clock that the test turns. */
export interface TestAccess {
  readonly database: Database;
  readonly vault: Vault;
  readonly keyFile: string;
  readonly folder: string;
  readonly plugins: ReadonlyMap<string, ChannelPlugin>;
  now: () => Date;
  close(): Promise<void>;
}

export async function openTestAccess(): Promise<TestAccess> {
  const folder = mkdtempSync(join(tmpdir(), 'paymux-access-'));
  const opened = await openDatabase({ dataDir: folder });
  await migrate(opened);
  const keyFile = join(folder, 'keys');
  return {
    database: opened.database,
    vault: openVault({ keyFile, create: true }),
    keyFile,
    folder,
    plugins: new Map([['fake', fakeChannel]]),
    now: () => new Date('2026-05-01T12:00:00Z'),
    async close() {
      await opened.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** A merchant with an app, test unless said otherwise. */
export async function makeApp(access: TestAccess, input: Partial<AppInput> = {}): Promise<string> {
  const merchant = must(await createMerchant(access, { name: 'Shop' }));
  return must(await createApp(access, { merchantId: merchant.id, name: 'Till', livemode: false, ...input })).id;
}

/** The result of a change that the test expects to work. */
export function must<T>(changed: Changed<T>): T {
  if (changed.kind === 'faults') throw new Error(`refused: ${changed.faults.join('; ')}`);
  return changed;
}

const notOffered = async () => ({ kind: 'rejected', reason: 'unsupported' }) as const;

/** A channel that refuses keys of the wrong kind when it is opened, and does nothing else. */
export const fakeChannel: ChannelPlugin = {
  contract: 1,
  manifest: {
    id: 'fake',
    name: { en: 'Fake', zh: '假' },
    maturity: 'beta',
    methods: [{ id: 'fake_qr', product: 'qr', name: { en: 'QR', zh: '扫码' }, action: 'qr', currencies: ['CNY'] }],
    abilities: { query: 'none', close: 'none', capture: 'none', refund: 'none', queryRefund: 'none', statement: 'none' },
    money: { notation: 'minor_integer' },
    idempotency: { create: false },
    callback: { trust: 'signed' },
    settle: { notFoundIsFinalAfterSec: 60, settlingSec: 60 },
    rateLimited: 'unknown',
    failoverCodes: [],
    config: {
      type: 'object',
      required: ['merchant_no', 'secret_key'],
      properties: {
        merchant_no: { type: 'string', description: 'Merchant number' },
        secret_key: { type: 'string', description: 'Key', secret: true, minLength: 8 },
        retries: { type: 'integer', description: 'Tries' },
        strict: { type: 'boolean', description: 'Strict' },
      },
    },
  },
  open(account) {
    const { merchant_no: merchantNo, secret_key: key } = account.config;
    if (String(key).startsWith('unusable')) throw new Error(`secret_key is no key: ${String(key)}`);
    return {
      merchantNo: String(merchantNo),
      pay: notOffered,
      parseCallback: async () => ({ kind: 'refused', reason: 'malformed', reply: { status: 400, body: '' } }),
    };
  },
};
