import type { App } from '../access/directory.ts';
import { type Refusal, refuse } from '../errors.ts';
import { UniqueError } from '../store/database.ts';
import { type PaymentRow, readPaymentByOrderNo } from '../store/tables/payments.ts';
import { findCandidates, isLeftToShopper } from './candidates.ts';
import type { Kernel } from './deps.ts';
import { refuseMethod } from './refuse-method.ts';
import type { NewPayment } from './request.ts';
import { newAttempt, newPayment } from './rows.ts';
import { tryCandidates } from './try-candidates.ts';
import { viewPayment } from './view.ts';

export interface Paid {
  readonly kind: 'payment';
  readonly payment: PaymentRow;
  /** False: this order was asked for before, and this is the payment it made. */
  readonly created: boolean;
}

/**
 * Takes a payment from the merchant's request to the shopper's next step.
 *
 * The payment and its first attempt are committed before a byte goes to a channel. Without a method
 * there is no attempt until the shopper chooses one at the checkout.
 */
export async function pay(kernel: Kernel, app: App, request: NewPayment): Promise<Paid | Refusal> {
  const candidates = findCandidates(kernel, app, request);
  const [first] = candidates;
  if (first === undefined && !isLeftToShopper(kernel, app, request)) {
    return (await repeated(kernel, app, request)) ?? refuseMethod(kernel, app, request);
  }
  const now = kernel.clock.now();
  const payment = newPayment(kernel, app, request, now);
  const attempt = first === undefined ? null : newAttempt(kernel, payment, first, now);
  try {
    await kernel.open({ payment, attempt });
  } catch (error) {
    if (!(error instanceof UniqueError)) throw error;
    const before = await repeated(kernel, app, request);
    if (before === null) throw error;
    return before;
  }
  const tried = attempt === null ? payment : await tryCandidates(kernel, payment, attempt, candidates);
  return { kind: 'payment', payment: tried, created: true };
}

/** The payment that the same order made before; a refusal when the order's content was another; null when there is none. */
async function repeated(kernel: Kernel, app: App, request: NewPayment): Promise<Paid | Refusal | null> {
  const payment = await readPaymentByOrderNo(kernel.database, app.id, request.merchantOrderNo);
  if (payment === null) return null;
  if (payment.request_hash === request.hash) return { kind: 'payment', payment, created: false };
  return refuse('merchant_order_no_used', { param: 'merchant_order_no', payment: viewPayment(kernel, payment, 'en') });
}
