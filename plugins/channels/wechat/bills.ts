import type { Money } from '../../../core/contract/money.ts';
import type { CsvRow, StatementLine } from '../../../core/contract/statement.ts';
import type { WechatAccount } from './gateway.ts';

/** What stands under a title, empty where nothing does. Only what is asked for is cut: of a million lines, all takes too long. */
export type Cells = (title: string) => string;

/** How the lines of one type of bill are read, and held against the totals at its end. */
export interface Bill {
  readonly is: string;
  readonly needed: readonly string[];
  /** The first title of the totals. */
  readonly totalsBegin: string;
  /** Null for a line of which another bill tells more. */
  read(cells: Cells, row: CsvRow): StatementLine | null;
  /** Throws where the lines do not come to the totals. */
  prove(totals: Cells): void;
}

/** Each cell begins with a back-tick, so that spreadsheets keep long numbers. */
export const clean = (cell: string) => {
  const text = cell.trim();
  return text.startsWith('`') ? text.slice(1).trim() : text;
};

/** The bill of all trades. */
export function readTradeBill(account: WechatAccount): Bill {
  const sums: TradeSums = { lines: 0, paid: 0, refunded: 0, fees: 0 };
  return {
    is: 'bill of all trades',
    needed: neededOfTrades,
    totalsBegin: '总交易单数',
    read: (cells, row) => readTrade(account, cells, row, sums),
    prove(totals) {
      const told = {
        lines: countOf(totals('总交易单数')),
        paid: readYuan(account, totals('订单总金额'), 'CNY')?.amount,
        refunded: readYuan(account, totals('申请退款总金额'), 'CNY')?.amount,
        fees: readFee(totals('手续费总金额')) ?? undefined,
      };
      proveSums(sums, told);
    },
  };
}

/** What the lines of a bill of trades add up to, in the vendor's columns. */
interface TradeSums {
  lines: number;
  paid: number;
  refunded: number;
  /** In hundred-thousandths of a yuan. */
  fees: number;
}

const neededOfTrades = [
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

/** `REVOKED` is a bar code that was reversed after it had been paid: its money went back without a refund of ours. */
const outgoing = ['REFUND', 'REVOKED'];

function readTrade(account: WechatAccount, cells: Cells, { line, raw }: CsvRow, sums: TradeSums): StatementLine {
  const state = cells('交易状态');
  if (cells('商户号') !== account.mchid) throw new Error(`line ${line} of the bill is of another merchant than ${account.mchid}`);
  const isOut = outgoing.includes(state);
  if (!isOut && state !== 'SUCCESS') throw new Error(`line ${line} of the bill has the unknown state ${state}`);
  const currency = cells('货币种类');
  // 订单金额 is what the payment was made for; 应结订单金额 leaves out coupons of the merchant. Refunds have 0.00 there.
  const gross = readYuan(account, cells(isOut ? '申请退款金额' : '订单金额'), currency);
  const occurredAt = readTime(cells('交易时间'));
  if (gross === null || occurredAt === null) throw new Error(`line ${line} of the bill has an amount or a time that cannot be read`);
  sums.lines += 1;
  sums[isOut ? 'refunded' : 'paid'] += gross.amount;
  const fees = readFee(cells('手续费'));
  if (fees === null) throw new Error(`line ${line} of the bill has a fee that cannot be read`);
  sums.fees += fees;
  // Quicker than to read the same digits again, which of a million lines takes half a second.
  const fee = currency === 'CNY' ? wholeFen(fees) : readYuan(account, cells('手续费'), currency);
  const common = { fee, net: null, occurredAt, raw };
  if (!isOut) return { kind: 'payment', number: ownNumber(cells('商户订单号')), channelNo: cells('微信订单号'), gross, ...common };
  const number = state === 'REFUND' ? ownNumber(cells('商户退款单号')) : null;
  const channelNo = cells('微信退款单号') || cells('微信订单号') || '';
  return { kind: 'refund', number, channelNo, gross: { ...gross, amount: -gross.amount }, ...common };
}

/** What moved on the merchant's account. */
export function readFundsBill(account: WechatAccount): Bill {
  const sums: FundsSums = { lines: 0, inLines: 0, in: 0, outLines: 0, out: 0 };
  return {
    is: 'bill of funds',
    needed: neededOfFunds,
    totalsBegin: '资金流水总笔数',
    read: (cells, row) => readMovement(account, cells, row, sums),
    prove(totals) {
      const told = {
        lines: countOf(totals('资金流水总笔数')),
        inLines: countOf(totals('收入笔数')),
        in: readYuan(account, totals('收入金额'), 'CNY')?.amount,
        outLines: countOf(totals('支出笔数')),
        out: readYuan(account, totals('支出金额'), 'CNY')?.amount,
      };
      proveSums(sums, told);
    },
  };
}

interface FundsSums {
  lines: number;
  inLines: number;
  in: number;
  outLines: number;
  out: number;
}

const neededOfFunds = ['记账时间', '微信支付业务单号', '资金流水单号', '业务类型', '收支类型', '收支金额(元)'];
/** Payments and refunds, which the bill of trades tells by our numbers. */
const toldByTrades = ['交易', '退款'];

function readMovement(account: WechatAccount, cells: Cells, { line, raw }: CsvRow, sums: FundsSums): StatementLine | null {
  const [direction, type] = [cells('收支类型'), cells('业务类型')];
  if (direction !== '收入' && direction !== '支出') throw new Error(`line ${line} of the bill is neither 收入 nor 支出`);
  const money = readYuan(account, cells('收支金额(元)'), 'CNY');
  const occurredAt = readTime(cells('记账时间'));
  if (money === null || occurredAt === null) throw new Error(`line ${line} of the bill has an amount or a time that cannot be read`);
  const isIn = direction === '收入';
  sums.lines += 1;
  sums[isIn ? 'inLines' : 'outLines'] += 1;
  sums[isIn ? 'in' : 'out'] += money.amount;
  if (toldByTrades.includes(type)) return null;
  const gross = isIn ? money : { ...money, amount: 0 - money.amount };
  const channelNo = cells('微信支付业务单号') || cells('资金流水单号');
  return { kind: kindOf(type), number: null, channelNo, gross, fee: null, net: null, occurredAt, raw };
}

/** 提现 is what goes to the merchant's bank account, and what comes back from there. The vendor has no whole list of the others. */
function kindOf(type: string): StatementLine['kind'] {
  if (type.startsWith('提现')) return 'payout';
  return type.includes('手续费') ? 'fee' : 'adjustment';
}

/** The parts of a combined payment have the number of the whole with two more digits. */
const ownNumber = (text = '') => (/^[0-9A-Z]{28}$/.test(text) ? text.slice(0, 26) : text || null);

/** Amounts have two decimals, fees five, of which the last three are nought; a fee with parts of a fen is not told, because it is no money. */
function readYuan({ kit }: WechatAccount, text = '', currency = ''): Money | null {
  const plain = kit.money.fromMajor(text, currency);
  if (plain !== null) return plain;
  const isNegative = text.startsWith('-');
  const money = kit.money.fromMajor(text.replace(/^-/, '').replace(/(\.\d\d)0+$/, '$1'), currency);
  return money !== null && isNegative && money.amount !== 0 ? { ...money, amount: -money.amount } : money;
}

const partsOfFen = 1000;

/** Fees have parts of a fen, up to a thousandth of it; null for what is no amount. */
function readFee(text: string): number | null {
  const [, sign, whole = '', parts = ''] = /^(-?)(\d{1,10})(?:\.(\d{1,5}))?$/.exec(text) ?? [];
  if (sign === undefined) return null;
  const size = Number(`${whole}${parts.padEnd(5, '0')}`);
  return sign === '-' && size !== 0 ? -size : size;
}

/** A fee as money; null where it has parts of a fen. */
function wholeFen(fees: number): Money | null {
  const amount = fees / partsOfFen;
  return Number.isInteger(amount) ? { amount, currency: 'CNY' } : null;
}

/** A time of China; null for none. */
function readTime(text: string): Date | null {
  const time = new Date(`${text.replace(' ', 'T')}+08:00`);
  return Number.isNaN(time.getTime()) ? null : time;
}

/** Numbers of lines come with a decimal that is nought. */
const countOf = (text: string) => Number(text.replace(/\.0+$/, ''));

function proveSums<Sums extends object>(sums: Sums, told: Readonly<Record<keyof Sums, number | undefined>>): void {
  const wrong = (Object.keys(sums) as (keyof Sums & string)[]).filter((sum) => told[sum] !== sums[sum]);
  if (wrong.length > 0) throw new Error(`the bill does not add up to its own totals: ${wrong.join(', ')}`);
}
