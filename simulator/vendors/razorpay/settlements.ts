import { daySpan, type Movement, movementsOf } from '../../movements.ts';
import { collection, type Handler, invalid, pageOf, seconds } from './common.ts';
import type { RazorpayWorld } from './index.ts';

const known = ['year', 'month', 'day', 'count', 'skip'];

/** 2 %, and 18 % of that as tax, which is part of the fee. */
const feeOf = (amount: number) => {
  const bare = Math.floor(amount / 50);
  const tax = Math.floor((bare * 9) / 50);
  return { fee: bare + tax, tax };
};

/** Here everything is settled as soon as it happens; a real account waits for two working days. */
function describe({ order, refund, atMs }: Movement) {
  const { fee, tax } = refund === null ? feeOf(order.amount) : { fee: 0, tax: 0 };
  return {
    entity_id: refund?.vendorNo ?? order.vendorNo,
    type: refund === null ? 'payment' : 'refund',
    debit: refund?.amount ?? 0,
    credit: refund === null ? order.amount - fee : 0,
    amount: refund?.amount ?? order.amount,
    currency: order.currency,
    fee,
    tax,
    on_hold: false,
    settled: true,
    created_at: seconds(atMs),
    settled_at: seconds(atMs),
    settlement_id: 'setl_0123456789abcd',
    posted_at: null,
    credit_type: 'default',
    description: refund === null ? order.subject : null,
    notes: refund === null ? '{}' : JSON.stringify({ refund_number: refund.facts['note'] ?? '' }),
    payment_id: refund === null ? null : order.vendorNo,
    settlement_utr: '1568176960vxp0rj',
    order_id: order.facts['orderId'],
    order_receipt: order.number,
    method: 'card',
    card_network: 'Visa',
    card_issuer: 'KARB',
    card_type: 'credit',
    dispute_id: null,
  };
}

/** GET /v1/settlements/recon/combined: what was settled on a day of India, or in a month. */
export const listSettled =
  (world: RazorpayWorld): Handler =>
  ({ wire, merchant }) => {
    const query = Object.fromEntries(new URLSearchParams(wire.query));
    const stray = Object.keys(query).find((name) => !known.includes(name));
    if (stray !== undefined) return { answer: invalid(`${stray} is/are not required and should not be sent`) };
    const { year = '', month = '', day = '' } = query;
    const span = daySpan(`${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`, '+05:30');
    if (span === null) return { answer: invalid('The year, month or day is not valid') };
    return { answer: collection(pageOf(wire, movementsOf(world.store, world.channel, merchant.keyId, span).map(describe))) };
  };
