import type { App } from '../access/directory.ts';
import type { OpenAccount } from '../channels/accounts.ts';
import { type Candidate, choose, missingPayerFields, takes, type Wanted } from '../channels/choose.ts';
import type { Payer } from '../contract/channel.ts';
import type { MethodManifest } from '../contract/manifest.ts';
import type { Kernel } from './deps.ts';
import { methodsOf, type NewPayment } from './request.ts';

/** What a payment asks of an account, whichever way it came about. */
export type Wish = Pick<NewPayment, 'amount' | 'currency' | 'orderLines' | 'payer'>;

/** The ways to pay what the merchant asks for, best first. Empty where the shopper has still to choose. */
export function findCandidates(kernel: Kernel, app: App, request: NewPayment): readonly Candidate[] {
  return candidatesFor(kernel, app, request, methodsOf(request));
}

/** The ways to pay by one of these methods, best first. */
export function candidatesFor(kernel: Kernel, app: App, wish: Wish, methods: readonly string[]): readonly Candidate[] {
  const isDown = (accountId: string) => kernel.caller.isOpen(accountId, 'pay');
  return choose(wantedOf(app, wish, methods), usableAccounts(kernel), kernel.nextTurn(), isDown);
}

export function usableAccounts(kernel: Kernel): readonly OpenAccount[] {
  return kernel.channels.payable().filter((account) => !kernel.caller.isQuarantined(account));
}

export function wantedOf(app: App, wish: Wish, methods: readonly string[]): Wanted {
  return {
    methods,
    merchantId: app.merchantId,
    livemode: app.livemode,
    amount: wish.amount,
    currency: wish.currency,
    lines: wish.orderLines.length,
    payer: wish.payer as Readonly<Record<string, unknown>>,
  };
}

/** A method that a shopper may choose, and what is still to be asked of him for it. */
export interface Offered {
  readonly method: MethodManifest;
  /** The first that takes it. */
  readonly account: OpenAccount;
  readonly missing: readonly (keyof Payer)[];
  /** Whether an account that has it answers. */
  readonly isUp: boolean;
}

/** What a page cannot ask a shopper for: a code that another device shows, and a token that only the vendor's own script makes. */
const neverAsked: readonly string[] = ['authCode', 'token'];

/** Every method that a shopper may choose, in the order of the accounts' priorities. */
export function offeredMethods(kernel: Kernel, app: App, wish: Wish): readonly Offered[] {
  const wanted = wantedOf(app, wish, []);
  const accounts = usableAccounts(kernel).toSorted((one, other) => one.record.priority - other.record.priority);
  const offered = new Map<string, Offered>();
  for (const account of accounts) {
    const isUp = !kernel.caller.isOpen(account.id, 'pay');
    for (const method of account.manifest.methods) {
      if ((offered.get(method.id)?.isUp ?? false) || !takes(account, method, wanted)) continue;
      const missing = missingPayerFields(method, wanted.payer) as Offered['missing'];
      if (missing.some((field) => neverAsked.includes(field))) continue;
      offered.set(method.id, { method, account, missing, isUp });
    }
  }
  return [...offered.values()];
}

/** Whether there is anything for the shopper to choose from. */
export function isLeftToShopper(kernel: Kernel, app: App, request: NewPayment): boolean {
  return request.method === null && offeredMethods(kernel, app, request).length > 0;
}
