import type { AttemptRow } from '../store/tables/attempts.ts';

/** A way to pay at one account. */
interface Way {
  readonly method: string;
  readonly accountId: string;
}

/** Whether this account has declined the payment by this method. A shopper who went back himself was not declined. */
function hasDeclined(attempts: readonly AttemptRow[], { method, accountId }: Way): boolean {
  return attempts.some((one) => one.state === 'failed' && one.method === method && one.account_id === accountId && !isCancelled(one));
}

function isCancelled({ failure }: AttemptRow): boolean {
  return failure !== null && (JSON.parse(failure) as { code: string }).code === 'payer_cancelled';
}

/** Those that have not declined the payment first, in the order they had. */
export function undeclinedFirst<T>(attempts: readonly AttemptRow[], ways: readonly T[], wayOf: (one: T) => Way): readonly T[] {
  const { fresh = [], declined = [] } = Object.groupBy(ways, (one) => (hasDeclined(attempts, wayOf(one)) ? 'declined' : 'fresh'));
  return [...fresh, ...declined];
}
