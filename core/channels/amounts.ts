import type { AmountRule, MethodManifest } from '../contract/manifest.ts';

/** Which amounts a method takes in a currency. */
export function amountRuleOf(
  { min, max, step, inCurrency }: Pick<MethodManifest, keyof AmountRule | 'inCurrency'>,
  currency: string,
): AmountRule {
  const rule = { ...(min !== undefined && { min }), ...(max !== undefined && { max }), ...(step !== undefined && { step }) };
  return { ...rule, ...(Object.hasOwn(inCurrency ?? {}, currency) ? inCurrency?.[currency] : {}) };
}

export function takesAmount(method: MethodManifest, { amount, currency }: { readonly amount: number; readonly currency: string }): boolean {
  const { min = 1, max = Number.MAX_SAFE_INTEGER, step = 1 } = amountRuleOf(method, currency);
  return amount >= min && amount <= max && amount % step === 0;
}
