import type { Call } from '../../../core/contract/kit.ts';
import type { Money } from '../../../core/contract/money.ts';
import type { StatementDocument, StatementLine, StatementOutcome } from '../../../core/contract/statement.ts';
import { readFailure, undecided } from './errors.ts';
import { ask, type Merchant, paths, readText } from './gateway.ts';
import { formatTime } from './wire.ts';

/** Asks for the files of a day of settlement, which come inside of one signed answer: base64 of zlib of a ZIP. */
export async function fetchStatement(merchant: Merchant, day: string, call: Call): Promise<StatementOutcome> {
  const settleDate = day.slice(5).replace('-', '');
  const question = { txnType: '76', txnSubType: '01', bizType: '000000', txnTime: formatTime(call.now()), settleDate, fileType: '00' };
  const answer = await ask(merchant, paths.file, question, call);
  if (answer.kind !== 'answer') return answer;
  const { fields } = answer;
  const code = readText(fields, 'respCode');
  // One code stands for "there was nothing" and for "it is not made yet": noon is late enough for either.
  if (code === '98') return isReadyBy(day, call.now()) ? { kind: 'empty' } : { kind: 'notYet' };
  if (code !== '00') {
    return undecided(readFailure(fields, 'resp', 'refund'));
  }
  const content = merchant.kit.base64(fields['fileContent']);
  const isAsked = fields['merId'] === merchant.merchantId && (readText(fields, 'settleDate') ?? settleDate) === settleDate;
  if (content === null || !isAsked) return unreadable;
  return { kind: 'ready', documents: only({ name: `${readText(fields, 'fileName') ?? day}.zlib`, content: only(content) }) };
}

const unreadable = { kind: 'unknown', reason: 'unreadable' } as const;

const isReadyBy = (day: string, now: Date) => now.getTime() > Date.parse(`${day}T12:00:00+08:00`) + 24 * 3_600_000;

async function* only<T>(one: T): AsyncIterable<T> {
  yield one;
}

/** Reads what `fetchStatement` kept, and the bare ZIP that the merchants' site of UnionPay gives. */
export async function* readStatement(merchant: Merchant, { content }: StatementDocument): AsyncIterable<StatementLine> {
  const { files } = merchant.kit;
  let found = 0;
  for await (const { name, content: file } of files.unzip(await withoutWrapping(merchant, content))) {
    const settled = readName(merchant, name);
    if (settled === null) continue;
    found += 1;
    let number = 0;
    for await (const line of files.lines(file)) {
      number += 1;
      if (line.toString('latin1').trim() !== '') yield readLine(merchant, line, number, settled);
    }
  }
  if (found === 0) throw new Error('there is no file of transactions (ZM) in the statement');
}

async function withoutWrapping({ kit }: Merchant, content: AsyncIterable<Uint8Array>): Promise<AsyncIterable<Uint8Array>> {
  const reading = content[Symbol.asyncIterator]();
  const first = await reading.next();
  const whole = (async function* () {
    if (first.done !== true) yield first.value;
    for (let next = await reading.next(); next.done !== true; next = await reading.next()) yield next.value;
  })();
  return first.done !== true && first.value[0] === 0x78 ? kit.files.inflate(whole) : whole;
}

/** `INN26010388ZM_777290058110001` is of 3 January 2026. Null for the other files: of disputes (ZME), and of sums. */
function readName({ merchantId }: Merchant, name: string): string | null {
  const [, day, owner] = /INN(\d{6})\d\dZM_([0-9A-Za-z]+)/.exec(name) ?? [];
  if (day === undefined && name.includes('ZM_')) throw new Error(`the file ${name} does not say its day`);
  if (day === undefined) return null;
  if (owner !== merchantId) throw new Error(`the file ${name} is of another merchant than ${merchantId}`);
  return `20${day}`;
}

/** Where a record has what, in bytes: each field is followed by one byte that separates. From the widths in UnionPay's demo. */
const places = {
  txnTime: [35, 10],
  txnAmt: [66, 12],
  queryId: [87, 21],
  orderId: [112, 32],
  merCharge: [166, 13],
  txnType: [215, 2],
  merId: [293, 15],
} as const;

/** A void and the void of a completed authorisation return money as a refund does. */
const kinds: Readonly<Record<string, 'payment' | 'refund'>> = {
  '01': 'payment',
  '03': 'payment',
  '04': 'refund',
  '31': 'refund',
  '33': 'refund',
};

function readLine(merchant: Merchant, line: Buffer, number: number, settled: string): StatementLine {
  const raw = line.toString('latin1');
  const cell = (name: keyof typeof places) => raw.slice(places[name][0], places[name][0] + places[name][1]).trim();
  const fail = (what: string) => new Error(`line ${number} of the statement ${what}`);
  if (cell('merId') !== merchant.merchantId) throw fail(`is of another merchant than ${merchant.merchantId}, or cut off`);
  const kind = kinds[cell('txnType')];
  if (kind === undefined) throw fail(`has the unknown type ${cell('txnType')}`);
  const [gross, fee, occurredAt] = [
    readFen(merchant, cell('txnAmt')),
    readFee(merchant, cell('merCharge')),
    readTime(cell('txnTime'), settled),
  ];
  if (gross === null || fee === null || occurredAt === null || cell('queryId') === '')
    throw fail('has an amount, a time or a number that cannot be read');
  return {
    kind,
    number: cell('orderId') || null,
    channelNo: cell('queryId'),
    gross: kind === 'refund' ? { ...gross, amount: -gross.amount } : gross,
    fee,
    net: null,
    occurredAt,
    raw: new TextDecoder('gb18030').decode(line),
  };
}

const readFen = ({ kit }: Merchant, text: string) => (/^\d{12}$/.test(text) ? kit.money.fromMinor(Number(text), 'CNY') : null);

/** `D` is taken from the merchant, `C` given to it. */
function readFee(merchant: Merchant, text: string): Money | null {
  const money = /^[CD]/.test(text) ? readFen(merchant, text.slice(1)) : null;
  return money !== null && text.startsWith('C') && money.amount !== 0 ? { ...money, amount: -money.amount } : money;
}

/** A time has no year: it is the last one before the end of the day of settlement. */
function readTime(text: string, settled: string): Date | null {
  const [, month, day, hours, minutes, seconds] = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(text) ?? [];
  const year = Number(settled.slice(0, 4)) - (text.slice(0, 4) > settled.slice(4) ? 1 : 0);
  const at = new Date(`${year}-${month}-${day}T${hours}:${minutes}:${seconds}+08:00`);
  return Number.isNaN(at.getTime()) ? null : at;
}
