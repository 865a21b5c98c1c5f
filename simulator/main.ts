import { join } from 'node:path';
import { startSimulator } from './server.ts';
import { listBroughtAlong } from './vendor-folder.ts';

const text = process.env.PAYMUX_SIMULATOR_PORT ?? '8090';
const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
if (!(port <= 65535)) {
  process.stderr.write('PAYMUX_SIMULATOR_PORT must be a port number\n');
  process.exit(78);
}

// Folders with vendors that channels brought along; without any, those of the channels beside us.
const given = process.argv.slice(2);
const vendorFolders = given.length > 0 ? given : listBroughtAlong(join(import.meta.dirname, '../plugins/channels'));
const dataDir = process.env.PAYMUX_SIMULATOR_DATA_DIR ?? './data/simulator';
const simulator = await startSimulator({ port, dataDir, vendorFolders });
process.stdout.write(`simulator listening on ${simulator.url}\n`);
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void simulator.stop().then(() => process.exit(0)));
