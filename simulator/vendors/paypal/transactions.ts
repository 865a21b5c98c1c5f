import { jsonAnswer } from '../../answers.ts';
import { type Movement, movementsOf } from '../../movements.ts';
import { type Handler, malformed, moneyOf } from './common.ts';
import type { PaypalWorld } from './orders.ts';

const known = ['start_date', 'end_date', 'fields', 'balance_affecting_records_only', 'page_size', 'page'];
const mostMs = 31 * 86_400_000;
const isTime = (text: string) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i.test(text);

/** Reports write the offset without a colon. */
const time = (atMs: number) => `${new Date(atMs).toISOString().slice(0, 19)}+0000`;

/** 2.9 % and 30 of the smallest unit, and nothing where PayPal knows no units as small as ISO 4217's. */
const feeOf = (amount: number, currency: string) => (['HUF', 'TWD'].includes(currency) ? 0 : Math.floor((amount * 29 + 500) / 1000) + 30);

const signed = (amount: number, currency: string) => {
  const { currency_code, value } = moneyOf(Math.abs(amount), currency);
  return { currency_code, value: amount < 0 ? `-${value}` : value };
};

function describe({ order, refund, atMs }: Movement) {
  const fee = refund === null ? -feeOf(order.amount, order.currency) : 0;
  return {
    transaction_info: {
      paypal_account_id: 'SAMPLEPAYER22',
      transaction_id: refund?.vendorNo ?? order.vendorNo,
      ...(refund === null ? {} : { paypal_reference_id: order.vendorNo, paypal_reference_id_type: 'TXN' }),
      transaction_event_code: refund === null ? 'T0006' : 'T1107',
      transaction_initiation_date: time(atMs),
      transaction_updated_date: time(atMs),
      transaction_amount: signed(refund === null ? order.amount : -refund.amount, order.currency),
      fee_amount: signed(fee, order.currency),
      transaction_status: 'S',
      invoice_id: refund?.number ?? order.facts['invoice'],
      custom_field: refund?.number ?? order.number,
      protection_eligibility: '01',
    },
  };
}

/** GET /v1/reporting/transactions: what moved in at most 31 days, a page at a time, the first being page 1. */
export const listTransactions =
  (world: PaypalWorld): Handler =>
  ({ wire, merchant }) => {
    const query = Object.fromEntries(new URLSearchParams(wire.query));
    const stray = Object.keys(query).find((name) => !known.includes(name));
    if (stray !== undefined) return { answer: malformed('UNKNOWN_FIELD', stray) };
    const { start_date: start = '', end_date: end = '' } = query;
    if (!isTime(start) || !isTime(end)) return { answer: malformed('INVALID_PARAMETER_SYNTAX', 'start_date') };
    const span = { fromMs: Date.parse(start), toMs: Date.parse(end) + 1 };
    if (!(span.toMs > span.fromMs) || span.toMs - span.fromMs > mostMs) return { answer: malformed('INVALID_PARAMETER_VALUE', 'end_date') };
    const [size, page] = [Number(query['page_size'] ?? 100), Number(query['page'] ?? 1)];
    if (!(size >= 1 && size <= 500) || !(page >= 1)) return { answer: malformed('INVALID_PARAMETER_VALUE', 'page_size') };
    const moved = movementsOf(world.store, world.channel, merchant.merchantId, span);
    const answer = jsonAnswer(200, {
      transaction_details: moved.slice((page - 1) * size, page * size).map(describe),
      account_number: merchant.merchantId,
      start_date: time(span.fromMs),
      end_date: time(span.toMs - 1),
      last_refreshed_datetime: time(world.now()),
      page,
      total_items: moved.length,
      total_pages: Math.ceil(moved.length / size),
      links: [],
    });
    return { answer };
  };
