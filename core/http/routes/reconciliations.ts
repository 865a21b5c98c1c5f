import { Readable } from 'node:stream';
import type { z } from 'zod';
import type { ApiKey, App } from '../../access/directory.ts';
import { refuse } from '../../errors.ts';
import type { Kernel } from '../../payments/deps.ts';
import { reportTypes, writeReport } from '../../reconciliation/report.ts';
import { listSeenAccounts } from '../../reconciliation/sight.ts';
import { viewReconciliation } from '../../reconciliation/view.ts';
import { listReconciliations, type ReconciliationRow, readReconciliation } from '../../store/tables/reconciliations.ts';
import { answer, defineRoute } from '../route.ts';
import { readPageQuery } from './read-page.ts';
import { listReconciliationsQuery, reconciliationView, reportQuery } from './reconciliation-schemas.ts';
import { listOf } from './schemas.ts';

type None = z.ZodType<Record<string, never>>;

/** `/v1/reconciliations`: what each day of each account came to. */
export function reconciliationRoutes(kernel: Kernel) {
  return [listRoute(kernel), readRoute(kernel), reportRoute(kernel)];
}

function listRoute(kernel: Kernel) {
  return defineRoute<None, typeof listReconciliationsQuery, App, ApiKey>({
    id: 'reconciliations.list',
    method: 'GET',
    path: '/v1/reconciliations',
    summary: 'List the days that were compared with the vendors’ statements, newest first',
    tag: 'Reconciliation',
    scope: 'reconciliation:read',
    query: listReconciliationsQuery,
    answers: { 200: listOf(reconciliationView) },
    async handle({ app, query }) {
      const page = await readPageQuery(query, async (id) => (await ownReconciliation(kernel, app, id)) !== null);
      if ('kind' in page) return page;
      const seen = await listSeenAccounts(kernel, app);
      const accountIds = seen.filter((id) => query.account === undefined || id === query.account);
      const found = await listReconciliations(kernel.database, { accountIds, day: query.day, state: query.state }, page);
      return answer(200, { object: 'list', data: found.rows.map(viewReconciliation), has_more: found.hasMore });
    },
  });
}

function readRoute(kernel: Kernel) {
  return defineRoute<None, None, App, ApiKey>({
    id: 'reconciliations.read',
    method: 'GET',
    path: '/v1/reconciliations/:id',
    summary: 'Read what one day of one account came to',
    tag: 'Reconciliation',
    scope: 'reconciliation:read',
    answers: { 200: reconciliationView },
    async handle({ app, params }) {
      const row = await ownReconciliation(kernel, app, params.id);
      return row === null ? refuse('not_found') : answer(200, viewReconciliation(row));
    },
  });
}

function reportRoute(kernel: Kernel) {
  return defineRoute<None, typeof reportQuery, App, ApiKey>({
    id: 'reconciliations.report',
    method: 'GET',
    path: '/v1/reconciliations/:id/report',
    summary: 'Read a day as a file: CSV, text or XLSX',
    tag: 'Reconciliation',
    scope: 'reconciliation:read',
    query: reportQuery,
    answers: {},
    files: Object.values(reportTypes),
    async handle({ app, params, query }) {
      const row = await ownReconciliation(kernel, app, params.id);
      if (row === null) return refuse('not_found');
      const { format = 'csv', content = 'discrepancies' } = query;
      const name = `${content}-${row.channel}-${row.day}.${format}`;
      const body = Readable.from(writeReport(kernel.database, row, content, format), { objectMode: false });
      return {
        ...answer(200, undefined),
        headers: { 'Content-Disposition': `attachment; filename="${name}"` },
        raw: { contentType: reportTypes[format], body },
      };
    },
  });
}

async function ownReconciliation(kernel: Kernel, app: App, id: string | undefined): Promise<ReconciliationRow | null> {
  const row = await readReconciliation(kernel.database, id ?? '');
  return row !== null && (await listSeenAccounts(kernel, app)).includes(row.account_id) ? row : null;
}
