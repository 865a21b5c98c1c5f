import { Buffer } from 'node:buffer';
import type { Call } from '../../../core/contract/kit.ts';
import type { Money } from '../../../core/contract/money.ts';
import type { CsvRow, StatementDocument, StatementLine, StatementOutcome } from '../../../core/contract/statement.ts';
import { askFile, textOf, timeOf, type YeepayAccount } from './gateway.ts';

/** Asks for the file of a day's trades, which the gateway answers with. A day without any has a file with sums of nought. */
export async function fetchStatement(account: YeepayAccount, day: string, call: Call): Promise<StatementOutcome> {
  const { parentMerchantNo, merchantNo } = account;
  const fields = { parentMerchantNo, merchantNo, dayString: day };
  const file = await askFile(account, call, '/yos/v1.0/std/bill/tradedaydownload', fields);
  if (file.kind !== 'answered') return file;
  if (file.status === 200) return { kind: 'ready', documents: only({ name: `tradeday-${day}.csv`, content: file.content }) };
  if (file.status === 429) return { kind: 'unknown', reason: 'rate_limited' };
  if (file.status >= 500 || file.status < 400) return { kind: 'unknown', reason: 'server_error' };
  const refusal = account.kit.json(await readShort(file.content));
  if (refusal === null) return { kind: 'unknown', reason: 'unreadable' };
  const vendor = { code: textOf(refusal.subCode) || textOf(refusal.code), message: textOf(refusal.subMessage) || textOf(refusal.message) };
  return { kind: 'rejected', reason: 'validation', vendor };
}

async function* only(document: StatementDocument): AsyncIterable<StatementDocument> {
  yield document;
}

async function readShort(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of content) {
    length += chunk.length;
    if (length > 65_536) break;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

type Cells = Readonly<Record<string, string>>;

/** The file begins with its own sums, in pairs of a title and a value; nothing but they shows that its end is missing. */
export async function* readStatement(account: YeepayAccount, { content }: StatementDocument): AsyncIterable<StatementLine> {
  const told = new Map<string, string>();
  const lines = { payments: 0, paid: 0, refunds: 0, refunded: 0 };
  let titles: readonly string[] | null = null;
  for await (const row of account.kit.files.csv(content, { charset: 'utf-8', isQuoted: true })) {
    const cells = row.cells.map((cell) => cell.trim());
    if (titles !== null) {
      const line = readLine(account, name(titles, cells, row), row);
      const isIn = line.kind === 'payment';
      lines[isIn ? 'payments' : 'refunds'] += 1;
      lines[isIn ? 'paid' : 'refunded'] += Math.abs(line.gross.amount);
      yield line;
    } else if (cells.includes('商户订单号')) titles = checkTitles(account, cells, told);
    else for (let at = 0; at + 1 < cells.length; at += 2) told.set(cells[at] ?? '', cells[at + 1] ?? '');
  }
  if (titles === null) throw new Error('this is no file of trades of YeePay: it has no row of titles');
  checkSums(account, told, lines);
}

const needed = ['记账时间', '商户订单号', '业务类型', '订单金额', '手续费', '易宝流水号'];

/** By titles, because YeePay announces that it adds columns. */
function checkTitles({ merchantNo }: YeepayAccount, cells: readonly string[], told: ReadonlyMap<string, string>): readonly string[] {
  const missing = needed.filter((title) => !cells.includes(title));
  if (missing.length > 0) throw new Error(`this is no file of trades of YeePay: it has no column ${missing.join(', ')}`);
  if (told.get('商户编号') !== merchantNo) throw new Error(`the file is of another merchant than ${merchantNo}`);
  return cells;
}

function name(titles: readonly string[], cells: readonly string[], { line }: CsvRow): Cells {
  if (cells.length !== titles.length) throw new Error(`line ${line} of the file has ${cells.length} cells instead of ${titles.length}`);
  return Object.fromEntries(titles.map((title, index) => [title, cells[index] ?? '']));
}

function readLine({ kit }: YeepayAccount, cells: Cells, { line, raw }: CsvRow): StatementLine {
  const type = cells['业务类型'];
  if (type !== '交易' && type !== '退款' && type !== '撤销') throw new Error(`line ${line} of the file has the unknown type ${type}`);
  // No sample shows the sign of a refund's amount and fee: the type says it.
  const read = (text = ''): Money | null => {
    const money = kit.money.fromMajor(text.replace(/^-/, ''), 'CNY');
    return money === null || type === '交易' || money.amount === 0 ? money : { ...money, amount: -money.amount };
  };
  const [gross, fee, channelNo] = [read(cells['订单金额']), read(cells['手续费']), cells['易宝流水号'] ?? ''];
  const { at } = timeOf(cells['记账时间']);
  if (gross === null || fee === null || at === undefined || channelNo === '')
    throw new Error(`line ${line} of the file has an amount, a time or a number that cannot be read`);
  // Whether 商户订单号 of a refund is the refund's or the payment's, no document at hand says.
  const number = type === '交易' ? cells['商户订单号'] || null : null;
  return { kind: type === '交易' ? 'payment' : 'refund', number, channelNo, gross, fee, net: null, occurredAt: at, raw };
}

interface Sums {
  readonly payments: number;
  readonly paid: number;
  readonly refunds: number;
  readonly refunded: number;
}

function checkSums({ kit }: YeepayAccount, told: ReadonlyMap<string, string>, lines: Sums): void {
  const amount = (title: string) => kit.money.fromMajor((told.get(title) ?? '').replace(/^-/, ''), 'CNY')?.amount ?? Number.NaN;
  const count = (title: string) => (/^\d+$/.test(told.get(title) ?? '') ? Number(told.get(title)) : Number.NaN);
  const voids = told.has('撤销总笔数') ? { count: count('撤销总笔数'), amount: amount('撤销总金额') } : { count: 0, amount: 0 };
  const sums: Sums = {
    payments: count('交易总笔数'),
    paid: amount('交易总金额'),
    refunds: count('退款总笔数') + voids.count,
    refunded: amount('退款总金额') + voids.amount,
  };
  const wrong = (['payments', 'paid', 'refunds', 'refunded'] as const).filter((sum) => sums[sum] !== lines[sum]);
  if (wrong.length > 0) throw new Error(`the file does not add up to its own sums: ${wrong.join(', ')}`);
}
