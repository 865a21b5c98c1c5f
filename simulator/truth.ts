import { closeSync, createReadStream, existsSync, mkdirSync, openSync, statSync, truncateSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { ChannelName, Order, Refund, Truth } from './types.ts';

/** An answer kept for an idempotency key. `request` is a hash of what was asked. */
export interface StoredAnswer {
  readonly key: string;
  readonly request: string;
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Everything that one line of the journal can say. A line is written at once, so its parts hold together. */
interface Line {
  readonly all?: readonly Line[];
  readonly order?: Order;
  readonly truth?: Truth;
  readonly answer?: StoredAnswer;
  /** Settings by name, such as where Stripe's callbacks go. */
  readonly setting?: readonly [string, string];
  /** A callback that the merchant has taken: its order's key and its id. */
  readonly delivered?: readonly [string, string];
}

/** A charge, a refund or a close that is being recorded. */
export type NewTruth = Pick<Truth, 'kind' | 'number' | 'vendor_no' | 'amount'>;

/** Which number is one order. Some vendors let a merchant use its own number as often as it likes. */
type OrderKey = (channel: ChannelName) => 'number' | 'vendorNo';

/** The vendors' memory: held in maps, kept in a journal, gone from neither by kill -9. */
export interface Store {
  readonly orders: ReadonlyMap<string, Order>;
  readonly truth: readonly Truth[];
  findOrder(channel: ChannelName, account: string, number: string): Order | undefined;
  findByVendorNo(channel: ChannelName, vendorNo: string): Order | undefined;
  findByToken(channel: ChannelName, token: string): Order | undefined;
  /** `number` is the merchant's or the vendor's. */
  findRefund(channel: ChannelName, account: string, number: string): { readonly order: Order; readonly refund: Refund } | undefined;
  findAnswer(key: string): StoredAnswer | undefined;
  readSetting(name: string): string | undefined;
  /** Records an order as it is now and what happened to it. Returns only once the line is in the file. */
  save(order: Order, happened?: NewTruth, answer?: StoredAnswer): void;
  saveDelivered(order: Order, callbackId: string): void;
  saveAnswer(answer: StoredAnswer): void;
  saveSetting(name: string, value: string): void;
  /** Whatever `work` saves becomes one line. It must not wait for anything. */
  atOnce<T>(work: () => T): T;
  close(): void;
}

/** The complete lines of the journal. A last line without its end was never answered for: it is cut off. */
async function readLines(path: string, take: (line: Line) => void): Promise<void> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    const bytes = Buffer.concat([rest, chunk as Buffer]);
    const end = bytes.lastIndexOf(0x0a) + 1;
    for (const line of bytes.subarray(0, end).toString('utf8').split('\n')) if (line !== '') take(JSON.parse(line));
    rest = bytes.subarray(end);
  }
  if (rest.length > 0) truncateSync(path, statSync(path).size - rest.length);
}

/** Appends lines, one by one or several as one. What was written is remembered at once. */
function makeJournal(file: number, remember: (line: Line) => void) {
  let open = true;
  let gathered: Line[] | null = null;
  const append = (line: Line) => {
    // Work that was under way at the stop is taken up at the next start; the number of the file may be another's by now.
    if (open) writeSync(file, `${JSON.stringify(line)}\n`);
  };
  return {
    write(line: Line): void {
      if (gathered === null) append(line);
      else gathered.push(line);
      if (open) remember(line);
    },
    atOnce<T>(work: () => T): T {
      if (gathered !== null) return work();
      const lines: Line[] = [];
      gathered = lines;
      try {
        return work();
      } finally {
        gathered = null;
        if (lines.length > 0) append({ all: lines });
      }
    },
    close(): void {
      open = false;
      closeSync(file);
    },
  };
}

/** Opens the journal in `dataDir` and reads back what it holds. */
export async function openStore(dataDir: string, now: () => number, orderKey: OrderKey = () => 'number'): Promise<Store> {
  const keyOf = (order: Order) => `${order.channel}/${order.account}/${order[orderKey(order.channel)]}`;
  mkdirSync(dataDir, { recursive: true });
  const path = join(dataDir, 'truth.jsonl');
  const orders = new Map<string, Order>();
  const byVendorNo = new Map<string, Order>();
  const byToken = new Map<string, Order>();
  const byRefund = new Map<string, Order>();
  const answers = new Map<string, StoredAnswer>();
  const settings = new Map<string, string>();
  const truth: Truth[] = [];

  function remember(line: Line): void {
    for (const one of line.all ?? []) remember(one);
    if (line.order) {
      orders.set(keyOf(line.order), line.order);
      byVendorNo.set(`${line.order.channel}/${line.order.vendorNo}`, line.order);
      byToken.set(`${line.order.channel}/${line.order.token}`, line.order);
      for (const { number, vendorNo } of line.order.refunds) {
        byRefund.set(`${line.order.channel}/${line.order.account}/${number}`, line.order);
        byRefund.set(`${line.order.channel}/${line.order.account}/${vendorNo}`, line.order);
      }
    }
    if (line.truth) truth.push(line.truth);
    if (line.answer) answers.set(line.answer.key, line.answer);
    if (line.setting) settings.set(line.setting[0], line.setting[1]);
    const taken = line.delivered && orders.get(line.delivered[0])?.callbacks.find(({ id }) => id === line.delivered?.[1]);
    if (taken) taken.delivered = true;
  }

  if (existsSync(path)) await readLines(path, remember);
  // The page cache outlives the process: a plain write is enough against kill -9, and 100 times faster than fsync.
  const file = openSync(path, 'a');
  const { write, atOnce, close } = makeJournal(file, remember);

  return {
    orders,
    truth,
    findOrder: (channel, account, number) => orders.get(`${channel}/${account}/${number}`),
    findByVendorNo: (channel, vendorNo) => byVendorNo.get(`${channel}/${vendorNo}`),
    findByToken: (channel, token) => byToken.get(`${channel}/${token}`),
    findRefund(channel, account, number) {
      const order = byRefund.get(`${channel}/${account}/${number}`);
      const refund = order?.refunds.find((one) => one.number === number || one.vendorNo === number);
      return order && refund && { order, refund };
    },
    findAnswer: (key) => answers.get(key),
    readSetting: (name) => settings.get(name),
    save(order, happened, answer) {
      const { channel, account, currency } = order;
      const at = new Date(now()).toISOString();
      const entry: Truth | undefined = happened && { seq: truth.length + 1, at, channel, account, ...happened, currency };
      write({ order, ...(entry && { truth: entry }), ...(answer && { answer }) });
    },
    saveDelivered: (order, callbackId) => write({ delivered: [keyOf(order), callbackId] }),
    saveAnswer: (answer) => write({ answer }),
    saveSetting: (name, value) => write({ setting: [name, value] }),
    atOnce,
    close,
  };
}
