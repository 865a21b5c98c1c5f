import { Buffer } from 'node:buffer';
import type { Call } from '../../../core/contract/kit.ts';
import type { Money } from '../../../core/contract/money.ts';
import type { StatementDocument, StatementLine, StatementOutcome } from '../../../core/contract/statement.ts';
import { explainQuestion } from './errors.ts';
import { type Answer, ask, type Data, isRecord, isText, memberOf, type XenditAccount } from './gateway.ts';

const pageSize = 50;

/** What the list begins after, and in which currency it is: null where the account has one alone. */
interface Place {
  readonly currency: string | null;
  readonly afterId: string | null;
}

/** The transactions that were made on a day of UTC, a document for each currency of the account: Xendit's pages, one to a line. */
export async function fetchStatement(account: XenditAccount, day: string, call: Call): Promise<StatementOutcome> {
  const documents: StatementDocument[] = [];
  for (const currency of account.statementCurrencies) {
    const first = await askPage(account, day, { currency, afterId: null }, call);
    if (first.kind === 'fault') return explainQuestion(first.fault);
    if (first.kind !== 'data') return first;
    if (!Array.isArray(first.data.data)) return { kind: 'unknown', reason: 'unreadable' };
    const name = `transactions-${currency === null ? '' : `${currency}-`}${day}.jsonl`;
    if (first.data.data.length > 0) documents.push({ name, content: pages(account, day, currency, first.data, call) });
  }
  return documents.length === 0 ? { kind: 'empty' } : { kind: 'ready', documents: each(documents) };
}

async function* each(documents: readonly StatementDocument[]): AsyncIterable<StatementDocument> {
  yield* documents;
}

function askPage(account: XenditAccount, day: string, { currency, afterId }: Place, call: Call): Promise<Answer> {
  const query = new URLSearchParams([
    ['created[gte]', `${day}T00:00:00.000Z`],
    ['created[lte]', `${day}T23:59:59.999Z`],
    ['limit', String(pageSize)],
    ...(currency === null ? [] : [['currency', currency] as [string, string]]),
    ...(afterId === null ? [] : [['after_id', afterId] as [string, string]]),
  ]);
  return ask(account, call, { method: 'GET', path: `/transactions?${query}` });
}

async function* pages(account: XenditAccount, day: string, currency: string | null, first: Data, call: Call): AsyncIterable<Uint8Array> {
  let page = first;
  for (;;) {
    yield Buffer.from(`${JSON.stringify(page)}\n`);
    if (page.has_more === false) return;
    const last = Array.isArray(page.data) ? page.data.at(-1) : undefined;
    const afterId = isRecord(last) && isText(last.id) ? last.id : null;
    const answer = afterId === null ? null : await askPage(account, day, { currency, afterId }, call);
    if (answer?.kind !== 'data') throw new Error('the list of transactions breaks off');
    page = answer.data;
  }
}

/** Each page says whether another follows, so a document that lost its end is seen. */
export async function* readStatement(account: XenditAccount, { content }: StatementDocument): AsyncIterable<StatementLine> {
  let isWhole = false;
  let line = 0;
  for await (const bytes of account.kit.files.lines(content)) {
    line += 1;
    const page = account.kit.json(bytes, { numbersAsText: true });
    if (isWhole || page === null || !Array.isArray(page.data) || typeof page.has_more !== 'boolean') {
      throw new Error(`line ${line} is no page of transactions`);
    }
    isWhole = page.has_more === false;
    for (const one of page.data) yield* readTransaction(account, one, line);
  }
  if (!isWhole) throw new Error('the list of transactions breaks off');
}

const kinds: Readonly<Record<string, StatementLine['kind']>> = {
  PAYMENT: 'payment',
  IN_PERSON_PAYMENT: 'payment',
  REFUND: 'refund',
  CHARGEBACK: 'chargeback',
  // Disbursements and remittances are paid to others, and never come to the merchant's own bank account.
  WITHDRAWAL: 'payout',
};

/** What has moved nothing, or has been taken back whole. */
const skipped: readonly unknown[] = ['PENDING', 'FAILED', 'VOIDED', 'REVERSED'];

function* readTransaction(account: XenditAccount, one: unknown, line: number): Iterable<StatementLine> {
  if (!isRecord(one) || !isText(one.id)) throw new Error(`line ${line} has a transaction without an id`);
  const { id, type, status, cashflow } = one;
  if (one.business_id !== account.businessId) throw new Error(`line ${line}: ${id} is of another business`);
  if (skipped.includes(status)) return;
  const occurredAt = isText(one.created) ? new Date(one.created) : null;
  const money = account.kit.money.fromMajor(one.amount, one.currency);
  if (money === null || occurredAt === null || Number.isNaN(occurredAt.getTime())) {
    throw new Error(`line ${line}: the amount or the time of ${id} cannot be read`);
  }
  if (status !== 'SUCCESS' || (cashflow !== 'MONEY_IN' && cashflow !== 'MONEY_OUT')) {
    throw new Error(`line ${line}: the state or the direction of ${id} is not known`);
  }
  const kind = kinds[String(type)] ?? 'adjustment';
  const isOurs = kind === 'payment' || kind === 'refund';
  yield {
    kind,
    number: isOurs && isText(one.reference_id) ? one.reference_id : null,
    // A payment's own id here (`py-…`), not that of its payment request, which this list does not have.
    channelNo: isText(one.product_id) ? one.product_id : id,
    gross: cashflow === 'MONEY_IN' ? money : { ...money, amount: 0 - money.amount },
    ...readCosts(account, one, money, line),
    occurredAt,
    raw: JSON.stringify(one),
  };
}

/** Null until Xendit has settled on its fee. Of money that goes out, its documents do not say what the net amount is. */
function readCosts({ kit }: XenditAccount, one: Data, gross: Money, line: number): Pick<StatementLine, 'fee' | 'net'> {
  const given = memberOf(one, 'fee');
  if (given.status !== 'COMPLETED') return { fee: null, net: null };
  const [own, tax, ...withheld] = ['xendit_fee', 'value_added_tax', 'xendit_withholding_tax', 'third_party_withholding_tax'].map((name) =>
    kit.money.fromMajor(given[name] ?? '0', gross.currency),
  );
  if (!own || !tax) throw new Error(`line ${line}: the fee of ${String(one.id)} cannot be read`);
  const fee = { ...gross, amount: own.amount + tax.amount };
  const net = one.cashflow === 'MONEY_IN' ? kit.money.fromMajor(one.net_amount, one.net_amount_currency ?? gross.currency) : null;
  // Taxes that are withheld are reckoned in ways of their own, and a net amount may be in another currency.
  const isPlain = net?.currency === gross.currency && withheld.every((money) => money?.amount === 0);
  if (isPlain && gross.amount - fee.amount !== net.amount)
    throw new Error(`line ${line}: amount, fee and net of ${String(one.id)} do not add up`);
  return { fee, net };
}
