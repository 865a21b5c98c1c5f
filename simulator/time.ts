const pad = (value: number, width: number) => String(value).padStart(width, '0');

/** The wall clock of China, which has no summer time. */
function inChina(atMs: number): readonly [string, string] {
  const at = new Date(atMs + 8 * 3600_000);
  const day = `${at.getUTCFullYear()}-${pad(at.getUTCMonth() + 1, 2)}-${pad(at.getUTCDate(), 2)}`;
  return [day, `${pad(at.getUTCHours(), 2)}:${pad(at.getUTCMinutes(), 2)}:${pad(at.getUTCSeconds(), 2)}`];
}

/** RFC 3339 with China's offset, as WeChat Pay writes times. */
export function toChinaRfc3339(atMs: number): string {
  const [day, clock] = inChina(atMs);
  return `${day}T${clock}+08:00`;
}

/** `yyyy-MM-dd HH:mm:ss`, as Alipay writes times. */
export function toChinaText(atMs: number): string {
  return inChina(atMs).join(' ');
}

/** Reads what {@link toChinaText} writes; null for everything else. */
export function fromChinaText(text: string): number | null {
  if (!/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(text)) return null;
  const at = Date.parse(`${text.replace(' ', 'T')}+08:00`);
  return Number.isNaN(at) ? null : at;
}

/** `yyyyMMdd` in China. */
export const toChinaDay = (atMs: number) => inChina(atMs)[0].replaceAll('-', '');
