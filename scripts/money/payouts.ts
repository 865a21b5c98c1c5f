import type { Across } from './across.ts';

const most = 'LIMIT 1000';
const posted = (cause: string) => `COALESCE((SELECT SUM(ledger_postings.amount) FROM ledger_postings
  WHERE ledger_postings.entry_id = CONCAT('${cause}:', payouts.id)
    AND ledger_postings.account_id = CONCAT('paid_out:', payouts.account_id, ':', payouts.currency)), 0)`;
const isElsewhere = 'bank_reconciliation_id IS NULL OR bank_amount IS NULL OR bank_currency IS NULL';

/** What must hold of what channels paid out. */
export const acrossPayouts: readonly Across[] = [
  {
    number: 26,
    name: 'a payout is in the ledger, and one that was withdrawn is taken back',
    sql: `SELECT id, state, amount FROM payouts WHERE ${posted('payout')} <> amount
        OR ${posted('payout_withdrawn')} <> CASE WHEN state = 'withdrawn' THEN -amount ELSE 0 END
      UNION ALL SELECT entry_id AS id, 'in the ledger alone' AS state, amount FROM ledger_postings
        WHERE (entry_id LIKE 'payout:%' OR entry_id LIKE 'payout_withdrawn:%') AND line = 1
        AND NOT EXISTS (SELECT 1 FROM payouts WHERE payouts.id = SUBSTR(entry_id, INSTR(entry_id, ':') + 1)) ${most}`,
    says: (row) => `${row['id']} is ${row['state']}: the ledger and the payout of ${row['amount']} do not tell the same`,
  },
  {
    number: 26,
    name: 'a payout arrived by an entry of the bank of its amount, or of another where that is said',
    sql: `SELECT id, state, amount, bank_amount FROM payouts WHERE CASE
      WHEN state IN ('awaited', 'withdrawn') THEN bank_key IS NOT NULL
      WHEN bank_key IS NULL OR ${isElsewhere} THEN 1 = 1
      WHEN state = 'arrived' THEN bank_amount <> amount OR bank_currency <> currency
      ELSE bank_amount = amount AND bank_currency = currency END ${most}`,
    says: (row) => `${row['id']}: ${row['amount']} is ${row['state']}, by ${row['bank_amount'] ?? 'nothing'}`,
  },
  {
    number: 26,
    name: 'an entry of a bank is one payout',
    sql: `SELECT bank_key, COUNT(*) AS n FROM payouts WHERE bank_key IS NOT NULL GROUP BY bank_key HAVING COUNT(*) > 1 ${most}`,
    says: (row) => `${row['bank_key']}: ${row['n']} payouts`,
  },
];
