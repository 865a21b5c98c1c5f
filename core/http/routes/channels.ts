import type { z } from 'zod';
import type { ApiKey, App } from '../../access/directory.ts';
import { type OpenAccount, serves } from '../../channels/accounts.ts';
import { amountRuleOf } from '../../channels/amounts.ts';
import { describeChannel } from '../../channels/describe.ts';
import type { Origin } from '../../channels/packages.ts';
import type { MethodManifest } from '../../contract/manifest.ts';
import type { Kernel } from '../../payments/deps.ts';
import { answer, defineRoute } from '../route.ts';
import { channelView, listOf } from './schemas.ts';

/** `/v1/channels`: what this server speaks, whether or not the app has an account there. */
export function channelRoutes(kernel: Kernel, origins: ReadonlyMap<string, Origin>) {
  return [
    defineRoute<z.ZodType<Record<string, never>>, z.ZodType<Record<string, never>>, App, ApiKey>({
      id: 'channels.list',
      method: 'GET',
      path: '/v1/channels',
      summary: 'List the channels that this server speaks, with what each can do',
      tag: 'Methods',
      scope: 'payments:read',
      answers: { 200: listOf(channelView) },
      async handle({ app }) {
        const own = kernel.channels.accounts().filter(({ record }) => serves(record, app.merchantId, app.livemode));
        const ids = [...kernel.channels.plugins.keys()].sort();
        return answer(200, { object: 'list', data: ids.map((id) => viewChannel(kernel, origins, own, id)), has_more: false });
      },
    }),
  ];
}

function viewChannel(kernel: Kernel, origins: ReadonlyMap<string, Origin>, own: readonly OpenAccount[], id: string) {
  const manifest = kernel.channels.plugins.get(id)?.manifest;
  if (manifest === undefined) throw new Error(`there is no channel ${id}`);
  const { methods, idempotency, ...described } = describeChannel(manifest);
  const origin = origins.get(id);
  return {
    object: 'channel' as const,
    id,
    name: described.name,
    maturity: described.maturity,
    verified: described.verified,
    origin: { kind: origin?.kind ?? 'folder', name: origin?.name ?? id, version: origin?.version ?? null },
    methods: methods.map((method) => ({
      method: method.id,
      name: method.name,
      action: method.action,
      maturity: method.maturity,
      currencies: method.currencies,
      min: method.min ?? null,
      max: method.max ?? null,
      step: method.step ?? 1,
      amounts: viewAmounts(method),
      order_lines: method.orderLines ?? null,
      payer_fields: method.payerFields,
      query: method.abilities.query,
      close: method.abilities.close,
      capture: method.abilities.capture,
      refund: method.abilities.refund,
    })),
    query_refund: described.queryRefund,
    statement: described.statement,
    idempotency: { create: idempotency.create, ttl_hours: idempotency.ttlHours, refund: idempotency.refund },
    callback_trust: described.callbackTrust,
    ...viewHealth(
      kernel,
      own.filter((account) => account.channelId === id),
    ),
  };
}

/** The amounts of the currencies that have a rule of their own. */
export function viewAmounts(method: Pick<MethodManifest, 'currencies' | 'inCurrency' | 'min' | 'max' | 'step'>) {
  return Object.keys(method.inCurrency ?? {})
    .toSorted()
    .map((currency) => {
      const { min = null, max = null, step = 1 } = amountRuleOf(method, currency);
      return { currency, min, max, step };
    });
}

/** Of the app's own accounts alone: what other merchants have at a channel is none of its business. */
function viewHealth(kernel: Kernel, own: readonly OpenAccount[]) {
  const payable = new Set(kernel.channels.payable().map(({ id }) => id));
  const enabled = own.filter(({ id }) => payable.has(id));
  return { health: healthOf(kernel, enabled), quarantined: own.some((account) => kernel.caller.isQuarantined(account)) };
}

/** By the breakers of `pay`: all accounts answer, some do, or none; null where there is none that takes payments. */
export function healthOf({ caller }: Kernel, accounts: readonly OpenAccount[]): 'up' | 'degraded' | 'down' | null {
  const down = accounts.filter((account) => caller.isOpen(account.id, 'pay') || caller.isQuarantined(account)).length;
  if (accounts.length === 0) return null;
  if (down === 0) return 'up';
  return down === accounts.length ? 'down' : 'degraded';
}
