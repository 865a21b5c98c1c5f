import type { Kernel } from '../payments/deps.ts';
import type { Tx } from '../store/database.ts';
import { readPayment } from '../store/tables/payments.ts';
import type { RefundRow } from '../store/tables/refunds.ts';
import { viewRefund } from './view.ts';

/** Puts a refund event into the outbox. Automatic refunds are told to the merchant like his own. */
export async function announceRefund(
  kernel: Pick<Kernel, 'announce' | 'newId'>,
  tx: Tx,
  event: { readonly type: string; readonly refund: RefundRow; readonly now: number },
): Promise<void> {
  const { refund } = event;
  const payment = await readPayment(tx, refund.payment_id);
  await kernel.announce(tx, [
    {
      eventId: kernel.newId('evt_'),
      appId: refund.app_id,
      notifyUrl: payment?.notify_url ?? null,
      type: event.type,
      subjectId: refund.id,
      sequence: refund.sequence,
      data: viewRefund(refund, 'en'),
      now: event.now,
    },
  ]);
}
