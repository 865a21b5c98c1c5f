/** A day of WeChat Pay as its bill lists it: the payments in an order of its own, a thousandth left out, a thousandth with a fen more. */
export const billDay = '2026-01-02';
export const billMerchant = '1900000109';
const dayStart = Date.parse(`${billDay}T00:00:00+08:00`);

export const secondOf = (index: number) => index % 80_000;
export const amountOf = (index: number) => 100 + (index % 90_000);
export const numberOf = (index: number) => `P${String(index).padStart(25, '0')}`;
export const firstMs = dayStart;
export const isLeftOut = (index: number) => index % 1000 === 7;
const isWrong = (index: number) => index % 1000 === 9;

const titles =
  '交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注';
const totalTitles = '总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额';
const rowsAtOnce = 5000;

/** Prime to every number of payments that is a power of ten. */
const step = 514_229;

export async function* writeBill(payments: number): AsyncIterable<Uint8Array> {
  yield Buffer.from(`${titles}\n`);
  let [rows, total, waiting] = [0, 0, [] as string[]];
  for (let turn = 0; turn < payments; turn += 1) {
    const index = (turn * step) % payments;
    if (isLeftOut(index)) continue;
    const fen = amountOf(index) + (isWrong(index) ? 1 : 0);
    rows += 1;
    total += fen;
    waiting.push(writeRow(index, toYuan(fen)));
    if (waiting.length < rowsAtOnce) continue;
    yield Buffer.from(waiting.join(''));
    waiting = [];
  }
  const totals = [rows, toYuan(total), '0.00', '0.00', '0.00000', toYuan(total), '0.00'];
  yield Buffer.from(`${waiting.join('')}${totalTitles}\n${totals.map((cell) => `\`${cell}`).join(',')}\n`);
}

function writeRow(index: number, yuan: string): string {
  const at = new Date(dayStart + secondOf(index) * 1000 + 8 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ');
  const who = `\`wx8888,\`${billMerchant},\`0,\`,\`4200${String(index).padStart(24, '0')},\`${numberOf(index)},\`oUpF8u`;
  return `\`${at},${who},\`NATIVE,\`SUCCESS,\`CMB,\`CNY,\`${yuan},\`0.00,\`0,\`0,\`0.00,\`0.00,\`,\`,\`tea,\`,\`0.00000,\`0.60%,\`${yuan},\`0.00,\`\n`;
}

/** Fen as the vendor writes them: digits cut, nothing divided. */
function toYuan(fen: number): string {
  const digits = String(fen).padStart(3, '0');
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
}
