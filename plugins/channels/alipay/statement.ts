import type { Call } from '../../../core/contract/kit.ts';
import type { Money } from '../../../core/contract/money.ts';
import type { CsvRow, StatementDocument, StatementLine, StatementOutcome } from '../../../core/contract/statement.ts';
import { ask, type Merchant, readText, readTime } from './gateway.ts';

/**
 * Asks for the bill of all trades of a day of China. The gateway answers where it lies; the address holds its own proof and is
 * good for half a minute. It is a ZIP with a file of details and a file of sums.
 */
export async function fetchStatement(merchant: Merchant, day: string, call: Call): Promise<StatementOutcome> {
  const content = { bill_type: 'trade', bill_date: day };
  const answer = await ask(merchant, { method: 'alipay.data.dataservice.bill.downloadurl.query', content }, call, true);
  if (answer.kind !== 'answer') return answer;
  if (answer.failure?.subCode === 'isp.bill_not_exist') return isReadyBy(day, call.now()) ? { kind: 'empty' } : { kind: 'notYet' };
  if (answer.failure !== null) {
    return { kind: 'rejected', reason: 'validation', vendor: { code: answer.failure.subCode, message: answer.failure.message } };
  }
  const url = readText(answer.node['bill_download_url']) ?? '';
  if (!isVendors(merchant, url)) return { kind: 'unknown', reason: 'unreadable' };
  const file = await call.download({ method: 'GET', url });
  if (file.kind !== 'answered') return file;
  if (file.status !== 200) return { kind: 'unknown', reason: 'server_error' };
  return { kind: 'ready', documents: withoutSums(merchant, file.content) };
}

/** One code stands for "there was nothing" and for "it is not made yet": Alipay has bills by ten, and noon is late enough. */
function isReadyBy(day: string, now: Date): boolean {
  return now.getTime() > Date.parse(`${day}T12:00:00+08:00`) + 24 * 3_600_000;
}

/** The address comes out of a signed answer. That it is Alipay's is looked at all the same: what it holds is compared with money. */
function isVendors({ gatewayUrl }: Merchant, text: string): boolean {
  const url = URL.parse(text);
  if (url === null) return false;
  const isAlipays = /(^|\.)alipay(dev)?\.com$/.test(url.hostname) && ['https:', 'http:'].includes(url.protocol);
  return isAlipays || url.origin === new URL(gatewayUrl).origin;
}

async function* withoutSums({ kit }: Merchant, content: AsyncIterable<Uint8Array>): AsyncIterable<StatementDocument> {
  for await (const document of kit.files.unzip(content)) if (!document.name.includes('汇总')) yield document;
}

/** What the lines of a bill add up to: the footer names both. */
interface Sums {
  paid: number;
  paidMoney: number;
  refunded: number;
  refundedMoney: number;
}

/** Rows stand between lines that begin with `#`: whose account and which days it is before them, and the totals behind. */
export async function* readStatement(merchant: Merchant, { content }: StatementDocument): AsyncIterable<StatementLine> {
  const sums: Sums = { paid: 0, paidMoney: 0, refunded: 0, refundedMoney: 0 };
  let titles: readonly string[] | null = null;
  let [totals, isOwn] = [0, false];
  for await (const row of merchant.kit.files.csv(content, { charset: 'gb18030' })) {
    const cells = row.cells.map((cell) => cell.trim());
    if (row.raw.startsWith('#')) {
      isOwn ||= isAccount(merchant, row.raw);
      totals += checkNote(merchant, row.raw, sums);
    } else if (totals > 0) throw new Error(`line ${row.line} stands behind the totals of the bill`);
    else if (titles === null) titles = readTitles(cells);
    else yield readLine(merchant, name(titles, cells, row), row, sums);
  }
  if (titles === null || totals < 2) throw new Error('the bill ends without its totals');
  if (!isOwn) throw new Error('the bill does not say whose it is: it has no line that begins with #账号');
}

type Cells = Readonly<Record<string, string>>;

const needed = [
  '支付宝交易号',
  '商户订单号',
  '业务类型',
  '完成时间',
  '订单金额（元）',
  '商家实收（元）',
  '退款批次号/请求号',
  '服务费（元）',
];

function readTitles(cells: readonly string[]): readonly string[] {
  const missing = needed.filter((title) => !cells.includes(title));
  if (missing.length > 0) throw new Error(`this is no bill of Alipay's trades: it has no column ${missing.join(', ')}`);
  return cells;
}

function name(titles: readonly string[], cells: readonly string[], { line }: CsvRow): Cells {
  if (cells.length !== titles.length) throw new Error(`line ${line} of the bill has ${cells.length} cells instead of ${titles.length}`);
  return Object.fromEntries(titles.map((title, index) => [title, cells[index] ?? '']));
}

/** Whether a note says whose the bill is. The number of the account is that of the merchant with 0156 behind it. */
function isAccount({ sellerId }: Merchant, raw: string): boolean {
  const account = /^#账号：\[(\d+)\]/.exec(raw)?.[1];
  if (account !== undefined && !account.startsWith(sellerId)) throw new Error(`the bill is of another merchant than ${sellerId}`);
  return account !== undefined;
}

/** Answers 1 for a line of totals that is right, 0 for any other note. */
function checkNote(merchant: Merchant, raw: string, sums: Sums): number {
  const total = /^#(交易|退款)合计：(\d+)笔，商家实收(?:退款)?共(-?[\d.]+)元/.exec(raw);
  if (total === null) return 0;
  const [lines, money] = total[1] === '交易' ? [sums.paid, sums.paidMoney] : [sums.refunded, sums.refundedMoney];
  const told = readYuan(merchant, total[3]);
  if (Number(total[2]) !== lines || told?.amount !== money) throw new Error(`the bill does not add up to its own totals of ${total[1]}`);
  return 1;
}

function readLine(merchant: Merchant, cells: Cells, { line, raw }: CsvRow, sums: Sums): StatementLine {
  const kind = cells['业务类型'];
  if (kind !== '交易' && kind !== '退款') throw new Error(`line ${line} of the bill is of the unknown kind ${kind}`);
  const gross = readYuan(merchant, cells['订单金额（元）']);
  const received = readYuan(merchant, cells['商家实收（元）']);
  const charged = readYuan(merchant, cells['服务费（元）']);
  const occurredAt = readTime(cells['完成时间']);
  if (gross === null || received === null || charged === null || occurredAt === undefined) {
    throw new Error(`line ${line} of the bill has an amount or a time that cannot be read`);
  }
  const isRefund = kind === '退款';
  sums[isRefund ? 'refunded' : 'paid'] += 1;
  sums[isRefund ? 'refundedMoney' : 'paidMoney'] += received.amount;
  const number = ownNumber(isRefund ? cells['退款批次号/请求号'] : cells['商户订单号']);
  // Bills write what was charged with and without a sign; what a payment costs is positive here, what a refund gives back negative.
  const size = Math.abs(charged.amount);
  const fee = { ...charged, amount: isRefund && size > 0 ? -size : size };
  return { kind: isRefund ? 'refund' : 'payment', number, channelNo: cells['支付宝交易号'] ?? '', gross, fee, net: null, occurredAt, raw };
}

/** The trades of a merged payment have the number of the whole with two more digits. */
const ownNumber = (text = '') => (/^[0-9A-Z]{26}\d\d$/.test(text) ? text.slice(0, 26) : text || null);

function readYuan({ kit }: Merchant, text = ''): Money | null {
  const money = kit.money.fromMajor(text.replace(/^-/, ''), 'CNY');
  return money !== null && text.startsWith('-') && money.amount !== 0 ? { ...money, amount: -money.amount } : money;
}
