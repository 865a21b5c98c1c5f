import type { OpenAccount } from '../channels/accounts.ts';
import type { Caller } from '../channels/call.ts';
import type { NotSent, Rejected, Unknown } from '../contract/outcome.ts';
import type { StatementDocument } from '../contract/statement.ts';

/** What came of asking for a day. `kept` counts the documents that were taken whole. */
export type Fetched =
  | { readonly kind: 'ready'; readonly kept: number }
  | { readonly kind: 'empty' }
  | { readonly kind: 'notYet' }
  | Rejected
  | NotSent
  | Unknown;

/**
 * Asks an account's vendor for the statement of a day. Each document goes through `keep` while the call lasts; one that breaks
 * off makes the whole unknown, and what was kept before it must not be believed.
 */
export async function fetchStatement(
  caller: Caller,
  account: OpenAccount,
  day: string,
  keep: (document: StatementDocument) => Promise<void>,
): Promise<Fetched> {
  const { channel } = account;
  if (channel.fetchStatement === undefined) return { kind: 'rejected', reason: 'unsupported' };
  return caller.call(account, 'statement', async (call): Promise<Fetched> => {
    const outcome = (await channel.fetchStatement?.(day, call)) as Awaited<ReturnType<NonNullable<typeof channel.fetchStatement>>>;
    if (outcome.kind !== 'ready') return outcome;
    let kept = 0;
    for await (const document of outcome.documents) {
      await keep(document);
      kept += 1;
    }
    return { kind: 'ready', kept };
  });
}
