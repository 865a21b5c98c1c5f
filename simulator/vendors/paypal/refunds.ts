import { jsonAnswer } from '../../answers.ts';
import { answerOnce } from '../../once.ts';
import { endRefund, refundedOf, refundOrder } from '../../orders.ts';
import { readJson } from '../../requests.ts';
import { amountOf, type Handler, isRecord, type Json, malformed, missing, newBase, strayOf, textOf, unprocessable } from './common.ts';
import { describeRefund } from './objects.ts';
import { onceKey, onceRules, type PaypalWorld } from './orders.ts';

const workMs = 20;
const known = ['amount', 'custom_id', 'invoice_id', 'note_to_payer'];

function moneyFault(json: Json) {
  const amount = amountOf(json['amount']);
  if (typeof amount !== 'string') return null;
  return amount === 'INVALID_PARAMETER_SYNTAX' ? malformed(amount, '/amount') : unprocessable(amount);
}

/** A refund is pending for a moment. */
export function makeRefundRoutes(world: PaypalWorld) {
  const create: Handler = (found) => {
    const json = readJson(found.wire);
    if (!isRecord(json)) return { answer: malformed('MALFORMED_REQUEST_JSON', '/') };
    const fault = strayOf(json, known) ?? moneyFault(json);
    if (fault !== null) return { answer: fault };
    const order = world.store.findByVendorNo(world.channel, found.parts[0] ?? '');
    if (order?.account !== found.merchant.merchantId || order.state !== 'paid') return { answer: missing() };
    const amount = amountOf(json['amount']);
    return answerOnce(world, onceKey(found, 'refund'), onceRules, () => {
      if (typeof amount === 'string' || amount.currency !== order.currency) return { show: () => unprocessable('CURRENCY_MISMATCH') };
      if (refundedOf(order) === order.amount) return { show: () => unprocessable('CAPTURE_FULLY_REFUNDED') };
      if (refundedOf(order) + amount.amount > order.amount) return { show: () => unprocessable('REFUND_AMOUNT_EXCEEDED') };
      const facts = { note: textOf(json['note_to_payer']) };
      const given = { number: textOf(json['custom_id']), vendorNo: `${newBase()}R`, amount: amount.amount, facts, done: false };
      const { refund } = refundOrder(world, order, given);
      const afterwards = () => void setTimeout(() => void endRefund(world, order, refund), workMs);
      return { show: (twist) => jsonAnswer(201, describeRefund(order, refund, twist)), order, afterwards };
    });
  };

  const read: Handler = ({ parts, merchant, twist }) => {
    const mine = [...world.store.orders.values()].filter(
      ({ channel, account }) => channel === world.channel && account === merchant.merchantId,
    );
    const order = mine.find(({ refunds }) => refunds.some(({ vendorNo }) => vendorNo === parts[0]));
    const refund = order?.refunds.find(({ vendorNo }) => vendorNo === parts[0]);
    if (order === undefined || refund === undefined) return { answer: missing() };
    return { answer: jsonAnswer(200, describeRefund(order, refund, twist)), order };
  };
  return { create, read };
}
