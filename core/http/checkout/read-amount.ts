import { exponentOf, fromMajor } from '../../money.ts';
import type { Language } from './texts.ts';

/** Digits as shoppers' keyboards write them: Latin, full-width, Arabic, Persian. */
const digitSets = ['0123456789', '０１２３４５６７８９', '٠١٢٣٤٥٦٧٨٩', '۰۱۲۳۴۵۶۷۸۹'];
const digits: Readonly<Record<string, string>> = Object.fromEntries(
  digitSets.flatMap((set) => [...set].map((digit, value) => [digit, String(value)] as const)),
);
/** `_` between groups, `!` before decimals. Points and commas may be either. */
const marks: Readonly<Record<string, string>> = { '٬': '_', "'": '_', '’': '_', '٫': '!', '．': '.', '。': '.', '，': ',' };

/**
 * An amount as people type it; null where it is none, or could be two. A point or comma is taken for what it can only be: of both the
 * last stands before decimals, what is there twice parts groups, and what no group can follow begins decimals. `1,000` and `1.000` are
 * read as that language writes them, and in a currency where they could be thousandths only as decimals: whoever means a thousand in the
 * other way is asked, and never charged a thousandth or a thousandfold.
 */
export function readAmount(typed: string, currency: string, language: Language): number | null {
  const text = [...typed.trim()].map((letter) => digits[letter] ?? marks[letter] ?? (/\s/.test(letter) ? '_' : letter)).join('');
  if (!/^[0-9_!.,]{1,24}$/.test(text) || /[_!]/.test(typed)) return null;
  const decimal = findDecimal(text, exponentOf(currency) ?? 0, language);
  if (decimal === null) return null;
  const [whole = '', ...fractions] = decimal === '' ? [text] : text.split(decimal);
  const [fraction = ''] = fractions;
  const isWhole = /^[0-9]+$/.test(whole) || (whole === '' && fraction !== '') || isGrouped(whole);
  if (fractions.length > 1 || !isWhole || !/^[0-9]*$/.test(fraction)) return null;
  const plain = whole.replace(/[^0-9]/g, '').replace(/^0+(?=[0-9])/, '') || '0';
  return fromMajor(fraction === '' ? plain : `${plain}.${fraction}`, currency)?.amount ?? null;
}

/** Groups of three, all parted by the same. */
const isGrouped = (whole: string) => /^[1-9][0-9]{0,2}(?:([_.,])[0-9]{3})(?:\1[0-9]{3})*$/.test(whole);

/** What stands before the decimals; empty: there are none. Null: two readings would be right. */
function findDecimal(text: string, decimals: number, language: Language): '' | '!' | '.' | ',' | null {
  if (text.includes('!')) return '!';
  const [point, comma] = [text.lastIndexOf('.'), text.lastIndexOf(',')];
  if (point < 0 && comma < 0) return '';
  const last = point > comma ? '.' : ',';
  const isAlone = text.indexOf('.') === point && text.indexOf(',') === comma && (point < 0 || comma < 0);
  if (!isAlone) return text.split(last).length > 2 && Math.min(point, comma) < 0 ? '' : last;
  if (text.includes('_') || !isGrouped(text)) return last;
  const isOwnDecimal = last === (language === 'es' ? ',' : '.');
  if (decimals >= 3) return isOwnDecimal ? last : null;
  return isOwnDecimal ? null : '';
}
