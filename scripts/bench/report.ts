import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';

/** One figure of a run. A goal is told beside it; it does not fail the run, because the machine may be busy. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: 'ratio' | 'ms' | '1/s' | 'µs' | 'MiB' | 'count';
  /** What is better. Counts without it are conditions and not compared. */
  readonly better?: 'higher' | 'lower';
  readonly goal?: number;
}

/** What a workload says: its figures, under which conditions, and that the books were right. */
export interface Report {
  readonly workload: string;
  readonly conditions: string;
  readonly figures: readonly Figure[];
}

export interface Change {
  readonly name: string;
  readonly before: number;
  readonly after: number;
  /** The later by the earlier, in parts per thousand. */
  readonly permille: number;
  readonly isWorse: boolean;
}

export function describeMachine(): string {
  const load = loadavg().map(short).join(' ');
  return `Node ${process.versions.node}, ${cpus().length} cores, load average ${load}`;
}

export function printReport({ workload, conditions, figures }: Report): string {
  const width = Math.max(...figures.map(({ name }) => name.length));
  const rows = figures.map((one) => `  ${one.name.padEnd(width)}  ${describe(one).padStart(14)}${judge(one)}`);
  return [`${workload} (${conditions})`, ...rows].join('\n');
}

function describe({ value, unit }: Figure): string {
  return `${short(value)}${unit === 'count' ? '' : unit === 'ratio' ? '×' : ` ${unit}`}`;
}

function judge(figure: Figure): string {
  if (figure.goal === undefined) return '';
  const sign = figure.better === 'higher' ? '≥' : '≤';
  return `   goal ${sign} ${short(figure.goal)}: ${isMet(figure) ? 'met' : 'MISSED'}`;
}

export function isMet({ value, goal, better }: Figure): boolean {
  return goal === undefined || (better === 'higher' ? value >= goal : value <= goal);
}

function short(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: value < 100 ? 2 : 0 });
}

export function writeReport(file: string, report: Report): void {
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
}

export function readReport(file: string): Report {
  const read = JSON.parse(readFileSync(file, 'utf8')) as Partial<Report>;
  if (typeof read.workload !== 'string' || !Array.isArray(read.figures)) throw new TypeError(`${file} holds no run of the benchmark`);
  return read as Report;
}

/** Each figure that both runs have, and whether it became worse by more than the tolerance. */
export function compareReports(before: Report, after: Report, tolerancePercent: number): readonly Change[] {
  if (before.workload !== after.workload) throw new RangeError(`${before.workload} cannot be compared with ${after.workload}`);
  return after.figures.flatMap((figure) => {
    const earlier = before.figures.find(({ name }) => name === figure.name);
    return earlier === undefined || figure.better === undefined ? [] : [changeOf(earlier.value, figure, tolerancePercent)];
  });
}

function changeOf(before: number, { name, value, better }: Figure, tolerancePercent: number): Change {
  const permille = before === 0 ? (value === 0 ? 1000 : Number.POSITIVE_INFINITY) : Math.round((value * 1000) / before);
  const isWorse = better === 'higher' ? permille < 1000 - tolerancePercent * 10 : permille > 1000 + tolerancePercent * 10;
  return { name, before, after: value, permille, isWorse };
}

export function printChanges(changes: readonly Change[], tolerancePercent: number): string {
  const width = Math.max(0, ...changes.map(({ name }) => name.length));
  const row = ({ name, before, after, permille, isWorse }: Change) =>
    `  ${name.padEnd(width)}  ${short(before).padStart(10)} → ${short(after).padStart(10)}  ${short(permille / 1000)}×${isWorse ? '  WORSE' : ''}`;
  return [`compared with the earlier run, worse beyond ${tolerancePercent} %`, ...changes.map(row)].join('\n');
}
