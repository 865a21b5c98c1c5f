/** How a number is shown: as it is, or as a day, a time of the day, or both. */
export type Style = 'number' | 'date' | 'time' | 'date_time';

/** Spreadsheets keep no more digits than these. */
const mostDigits = 15;

/**
 * The decimal text of a number, without an exponent. A cell holds a binary float, and programs write it with up to 17 digits: 0.29 as
 * 0.28999999999999998. The shortest decimal that names the same float is what was typed, so it is taken; nothing is rounded and
 * nothing is reckoned with it, and the sum of 0.1 and 0.2 stays 0.30000000000000004, which no currency takes.
 */
export function decimalOf(text: string): string {
  const written = split(text.trim());
  const digits = written.digits.replace(/^0+|0+$/g, '');
  return write(digits.length > mostDigits ? split(String(Number(text))) : written);
}

/** A number's digits, and behind how many of them its point stands. */
interface Decimal {
  readonly isNegative: boolean;
  readonly digits: string;
  readonly place: number;
}

function split(text: string): Decimal {
  const parts = /^([+-]?)(\d{1,330})(?:\.(\d{1,330}))?(?:e([+-]?\d{1,3}))?$/i.exec(text);
  if (parts === null) throw new Error('is no number');
  const [, sign, whole = '', fraction = '', exponent = '0'] = parts;
  return { isNegative: sign === '-', digits: whole + fraction, place: whole.length + Number(exponent) };
}

function write({ isNegative, digits, place }: Decimal): string {
  const at = Math.max(0, place);
  const whole = digits.slice(0, at).padEnd(at, '0').replace(/^0+/, '');
  if (whole.length > mostDigits)
    throw new Error(`is a number of more than ${mostDigits} digits, which spreadsheets do not keep: make it text`);
  const fraction = digits
    .slice(at)
    .padStart(digits.length - place, '0')
    .replace(/0+$/, '');
  const text = `${whole || '0'}${fraction === '' ? '' : `.${fraction}`}`;
  return isNegative && text !== '0' ? `-${text}` : text;
}

const daySeconds = 86_400;
/** Day 0 of either calendar, in days from 1970. That of 1900 has a 29th of February, so it is right from March on. */
const dayZero = { from1900: -25_569, from1904: -24_107 };
const [firstDay, lastDay] = [61, 2_958_465];

/** A day and a time, to the second, as people write them. What is below 1 has no day. */
export function timeOf(text: string, style: Exclude<Style, 'number'>, is1904: boolean): string {
  const serial = Number(decimalOf(text));
  const seconds = Math.round(serial * daySeconds);
  const isTime = serial >= 0 && seconds < daySeconds && style !== 'date';
  if (!isTime && (serial < (is1904 ? 0 : firstDay) || serial > lastDay)) throw new Error('is no day of a calendar');
  const from = (is1904 ? dayZero.from1904 : dayZero.from1900) * daySeconds;
  const written = new Date((from + seconds) * 1000).toISOString();
  const [day, time] = [written.slice(0, 10), written.slice(11, 19)];
  if (isTime && style === 'time') return time;
  return style === 'date' && seconds % daySeconds === 0 ? day : `${day} ${time}`;
}
