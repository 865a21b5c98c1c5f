import { deflateSync } from 'node:zlib';
import { toGbk } from '../../simulator/gbk.ts';
import { writeZip } from '../../simulator/zip.ts';
import { type Fact, major, signed, split, sum, textOf } from './statement-facts.ts';

export interface Written {
  readonly name: string;
  readonly content: Buffer;
}

/** Writes a day's statement as a vendor does, for the merchant whom the channel's own tests open. */
export type WriteStatement = (facts: readonly Fact[], day: string) => Written;

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
  const fees = facts.reduce((total, { kind, fee }) => total + (kind === 'refund' ? -fee : fee), 0);
  const lines = [
    [...titles, '订单金额', '申请退款金额'].join(','),
    ...rows,
    '总交易单数,手续费总金额,订单总金额,申请退款总金额',
    row([`${facts.length}.0`, `${major(fees)}000`, major(sum(paid)), major(sum(back))]),
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

/** Deductions are negative where they were kept, and have more decimals than money; a refund is known by its action. */
export const writeCheckout: WriteStatement = (facts) => {
  const titles = [
    ...['Processing Channel ID', 'Type', 'Payment ID', 'Reference', 'Processed On UTC', 'Action ID'],
    ...['Holding Currency', 'Gross In Holding Currency', 'Deduction In Holding Currency', 'Net In Holding Currency'],
    ...['Processing Currency', 'Gross In Processing Currency'],
  ];
  const rows = facts.map((fact) => {
    const { kind, number, channelNo, currency, at } = fact;
    const isBack = kind === 'refund';
    const names = [isBack ? 'Refund' : 'Charge', isBack ? 'pay_1' : channelNo, isBack ? 'ORDER' : number, textOf(at, 0).replace(' ', 'T')];
    const [gross, deduction] = [signed(fact), -fact.fee];
    const amounts = [gross, deduction, gross + deduction].map((amount) => `${major(amount)}000000`);
    const cells = ['pc_0123456789abcdefghijklmnop', ...names, isBack ? channelNo : 'act_1', currency, ...amounts, currency, major(gross)];
    return cells.map((cell) => `"${cell}"`);
  });
  const text = [titles, ...rows].map((cells) => `${cells.join(',')}\n`).join('');
  return { name: 'settlement-breakdown.csv', content: Buffer.from(text) };
};

/** A vendor who is described as data: a title above the table, back-ticks, and a line of totals under it. */
export const writeKettle: WriteStatement = (facts, day) => {
  const rows = facts.map(({ kind, number, channelNo, amount, fee, at }) => {
    const cells = [number, channelNo, major(amount), major(fee), textOf(at, 8)].map((cell) => `\`${cell}`);
    return [kind === 'refund' ? '退款' : '支付', ...cells, '"茶, 绿"'].join(',');
  });
  const lines = [`通道对账单 ${day}`, '类型,商户订单号,流水号,金额,手续费,时间,备注', ...rows, `合计,${facts.length}`];
  return { name: `${day}.csv`, content: toGbk(`${lines.join('\r\n')}\r\n`) };
};

/** The definition by which a channel without code reads that. */
export const kettleStatement = {
  ...{ method: 'GET', url: '{config.base_url}/bill', encoding: 'query', fields: { day: '{dayDigits}' }, charset: 'gbk', notation: 'major' },
  columns: { kind: '类型', number: '商户订单号', channelNo: '流水号', gross: '金额', fee: '手续费', occurredAt: '时间' },
  ...{ kinds: { 支付: 'payment', 退款: 'refund' }, outgoing: ['退款'], occurredAtFormat: 'yyyy-MM-dd HH:mm:ss', constantCurrency: 'CNY' },
};

/** A bank's own columns, in German, with debits in one of their own: it knows days, and the transfers by its numbers alone. */
export const writeBank: WriteStatement = (facts) => {
  const german = (amount: number) => major(amount).replace('.', ',');
  const rows = facts.map(({ kind, channelNo, amount, at }) => {
    const [year, month, date] = textOf(at, 0).slice(0, 10).split('-');
    const amounts = kind === 'refund' ? ['', `-${german(amount)}`] : [german(amount), ''];
    return [`${date}.${month}.${year}`, '"Tee; grün"', channelNo, ...amounts].join(';');
  });
  const lines = ['Konto;DE89370400440532013000', '', 'Buchungstag;Verwendungszweck;Umsatznummer;Haben;Soll', ...rows, ';Ende der Liste'];
  return { name: 'umsaetze.csv', content: Buffer.from(lines.join('\r\n')) };
};

export const bankColumns = {
  statement_day: 'Buchungstag',
  statement_number: 'Umsatznummer',
  statement_amount: 'Haben',
  statement_debit: 'Soll',
  statement_separator: ';',
  statement_decimal_sign: ',',
} as const;
