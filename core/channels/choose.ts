import type { MethodManifest } from '../contract/manifest.ts';
import { type OpenAccount, serves } from './accounts.ts';
import { takesAmount } from './amounts.ts';
import { noTerms, takesUnder } from './terms.ts';

/** One way to try a payment: a method on an account. */
export interface Candidate {
  readonly account: OpenAccount;
  readonly method: MethodManifest;
}

export interface Wanted {
  /** In order of preference: the chosen method, then the fallbacks that the merchant permits. */
  readonly methods: readonly string[];
  readonly merchantId: string;
  readonly livemode: boolean;
  readonly amount: number;
  readonly currency: string;
  /** How many of the merchant's orders are paid together; 0 for one payment of its own. */
  readonly lines: number;
  readonly payer: Readonly<Record<string, unknown>>;
}

/**
 * The ways to try a payment, best first. Pure: `turn` is a number that grows by one a payment and
 * spreads accounts of one priority by their weights; `isDown` says whose breaker is open, and
 * those come last, because their state may be out of date by now.
 */
export function choose(
  wanted: Wanted,
  accounts: readonly OpenAccount[],
  turn: number,
  isDown: (accountId: string) => boolean,
): readonly Candidate[] {
  const up: Candidate[] = [];
  const down: Candidate[] = [];
  for (const id of wanted.methods) {
    const fitting = accounts.filter((account) => fits(account, id, wanted));
    for (const account of inTurn(fitting, turn)) {
      const method = account.manifest.methods.find((one) => one.id === id);
      if (method !== undefined) (isDown(account.id) ? down : up).push({ account, method });
    }
  }
  return [...up, ...down];
}

/** Whether an account can take this method for this merchant, environment, currency and amount. */
function fits(account: OpenAccount, methodId: string, wanted: Wanted): boolean {
  const method = account.manifest.methods.find((one) => one.id === methodId);
  if (method === undefined) return false;
  return missingPayerFields(method, wanted.payer).length === 0 && takes(account, method, wanted);
}

/** Whether the account can take such a payment by this method, once all is known that the method needs of the shopper. */
export function takes(account: OpenAccount, method: MethodManifest, wanted: Omit<Wanted, 'methods' | 'payer'>): boolean {
  if (!serves(account.record, wanted.merchantId, wanted.livemode) || !method.currencies.includes(wanted.currency)) return false;
  return takesAmount(method, wanted) && takesLines(method, wanted.lines) && takesUnder(account.record.terms ?? noTerms, method.id, wanted);
}

export function takesLines({ orderLines }: MethodManifest, lines: number): boolean {
  return orderLines === undefined || (lines >= orderLines.min && lines <= orderLines.max);
}

export function missingPayerFields(method: MethodManifest, payer: Readonly<Record<string, unknown>>): readonly string[] {
  return (method.needs ?? []).filter((name) => payer[name] === undefined);
}

/** Lowest priority number first; within one priority the turn picks the first by weight, the others follow in order. */
function inTurn(accounts: readonly OpenAccount[], turn: number): readonly OpenAccount[] {
  const priorities = [...new Set(accounts.map((account) => account.record.priority))].sort((a, b) => a - b);
  return priorities.flatMap((priority) => {
    const peers = accounts.filter((account) => account.record.priority === priority);
    const first = firstByWeight(peers, turn);
    return [...peers.slice(first), ...peers.slice(0, first)];
  });
}

function firstByWeight(peers: readonly OpenAccount[], turn: number): number {
  const total = peers.reduce((sum, peer) => sum + peer.record.weight, 0);
  if (total === 0) return 0;
  let left = turn % total;
  for (const [index, peer] of peers.entries()) {
    if (left < peer.record.weight) return index;
    left -= peer.record.weight;
  }
  return 0;
}
