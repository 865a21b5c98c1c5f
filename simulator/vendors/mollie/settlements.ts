import { type Movement, movementsOf } from '../../movements.ts';
import { type Done, honest, type Wire } from '../../types.ts';
import type { MollieProfile, MollieWorld } from './keys.ts';
import { amountOf, describePayment, describeRefund, timeOf } from './objects.ts';
import { hal, nothing, problem } from './payments.ts';

type Parts = readonly string[];
type Twist = typeof honest;

/** Here each day is settled at its end, and the day that is not over up to this moment; a real account waits for days. */
interface Settled {
  readonly id: string;
  readonly moved: readonly Movement[];
}

const dayOf = (atMs: number) => new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Amsterdam' }).format(atMs);

function settlementsOf(world: MollieWorld, { profileId }: MollieProfile): readonly Settled[] {
  const moved = movementsOf(world.store, world.channel, profileId, { fromMs: 0, toMs: world.now() + 1 });
  const days = Map.groupBy(moved, ({ atMs }) => dayOf(atMs));
  return [...days].map(([day, group]) => ({ id: `stl_${day.replaceAll('-', '')}`, moved: group })).toReversed();
}

function describe({ id, moved }: Settled) {
  const last = moved.at(-1);
  const sum = moved.reduce((total, { order, refund }) => total + (refund === null ? order.amount : -refund.amount), 0);
  const { value } = amountOf('EUR', Math.abs(sum));
  const time = timeOf(last?.atMs ?? 0);
  return {
    resource: 'settlement',
    id,
    reference: `1234567.${id.slice(6, 10)}.01`,
    createdAt: time,
    settledAt: time,
    status: 'paidout',
    // Everything is of one worth here, whatever its currency.
    amount: { currency: 'EUR', value: sum < 0 ? `-${value}` : value },
    periods: {},
    invoiceId: null,
    _links: {},
  };
}

/** A page of at most 250 objects, from the one with the id `from` on. */
function listOf(wire: Wire, name: string, items: readonly Readonly<Record<string, unknown>>[]): Done {
  const query = new URLSearchParams(wire.query);
  const limit = Number(query.get('limit') ?? 50);
  if (!(limit >= 1 && limit <= 250)) return { answer: problem(400, 'The limit is not from 1 to 250', 'limit') };
  const from = query.get('from');
  const start = from === null ? 0 : items.findIndex((one) => one['id'] === from);
  if (start < 0) return { answer: problem(404, 'No object exists with this token.') };
  const page = items.slice(start, start + limit);
  const next = items[start + limit];
  const address = `https://api.mollie.com${wire.path}`;
  const link = (href: string) => ({ href, type: 'application/hal+json' });
  const links = {
    self: link(address),
    previous: null,
    next: next === undefined ? null : link(`${address}?from=${next['id']}&limit=${limit}`),
  };
  return { answer: hal(200, { count: page.length, _embedded: { [name]: page }, _links: links }) };
}

/** GET /v2/settlements: the newest first. */
export function listSettlements(world: MollieWorld, profile: MollieProfile, _parts: Parts, _twist: Twist, wire: Wire): Done {
  return listOf(wire, 'settlements', settlementsOf(world, profile).map(describe));
}

/** GET /v2/settlements/{id}/{list}: nothing is ever charged back or captured later here. */
export function listSettled(world: MollieWorld, profile: MollieProfile, [id, list = '']: Parts, _twist: Twist, wire: Wire): Done {
  const settled = settlementsOf(world, profile).find((one) => one.id === id);
  if (settled === undefined) return { answer: nothing };
  const items = settled.moved.flatMap(({ order, refund }) => {
    if (refund === null) return list === 'payments' ? [{ ...describePayment(world, order, honest), settlementId: id }] : [];
    return list === 'refunds' ? [{ ...describeRefund(order, refund, honest), settlementId: id }] : [];
  });
  return listOf(wire, list, items);
}
