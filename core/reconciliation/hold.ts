import type { OpenAccount } from '../channels/accounts.ts';
import { type Leased, runLeased } from '../jobs/lease.ts';
import type { ReconcileDeps } from './reconcile.ts';

const leaseMs = 60_000;

/** Runs `work` while nobody else brings in or compares a day of the account: what is half received would be taken for what died. */
export function holdAccount<T>(deps: ReconcileDeps, account: OpenAccount, work: (deps: ReconcileDeps) => Promise<T>): Promise<Leased<T>> {
  return runLeased(deps.kernel.database, { name: `reconcile ${account.id}`, ttlMs: leaseMs }, ({ database }) =>
    work({ ...deps, kernel: { ...deps.kernel, database } }),
  );
}
