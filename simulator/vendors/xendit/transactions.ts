import { jsonAnswer } from '../../answers.ts';
import { type Movement, movementsOf } from '../../movements.ts';
import type { Done } from '../../types.ts';
import type { XenditMerchant, XenditWorld } from './keys.ts';
import { paymentIdOf, writeNumber } from './objects.ts';
import { problem } from './payments.ts';

const known = ['created[gte]', 'created[lte]', 'limit', 'after_id', 'currency'];

const idOf = ({ order, refund }: Movement) => `txn_${refund?.vendorNo ?? order.vendorNo}`;

/** A whole number of the currency's large unit, which is all that the rupiah has. */
const wholeOf = (minor: number) => minor - (minor % 100);

function describe(moved: Movement) {
  const { order, refund, atMs } = moved;
  const amount = refund?.amount ?? order.amount;
  const own = refund === null ? wholeOf(Math.floor(amount / 50)) : 0;
  const tax = wholeOf(Math.floor(own / 9));
  const time = new Date(atMs).toISOString();
  return {
    id: idOf(moved),
    product_id: refund?.vendorNo ?? paymentIdOf(order),
    type: refund === null ? 'PAYMENT' : 'REFUND',
    status: 'SUCCESS',
    channel_category: order.facts.type,
    channel_code: order.facts.code,
    reference_id: refund?.number ?? order.number,
    account_identifier: null,
    currency: order.currency,
    amount: writeNumber(amount),
    net_amount: writeNumber(amount - own - tax),
    net_amount_currency: order.currency,
    cashflow: refund === null ? 'MONEY_IN' : 'MONEY_OUT',
    settlement_status: 'PENDING',
    estimated_settlement_time: null,
    business_id: order.account,
    created: time,
    updated: time,
    fee: {
      xendit_fee: writeNumber(own),
      value_added_tax: writeNumber(tax),
      xendit_withholding_tax: 0,
      third_party_withholding_tax: 0,
      status: 'COMPLETED',
    },
  };
}

/** GET /transactions: the newest first. An account of several currencies has to name one. */
export function listTransactions(world: XenditWorld, { businessId }: XenditMerchant, query: string): Done {
  const asked = Object.fromEntries(new URLSearchParams(query));
  const stray = Object.keys(asked).find((name) => !known.includes(name));
  if (stray !== undefined) return { answer: problem(400, 'API_VALIDATION_ERROR', `${stray} is not a known parameter`) };
  const span = { fromMs: Date.parse(asked['created[gte]'] ?? ''), toMs: Date.parse(asked['created[lte]'] ?? '') + 1 };
  if (!(span.toMs > span.fromMs)) return { answer: problem(400, 'API_VALIDATION_ERROR', 'created is not a span of time') };
  const limit = Number(asked['limit'] ?? 10);
  if (!(limit >= 1 && limit <= 50)) return { answer: problem(400, 'API_VALIDATION_ERROR', 'limit is from 1 to 50') };
  const moved = movementsOf(world.store, world.channel, businessId, span)
    .filter(({ order }) => asked['currency'] === undefined || asked['currency'] === order.currency)
    .toReversed();
  const after = asked['after_id'];
  const from = after === undefined ? 0 : moved.findIndex((one) => idOf(one) === after) + 1;
  if (after !== undefined && from === 0) return { answer: problem(400, 'API_VALIDATION_ERROR', 'after_id is not known') };
  const data = moved.slice(from, from + limit).map(describe);
  return { answer: jsonAnswer(200, { has_more: moved.length > from + limit, data, links: [] }) };
}
