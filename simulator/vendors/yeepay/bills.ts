import { daySpan, type Movement, movementsOf } from '../../movements.ts';
import { toChinaText } from '../../time.ts';
import type { Answer } from '../../types.ts';
import { toYuan } from '../../yuan.ts';
import { refused } from './common.ts';
import type { Merchant, YeepayWorld } from './index.ts';
import type { Fields } from './request.ts';

const titles = ['交易时间', '记账时间', '商户订单号', '业务类型', '订单金额', '手续费', '产品类型', '支付方式', '对账备注', '易宝流水号'];

/** 0.60 %, to the nearest fen. */
const feeOf = (amount: number) => Math.floor((amount * 6 + 500) / 1000);
const sum = (amounts: readonly number[]) => amounts.reduce((total, amount) => total + amount, 0);
const toRow = (cells: readonly string[]) => `${cells.map((cell) => `"${cell}"`).join(',')}\r\n`;

function cellsOf({ order, refund, atMs }: Movement): readonly string[] {
  const { amount, number, vendorNo, createdAt } = refund ?? order;
  const times = [toChinaText(createdAt), toChinaText(atMs)];
  return [...times, number, refund === null ? '交易' : '退款', toYuan(amount), toYuan(feeOf(amount)), '聚合支付', '用户扫码', '', vendorNo];
}

/** GET /yos/v1.0/std/bill/tradedaydownload: sums in pairs, titles, rows. */
export function downloadBill(world: YeepayWorld, { merchantNo }: Merchant, fields: Fields): Answer {
  const day = fields['dayString'] ?? '';
  const span = daySpan(day, '+08:00');
  if (span === null || fields['merchantNo'] !== merchantNo) return refused('40042', 'dayString or merchantNo');
  const moved = movementsOf(world.store, world.channel, merchantNo, span);
  const paid = moved.filter(({ refund }) => refund === null).map(({ order }) => order.amount);
  const refunded = moved.flatMap(({ refund }) => (refund === null ? [] : [refund.amount]));
  const [paidFees, refundedFees] = [paid, refunded].map((amounts) => toYuan(sum(amounts.map(feeOf)))) as [string, string];
  const rows = [
    ['账单日期', day, '商户编号', merchantNo],
    ['交易总金额', toYuan(sum(paid)), '退款总金额', toYuan(sum(refunded)), '撤销总金额', '0.00'],
    ['交易总笔数', String(paid.length), '退款总笔数', String(refunded.length), '撤销总笔数', '0'],
    ['交易手续费金额', paidFees, '退款退回手续费金额', refundedFees, '撤销退回手续费金额', '0.00'],
    titles,
    ...moved.map(cellsOf),
  ];
  return { status: 200, headers: { 'content-type': 'application/octet-stream' }, body: rows.map(toRow).join('') };
}
