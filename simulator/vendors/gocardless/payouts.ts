import { jsonAnswer } from '../../answers.ts';
import { daySpan, type Movement, movementsOf } from '../../movements.ts';
import { type Found, type Handler, invalid, missing } from './common.ts';
import type { GoCardlessWorld } from './index.ts';

/** Here each day is paid out in one sum for each currency, and the day that is not over up to this moment. */
interface Payout {
  readonly id: string;
  readonly currency: string;
  readonly moved: readonly Movement[];
}

const known = ['created_at[gte]', 'created_at[lte]', 'payout_type', 'creditor', 'after', 'limit'];

function payoutsOf(world: GoCardlessWorld, account: string, day: string): readonly Payout[] {
  const span = daySpan(day, 'Z');
  const moved = span === null ? [] : movementsOf(world.store, world.channel, account, span);
  const groups = [...Map.groupBy(moved, ({ order }) => order.currency)];
  return groups.map(([currency, group]) => ({ id: `PO${day.replaceAll('-', '')}${currency}`, currency, moved: group }));
}

/** One per cent with a tenth of a unit, which is finer than what can be paid out. */
const feeTenths = (amount: number) => Math.floor(amount / 10);

const write = (tenths: number) => `${tenths < 0 ? '-' : ''}${Math.floor(Math.abs(tenths) / 10)}.${Math.abs(tenths) % 10}`;

function itemsOf({ moved }: Payout) {
  return moved.flatMap(({ order, refund }) => {
    const links = { payment: order.vendorNo, ...(refund && { refund: refund.vendorNo }) };
    if (refund !== null) return [{ type: 'payment_refunded', tenths: refund.amount * -10, links, taxes: [] }];
    const fee = { type: 'gocardless_fee', tenths: -feeTenths(order.amount), links, taxes: [] };
    return [{ type: 'payment_paid_out', tenths: order.amount * 10, links, taxes: [] }, fee];
  });
}

function describe(payout: Payout, account: string) {
  const tenths = itemsOf(payout).reduce((sum, item) => sum + item.tenths, 0);
  return {
    id: payout.id,
    amount: Math.round(tenths / 10),
    arrival_date: null,
    currency: payout.currency,
    created_at: new Date(payout.moved.at(-1)?.atMs ?? 0).toISOString(),
    deducted_fees: 0,
    payout_type: 'merchant',
    reference: 'SIMULATED',
    status: 'pending',
    metadata: {},
    links: { creditor: account },
  };
}

function listOf({ wire }: Found, name: string, items: readonly unknown[]) {
  const asked = new URLSearchParams(wire.query);
  const limit = Number(asked.get('limit') ?? 50);
  if (!(limit >= 1 && limit <= 500)) return { answer: invalid('invalid_limit') };
  const from = Number(asked.get('after') ?? 0);
  const after = from + limit < items.length ? String(from + limit) : null;
  return { answer: jsonAnswer(200, { [name]: items.slice(from, from + limit), meta: { cursors: { before: null, after }, limit } }) };
}

/** GET /payouts: of the day on which the span begins. */
export const listPayouts =
  (world: GoCardlessWorld): Handler =>
  (found) => {
    const asked = Object.fromEntries(new URLSearchParams(found.wire.query));
    if (!Object.keys(asked).every((name) => known.includes(name))) return { answer: invalid('unknown_parameter') };
    const account = found.merchant.creditorId;
    if ((asked['creditor'] ?? account) !== account) return { answer: missing() };
    const payouts = payoutsOf(world, account, (asked['created_at[gte]'] ?? '').slice(0, 10));
    return listOf(
      found,
      'payouts',
      payouts.map((one) => describe(one, account)),
    );
  };

/** GET /payout_items: of the payout that is named. */
export const listItems =
  (world: GoCardlessWorld): Handler =>
  (found) => {
    const id = new URLSearchParams(found.wire.query).get('payout') ?? '';
    const day = id.replace(/^PO(\d{4})(\d\d)(\d\d)[A-Z]{3}$/, '$1-$2-$3');
    const payout = payoutsOf(world, found.merchant.creditorId, day).find((one) => one.id === id);
    if (payout === undefined) return { answer: missing() };
    const items = itemsOf(payout).map(({ tenths, ...item }) => ({ ...item, amount: write(tenths) }));
    return listOf(found, 'payout_items', items);
  };
