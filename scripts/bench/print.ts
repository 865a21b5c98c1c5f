import type { ChannelsCost, LoadCost } from './channels.ts';
import type { Outcome } from './create-and-query.ts';
import type { Growth, Pair } from './growth.ts';
import type { Measured } from './latency.ts';
import type { MemoryCourse } from './memory.ts';
import type { StartTimes } from './start-time.ts';
import type { Pace } from './wechat.ts';

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

export function printGrowth({ engine, payments, fillSec, largeBytes, creates, queries }: Growth): string {
  const line = (name: string, pairs: readonly Pair[]) => {
    const rates = pairs.map(({ small, large }) => `${small}–${large}/s (${ratio(Math.round((large * 1000) / small))})`);
    return `  ${name.padEnd(8)} ${rates.join('  ')}`;
  };
  const size = largeBytes === null ? '' : `, ${mib(largeBytes / 1024)} on disk`;
  const title = `growth on ${engine}: over 10000 payments and over ${payments} (filled in ${fillSec} s${size})`;
  return [title, line('create', creates), line('query', queries)].join('\n');
}

export function printChannels({ loads, rounds, idleKib, wechat }: ChannelsCost): string {
  const { raw, plugin, wired } = wechat;
  const total = (pick: (one: LoadCost) => number) => loads.reduce((sum, one) => sum + pick(one), 0);
  const all = {
    id: 'all',
    leastUs: total((one) => one.leastUs),
    middleUs: total((one) => one.middleUs),
    heldBytes: total((one) => one.heldBytes),
  };
  const line = ({ id, leastUs, middleUs, heldBytes }: LoadCost) =>
    `  ${id.padEnd(14)} ${ms(leastUs / 1000).padStart(8)}  ${ms(middleUs / 1000).padStart(8)}  ${whole(heldBytes / 1024).padStart(5)} KiB`;
  return [
    `loading each channel, ${rounds} processes: processor time in the quietest and in the middle one, held`,
    ...[...loads, all].map(line),
    `idle server with all of them ${mib(idleKib)}`,
    'WeChat Pay: creates a second (processor time of each)',
    `  raw sign and verify      ${raw.map(describePace).join('  ')}`,
    `  channel, from memory     ${plugin.map(describePace).join('  ')}`,
    `  channel, over the wire   ${wired.map(describePace).join('  ')}`,
    `  from memory / raw        ${describeShares(raw, plugin, 0)}`,
    `  over the wire / raw      ${describeShares(raw, wired, 1)}`,
  ].join('\n');
}

function describePace({ perSecond, cpuUs }: Pace): string {
  return `${perSecond} (${cpuUs} µs)`;
}

/** Each by the mean of the two raw loops around it, because the machine's speed drifts. Two raw loops belong to a round. */
function describeShares(raw: readonly Pace[], paces: readonly Pace[], offset: number): string {
  const around = (round: number) => raw.slice(round * 2 + offset, round * 2 + offset + 2);
  const sum = (list: readonly Pace[], pick: (one: Pace) => number) => list.reduce((all, one) => all + pick(one), 0);
  const byRate = paces.map((one, round) => Math.round((one.perSecond * 2000) / sum(around(round), (each) => each.perSecond)));
  const byCpu = paces.map((one, round) => Math.round((sum(around(round), (each) => each.cpuUs) * 500) / one.cpuUs));
  return `${byRate.map(ratio).join('  ')}, in the middle ${ratio(median(byRate))}; by processor time ${ratio(median(byCpu))}`;
}

export function mib(kib: number): string {
  return `${whole(kib / 1024)} MiB`;
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
