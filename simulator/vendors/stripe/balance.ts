import { type Movement, movementsOf } from '../../movements.ts';
import { honest } from '../../types.ts';
import { checkShape, invalid, type StripeRequest, type StripeResult } from './common.ts';
import { groupAt, textAt } from './form.ts';
import type { StripeWorld } from './keys.ts';
import { describeCharge, describeRefund } from './objects.ts';

const shape = {
  created: { gte: 'integer', gt: 'integer', lte: 'integer', lt: 'integer' },
  limit: 'integer',
  starting_after: 'text',
  type: 'text',
  expand: { '*': 'text' },
} as const;

/** 2.9 % and 30 of the smallest unit. */
const feeOf = (amount: number) => Math.floor((amount * 29 + 500) / 1000) + 30;

const idOf = ({ order, refund }: Movement) => `txn_${(refund?.vendorNo ?? order.vendorNo).slice(3)}`;

function describe(moved: Movement, isExpanded: boolean): Record<string, unknown> {
  const { order, refund, atMs } = moved;
  const source = refund === null ? describeCharge(order, honest) : describeRefund(order, refund, honest);
  const [amount, fee] = refund === null ? [order.amount, feeOf(order.amount)] : [-refund.amount, 0];
  return {
    id: idOf(moved),
    object: 'balance_transaction',
    amount,
    available_on: Math.floor(atMs / 1000) + 2 * 86_400,
    created: Math.floor(atMs / 1000),
    currency: order.currency.toLowerCase(),
    exchange_rate: null,
    fee,
    net: amount - fee,
    reporting_category: refund === null ? 'charge' : 'refund',
    source: isExpanded ? source : source.id,
    status: 'pending',
    type: refund === null ? 'charge' : 'refund',
  };
}

/** GET /v1/balance_transactions: the newest first, a page at a time. */
export function listBalance(world: StripeWorld, { account, form }: StripeRequest): StripeResult {
  const wrong = checkShape(form, shape);
  if (wrong !== null) return wrong;
  const created = groupAt(form, 'created');
  const limit = Number(textAt(form, 'limit') ?? 10);
  if (limit < 1 || limit > 100) return invalid('limit', 'This value must be between 1 and 100.');
  const span = { fromMs: Number(created.gte ?? 0) * 1000, toMs: Number(created.lt ?? Number.MAX_SAFE_INTEGER / 1000) * 1000 };
  const moved = movementsOf(world.store, 'stripe', account, span).toReversed();
  const after = textAt(form, 'starting_after');
  const from = after === undefined ? 0 : moved.findIndex((one) => idOf(one) === after) + 1;
  if (after !== undefined && from === 0) return invalid('starting_after', `No such balance transaction: '${after}'`);
  const isExpanded = Object.values(groupAt(form, 'expand')).includes('data.source');
  const page = moved.slice(from, from + limit);
  const show = () => ({
    object: 'list',
    data: page.map((one) => describe(one, isExpanded)),
    has_more: moved.length > from + limit,
    url: '/v1/balance_transactions',
  });
  return { status: 200, show };
}
