import { deflateSync } from 'node:zlib';
import { daySpan, type Movement, movementsOf } from '../../movements.ts';
import { toChinaText } from '../../time.ts';
import { writeZip } from '../../zip.ts';
import type { UnionpayWorld } from './keys.ts';
import { type Asked, type Said, say, settleDayOf } from './trades.ts';

/** Bytes of each field of a record; a blank follows each. */
const widths = [
  ...[3, 11, 11, 6, 10, 19, 12, 4, 2, 21, 2, 32, 2, 6, 10, 13, 13, 4, 15, 2, 2, 6, 2, 4, 32, 1, 21, 15, 1, 15, 32],
  ...[13, 13, 8, 32, 13, 13, 12, 2, 1, 32, 98],
];

/** 0.60 %, to the nearest fen. */
const feeOf = (amount: number) => Math.floor((amount * 6 + 500) / 1000);
const fen = (amount: number) => String(amount).padStart(12, '0');

/** By the number of the field in UnionPay's table, counted from 1. */
function fieldsOf({ order, refund, atMs }: Movement): ReadonlyMap<number, string> {
  const { amount, vendorNo, number } = refund ?? order;
  const [taken, given] = refund === null ? ['D', 'C'] : ['C', 'D'];
  return new Map([
    [1, refund === null ? 'S22' : 'S30'],
    [4, vendorNo.slice(-6)],
    [5, toChinaText(atMs).replaceAll(/\D/g, '').slice(4)],
    [7, fen(amount)],
    [10, vendorNo],
    [12, number],
    [16, `${taken}${fen(feeOf(amount))}`],
    [17, `${given}${fen(amount)}`],
    [20, refund === null ? '01' : '04'],
    [21, refund === null ? (order.facts.txnSubType ?? '01') : '00'],
    [22, order.facts.bizType ?? '000201'],
    [27, refund === null ? '' : order.vendorNo],
    [28, order.account],
    [33, `${given}${fen(amount - feeOf(amount))}`],
  ]);
}

function toRecord(moved: Movement): Buffer {
  const fields = fieldsOf(moved);
  const cells = widths.map((width, index) => `${(fields.get(index + 1) ?? '').padEnd(width)} `);
  return Buffer.from(`${cells.join('')}\r\n`);
}

/** A day of settlement begins at 23:00 in China: midnight, an hour further east. A month and a day without a year are the last that there were. */
export function downloadFile(world: UnionpayWorld, { merchant, params }: Asked): Said {
  const asked = params.settleDate ?? '';
  const today = settleDayOf(world.now());
  const year = Number(today.slice(0, 4)) - (asked > today.slice(4) ? 1 : 0);
  const span = daySpan(`${year}-${asked.slice(0, 2)}-${asked.slice(2)}`, '+09:00');
  if (span === null) return say('10', '报文格式错误[settleDate]');
  const moved = movementsOf(world.store, world.channel, merchant.merId, span);
  if (moved.length === 0) return say('98', '文件不存在');
  const stem = `INN${String(year).slice(2)}${asked}88`;
  const files = [
    { name: Buffer.from(`${stem}ZM_${merchant.merId}`), content: Buffer.concat(moved.map(toRecord)) },
    { name: Buffer.from(`${stem}ZME_${merchant.merId}`), content: Buffer.alloc(0) },
  ];
  const fileContent = deflateSync(writeZip(files)).toString('base64');
  return say('00', '成功[0000000]', { settleDate: asked, fileName: `${merchant.merId}_${year}${asked}.zip`, fileContent });
}
