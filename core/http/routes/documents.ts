import type { z } from 'zod';
import type { ApiKey, App } from '../../access/directory.ts';
import { type OpenAccount, serves } from '../../channels/accounts.ts';
import { type FieldFault, faultOf, refuse } from '../../errors.ts';
import { type BusinessDays, businessDaysOf, dayOf } from '../../reconciliation/day.ts';
import { giveDocument } from '../../reconciliation/import.ts';
import type { ReconcileDeps } from '../../reconciliation/reconcile.ts';
import { listSeenAccounts } from '../../reconciliation/sight.ts';
import { viewReconciliation } from '../../reconciliation/view.ts';
import { refuseFaults } from '../faults.ts';
import { answer, defineRoute } from '../route.ts';
import { documentQuery, documentView } from './reconciliation-schemas.ts';

/** As vendors and people send them. What a document is, its reader finds out; the type decides nothing. */
const types = [
  'text/csv',
  'text/plain',
  'application/json',
  'application/zip',
  'application/gzip',
  'application/octet-stream',
  'application/vnd.ms-excel',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
];
const busyForSec = 5;
/** Where a day ends first. Of an account that is not known, no zone is known. */
const firstOver: BusinessDays = { zone: 'Etc/GMT-14', cutOff: '12:00' };

/** `/v1/reconciliations/documents`: statements that come by hand. */
export function documentRoutes(deps: ReconcileDeps, maxBytes: () => number) {
  return [giveRoute(deps, maxBytes)];
}

function giveRoute(deps: ReconcileDeps, maxBytes: () => number) {
  return defineRoute<z.ZodType<Record<string, never>>, typeof documentQuery, App, ApiKey>({
    id: 'reconciliations.give_document',
    method: 'POST',
    path: '/v1/reconciliations/documents',
    summary: 'Give the statement of a day that came by hand; it is compared within a minute',
    tag: 'Reconciliation',
    scope: 'reconciliation:write',
    // The file's own hash makes a repeat harmless.
    idempotent: false,
    file: { types, maxBytes },
    query: documentQuery,
    moreQueryFaults: (app, { account }) => (account === undefined || mayBeSeen(deps, app, account) ? [] : [unknownAccount()]),
    answers: { 200: documentView, 202: documentView },
    async handle({ app, query: { account: id, day, name }, file }) {
      const account = await findAccount(deps, app, id);
      const faults = account === null ? [unknownAccount()] : [];
      const late = dayFault(deps, account, day);
      if (account === null || late !== null) return refuseFaults([...faults, ...(late === null ? [] : [late])]);
      const given = await giveDocument(deps, account, day, { name: name ?? `given for ${day}`, content: file });
      if (given.kind === 'busy') return refuse('reconciliation_busy', { retryAfterSec: busyForSec });
      const document = { sha256: given.sha256, is_known: given.kind === 'known' };
      return answer(document.is_known ? 200 : 202, { ...viewReconciliation(given.reconciliation), document });
    },
  });
}

const unknownAccount = () => faultOf('account', 'account_unknown');

/** Those of others, of the other mode and of channels without statements are unknown alike. */
async function findAccount(deps: ReconcileDeps, app: App, id: string): Promise<OpenAccount | null> {
  const isSeen = mayBeSeen(deps, app, id) && (await listSeenAccounts(deps.kernel, app)).includes(id);
  return isSeen ? (deps.kernel.channels.account(id) ?? null) : null;
}

/** What memory alone can say. Whether one that all merchants share may be seen, the database knows. */
function mayBeSeen({ kernel }: ReconcileDeps, { merchantId, livemode }: App, id: string): boolean {
  const account = kernel.channels.account(id);
  if (account?.channel.readStatement === undefined) return false;
  return serves(account.record, merchantId, livemode);
}

function dayFault({ kernel }: ReconcileDeps, account: OpenAccount | null, day: string): FieldFault | null {
  const businessDays = account === null ? firstOver : businessDaysOf(account.manifest);
  const isOver = day < dayOf(kernel.clock.now().getTime(), businessDays);
  return isOver ? null : faultOf('day', 'day_not_over', { zone: businessDays.zone });
}
