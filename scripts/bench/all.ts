import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import type { Pace } from './compare.ts';
import { benchCreate, benchQuery, type Outcome } from './create-and-query.ts';
import { benchMemory, type MemoryCourse } from './memory.ts';
import { cpu, median, mib, ms, ratio, whole } from './print.ts';
import { benchStart, type StartTimes } from './start-time.ts';
import { memoryKib } from './usage.ts';

const page = new URL('../../docs/performance.md', import.meta.url);
const begin = '<!-- figures: npm run bench -- all -->';
const end = '<!-- end of figures -->';
const startRounds = 7;
const manyChannels = 25;

/** Measures everything and puts the figures, with the conditions they were measured under, into the documentation. */
export async function benchAll(pace: Pace, payments: number): Promise<void> {
  const loadBefore = loadNow();
  const rows: string[] = [];
  const outcomes: Outcome[] = [];
  for (const engine of ['mariadb', 'sqlite'] as const) {
    const made = await benchCreate(engine, pace, null);
    const read = await benchQuery(engine, pace, null);
    outcomes.push(made);
    rows.push(...comparedRows('create', made), ...comparedRows('query', read));
  }
  const many = await benchStart(startRounds, manyChannels, (pid) => memoryKib(pid).now);
  const one = await benchStart(startRounds, 1, (pid) => memoryKib(pid).now);
  const memory = await benchMemory('sqlite', payments, pace);
  const conditions = describeConditions(pace, outcomes, `${loadBefore} before, ${loadNow()} after`);
  write([conditions, comparedHead, ...rows, '', startRows(many, one), '', memoryRows(memory), '', statementList(outcomes)].join('\n'));
}

const comparedHead = [
  '| what | side | rate | p50 | p99 | CPU of each operation | ratio in each round |',
  '|---|---|---|---|---|---|---|',
].join('\n');

function comparedRows(what: string, { engine, raw, server, atHalfLoad, echo, permille }: Outcome): readonly string[] {
  const name = `${what}, ${engine === 'mariadb' ? 'MariaDB' : 'SQLite'}`;
  const row = (side: string, one: Outcome['raw'], spent: string, shares: string) =>
    `| ${name} | ${side} | ${whole(one.perSecond)}/s | ${ms(one.p50Ms)} | ${ms(one.p99Ms)} | ${spent} | ${shares} |`;
  return [
    row('raw loop', raw, cpu(raw), ''),
    row('server', server, cpu(server), permille.map(ratio).join(' ')),
    row('server, half load, constant rate', atHalfLoad, cpu(atHalfLoad), ''),
    row('HTTP echo', echo, '', ''),
  ];
}

function describeConditions(pace: Pace, outcomes: readonly Outcome[], load: string): string {
  const [processor] = cpus();
  const machine = `${cpus().length} × ${processor?.model.trim() || 'unnamed processor'}, ${whole(totalmem() / 2 ** 30)} GiB`;
  return [
    `- Machine: ${machine}, Linux, Node ${process.versions.node}; load average ${load}.`,
    ...outcomes.map(({ durability }) => `- ${durability}.`),
    `- ${pace.connections} connections, ${pace.seconds} s after 2 s of warm-up, ${pace.rounds} rounds of raw loop, server, raw loop, echo.`,
    `- Log level warn; a pool of as many connections as the generator has; one process of each kind.`,
    '',
    '',
  ].join('\n');
}

function startRows(many: StartTimes, one: StartTimes): string {
  const row = (name: string, times: readonly number[]) =>
    `| ${name} | ${whole(median(times))} ms | ${times
      .toSorted((a, b) => a - b)
      .map(whole)
      .join(' ')} |`;
  return [
    '| start to first payment, SQLite | in the middle | all, in ms |',
    '|---|---|---|',
    row(`${many.channels} channels`, many.server),
    row('1 channel', one.server),
    row('koa, mysql2 and sequelize alone', [...many.bare, ...one.bare]),
  ].join('\n');
}

function memoryRows({ payments, idleKib, peakKib, tenthsKib, rates }: MemoryCourse): string {
  return [
    `| resident memory, SQLite, ${manyChannels} channels, ${whole(payments)} payments | |`,
    '|---|---|',
    `| idle | ${mib(idleKib)} |`,
    `| highest | ${mib(peakKib)} |`,
    `| after each tenth | ${tenthsKib.map(mib).join(', ')} |`,
    `| creates a second in each tenth | ${rates.join(', ')} |`,
  ].join('\n');
}

function statementList(outcomes: readonly Outcome[]): string {
  const list = outcomes[0]?.statements ?? [];
  const short = (sql: string) => sql.replace(/\(([a-z_]+,){6}[a-z_,]+\) VALUES .*/, '(every column) VALUES (…)');
  return [
    'The statements of one create, as recorded from the server and replayed by the raw loop:',
    '',
    '```sql',
    ...list.map(short),
    '```',
  ].join('\n');
}

function write(figures: string): void {
  const text = readFileSync(page, 'utf8');
  const from = text.indexOf(begin) + begin.length;
  const to = text.indexOf(end);
  if (to < from) throw new Error(`${page.pathname} has no place for the figures`);
  writeFileSync(page, `${text.slice(0, from)}\n\n${figures}\n\n${text.slice(to)}`);
}

function loadNow(): string {
  return loadavg()
    .map((one) => one.toLocaleString('en', { maximumFractionDigits: 1 }))
    .join(' ');
}
