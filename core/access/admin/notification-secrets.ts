import { makeSecret } from '../../notifications/sign.ts';
import { placeOf, type Vault } from '../vault.ts';
import { type AdminDeps, type Changed, changeConfig, done, faulty } from './change.ts';

/** How long an old secret goes on signing beside the new one. */
export const oldSecretLivesMs = 24 * 3_600_000;

/** What signs notifications: an app those to its `notify_url`s, an endpoint those to itself. */
type Signer = 'apps' | 'notification_endpoints';

/** Gives an app or an endpoint a new secret. The old one signs beside it for a day, so that the merchant can change over without a gap. */
export function rotateNotificationSecret(
  deps: AdminDeps,
  input: { readonly id: string; readonly of: 'app' | 'endpoint' },
): Promise<Changed<{ id: string; secret: string; oldSecretUntil: Date }>> {
  const table: Signer = input.of === 'app' ? 'apps' : 'notification_endpoints';
  const secret = makeSecret();
  const oldSecretUntil = new Date(deps.now().getTime() + oldSecretLivesMs);
  return changeConfig(deps.database, async (tx) => {
    const row = await tx.get(`SELECT secret FROM ${table} WHERE id = ?`, [input.id]);
    if (row === undefined) return faulty(`there is no ${input.of} ${input.id}`);
    const before = String(row['secret']);
    const changed = await tx.run(`UPDATE ${table} SET secret = ?, old_secret = ?, old_secret_until = ? WHERE id = ? AND secret = ?`, [
      deps.vault.encrypt(secret, placeOf(table, input.id, 'secret')),
      moveToOld(deps.vault, table, input.id, before),
      oldSecretUntil.getTime(),
      input.id,
      before,
    ]);
    return changed === 1
      ? done({ id: input.id, secret, oldSecretUntil })
      : faulty(`the ${input.of} was changed by someone else; try again`);
  });
}

/** Encrypted anew: a text of the vault does not decrypt in another column. */
function moveToOld(vault: Vault, table: Signer, id: string, text: string): string {
  return vault.encrypt(vault.decrypt(text, placeOf(table, id, 'secret')), placeOf(table, id, 'old_secret'));
}
