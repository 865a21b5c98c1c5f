import { startSimulator } from './server.ts';

const text = process.env.PAYMUX_SIMULATOR_PORT ?? '8090';
const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
if (!(port <= 65535)) {
  process.stderr.write('PAYMUX_SIMULATOR_PORT must be a port number\n');
  process.exit(78);
}

const simulator = await startSimulator({ port, dataDir: process.env.PAYMUX_SIMULATOR_DATA_DIR ?? './data/simulator' });
process.stdout.write(`simulator listening on ${simulator.url}\n`);
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void simulator.stop().then(() => process.exit(0)));
