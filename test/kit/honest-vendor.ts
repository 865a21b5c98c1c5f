import type { CallbackItem } from '../../core/contract/channel.ts';
import type { Outcome } from '../../core/contract/outcome.ts';
import { receivePayment } from '../../core/payments/receive.ts';
import type { TruthEntry } from './check-money.ts';
import { approved, notFound, paid, refunded, type Scripted, unpaid, type Vendor } from './scripted.ts';

/** A vendor with a memory that answers everything at once and truly, for tests whose faults are elsewhere. */
export interface HonestVendor {
  readonly vendor: Vendor;
  /** Every movement of money, as often as it happened. */
  readonly truth: TruthEntry[];
  /** The numbers that a shopper could still pay. */
  payable(): readonly string[];
  /** `late`: even if it was closed meanwhile. */
  shopperPays(number: string, late?: boolean): void;
  /** The money is only given when it is captured. */
  shopperAgrees(number: string): void;
}

export function createHonestVendor(): HonestVendor {
  const orders = new Map<string, 'open' | 'agreed' | 'paid' | 'closed'>();
  const truth: TruthEntry[] = [];
  const refunds = new Set<string>();
  const stateOf = (number: string): Outcome => {
    const known = orders.get(number);
    if (known === 'paid') return paid(number);
    if (known === 'agreed') return approved(number);
    if (known === 'closed') return { kind: 'ok', report: { state: 'closed', echo: { number } } };
    return known === undefined ? notFound : unpaid(number);
  };
  const charge = (number: string) => {
    orders.set(number, 'paid');
    truth.push({ kind: 'charge', number, amount: 100, currency: 'CNY' });
  };
  const vendor: Vendor = {
    pay({ number }) {
      if (!orders.has(number)) orders.set(number, 'open');
      return { kind: 'action', action: { type: 'qr', qrContent: number } };
    },
    query: ({ number }) => stateOf(number),
    close({ number }) {
      if (orders.get(number) === 'paid') return { kind: 'paid' };
      if (!orders.has(number)) return { kind: 'notFound' };
      orders.set(number, 'closed');
      return { kind: 'closed' };
    },
    capture({ number }) {
      if (orders.get(number) === 'agreed') charge(number);
      return stateOf(number);
    },
    refund(request) {
      if (!refunds.has(request.number)) truth.push({ kind: 'refund', number: request.number, ...request.money });
      refunds.add(request.number);
      return refunded(request);
    },
    queryRefund: (request) => (refunds.has(request.number) ? refunded(request) : notFound),
  };
  return {
    vendor,
    truth,
    payable: () => [...orders].filter(([, state]) => state === 'open').map(([number]) => number),
    shopperPays(number, late = false) {
      const state = orders.get(number);
      if (state !== 'open' && !(late && state === 'closed')) throw new Error(`${number} cannot be paid: it is ${state ?? 'unknown'}`);
      charge(number);
    },
    shopperAgrees: (number) => void orders.set(number, 'agreed'),
  };
}

/** The vendor's signed word to the kernel that the number was paid. */
export async function callBack(shop: Scripted, number: string): Promise<void> {
  const account = shop.kernel.channels.account('acc_1');
  const told = paid(number);
  if (account === undefined || told.kind !== 'ok') throw new Error('there is nobody to call back');
  const item = { of: 'payment', number, report: told.report } as Extract<CallbackItem, { of: 'payment' }>;
  await receivePayment(shop.kernel, account, item, 'signed');
}
