import { createHash, type Hash } from 'node:crypto';
import type { Call } from '../../../core/contract/kit.ts';
import type { NotSent, Unknown } from '../../../core/contract/outcome.ts';
import type { CsvRow, StatementDocument, StatementLine, StatementOutcome } from '../../../core/contract/statement.ts';
import { type Bill, type Cells, clean, readFundsBill, readTradeBill } from './bills.ts';
import { ask, askFile, type WechatAccount } from './gateway.ts';

/** Where a bill lies, and its digest. */
interface Ticket {
  readonly kind: 'ticket';
  readonly name: string;
  readonly path: string;
  readonly digest: string;
}

/**
 * Asks for the bill of all trades of a day of China, and for what moved on the merchant's basic account, where payouts stand. Each
 * comes in two steps: where it lies and its digest, then the file, which is not signed.
 */
export async function fetchStatement(account: WechatAccount, day: string, call: Call): Promise<StatementOutcome> {
  const trades = await askBill(account, call, `tradebill-${day}.csv`, `/v3/bill/tradebill?bill_date=${day}&bill_type=ALL&tar_type=GZIP`);
  if (trades.kind !== 'ticket' && trades.kind !== 'empty') return trades;
  const ofFunds = `/v3/bill/fundflowbill?bill_date=${day}&account_type=BASIC&tar_type=GZIP`;
  const funds = account.asksForFunds ? await askBill(account, call, `fundflowbill-${day}.csv`, ofFunds) : ({ kind: 'empty' } as const);
  if (funds.kind !== 'ticket' && funds.kind !== 'empty') return funds;
  const [first, second] = [trades, funds].filter((one) => one.kind === 'ticket');
  if (first === undefined) return { kind: 'empty' };
  const document = await openBill(account, call, first);
  return 'kind' in document ? document : { kind: 'ready', documents: both(account, call, document, second) };
}

async function askBill(account: WechatAccount, call: Call, name: string, path: string): Promise<Ticket | StatementOutcome> {
  const answer = await ask(account, call, { method: 'GET', path });
  if (answer.kind === 'fault') return explainFault(answer.error.code, answer.error);
  if (answer.kind !== 'data') return answer;
  const { download_url: url, hash_value: digest, hash_type: hashType } = answer.data;
  const place = typeof url === 'string' ? pathOf(account, url) : null;
  if (place === null || typeof digest !== 'string' || hashType !== 'SHA1') return { kind: 'unknown', reason: 'unreadable' };
  return { kind: 'ticket', name, path: place, digest: digest.toLowerCase() };
}

async function openBill(
  account: WechatAccount,
  call: Call,
  { name, path, digest }: Ticket,
): Promise<StatementDocument | NotSent | Unknown> {
  const file = await askFile(account, call, path);
  if (file.kind !== 'answered') return file;
  if (file.status !== 200) return { kind: 'unknown', reason: 'server_error' };
  return { name, content: provenContent(account, file.content, digest) };
}

/** The second is asked for once the first was read: two answers at a time would have one of them wait unread. */
async function* both(
  account: WechatAccount,
  call: Call,
  first: StatementDocument,
  ticket: Ticket | undefined,
): AsyncIterable<StatementDocument> {
  yield first;
  if (ticket === undefined) return;
  const second = await openBill(account, call, ticket);
  if ('kind' in second) throw new Error(`${ticket.name} could not be downloaded: ${second.reason}`);
  yield second;
}

/** The request for the file is signed as the merchant, so it goes to the gateway that is configured and nowhere else. */
function pathOf({ baseUrl }: WechatAccount, text: string): string | null {
  if (text.startsWith(`${baseUrl}/`)) return text.slice(baseUrl.length);
  const url = URL.parse(text);
  return url === null ? null : `${url.pathname}${url.search}`;
}

function explainFault(code: string, vendor: { readonly code: string; readonly message: string }): StatementOutcome {
  if (code === 'NO_STATEMENT_EXIST') return { kind: 'empty' };
  if (code === 'STATEMENT_CREATING') return { kind: 'notYet' };
  return { kind: 'rejected', reason: 'validation', vendor };
}

/** Whether the vendor takes the digest before or after it packs the file is written nowhere, so either proves it. */
async function* provenContent(account: WechatAccount, packed: AsyncIterable<Uint8Array>, digest: string): AsyncIterable<Uint8Array> {
  const [whole, plain] = [createHash('sha1'), createHash('sha1')];
  for await (const bytes of account.kit.files.gunzip(hashed(packed, whole))) {
    plain.update(bytes);
    yield bytes;
  }
  if (plain.digest('hex') !== digest && whole.digest('hex') !== digest)
    throw new Error('the bill is not the one whose digest WeChat Pay gave');
}

async function* hashed(content: AsyncIterable<Uint8Array>, hash: Hash): AsyncIterable<Uint8Array> {
  for await (const bytes of content) {
    hash.update(bytes);
    yield bytes;
  }
}

/** Reads by the titles of columns: bills of other types have them in another order, and the vendor adds new ones. */
export async function* readStatement(account: WechatAccount, { content }: StatementDocument): AsyncIterable<StatementLine> {
  let [bill, titles, part]: [Bill | null, Titles, 'lines' | 'totals' | 'end'] = [null, placesOf([]), 'lines'];
  for await (const row of account.kit.files.csv(content, { charset: 'utf-8' })) {
    if (part === 'end') throw new Error(`line ${row.line} stands behind the totals of the bill`);
    if (bill === null) [bill, titles] = readTitles(account, row.cells);
    else if (part === 'totals') {
      bill.prove(name(titles, row));
      part = 'end';
    } else if (row.cells[0]?.includes(bill.totalsBegin) === true) [titles, part] = [placesOf(row.cells), 'totals'];
    else {
      const line = bill.read(name(titles, row), row);
      if (line !== null) yield line;
    }
  }
  if (part !== 'end') throw new Error('the bill ends without its totals');
}

/** Where each title stands first, and how many there are. */
interface Titles {
  readonly count: number;
  readonly places: ReadonlyMap<string, number>;
}

/** What today's titles were called until 2018, as bills in the tests of public programs have them: people keep old ones. */
const olderTitles: Readonly<Record<string, string>> = {
  订单金额: '总金额',
  申请退款金额: '退款金额',
  订单总金额: '总交易额',
  申请退款总金额: '总退款金额',
};

function placesOf(cells: readonly string[]): Titles {
  // Brackets come wide and narrow: 收支金额（元）.
  const titles = cells.map((cell) => clean(cell).replace('（', '(').replace('）', ')'));
  const places = new Map(titles.map((title, place) => [title, place] as const).reverse());
  for (const [title, older] of Object.entries(olderTitles)) {
    const place = places.get(older);
    // 退款金额 stands beside 申请退款金额 today, and is another amount.
    if (place !== undefined && !places.has(title)) places.set(title, place);
  }
  return { count: cells.length, places };
}

function readTitles(account: WechatAccount, cells: readonly string[]): [Bill, Titles] {
  const titles = placesOf(cells);
  const bill = titles.places.has('资金流水单号') ? readFundsBill(account) : readTradeBill(account);
  const missing = bill.needed.filter((title) => !titles.places.has(title));
  if (missing.length > 0) throw new Error(`this is no ${bill.is} of WeChat Pay: it has no column ${missing.join(', ')}`);
  return [bill, titles];
}

function name(titles: Titles, { cells, line }: CsvRow): Cells {
  if (cells.length !== titles.count) throw new Error(`line ${line} of the bill has ${cells.length} cells instead of ${titles.count}`);
  return (title) => clean(cells[titles.places.get(title) ?? -1] ?? '');
}
