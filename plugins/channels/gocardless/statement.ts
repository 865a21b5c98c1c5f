import { Buffer } from 'node:buffer';
import type { Call } from '../../../core/contract/kit.ts';
import type { Money } from '../../../core/contract/money.ts';
import type { StatementDocument, StatementLine, StatementOutcome } from '../../../core/contract/statement.ts';
import { explainFault } from './errors.ts';
import { type Answer, ask, type Data, type GoCardlessAccount, isRecord, recordOf } from './gateway.ts';

/** GoCardless' most. */
const pageSize = '500';

/** The payouts that were made on a day of UTC, a document each: the payout and then the pages of its items, one to a line. */
export async function fetchStatement(account: GoCardlessAccount, day: string, call: Call): Promise<StatementOutcome> {
  const payouts: Data[] = [];
  for (let after: string | null = ''; after !== null; ) {
    const answer = await askPayouts(account, day, after, call);
    if (answer.kind === 'fault') return explainFault(answer.fault);
    if (answer.kind !== 'data') return answer;
    const page = readPage(answer.data, 'payouts');
    if (page === null) return { kind: 'unknown', reason: 'unreadable' };
    payouts.push(...page.items);
    after = page.after;
  }
  return payouts.length === 0 ? { kind: 'empty' } : { kind: 'ready', documents: documents(account, payouts, call) };
}

function askPayouts(account: GoCardlessAccount, day: string, after: string, call: Call): Promise<Answer> {
  const query = new URLSearchParams({
    'created_at[gte]': `${day}T00:00:00.000Z`,
    'created_at[lte]': `${day}T23:59:59.999Z`,
    // Those to partners are made of shares in other merchants' fees.
    payout_type: 'merchant',
    ...(account.creditorId === null ? {} : { creditor: account.creditorId }),
    ...(after === '' ? {} : { after }),
    limit: pageSize,
  });
  return ask(account, call, { resource: 'payouts', path: `?${query}` });
}

async function* documents(account: GoCardlessAccount, payouts: readonly Data[], call: Call): AsyncIterable<StatementDocument> {
  for (const payout of payouts) yield { name: `payout-${String(payout.id)}.jsonl`, content: pages(account, payout, call) };
}

async function* pages(account: GoCardlessAccount, payout: Data, call: Call): AsyncIterable<Uint8Array> {
  yield Buffer.from(`${JSON.stringify(payout)}\n`);
  for (let after: string | null = ''; after !== null; ) {
    const query = new URLSearchParams({ payout: String(payout.id), limit: pageSize, ...(after === '' ? {} : { after }) });
    const answer = await ask(account, call, { resource: 'payout_items', path: `?${query}` });
    const page = answer.kind === 'data' ? readPage(answer.data, 'payout_items') : null;
    if (answer.kind !== 'data' || page === null) throw new Error('the list of payout items breaks off');
    yield Buffer.from(`${JSON.stringify(answer.data)}\n`);
    after = page.after;
  }
}

interface Page {
  readonly items: readonly Data[];
  /** Where the next page begins; null at the end. */
  readonly after: string | null;
}

function readPage(data: Data, list: 'payouts' | 'payout_items'): Page | null {
  const items = data[list];
  const { after } = recordOf(recordOf(data.meta).cursors);
  const isCursor = after === null || (typeof after === 'string' && after !== '');
  return Array.isArray(items) && items.every(isRecord) && isCursor ? { items, after } : null;
}

/** A payout, and what has been read of its items: in tenths of the smallest unit, and in whole ones without fees. */
interface Reading {
  readonly payout: Payout;
  readonly tenths: number;
  readonly whole: number;
}

/** The items come to the payout's amount, so a document that lost some is seen by more than its last page. */
export async function* readStatement(account: GoCardlessAccount, { content }: StatementDocument): AsyncIterable<StatementLine> {
  let reading: Reading | null = null;
  let after: string | null = '';
  let line = 0;
  for await (const bytes of account.kit.files.lines(content)) {
    line += 1;
    const data = account.kit.json(bytes);
    if (data === null || after === null) throw new Error(`line ${line} is no page of payout items`);
    if (reading === null) {
      reading = { payout: readPayout(account, data), tenths: 0, whole: 0 };
      continue;
    }
    const page = readPage(data, 'payout_items');
    if (page === null) throw new Error(`line ${line} is no page of payout items`);
    for (const one of page.items) {
      const tenths = readTenths(one, line);
      const read = readItem(account, reading.payout, one, line);
      reading = { ...reading, tenths: reading.tenths + tenths, whole: reading.whole + (read?.gross.amount ?? 0) };
      if (read !== null) yield read;
    }
    after = page.after;
  }
  if (reading === null || after !== null) throw new Error('the list of payout items breaks off');
  yield* conclude(reading);
}

interface Payout {
  readonly id: string;
  readonly money: Money;
  readonly at: Date;
  readonly raw: string;
}

function readPayout({ kit, creditorId }: GoCardlessAccount, data: Data): Payout {
  const money = kit.money.fromMinor(data.amount, data.currency);
  const at = typeof data.created_at === 'string' ? new Date(data.created_at) : null;
  if (typeof data.id !== 'string' || !/^PO[A-Z0-9]+$/.test(data.id)) throw new Error('line 1 is no payout');
  if (money === null || at === null || Number.isNaN(at.getTime()))
    throw new Error(`line 1: the amount or the time of ${data.id} cannot be read`);
  if (creditorId !== null && recordOf(data.links).creditor !== creditorId) throw new Error(`line 1: ${data.id} is of another creditor`);
  return { id: data.id, money, at, raw: JSON.stringify(data) };
}

/** Amounts have one decimal of the smallest unit, because fees may come to half a penny. */
function readTenths({ amount }: Data, line: number): number {
  const parts = typeof amount === 'string' ? /^(-?)(0|[1-9]\d{0,13})\.(\d)$/.exec(amount) : null;
  if (parts === null) throw new Error(`line ${line}: the amount of an item cannot be read`);
  const tenths = Number(`${parts[2]}${parts[3]}`);
  return parts[1] === '-' ? 0 - tenths : tenths;
}

const kinds: Readonly<Record<string, StatementLine['kind']>> = {
  payment_paid_out: 'payment',
  payment_refunded: 'refund',
  refund: 'refund',
  refund_funds_returned: 'refund',
  payment_failed: 'chargeback',
  payment_charged_back: 'chargeback',
};

/** Null for fees, taxes and shares, which are told for the payout as a whole: one by one they are no whole units. */
function readItem({ kit }: GoCardlessAccount, payout: Payout, one: Data, line: number): StatementLine | null {
  const kind = kinds[String(one.type)];
  if (kind === undefined) return null;
  const { payment, refund } = recordOf(one.links);
  const channelNo = kind === 'refund' && typeof refund === 'string' ? refund : payment;
  const text = String(one.amount);
  const money = text.endsWith('.0') ? kit.money.fromMinor(text.slice(0, -2).replace('-', ''), payout.money.currency) : null;
  if (typeof channelNo !== 'string' || channelNo === '') throw new Error(`line ${line} has an item that names nothing`);
  if (money === null) throw new Error(`line ${line}: the amount of ${channelNo} cannot be read`);
  const gross = text.startsWith('-') ? { ...money, amount: 0 - money.amount } : money;
  return { kind, number: null, channelNo, gross, fee: null, net: null, occurredAt: payout.at, raw: JSON.stringify(one) };
}

/** GoCardless adds up the items and rounds once, so the costs are what is between the whole items and the payout. */
function* conclude({ payout, tenths, whole }: Reading): Iterable<StatementLine> {
  const { id, money, at, raw } = payout;
  if (Math.abs(tenths - money.amount * 10) > 5) throw new Error(`the items do not come to the amount of ${id}`);
  const common = { number: null, channelNo: id, fee: null, net: null, occurredAt: at, raw };
  const costs = money.amount - whole;
  if (costs !== 0) yield { kind: 'fee', ...common, gross: { ...money, amount: costs } };
  yield { kind: 'payout', ...common, gross: { ...money, amount: 0 - money.amount } };
}
