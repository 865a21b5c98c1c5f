import type { Outcome } from './create-and-query.ts';
import type { Measured } from './latency.ts';

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
    row('echo', echo),
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
