/**
 * Brings the database up to date: `npm run migrate`. Lists what is pending and changes nothing: `npm run migrate -- plan`.
 * The database is the one that the server would use (PAYMUX_DATABASE_URL, else the embedded file in PAYMUX_DATA_DIR).
 */
import { configExitCode, loadConfig, printFaults } from '../core/config.ts';
import { refuseUnsafe } from '../core/main.ts';
import { migrate, pendingMigrations } from '../core/store/migrations/migrate.ts';
import { openDatabase } from '../core/store/open.ts';

async function main(args: readonly string[]): Promise<number> {
  const [command = 'run', ...more] = args;
  if (!['run', 'plan'].includes(command) || more.length > 0) {
    console.error('usage: npm run migrate [-- plan]');
    return 2;
  }
  const loaded = loadConfig(process.env);
  if (loaded.kind === 'faults') {
    console.error(printFaults(loaded.faults));
    return configExitCode;
  }
  const { database, dataDir } = loaded.config;
  const opened = await openDatabase({ ...database, dataDir });
  try {
    if (command === 'run') await refuseUnsafe(opened.database);
    const names = command === 'plan' ? await pendingMigrations(opened) : await migrate(opened);
    const nothing = command === 'plan' ? 'nothing is pending' : 'nothing was pending';
    console.log(names.length === 0 ? nothing : names.map((name) => `${command === 'plan' ? 'pending' : 'done'} ${name}`).join('\n'));
    return 0;
  } finally {
    await opened.close();
  }
}

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  return 1;
});
