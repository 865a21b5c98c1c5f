/**
 * Measures paymux beside what limits it, both in one run:
 *   npm run bench -- create --database mariadb|sqlite --connections 32 --seconds 10 --rounds 3 [--keyed] [--profile <folder>]
 *   npm run bench -- query  --database mariadb|sqlite … [--pending]
 *   npm run bench -- start  [--channels 25]
 *   npm run bench -- memory [--database mariadb|sqlite] [--payments 100000]
 *   npm run bench -- ledger [--database mariadb|sqlite]     transfers on one account, beside a naive conditional update
 *   npm run bench -- reconcile [--payments 1000000] [--rate 200]   a day against WeChat Pay's bill of it, and creates meanwhile
 *   npm run bench -- export [--payments 200000]    a day with so many disagreements, as a file of each format
 *   npm run bench -- growth [--database mariadb|sqlite] [--payments 1000000]   creates and queries over 10,000 payments and over many
 *   npm run bench -- channels     each channel at load, an idle server with all, and WeChat Pay beside raw RSA
 *   npm run bench -- checkout     how long a slow phone waits for the amount, and pages beside creates
 *   npm run bench -- all          everything, and the table in docs/performance.md
 *   npm run bench -- refund [--hot 20]             creates beside refunds, and 64 at once on each of so many payments
 *   npm run bench -- callback [--rate 500]         from a channel's callback to the merchant who is told
 *   npm run bench -- outage [--rate 100]           one of two accounts refuses, hangs, answers 500
 *   npm run bench -- notifications [--payments n]  all endpoints healthy, and a tenth of them dead
 * Those with a report take --json <file>, and --compare <file> [--tolerance <percent>]: 1 when something became worse.
 */
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { benchAll } from './all.ts';
import { benchChannels } from './channels.ts';
import { benchCheckout } from './checkout.ts';
import { benchCreate, benchQuery } from './create-and-query.ts';
import { benchGrowth } from './growth.ts';
import { benchLedger } from './ledger.ts';
import { benchMemory } from './memory.ts';
import { printChannels, printGrowth, printMemory, printOutcome, printStart } from './print.ts';
import { compareReports, printChanges, printReport, type Report, readReport, writeReport } from './report.ts';
import type { Engine } from './rig.ts';
import { benchStart } from './start-time.ts';
import { memoryKib } from './usage.ts';
import { workloads } from './workloads.ts';

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
    rate: { type: 'string', default: '500' },
    hot: { type: 'string', default: '20' },
    profile: { type: 'string' },
    json: { type: 'string' },
    compare: { type: 'string' },
    tolerance: { type: 'string', default: '20' },
  },
});

const usage =
  'usage: npm run bench -- create|query|start|memory|ledger|reconcile|export|growth|channels|checkout|callback|refund|outage|notifications|all [--database mariadb|sqlite] [--connections n] [--seconds n] [--rounds n]';

/** A whole number above zero; anything else is the caller's mistake. */
function count(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new RangeError(`not a number of things: ${text}`);
  return Number(text);
}

function engineOf(text: string): Engine {
  if (text !== 'sqlite' && text !== 'mariadb') throw new RangeError(`not a database: ${text}`);
  return text;
}

/** Prints a report, keeps it where it was asked for, and holds it against an earlier one. */
function tell(report: Report): number {
  console.log(printReport(report));
  if (values.json !== undefined) writeReport(values.json, report);
  if (values.compare === undefined) return 0;
  const tolerance = count(values.tolerance);
  const changes = compareReports(readReport(values.compare), report, tolerance);
  console.log(printChanges(changes, tolerance));
  return changes.some(({ isWorse }) => isWorse) ? 1 : 0;
}

async function main(): Promise<number> {
  const pace = {
    connections: count(values.connections),
    seconds: count(values.seconds),
    rounds: count(values.rounds),
    isKeyed: values.keyed,
    isPending: values.pending,
  };
  const engine = engineOf(values.database);
  const profile = values.profile ?? null;
  const payments = count(values.payments);
  const readKib = (pid: number) => memoryKib(pid).now;
  const load = loadavg().map((one) => one.toLocaleString('en', { maximumFractionDigits: 1 }));
  console.error(`load average ${load.join(' ')}`);
  const workload = workloads[positionals[0] ?? ''];
  const numbers = { payments, ratePerSecond: count(values.rate), hotPayments: count(values.hot) };
  if (workload !== undefined) return tell(await workload({ engine, pace, profile, ...numbers }));
  switch (positionals[0]) {
    case 'create':
      console.log(printOutcome('create', await benchCreate(engine, pace, profile)));
      return 0;
    case 'query':
      console.log(printOutcome('query', await benchQuery(engine, pace, profile)));
      return 0;
    case 'start':
      console.log(printStart(await benchStart(pace.rounds, count(values.channels), readKib)));
      return 0;
    case 'memory':
      console.log(printMemory(await benchMemory(engine, payments, pace)));
      return 0;
    case 'ledger':
      console.log(await benchLedger(engine, pace));
      return 0;
    case 'growth':
      console.log(printGrowth(await benchGrowth(engine, payments, pace)));
      return 0;
    case 'channels':
      console.log(printChannels(await benchChannels(pace.rounds, pace.seconds)));
      return 0;
    case 'checkout':
      console.log(await benchCheckout(pace.seconds));
      return 0;
    case 'all':
      await benchAll(pace, payments);
      return 0;
    default:
      console.error(usage);
      return 2;
  }
}

process.exitCode = await main();
