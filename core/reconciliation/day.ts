import type { ChannelManifest } from '../contract/manifest.ts';

/** The instants of one business day: from the first that belongs to it, up to and without the first of the next. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** When a vendor's business days end. */
export interface BusinessDays {
  readonly zone: string;
  /** See `statements.cutOff` of the manifest. */
  readonly cutOff: string;
}

/** Those of a channel; of one whose statements come by hand alone, midnights in Greenwich. */
export const businessDaysOf = ({ statements }: Pick<ChannelManifest, 'statements'>): BusinessDays => ({
  zone: statements?.zone ?? 'UTC',
  cutOff: statements?.cutOff ?? midnight,
});

/** Whether a text is a day of the calendar, such as `2026-01-31`. */
export function isDay(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text) && new Date(`${text}T00:00:00Z`).toJSON()?.startsWith(text) === true;
}

export function addDays(day: string, count: number): string {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + count);
  return date.toISOString().slice(0, 10);
}

/** The business day that an instant belongs to. */
export function dayOf(instant: number, { zone, cutOff }: BusinessDays): string {
  const date = dateFormat(zone).format(instant);
  if (cutOff === midnight) return date;
  const isCut = instant >= instantAt(date, cutOff, zone);
  if (endsOnItsDate(cutOff)) return isCut ? addDays(date, 1) : date;
  return isCut ? date : addDays(date, -1);
}

/** A business day, 23 or 25 hours long where its zone's clocks are put on or back. */
export function spanOf(day: string, { zone, cutOff }: BusinessDays): Span {
  const [first, last] = endsOnItsDate(cutOff) ? [addDays(day, -1), day] : [day, addDays(day, 1)];
  return { from: instantAt(first, cutOff, zone), to: instantAt(last, cutOff, zone) };
}

/** A day that ends by noon or later is called by the date of its end: vendors call what ends at 23:00 by the day that is nearly over. */
const endsOnItsDate = (cutOff: string) => cutOff >= '12:00';

/** The instant at which a zone's clock shows `HH:MM` on a day: the first of two, and the next that it shows where it leaves that out. */
export function instantAt(day: string, time: string, zone: string): number {
  const wanted = `${day} ${time}`;
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' });
  const shown = firstMinute(day, (instant) => format.format(instant) >= wanted);
  // Halving may meet the second of two: clocks are put back by these.
  const earlier = [120, 60, 30].map((minutes) => shown - minutes * minuteMs);
  return earlier.find((instant) => format.format(instant) === wanted) ?? shown;
}

/** Sweden writes days as ISO 8601 does. */
const dateFormat = (zone: string) => new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short' });

const midnight = '00:00';
const minuteMs = 60_000;
/** Zones lie between 12 hours behind and 14 hours before UTC. */
const widestMinutes = 15 * 60;

/** The first minute about a day at which something holds that goes on to hold. Halving: no rule for clocks that are put on or back. */
function firstMinute(day: string, holds: (instant: number) => boolean): number {
  const inGreenwich = Date.parse(`${day}T00:00:00Z`);
  let [low, high] = [-widestMinutes, widestMinutes + 24 * 60];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (holds(inGreenwich + middle * minuteMs)) high = middle;
    else low = middle + 1;
  }
  return inGreenwich + low * minuteMs;
}
