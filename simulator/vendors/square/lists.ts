import { jsonAnswer } from '../../answers.ts';
import { type Movement, movementsOf } from '../../movements.ts';
import { honest } from '../../types.ts';
import { type Handler, invalid } from './common.ts';
import type { SquareWorld } from './index.ts';
import { describePayment, describeRefund } from './objects.ts';

const known = ['begin_time', 'end_time', 'sort_order', 'cursor', 'location_id', 'limit'];
const yearMs = 365 * 24 * 3600_000;

/** 2.9 % and 30 of the smallest unit. */
const feeOf = (amount: number) => Math.floor((amount * 29 + 500) / 1000) + 30;

function describe({ order, refund, atMs }: Movement) {
  if (refund !== null) return describeRefund(order, refund, honest);
  const time = new Date(atMs).toISOString();
  const fee = { effective_at: time, type: 'INITIAL', amount_money: { amount: feeOf(order.amount), currency: order.currency } };
  // A payment of a link is made when the shopper pays.
  return { ...describePayment(order, honest), created_at: time, processing_fee: [fee] };
}

/** Without a beginning, the last year; without an end, until now. */
function spanOf({ begin_time: begin, end_time: end }: Readonly<Record<string, string>>, nowMs: number) {
  return { fromMs: begin === undefined ? nowMs - yearMs : Date.parse(begin), toMs: (end === undefined ? nowMs : Date.parse(end)) + 1 };
}

/** GET /v2/payments and GET /v2/refunds: a list that is empty is left out, and so is the cursor of the last page. */
export const listMoved =
  (world: SquareWorld, list: 'payments' | 'refunds'): Handler =>
  ({ wire, merchant }) => {
    const query = Object.fromEntries(new URLSearchParams(wire.query));
    const stray = Object.keys(query).find((name) => !known.includes(name));
    if (stray !== undefined) return { answer: invalid('UNKNOWN_QUERY_PARAMETER', stray) };
    const span = spanOf(query, world.now());
    if (!(span.toMs > span.fromMs)) return { answer: invalid('INVALID_TIME_RANGE', 'begin_time') };
    const limit = Number(query['limit'] ?? 100);
    if (!(limit >= 1 && limit <= 100)) return { answer: invalid('INVALID_VALUE', 'limit') };
    const moved = movementsOf(world.store, world.channel, merchant.locationId, span);
    const items = moved.filter(({ refund }) => (refund === null) === (list === 'payments')).map(describe);
    const sorted = query['sort_order'] === 'ASC' ? items : items.toReversed();
    const from = Number(query['cursor'] ?? 0);
    const page = (query['location_id'] ?? merchant.locationId) === merchant.locationId ? sorted.slice(from, from + limit) : [];
    const next = from + limit < sorted.length ? { cursor: String(from + limit) } : {};
    return { answer: jsonAnswer(200, { ...(page.length === 0 ? {} : { [list]: page }), ...next }) };
  };
