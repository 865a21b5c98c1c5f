import { Buffer } from 'node:buffer';
import type { Call } from '../../../core/contract/kit.ts';
import type { StatementDocument, StatementLine, StatementOutcome } from '../../../core/contract/statement.ts';
import { explainFault } from './errors.ts';
import { type Answer, ask, type Data, idOf, isRecord, itemsOf, type RazorpayAccount } from './gateway.ts';

const pageSize = 100;

/**
 * What was settled on a day of India, whenever it was paid. The document is Razorpay's pages, one to a line. An answer says
 * how many items it has and not whether more follow, so the list is read until a page is empty, and ends with that page.
 */
export async function fetchStatement(account: RazorpayAccount, day: string, call: Call): Promise<StatementOutcome> {
  const first = await askPage(account, day, 0, call);
  if (first.kind === 'fault') return explainFault(first.fault);
  if (first.kind !== 'data') return first;
  const items = itemsOf(first.data);
  if (items === null) return { kind: 'unknown', reason: 'unreadable' };
  if (items.length === 0) return { kind: 'empty' };
  return { kind: 'ready', documents: only({ name: `settled-${day}.jsonl`, content: pages(account, day, first.data, call) }) };
}

async function* only(document: StatementDocument): AsyncIterable<StatementDocument> {
  yield document;
}

function askPage(account: RazorpayAccount, day: string, skip: number, call: Call): Promise<Answer> {
  const [year = '', month = '', date = ''] = day.split('-');
  const query = new URLSearchParams({ year, month, day: date, count: String(pageSize), skip: String(skip) });
  return ask(account, call, { method: 'GET', path: `/v1/settlements/recon/combined?${query}` });
}

async function* pages(account: RazorpayAccount, day: string, first: Data, call: Call): AsyncIterable<Uint8Array> {
  let page = first;
  let skip = 0;
  for (;;) {
    const items = itemsOf(page);
    if (items === null) throw new Error('the list of settled items breaks off');
    yield Buffer.from(`${JSON.stringify(page)}\n`);
    if (items.length === 0) return;
    skip += items.length;
    const answer = await askPage(account, day, skip, call);
    if (answer.kind !== 'data') throw new Error('the list of settled items breaks off');
    page = answer.data;
  }
}

export async function* readStatement(account: RazorpayAccount, { content }: StatementDocument): AsyncIterable<StatementLine> {
  let isWhole = false;
  let line = 0;
  for await (const bytes of account.kit.files.lines(content)) {
    line += 1;
    const page = account.kit.json(bytes);
    const items = page === null ? null : itemsOf(page);
    if (isWhole || page === null || items === null || page.count !== items.length)
      throw new Error(`line ${line} is no page of settled items`);
    isWhole = items.length === 0;
    for (const one of items) yield readItem(account, one, line);
  }
  if (!isWhole) throw new Error('the list of settled items breaks off');
}

function readItem({ kit }: RazorpayAccount, one: Data, line: number): StatementLine {
  const { entity_id: id, created_at: at, currency } = one;
  if (typeof id !== 'string' || id === '' || !Number.isSafeInteger(at)) throw new Error(`line ${line} has an item without an id or a time`);
  const [amount, credit, debit, fee] = [one.amount, one.credit, one.debit, one.fee].map((value) => kit.money.fromMinor(value, currency));
  if (!amount || !credit || !debit || !fee) throw new Error(`line ${line}: an amount of ${id} cannot be read`);
  if (credit.amount > 0 && debit.amount > 0) throw new Error(`line ${line}: ${id} is a credit and a debit at once`);
  const gross = { ...amount, amount: debit.amount > 0 ? -amount.amount : amount.amount };
  const net = { ...amount, amount: credit.amount - debit.amount };
  // A fee that was paid with credits bought beforehand is not taken from what is settled. `fee` has the tax in it already.
  if ((one.credit_type ?? 'default') === 'default' && gross.amount - fee.amount !== net.amount) {
    throw new Error(`line ${line}: amount, fee and net of ${id} do not add up`);
  }
  const kind = kindOf(one);
  const occurredAt = new Date(Number(at) * 1000);
  return { kind, number: numberOf(kind, one, kit), channelNo: id, gross, fee, net, occurredAt, raw: JSON.stringify(one) };
}

function kindOf({ type, entity_id: id, dispute_id: dispute }: Data): StatementLine['kind'] {
  if (typeof dispute === 'string' && dispute !== '' && type !== 'payment') return 'chargeback';
  if (type === 'payment' && idOf(id, 'pay') !== null) return 'payment';
  return type === 'refund' && idOf(id, 'rfnd') !== null ? 'refund' : 'adjustment';
}

/** A payment is known by its order's receipt; of a refund only the notes come back, as an object or as its text. */
function numberOf(kind: StatementLine['kind'], one: Data, kit: RazorpayAccount['kit']): string | null {
  if (kind === 'payment') return typeof one.order_receipt === 'string' && one.order_receipt !== '' ? one.order_receipt : null;
  if (kind !== 'refund') return null;
  const notes = typeof one.notes === 'string' ? kit.json(one.notes) : one.notes;
  return isRecord(notes) && typeof notes.refund_number === 'string' ? notes.refund_number : null;
}
