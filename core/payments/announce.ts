import type { Tx } from '../store/database.ts';
import type { PaymentRow } from '../store/tables/payments.ts';
import type { Kernel } from './deps.ts';
import { viewPayment } from './view.ts';

/** Puts a payment event into the outbox, with the payment as it stands after the change. */
export async function announcePayment(
  kernel: Pick<Kernel, 'announce'>,
  tx: Tx,
  event: { readonly eventId: string; readonly type: string; readonly payment: PaymentRow; readonly now: number },
): Promise<void> {
  const { payment } = event;
  await kernel.announce(tx, {
    eventId: event.eventId,
    appId: payment.app_id,
    notifyUrl: payment.notify_url,
    type: event.type,
    subjectId: payment.id,
    sequence: payment.sequence,
    data: viewPayment(payment, 'en'),
    now: event.now,
  });
}
