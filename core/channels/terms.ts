import { z } from 'zod';
import type { MethodManifest } from '../contract/manifest.ts';
import type { Money } from '../contract/money.ts';
import { isCurrency } from '../money.ts';

/** What the vendor and the merchant agreed on for one account. Without an entry, all that the channel can do holds. */
export interface AccountTerms {
  /** The methods that the contract has. */
  readonly methods?: readonly string[];
  /** Each that fits a payment has to hold. */
  readonly limits?: readonly AccountLimit[];
  /** The first that fits a payment counts. */
  readonly fees?: readonly AccountFee[];
  /** The channel account of the bank account to which the vendor pays out. */
  readonly payouts_to?: string;
}

interface Fitting {
  /** Absent: every method of the account. */
  readonly method?: string | undefined;
  readonly currency: string;
}

/** Minor units, per payment. */
export interface AccountLimit extends Fitting {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

/** What the vendor keeps of a payment: a share and a fixed part, between `min` and `max`, all in minor units. */
export interface AccountFee extends Fitting {
  /** `0.60`: sixty hundredths of one per cent. At most four decimals. */
  readonly percent?: string | undefined;
  readonly fixed?: number | undefined;
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

export const noTerms: AccountTerms = Object.freeze({});

const fitting = { method: z.string().optional(), currency: z.string().refine(isCurrency, 'is not an ISO 4217 code') };
const minor = z.int().min(0);
const percent = z
  .string()
  .regex(/^(100(\.0{1,4})?|\d{1,2}(\.\d{1,4})?)$/, 'must be a text such as "0.60", at most 100, with at most four decimals');

const terms = z.strictObject({
  methods: z.array(z.string()).min(1).optional(),
  limits: z.array(z.strictObject({ ...fitting, min: minor.optional(), max: minor.optional() })).optional(),
  fees: z
    .array(
      z.strictObject({ ...fitting, percent: percent.optional(), fixed: minor.optional(), min: minor.optional(), max: minor.optional() }),
    )
    .optional(),
  payouts_to: z
    .string()
    .regex(/^acc_[0-9A-Z]{26}$/, 'must be the id of an account')
    .optional(),
});

/** Why these are no terms of an account with such methods; empty when they are. */
export function termsFaults(value: unknown, methods: readonly MethodManifest[]): string[] {
  const read = terms.safeParse(value);
  if (!read.success) return read.error.issues.map((issue) => `terms.${issue.path.join('.')}: ${issue.message}`);
  const { methods: agreed = [], limits = [], fees = [] } = read.data;
  return [
    ...agreed.flatMap((id, index) => methodFaults(`methods.${index}`, id, methods)),
    ...limits.flatMap((limit, index) => rangeFaults(`limits.${index}`, limit, methods)),
    ...fees.flatMap((fee, index) => rangeFaults(`fees.${index}`, fee, methods)),
  ];
}

function methodFaults(place: string, id: string, methods: readonly MethodManifest[]): string[] {
  if (methods.some((one) => one.id === id)) return [];
  return [`terms.${place}: there is no method ${JSON.stringify(id)}; the channel has ${methods.map((one) => one.id).join(', ')}`];
}

function rangeFaults(place: string, range: AccountLimit, methods: readonly MethodManifest[]): string[] {
  const { method, currency, min = 0, max = Number.MAX_SAFE_INTEGER } = range;
  const taking = methods.filter(({ id }) => method === undefined || id === method);
  const isOffered = taking.length === 0 || taking.some(({ currencies }) => currencies.includes(currency));
  return [
    ...(method === undefined ? [] : methodFaults(`${place}.method`, method, methods)),
    ...(isOffered ? [] : [`terms.${place}.currency: no such payment can be in ${currency}`]),
    ...(min > max ? [`terms.${place}: min is above max`] : []),
  ];
}

/** Whether the contract has the method. */
export function hasMethod({ methods }: AccountTerms, method: string): boolean {
  return methods === undefined || methods.includes(method);
}

/** The smallest and the largest payment by a method that the contract permits. Null: it says nothing. */
export function limitsOf(
  agreed: AccountTerms,
  method: string,
  currency: string,
): { readonly min: number | null; readonly max: number | null } {
  const fit = (agreed.limits ?? []).filter((limit) => fits(limit, method, currency));
  const [mins, maxs] = [fit.flatMap(({ min }) => min ?? []), fit.flatMap(({ max }) => max ?? [])];
  return { min: mins.length === 0 ? null : Math.max(...mins), max: maxs.length === 0 ? null : Math.min(...maxs) };
}

/** Whether a payment of this amount may be made under the contract. */
export function takesUnder(agreed: AccountTerms, method: string, { amount, currency }: Money): boolean {
  const { min, max } = limitsOf(agreed, method, currency);
  return hasMethod(agreed, method) && amount >= (min ?? 0) && amount <= (max ?? Number.MAX_SAFE_INTEGER);
}

const partsInOne = 1_000_000n;

/**
 * What the vendor will keep of a payment, in minor units of its currency, halves rounded up as vendors do for each
 * payment; null when no fee is agreed on for it. Never more than the payment.
 */
export function expectedFee(agreed: AccountTerms, method: string, { amount, currency }: Money): number | null {
  const fee = (agreed.fees ?? []).find((one) => fits(one, method, currency));
  if (fee === undefined) return null;
  const { fixed = 0, min = 0, max = Number.MAX_SAFE_INTEGER } = fee;
  const share = (BigInt(amount) * partsOf(fee.percent ?? '0') + partsInOne / 2n) / partsInOne;
  const whole = Number(share) + fixed;
  return Math.min(Math.max(whole, min), max, amount);
}

/** `0.60` per cent in millionths of the whole: 6000. */
function partsOf(text: string): bigint {
  const [whole = '0', fraction = ''] = text.split('.');
  return BigInt(whole + fraction.padEnd(4, '0'));
}

const fits = (one: Fitting, method: string, currency: string) =>
  one.currency === currency && (one.method === undefined || one.method === method);
