import { openDatabase } from '../../core/store/open.ts';
import { firstMs } from './bill.ts';
import type { Rig } from './rig.ts';

const digits =
  '(SELECT 0 AS d UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9)';
const perStatement = 10_000;

/** Payments as they would be stored, made by the database itself: only their attempts, which alone are compared. */
export async function fillDay(rig: Rig, url: string | null, accountId: string, payments: number): Promise<void> {
  const { database, close } = await openDatabase({ url, dataDir: rig.folder });
  const padded = database.engine === 'sqlite' ? "printf('P%025d', n)" : "CONCAT('P', LPAD(n, 25, '0'))";
  const named = (prefix: string, text: string) =>
    database.engine === 'sqlite' ? `'${prefix}' || ${text}` : `CONCAT('${prefix}', ${text})`;
  const number = `a.d * 1000 + b.d * 100 + c.d * 10 + e.d + ?`;
  const sql = `INSERT INTO attempts (id, payment_id, number, account_id, account_version, channel, method, product, state, amount, currency,
      amount_paid, currency_paid, channel_no, expires_at, created_at, succeeded_at)
    SELECT ${named('att_', padded)}, ${named('pay_', padded)}, ${padded}, ?, 1, 'wechat', 'wechat_native', 'native', 'succeeded', 100 + n % 90000, 'CNY',
      100 + n % 90000, 'CNY', ${named('v', padded)}, 0, 0, ? + n % 80000 * 1000
    FROM (SELECT ${number} AS n FROM ${digits} a, ${digits} b, ${digits} c, ${digits} e) numbers WHERE n < ?`;
  for (let from = 0; from < payments; from += perStatement)
    await database.transaction((tx) => tx.run(sql, [accountId, firstMs, from, payments]));
  await close();
}
