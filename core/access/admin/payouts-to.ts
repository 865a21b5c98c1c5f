import type { AccountTerms } from '../../channels/terms.ts';
import type { ChannelPlugin } from '../../contract/channel.ts';
import type { Tx, Value } from '../../store/database.ts';

/** Who pays out, and to which account by its terms. */
export interface PayingOut {
  readonly id: string;
  /** Null: it is shared by all. */
  readonly merchantId: Value;
  readonly livemode: boolean;
  /** Checked, but for whom they name. */
  readonly terms: unknown;
}

/**
 * Why the account's payouts cannot be looked for on the account that its terms name; null when they can. On another merchant's, money of one
 * would explain money of the other.
 */
export async function payoutsFault(
  tx: Tx,
  plugins: ReadonlyMap<string, ChannelPlugin>,
  { id, merchantId, livemode, terms }: PayingOut,
): Promise<string | null> {
  const { payouts_to: to } = terms as AccountTerms;
  if (to === undefined) return null;
  const bank = await tx.get('SELECT channel, merchant_id, livemode FROM channel_accounts WHERE id = ?', [to]);
  if (bank === undefined) return `terms.payouts_to: there is no account ${to}`;
  if (to === id) return 'terms.payouts_to: an account does not pay out to itself';
  const channel = String(bank['channel']);
  if (plugins.get(channel)?.manifest.statementsOf !== 'bank') return `terms.payouts_to: the statements of ${channel} are not a bank’s`;
  if (bank['merchant_id'] !== merchantId) return `terms.payouts_to: ${to} is of another merchant`;
  if ((bank['livemode'] === 1) !== livemode)
    return `terms.payouts_to: ${to} is ${livemode ? 'a test' : 'a live'} account, and this one is not`;
  return null;
}
