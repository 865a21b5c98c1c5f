import { jsonAnswer } from '../../answers.ts';
import { type Done, honest, type Order } from '../../types.ts';
import type { MercadoMerchant, MercadoWorld } from './keys.ts';
import { amountOf, describePayment, describeRefund, raw, timeOf } from './objects.ts';
import { problem } from './payments.ts';

const known = ['range', 'begin_date', 'end_date', 'sort', 'criteria', 'limit', 'offset', 'external_reference'];

/** When a payment was approved, and when anything of it last changed. */
const times: Readonly<Record<string, (order: Order) => number>> = {
  date_approved: ({ paidAt }) => paidAt,
  date_last_updated: ({ paidAt, refunds }) => Math.max(paidAt, ...refunds.map(({ createdAt }) => createdAt)),
};

/** 5 %, which the collector pays. */
const feeOf = (amount: number) => Math.floor(amount / 20);

function describe(order: Order) {
  const fee = feeOf(order.amount);
  return {
    ...describePayment(order, honest),
    date_last_updated: timeOf(times['date_last_updated']?.(order) ?? order.paidAt),
    fee_details: [{ type: 'mercadopago_fee', amount: amountOf(order.currency, fee), fee_payer: 'collector' }],
    transaction_details: { net_received_amount: amountOf(order.currency, order.amount - fee) },
    refunds: order.refunds.map((refund) => describeRefund(order, refund, honest)),
  };
}

/** GET /v1/payments/search with a range of time. */
export function searchByTime(world: MercadoWorld, { userId }: MercadoMerchant, query: string): Done {
  const asked = Object.fromEntries(new URLSearchParams(query));
  const stray = Object.keys(asked).find((name) => !known.includes(name));
  if (stray !== undefined) return { answer: problem(400, 'bad_request', `${stray} is no parameter`) };
  const timeOfOrder = times[asked['range'] ?? ''];
  const [from, to] = [Date.parse(asked['begin_date'] ?? ''), Date.parse(asked['end_date'] ?? '')];
  if (timeOfOrder === undefined || !(to >= from)) return { answer: problem(400, 'bad_request', 'the range is none') };
  const [limit, offset] = [Number(asked['limit'] ?? 30), Number(asked['offset'] ?? 0)];
  const found = [...world.store.orders.values()]
    .filter(({ channel, account, state }) => channel === world.channel && account === userId && state === 'paid')
    .filter((order) => timeOfOrder(order) >= from && timeOfOrder(order) <= to)
    .sort((a, b) => timeOfOrder(a) - timeOfOrder(b));
  const results = found.slice(offset, offset + limit).map(describe);
  return { answer: jsonAnswer(200, { paging: { total: found.length, limit, offset: raw(String(offset)) }, results }) };
}
