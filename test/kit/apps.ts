import { type AppInput, createApp, createMerchant } from '../../core/access/admin/apps.ts';
import { createKey } from '../../core/access/admin/keys.ts';
import { eventually } from './merchant.ts';
import { must, type Paymux } from './paymux.ts';

/** Makes an app of a merchant of its own, beside the one that every paymux has, and waits until the server knows it. */
export async function addApp(
  paymux: Paymux,
  app: Partial<AppInput> & { readonly scopes?: readonly string[] } = {},
): Promise<{ id: string; key: string; keyId: string; headers: { authorization: string } }> {
  const { scopes = ['*'], ...more } = app;
  const merchant = must(await createMerchant(paymux.admin, { name: 'Other shop' }));
  const { id } = must(
    await createApp(paymux.admin, { merchantId: merchant.id, name: 'Other shop', livemode: false, ratePerSecond: 100_000, ...more }),
  );
  const { key, id: keyId } = must(await createKey(paymux.admin, { appId: id, scopes }));
  const headers = { authorization: `Bearer ${key}` };
  // Whatever else it may be refused for, an unknown key is refused first.
  await eventually(async () => (await paymux.call('GET', '/v1/methods', undefined, headers)).body.code !== 'unauthorized');
  return { id, key, keyId, headers };
}
