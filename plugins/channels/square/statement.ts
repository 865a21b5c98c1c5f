import { Buffer } from 'node:buffer';
import type { Call } from '../../../core/contract/kit.ts';
import type { Money } from '../../../core/contract/money.ts';
import type { StatementDocument, StatementLine, StatementOutcome } from '../../../core/contract/statement.ts';
import { explainQuestion } from './errors.ts';
import { type Answer, ask, type Data, isRecord, ourNumber, type SquareAccount, textOf, timeOf } from './gateway.ts';

/** Square's most. */
const pageSize = 100;

const lists = ['payments', 'refunds'] as const;
type List = (typeof lists)[number];

/** The payments and the refunds that were made on a day of UTC: a document each, of Square's pages, one to a line. */
export async function fetchStatement(account: SquareAccount, day: string, call: Call): Promise<StatementOutcome> {
  const documents: StatementDocument[] = [];
  for (const list of lists) {
    const first = await askPage(account, list, day, null, call);
    if (first.kind === 'fault') return explainQuestion(first.fault);
    if (first.kind !== 'data') return first;
    // Square leaves out a list that is empty.
    const isEmpty = first.data[list] === undefined && first.data.cursor === undefined;
    if (!isEmpty) documents.push({ name: `${list}-${day}.jsonl`, content: pages(account, list, day, first.data, call) });
  }
  return documents.length === 0 ? { kind: 'empty' } : { kind: 'ready', documents: each(documents) };
}

async function* each(documents: readonly StatementDocument[]): AsyncIterable<StatementDocument> {
  yield* documents;
}

function askPage(account: SquareAccount, list: List, day: string, cursor: string | null, call: Call): Promise<Answer> {
  const query = new URLSearchParams({
    begin_time: `${day}T00:00:00.000Z`,
    end_time: `${day}T23:59:59.999Z`,
    sort_order: 'ASC',
    location_id: account.locationId,
    limit: String(pageSize),
    ...(cursor === null ? {} : { cursor }),
  });
  return ask(account, call, { method: 'GET', path: `/v2/${list}?${query}` });
}

async function* pages(account: SquareAccount, list: List, day: string, first: Data, call: Call): AsyncIterable<Uint8Array> {
  let page = first;
  for (;;) {
    yield Buffer.from(`${JSON.stringify(page)}\n`);
    if (page.cursor === undefined) return;
    const answer = typeof page.cursor === 'string' ? await askPage(account, list, day, page.cursor, call) : null;
    if (answer?.kind !== 'data') throw new Error(`the list of ${list} breaks off`);
    page = answer.data;
  }
}

/** Each page but the last has a cursor, so a document that lost its end is seen. */
export async function* readStatement(account: SquareAccount, { content }: StatementDocument): AsyncIterable<StatementLine> {
  let line = 0;
  let isWhole = false;
  for await (const bytes of account.kit.files.lines(content)) {
    line += 1;
    const page = account.kit.json(bytes);
    const list = page === null ? undefined : lists.find((name) => page[name] !== undefined);
    if (isWhole || page === null || !isPage(page, list, line)) throw new Error(`line ${line} is no page of payments or refunds`);
    isWhole = page.cursor === undefined;
    if (list !== undefined) for (const one of page[list] as readonly unknown[]) yield* readItem(account, list, one, line);
  }
  if (!isWhole) throw new Error('the list breaks off');
}

/** A last page may be empty, a first one is never without both items and cursor. */
function isPage(page: Data, list: List | undefined, line: number): boolean {
  const isList = list === undefined ? line > 1 || page.cursor !== undefined : Array.isArray(page[list]);
  return isList && page.errors === undefined && (page.cursor === undefined || typeof page.cursor === 'string');
}

/** What did not go through moved no money. A payment that is approved and not completed is not taken yet. */
const skipped: readonly unknown[] = ['APPROVED', 'PENDING', 'CANCELED', 'FAILED', 'REJECTED'];

function* readItem(account: SquareAccount, list: List, one: unknown, line: number): Iterable<StatementLine> {
  if (!isRecord(one)) throw new Error(`line ${line} has an item that is no object`);
  const channelNo = textOf(one.id);
  const { at } = timeOf(one.created_at);
  if (channelNo === null || at === undefined) throw new Error(`line ${line} has an item without an id or a time`);
  if (one.location_id !== account.locationId) throw new Error(`line ${line}: ${channelNo} is of another location`);
  if (skipped.includes(one.status)) return;
  if (one.status !== 'COMPLETED') throw new Error(`line ${line}: ${channelNo} has a state that is not known`);
  const money = readSigned(account, one.total_money ?? one.amount_money);
  if (money === null) throw new Error(`line ${line}: the amount of ${channelNo} cannot be read`);
  const isPayment = list === 'payments';
  const gross = isPayment ? money : { ...money, amount: 0 - money.amount };
  const fee = readFee(account, one, money.currency);
  if (fee === 'unreadable') throw new Error(`line ${line}: the fee of ${channelNo} cannot be read`);
  yield {
    kind: isPayment ? 'payment' : 'refund',
    // A payment of a link has our number as its note; a refund has none.
    number: isPayment ? (ourNumber(one.reference_id) ?? ourNumber(one.note)) : null,
    channelNo,
    gross,
    fee,
    net: fee && { ...gross, amount: gross.amount - fee.amount },
    occurredAt: at,
    raw: JSON.stringify(one),
  };
}

/** Null as long as Square has not said what it keeps, which it does some time after the payment. */
function readFee(account: SquareAccount, { processing_fee: fees }: Data, currency: string): Money | null | 'unreadable' {
  if (fees === undefined || fees === null) return null;
  if (!Array.isArray(fees)) return 'unreadable';
  const amounts = fees.map((fee: unknown) => (isRecord(fee) ? readSigned(account, fee.amount_money) : null));
  if (amounts.some((money) => money?.currency !== currency)) return 'unreadable';
  return amounts.length === 0 ? null : { amount: amounts.reduce((sum, money) => sum + (money?.amount ?? 0), 0), currency };
}

function readSigned({ kit }: SquareAccount, value: unknown): Money | null {
  if (!isRecord(value) || typeof value.amount !== 'number') return null;
  const money = kit.money.fromMinor(Math.abs(value.amount), value.currency);
  return money && { ...money, amount: value.amount };
}
