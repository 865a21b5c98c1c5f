import { fromChinaText } from '../../time.ts';
import type { Twist } from '../../types.ts';
import { failed } from './answers.ts';
import type { AlipayMerchant } from './keys.ts';
import type { Params } from './sign.ts';

/** One verified request. `content` is the parsed `biz_content`. */
export interface AlipayRequest {
  readonly merchant: AlipayMerchant;
  readonly params: Params;
  readonly content: Readonly<Record<string, unknown>>;
  readonly twist: Twist;
  /** Where the request arrived. */
  readonly host: string;
}

const longestMs = 15 * 24 * 3600_000;
const unitMs: Readonly<Record<string, number>> = { m: 60_000, h: 3600_000, d: 24 * 3600_000 };

export const textOf = (content: AlipayRequest['content'], name: string) =>
  typeof content[name] === 'string' ? (content[name] as string) : '';
export const invalid = (name: string) => failed('ACQ.INVALID_PARAMETER', `参数无效: ${name}`);

/** When the trade stops being payable; null when the request says it in a way that cannot be read. */
export function readExpiry(content: AlipayRequest['content'], nowMs: number): number | null {
  const [absolute, relative] = [textOf(content, 'time_expire'), textOf(content, 'timeout_express')];
  if (absolute !== '') return fromChinaText(absolute);
  if (relative === '') return nowMs + longestMs;
  const found = /^([1-9]\d{0,5})([mhd])$/.exec(relative);
  return found?.[1] && found[2] ? nowMs + Number(found[1]) * (unitMs[found[2]] ?? 0) : null;
}
