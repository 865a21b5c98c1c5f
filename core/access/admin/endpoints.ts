import { makeId } from '../../ids.ts';
import { urlFaults } from '../../notifications/address.ts';
import { eventTypes } from '../../notifications/event-types.ts';
import { makeSecret } from '../../notifications/sign.ts';
import type { Reader, Tx } from '../../store/database.ts';
import { placeOf } from '../vault.ts';
import { type AdminDeps, type Changed, changeConfig, done, faulty } from './change.ts';

const table = 'notification_endpoints';
/** Each event is written once for each endpoint, inside of the transaction of the payment it is about. */
const mostEndpoints = 20;

export interface EndpointInput {
  readonly appId: string;
  readonly url: string;
  /** Empty: all types. */
  readonly types: readonly string[];
}

/** What may be shown of an endpoint. */
export interface EndpointSummary {
  readonly id: string;
  readonly appId: string;
  readonly url: string;
  readonly types: readonly string[];
  readonly status: string;
  readonly createdAt: number;
}

/** Adds an address for notifications. Its secret is answered here and never again. */
export async function createEndpoint(deps: AdminDeps, input: EndpointInput): Promise<Changed<{ id: string; secret: string }>> {
  const now = deps.now();
  const id = makeId('nep_', now);
  const secret = makeSecret();
  const encrypted = deps.vault.encrypt(secret, placeOf(table, id, 'secret'));
  return changeConfig(deps.database, async (tx) => {
    const app = await tx.get('SELECT livemode FROM apps WHERE id = ?', [input.appId]);
    if (app === undefined) return faulty(`there is no app ${input.appId}`);
    const faults = [
      ...urlFaults('url', input.url, app['livemode'] === 1),
      ...typeFaults(input.types),
      ...(await countFaults(tx, input.appId)),
    ];
    if (faults.length > 0) return faulty(...faults);
    await tx.run(`INSERT INTO ${table} (id, app_id, url, secret, types, status, created_at) VALUES (?, ?, ?, ?, ?, 'enabled', ?)`, [
      id,
      input.appId,
      input.url,
      encrypted,
      JSON.stringify(input.types),
      now.getTime(),
    ]);
    return done({ id, secret });
  });
}

/** Takes an address away, with what was still to be sent there. With `appId`, only if it is that app's. */
export function deleteEndpoint(
  deps: Pick<AdminDeps, 'database'>,
  input: { readonly id: string; readonly appId?: string },
): Promise<Changed<{ id: string }>> {
  return changeConfig(deps.database, async (tx) => {
    const row = await tx.get(`SELECT app_id FROM ${table} WHERE id = ?`, [input.id]);
    if (row === undefined || isForeign(row['app_id'], input.appId)) return faulty(`there is no endpoint ${input.id}`);
    await tx.run(`DELETE FROM ${table} WHERE id = ?`, [input.id]);
    await tx.run("UPDATE deliveries SET state = 'disabled', due_at = NULL WHERE endpoint_id = ? AND state = 'pending'", [input.id]);
    return done({ id: input.id });
  });
}

export async function listEndpoints(database: Reader): Promise<readonly EndpointSummary[]> {
  const rows = await database.all(`SELECT id, app_id, url, types, status, created_at FROM ${table} ORDER BY id`);
  return rows.map((row) => ({
    id: String(row['id']),
    appId: String(row['app_id']),
    url: String(row['url']),
    types: JSON.parse(String(row['types'])) as string[],
    status: String(row['status']),
    createdAt: Number(row['created_at']),
  }));
}

function isForeign(owner: unknown, appId: string | undefined): boolean {
  return appId !== undefined && owner !== appId;
}

function typeFaults(types: readonly string[]): string[] {
  const known: readonly string[] = eventTypes;
  const unknown = types.filter((type) => !known.includes(type));
  return unknown.map((type) => `${JSON.stringify(type)} is not a type of event; there are ${eventTypes.join(', ')}`);
}

async function countFaults(tx: Tx, appId: string): Promise<string[]> {
  const row = await tx.get(`SELECT COUNT(*) AS n FROM ${table} WHERE app_id = ?`, [appId]);
  return Number(row?.['n']) < mostEndpoints ? [] : [`an app has ${mostEndpoints} endpoints at most: delete one first`];
}
