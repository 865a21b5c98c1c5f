import type { PayRequest, RefundRequest } from './channel.ts';
import type { Money } from './money.ts';
import type { Echo, PaymentReport, RefundReport } from './outcome.ts';

/** One of several orders that are paid together, as the vendor states it. */
export interface Part {
  readonly number: string;
  readonly money: Money;
  readonly report: PaymentReport;
}

/** For vendors that pay several of a merchant's orders together, all or none, each an order of its own there. */
export interface PartsKit {
  /** The number of a part: that of the whole with two digits more, so that the whole is known by each of its parts. */
  number(whole: string, index: number): string;
  /** Whether the order lines are as much money as the payment, each of them more than nothing. */
  isWhole(request: Pick<PayRequest, 'orderLines' | 'money'>): boolean;
  /** What the parts say together; null where they contradict each other: a payment of which one part is closed cannot come in. */
  join(parts: readonly Part[], echo: Echo): PaymentReport | null;
  /** The refund of one part, for a vendor that refunds its orders one by one. */
  refundOf(request: RefundRequest, part: Pick<Part, 'number' | 'money'>, index: number): RefundRequest;
  /**
   * What the refunds of all parts come to. One that is not found makes the kernel send all again, each under its own number;
   * where some failed and others did not, an operator decides.
   */
  joinRefunds(currency: string, reports: readonly RefundReport[], echo: Echo): RefundReport;
}
