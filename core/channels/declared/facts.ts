import type { Money } from '../../contract/money.ts';
import type { Echo, PaymentReport, RefundReport } from '../../contract/outcome.ts';
import { type Data, textAt } from './data.ts';
import type { Opened } from './opened.ts';
import type { Facts } from './schema.ts';
import { readTime } from './times.ts';

/** What tells a state: a table of the vendor's words, or one word of ours for all of them. */
export interface Telling {
  readonly facts: Facts;
  readonly statuses?: Readonly<Record<string, string>> | undefined;
  readonly state?: string | undefined;
}

/** Our word for what the vendor says; null when no table has it. */
export function stateOf({ facts, statuses, state }: Telling, data: Data): string | null {
  if (state !== undefined) return state;
  // The empty word of a table stands for a status that the vendor leaves out.
  const said = textAt(data, facts.status) ?? '';
  return statuses !== undefined && Object.hasOwn(statuses, said) ? (statuses[said] ?? null) : null;
}

/** Money as the vendor states it; null unless it is exactly an amount. */
export function moneyOf({ definition, kit }: Opened, facts: Facts, data: Data): Money | null {
  const currency = facts.constantCurrency ?? textAt(data, facts.currency);
  const amount = textAt(data, facts.amount);
  const notation = facts.notation ?? (definition.money === 'minor_integer' ? 'minor' : 'major');
  return notation === 'minor' ? kit.money.fromMinor(amount, currency) : kit.money.fromMajor(amount, currency);
}

export function echoOf(facts: Facts, data: Data): Echo {
  const number = textAt(data, facts.number);
  const merchantNo = textAt(data, facts.merchantNo);
  return { ...(number !== undefined && { number }), ...(merchantNo !== undefined && { merchantNo }) };
}

/** The facts of money that moved; null when one is missing: a success is never made up. */
function successOf(opened: Opened, facts: Facts, data: Data) {
  const money = moneyOf(opened, facts, data);
  const channelNo = textAt(data, facts.channelNo);
  const echo = echoOf(facts, data);
  const number = echo.number ?? textAt(data, facts.paymentNumber);
  if (money === null || channelNo === undefined || number === undefined) return null;
  const paidAt = textAt(data, facts.paidAt);
  const at = paidAt === undefined ? undefined : readTime(paidAt, facts.paidAtFormat ?? 'rfc3339', opened.definition.zone);
  return { state: 'succeeded' as const, channelNo, money, echo, ...(at !== undefined && { at }) };
}

/** What a payment's state is; null where the table does not know it, or where a success lacks a fact. */
export function paymentReport(opened: Opened, telling: Telling, data: Data): PaymentReport | null {
  const state = stateOf(telling, data);
  const channelNo = textAt(data, telling.facts.channelNo);
  const rest = { echo: echoOf(telling.facts, data), ...(channelNo !== undefined && { channelNo }) };
  if (state === 'succeeded') return successOf(opened, telling.facts, data);
  if (state === 'pending' || state === 'processing' || state === 'closed') return { state, ...rest };
  return state === 'not_found' ? { state } : null;
}

export function refundReport(opened: Opened, telling: Telling, data: Data): RefundReport | null {
  const state = stateOf(telling, data);
  const channelNo = textAt(data, telling.facts.channelNo);
  const rest = { echo: echoOf(telling.facts, data), ...(channelNo !== undefined && { channelNo }) };
  if (state === 'succeeded') return successOf(opened, telling.facts, data);
  if (state === 'processing' || state === 'abnormal') return { state, ...rest };
  if (state === 'failed') return { state, code: 'refund_rejected', ...rest };
  return state === 'not_found' ? { state } : null;
}
