/** The ways to write a time. A closed set: what is not here needs a coded channel. */
export const timeFormats = ['yyyyMMddHHmmss', 'yyyyMMdd', 'yyyy-MM-dd HH:mm:ss', 'rfc3339', 'unix', 'unixMs'] as const;
export type TimeFormat = (typeof timeFormats)[number];

function offsetMs(zone: string): number {
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4, 6));
  return (zone.startsWith('-') ? -minutes : minutes) * 60_000;
}

/** A time as the vendor writes it, on the wall clock of the vendor's zone. */
export function writeTime(at: Date, format: TimeFormat, zone: string): string {
  if (format === 'unix') return String(Math.floor(at.getTime() / 1000));
  if (format === 'unixMs') return String(at.getTime());
  const wall = new Date(at.getTime() + offsetMs(zone)).toISOString().slice(0, 19);
  if (format === 'rfc3339') return wall + zone;
  if (format === 'yyyy-MM-dd HH:mm:ss') return wall.replace('T', ' ');
  const digits = wall.replace(/[-:T]/g, '');
  return format === 'yyyyMMdd' ? digits.slice(0, 8) : digits;
}

/** A time that a vendor wrote; undefined when it is none, because a payment without its time is better than none. */
export function readTime(text: string, format: string, zone: string): Date | undefined {
  const iso = toIso(text, format, zone);
  const at = iso === null ? Number.NaN : typeof iso === 'number' ? iso : Date.parse(iso);
  return Number.isSafeInteger(at) ? new Date(at) : undefined;
}

function toIso(text: string, format: string, zone: string): string | number | null {
  if (format === 'unix') return /^\d{9,11}$/.test(text) ? Number(text) * 1000 : null;
  if (format === 'rfc3339') return /^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)$/.test(text) ? text : null;
  const pattern = format === 'yyyyMMddHHmmss' ? /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/ : /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)$/;
  const found = pattern.exec(text);
  return found === null ? null : `${found[1]}-${found[2]}-${found[3]}T${found[4]}:${found[5]}:${found[6]}${zone}`;
}
