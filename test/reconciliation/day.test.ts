import { expect } from 'chai';
import fc from 'fast-check';
import { addDays, dayOf, instantAt, spanOf } from '../../core/reconciliation/day.ts';

const minuteMs = 60_000;
const textOf = (instant: number) => new Date(instant).toISOString().replace('.000', '');
/** Zones whose clocks are put on and back by 30, 60 and 120 minutes, at midnight too, and one that left out a whole day. */
const zones = [
  ...['UTC', 'Asia/Shanghai', 'Europe/Amsterdam', 'America/New_York', 'Australia/Lord_Howe', 'Antarctica/Troll'],
  ...['America/Havana', 'Asia/Beirut', 'Asia/Kathmandu', 'Pacific/Apia'],
];

/** From the zones' own published rules. */
const spans = [
  { zone: 'UTC', cutOff: '00:00', day: '2024-02-29', from: '2024-02-29T00:00:00Z', to: '2024-03-01T00:00:00Z' },
  { zone: 'Asia/Shanghai', cutOff: '23:00', day: '2024-03-01', from: '2024-02-29T15:00:00Z', to: '2024-03-01T15:00:00Z' },
  { zone: 'Asia/Shanghai', cutOff: '12:00', day: '2024-03-01', from: '2024-02-29T04:00:00Z', to: '2024-03-01T04:00:00Z' },
  { zone: 'Asia/Shanghai', cutOff: '11:59', day: '2024-03-01', from: '2024-03-01T03:59:00Z', to: '2024-03-02T03:59:00Z' },
  // Its hour from two to three comes twice on 25 October 2026, and not at all on 28 March 2027.
  { zone: 'Europe/Amsterdam', cutOff: '02:30', day: '2026-10-25', from: '2026-10-25T00:30:00Z', to: '2026-10-26T01:30:00Z' },
  { zone: 'Europe/Amsterdam', cutOff: '02:30', day: '2026-10-24', from: '2026-10-24T00:30:00Z', to: '2026-10-25T00:30:00Z' },
  { zone: 'Europe/Amsterdam', cutOff: '02:30', day: '2027-03-28', from: '2027-03-28T01:00:00Z', to: '2027-03-29T00:30:00Z' },
  // From half past one to two comes twice on 5 April 2026.
  { zone: 'Australia/Lord_Howe', cutOff: '01:45', day: '2026-04-05', from: '2026-04-04T14:45:00Z', to: '2026-04-05T15:15:00Z' },
  // From midnight to one comes twice on 1 November 2026.
  { zone: 'America/Havana', cutOff: '00:00', day: '2026-11-01', from: '2026-11-01T04:00:00Z', to: '2026-11-02T05:00:00Z' },
];

describe('The business day of a vendor', () => {
  for (const { zone, cutOff, day, from, to } of spans) {
    it(`${day} is from ${from} to ${to} in ${zone}, where days end at ${cutOff}`, () => {
      const span = spanOf(day, { zone, cutOff });
      expect([textOf(span.from), textOf(span.to)]).to.deep.equal([from, to]);
    });
  }

  it('holds every instant that belongs to it, and ends where the next begins, whatever the zone and the cut-off', () => {
    const instants = fc.integer({ min: Date.UTC(2011, 0), max: Date.UTC(2030, 0) });
    const cutOffs = fc.integer({ min: 0, max: 24 * 60 - 1 }).map((minutes) => new Date(minutes * minuteMs).toISOString().slice(11, 16));
    const check = (instant: number, zone: string, cutOff: string) => {
      const days = { zone, cutOff };
      const day = dayOf(instant, days);
      const { from, to } = spanOf(day, days);
      expect(instant).to.be.within(from, to - 1);
      expect(spanOf(addDays(day, 1), days).from).to.equal(to);
    };
    fc.assert(fc.property(instants, fc.constantFrom(...zones), cutOffs, check), { numRuns: 500 });
  });

  it('is cut where a clock that is put back shows the time first', () => {
    const passes = [
      { zone: 'Europe/Amsterdam', date: '2026-10-25' },
      { zone: 'Australia/Lord_Howe', date: '2026-04-05' },
      { zone: 'Antarctica/Troll', date: '2026-10-25' },
    ];
    for (const { zone, date } of passes) {
      const format = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' });
      const shown = new Map<string, number>();
      for (let at = Date.parse(`${addDays(date, 1)}T00:00:00Z`); at > Date.parse(`${addDays(date, -1)}T00:00:00Z`); at -= minuteMs)
        shown.set(format.format(at), at);
      for (const time of ['01:00', '01:30', '01:45', '01:59', '02:00', '02:30', '02:59', '03:00', '23:00'])
        expect(textOf(instantAt(date, time, zone)), `${time} in ${zone}`).to.equal(textOf(shown.get(`${date} ${time}`) ?? 0));
    }
  });

  it('holds both passes of an hour that comes twice, up to a cut-off within it and from it on', () => {
    const days = { zone: 'Europe/Amsterdam', cutOff: '02:30' };
    const first = instantAt('2026-10-25', '02:30', days.zone);
    const found = [-minuteMs, 0, 30 * minuteMs, 60 * minuteMs].map((after) => dayOf(first + after, days));
    expect(found).to.deep.equal(['2026-10-24', '2026-10-25', '2026-10-25', '2026-10-25']);
  });
});
