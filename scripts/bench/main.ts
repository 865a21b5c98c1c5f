/**
 * Measures paymux beside what limits it, both in one run:
 *   npm run bench -- create --database mariadb|sqlite --connections 32 --seconds 10 --rounds 3 [--keyed] [--profile <folder>]
 *   npm run bench -- query  --database mariadb|sqlite … [--pending]
 *   npm run bench -- start  [--channels 25]
 *   npm run bench -- memory [--database mariadb|sqlite] [--payments 100000]
 *   npm run bench -- all          everything, and the table in docs/performance.md
 */
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { benchCreate, benchQuery } from './create-and-query.ts';
import { benchMemory } from './memory.ts';
import { printMemory, printOutcome, printStart } from './print.ts';
import type { Engine } from './rig.ts';
import { benchStart } from './start-time.ts';
import { memoryKib } from './usage.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    database: { type: 'string', default: 'sqlite' },
    connections: { type: 'string', default: '32' },
    seconds: { type: 'string', default: '10' },
    rounds: { type: 'string', default: '3' },
    payments: { type: 'string', default: '100000' },
    channels: { type: 'string', default: '25' },
    keyed: { type: 'boolean', default: false },
    pending: { type: 'boolean', default: false },
    profile: { type: 'string' },
  },
});

async function main(): Promise<number> {
  const pace = {
    connections: Number(values.connections),
    seconds: Number(values.seconds),
    rounds: Number(values.rounds),
    isKeyed: values.keyed,
    isPending: values.pending,
  };
  const engine = values.database as Engine;
  console.error(
    `load average ${loadavg()
      .map((one) => Math.round(one * 10) / 10)
      .join(' ')}`,
  );
  const [command] = positionals;
  if (command === 'create') console.log(printOutcome('create', await benchCreate(engine, pace, values.profile ?? null)));
  else if (command === 'query') console.log(printOutcome('query', await benchQuery(engine, pace, values.profile ?? null)));
  else if (command === 'start')
    console.log(printStart(await benchStart(pace.rounds, Number(values.channels), (pid) => memoryKib(pid).now)));
  else if (command === 'memory') console.log(printMemory(await benchMemory(engine, Number(values.payments), pace)));
  else return 2;
  return 0;
}

process.exitCode = await main();
