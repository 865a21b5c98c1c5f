import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { daySpan, type Movement, movementsOf } from '../../movements.ts';
import { toChinaText } from '../../time.ts';
import { toYuan } from '../../yuan.ts';
import { problem, tradeTypes, type WechatResult } from './answers.ts';
import { partsOf, viewOf } from './combine.ts';
import { feeOf } from './fee.ts';
import { writeFunds } from './funds.ts';
import type { WechatMerchant, WechatWorld } from './keys.ts';
import { shownOrder } from './refunds.ts';

const titles =
  '交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注';
const totalTitles = '总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额';

interface Row {
  readonly cells: readonly string[];
  readonly paid: number;
  readonly refunded: number;
  readonly fee: number;
}

/** A payment of several orders is one line for each of them. */
function unfold(movement: Movement): readonly Movement[] {
  const { order, refund } = movement;
  if (refund !== null) return [{ ...movement, order: shownOrder(order, refund) }];
  return order.product === 'combine' ? partsOf(order).map((part) => ({ ...movement, order: viewOf(order, part) })) : [movement];
}

function toRow({ order, refund, atMs }: Movement, merchant: WechatMerchant): Row {
  const isReversed = refund?.number.endsWith('-reverse') === true;
  const state = refund === null ? 'SUCCESS' : isReversed ? 'REVOKED' : 'REFUND';
  const [paid, refunded] = [refund === null ? order.amount : 0, refund?.amount ?? 0];
  const fee = refund === null ? feeOf(paid) : -feeOf(refunded);
  const goods = order.subject.replaceAll(',', ' ');
  const cells = [
    ...[toChinaText(atMs), merchant.appid, merchant.mchid, '0', '', order.vendorNo, order.number, 'oSimulatedShopper0000000001'],
    ...[tradeTypes[order.product] ?? 'NATIVE', state, 'OTHERS', order.currency, toYuan(paid), '0.00'],
    ...[refund === null ? '0' : refund.vendorNo, refund === null || isReversed ? '0' : refund.number, toYuan(refunded), '0.00'],
    ...[refund === null ? '' : 'ORIGINAL', refund === null ? '' : 'SUCCESS', goods, ''],
    ...[`${fee < 0 ? '-' : ''}${toYuan(Math.abs(fee))}000`, '0.60%', toYuan(paid), toYuan(refunded), ''],
  ];
  return { cells, paid, refunded, fee };
}

const line = (cells: readonly string[]) => `${cells.map((cell) => `\`${cell}`).join(',')}\r\n`;

/** The bill of all trades of a day, so far: days are not waited for here. Null when nothing moved. */
function writeBill(world: WechatWorld, merchant: WechatMerchant, day: string): string | null {
  const span = daySpan(day, '+08:00');
  const moved = span === null ? [] : movementsOf(world.store, 'wechat', merchant.mchid, span);
  if (moved.length === 0) return null;
  const rows = moved.flatMap(unfold).map((one) => toRow(one, merchant));
  const sum = (of: (row: Row) => number) => rows.reduce((total, row) => total + of(row), 0);
  const [paid, refunded, fee] = [toYuan(sum((row) => row.paid)), toYuan(sum((row) => row.refunded)), sum((row) => row.fee)];
  const feeText = `${fee < 0 ? '-' : ''}${toYuan(Math.abs(fee))}000`;
  const totals = [`${rows.length}.0`, paid, refunded, '0.00', feeText, paid, refunded];
  return `\uFEFF${titles}\r\n${rows.map(({ cells }) => line(cells)).join('')}${totalTitles}\r\n${line(totals)}`;
}

const billTokens = /^(trades|funds)-(\d{4}-\d\d-\d\d)\.(gz|csv)$/;
type Type = 'trades' | 'funds';
const writers = { trades: writeBill, funds: writeFunds };

/** GET /v3/bill/tradebill and /v3/bill/fundflowbill: where the bill lies, and its digest. */
export function askBill(world: WechatWorld, merchant: WechatMerchant, type: Type, query: URLSearchParams, host: string): WechatResult {
  const day = query.get('bill_date') ?? '';
  const span = daySpan(day, '+08:00');
  const wrong = (field: string) => problem(400, 'PARAM_ERROR', `${field}参数错误`, { field: `/${field}` });
  if (span === null || span.fromMs > world.now()) return wrong('bill_date');
  if (type === 'trades' && (query.get('bill_type') ?? 'ALL') !== 'ALL') return wrong('bill_type');
  const account = query.get('account_type') ?? 'BASIC';
  if (type === 'funds' && !['BASIC', 'OPERATION', 'FEES'].includes(account)) return wrong('account_type');
  const bill = type === 'funds' && account !== 'BASIC' ? null : writers[type](world, merchant, day);
  if (bill === null) return problem(400, 'NO_STATEMENT_EXIST', '账单文件不存在');
  const token = `${type}-${day}.${query.get('tar_type') === 'GZIP' ? 'gz' : 'csv'}`;
  const json = {
    download_url: `http://${host}/wechat/v3/billdownload/file?token=${token}`,
    hash_type: 'SHA1',
    hash_value: createHash('sha1').update(bill).digest('hex'),
  };
  return { status: 200, json };
}

/** GET /v3/billdownload/file: the bill itself, without a signature. Null for a token that is none. */
export function downloadBill(world: WechatWorld, merchant: WechatMerchant, query: URLSearchParams): Uint8Array | null {
  const [, type, day = '', form] = billTokens.exec(query.get('token') ?? '') ?? [];
  const bill = type === undefined ? null : writers[type as Type](world, merchant, day);
  if (bill === null) return null;
  return form === 'gz' ? gzipSync(bill) : Buffer.from(bill);
}
