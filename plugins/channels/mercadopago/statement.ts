import { Buffer } from 'node:buffer';
import type { Call } from '../../../core/contract/kit.ts';
import type { Money } from '../../../core/contract/money.ts';
import type { StatementDocument, StatementLine, StatementOutcome } from '../../../core/contract/statement.ts';
import { explain } from './errors.ts';
import { type Answer, ask, type Data, isNumber, isRecord, isText, type MercadoAccount } from './gateway.ts';

const pageSize = 50;
const dayMs = 86_400_000;

/** What the search goes by: payments by when they were approved, refunds by when their payment last changed. */
const lists = { payments: 'date_approved', refunds: 'date_last_updated' } as const;
type List = keyof typeof lists;

/**
 * What was approved and what was refunded on a day of UTC, a document each. Reports have columns, separators and zones that
 * each merchant sets, and refunds without a number; the search has neither fault. Refunds stand in their payments, so theirs
 * are the payments that changed on the day or the next. A document begins with what was asked for: it says its day.
 */
export async function fetchStatement(account: MercadoAccount, day: string, call: Call): Promise<StatementOutcome> {
  const documents: StatementDocument[] = [];
  for (const list of ['payments', 'refunds'] as const) {
    const first = await askPage(account, list, day, 0, call);
    if (first.kind === 'fault') return explain(first.fault);
    if (first.kind !== 'data') return first;
    const page = readPage(first.data);
    if (page === null) return { kind: 'unknown', reason: 'unreadable' };
    if (page.total > 0) documents.push({ name: `${list}-${day}.jsonl`, content: pages(account, list, day, first.data, call) });
  }
  return documents.length === 0 ? { kind: 'empty' } : { kind: 'ready', documents: each(documents) };
}

async function* each(documents: readonly StatementDocument[]): AsyncIterable<StatementDocument> {
  yield* documents;
}

function askPage(account: MercadoAccount, list: List, day: string, offset: number, call: Call): Promise<Answer> {
  const fromMs = Date.parse(`${day}T00:00:00Z`);
  const query = new URLSearchParams({
    range: lists[list],
    begin_date: new Date(fromMs).toISOString(),
    end_date: new Date(fromMs + (list === 'refunds' ? 2 : 1) * dayMs - 1).toISOString(),
    sort: lists[list],
    criteria: 'asc',
    limit: String(pageSize),
    offset: String(offset),
  });
  return ask(account, call, { method: 'GET', path: `/v1/payments/search?${query}` });
}

interface Page {
  readonly items: readonly Data[];
  readonly offset: number;
  readonly total: number;
}

/** The gateway reads numbers as their text, and so they are kept. */
function readPage({ results, paging }: Data): Page | null {
  if (!Array.isArray(results) || !results.every(isRecord) || !isRecord(paging)) return null;
  const { offset, total } = paging;
  return isNumber(offset) && isNumber(total) ? { items: results, offset: Number(offset), total: Number(total) } : null;
}

async function* pages(account: MercadoAccount, list: List, day: string, first: Data, call: Call): AsyncIterable<Uint8Array> {
  yield Buffer.from(`${JSON.stringify({ list, day })}\n`);
  let data = first;
  for (;;) {
    const page = readPage(data);
    if (page === null || page.items.length === 0) throw new Error(`the list of ${list} breaks off`);
    yield Buffer.from(`${JSON.stringify(data)}\n`);
    const offset = page.offset + page.items.length;
    if (offset >= page.total) return;
    const answer = await askPage(account, list, day, offset, call);
    if (answer.kind !== 'data') throw new Error(`the list of ${list} breaks off`);
    data = answer.data;
  }
}

/** Each page says where it begins and how many payments there are in all. */
export async function* readStatement(account: MercadoAccount, { content }: StatementDocument): AsyncIterable<StatementLine> {
  let asked: { readonly list: List; readonly day: string } | null = null;
  let line = 0;
  let read = 0;
  let total = -1;
  for await (const bytes of account.kit.files.lines(content)) {
    line += 1;
    const data = account.kit.json(bytes, { numbersAsText: true });
    if (data === null) throw new Error(`line ${line} is no page of payments`);
    if (asked === null) {
      asked = readAsked(data);
      continue;
    }
    const page = readPage(data);
    if (page === null || page.offset !== read) throw new Error(`line ${line} is no page of payments that begins with number ${read}`);
    if (total >= 0 && page.total !== total) throw new Error(`line ${line}: the list changed while it was being read`);
    total = page.total;
    read += page.items.length;
    for (const one of page.items) yield* readItem(account, asked, one, line);
  }
  if (read !== total) throw new Error('the list of payments breaks off');
}

function readAsked({ list, day }: Data): { readonly list: List; readonly day: string } {
  if ((list !== 'payments' && list !== 'refunds') || !isText(day) || !/^\d{4}-\d\d-\d\d$/.test(day)) {
    throw new Error('line 1 does not say the list and the day');
  }
  return { list, day };
}

function* readItem(
  account: MercadoAccount,
  { list, day }: { readonly list: List; readonly day: string },
  one: Data,
  line: number,
): Iterable<StatementLine> {
  if (!isNumber(one.id)) throw new Error(`line ${line} has a payment without a number`);
  // The search finds what the account has paid to others as well.
  if (one.collector_id !== account.userId) return;
  if (list === 'payments') yield readPayment(account, one, line);
  else yield* readRefunds(account, day, one, line);
}

function readPayment(account: MercadoAccount, one: Data, line: number): StatementLine {
  const gross = account.kit.money.fromMajor(one.transaction_amount, one.currency_id);
  const occurredAt = timeOf(one.date_approved);
  const fee = gross && readFee(account, one, gross.currency);
  if (gross === null || occurredAt === null || fee === 'unreadable')
    throw new Error(`line ${line}: an amount or the time of ${String(one.id)} cannot be read`);
  const { net_received_amount: received } = isRecord(one.transaction_details) ? one.transaction_details : {};
  return {
    kind: 'payment',
    number: isText(one.external_reference) ? one.external_reference : null,
    channelNo: String(one.id),
    gross,
    fee,
    // Taxes are taken from it as well, so it is what Mercado Pago says and no sum of ours.
    net: received === undefined || received === null ? null : account.kit.money.fromMajor(received, gross.currency),
    occurredAt,
    raw: JSON.stringify(one),
  };
}

/** What the collector pays; the payer has fees of its own, for instalments. */
function readFee({ kit }: MercadoAccount, { fee_details: details }: Data, currency: string): Money | null | 'unreadable' {
  if (!Array.isArray(details)) return null;
  const own = details.filter((fee: unknown) => isRecord(fee) && fee.fee_payer === 'collector') as readonly Data[];
  const amounts = own.map(({ amount }) => kit.money.fromMajor(amount, currency));
  if (amounts.includes(null)) return 'unreadable';
  return { amount: amounts.reduce((sum, money) => sum + (money?.amount ?? 0), 0), currency };
}

/** A refund has neither a number of ours nor a currency: the one is null, the other its payment's. */
function* readRefunds({ kit }: MercadoAccount, day: string, one: Data, line: number): Iterable<StatementLine> {
  const refunded = one.transaction_amount_refunded;
  const { refunds = [] } = one;
  const isTold = Array.isArray(refunds) && refunds.every(isRecord);
  if (!isTold || (refunds.length === 0 && isText(refunded) && /[1-9]/.test(refunded))) {
    throw new Error(`line ${line}: the refunds of ${String(one.id)} are not listed`);
  }
  for (const refund of refunds) {
    const at = timeOf(refund.date_created);
    const money = kit.money.fromMajor(refund.amount, one.currency_id);
    if (!isNumber(refund.id) || at === null || money === null)
      throw new Error(`line ${line}: a refund of ${String(one.id)} cannot be read`);
    if (refund.status !== 'approved' || at.toISOString().slice(0, 10) !== day) continue;
    const gross = { ...money, amount: 0 - money.amount };
    const raw = JSON.stringify(refund);
    yield { kind: 'refund', number: null, channelNo: refund.id, gross, fee: null, net: null, occurredAt: at, raw };
  }
}

function timeOf(value: unknown): Date | null {
  const at = isText(value) && /^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)$/.test(value) ? new Date(value) : null;
  return at === null || Number.isNaN(at.getTime()) ? null : at;
}
