import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { type ReportFormat, writeReport } from '../../core/reconciliation/report.ts';
import { openDatabase } from '../../core/store/open.ts';
import { readReconciliation } from '../../core/store/tables/reconciliations.ts';
import { readJob } from './child.ts';

export interface ExportJob {
  readonly url: string | null;
  readonly dataDir: string;
  readonly reconciliationId: string;
  readonly format: ReportFormat;
  /** What is written. */
  readonly file: string;
}

export interface Exported {
  readonly tookMs: number;
  /** Of the processor, packing on other threads included. */
  readonly cpuMs: number;
  readonly peakMib: number;
  readonly bytes: number;
}

const kibPerMib = 1024;

/** In a process of its own: its memory is that of the export, and what a Node with a database has anyway. */
async function run({ url, dataDir, reconciliationId, format, file }: ExportJob): Promise<Exported> {
  const { database, close } = await openDatabase({ url, dataDir });
  const day = await readReconciliation(database, reconciliationId);
  if (day === null) throw new Error(`there is no day ${reconciliationId}`);
  const begun = performance.now();
  const cpu = process.cpuUsage();
  await pipeline(writeReport(database, day, 'discrepancies', format), createWriteStream(file));
  const tookMs = performance.now() - begun;
  const spent = process.cpuUsage(cpu);
  await close();
  const cpuMs = (spent.user + spent.system) / 1000;
  return { tookMs, cpuMs, peakMib: Math.round(process.resourceUsage().maxRSS / kibPerMib), bytes: (await stat(file)).size };
}

console.log(JSON.stringify(await run(await readJob<ExportJob>())));
