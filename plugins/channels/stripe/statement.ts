import { Buffer } from 'node:buffer';
import type { Call } from '../../../core/contract/kit.ts';
import type { Money } from '../../../core/contract/money.ts';
import type { StatementDocument, StatementLine, StatementOutcome } from '../../../core/contract/statement.ts';
import { type Answer, ask, type Data, type StripeAccount } from './gateway.ts';

const pageSize = 100;

/**
 * Stripe has no file but a list: the balance transactions that were made on a day of UTC, with what each was for. The document
 * is its pages, one to a line, in the order in which they were asked for.
 */
export async function fetchStatement(account: StripeAccount, day: string, call: Call): Promise<StatementOutcome> {
  const first = await askPage(account, day, null, call);
  if (first.kind === 'fault') {
    const { code, type, message, status } = first.fault;
    return { kind: 'rejected', reason: status === 401 ? 'auth' : 'validation', vendor: { code: code || type, message } };
  }
  if (first.kind !== 'data') return first;
  if (Array.isArray(first.data.data) && first.data.data.length === 0) return { kind: 'empty' };
  const content = pages(account, day, first.data, call);
  return { kind: 'ready', documents: only({ name: `balance-transactions-${day}.jsonl`, content }) };
}

async function* only(document: StatementDocument): AsyncIterable<StatementDocument> {
  yield document;
}

function askPage(account: StripeAccount, day: string, after: string | null, call: Call): Promise<Answer> {
  const from = Date.parse(`${day}T00:00:00Z`) / 1000;
  const query = new URLSearchParams([
    ['created[gte]', String(from)],
    ['created[lt]', String(from + 86_400)],
    ['limit', String(pageSize)],
    ['expand[]', 'data.source'],
    ...(after === null ? [] : [['starting_after', after] as [string, string]]),
  ]);
  return ask(account, call, { method: 'GET', path: `/v1/balance_transactions?${query}` });
}

async function* pages(account: StripeAccount, day: string, first: Data, call: Call): AsyncIterable<Uint8Array> {
  let page: Data = first;
  for (;;) {
    yield Buffer.from(`${JSON.stringify(page)}\n`);
    if (page.has_more !== true) return;
    const last = Array.isArray(page.data) ? page.data.at(-1) : undefined;
    const answer = await askPage(account, day, isRecord(last) ? String(last.id) : null, call);
    if (answer.kind !== 'data') throw new Error('the list of balance transactions breaks off');
    page = answer.data;
  }
}

const isRecord = (value: unknown): value is Data => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Each page says whether another follows, so a document that lost its end is seen. */
export async function* readStatement({ kit }: StripeAccount, { content }: StatementDocument): AsyncIterable<StatementLine> {
  let isWhole = false;
  let line = 0;
  for await (const bytes of kit.files.lines(content)) {
    line += 1;
    const page = kit.json(bytes);
    if (isWhole || page === null || !Array.isArray(page.data) || typeof page.has_more !== 'boolean') {
      throw new Error(`line ${line} is no page of balance transactions`);
    }
    isWhole = page.has_more === false;
    for (const one of page.data) yield readTransaction(kit.money.fromMinor, one, line);
  }
  if (!isWhole) throw new Error('the list of balance transactions breaks off');
}

/** Of `type`; what is in neither is money that moved for another reason. */
const kinds: Readonly<Record<string, StatementLine['kind']>> = {
  charge: 'payment',
  payment: 'payment',
  refund: 'refund',
  payment_refund: 'refund',
  stripe_fee: 'fee',
  application_fee: 'fee',
  payout: 'payout',
};

type FromMinor = (value: unknown, currency: unknown) => Money | null;

function readTransaction(fromMinor: FromMinor, one: unknown, line: number): StatementLine {
  const source = isRecord(one) && isRecord(one.source) ? one.source : {};
  if (!isRecord(one) || typeof one.id !== 'string' || typeof one.created !== 'number')
    throw new Error(`line ${line} has a transaction without an id or a time`);
  const isDispute = one.reporting_category === 'dispute' || one.reporting_category === 'dispute_reversal';
  const kind = isDispute ? 'chargeback' : (kinds[String(one.type)] ?? 'adjustment');
  const settled = (amount: unknown) => readSigned(fromMinor, amount, one.currency);
  // A balance has its own currency: what the shopper paid stands in the charge, what the refund returned in the refund.
  const gross = kind === 'payment' || kind === 'refund' ? readSource(fromMinor, kind, source) : settled(one.amount);
  const [fee, net] = [settled(one.fee), settled(one.net)];
  const amount = settled(one.amount);
  if (gross === null || fee === null || net === null || amount === null)
    throw new Error(`line ${line}: an amount of ${one.id} cannot be read`);
  if (net.amount !== amount.amount - fee.amount) throw new Error(`line ${line}: the net of ${one.id} is not its amount without its fee`);
  return {
    kind,
    number: readNumber(kind, source),
    channelNo: readChannelNo(kind, source) ?? one.id,
    gross,
    fee,
    net,
    occurredAt: new Date(one.created * 1000),
    raw: JSON.stringify(one),
  };
}

function readSource(fromMinor: FromMinor, kind: 'payment' | 'refund', source: Data): Money | null {
  if (kind === 'payment') return readSigned(fromMinor, source.amount_captured ?? source.amount, source.currency);
  const money = readSigned(fromMinor, source.amount, source.currency);
  return money && { ...money, amount: -money.amount };
}

function readSigned(fromMinor: FromMinor, amount: unknown, currency: unknown): Money | null {
  if (typeof amount !== 'number' || typeof currency !== 'string') return null;
  const money = fromMinor(Math.abs(amount), currency.toUpperCase());
  return money && { ...money, amount };
}

/** What `pay` and `refund` put there: Stripe copies a payment's metadata to its charge. */
function readNumber(kind: StatementLine['kind'], { metadata }: Data): string | null {
  const name = kind === 'payment' ? 'paymux_attempt' : 'paymux_refund';
  const number = isRecord(metadata) && (kind === 'payment' || kind === 'refund') ? metadata[name] : undefined;
  return typeof number === 'string' ? number : null;
}

/** A payment is known by its intent, a refund and a payout by themselves. */
function readChannelNo(kind: StatementLine['kind'], { id, payment_intent: intent }: Data): string | null {
  const name = kind === 'payment' ? (intent ?? id) : kind === 'refund' || kind === 'payout' ? id : null;
  return typeof name === 'string' ? name : null;
}
