import type { Tx } from '../store/database.ts';
import type { PaymentRow } from '../store/tables/payments.ts';
import type { Announcement, Kernel } from './deps.ts';
import { type Viewer, viewPayment } from './view.ts';

interface PaymentEvent {
  readonly eventId: string;
  readonly type: string;
  readonly payment: PaymentRow;
  readonly now: number;
}

/** A payment event, with the payment as it stands after the change. */
export function paymentAnnouncement(viewer: Viewer, { eventId, type, payment, now }: PaymentEvent): Announcement {
  return {
    eventId,
    appId: payment.app_id,
    notifyUrl: payment.notify_url,
    type,
    subjectId: payment.id,
    sequence: payment.sequence,
    data: viewPayment(viewer, payment, 'en'),
    now,
  };
}

/** Puts a payment event into the outbox. */
export async function announcePayment(kernel: Viewer & Pick<Kernel, 'announce'>, tx: Tx, event: PaymentEvent): Promise<void> {
  await kernel.announce(tx, [paymentAnnouncement(kernel, event)]);
}
