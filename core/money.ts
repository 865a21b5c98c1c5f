import type { Money } from './contract/money.ts';

/**
 * ISO 4217: the active codes by their number of decimals. Metals, units of account (XDR, XSU, XUA)
 * and the codes for tests and for no currency (XTS, XXX) are not money that can be paid.
 */
const codesByDecimals: Readonly<Record<number, string>> = {
  0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF',
  2: `AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP COU CRC
    CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR
    KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN
    PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS
    UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG`,
  3: 'BHD IQD JOD KWD LYD OMR TND',
  4: 'CLF UYW',
};

/** Decimals of every currency that ISO 4217 lists as active. */
export const isoExponents: ReadonlyMap<string, number> = new Map(
  Object.entries(codesByDecimals).flatMap(([decimals, codes]) => codes.split(/\s+/).map((code) => [code, Number(decimals)] as const)),
);

/** Decimals that depart from ISO 4217, by currency. */
export type Exponents = Readonly<Record<string, number>>;

export function isCurrency(code: unknown): code is string {
  return typeof code === 'string' && isoExponents.has(code);
}

/** The decimals of a currency; undefined when it is none. */
export function exponentOf(currency: string, exponents: Exponents = {}): number | undefined {
  const own = Object.hasOwn(exponents, currency) ? exponents[currency] : undefined;
  return own ?? isoExponents.get(currency);
}

/** A non-negative safe integer, given as a number or as plain digits; null when it is anything else. */
export function parseAmount(value: unknown): number | null {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 && !Object.is(value, -0) ? value : null;
  return typeof value === 'string' && /^(0|[1-9][0-9]*)$/.test(value) ? readDigits(value) : null;
}

/**
 * Minor units to decimal text in major units: 1999 CNY is `19.99`, 500 JPY is `500`. `exponents` says how many decimals
 * a vendor writes: money is in the minor units of ISO 4217 all the same, so 199900 HUF are `1999` where a vendor writes
 * none. Money that is none, or that the vendor cannot write exactly, throws.
 */
export function toMajor(money: Money, exponents: Exponents = {}): string {
  const decimals = isoExponents.get(money.currency);
  if (decimals === undefined) throw new RangeError(`not a currency: ${money.currency}`);
  if (!Number.isSafeInteger(money.amount)) throw new RangeError('not an integer number of minor units');
  const written = exponentOf(money.currency, exponents) ?? decimals;
  const sign = money.amount < 0 ? '-' : '';
  const digits = String(Math.abs(money.amount)).padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals);
  const fraction = digits.slice(digits.length - decimals);
  if (/[1-9]/.test(fraction.slice(written))) throw new RangeError(`this vendor writes ${money.currency} with ${written} decimals`);
  return written === 0 ? sign + whole : `${sign}${whole}.${fraction.slice(0, written).padEnd(written, '0')}`;
}

/**
 * Decimal text in major units to money; null unless it is a plain, exact, non-negative amount of
 * that currency. More decimals than the currency has are refused even when they are zeros: `1.000`
 * is a thousand to half of the world.
 */
export function fromMajor(text: unknown, currency: unknown, exponents: Exponents = {}): Money | null {
  const parts = typeof text === 'string' ? /^(0|[1-9][0-9]*)(?:\.([0-9]+))?$/.exec(text) : null;
  if (parts === null || !isCurrency(currency)) return null;
  const decimals = isoExponents.get(currency) ?? 0;
  const [, whole = '', written = ''] = parts;
  if (written.length > (exponentOf(currency, exponents) ?? 0) || /[1-9]/.test(written.slice(decimals))) return null;
  const fraction = written.slice(0, decimals);
  const amount = readDigits(whole + fraction.padEnd(decimals, '0'));
  return amount === null ? null : { amount, currency };
}

/** An integer of minor units (number, or text of digits) to money; null when it is anything else. */
export function fromMinor(value: unknown, currency: unknown): Money | null {
  const amount = parseAmount(value);
  return amount === null || !isCurrency(currency) ? null : { amount, currency };
}

/** What is beyond the safe integers stays so when it is read, however long it is. */
function readDigits(digits: string): number | null {
  const amount = Number(digits);
  return Number.isSafeInteger(amount) ? amount : null;
}
