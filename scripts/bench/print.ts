import type { Outcome } from './create-and-query.ts';
import type { Measured } from './latency.ts';
import type { MemoryCourse } from './memory.ts';
import type { StartTimes } from './start-time.ts';

/** The lines that one comparison adds to the console. */
export function printOutcome(what: string, outcome: Outcome): string {
  const { raw, server, echo, atHalfLoad, permille } = outcome;
  const row = (name: string, one: Measured) =>
    `  ${name.padEnd(14)} ${whole(one.perSecond).padStart(7)}/s  p50 ${ms(one.p50Ms)}  p99 ${ms(one.p99Ms)}  CPU ${cpu(one)}`;
  return [
    `${what} on ${outcome.engine} (${outcome.durability})`,
    row('raw loop', raw),
    row('server', server),
    row('at half load', atHalfLoad),
    `  echo           ${whole(echo.perSecond).padStart(7)}/s  p50 ${ms(echo.p50Ms)}  p99 ${ms(echo.p99Ms)}`,
    `  server / raw   ${permille.map((one) => ratio(one)).join('  ')}   peak memory ${whole(outcome.peakKib / 1024)} MiB`,
    `  answers        ${JSON.stringify(outcome.answers)}`,
    ...outcome.statements.map((sql) => `  ${sql}`),
  ].join('\n');
}

export function ratio(permille: number): string {
  return `${(permille / 1000).toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}×`;
}

export function whole(value: number): string {
  return String(Math.round(value));
}

export function ms(value: number): string {
  return `${value.toLocaleString('en', { maximumFractionDigits: 1, minimumFractionDigits: 1 })} ms`;
}

export function cpu(measured: Measured): string {
  return Object.entries(measured.cpuUs)
    .filter(([name]) => name !== 'generator')
    .map(([name, us]) => `${name} ${whole(us)} µs`)
    .join(', ');
}

export function printStart({ channels, server, bare, idleKib }: StartTimes): string {
  return [
    `start to first payment, SQLite, ${channels} channels`,
    `  server         ${server.map(whole).join('  ')} ms, in the middle ${whole(median(server))} ms`,
    `  libraries only ${bare.map(whole).join('  ')} ms, in the middle ${whole(median(bare))} ms`,
    `  idle           ${mib(idleKib)}`,
  ].join('\n');
}

export function printMemory({ engine, payments, idleKib, peakKib, tenthsKib, rates }: MemoryCourse): string {
  return [
    `memory on ${engine}, ${payments} payments`,
    `  idle ${mib(idleKib)}, highest ${mib(peakKib)}`,
    `  after each tenth   ${tenthsKib.map(mib).join('  ')}`,
    `  creates a second   ${rates.join('  ')}`,
  ].join('\n');
}

export function mib(kib: number): string {
  return `${whole(kib / 1024)} MiB`;
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
