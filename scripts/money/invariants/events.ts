import { type EventRow, type Found, found, type HistoryRow, type Invariant, type PaymentCase } from '../invariant.ts';

const endings: readonly { readonly of: 'payment' | 'refund'; readonly state: string; readonly type: string }[] = [
  { of: 'payment', state: 'success', type: 'payment.succeeded' },
  { of: 'payment', state: 'failed', type: 'payment.failed' },
  { of: 'payment', state: 'closed', type: 'payment.closed' },
  { of: 'refund', state: 'succeeded', type: 'refund.succeeded' },
  { of: 'refund', state: 'failed', type: 'refund.failed' },
];

export const endsAreTold: Invariant = {
  number: 28,
  name: 'each end is told once, and the events of one subject are numbered without a gap',
  *check(one) {
    const mayLack = one.payment.created_at < one.eventsKeptFrom;
    for (const { id, sequence } of [one.payment, ...one.refunds]) {
      const events = one.events.get(id) ?? [];
      const said = events.map((event) => event.sequence).sort((a, b) => a - b);
      const first = mayLack ? sequence - said.length + 1 : 1;
      const isGapless = said.every((number, index) => number === first + index) && (mayLack || said.length === sequence);
      if (!isGapless) yield found(`${id}: is at event ${sequence}, told were ${said}`, ...events);
    }
    if (!mayLack) yield* missing(one);
  },
};

function* missing({ payment, refunds, history, events }: PaymentCase): Iterable<Found> {
  for (const { of, state, type } of endings) {
    for (const { id } of of === 'payment' ? [payment] : refunds) {
      const ended = count<HistoryRow>(history.get(id), (row) => row.to_state === state && row.from_state !== state);
      const told = count<EventRow>(events.get(id), (row) => row.type === type);
      if (ended !== told) yield found(`${id}: ${state} ${ended} times, ${type} told ${told} times`, ...(events.get(id) ?? []));
    }
  }
}

function count<T>(rows: readonly T[] | undefined, matches: (row: T) => boolean): number {
  return (rows ?? []).filter(matches).length;
}
