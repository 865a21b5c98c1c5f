import type { ReportFormat } from '../../core/reconciliation/report.ts';
import { openDatabase } from '../../core/store/open.ts';
import { insertDiscrepancies } from '../../core/store/tables/discrepancies.ts';
import { insertReconciliation, type ReconciliationRow } from '../../core/store/tables/reconciliations.ts';
import { runPart } from './child.ts';
import type { Exported, ExportJob } from './export-report.ts';
import { describeMachine, type Figure, type Report } from './report.ts';
import { makeRig, type Rig } from './rig.ts';
import type { Given } from './serve.ts';
import { serverOptions } from './server.ts';

const formats: readonly ReportFormat[] = ['xlsx', 'csv', 'txt'];
const rowsAtOnce = 500;

const day: ReconciliationRow = {
  ...{ id: 'rec_bench', account_id: 'acc_bench', channel: 'wechat', livemode: 0, day: '2026-05-01', state: 'done', reason: null },
  ...{ tries: 0, due_at: null, entries: 0, totals: '[]', created_at: 0, done_at: 0 },
};

/** A day on which so many entries do not agree, as a file of each format. */
export async function benchExport({ engine, payments: rows, pace }: Given): Promise<Report> {
  const rig = await makeRig({ engine, connections: pace.connections });
  try {
    const where = { url: engine === 'sqlite' ? null : rig.database, dataDir: rig.folder };
    await fill(where, rows);
    const figures: Figure[] = [];
    for (const format of formats) figures.push(...(await exportOnce(rig, { ...where, reconciliationId: day.id, format })));
    const conditions = `${rows.toLocaleString('en')} rows; ${rig.durability}; ${describeMachine()}`;
    return { workload: 'export', conditions, figures };
  } finally {
    await rig.remove();
  }
}

async function exportOnce({ folder }: Rig, job: Omit<ExportJob, 'file'>): Promise<readonly Figure[]> {
  const part = new URL('./export-report.ts', import.meta.url);
  const full: ExportJob = { ...job, file: `${folder}/report.${job.format}` };
  const { tookMs, cpuMs, peakMib, bytes } = await runPart<Exported>(part, full, { args: serverOptions });
  const goals = job.format === 'xlsx' ? { tookMs: 3000, peakMib: 150 } : {};
  return [
    { name: `${job.format}: from the call to the last byte`, value: tookMs, unit: 'ms', better: 'lower', ...goalOf(goals.tookMs) },
    { name: `${job.format}: processor time`, value: cpuMs, unit: 'ms', better: 'lower' },
    { name: `${job.format}: memory, highest`, value: peakMib, unit: 'MiB', better: 'lower', ...goalOf(goals.peakMib) },
    { name: `${job.format}: bytes`, value: bytes, unit: 'count' },
  ];
}

const goalOf = (goal: number | undefined) => (goal === undefined ? {} : { goal });

async function fill(where: { readonly url: string | null; readonly dataDir: string }, rows: number): Promise<void> {
  const { database, close } = await openDatabase(where);
  await database.transaction((tx) => insertReconciliation(tx, day));
  for (let from = 0; from < rows; from += rowsAtOnce)
    await database.transaction((tx) =>
      insertDiscrepancies(
        tx,
        Array.from({ length: Math.min(rowsAtOnce, rows - from) }, (_, at) => rowOf(from + at)),
      ),
    );
  await close();
}

function rowOf(at: number) {
  const number = String(at).padStart(26, '0');
  return {
    ...{ id: `dis_${number}`, reconciliation_id: day.id, entry_key: number, account_id: day.account_id, channel: day.channel },
    ...{ app_id: 'app_bench', livemode: 0, day: day.day, class: 'amount_differs', kind: 'payment', number, channel_no: `42${number}` },
    ...{ currency: 'CNY', amount_here: 100 + at, amount_there: 101 + at, fee_here: 1, fee_there: 1, payment_id: `pay_${number}` },
    ...{
      subject_id: `att_${number}`,
      file_id: null,
      entry: at,
      evidence: null,
      occurred_at: 1_777_593_600_000 + at,
      state: 'open' as const,
    },
    ...{ reason: null, owner: null, asked_by: null, version: 0, created_at: 0, resolved_at: null },
  };
}
