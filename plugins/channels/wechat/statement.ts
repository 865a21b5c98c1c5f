import { createHash, type Hash } from 'node:crypto';
import type { Call } from '../../../core/contract/kit.ts';
import type { Money } from '../../../core/contract/money.ts';
import type { CsvRow, StatementDocument, StatementLine, StatementOutcome } from '../../../core/contract/statement.ts';
import { ask, askFile, type WechatAccount } from './gateway.ts';

/** Asks for the bill of all trades of a day of China. It comes in two steps: where it lies and its digest, then the file, which is not signed. */
export async function fetchStatement(account: WechatAccount, day: string, call: Call): Promise<StatementOutcome> {
  const answer = await ask(account, call, { method: 'GET', path: `/v3/bill/tradebill?bill_date=${day}&bill_type=ALL&tar_type=GZIP` });
  if (answer.kind === 'fault') return explainFault(answer.error.code, answer.error);
  if (answer.kind !== 'data') return answer;
  const { download_url: url, hash_value: digest, hash_type: hashType } = answer.data;
  const path = typeof url === 'string' ? pathOf(account, url) : null;
  if (path === null || typeof digest !== 'string' || hashType !== 'SHA1') return { kind: 'unknown', reason: 'unreadable' };
  const file = await askFile(account, call, path);
  if (file.kind !== 'answered') return file;
  if (file.status !== 200) return { kind: 'unknown', reason: 'server_error' };
  const content = provenContent(account, file.content, digest.toLowerCase());
  return { kind: 'ready', documents: only({ name: `tradebill-${day}.csv`, content }) };
}

/** The request for the file is signed as the merchant, so it goes to the gateway that is configured and nowhere else. */
function pathOf({ baseUrl }: WechatAccount, text: string): string | null {
  if (text.startsWith(`${baseUrl}/`)) return text.slice(baseUrl.length);
  const url = URL.parse(text);
  return url === null ? null : `${url.pathname}${url.search}`;
}

async function* only(document: StatementDocument): AsyncIterable<StatementDocument> {
  yield document;
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

/** What the lines of a bill add up to, in the vendor's columns. */
interface Sums {
  lines: number;
  paid: number;
  refunded: number;
}

/** Reads by the titles of columns: bills of other types have them in another order, and the vendor adds new ones. */
export async function* readStatement(account: WechatAccount, { content }: StatementDocument): AsyncIterable<StatementLine> {
  const sums: Sums = { lines: 0, paid: 0, refunded: 0 };
  let titles: Titles | null = null;
  let isTotal = false;
  for await (const row of account.kit.files.csv(content, { charset: 'utf-8' })) {
    if (row.raw.includes('总交易单数')) [titles, isTotal] = [placesOf(row.cells), true];
    else if (titles === null) titles = readTitles(row.cells);
    else if (isTotal) return checkTotals(account, name(titles, row), sums);
    else yield readLine(account, name(titles, row), row, sums);
  }
  throw new Error('the bill ends without its totals');
}

/** Where each title stands first, and how many there are. */
interface Titles {
  readonly count: number;
  readonly places: ReadonlyMap<string, number>;
}

/** What stands under a title, empty where nothing does. Only what is asked for is cut: of a million lines, all takes too long. */
type Cells = (title: string) => string;

/** What today's titles were called until 2018, as bills in the tests of public programs have them: people keep old ones. */
const olderTitles: Readonly<Record<string, string>> = {
  订单金额: '总金额',
  申请退款金额: '退款金额',
  订单总金额: '总交易额',
  申请退款总金额: '总退款金额',
};

function placesOf(cells: readonly string[]): Titles {
  const places = new Map(cells.map((cell, place) => [clean(cell), place] as const).reverse());
  for (const [title, older] of Object.entries(olderTitles)) {
    const place = places.get(older);
    // 退款金额 stands beside 申请退款金额 today, and is another amount.
    if (place !== undefined && !places.has(title)) places.set(title, place);
  }
  return { count: cells.length, places };
}

/** Each cell begins with a back-tick, so that spreadsheets keep long numbers. */
const clean = (cell: string) => {
  const text = cell.trim();
  return text.startsWith('`') ? text.slice(1).trim() : text;
};

const needed = [
  '交易时间',
  '商户号',
  '微信订单号',
  '商户订单号',
  '交易状态',
  '货币种类',
  '手续费',
  '订单金额',
  '申请退款金额',
  '微信退款单号',
  '商户退款单号',
];

function readTitles(cells: readonly string[]): Titles {
  const titles = placesOf(cells);
  const missing = needed.filter((title) => !titles.places.has(title));
  if (missing.length > 0) throw new Error(`this is no bill of all trades of WeChat Pay: it has no column ${missing.join(', ')}`);
  return titles;
}

function name(titles: Titles, { cells, line }: CsvRow): Cells {
  if (cells.length !== titles.count) throw new Error(`line ${line} of the bill has ${cells.length} cells instead of ${titles.count}`);
  return (title) => clean(cells[titles.places.get(title) ?? -1] ?? '');
}

/** `REVOKED` is a bar code that was reversed after it had been paid: its money went back without a refund of ours. */
const outgoing = ['REFUND', 'REVOKED'];

function readLine(account: WechatAccount, cells: Cells, { line, raw }: CsvRow, sums: Sums): StatementLine {
  const state = cells('交易状态');
  if (cells('商户号') !== account.mchid) throw new Error(`line ${line} of the bill is of another merchant than ${account.mchid}`);
  const isOut = outgoing.includes(state);
  if (!isOut && state !== 'SUCCESS') throw new Error(`line ${line} of the bill has the unknown state ${state}`);
  // 订单金额 is what the payment was made for; 应结订单金额 leaves out coupons of the merchant. Refunds have 0.00 there.
  const gross = readYuan(account, cells(isOut ? '申请退款金额' : '订单金额'), cells('货币种类'));
  const occurredAt = new Date(`${cells('交易时间').replace(' ', 'T')}+08:00`);
  if (gross === null || Number.isNaN(occurredAt.getTime()))
    throw new Error(`line ${line} of the bill has an amount or a time that cannot be read`);
  sums.lines += 1;
  sums[isOut ? 'refunded' : 'paid'] += gross.amount;
  const fee = readYuan(account, cells('手续费'), cells('货币种类'));
  const common = { fee, net: null, occurredAt, raw };
  if (!isOut) return { kind: 'payment', number: ownNumber(cells('商户订单号')), channelNo: cells('微信订单号'), gross, ...common };
  const number = state === 'REFUND' ? ownNumber(cells('商户退款单号')) : null;
  const channelNo = cells('微信退款单号') || cells('微信订单号') || '';
  return { kind: 'refund', number, channelNo, gross: { ...gross, amount: -gross.amount }, ...common };
}

/** The parts of a combined payment have the number of the whole with two more digits. */
const ownNumber = (text = '') => (/^[0-9A-Z]{28}$/.test(text) ? text.slice(0, 26) : text || null);

/** Amounts have two decimals, fees five, of which the last three are nought; a fee with parts of a fen is not told, because it is no money. */
function readYuan({ kit }: WechatAccount, text = '', currency = ''): Money | null {
  const isNegative = text.startsWith('-');
  const money = kit.money.fromMajor(text.replace(/^-/, '').replace(/(\.\d\d)0+$/, '$1'), currency);
  return money !== null && isNegative && money.amount !== 0 ? { ...money, amount: -money.amount } : money;
}

function checkTotals(account: WechatAccount, cells: Cells, sums: Sums): void {
  const told = {
    lines: Number(cells('总交易单数').replace(/\.0+$/, '')),
    paid: readYuan(account, cells('订单总金额'), 'CNY')?.amount,
    refunded: readYuan(account, cells('申请退款总金额'), 'CNY')?.amount,
  };
  const wrong = (['lines', 'paid', 'refunded'] as const).filter((sum) => told[sum] !== sums[sum]);
  if (wrong.length > 0) throw new Error(`the bill does not add up to its own totals: ${wrong.join(', ')}`);
}
