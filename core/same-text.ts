import { timingSafeEqual } from 'node:crypto';

/** Compares in constant time: how long a guess takes tells nothing but whether its length is right. */
export function isSameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
