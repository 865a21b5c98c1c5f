import type { Across } from './across.ts';

const most = 'LIMIT 1000';
const later = 'ledger_tail JOIN ledger_postings ON ledger_postings.entry_id = ledger_tail.entry_id';
const tail = `SELECT account_id, SUM(amount) AS amount, COUNT(*) AS n FROM ${later} GROUP BY account_id`;
const posted = 'SELECT account_id, SUM(amount) AS amount, COUNT(*) AS n FROM ledger_postings GROUP BY account_id';

/** What must hold of the ledger as a whole. */
export const acrossLedger: readonly Across[] = [
  {
    number: 1,
    name: 'what was paid before there was a ledger is in it',
    sql: 'SELECT id, done_to FROM ledger_backlog',
    says: (row) => `payments after ${row['done_to'] || 'the first'} have still to be posted: a running server does it`,
  },
  {
    number: 1,
    name: 'the postings of an entry sum to 0, and are two or more',
    sql: `SELECT entry_id, currency, SUM(amount) AS amount, COUNT(*) AS n FROM ledger_postings GROUP BY entry_id, currency
      HAVING SUM(amount) <> 0 OR COUNT(*) < 2 OR MIN(ABS(amount)) = 0 ${most}`,
    says: (row) => `${row['entry_id']}: ${row['n']} postings sum to ${row['amount']} ${row['currency']}`,
  },
  {
    number: 2,
    name: 'the balance of an account is the sum of the postings that it counts',
    sql: `SELECT posted.account_id AS id, posted.amount AS posted, posted.n AS n, ledger_accounts.balance AS balance, later.amount AS later
      FROM (${posted}) AS posted
      LEFT JOIN ledger_accounts ON ledger_accounts.id = posted.account_id
      LEFT JOIN (${tail}) AS later ON later.account_id = posted.account_id
      WHERE COALESCE(ledger_accounts.balance, 0) + COALESCE(later.amount, 0) <> posted.amount
        OR COALESCE(ledger_accounts.postings, 0) + COALESCE(later.n, 0) <> posted.n ${most}`,
    says: (row) => `${row['id']}: ${row['n']} postings sum to ${row['posted']}, its balance says ${row['balance']} and ${row['later']}`,
  },
  {
    number: 2,
    name: 'no balance counts what was never posted',
    sql: `SELECT id, balance AS amount FROM ledger_accounts WHERE NOT EXISTS (SELECT 1 FROM ledger_postings WHERE account_id = ledger_accounts.id)
      UNION ALL SELECT entry_id AS id, 0 AS amount FROM ledger_tail
        WHERE NOT EXISTS (SELECT 1 FROM ledger_postings WHERE ledger_postings.entry_id = ledger_tail.entry_id) ${most}`,
    says: (row) => `${row['id']}: ${row['amount']} is counted, and was never posted`,
  },
  {
    number: 3,
    name: 'neither what is in suspense nor what is set aside for refunds falls below nothing',
    sql: `SELECT account_id, SUM(amount) AS amount FROM ledger_postings
      WHERE account_id LIKE 'suspense:%' OR account_id LIKE 'refunds_pending:%'
      GROUP BY account_id HAVING SUM(amount) > 0 ${most}`,
    says: (row) => `${row['account_id']}: ${row['amount']} more went out than came in`,
  },
  {
    number: 4,
    name: 'all balances of a currency sum to 0, of tests and of money apart',
    sql: `SELECT livemode, currency, SUM(amount) AS amount FROM (
        SELECT livemode, currency, balance AS amount FROM ledger_accounts
        UNION ALL SELECT livemode, currency, amount FROM ${later}
      ) AS balances GROUP BY livemode, currency HAVING SUM(amount) <> 0`,
    says: (row) => `all balances of ${row['currency']} sum to ${row['amount']}`,
  },
];
