import { createHash } from 'node:crypto';
import type { z } from 'zod';
import type { App } from '../../access/directory.ts';
import { missingPayerFields } from '../../channels/choose.ts';
import { type FieldFault, type Refusal, refuse, type Text } from '../../errors.ts';
import type { Kernel } from '../../payments/deps.ts';
import type { NewPayment } from '../../payments/request.ts';
import { canonicalJson } from '../canonical.ts';
import type { newPaymentBody } from './schemas.ts';

type Body = z.output<typeof newPaymentBody>;

/** Checks what a schema cannot: sums, methods, currencies and addresses. All faults at once. */
export function readNewPayment(kernel: Kernel, checkUrl: CheckUrl, app: App, body: Body): NewPayment | Refusal {
  if (body.method === undefined) return refuse('method_required', { param: 'method' });
  const payer = readPayer(body);
  const refusal = checkLines(body) ?? checkUrls(checkUrl, app, body) ?? checkMethods(kernel, app, body, payer);
  if (refusal !== null) return refusal;
  return {
    merchantOrderNo: body.merchant_order_no,
    amount: body.amount,
    currency: body.currency,
    subject: body.subject,
    method: body.method,
    fallbackMethods: body.fallback_methods ?? [],
    payer,
    orderLines: (body.order_lines ?? []).map((line) => ({
      merchantOrderNo: line.merchant_order_no,
      amount: line.amount,
      subject: line.subject ?? null,
    })),
    notifyUrl: body.notify_url ?? null,
    returnUrl: body.return_url ?? null,
    expiresInSec: body.expires_in ?? 7200,
    metadata: body.metadata ?? {},
    hash: hashOf(body),
  };
}

/** Why an address may not be used; null when it may. */
export type CheckUrl = (url: string, use: 'notify' | 'return', livemode: boolean) => Text | null;

function readPayer(body: Body): NewPayment['payer'] {
  const { member_id: memberId, client_ip: clientIp, auth_code: authCode, ...rest } = body.payer ?? {};
  const named = { ...rest, memberId, clientIp, authCode };
  return Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined));
}

const payerFieldNames: Readonly<Record<string, string>> = { clientIp: 'client_ip', authCode: 'auth_code' };

/** The chosen method must exist, take this currency and amount, and have what it needs; a fallback must exist. */
function checkMethods(kernel: Kernel, app: App, body: Body, payer: NewPayment['payer']): Refusal | null {
  for (const id of [body.method ?? '', ...(body.fallback_methods ?? [])]) {
    const known = kernel.channels.method(id);
    if (known === undefined)
      return refuse('method_unsupported', { param: id === body.method ? 'method' : 'fallback_methods', values: { method: id } });
    if (id !== body.method) continue;
    const { method } = known;
    if (!method.currencies.includes(body.currency))
      return refuse('currency_unsupported', { param: 'currency', values: { currency: body.currency, method: id } });
    const missing = missingPayerFields(method, payer as Readonly<Record<string, unknown>>)[0];
    if (missing !== undefined) {
      const field = `payer.${payerFieldNames[missing] ?? missing}`;
      return refuse('payer_field_required', { param: field, values: { name: field.slice('payer.'.length) } });
    }
    const { min = 1, max = Number.MAX_SAFE_INTEGER } = method;
    if (body.amount < min || body.amount > max) return refuse('amount_invalid', { param: 'amount', values: { min, max, method: id } });
  }
  return app.active ? null : refuse('forbidden');
}

function checkLines(body: Body): Refusal | null {
  if (body.order_lines === undefined) return null;
  const sum = body.order_lines.reduce((total, line) => total + BigInt(line.amount), 0n);
  if (sum === BigInt(body.amount)) return null;
  const detail = {
    en: `The order lines add up to ${sum}, the amount is ${body.amount}.`,
    zh: `订单明细合计为 ${sum}，与金额 ${body.amount} 不符。`,
  };
  return refuse('invalid_request', { param: 'order_lines', errors: [{ param: 'order_lines', code: 'out_of_range', detail }] });
}

function checkUrls(checkUrl: CheckUrl, app: App, body: Body): Refusal | null {
  const faults: FieldFault[] = [];
  for (const use of ['notify', 'return'] as const) {
    const url = body[`${use}_url`];
    const detail = url === undefined ? null : checkUrl(url, use, app.livemode);
    if (detail !== null) faults.push({ param: `${use}_url`, code: 'invalid_format', detail });
  }
  return faults[0] === undefined ? null : refuse('url_forbidden', { param: faults[0].param, errors: faults });
}

/** The same for every spelling of the same request: members in order, no white space. */
export function hashOf(body: unknown): string {
  return createHash('sha256').update(canonicalJson(body)).digest('hex');
}
