import type { OpenAccount } from '../../core/channels/accounts.ts';
import type { StatementDocument, StatementLine } from '../../core/contract/statement.ts';
import { settle } from '../../core/payments/settle.ts';
import { importGiven } from '../../core/reconciliation/import.ts';
import { keepDocument } from '../../core/reconciliation/keep.ts';
import { openReconciliation, type ReconcileDeps, type Reconciled, reconcileDay } from '../../core/reconciliation/reconcile.ts';
import type { Database } from '../../core/store/database.ts';
import type { AttemptRow } from '../../core/store/tables/attempts.ts';
import { type Scripted, scriptKernel } from './scripted.ts';
import { makeVault } from './vault.ts';

/** A line as a test writes it; what it leaves out is that of a payment of 1.00 CNY at noon. */
export type GivenLine = Partial<Omit<StatementLine, 'gross' | 'occurredAt'>> & {
  readonly amount?: number;
  readonly currency?: string;
  readonly at?: number;
};

export const noon = Date.UTC(2026, 4, 1, 12);
export const day = '2026-05-01';

/** A document of a vendor that writes JSON by line, and says in the last how many there are. */
export function writeDocument(lines: readonly GivenLine[], accountId = 'acc_1'): StatementDocument {
  const text = [...lines.map((line) => JSON.stringify(line)), JSON.stringify({ end: lines.length, accountId })].join('\n');
  return { name: `${day}.jsonl`, content: inTwo(Buffer.from(text)) };
}

async function* inTwo(bytes: Buffer): AsyncIterable<Uint8Array> {
  yield bytes.subarray(0, bytes.length / 2);
  yield bytes.subarray(bytes.length / 2);
}

async function* readLines({ content }: StatementDocument): AsyncIterable<StatementLine> {
  const parts: Uint8Array[] = [];
  for await (const part of content) parts.push(part);
  const rows = Buffer.concat(parts).toString().split('\n');
  const last = JSON.parse(rows.pop() ?? '') as { readonly end?: number; readonly accountId?: string };
  if (last.end !== rows.length) throw new Error(`line ${rows.length + 1}: the statement ends without its end`);
  for (const raw of rows) yield toLine(JSON.parse(raw) as GivenLine, raw);
}

function toLine({ amount = 100, currency = 'CNY', at = noon, ...line }: GivenLine, raw: string): StatementLine {
  const rest = { kind: 'payment', number: null, channelNo: 'v', fee: null, net: null, ...line } as const;
  return { ...rest, gross: { amount, currency }, occurredAt: new Date(at), raw };
}

/** A shop with an account whose vendor writes statements, in UTC. */
export interface StatementShop extends Scripted {
  readonly deps: ReconcileDeps;
  readonly account: OpenAccount;
  /** A payment that was paid, under the vendor's number `v-` and ours. */
  paid(at?: number, amount?: number): Promise<AttemptRow>;
  /** A payment whose shopper has a code and has not paid, as far as is known. */
  unpaid(amount?: number): Promise<AttemptRow>;
  fetched(day: string, lines: readonly GivenLine[]): Promise<void>;
  given(day: string, lines: readonly GivenLine[]): Promise<'kept' | 'known'>;
  reconcile(day: string): Promise<Reconciled>;
  /** The day with these lines, fetched and compared. */
  run(day: string, lines: readonly GivenLine[]): Promise<Reconciled>;
}

export function openStatementShop(
  database: Database,
  listing: 'trade' | 'settlement' = 'trade',
  vault = makeVault(),
  cutOff = '00:00',
): StatementShop {
  const shop = scriptKernel(database);
  const deps = { kernel: shop.kernel, vault };
  const account = makeAccount(shop, listing, cutOff);
  const attemptOf = async (paymentId: string) => (await shop.attempts(paymentId))[0] as AttemptRow;
  const keeping = { ...deps, database, newId: shop.kernel.newId, now: () => noon };
  const verbs = {
    unpaid: async (amount = 100) => attemptOf(await shop.order({ amount })),
    async paid(at = noon, amount = 100) {
      const attempt = await verbs.unpaid(amount);
      const evidence = { kind: 'paid', amount, channelNo: `v-${attempt.number}`, at } as const;
      return (await settle(shop.kernel, { attempt, evidence, cause: 'query' })).attempt;
    },
    async fetched(of: string, lines: readonly GivenLine[]) {
      await keepDocument(keeping, await openReconciliation(deps, account, of), writeDocument(lines), 'vendor');
    },
    given: async (of: string, lines: readonly GivenLine[]) => (await importGiven(deps, account, of, writeDocument(lines))).kind,
    reconcile: (of: string) => reconcileDay(deps, { account, day: of }),
    async run(of: string, lines: readonly GivenLine[]) {
      await verbs.fetched(of, lines);
      return verbs.reconcile(of);
    },
  };
  return Object.assign(shop, { deps, account, ...verbs });
}

function makeAccount({ kernel }: Scripted, listing: 'trade' | 'settlement', cutOff: string): OpenAccount {
  const account = kernel.channels.account('acc_1') as OpenAccount;
  const manifest = { ...account.manifest, statements: { zone: 'UTC', cutOff, readyAt: '06:00', day: listing } } as const;
  return { ...account, manifest, channel: { ...account.channel, readStatement: readLines } };
}

/** What a vendor whose statement agrees writes of a payment. */
export const lineOf = ({ number, amount, succeeded_at: at, channel_no: channelNo }: AttemptRow): GivenLine => ({
  number,
  amount,
  channelNo: channelNo ?? `v-${number}`,
  ...(at === null ? {} : { at }),
});
