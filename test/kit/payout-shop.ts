import { type OpenAccount, openOne } from '../../core/channels/accounts.ts';
import type { AccountTerms } from '../../core/channels/terms.ts';
import type { ChannelPlugin } from '../../core/contract/channel.ts';
import { importGiven } from '../../core/reconciliation/import.ts';
import { type Reconciled, reconcileDay } from '../../core/reconciliation/reconcile.ts';
import { replaceDocuments } from '../../core/reconciliation/replace.ts';
import type { Database, Row } from '../../core/store/database.ts';
import banktransfer from '../../plugins/channels/banktransfer/index.ts';
import { type GivenLine, openStatementShop, type StatementShop, writeDocument } from './statement-shop.ts';

/** A row of a bank's statement: what came in, in minor units of its currency. */
export interface BankRow {
  readonly day: string;
  readonly number: string;
  readonly amount: number;
  readonly text?: string;
}

/** A shop whose channel pays out to a bank account of which statements are kept. */
export interface PayoutShop extends StatementShop {
  readonly bank: OpenAccount;
  /** Says in the channel account's terms where it pays out to. */
  payTo(accountId: string | null): void;
  channelAccount(): OpenAccount;
  /** The channel's day with these lines. */
  channelDay(day: string, lines: readonly GivenLine[]): Promise<Reconciled>;
  /** The same with these in the place of those before. */
  channelDayAgain(day: string, lines: readonly GivenLine[]): Promise<Reconciled>;
  bankDay(day: string, rows: readonly BankRow[]): Promise<Reconciled>;
  bankDayAgain(day: string, rows: readonly BankRow[]): Promise<Reconciled>;
  /** Looks at every day again that asks for it by now, until none does. Answers how many rows that changed. */
  lookAgain(): Promise<number>;
  payouts(): Promise<readonly Row[]>;
  /** Class, kind and state of what does not agree, or did not, oldest day first. */
  found(): Promise<readonly string[]>;
}

/** A line of the channel's statement that says what it paid out. */
export function payoutLine(day: string, amount: number, channelNo = 'po_1000001', more: GivenLine = {}): GivenLine {
  return { kind: 'payout', amount: -amount, channelNo, at: Date.parse(`${day}T18:00:00Z`), ...more };
}

export function openPayoutShop(database: Database): PayoutShop {
  const shop = openStatementShop(database);
  const withTerms = (terms: AccountTerms) => ({ ...shop.account, record: { ...shop.account.record, terms } });
  let account = withTerms({ payouts_to: 'acc_bank' });
  const bank = openBank('acc_bank');
  const { deps } = shop;
  const give = async (to: OpenAccount, day: string, document: Parameters<typeof importGiven>[3]) => {
    await importGiven(deps, to, day, document);
    return reconcileDay(deps, { account: to, day });
  };
  const replace = async (of: OpenAccount, day: string, document: Parameters<typeof importGiven>[3]) => {
    const replaced = await replaceDocuments(deps, { account: of, day, document, onProgress: () => undefined });
    if (replaced.kind !== 'done' && replaced.kind !== 'refused') throw new Error(replaced.kind);
    return replaced;
  };
  const verbs = {
    payTo(to: string | null) {
      account = withTerms(to === null ? {} : { payouts_to: to });
    },
    channelAccount: () => account,
    reconcile: (day: string) => reconcileDay(deps, { account, day }),
    channelDay: (day: string, lines: readonly GivenLine[]) => give(account, day, writeDocument(lines)),
    channelDayAgain: (day: string, lines: readonly GivenLine[]) => replace(account, day, writeDocument(lines)),
    bankDay: (day: string, rows: readonly BankRow[]) => give(bank, day, bankDocument(day, rows)),
    bankDayAgain: (day: string, rows: readonly BankRow[]) => replace(bank, day, bankDocument(day, rows)),
    async lookAgain() {
      let written = 0;
      for (let looks = 0; looks < 100; looks += 1) {
        const now = shop.kernel.clock.now().getTime();
        const due = await database.get("SELECT account_id, day FROM reconciliations WHERE due_at <= ? AND state = 'done'", [now]);
        if (due === undefined) return written;
        // A look that comes at the very moment of the one before would be asked for once more.
        shop.turn(1);
        const done = await reconcileDay(deps, { account: due['account_id'] === bank.id ? bank : account, day: String(due['day']) });
        written += done.kind === 'done' ? done.written : 0;
      }
      throw new Error('the days never come to rest');
    },
    payouts: () => database.all('SELECT * FROM payouts ORDER BY paid_on, channel_no, id'),
    async found() {
      const rows = await database.all('SELECT class, kind, state, reason FROM discrepancies ORDER BY day, account_id, kind, entry');
      return rows.map((row) => Object.values(row).join(' ').trim());
    },
  };
  return Object.assign(shop, { bank, ...verbs });
}

/** An account at a bank whose statements have the columns Date, Reference, Amount and Text. */
export function openBank(id: string, currency = 'CNY'): OpenAccount {
  const config = {
    ...{ account_holder: 'Tea Shop', account_number: '12345678', bank_name: 'Bank', currency },
    ...{ statement_day: 'Date', statement_number: 'Reference', statement_amount: 'Amount' },
  };
  const standing = { merchantId: null, livemode: false, status: 'enabled', priority: 1, weight: 1, version: 1 };
  const opened = openOne(banktransfer as unknown as ChannelPlugin, { id, channel: 'banktransfer', ...standing, config: () => config });
  if ('reason' in opened) throw new Error(opened.reason);
  return opened;
}

/** What the bank writes. */
export function bankDocument(day: string, rows: readonly BankRow[]) {
  const lines = rows.map(({ day: of, number, amount, text = '' }) => `${of},${number},${major(amount)},${text}`);
  return { name: `${day}.csv`, content: once(['Date,Reference,Amount,Text', ...lines].join('\n')) };
}

const major = (minor: number) =>
  `${minor < 0 ? '-' : ''}${String(Math.abs(minor))
    .padStart(3, '0')
    .replace(/(\d\d)$/, '.$1')}`;

async function* once(text: string): AsyncIterable<Uint8Array> {
  yield Buffer.from(text);
}
