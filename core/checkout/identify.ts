import type { OpenAccount } from '../channels/accounts.ts';
import type { Payer } from '../contract/channel.ts';
import type { Kernel } from '../payments/deps.ts';
import { type SignIn, signInState } from './sign-in-state.ts';

/** Where the shopper's browser goes, for the vendor to tell who he is. Null: this account cannot ask. */
export function identifyUrlOf(kernel: Kernel, signIn: SignIn, returnUrl: string): string | null {
  return kernel.channels.account(signIn.accountId)?.channel.identifyUrl?.(returnUrl, signInState(signIn, kernel)) ?? null;
}

/** Who the shopper is, from the query that his browser came back with. Null: the vendor did not say. */
export async function identifyShopper(
  kernel: Kernel,
  { accountId }: SignIn,
  query: Readonly<Record<string, string>>,
): Promise<Payer | null> {
  const account = kernel.channels.account(accountId);
  if (account?.channel.identify === undefined) return null;
  const outcome = await askWho(kernel, account, query);
  if (outcome.kind === 'known') return outcome.payer;
  kernel.log.warn('the vendor did not say who the shopper is', { account: accountId, outcome: outcome.kind });
  return null;
}

async function askWho(kernel: Kernel, account: OpenAccount, query: Readonly<Record<string, string>>) {
  return kernel.caller.call(account, 'identify', async (call) => {
    const { channel } = account;
    return channel.identify === undefined ? ({ kind: 'refused', reason: 'none' } as const) : channel.identify(query, call);
  });
}
