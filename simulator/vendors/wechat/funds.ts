import { daySpan, type Movement, movementsOf } from '../../movements.ts';
import { toChinaText } from '../../time.ts';
import { toYuan } from '../../yuan.ts';
import { feeOf } from './fee.ts';
import type { WechatMerchant, WechatWorld } from './keys.ts';

const titles =
  '记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额（元）,账户结余（元）,资金变更提交申请人,备注,业务凭证号';
const totalTitles = '资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额';

/** One line; `amount` is above 0 where the account gains. */
interface Flow {
  readonly atMs: number;
  readonly no: string;
  readonly name: string;
  readonly type: string;
  readonly amount: number;
  readonly note: string;
}

/** A payment comes in whole and its fee goes out; a refund goes out without the part of the fee that comes back with it. */
function flowsOf({ order, refund, atMs }: Movement): readonly Flow[] {
  if (refund !== null) {
    const back = feeOf(refund.amount);
    const note = `退款总金额${toYuan(refund.amount)}元;含手续费${toYuan(back)}元`;
    return [{ atMs, no: refund.vendorNo, name: '退款', type: '退款', amount: back - refund.amount, note }];
  }
  const fee = feeOf(order.amount);
  const paid: Flow = { atMs, no: order.vendorNo, name: '交易', type: '交易', amount: order.amount, note: '' };
  const cost: Flow = { atMs, no: order.vendorNo, name: '交易', type: '扣除交易手续费', amount: -fee, note: '' };
  return fee === 0 ? [paid] : [paid, cost];
}

function flowsOfDay(world: WechatWorld, merchant: WechatMerchant, span: { readonly fromMs: number; readonly toMs: number }) {
  return movementsOf(world.store, 'wechat', merchant.mchid, span).flatMap(flowsOf);
}

const dayMs = 86_400_000;

/** What the day before left on the account goes to the merchant's bank at two in the morning. */
function payoutOf(world: WechatWorld, merchant: WechatMerchant, fromMs: number): readonly Flow[] {
  const before = flowsOfDay(world, merchant, { fromMs: fromMs - dayMs, toMs: fromMs });
  const left = before.reduce((sum, { amount }) => sum + amount, 0);
  if (left <= 0) return [];
  const no = `3009${toChinaText(fromMs).replaceAll(/[^0-9]/g, '')}`;
  return [{ atMs: fromMs + dayMs / 12, no, name: '自动提现', type: '提现', amount: -left, note: '' }];
}

const line = (cells: readonly string[]) => `${cells.map((cell) => `\`${cell}`).join(',')}\r\n`;

/** What moved on the merchant's basic account on a day. Null when nothing did. */
export function writeFunds(world: WechatWorld, merchant: WechatMerchant, day: string): string | null {
  const span = daySpan(day, '+08:00');
  if (span === null) return null;
  const flows = [...payoutOf(world, merchant, span.fromMs), ...flowsOfDay(world, merchant, span)].sort((a, b) => a.atMs - b.atMs);
  if (flows.length === 0) return null;
  let balance = 0;
  const lines = flows.map(({ atMs, no, name, type, amount, note }) => {
    balance += amount;
    const [direction, size] = [amount > 0 ? '收入' : '支出', toYuan(Math.abs(amount))];
    const left = `${balance < 0 ? '-' : ''}${toYuan(Math.abs(balance))}`;
    return line([toChinaText(atMs), no, `F${no}`, name, type, direction, size, left, 'system', note, `V${no}`]);
  });
  const of = (sign: 1 | -1) => flows.filter(({ amount }) => amount * sign > 0);
  const sum = (some: readonly Flow[]) => toYuan(some.reduce((total, { amount }) => total + Math.abs(amount), 0));
  const totals = [`${flows.length}.0`, `${of(1).length}.0`, sum(of(1)), `${of(-1).length}.0`, sum(of(-1))];
  return `${titles}\r\n${lines.join('')}${totalTitles}\r\n${line(totals)}`;
}
