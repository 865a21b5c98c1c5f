import { makeId } from '../../ids.ts';
import { urlFaults } from '../../notifications/address.ts';
import { makeSecret } from '../../notifications/sign.ts';
import type { Reader, Row } from '../../store/database.ts';
import type { LatePolicy } from '../records.ts';
import { placeOf } from '../vault.ts';
import { type AdminDeps, type Changed, changeConfig, done, exists, faulty, nameFaults } from './change.ts';

/** The requests a second that an app may make unless it is given another number. */
export const defaultRatePerSecond = 200;

const latePolicies: readonly LatePolicy[] = ['auto_refund', 'accept', 'hold'];

export interface AppInput {
  readonly merchantId: string;
  readonly name: string;
  readonly livemode: boolean;
  readonly notifyUrl?: string | null;
  readonly returnUrl?: string | null;
  readonly latePolicy?: LatePolicy;
  readonly requireSignature?: boolean;
  readonly ratePerSecond?: number;
}

/** What a list shows of an app. */
export interface AppSummary {
  readonly id: string;
  readonly merchantId: string;
  readonly name: string;
  readonly livemode: boolean;
  readonly status: string;
  readonly requireSignature: boolean;
}

export async function createMerchant(deps: AdminDeps, input: { readonly name: string }): Promise<Changed<{ id: string }>> {
  const faults = nameFaults(input.name);
  if (faults.length > 0) return faulty(...faults);
  const now = deps.now();
  const id = makeId('mch_', now);
  return changeConfig(deps.database, async (tx) => {
    await tx.run("INSERT INTO merchants (id, name, status, created_at) VALUES (?, ?, 'active', ?)", [id, input.name, now.getTime()]);
    return done({ id });
  });
}

export async function listMerchants(database: Reader): Promise<readonly { id: string; name: string; status: string }[]> {
  const rows = await database.all('SELECT id, name, status FROM merchants ORDER BY id');
  return rows.map((row) => ({ id: String(row['id']), name: String(row['name']), status: String(row['status']) }));
}

/** Makes an app. The secret that signs its notifications is answered here and never again. */
export async function createApp(deps: AdminDeps, input: AppInput): Promise<Changed<{ id: string; notificationSecret: string }>> {
  const faults = appFaults(input);
  if (faults.length > 0) return faulty(...faults);
  const now = deps.now();
  const id = makeId('app_', now);
  const notificationSecret = makeSecret();
  const values = [
    id,
    input.merchantId,
    input.name,
    input.livemode ? 1 : 0,
    input.notifyUrl ?? null,
    input.returnUrl ?? null,
    input.latePolicy ?? 'auto_refund',
    input.requireSignature === true ? 1 : 0,
    input.ratePerSecond ?? defaultRatePerSecond,
    deps.vault.encrypt(notificationSecret, placeOf('apps', id, 'secret')),
    now.getTime(),
  ];
  return changeConfig(deps.database, async (tx) => {
    if (!(await exists(tx, 'merchants', input.merchantId))) return faulty(`there is no merchant ${input.merchantId}`);
    await tx.run(
      `INSERT INTO apps (id, merchant_id, name, livemode, status, notify_url, return_url, late_policy, require_signature, rate_per_second, secret, created_at)
       VALUES (?, ?, ?, ?, 'active', ?, ?, ?, ?, ?, ?, ?)`,
      values,
    );
    return done({ id, notificationSecret });
  });
}

export async function listApps(database: Reader): Promise<readonly AppSummary[]> {
  const rows = await database.all('SELECT id, merchant_id, name, livemode, status, require_signature FROM apps ORDER BY id');
  return rows.map((row: Row) => ({
    id: String(row['id']),
    merchantId: String(row['merchant_id']),
    name: String(row['name']),
    livemode: row['livemode'] === 1,
    status: String(row['status']),
    requireSignature: row['require_signature'] === 1,
  }));
}

/** Switches an app or a merchant, with all its apps, off or on. What was begun goes on: only requests are refused. */
export function setStatus(
  deps: AdminDeps,
  input: { readonly id: string; readonly status: 'active' | 'disabled' },
): Promise<Changed<{ id: string; status: 'active' | 'disabled' }>> {
  const table = input.id.startsWith('mch_') ? 'merchants' : 'apps';
  return changeConfig(deps.database, async (tx) => {
    const changed = await tx.run(`UPDATE ${table} SET status = ? WHERE id = ?`, [input.status, input.id]);
    return changed === 1 ? done(input) : faulty(`there is no app or merchant ${input.id}`);
  });
}

function appFaults(input: AppInput): string[] {
  const rate = input.ratePerSecond ?? defaultRatePerSecond;
  return [
    ...nameFaults(input.name),
    ...(input.notifyUrl == null ? [] : urlFaults('notify_url', input.notifyUrl, input.livemode)),
    ...(input.returnUrl == null ? [] : urlFaults('return_url', input.returnUrl, input.livemode)),
    ...(latePolicies.includes(input.latePolicy ?? 'auto_refund') ? [] : [`late_policy must be one of ${latePolicies.join(', ')}`]),
    ...(Number.isSafeInteger(rate) && rate >= 1 && rate <= 100_000 ? [] : ['rate must be an integer from 1 to 100000']),
  ];
}
