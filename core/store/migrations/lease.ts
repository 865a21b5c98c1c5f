import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { QueryTypes, type Sequelize } from 'sequelize';

/** How long a killed holder keeps the others waiting. It is renewed three times in that time. */
const leaseSec = 6;
const pollMs = 200;
const giveUpAfterMs = 120_000;

/**
 * Runs `action` in one process at a time, by a row that expires. Not GET_LOCK: on two Galera nodes
 * both callers get it. Times are the database's, so that the servers' clocks need not agree.
 */
export async function holdLease<T>(sequelize: Sequelize, action: () => Promise<T>): Promise<T> {
  const holder = randomUUID();
  const now = sequelize.getDialect() === 'sqlite' ? 'unixepoch()' : 'UNIX_TIMESTAMP()';
  const change = (set: string, where: string, bind: readonly string[]) =>
    sequelize.query(`UPDATE migration_lease SET ${set} WHERE id = 1 AND ${where}`, { bind: [...bind], type: QueryTypes.BULKUPDATE });
  await createLease(sequelize);
  const deadline = performance.now() + giveUpAfterMs;
  while ((await change(`holder = $1, expires_at = ${now} + ${leaseSec}`, `expires_at <= ${now}`, [holder])) === 0) {
    if (performance.now() > deadline) throw new Error('another process has been migrating this database for too long');
    await wait(pollMs);
  }
  const renew = () => void change(`expires_at = ${now} + ${leaseSec}`, 'holder = $1', [holder]).catch(() => undefined);
  const timer = setInterval(renew, (leaseSec * 1000) / 3);
  try {
    return await action();
  } finally {
    clearInterval(timer);
    await change('expires_at = 0', 'holder = $1', [holder]);
  }
}

async function createLease(sequelize: Sequelize): Promise<void> {
  const ignore = sequelize.getDialect() === 'sqlite' ? 'OR IGNORE' : 'IGNORE';
  await sequelize.query(
    'CREATE TABLE IF NOT EXISTS migration_lease (id INTEGER NOT NULL PRIMARY KEY, holder VARCHAR(64) NOT NULL, expires_at BIGINT NOT NULL)',
  );
  await sequelize.query(`INSERT ${ignore} INTO migration_lease (id, holder, expires_at) VALUES (1, '', 0)`);
}
