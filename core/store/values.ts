import type { Value } from './database.ts';

/** Throws unless the value is one that both engines store exactly. Types alone do not keep out what comes as `any`. */
export function checkValue(value: Value): void {
  if (value === null || typeof value === 'string' || Buffer.isBuffer(value)) return;
  if (typeof value !== 'number') throw new TypeError(`not a value that can be stored: ${typeof value}`);
  if (!Number.isSafeInteger(value)) throw new RangeError(`not an integer that can be stored exactly: ${value}`);
}

/** An integer as a driver gave it (number, bigint or digits) as a number. Throws where that would not be exact. */
export function toSafeInteger(value: unknown): number {
  const exact = typeof value === 'string' && /^-?\d{1,19}$/.test(value) ? BigInt(value) : value;
  const number = typeof exact === 'bigint' ? Number(exact) : exact;
  if (typeof number !== 'number' || !Number.isSafeInteger(number))
    throw new RangeError(`not an integer that a number holds exactly: ${value}`);
  return number;
}
