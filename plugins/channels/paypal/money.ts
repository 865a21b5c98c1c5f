import type { Kit } from '../../../core/contract/kit.ts';
import type { Money } from '../../../core/contract/money.ts';
import { isRecord } from './gateway.ts';

/** ISO 4217 counts two decimals of these; PayPal calls any decimal an error (DECIMALS_NOT_SUPPORTED). */
const wholeOnly: readonly string[] = ['HUF', 'TWD'];

export interface Amount {
  readonly currency_code: string;
  readonly value: string;
}

/**
 * Money as PayPal takes it; null when it has coins that PayPal knows nothing of. The merchant's amount stays in
 * the minor units of ISO 4217: 199900 HUF are 1999 forint here as at every other channel, never 199900.
 */
export function writeMoney(kit: Kit, money: Money): Amount | null {
  const text = kit.money.toMajor(money);
  if (!wholeOnly.includes(money.currency)) return { currency_code: money.currency, value: text };
  const [whole = '', fraction = ''] = text.split('.');
  return /^0*$/.test(fraction) ? { currency_code: money.currency, value: whole } : null;
}

/** Null unless it is an exact amount of the currency. */
export function readMoney(kit: Kit, value: unknown): Money | null {
  return isRecord(value) ? kit.money.fromMajor(value.value, value.currency_code) : null;
}
