import type { Echo, Outcome, PaymentReport } from '../../../core/contract/outcome.ts';
import { type Data, isRecord, ourNumber, type SquareAccount, textOf, timeOf } from './gateway.ts';

/** A payment of Square's, read. */
export interface Read {
  /** Our number; null for a payment of another program. */
  readonly number: string | null;
  readonly outcome: Extract<Outcome, { kind: 'ok' | 'declined' }>;
}

/** Reads a payment object; null when it cannot be read. The money is all that was taken, tips included. */
export function readPayment(account: SquareAccount, payment: unknown): Read | null {
  if (!isRecord(payment)) return null;
  const channelNo = textOf(payment.id);
  const merchantNo = textOf(payment.location_id);
  if (channelNo === null || merchantNo === null) return null;
  // Paid by a link, the number is in the note; paid by card, the note is the merchant's subject.
  const number = ourNumber(payment.reference_id) ?? ourNumber(payment.note);
  const echo = { ...(number === null ? {} : { number }), merchantNo };
  if (payment.status === 'FAILED') return { number, outcome: failed(payment, echo) };
  const report = reportOf(account, payment, { channelNo, echo });
  return report === null ? null : { number, outcome: { kind: 'ok', report } };
}

interface Named {
  readonly channelNo: string;
  readonly echo: Echo;
}

function reportOf({ kit }: SquareAccount, payment: Data, named: Named): PaymentReport | null {
  switch (payment.status) {
    case 'COMPLETED': {
      const total = isRecord(payment.total_money) ? payment.total_money : {};
      const money = kit.money.fromMinor(total.amount, total.currency);
      return money === null ? null : { state: 'succeeded', ...named, money, ...timeOf(payment.updated_at) };
    }
    case 'PENDING':
    case 'APPROVED':
      return { state: 'processing', ...named };
    case 'CANCELED':
      return { state: 'closed', ...named };
    default:
      return null;
  }
}

function failed(payment: Data, echo: Echo): Extract<Outcome, { kind: 'declined' }> {
  const details = isRecord(payment.card_details) ? payment.card_details : {};
  const [first] = Array.isArray(details.errors) ? (details.errors as readonly unknown[]) : [];
  const code = isRecord(first) && typeof first.code === 'string' ? first.code.slice(0, 64) : 'FAILED';
  const vendor = { code, message: 'The payment failed' };
  return { kind: 'declined', echo, code: 'card_declined', advice: 'retry_other_method', vendor };
}
