import { Buffer } from 'node:buffer';
import type { Call } from '../../../core/contract/kit.ts';
import type { Money } from '../../../core/contract/money.ts';
import type { StatementDocument, StatementLine, StatementOutcome } from '../../../core/contract/statement.ts';
import { explain } from './errors.ts';
import { type Answer, ask, type Data, isRecord, isText, type MollieAccount, readMoney } from './gateway.ts';

/** Mollie's most. */
const pageSize = 250;

/** What a settlement is made of, each in a list of its own. Payments that are captured later are found by their captures alone. */
const lists = ['payments', 'refunds', 'chargebacks', 'captures'] as const;
type List = (typeof lists)[number];

/**
 * The settlements that were paid out on a day of the Netherlands, a document each: the settlement itself and then the pages
 * of its lists, one to a line. Settlements are the organization's, so they need its token, and hold what other profiles took.
 */
export async function fetchStatement(account: MollieAccount, day: string, call: Call): Promise<StatementOutcome> {
  if (account.organizationToken === null) {
    return { kind: 'rejected', reason: 'auth', vendor: { code: 'no_organization_token', message: 'organization_token is not configured' } };
  }
  const settlements: Data[] = [];
  for (let from: string | null = ''; from !== null; ) {
    const answer = await askPage(account, '/v2/settlements', from, call);
    if (answer.kind === 'fault') return explain(answer.fault);
    if (answer.kind !== 'data') return answer;
    const page = readPage(answer.data, 'settlements');
    if (page === null) return { kind: 'unknown', reason: 'unreadable' };
    settlements.push(...page.items.filter((one) => one.status === 'paidout' && dayOf(one.settledAt) === day));
    // The newest come first.
    const last = dayOf(page.items.at(-1)?.settledAt);
    from = last !== null && last < day ? null : page.next;
  }
  if (settlements.length === 0) return { kind: 'empty' };
  return { kind: 'ready', documents: documents(account, settlements, call) };
}

async function* documents(account: MollieAccount, settlements: readonly Data[], call: Call): AsyncIterable<StatementDocument> {
  for (const one of settlements) yield { name: `settlement-${String(one.id)}.jsonl`, content: pages(account, one, call) };
}

/** `from` is the id with which the page begins; empty for the first one. */
function askPage(account: MollieAccount, path: string, from: string, call: Call): Promise<Answer> {
  const query = new URLSearchParams({ limit: String(pageSize), ...(from === '' ? {} : { from }) });
  return ask({ ...account, apiKey: account.organizationToken ?? '' }, call, { method: 'GET', path: `${path}?${query}` });
}

async function* pages(account: MollieAccount, settlement: Data, call: Call): AsyncIterable<Uint8Array> {
  yield Buffer.from(`${JSON.stringify(settlement)}\n`);
  for (const list of lists) {
    for (let from: string | null = ''; from !== null; ) {
      const answer = await askPage(account, `/v2/settlements/${encodeURIComponent(String(settlement.id))}/${list}`, from, call);
      const page = answer.kind === 'data' ? readPage(answer.data, list) : null;
      if (answer.kind !== 'data' || page === null) throw new Error(`the list of ${list} breaks off`);
      yield Buffer.from(`${JSON.stringify(answer.data)}\n`);
      from = page.next;
    }
  }
}

interface Page {
  readonly items: readonly Data[];
  /** With which id the next page begins; null at the end. */
  readonly next: string | null;
}

function readPage(data: Data, list: List | 'settlements'): Page | null {
  const items = isRecord(data._embedded) ? data._embedded[list] : null;
  if (!Array.isArray(items) || !items.every(isRecord) || data.count !== items.length || !isRecord(data._links)) return null;
  const { next } = data._links;
  if (next === null || next === undefined) return { items, next: null };
  const from = isRecord(next) && isText(next.href) && URL.canParse(next.href) ? new URL(next.href).searchParams.get('from') : null;
  return isText(from) ? { items, next: from } : null;
}

/** The lists follow one another, and each says with `next` whether it goes on. */
export async function* readStatement(account: MollieAccount, { content }: StatementDocument): AsyncIterable<StatementLine> {
  let line = 0;
  let at = 0;
  for await (const bytes of account.kit.files.lines(content)) {
    line += 1;
    const data = account.kit.json(bytes);
    const list = lists[at];
    if (data === null || list === undefined) throw new Error(`line ${line} is no page of a settlement`);
    if (line === 1) {
      yield readSettlement(account, data);
      continue;
    }
    const page = readPage(data, list);
    if (page === null) throw new Error(`line ${line} is no page of ${list}`);
    for (const one of page.items) if (isOfProfile(account, one)) yield readItem(account, list, one, line);
    if (page.next === null) at += 1;
  }
  if (at < lists.length) throw new Error(`the list of ${lists[at]} breaks off`);
}

/** Payments name their profile; refunds, chargebacks and captures do not. */
const isOfProfile = ({ profileId }: MollieAccount, one: Data) => one.profileId === undefined || one.profileId === profileId;

function readSettlement(account: MollieAccount, data: Data): StatementLine {
  const gross = readSigned(account, data.amount);
  const occurredAt = timeOf(data.settledAt);
  if (data.resource !== 'settlement' || !isText(data.id) || gross === null || occurredAt === null)
    throw new Error('line 1 is no settlement');
  const paid = { ...gross, amount: 0 - gross.amount };
  return { kind: 'payout', number: null, channelNo: data.id, gross: paid, fee: null, net: null, occurredAt, raw: JSON.stringify(data) };
}

const kinds = { payments: 'payment', refunds: 'refund', chargebacks: 'chargeback', captures: 'payment' } as const;

function readItem(account: MollieAccount, list: List, one: Data, line: number): StatementLine {
  const channelNo = list === 'captures' ? one.paymentId : one.id;
  const money = readMoney(account, one.amount);
  const occurredAt = timeOf(one.paidAt ?? one.createdAt);
  if (!isText(channelNo) || occurredAt === null) throw new Error(`line ${line} has an item without an id or a time`);
  if (money === null) throw new Error(`line ${line}: the amount of ${channelNo} cannot be read`);
  const isPaid = kinds[list] === 'payment';
  const metadata = isRecord(one.metadata) ? one.metadata : {};
  const number = isPaid ? metadata.paymux_attempt : metadata.paymux_refund;
  return {
    kind: kinds[list],
    number: isText(number) ? number : null,
    channelNo,
    gross: isPaid ? money : { ...money, amount: 0 - money.amount },
    // A settlement has its costs by method and month, with four decimals, and none by payment.
    fee: null,
    net: null,
    occurredAt,
    raw: JSON.stringify(one),
  };
}

function readSigned(account: MollieAccount, amount: unknown): Money | null {
  if (!isRecord(amount) || !isText(amount.value)) return null;
  const money = readMoney(account, { ...amount, value: amount.value.replace(/^-/, '') });
  return money && amount.value.startsWith('-') ? { ...money, amount: 0 - money.amount } : money;
}

function timeOf(value: unknown): Date | null {
  const at = isText(value) && /^\d{4}-\d\d-\d\dT/.test(value) ? new Date(value) : null;
  return at === null || Number.isNaN(at.getTime()) ? null : at;
}

function dayOf(value: unknown): string | null {
  const at = timeOf(value);
  return at && new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Amsterdam' }).format(at);
}
