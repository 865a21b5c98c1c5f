import { createChannels } from '../../core/channels/accounts.ts';
import type { Channel, ChannelPlugin, PayRequest, RefundRequest } from '../../core/contract/channel.ts';
import type { Call } from '../../core/contract/kit.ts';
import type { Abilities, ChannelManifest } from '../../core/contract/manifest.ts';
import type { CloseOutcome, Outcome, RefundOutcome, RefundReport } from '../../core/contract/outcome.ts';
import { type IdPrefix, makeId } from '../../core/ids.ts';
import { createLog } from '../../core/log.ts';
import { createAnnounce } from '../../core/notifications/enqueue.ts';
import { attendAttempt, attendPayment } from '../../core/payments/attend.ts';
import type { LatePolicy } from '../../core/payments/decide.ts';
import type { Kernel } from '../../core/payments/deps.ts';
import { writeOpenings } from '../../core/payments/open.ts';
import { pay } from '../../core/payments/pay.ts';
import { createRecentSuccess } from '../../core/payments/recent-success.ts';
import type { NewPayment } from '../../core/payments/request.ts';
import type { Settling } from '../../core/payments/settle.ts';
import { settleTogether } from '../../core/payments/settle-together.ts';
import { attendRefund } from '../../core/refunds/execute.ts';
import { type NewRefund, refund } from '../../core/refunds/refund.ts';
import type { Database } from '../../core/store/database.ts';
import { createGroup } from '../../core/store/group.ts';
import { readAttempts } from '../../core/store/tables/attempts.ts';
import { type DueTable, readDue } from '../../core/store/tables/due.ts';
import { readPayment } from '../../core/store/tables/payments.ts';
import { readRefund, readRefunds } from '../../core/store/tables/refunds.ts';

/** What the vendor does. A test replaces what it is about; each may hold a call back by a promise. */
export interface Vendor {
  pay(request: PayRequest, account: string): Outcome | Promise<Outcome>;
  query(request: { readonly number: string; readonly channelNo: string | null }): Outcome | Promise<Outcome>;
  close(request: { readonly number: string }): CloseOutcome | Promise<CloseOutcome>;
  /** Called where the traits say that the channel captures; gives the money when absent. */
  capture?(request: { readonly number: string }): Outcome | Promise<Outcome>;
  refund(request: RefundRequest): RefundOutcome | Promise<RefundOutcome>;
  queryRefund(request: RefundRequest): RefundOutcome | Promise<RefundOutcome>;
}

export interface Sent {
  readonly operation: keyof Vendor;
  readonly account: string;
  readonly number: string;
}

/** The kernel alone: a real database, a vendor that does as it is told, and a clock that stands until it is turned. */
export interface Scripted {
  readonly kernel: Kernel;
  readonly vendor: Vendor;
  /** What reached the vendor. */
  readonly sent: Sent[];
  latePolicy: LatePolicy;
  turn(byMs: number): void;
  order(more?: Partial<NewPayment>): Promise<string>;
  refund(paymentId: string, amount: number, refundNo?: string): Promise<string>;
  /** Does once what is due by now, as the loops of a server would. */
  attend(): Promise<void>;
  payment(id: string): Promise<NonNullable<Awaited<ReturnType<typeof readPayment>>>>;
  attempts(paymentId: string): ReturnType<typeof readAttempts>;
  refunds(paymentId: string): ReturnType<typeof readRefunds>;
  refundRow(id: string): Promise<NonNullable<Awaited<ReturnType<typeof readRefund>>>>;
}

export type Traits = Partial<Pick<ChannelManifest, 'abilities' | 'idempotency' | 'settle'>> & { readonly accounts?: number };

const allAbilities = {
  query: 'by_number',
  close: 'unpaid',
  capture: 'none',
  refund: 'partial',
  queryRefund: 'by_number',
  statement: 'none',
} as const;

const app = { id: 'app_1', merchantId: 'mch_1', livemode: false, active: true, returnUrl: null, latePolicy: 'auto_refund' } as never;

export const paid = (number: string, amount = 100, channelNo = `v-${number}`): Outcome => ({
  kind: 'ok',
  report: { state: 'succeeded', channelNo, money: { amount, currency: 'CNY' }, echo: { number } },
});
export const unpaid = (number: string): Outcome => ({ kind: 'ok', report: { state: 'pending', echo: { number } } });
export const approved = (number: string): Outcome => ({ kind: 'ok', report: { state: 'approved', echo: { number } } });
export const notFound = { kind: 'ok', report: { state: 'not_found' } } as const;
export const lost = { kind: 'unknown', reason: 'timeout' } as const;
export const refused = { kind: 'notSent', reason: 'refused' } as const;
export const declined = (code = 'declined') =>
  ({ kind: 'declined', echo: {}, code, advice: 'retry_other_method', vendor: { code: 'NO', message: '' } }) as const;
export const refunded = (request: RefundRequest, more: Partial<RefundReport> = {}): RefundOutcome => ({
  kind: 'ok',
  report: {
    state: 'succeeded',
    channelNo: `r-${request.number}`,
    money: request.money,
    echo: { number: request.number },
    ...more,
  } as RefundReport,
});

/** Makes a scripted kernel. Its vendor shows a code, knows it as unpaid, closes it, and refunds at once. */
export function scriptKernel(database: Database, traits: Traits = {}): Scripted {
  const sent: Sent[] = [];
  const vendor: Vendor = {
    pay: () => ({ kind: 'action', action: { type: 'qr', qrContent: 'code' } }),
    query: ({ number }) => unpaid(number),
    close: () => ({ kind: 'closed' }),
    refund: (request) => refunded(request),
    queryRefund: (request) => refunded(request),
  };
  const time = { now: Date.UTC(2026, 4, 1, 12) };
  const scripted = { latePolicy: 'auto_refund' as LatePolicy };
  const channels = createChannels(new Map([['fake', scriptedPlugin(traits, vendor, sent)]]));
  const count = traits.accounts ?? 1;
  channels.reload(
    Array.from({ length: count }, (_, index) => accountRecord(`acc_${index + 1}`)),
    new Set(),
  );
  const kernel = makeKernel(database, channels, time, () => scripted.latePolicy);
  const turn = (byMs: number) => {
    time.now += byMs;
  };
  return Object.assign(scripted, { kernel, vendor, sent, turn, ...verbs(kernel) });
}

function verbs(kernel: Kernel) {
  const { database } = kernel;
  const must = <T>(row: T | null): T => {
    if (row === null) throw new Error('there is no such row');
    return row;
  };
  const attendAll = async (table: DueTable, attend: (due: Awaited<ReturnType<typeof readDue>>[number]) => Promise<void>) => {
    for (const due of await readDue(database, table, kernel.clock.now().getTime(), 100)) await attend(due);
  };
  return {
    async order(more: Partial<NewPayment> = {}) {
      const made = await pay(kernel, app, newOrder(more));
      if (made.kind !== 'payment') throw new Error(`refused: ${JSON.stringify(made)}`);
      return made.payment.id;
    },
    async refund(paymentId: string, amount: number, merchantRefundNo = makeId('rfd_', new Date())) {
      const request: NewRefund = { paymentId, merchantRefundNo, amount, reason: null, hash: `${paymentId} ${amount}` };
      const made = await refund(kernel, app, request);
      if (made.kind !== 'refund') throw new Error(`refused: ${made.code}`);
      return made.refund.id;
    },
    async attend() {
      await attendAll('attempts', (due) => attendAttempt(kernel, due));
      await attendAll('payments', (due) => attendPayment(kernel, due));
      await attendAll('refunds', (due) => attendRefund(kernel, due));
    },
    payment: async (id: string) => must(await readPayment(database, id)),
    attempts: (paymentId: string) => readAttempts(database, paymentId),
    refunds: (paymentId: string) => readRefunds(database, paymentId),
    refundRow: async (id: string) => must(await readRefund(database, id)),
  };
}

function newOrder(more: Partial<NewPayment>): NewPayment {
  return {
    merchantOrderNo: makeId('pay_', new Date()),
    amount: 100,
    currency: 'CNY',
    subject: 'Tea',
    method: 'fake_qr',
    fallbackMethods: [],
    payer: {},
    orderLines: [],
    notifyUrl: null,
    returnUrl: null,
    expiresInSec: 7200,
    metadata: {},
    hash: 'hash',
    ...more,
  };
}

function accountRecord(id: string) {
  const record = { id, channel: 'fake', merchantId: null, livemode: false, status: 'enabled', priority: 1, weight: 1, version: 1 };
  return { ...record, config: () => ({}) };
}

function scriptedPlugin(traits: Traits, vendor: Vendor, sent: Sent[]): ChannelPlugin {
  const manifest: ChannelManifest = {
    id: 'fake',
    name: { en: 'Fake', zh: '假' },
    maturity: 'stable',
    methods: [
      { id: 'fake_qr', product: 'qr', name: { en: 'QR', zh: '扫码' }, action: 'qr', currencies: ['CNY'] },
      { id: 'fake_page', product: 'page', name: { en: 'Page', zh: '网页' }, action: 'redirect', currencies: ['CNY'] },
    ],
    abilities: traits.abilities ?? allAbilities,
    money: { notation: 'minor_integer' },
    idempotency: traits.idempotency ?? { create: true },
    callback: { trust: 'signed' },
    settle: traits.settle ?? { notFoundIsFinalAfterSec: 60, settlingSec: 60 },
    rateLimited: 'unknown',
    failoverCodes: ['limit_exceeded'],
    config: { type: 'object', required: [], properties: {} },
  };
  return {
    contract: 1,
    manifest,
    open: ({ id: account }) => {
      const note = <R extends { readonly number: string }>(operation: keyof Vendor, request: R): R => {
        sent.push({ operation, account, number: request.number });
        return request;
      };
      const all: Channel = {
        merchantNo: null,
        pay: async (request) => vendor.pay(note('pay', request), account),
        query: async (request) => vendor.query(note('query', request)),
        close: async (request) => vendor.close(note('close', request)),
        capture: async (request) => (vendor.capture ?? (({ number }) => paid(number)))(note('capture', request)),
        refund: async (request) => vendor.refund(note('refund', request)),
        queryRefund: async (request) => vendor.queryRefund(note('queryRefund', request)),
        parseCallback: async () => ({ kind: 'refused', reason: 'malformed', reply: { status: 400, body: '' } }),
      };
      const isThere = ([name]: [string, unknown]) =>
        !(name in manifest.abilities) || manifest.abilities[name as keyof Abilities] !== 'none';
      return Object.fromEntries(Object.entries(all).filter(isThere)) as unknown as Channel;
    },
  };
}

function makeKernel(database: Database, channels: Kernel['channels'], time: { now: number }, latePolicy: () => LatePolicy): Kernel {
  const clock = { now: () => new Date(time.now), sleep: async () => undefined };
  const nothing = () => undefined;
  const call = { now: clock.now } as Call;
  const writing = {
    database,
    publicUrl: 'http://127.0.0.1',
    newId: (prefix: IdPrefix) => makeId(prefix, clock.now()),
    announce: createAnnounce({ endpoints: { app: () => undefined, forEvent: () => [] } as never, clock }),
  };
  const group = { lanes: 2, most: 32, waitMs: 15_000, mostWaiting: 1_000 };
  const kernel: Kernel = {
    ...writing,
    newToken: () => 'token',
    open: createGroup({ ...group, write: (openings) => writeOpenings(writing, openings) }),
    settleTogether: createGroup({
      ...group,
      keyOf: ({ attempt }: Settling) => attempt.payment_id,
      write: (settlings) => settleTogether(kernel, settlings),
    }),
    clock,
    log: createLog({ level: 'silent' }),
    metrics: new Proxy({}, { get: () => nothing }) as never,
    channels,
    caller: {
      call: async (_account, _operation, work) => work(call),
      isOpen: () => false,
      isQuarantined: () => false,
      shutdown: async () => undefined,
    },
    nextTurn: () => 0,
    apps: { get: () => app, latePolicy },
    recentSuccess: createRecentSuccess(clock),
    afterCommit: nothing,
    timing: { callMs: 10_000, payMs: 20_000, rotationGraceMs: 72 * 3_600_000, refundSilentMs: 72 * 3_600_000 },
  };
  return kernel;
}
