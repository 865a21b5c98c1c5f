import { deflateSync } from 'node:zlib';
import { toGbk } from '../../simulator/gbk.ts';
import { writeZip } from '../../simulator/zip.ts';

/** Something that a vendor says to have happened, before it is written in its notation. */
export interface Fact {
  readonly kind: 'payment' | 'refund';
  /** Ours. */
  readonly number: string;
  readonly channelNo: string;
  /** Positive for refunds too, as vendors write them. */
  readonly amount: number;
  readonly currency: string;
  readonly fee: number;
  readonly at: number;
}

export interface Written {
  readonly name: string;
  readonly content: Buffer;
}

/** Writes a day's statement as a vendor does, for the merchant whom the channel's own tests open. */
export type WriteStatement = (facts: readonly Fact[], day: string) => Written;

const major = (amount: number) => {
  const digits = String(Math.abs(amount)).padStart(3, '0');
  return `${amount < 0 ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
};
const sum = (facts: readonly Fact[], of: (fact: Fact) => number = ({ amount }) => amount) =>
  facts.reduce((total, fact) => total + of(fact), 0);
const textOf = (at: number, hours: number) => new Date(at + hours * 3_600_000).toISOString().slice(0, 19).replace('T', ' ');
const split = (facts: readonly Fact[]) => ({
  paid: facts.filter(({ kind }) => kind === 'payment'),
  back: facts.filter(({ kind }) => kind === 'refund'),
});

/** Cells begin with a back-tick, and two lines of totals end the bill. */
export const writeWechat: WriteStatement = (facts, day) => {
  const row = (cells: readonly string[]) => cells.map((cell) => `\`${cell}`).join(',');
  const titles = ['交易时间', '商户号', '微信订单号', '商户订单号', '交易状态', '货币种类', '微信退款单号', '商户退款单号', '手续费'];
  const rows = facts.map((fact) => {
    const isBack = fact.kind === 'refund';
    const [order, refund] = isBack ? ['4200', fact.channelNo] : [fact.channelNo, '0'];
    const names = [order, isBack ? 'ORDER' : fact.number, isBack ? 'REFUND' : 'SUCCESS', fact.currency, refund, isBack ? fact.number : '0'];
    const amounts = isBack ? ['0.00', major(fact.amount)] : [major(fact.amount), '0.00'];
    return row([textOf(fact.at, 8), '1900000109', ...names, `${major(isBack ? -fact.fee : fact.fee)}000`, ...amounts]);
  });
  const { paid, back } = split(facts);
  const lines = [
    [...titles, '订单金额', '申请退款金额'].join(','),
    ...rows,
    '总交易单数,手续费总金额,订单总金额,申请退款总金额',
    row([`${facts.length}.0`, '0.00', major(sum(paid)), major(sum(back))]),
  ];
  return { name: `tradebill-${day}.csv`, content: Buffer.from(`\uFEFF${lines.join('\r\n')}\r\n`) };
};

/** In GBK, with notes that begin with `#` around the rows. */
export const writeAlipay: WriteStatement = (facts, day) => {
  const titles = '支付宝交易号,商户订单号,业务类型,完成时间,订单金额（元）,商家实收（元）,退款批次号/请求号,服务费（元）';
  const rows = facts.map((fact) => {
    const isBack = fact.kind === 'refund';
    const amount = major(isBack ? -fact.amount : fact.amount);
    const names = [`${fact.channelNo}\t`, `${isBack ? 'ORDER' : fact.number}\t`, isBack ? '退款' : '交易', textOf(fact.at, 8)];
    return [...names, amount, amount, `${isBack ? fact.number : ''}\t`, major(isBack ? fact.fee : -fact.fee)].join(',');
  });
  const { paid, back } = split(facts);
  const lines = [
    ...['#支付宝业务明细查询', '#账号：[20880000000000010156]', titles, ...rows],
    `#交易合计：${paid.length}笔，商家实收共${major(sum(paid))}元，商家优惠共0.00元`,
    `#退款合计：${back.length}笔，商家实收退款共${major(-sum(back))}元，商家优惠退款共0.00元`,
  ];
  return { name: `${day}_业务明细.csv`, content: toGbk(`${lines.join('\r\n')}\r\n`) };
};

/** Fixed widths, in a ZIP, in zlib's wrapping. The fee of a payment is taken (`D`), that of a refund given (`C`). */
export const writeUnionpay: WriteStatement = (facts, day) => {
  const stem = `INN${day.slice(2).replaceAll('-', '')}88`;
  const zip = writeZip([
    { name: Buffer.from(`${stem}ZM_777290058110001`), content: Buffer.concat(facts.map(unionpayRecord)) },
    { name: Buffer.from(`${stem}ZME_777290058110001`), content: Buffer.alloc(0) },
  ]);
  return { name: `${day}.zlib`, content: deflateSync(zip) };
};

/** Fields begin where the channel's reader looks for them, in bytes; the others are blank. */
function unionpayRecord({ kind, number, channelNo, amount, fee, at }: Fact): Buffer {
  const isBack = kind === 'refund';
  const fen = (value: number) => String(value).padStart(12, '0');
  const fields = [
    [0, isBack ? 'S30' : 'S22'],
    [35, textOf(at, 8).replaceAll(/\D/g, '').slice(4)],
    [66, fen(amount)],
    [87, channelNo.slice(-21)],
    [112, number],
    [166, `${isBack ? 'C' : 'D'}${fen(fee)}`],
    [215, isBack ? '04' : '01'],
    [293, '777290058110001'],
  ] as const;
  const record = Buffer.alloc(420, ' ');
  for (const [place, text] of fields) record.write(text, place);
  return Buffer.concat([record, Buffer.from('\r\n')]);
}

/** Sums come first, in pairs; a refund is known by YeePay's number alone. */
export const writeYeepay: WriteStatement = (facts, day) => {
  const { paid, back } = split(facts);
  const head = [
    ['账单日期', day, '商户编号', '10086032562'],
    ['交易总金额', major(sum(paid)), '退款总金额', major(sum(back)), '交易总笔数', String(paid.length), '退款总笔数', String(back.length)],
    ['记账时间', '商户订单号', '业务类型', '订单金额', '手续费', '易宝流水号'],
  ];
  const rows = facts.map(({ kind, number, channelNo, amount, fee, at }) => {
    const [name, type] = kind === 'refund' ? ['ORDER', '退款'] : [number, '交易'];
    return [textOf(at, 8), name, type, major(amount), major(fee), channelNo];
  });
  const text = [...head, ...rows].map((cells) => `${cells.map((cell) => `"${cell}"`).join(',')}\r\n`).join('');
  return { name: `tradeday-${day}.csv`, content: Buffer.from(text) };
};

/** Debit and credit apart; what was settled is paid out of the same report, in each currency. */
export const writeAdyen: WriteStatement = (facts, day) => {
  const titles = [
    ...['Merchant Account', 'Psp Reference', 'Merchant Reference', 'Creation Date', 'TimeZone', 'Type', 'Modification Reference'],
    ...['Gross Currency', 'Gross Debit (GC)', 'Gross Credit (GC)', 'Net Currency', 'Net Debit (NC)', 'Net Credit (NC)'],
    ...['Commission (NC)', 'Markup (NC)', 'Scheme Fees (NC)', 'Interchange (NC)', 'Modification Merchant Reference'],
  ];
  const sides = (amount: number) => (amount < 0 ? [major(-amount), ''] : ['', major(amount)]);
  const signed = ({ kind, amount }: Fact) => (kind === 'refund' ? -amount : amount);
  const rows = facts.map((fact) => {
    const { kind, number, channelNo, currency, at } = fact;
    const isBack = kind === 'refund';
    const fee = isBack ? -fact.fee : fact.fee;
    const names = [isBack ? 'PSP' : channelNo, isBack ? 'ORDER' : number, textOf(at, 0), 'UTC', isBack ? 'Refunded' : 'Settled', channelNo];
    const amounts = [currency, ...sides(signed(fact)), currency, ...sides(signed(fact) - fee), major(fee), '', '', ''];
    return ['ShopECOM', ...names, ...amounts, isBack ? number : ''];
  });
  const payouts = [...new Set(facts.map(({ currency }) => currency))].map((currency) => {
    const own = facts.filter((fact) => fact.currency === currency);
    const net = sum(own, (fact) => signed(fact) - (fact.kind === 'refund' ? -fact.fee : fact.fee));
    const names = ['', '', `${day} 23:00:00`, 'UTC', 'MerchantPayout', 'Batch 7'];
    return ['ShopECOM', ...names, currency, '', '', currency, ...sides(-net), '', '', '', '', ''];
  });
  const text = [titles, ...rows, ...payouts].map((cells) => `${cells.join(',')}\n`).join('');
  return { name: 'settlement_detail_report_batch_7.csv', content: Buffer.from(text) };
};

/** Pages of two, one to a line. */
export const writeStripe: WriteStatement = (facts, day) => {
  const entries = facts.map(({ kind, number, channelNo, amount, currency, fee, at }, index) => {
    const isBack = kind === 'refund';
    const [signed, kept] = isBack ? [-amount, -fee] : [amount, fee];
    const metadata = { [isBack ? 'paymux_refund' : 'paymux_attempt']: number };
    const names = isBack ? { id: channelNo } : { id: `ch_${index}`, payment_intent: channelNo };
    const source = { ...names, amount, currency: currency.toLowerCase(), metadata };
    const shared = { id: `txn_${index}`, currency: currency.toLowerCase(), created: Math.trunc(at / 1000) };
    return { ...shared, type: isBack ? 'refund' : 'charge', amount: signed, fee: kept, net: signed - kept, source };
  });
  const pages = Array.from({ length: Math.ceil(entries.length / 2) }, (_, page) => entries.slice(2 * page, 2 * page + 2));
  const text = pages.map((data, page) => `${JSON.stringify({ data, has_more: page < pages.length - 1 })}\n`).join('');
  return { name: `balance-transactions-${day}.jsonl`, content: Buffer.from(text) };
};
