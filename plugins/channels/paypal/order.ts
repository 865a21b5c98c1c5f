import type { Declined, Echo, Outcome, PaymentReport } from '../../../core/contract/outcome.ts';
import { type Data, idOf, isRecord, ourNumber, type PaypalAccount, recordsOf, timeOf } from './gateway.ts';
import { readMoney } from './money.ts';

const unreadable = { kind: 'unknown', reason: 'unreadable' } as const;
const takenStates: readonly unknown[] = ['COMPLETED', 'PARTIALLY_REFUNDED', 'REFUNDED'];
const failedStates: readonly unknown[] = ['DECLINED', 'FAILED'];

/** What PayPal says of an order. One that is completed is read by its capture: the order's word is not about money. */
export function readOrder(account: PaypalAccount, order: Data): Outcome {
  const [unit] = recordsOf(order.purchase_units);
  if (unit === undefined) return unreadable;
  const echo = echoOf(unit);
  switch (order.status) {
    case 'CREATED':
    case 'SAVED':
    case 'PAYER_ACTION_REQUIRED':
      return report({ state: 'pending', echo });
    case 'APPROVED':
      return report({ state: 'approved', echo });
    case 'VOIDED':
      return report({ state: 'closed', echo });
    case 'COMPLETED':
      return readCaptures(account, unit, echo);
    default:
      return unreadable;
  }
}

export function capturesOf(unit: Data): readonly Data[] {
  return isRecord(unit.payments) ? recordsOf(unit.payments.captures) : [];
}

export function refundsOf(order: Data): readonly Data[] {
  return recordsOf(order.purchase_units).flatMap(({ payments }) => (isRecord(payments) ? recordsOf(payments.refunds) : []));
}

function readCaptures({ kit }: PaypalAccount, unit: Data, echo: Echo): Outcome {
  const captures = capturesOf(unit);
  const taken = captures.find(({ status }) => takenStates.includes(status));
  if (taken !== undefined) {
    const channelNo = idOf(taken.id);
    const money = readMoney(kit, taken.amount);
    if (channelNo === null || money === null) return unreadable;
    // The capture's own number comes first: it is the money that is spoken of.
    const number = ourNumber(taken.custom_id, taken.invoice_id);
    return report({ state: 'succeeded', channelNo, money, echo: { ...echo, ...(number && { number }) }, ...timeOf(taken.create_time) });
  }
  const waiting = captures.find(({ status }) => status === 'PENDING');
  const channelNo = idOf(waiting?.id);
  if (waiting !== undefined) return report({ state: 'processing', ...(channelNo === null ? {} : { channelNo }), echo });
  const hasFailed = captures.length > 0 && captures.every(({ status }) => failedStates.includes(status));
  return hasFailed ? failed(captures[0] ?? {}, echo) : unreadable;
}

/** Of a completed order nothing more can be captured: what its captures say is the end. */
function failed(capture: Data, echo: Echo): Declined {
  const details = isRecord(capture.status_details) ? capture.status_details : {};
  const code = typeof details.reason === 'string' ? details.reason.slice(0, 64) : String(capture.status);
  return { kind: 'declined', echo, code: 'declined', advice: 'retry_other_method', vendor: { code, message: 'The capture failed' } };
}

function echoOf(unit: Data): Echo {
  const number = ourNumber(unit.custom_id, unit.invoice_id);
  const merchantNo = isRecord(unit.payee) && typeof unit.payee.merchant_id === 'string' ? unit.payee.merchant_id.slice(0, 64) : null;
  return { ...(number === null ? {} : { number }), ...(merchantNo === null ? {} : { merchantNo }) };
}

function report(of: PaymentReport): Outcome {
  return { kind: 'ok', report: of };
}
