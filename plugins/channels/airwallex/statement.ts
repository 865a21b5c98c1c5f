import { Buffer } from 'node:buffer';
import type { Call } from '../../../core/contract/kit.ts';
import type { Money } from '../../../core/contract/money.ts';
import type { StatementDocument, StatementLine, StatementOutcome } from '../../../core/contract/statement.ts';
import { explainQuestion } from './errors.ts';
import { type AirwallexAccount, type Answer, ask, type Data, idOf, isRecord, ourNumber, timeOf } from './gateway.ts';

/**
 * The batches that were settled on a day of UTC, a document each: the settlement and then the pages of its records, one to a
 * line. Settlements are listed by currency alone, so each one that can be settled in is asked for.
 */
export async function fetchStatement(
  account: AirwallexAccount,
  currencies: readonly string[],
  day: string,
  call: Call,
): Promise<StatementOutcome> {
  const settlements: Data[] = [];
  for (const currency of currencies) {
    for (let page: number | null = 0; page !== null; ) {
      const answer: Answer = await askSettlements(account, { currency, day, page }, call);
      if (answer.kind === 'fault') return explainQuestion(answer.fault);
      if (answer.kind !== 'data') return answer;
      const { items, has_more: hasMore } = answer.data;
      if (!areRecords(items) || typeof hasMore !== 'boolean') return { kind: 'unknown', reason: 'unreadable' };
      settlements.push(...items);
      page = hasMore ? page + 1 : null;
    }
  }
  return settlements.length === 0 ? { kind: 'empty' } : { kind: 'ready', documents: documents(account, settlements, call) };
}

interface Asked {
  readonly currency: string;
  readonly day: string;
  readonly page: number;
}

function askSettlements(account: AirwallexAccount, { currency, day, page }: Asked, call: Call): Promise<Answer> {
  const query = new URLSearchParams({
    currency,
    status: 'SETTLED',
    from_settled_at: `${day}T00:00:00Z`,
    to_settled_at: `${day}T23:59:59Z`,
    page_num: String(page),
    page_size: '100',
  });
  return ask(account, call, { method: 'GET', path: `/financial/settlements?${query}` });
}

const areRecords = (value: unknown): value is readonly Data[] => Array.isArray(value) && value.every(isRecord);

async function* documents(account: AirwallexAccount, settlements: readonly Data[], call: Call): AsyncIterable<StatementDocument> {
  for (const one of settlements) yield { name: `${String(one.id)}.jsonl`, content: pages(account, one, call) };
}

async function* pages(account: AirwallexAccount, settlement: Data, call: Call): AsyncIterable<Uint8Array> {
  yield Buffer.from(`${JSON.stringify(settlement)}\n`);
  for (let after: string | null = ''; after !== null; ) {
    const query = new URLSearchParams({
      settlement_id: String(settlement.id),
      page_size: '50',
      ...(after === '' ? {} : { page: after }),
    });
    const answer: Answer = await ask(account, call, { method: 'GET', path: `/settlement_records?${query}` });
    const page: Page | null = answer.kind === 'data' ? readPage(answer.data) : null;
    if (answer.kind !== 'data' || page === null) throw new Error('the list of settlement records breaks off');
    yield Buffer.from(`${JSON.stringify(answer.data)}\n`);
    after = page.after;
  }
}

interface Page {
  readonly items: readonly Data[];
  /** Where the next page begins; null at the end. */
  readonly after: string | null;
}

function readPage({ items, has_more: hasMore, page_after: after }: Data): Page | null {
  if (!areRecords(items) || typeof hasMore !== 'boolean') return null;
  if (!hasMore) return { items, after: null };
  return typeof after === 'string' && after !== '' ? { items, after } : null;
}

/** The net amounts of the records come to what was settled, so a document that lost some is seen by more than its last page. */
export async function* readStatement(account: AirwallexAccount, { content }: StatementDocument): AsyncIterable<StatementLine> {
  let payout: StatementLine | null = null;
  let line = 0;
  let sum = 0;
  let after: string | null = '';
  for await (const bytes of account.kit.files.lines(content)) {
    line += 1;
    const data = account.kit.json(bytes, { numbersAsText: true });
    if (data === null || after === null) throw new Error(`line ${line} is no page of settlement records`);
    if (payout === null) {
      payout = readSettlement(account, data);
      continue;
    }
    const page = readPage(data);
    if (page === null) throw new Error(`line ${line} is no page of settlement records`);
    for (const one of page.items) {
      const read = readRecord(account, one, line);
      if (one.settlement_currency !== payout.gross.currency)
        throw new Error(`line ${line}: ${read.channelNo} is settled in another currency`);
      sum += read.net?.amount ?? 0;
      yield read;
    }
    after = page.after;
  }
  if (payout === null || after !== null) throw new Error('the list of settlement records breaks off');
  if (sum + payout.gross.amount !== 0) throw new Error(`the records do not come to the amount of ${payout.channelNo}`);
  yield payout;
}

function readSettlement(account: AirwallexAccount, data: Data): StatementLine {
  const id = idOf(data.id);
  const money = readSigned(account, data.amount, data.currency);
  const { at } = timeOf(data.settled_at);
  if (id === null || money === null || at === undefined) throw new Error('line 1 is no settlement');
  const gross = { ...money, amount: 0 - money.amount };
  return { kind: 'payout', number: null, channelNo: id, gross, fee: null, net: null, occurredAt: at, raw: JSON.stringify(data) };
}

function readRecord(account: AirwallexAccount, one: Data, line: number): StatementLine {
  const id = idOf(one.transaction_id);
  const { at } = timeOf(one.created_at);
  if (id === null || at === undefined) throw new Error(`line ${line} has a record without an id or a time`);
  if (one.account_id !== account.accountId) throw new Error(`line ${line}: ${id} is of another account`);
  const settled = (value: unknown) => readSigned(account, value, one.settlement_currency);
  const [amount, net, fees, taxes] = [
    settled(one.gross_amount),
    settled(one.net_amount),
    settled(one.fees ?? '0'),
    settled(one.taxes_on_fees ?? '0'),
  ];
  const paid = readSigned(account, one.transaction_amount, one.transaction_currency);
  if (!amount || !net || !fees || !taxes || !paid) throw new Error(`line ${line}: an amount of ${id} cannot be read`);
  if (amount.amount + fees.amount + taxes.amount !== net.amount)
    throw new Error(`line ${line}: amount, fees and net of ${id} do not add up`);
  const kind = kindOf(one.transaction_type);
  // What the shopper paid has the sign of what it did to the balance.
  const gross = { ...paid, amount: amount.amount < 0 ? 0 - Math.abs(paid.amount) : Math.abs(paid.amount) };
  return {
    kind,
    number: numberOf(kind, one),
    channelNo: idOf(kind === 'payment' ? one.payment_intent_id : one.source_id) ?? id,
    gross,
    // Fees and the taxes on them are negative where they were kept.
    fee: { ...fees, amount: 0 - fees.amount - taxes.amount },
    net,
    occurredAt: at,
    raw: JSON.stringify(one),
  };
}

function kindOf(type: unknown): StatementLine['kind'] {
  const text = String(type).toLowerCase();
  if (text === 'payment' || text === 'refund' || text === 'fee') return text;
  return text.includes('dispute') || text.includes('chargeback') ? 'chargeback' : 'adjustment';
}

/** Both numbers of an intent are the attempt's. Where a refund's `request_id` is that one too, it is not the refund's own. */
function numberOf(kind: StatementLine['kind'], { order_id: orderId, request_id: requestId }: Data): string | null {
  if (kind === 'payment') return ourNumber(orderId);
  return kind === 'refund' && requestId !== orderId ? ourNumber(requestId) : null;
}

/** Numbers are written with a decimal even where the currency has none. */
function readSigned({ kit }: AirwallexAccount, value: unknown, currency: unknown): Money | null {
  if (typeof value !== 'string') return null;
  const money = kit.money.fromMajor(value.replace(/^-/, '').replace(/\.0+$/, ''), currency);
  return money && value.startsWith('-') ? { ...money, amount: 0 - money.amount } : money;
}
