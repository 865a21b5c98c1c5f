import { Buffer } from 'node:buffer';
import type { Call } from '../../../core/contract/kit.ts';
import type { Money } from '../../../core/contract/money.ts';
import type { StatementDocument, StatementLine, StatementOutcome } from '../../../core/contract/statement.ts';
import { explainQuestion } from './errors.ts';
import { type Answer, ask, type Data, isRecord, ourNumber, type PaypalAccount } from './gateway.ts';
import { readMoney } from './money.ts';

/** The most that the specification of Transaction Search 1.9 allows. */
const pageSize = 500;
const dayMs = 86_400_000;

/**
 * The transactions that moved a balance on a day of UTC. The document is PayPal's pages, one to a line. They take up to
 * three hours to appear, and each answer says up to when it is complete.
 */
export async function fetchStatement(account: PaypalAccount, day: string, call: Call): Promise<StatementOutcome> {
  const first = await askPage(account, day, 1, call);
  if (first.kind === 'fault') return explainQuestion(first.fault);
  if (first.kind !== 'data') return first;
  const refreshed = timeOf(first.data.last_refreshed_datetime);
  if (refreshed === null || !Array.isArray(first.data.transaction_details)) return { kind: 'unknown', reason: 'unreadable' };
  // A day that is not over cannot be complete; what can be had of it is what happened up to this second.
  const nowMs = Math.floor(call.now().getTime() / 1000) * 1000;
  if (refreshed.getTime() < Math.min(Date.parse(`${day}T00:00:00Z`) + dayMs, nowMs)) return { kind: 'notYet' };
  if (first.data.total_items === 0) return { kind: 'empty' };
  return { kind: 'ready', documents: only({ name: `transactions-${day}.jsonl`, content: pages(account, day, first.data, call) }) };
}

async function* only(document: StatementDocument): AsyncIterable<StatementDocument> {
  yield document;
}

function askPage(account: PaypalAccount, day: string, page: number, call: Call): Promise<Answer> {
  const query = new URLSearchParams({
    start_date: `${day}T00:00:00Z`,
    end_date: `${day}T23:59:59.999Z`,
    fields: 'transaction_info',
    balance_affecting_records_only: 'Y',
    page_size: String(pageSize),
    page: String(page),
  });
  return ask(account, call, { method: 'GET', path: `/v1/reporting/transactions?${query}` });
}

async function* pages(account: PaypalAccount, day: string, first: Data, call: Call): AsyncIterable<Uint8Array> {
  yield Buffer.from(`${JSON.stringify(first)}\n`);
  for (let page = 2; page <= Number(first.total_pages); page += 1) {
    const answer = await askPage(account, day, page, call);
    if (answer.kind !== 'data') throw new Error('the list of transactions breaks off');
    yield Buffer.from(`${JSON.stringify(answer.data)}\n`);
  }
}

/** Each page says which of how many it is, whose, and how many transactions there are in all. */
export async function* readStatement(account: PaypalAccount, { content }: StatementDocument): AsyncIterable<StatementLine> {
  let line = 0;
  let read = 0;
  let totals: Data = {};
  for await (const bytes of account.kit.files.lines(content)) {
    line += 1;
    const page = account.kit.json(bytes);
    if (page === null || !Array.isArray(page.transaction_details) || page.page !== line || typeof page.total_pages !== 'number') {
      throw new Error(`line ${line} is not page ${line} of a list of transactions`);
    }
    if (page.account_number !== undefined && page.account_number !== account.merchantId) throw new Error('the list is of another merchant');
    if (line > 1 && page.total_items !== totals.total_items) throw new Error(`line ${line}: the list changed while it was being read`);
    totals = page;
    read += page.transaction_details.length;
    for (const one of page.transaction_details) yield* readTransaction(account, one, line);
  }
  if (line === 0 || line !== totals.total_pages) throw new Error('the list of transactions breaks off');
  if (read !== totals.total_items) throw new Error(`the list has ${read} transactions and says ${String(totals.total_items)}`);
}

function* readTransaction(account: PaypalAccount, one: unknown, line: number): Iterable<StatementLine> {
  const info = isRecord(one) ? one.transaction_info : null;
  if (!isRecord(info) || typeof info.transaction_id !== 'string' || typeof info.transaction_event_code !== 'string') {
    throw new Error(`line ${line} has a transaction without an id or an event code`);
  }
  const { transaction_id: id, transaction_event_code: code, transaction_status: status } = info;
  // Denied and still pending: no money has moved. `V` moved and was given back later, which is a line of its own.
  if (status === 'D' || status === 'P') return;
  const gross = readSigned(account, info.transaction_amount);
  const kept = info.fee_amount === undefined ? null : readSigned(account, info.fee_amount);
  const occurredAt = timeOf(info.transaction_initiation_date);
  if (gross === null || occurredAt === null || (kept === null && info.fee_amount !== undefined))
    throw new Error(`line ${line}: an amount or the time of ${id} cannot be read`);
  if (status !== 'S' && status !== 'V') throw new Error(`line ${line}: ${id} has a state that is not known`);
  if (kept !== null && kept.currency !== gross.currency) throw new Error(`line ${line}: the fee of ${id} is in another currency`);
  const kind = kindOf(code, gross);
  yield {
    kind,
    number: kind === 'payment' || kind === 'refund' ? ourNumber(info.custom_field, info.invoice_id) : null,
    channelNo: id,
    gross,
    // The fee is negative where PayPal kept it: `-kept` would make a negative zero of none.
    fee: kept && { ...kept, amount: 0 - kept.amount },
    net: kept && { ...gross, amount: gross.amount + kept.amount },
    occurredAt,
    raw: JSON.stringify(one),
  };
}

/** By the first digits of PayPal's transaction event codes: T00 payments, T01 fees, T04 withdrawals, T11 reversals, T12 chargebacks. */
function kindOf(code: string, { amount }: Money): StatementLine['kind'] {
  if (code === 'T1107') return 'refund';
  if (code === 'T1106' || code.startsWith('T12')) return 'chargeback';
  if (code.startsWith('T00')) return amount > 0 ? 'payment' : 'adjustment';
  if (code.startsWith('T01')) return 'fee';
  return code.startsWith('T04') ? 'payout' : 'adjustment';
}

function readSigned({ kit }: PaypalAccount, value: unknown): Money | null {
  if (!isRecord(value) || typeof value.value !== 'string') return null;
  const isNegative = value.value.startsWith('-');
  const money = readMoney(kit, { ...value, value: isNegative ? value.value.slice(1) : value.value });
  return money && isNegative ? { ...money, amount: 0 - money.amount } : money;
}

/** PayPal writes the offset of a report's times without a colon. */
function timeOf(value: unknown): Date | null {
  const parts = typeof value === 'string' ? /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?)(Z|[+-]\d\d:?\d\d)$/.exec(value) : null;
  if (parts === null) return null;
  const at = new Date(`${parts[1]}${parts[2]?.replace(/^(.\d\d)(\d\d)$/, '$1:$2')}`);
  return Number.isNaN(at.getTime()) ? null : at;
}
