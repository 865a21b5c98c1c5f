/** The instants of one business day: from the first that belongs to it, up to and without the first of the next. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Whether a text is a day of the calendar, such as `2026-01-31`. */
export function isDay(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text) && new Date(`${text}T00:00:00Z`).toJSON()?.startsWith(text) === true;
}

export function addDays(day: string, count: number): string {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + count);
  return date.toISOString().slice(0, 10);
}

/** The day that an instant belongs to in a time zone. */
export function dayOf(instant: number, zone: string): string {
  return dateFormat(zone).format(instant);
}

/** A day of a time zone, 23 or 25 hours long where its clocks are put on or back. */
export function spanOf(day: string, zone: string): Span {
  return { from: startOf(day, zone), to: startOf(addDays(day, 1), zone) };
}

/** The instant at which a zone's clock shows `HH:MM` on a day; the next that it shows where that time is left out. */
export function instantAt(day: string, time: string, zone: string): number {
  const wanted = `${day} ${time}`;
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' });
  return firstMinute(day, (instant) => format.format(instant) >= wanted);
}

function startOf(day: string, zone: string): number {
  const format = dateFormat(zone);
  return firstMinute(day, (instant) => format.format(instant) >= day);
}

/** Sweden writes days as ISO 8601 does. */
const dateFormat = (zone: string) => new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short' });

const minuteMs = 60_000;
/** Zones lie between 12 hours behind and 14 hours before UTC. */
const widestMinutes = 15 * 60;

/** The first minute about a day at which something holds that goes on to hold. Halving: no rule for clocks that are put on or back. */
function firstMinute(day: string, holds: (instant: number) => boolean): number {
  const midnight = Date.parse(`${day}T00:00:00Z`);
  let [low, high] = [-widestMinutes, widestMinutes + 24 * 60];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (holds(midnight + middle * minuteMs)) high = middle;
    else low = middle + 1;
  }
  return midnight + low * minuteMs;
}
