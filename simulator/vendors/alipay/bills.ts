import { toGbk } from '../../gbk.ts';
import { daySpan, type Movement, movementsOf } from '../../movements.ts';
import { toChinaText } from '../../time.ts';
import { toYuan } from '../../yuan.ts';
import { writeZip } from '../../zip.ts';
import { type AlipayResult, refused, success } from './answers.ts';
import type { AlipayMerchant, AlipayWorld } from './keys.ts';
import { unfold } from './merge.ts';
import type { AlipayRequest } from './request.ts';

const titles =
  '支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注';

const billPath = '/bill.zip';

/** 0.60 %, to the nearest fen. */
const feeOf = (amount: number) => Math.floor((amount * 6 + 500) / 1000);
const signed = (amount: number) => `${amount < 0 ? '-' : ''}${toYuan(Math.abs(amount))}`;

/** Cells of text end with a tab, amounts do not. */
function toRow({ order, refund, atMs }: Movement): string {
  const amount = refund === null ? order.amount : -refund.amount;
  const fee = refund === null ? -feeOf(order.amount) : feeOf(refund.amount);
  const goods = order.subject.replaceAll(',', ' ');
  const cells = [
    ...[
      `${order.vendorNo}\t`,
      `${order.number}\t`,
      refund === null ? '交易' : '退款',
      goods,
      toChinaText(order.createdAt),
      toChinaText(atMs),
    ],
    ...['\t', '\t', '\t', '\t', '*模拟(sim***@example.com)\t', signed(amount), signed(amount)],
    ...['0.00', '0.00', '0.00', '0.00', '0.00', '', '0.00\t', '0.00', `${refund?.number ?? ''}\t`, signed(fee), '0.00', goods],
  ];
  return cells.join(',');
}

function writeDetails(merchant: AlipayMerchant, day: string, moved: readonly Movement[]): string {
  const paid = moved.filter(({ refund }) => refund === null);
  const refunded = moved.filter(({ refund }) => refund !== null);
  const sum = (part: readonly Movement[]) =>
    part.reduce((total, { order, refund }) => total + (refund === null ? order.amount : -refund.amount), 0);
  const lines = [
    '#支付宝业务明细查询',
    `#账号：[${merchant.sellerId}0156]`,
    `#起始日期：[${day} 00:00:00]   终止日期：[${day} 24:00:00]`,
    '#-----------------------------------------业务明细列表----------------------------------------',
    titles,
    ...moved.map(toRow),
    '#-----------------------------------------业务明细列表结束------------------------------------',
    `#交易合计：${paid.length}笔，商家实收共${signed(sum(paid))}元，商家优惠共0.00元`,
    `#退款合计：${refunded.length}笔，商家实收退款共${signed(sum(refunded))}元，商家优惠退款共0.00元`,
    `#导出时间：[${day} 23:59:59]`,
  ];
  return `${lines.join('\r\n')}\r\n`;
}

function movedOn(world: AlipayWorld, merchant: AlipayMerchant, day: string): readonly Movement[] {
  const span = daySpan(day, '+08:00');
  return span === null ? [] : movementsOf(world.store, 'alipay', merchant.appId, span).flatMap(unfold);
}

/** alipay.data.dataservice.bill.downloadurl.query. The day may still go on: nobody waits for tomorrow here. */
export function askBill(world: AlipayWorld, { merchant, content, host }: AlipayRequest): AlipayResult {
  const day = String(content.bill_date);
  if (content.bill_type !== 'trade' || daySpan(day, '+08:00') === null) return refused('40002', 'isv.invalid-parameter', '参数无效');
  if (movedOn(world, merchant, day).length === 0)
    return { node: { code: '40004', msg: 'Business Failed', sub_code: 'isp.bill_not_exist', sub_msg: '账单不存在' } };
  return success({ bill_download_url: `http://${host}/alipay${billPath}?app_id=${merchant.appId}&day=${day}` });
}

/** The ZIP, for whoever has its address; null where that is none. */
export function downloadBill(world: AlipayWorld, path: string, query: string): Buffer | null {
  const params = new URLSearchParams(query);
  const merchant = world.keys.merchants.find(({ appId }) => appId === params.get('app_id'));
  const day = params.get('day') ?? '';
  const moved = path !== billPath || merchant === undefined ? [] : movedOn(world, merchant, day);
  if (merchant === undefined || moved.length === 0) return null;
  const stem = `${merchant.sellerId}0156_${day.replaceAll('-', '')}`;
  const sums = `#支付宝业务汇总查询\r\n#账号：[${merchant.sellerId}0156]\r\n`;
  return writeZip([
    { name: toGbk(`${stem}_业务明细(汇总).csv`), content: toGbk(sums) },
    { name: toGbk(`${stem}_业务明细.csv`), content: toGbk(writeDetails(merchant, day, moved)) },
  ]);
}
