import { hash } from 'node:crypto';
import type { z } from 'zod';
import type { App } from '../../access/directory.ts';
import { amountRuleOf, takesAmount } from '../../channels/amounts.ts';
import { missingPayerFields, takesLines } from '../../channels/choose.ts';
import type { MethodManifest } from '../../contract/manifest.ts';
import {
  type DetailValues,
  type ErrorCode,
  type FieldCode,
  type FieldFault,
  faultOf,
  type Refusal,
  refuse,
  type Text,
} from '../../errors.ts';
import type { Kernel } from '../../payments/deps.ts';
import { refuseAmountOf } from '../../payments/refuse-method.ts';
import type { NewPayment } from '../../payments/request.ts';
import { canonicalJson } from '../canonical.ts';
import type { newPaymentBody } from './schemas.ts';

type Body = z.output<typeof newPaymentBody>;

/** Checks what a schema cannot: sums, methods, currencies and addresses. All faults at once. */
export function readNewPayment(kernel: Kernel, checkUrl: CheckUrl, app: App, body: Body): NewPayment | Refusal {
  const payer = readPayer(body);
  const reasons = [...checkLines(body), ...checkUrls(checkUrl, app, body), ...checkMethods(kernel, body, payer)];
  if (reasons.length > 0) return refuseAll(reasons);
  const request = {
    merchantOrderNo: body.merchant_order_no,
    amount: body.amount,
    currency: body.currency,
    subject: body.subject,
    method: body.method ?? null,
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
  };
  // What was read and not what was written: a default is the same order whether it is spelled out or left out.
  return { ...request, hash: hashOf(request) };
}

/** The same checks over the fields that a schema let through, when it refused others. */
export function moreFaults(
  kernel: Kernel,
  checkUrl: CheckUrl,
  app: App,
  body: Partial<Body>,
  isMissing: (field: string) => boolean,
): readonly FieldFault[] {
  const { method, currency, amount, order_lines: lines } = body;
  const whole = body as Body;
  const isNamed = method !== undefined || isMissing('method');
  const chosen = isNamed ? checkMethods(kernel, whole, readPayer(whole)) : checkFallbacks(kernel, whole);
  // What the method asks of a field can only be said of a field that is there and readable.
  const applies = ({ refusal: { param = '' } }: Found) => {
    if (param === 'currency') return currency !== undefined;
    if (param === 'amount') return amount !== undefined;
    return !param.startsWith('payer.') || body.payer !== undefined || isMissing('payer');
  };
  const sums = lines === undefined || amount === undefined ? [] : checkSum(whole);
  const found = [...sums, ...checkLineNumbers(whole), ...checkUrls(checkUrl, app, whole), ...chosen.filter(applies)];
  return found.map(({ refusal, as }) => ({ param: refusal.param ?? '', code: as, detail: refusal.detail as Text }));
}

/** Why the address in a field may not be used; null when it may. `url` is that of a notification endpoint. */
export type CheckUrl = (param: 'notify_url' | 'return_url' | 'url', url: string, livemode: boolean) => Text | null;

function readPayer(body: Body): NewPayment['payer'] {
  const { member_id: memberId, client_ip: clientIp, auth_code: authCode, bank_code: bankCode, ...rest } = body.payer ?? {};
  const named = { ...rest, memberId, clientIp, authCode, bankCode };
  return Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined));
}

const payerFieldNames: Readonly<Record<string, string>> = { clientIp: 'client_ip', authCode: 'auth_code', bankCode: 'bank_code' };

/** A reason to refuse, and what it is called in the list of all of them. */
interface Found {
  readonly refusal: Refusal;
  readonly as: FieldCode;
}

function found(
  as: FieldCode,
  code: ErrorCode,
  param: string,
  more: { readonly detail?: Text; readonly values?: DetailValues } = {},
): Found {
  return { as, refusal: refuse(code, { param, ...more }) };
}

/** The first reason names the answer; `errors` holds every one. */
function refuseAll(reasons: readonly Found[]): Refusal {
  const refusal = reasons[0]?.refusal ?? refuse('method_required', { param: 'method' });
  const errors = reasons.map((one) => ({ param: one.refusal.param ?? '', code: one.as, detail: one.refusal.detail as Text }));
  return { ...refusal, errors };
}

/** The chosen method must exist, take this currency and amount, and have what it needs; a fallback must exist. */
function checkMethods(kernel: Kernel, body: Body, payer: NewPayment['payer']): readonly Found[] {
  const unknown = checkFallbacks(kernel, body);
  if (body.method === undefined) {
    // Without one the shopper chooses at the checkout, where there is nothing to fall back from.
    return body.fallback_methods === undefined ? [] : [found('required', 'method_required', 'method'), ...unknown];
  }
  const known = kernel.channels.method(body.method);
  if (known === undefined)
    return [found('invalid_choice', 'method_unsupported', 'method', { values: { method: body.method } }), ...unknown];
  return [...checkChosen(known.method, body, payer), ...unknown];
}

const namedTwice: Text = {
  en: 'fallback_methods must name other methods than method, each once.',
  zh: 'fallback_methods 须为 method 以外的支付方式，且不可重复。',
};

function checkFallbacks(kernel: Kernel, body: Body): readonly Found[] {
  const given = body.fallback_methods ?? [];
  const unknown = given.filter((id) => kernel.channels.method(id) === undefined);
  const twice = given.some((id, index) => id === body.method || given.indexOf(id) !== index);
  return [
    ...unknown.map((method) => found('invalid_choice', 'method_unsupported', 'fallback_methods', { values: { method } })),
    ...(twice ? [found('duplicate_value', 'invalid_request', 'fallback_methods', { detail: namedTwice })] : []),
  ];
}

function checkChosen(method: MethodManifest, body: Body, payer: NewPayment['payer']): readonly Found[] {
  const takesCurrency = method.currencies.includes(body.currency);
  const missing = missingPayerFields(method, payer as Readonly<Record<string, unknown>>).map((name) => payerFieldNames[name] ?? name);
  return [
    ...(takesCurrency
      ? []
      : [found('invalid_choice', 'currency_unsupported', 'currency', { values: { currency: body.currency, method: method.id } })]),
    ...missing.map((name) => found('required', 'payer_field_required', `payer.${name}`, { values: { name } })),
    ...(takesAmount(method, body)
      ? []
      : [{ refusal: refuseAmountOf(method.id, amountRuleOf(method, body.currency)), as: 'out_of_range' as const }]),
    ...checkLineCount(method, body.order_lines?.length ?? 0),
  ];
}

function checkLineCount(method: MethodManifest, count: number): readonly Found[] {
  if (method.orderLines === undefined || takesLines(method, count)) return [];
  const { min, max } = method.orderLines;
  const detail = {
    en: `${method.id} pays ${min} to ${max} orders together: give them in order_lines.`,
    zh: `${method.id} 一次合并支付 ${min} 至 ${max} 笔订单：请在 order_lines 中给出。`,
  };
  return [found(count < min ? 'too_short' : 'too_long', 'invalid_request', 'order_lines', { detail })];
}

function checkLines(body: Body): readonly Found[] {
  return [...checkSum(body), ...checkLineNumbers(body)];
}

/** Who reads the lines back tells them apart by their numbers. Every line whose number an earlier one has is named. */
function checkLineNumbers(body: Body): readonly Found[] {
  const numbers = (body.order_lines ?? []).map((line) => line.merchant_order_no);
  const firstAt = new Map(numbers.map((number, index) => [number, index] as const).reverse());
  return numbers.flatMap((number, index) => {
    const first = firstAt.get(number) ?? index;
    if (first === index) return [];
    const param = `order_lines[${index}].merchant_order_no`;
    const { detail } = faultOf(param, 'duplicate_value', { other: `order_lines[${first}].merchant_order_no` });
    return [found('duplicate_value', 'invalid_request', param, { detail })];
  });
}

function checkSum(body: Body): readonly Found[] {
  if (body.order_lines === undefined) return [];
  const sum = body.order_lines.reduce((total, line) => total + BigInt(line.amount), 0n);
  if (sum === BigInt(body.amount)) return [];
  const detail = {
    en: `The order lines add up to ${sum}, the amount is ${body.amount}.`,
    zh: `订单明细合计为 ${sum}，与金额 ${body.amount} 不符。`,
  };
  return [found('sum_mismatch', 'invalid_request', 'order_lines', { detail })];
}

function checkUrls(checkUrl: CheckUrl, app: App, body: Body): readonly Found[] {
  return (['notify_url', 'return_url'] as const).flatMap((param) => {
    const url = body[param];
    const detail = url === undefined ? null : checkUrl(param, url, app.livemode);
    return detail === null ? [] : [found('url_forbidden_field', 'url_forbidden', param, { detail })];
  });
}

/** The same for every spelling of the same request: members in order, no white space. */
export function hashOf(body: unknown): string {
  return hash('sha256', canonicalJson(body));
}
