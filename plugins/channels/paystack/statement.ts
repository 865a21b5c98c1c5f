import { Buffer } from 'node:buffer';
import type { Call } from '../../../core/contract/kit.ts';
import type { Money } from '../../../core/contract/money.ts';
import type { StatementDocument, StatementLine, StatementOutcome } from '../../../core/contract/statement.ts';
import { explainFault } from './errors.ts';
import { type Answer, ask, type Data, idOf, isRecord, livemodeOf, type PaystackAccount, timeOf } from './gateway.ts';

const pageSize = 100;

/** Where each list is. */
const lists = { transactions: '/transaction', refunds: '/refund' } as const;
type List = keyof typeof lists;

/**
 * The transactions and the refunds that were made on a day of UTC: a document each, of Paystack's pages, one to a line. How
 * many pages there are is told in two forms or not at all, so a list is read until a page is empty, and ends with that page.
 */
export async function fetchStatement(account: PaystackAccount, day: string, call: Call): Promise<StatementOutcome> {
  const documents: StatementDocument[] = [];
  for (const list of ['transactions', 'refunds'] as const) {
    const first = await askPage(account, list, day, 1, call);
    if (first.kind === 'fault') return explainFault(first.fault);
    if (first.kind !== 'data') return first;
    if (!Array.isArray(first.data)) return { kind: 'unknown', reason: 'unreadable' };
    if (first.data.length > 0) documents.push({ name: `${list}-${day}.jsonl`, content: pages(account, list, day, first.content, call) });
  }
  return documents.length === 0 ? { kind: 'empty' } : { kind: 'ready', documents: each(documents) };
}

async function* each(documents: readonly StatementDocument[]): AsyncIterable<StatementDocument> {
  yield* documents;
}

function askPage(account: PaystackAccount, list: List, day: string, page: number, call: Call): Promise<Answer> {
  const query = new URLSearchParams({
    from: `${day}T00:00:00.000Z`,
    to: `${day}T23:59:59.999Z`,
    perPage: String(pageSize),
    page: String(page),
  });
  return ask(account, call, { method: 'GET', path: `${lists[list]}?${query}` });
}

async function* pages(account: PaystackAccount, list: List, day: string, first: Data, call: Call): AsyncIterable<Uint8Array> {
  let content = first;
  for (let page = 1; ; page += 1) {
    if (!Array.isArray(content.data)) throw new Error(`the list of ${list} breaks off`);
    yield Buffer.from(`${JSON.stringify(content)}\n`);
    if (content.data.length === 0) return;
    const answer = await askPage(account, list, day, page + 1, call);
    if (answer.kind !== 'data') throw new Error(`the list of ${list} breaks off`);
    content = answer.content;
  }
}

export async function* readStatement(account: PaystackAccount, { content }: StatementDocument): AsyncIterable<StatementLine> {
  let isWhole = false;
  let line = 0;
  for await (const bytes of account.kit.files.lines(content)) {
    line += 1;
    const page = account.kit.json(bytes);
    if (isWhole || page?.status !== true || !Array.isArray(page.data))
      throw new Error(`line ${line} is no page of transactions or refunds`);
    isWhole = page.data.length === 0;
    for (const one of page.data) yield* readItem(account, one, line);
  }
  if (!isWhole) throw new Error('the list breaks off');
}

/** `reversed`: paid, and given back whole; what was given back is a refund of its own. */
const paidStates: readonly unknown[] = ['success', 'reversed'];
const transactionStates: readonly unknown[] = [...paidStates, 'abandoned', 'failed', 'ongoing', 'pending', 'processing', 'queued'];
const refundStates: readonly unknown[] = ['processed', 'pending', 'processing', 'failed', 'needs-attention'];

function* readItem(account: PaystackAccount, one: unknown, line: number): Iterable<StatementLine> {
  const channelNo = isRecord(one) ? idOf(one.id) : null;
  if (!isRecord(one) || channelNo === null) throw new Error(`line ${line} has an item without an id`);
  if (livemodeOf(one.domain).livemode !== account.livemode) throw new Error(`line ${line}: ${channelNo} is of the other mode`);
  // A refund names its transaction.
  const isRefund = one.transaction !== undefined;
  if (!(isRefund ? refundStates : transactionStates).includes(one.status))
    throw new Error(`line ${line}: ${channelNo} has a state that is not known`);
  const hasMoved = isRefund ? one.status === 'processed' : paidStates.includes(one.status);
  if (hasMoved) yield readMoved(account, one, { channelNo, isRefund, line });
}

interface Item {
  readonly channelNo: string;
  readonly isRefund: boolean;
  readonly line: number;
}

function readMoved({ kit }: PaystackAccount, one: Data, { channelNo, isRefund, line }: Item): StatementLine {
  const money = kit.money.fromMinor(one.amount, one.currency);
  const { at } = timeOf(isRefund ? (one.refunded_at ?? one.createdAt ?? one.created_at) : (one.paid_at ?? one.created_at));
  const hasFee = !isRefund && one.fees !== null && one.fees !== undefined;
  const fee: Money | null = hasFee ? kit.money.fromMinor(one.fees, one.currency) : null;
  if (money === null || at === undefined || (hasFee && fee === null)) {
    throw new Error(`line ${line}: an amount or the time of ${channelNo} cannot be read`);
  }
  const gross = isRefund ? { ...money, amount: 0 - money.amount } : money;
  const number = isRefund ? one.merchant_note : one.reference;
  return {
    kind: isRefund ? 'refund' : 'payment',
    number: typeof number === 'string' && number !== '' ? number : null,
    channelNo,
    gross,
    fee,
    net: fee && { ...gross, amount: gross.amount - fee.amount },
    occurredAt: at,
    raw: JSON.stringify(one),
  };
}
