import type { Money } from '../../contract/money.ts';
import { isoExponents, toMajor } from '../../money.ts';
import type { Language } from './texts.ts';

/** The amount as people of that language write it. The decimals are ours: the number is text all the way, and never a float. */
export function formatMoney(money: Money, language: Language): string {
  const decimals = isoExponents.get(money.currency) ?? 0;
  const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  // In a line from right to left a sign such as CN¥ is torn apart, and a code is not.
  const currencyDisplay = language === 'ar' ? 'code' : 'symbol';
  const format = new Intl.NumberFormat(language, { style: 'currency', currency: money.currency, currencyDisplay, ...digits });
  return format.format(toMajor(money) as Intl.StringNumericLiteral);
}

/** The amount alone, as it can be typed: without groups, which people read in two ways. */
export function formatNumber({ amount, currency }: Money, language: Language): string {
  const decimals = isoExponents.get(currency) ?? 0;
  const format = new Intl.NumberFormat(language, { useGrouping: false, minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  return format.format(toMajor({ amount, currency }) as Intl.StringNumericLiteral);
}

/** One after another, as that language says "and". */
export function formatList(parts: readonly string[], language: Language): string {
  return new Intl.ListFormat(language, { type: 'conjunction' }).format(parts);
}

/** Where there is no script that counts down: the instant, in a zone that is named. */
export function formatTime(at: number, language: Language): string {
  return new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' }).format(at).concat(' UTC');
}

/** As a clock shows it: 1:59:59, or 4:05 within the last hour. */
export function formatDuration(durationMs: number): string {
  const sec = Math.max(0, Math.floor(durationMs / 1000));
  const two = (number: number) => String(number).padStart(2, '0');
  const [hours, minutes] = [Math.floor(sec / 3600), Math.floor(sec / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(sec % 60)}` : `${minutes}:${two(sec % 60)}`;
}
