/**
 * What an account is for. Owners of the first five are channel accounts, of the others apps: an app is
 * either test or live and stands in every payment's row, so that no money waits for a merchant to be looked up.
 * - `channel_receivable`: what the channel has taken and has to pay out, its fee taken off.
 * - `fees_expected`: the fee by the terms of the account. `fees_actual`: what the channel says that it kept.
 * - `paid_out`: what the channel says that it paid to the bank.
 * - `statement_suspense`: what only a statement knows, until it is explained.
 * - `merchant_payable`: what is the merchant's: paid for its payments, and not on its way back.
 * - `suspense`: money that arrived and is no payment's: late, twice, too much, too little.
 * - `refunds_pending`: set aside for refunds that have not ended. `taken_back`: a success that the channel took back, undecided.
 * - `adjustments`, `written_off`: what people decided.
 */
export type LedgerKind =
  | 'channel_receivable'
  | 'fees_expected'
  | 'fees_actual'
  | 'paid_out'
  | 'statement_suspense'
  | 'merchant_payable'
  | 'suspense'
  | 'refunds_pending'
  | 'taken_back'
  | 'adjustments'
  | 'written_off';

/** An account of the ledger. It need not be made: it exists once something is posted to it. */
export interface LedgerAccount {
  readonly kind: LedgerKind;
  readonly ownerId: string;
  readonly currency: string;
}

/** One line of an entry. A debit is above 0 (we are owed, or it was spent), a credit below (we owe). */
export interface Posting {
  readonly account: LedgerAccount;
  readonly amount: number;
}

/** Money that moves between accounts. Written once, never changed: what was wrong is put right by another entry. */
export interface Entry {
  /** What caused it, such as `paid:att_…`: the same cause is posted once. */
  readonly id: string;
  readonly livemode: boolean;
  readonly paymentId: string | null;
  /** Who decided it and why, where people did. */
  readonly note: string | null;
  readonly at: Date;
  /** Two or more, of which none is 0; those of a currency sum to 0. */
  readonly postings: readonly Posting[];
}

/** `<kind>:<owner>:<currency>`: the account's key in the tables. */
export const ledgerAccountId = ({ kind, ownerId, currency }: LedgerAccount): string => `${kind}:${ownerId}:${currency}`;

/** What an id says; null for a text that is none. */
export function parseLedgerAccountId(id: string): LedgerAccount | null {
  const [, kind, ownerId, currency] = /^([a-z_]+):([\x21-\x7e]+):([A-Z]{3})$/.exec(id) ?? [];
  if (kind === undefined || ownerId === undefined || currency === undefined) return null;
  return { kind: kind as LedgerKind, ownerId, currency };
}

/** Why an entry must not be posted; null when it may. */
export function entryFault({ id, postings }: Entry): string | null {
  if (!/^[a-z_]+:[\x21-\x7e]+$/.test(id) || id.length > 255) return `${id} is not a cause`;
  if (postings.length < 2) return `${id} has fewer than two postings`;
  const sums = new Map<string, number>();
  for (const { account, amount } of postings) {
    if (!Number.isSafeInteger(amount) || amount === 0) return `${id} posts ${amount}`;
    if (parseLedgerAccountId(ledgerAccountId(account)) === null) return `${id} posts to ${ledgerAccountId(account)}`;
    sums.set(account.currency, (sums.get(account.currency) ?? 0) + amount);
  }
  const uneven = [...sums].find(([, sum]) => sum !== 0);
  return uneven === undefined ? null : `${id} is out of balance by ${uneven[1]} ${uneven[0]}`;
}
