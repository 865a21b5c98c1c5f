import type { z } from 'zod';
import type { ApiKey, App } from '../../access/directory.ts';
import { serves } from '../../channels/accounts.ts';
import { toPayerField } from '../../channels/describe.ts';
import { type AccountTerms, hasMethod, limitsOf, noTerms } from '../../channels/terms.ts';
import type { MethodManifest } from '../../contract/manifest.ts';
import type { Kernel } from '../../payments/deps.ts';
import { answer, defineRoute } from '../route.ts';
import { healthOf, viewAmounts } from './channels.ts';
import { listOf, methodView } from './schemas.ts';

/** `/v1/methods`: what this app can use now. */
export function methodRoutes(kernel: Kernel) {
  return [
    defineRoute<z.ZodType<Record<string, never>>, z.ZodType<Record<string, never>>, App, ApiKey>({
      id: 'methods.list',
      method: 'GET',
      path: '/v1/methods',
      summary: 'List the methods that this app can use now',
      tag: 'Methods',
      scope: 'payments:read',
      answers: { 200: listOf(methodView) },
      async handle({ app }) {
        const usable = kernel.channels.payable().filter(({ record }) => serves(record, app.merchantId, app.livemode));
        const manifests = [...new Map(usable.map((account) => [account.channelId, account.manifest])).values()];
        const data = manifests.flatMap((manifest) => {
          const own = usable.filter((account) => account.channelId === manifest.id);
          const health = healthOf(kernel, own) ?? 'down';
          return manifest.methods.flatMap((method) => {
            const agreed = own.map(({ record }) => record.terms ?? noTerms).filter((terms) => hasMethod(terms, method.id));
            return agreed.length === 0 ? [] : [viewMethod(manifest.id, method, health, agreed)];
          });
        });
        return answer(200, { object: 'list', data, has_more: false });
      },
    }),
  ];
}

function viewMethod(channel: string, method: MethodManifest, health: 'up' | 'degraded' | 'down', agreed: readonly AccountTerms[]) {
  return {
    object: 'method' as const,
    method: method.id,
    channel,
    name: method.name,
    action: method.action,
    currencies: method.currencies,
    min: method.min ?? null,
    max: method.max ?? null,
    step: method.step ?? 1,
    amounts: viewAmounts(method),
    limits: method.currencies.flatMap((currency) => viewLimits(method.id, currency, agreed)),
    order_lines: method.orderLines ?? null,
    payer_fields: (method.needs ?? []).map(toPayerField),
    health,
  };
}

/** The widest of what the accounts' contracts permit. Nothing where one of them says nothing. */
function viewLimits(method: string, currency: string, agreed: readonly AccountTerms[]) {
  const all = agreed.map((terms) => limitsOf(terms, method, currency));
  const min = all.some((one) => one.min === null) ? null : Math.min(...all.map((one) => one.min ?? 0));
  const max = all.some((one) => one.max === null) ? null : Math.max(...all.map((one) => one.max ?? 0));
  return min === null && max === null ? [] : [{ currency, min, max }];
}
