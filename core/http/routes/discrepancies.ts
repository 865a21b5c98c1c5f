import type { z } from 'zod';
import type { ApiKey, App } from '../../access/directory.ts';
import { refuse } from '../../errors.ts';
import type { Kernel } from '../../payments/deps.ts';
import { type Acted, type Acting, accept, adjust, assign, noteRefund, queryAgain, reopen, writeOff } from '../../reconciliation/act.ts';
import { listSeenAccounts } from '../../reconciliation/sight.ts';
import { viewDiscrepancy } from '../../reconciliation/view.ts';
import { refund } from '../../refunds/refund.ts';
import { type DiscrepancyRow, listDiscrepancies, readDiscrepancy, readDiscrepancyActions } from '../../store/tables/discrepancies.ts';
import { answer, defineRoute } from '../route.ts';
import { readPageQuery } from './read-page.ts';
import { hashOf } from './read-payment.ts';
import { adjustBody, assignBody, discrepancyView, listDiscrepanciesQuery, noteBody, refundBody } from './reconciliation-schemas.ts';
import { listOf } from './schemas.ts';

type None = z.ZodType<Record<string, never>>;

/** `/v1/discrepancies`: what does not agree, and what is done about it. `aloneUpTo`: what one key may write off alone. */
export function discrepancyRoutes(kernel: Kernel, aloneUpTo: () => number) {
  const by = (name: string, summary: string, act: (acting: Acting) => Promise<Acted>) => actRoute(kernel, name, summary, noteBody, act);
  return [
    listRoute(kernel),
    readRoute(kernel),
    by('accept', 'Take a discrepancy for right as it is; beyond a threshold it takes two keys', (acting) =>
      accept(kernel, acting, aloneUpTo()),
    ),
    by('query', 'Ask the vendor once more, and end the discrepancy if both agree by now', (acting) => queryAgain(kernel, acting)),
    refundRoute(kernel),
    actRoute(kernel, 'assign', 'Say who looks after a discrepancy', assignBody, (acting, { owner }) => assign(kernel, acting, owner)),
    actRoute(kernel, 'adjust', adjustSummary, adjustBody, (acting, { reason, amount, currency }, { id }) =>
      adjust(kernel, acting, { reason, amount, currency, appId: id }, aloneUpTo()),
    ),
    by('write_off', 'Look for the money no more; beyond a threshold it takes two keys', (acting) => writeOff(kernel, acting, aloneUpTo())),
    by('reopen', 'Take back how a discrepancy was ended', (acting) => reopen(kernel, acting)),
  ];
}

function listRoute(kernel: Kernel) {
  return defineRoute<None, typeof listDiscrepanciesQuery, App, ApiKey>({
    id: 'discrepancies.list',
    method: 'GET',
    path: '/v1/discrepancies',
    summary: 'List what does not agree with the vendors’ statements, newest first',
    tag: 'Reconciliation',
    scope: 'reconciliation:read',
    query: listDiscrepanciesQuery,
    answers: { 200: listOf(discrepancyView) },
    async handle({ app, query }) {
      const page = await readPageQuery(query, async (id) => (await ownDiscrepancy(kernel, app, id)) !== null);
      if ('kind' in page) return page;
      const { state, class: name, reconciliation, payment, owner } = query;
      const accountIds = await listSeenAccounts(kernel, app);
      const filter = { appId: app.id, accountIds, state, class: name, reconciliation, payment, owner };
      const found = await listDiscrepancies(kernel.database, filter, page);
      return answer(200, {
        object: 'list',
        data: found.rows.map((row) => viewDiscrepancy(row, kernel.clock.now())),
        has_more: found.hasMore,
      });
    },
  });
}

function readRoute(kernel: Kernel) {
  return defineRoute<None, None, App, ApiKey>({
    id: 'discrepancies.read',
    method: 'GET',
    path: '/v1/discrepancies/:id',
    summary: 'Read a discrepancy and all that was done about it',
    tag: 'Reconciliation',
    scope: 'reconciliation:read',
    answers: { 200: discrepancyView },
    async handle({ app, params }) {
      const row = await ownDiscrepancy(kernel, app, params.id);
      return row === null ? refuse('not_found') : answer(200, await viewWhole(kernel, row));
    },
  });
}

const adjustSummary = 'End a discrepancy by an entry of the ledger; beyond a threshold it takes two keys';

function actRoute<B extends z.ZodType<{ note: string }>>(
  kernel: Kernel,
  name: string,
  summary: string,
  body: B,
  act: (acting: Acting, body: z.infer<B>, app: App) => Promise<Acted>,
) {
  return defineRoute<B, None, App, ApiKey>({
    id: `discrepancies.${name}`,
    method: 'POST',
    path: `/v1/discrepancies/:id/${name}`,
    summary,
    tag: 'Reconciliation',
    scope: 'reconciliation:write',
    body,
    answers: { 200: discrepancyView },
    async handle({ app, key, params, body: asked }) {
      const row = await ownDiscrepancy(kernel, app, params.id);
      if (row === null) return refuse('not_found');
      const acted = await act({ id: row.id, actor: key.id, note: asked.note }, asked, app);
      if (acted.kind === 'not_adjustable') return refuse('discrepancy_not_adjustable');
      return acted.kind === 'discrepancy' ? answer(200, await viewWhole(kernel, acted.discrepancy)) : refuse('discrepancy_not_open');
    },
  });
}

function refundRoute(kernel: Kernel) {
  return defineRoute<typeof refundBody, None, App, ApiKey>({
    id: 'discrepancies.refund',
    method: 'POST',
    path: '/v1/discrepancies/:id/refund',
    summary: 'Refund the payment of a discrepancy, and end it',
    tag: 'Reconciliation',
    scope: 'reconciliation:write',
    body: refundBody,
    answers: { 200: discrepancyView },
    async handle({ app, key, params, body }) {
      const row = await ownDiscrepancy(kernel, app, params.id);
      if (row === null) return refuse('not_found');
      if (!key.scopes.some((scope) => scope === '*' || scope === 'refunds:write')) return refuse('forbidden');
      if (row.state === 'resolved' || row.payment_id === null) return refuse('discrepancy_not_open');
      // The discrepancy's id is the refund's number: however often it is asked for, it is one refund.
      const asked = { paymentId: row.payment_id, merchantRefundNo: row.id, amount: body.amount, reason: body.note };
      const result = await refund(kernel, app, { ...asked, hash: hashOf({ ...asked }) });
      if (result.kind === 'refused') return result;
      const acted = await noteRefund(kernel, { id: row.id, actor: key.id, note: body.note });
      return acted.kind === 'discrepancy' ? answer(200, await viewWhole(kernel, acted.discrepancy)) : refuse('discrepancy_not_open');
    },
  });
}

const viewWhole = async (kernel: Kernel, row: DiscrepancyRow) =>
  viewDiscrepancy(row, kernel.clock.now(), await readDiscrepancyActions(kernel.database, row.id));

/** One of another merchant does not exist for this app. */
async function ownDiscrepancy(kernel: Kernel, app: App, id: string | undefined): Promise<DiscrepancyRow | null> {
  const row = await readDiscrepancy(kernel.database, id ?? '');
  if (row === null) return null;
  // What is known to be about another app's payment is its business, on a shared account too.
  if (row.app_id !== null && row.app_id !== app.id) {
    const owner = kernel.apps.get(row.app_id);
    if (owner?.merchantId !== app.merchantId || owner.livemode !== app.livemode) return null;
  }
  return row.app_id === app.id || (await listSeenAccounts(kernel, app)).includes(row.account_id) ? row : null;
}
