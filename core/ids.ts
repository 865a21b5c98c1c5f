import { randomBytes } from 'node:crypto';

/** Gives so many random bytes. Where it is not the machine's, a simulation can live the same life twice. */
export type Random = (count: number) => Uint8Array;

/** What an id begins with: it tells people and logs what kind of thing it names. */
export type IdPrefix =
  | 'mch_'
  | 'app_'
  | 'key_'
  | 'acc_'
  | 'pay_'
  | 'att_'
  | 'rfd_'
  | 'evt_'
  | 'dlv_'
  | 'nep_'
  | 'req_'
  | 'his_'
  | 'lnk_'
  | 'rec_'
  | 'stf_'
  | 'dis_'
  | 'dac_'
  | 'arc_'
  | 'pyo_';

/** Crockford's base32: digits and capital letters without I, L, O and U, in ASCII order, so ids sort bytewise by time. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

const timeChars = 10;
const randomChars = 16;
const maxTimeMs = 2 ** 48 - 1;

/** `<prefix>` and 26 characters: the millisecond, then 80 random bits. Sorts by time between milliseconds, not within one. */
export function makeId(prefix: IdPrefix, now: Date, random: Random = randomBytes): string {
  return prefix + makeNumber(now, random);
}

/** The beginning that all ids of this millisecond have: it sorts before every one of them. */
export function firstId(prefix: IdPrefix, instant: Date): string {
  return prefix + encodeTime(instant.getTime());
}

/** The 26 characters of an id alone: what a channel sees as our number. */
export function makeNumber(now: Date, random: Random = randomBytes): string {
  return encodeTime(now.getTime()) + encodeRandom(random);
}

/** When a number was made; null for a text that is none of ours. */
export function timeOfNumber(number: string): Date | null {
  if (!/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(number)) return null;
  const timeMs = [...number.slice(0, timeChars)].reduce((sum, character) => sum * 32 + alphabet.indexOf(character), 0);
  return timeMs > maxTimeMs ? null : new Date(timeMs);
}

function encodeTime(timeMs: number): string {
  if (!Number.isInteger(timeMs) || timeMs < 0 || timeMs > maxTimeMs) throw new RangeError(`not a time that an id can carry: ${timeMs}`);
  let rest = timeMs;
  let text = '';
  for (let position = 0; position < timeChars; position += 1) {
    text = alphabet.charAt(rest % 32) + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}

/** One byte a character, its low five bits used: 256 is a multiple of 32, so every character is equally likely. */
function encodeRandom(random: Random): string {
  let text = '';
  for (const byte of random(randomChars)) text += alphabet.charAt(byte & 31);
  return text;
}
