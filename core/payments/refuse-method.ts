import type { App } from '../access/directory.ts';
import { serves } from '../channels/accounts.ts';
import { amountRuleOf } from '../channels/amounts.ts';
import { hasMethod, limitsOf, noTerms } from '../channels/terms.ts';
import type { AmountRule } from '../contract/manifest.ts';
import { type Refusal, refuse } from '../errors.ts';
import type { Kernel } from './deps.ts';
import { methodsOf, type NewPayment } from './request.ts';

/** Somebody has to switch the account on or mend it: asking more often brings nothing. */
const unavailableRetrySec = 30;

/**
 * Why no account can take a payment. Without any account of the app's merchant and environment, no retry ever helps:
 * that is a setting that somebody has to make. With one that is switched off or broken, the method may come back.
 */
export function refuseMethod(kernel: Kernel, app: App, request: NewPayment): Refusal {
  if (request.method === null) return refuseChoice(kernel, app);
  const outside = refuseAmount(kernel, app, request.method, request);
  if (outside !== null) return outside;
  const wanted = methodsOf(request).flatMap((id) => kernel.channels.method(id)?.manifest.id ?? []);
  if (kernel.channels.isConfigured(wanted, app.merchantId, app.livemode)) return unavailable;
  return refuse('method_unsupported', { param: 'method', values: { method: request.method } });
}

const unavailable = refuse('method_unavailable', { param: 'method', retryAfterSec: unavailableRetrySec });

const nothingToChoose = {
  en: 'This app has no payment method that takes this amount in this currency.',
  zh: '该应用没有支持该币种和金额的支付方式。',
};

/** Why there is nothing that a shopper could choose from. */
function refuseChoice(kernel: Kernel, app: App): Refusal {
  const channels = [...kernel.channels.plugins.keys()];
  const isServed = kernel.channels.payable().some(({ record }) => serves(record, app.merchantId, app.livemode));
  if (!isServed && kernel.channels.isConfigured(channels, app.merchantId, app.livemode)) return unavailable;
  return refuse('method_unsupported', { param: 'currency', detail: nothingToChoose });
}

/** Says which amounts a method takes, in minor units. */
export function refuseAmountOf(method: string, { min = 1, max, step = 1 }: AmountRule): Refusal {
  const most = max === undefined || max === Number.MAX_SAFE_INTEGER ? null : max;
  const en = `${method} takes amounts from ${min}${most === null ? '' : ` to ${most}`} minor units${step === 1 ? '' : `, in steps of ${step}`}.`;
  const zh = `${method} 的金额须${most === null ? `不小于 ${min}` : `在 ${min} 至 ${most} 之间`}（最小货币单位）${step === 1 ? '' : `，且为 ${step} 的整数倍`}。`;
  return refuse('amount_invalid', { param: 'amount', detail: { en, zh } });
}

/** The contracts of all accounts that have the method permit other amounts than this one. Null: the amount is not the reason. */
function refuseAmount(kernel: Kernel, app: App, id: string, { amount, currency }: NewPayment): Refusal | null {
  const method = kernel.channels.method(id)?.method;
  const agreed = kernel.channels
    .payable()
    .filter(({ record, manifest }) => manifest.methods.some((one) => one.id === id) && serves(record, app.merchantId, app.livemode))
    .map(({ record }) => record.terms ?? noTerms)
    .filter((terms) => hasMethod(terms, id))
    .map((terms) => limitsOf(terms, id, currency));
  if (method === undefined || agreed.length === 0) return null;
  const { min: least = 1, max: most = Number.MAX_SAFE_INTEGER, step = 1 } = amountRuleOf(method, currency);
  const min = Math.max(least, Math.min(...agreed.map((limits) => limits.min ?? 0)));
  const max = Math.min(most, Math.max(...agreed.map((limits) => limits.max ?? Number.MAX_SAFE_INTEGER)));
  return amount < min || amount > max ? refuseAmountOf(id, { min, max, step }) : null;
}
