import { expect } from 'chai';
import type { CallbackItem } from '../../core/contract/channel.ts';
import type { Outcome } from '../../core/contract/outcome.ts';
import { closePayment } from '../../core/payments/close.ts';
import { receivePayment } from '../../core/payments/receive.ts';
import type { Database } from '../../core/store/database.ts';
import { checkMoney, type TruthEntry } from '../kit/check-money.ts';
import { forEachDatabase } from '../kit/database.ts';
import { approved, notFound, paid, refunded, type Scripted, scriptKernel, type Traits, unpaid, type Vendor } from '../kit/scripted.ts';

/** A vendor that remembers, as its side of the wire does when ours is killed. */
interface Memory {
  readonly orders: Map<string, 'open' | 'approved' | 'paid' | 'closed'>;
  readonly refunds: Set<string>;
  readonly truth: TruthEntry[];
}

/** Counts the moments at which a server can die, and dies at one of them: nothing that it does afterwards happens. */
interface Fate {
  moments: number;
  readonly diesAt: number;
}

class Killed extends Error {}

function live(fate: Fate): void {
  fate.moments += 1;
  if (fate.moments >= fate.diesAt) throw new Killed(`killed at moment ${fate.diesAt}`);
}

/** Dies before a commit, or after it and before anybody hears of it. */
function mortal(database: Database, fate: Fate): Database {
  return {
    ...database,
    async transaction(...work) {
      live(fate);
      const result = await database.transaction(...work);
      live(fate);
      return result;
    },
  };
}

function vendorOf(memory: Memory, fate: Fate): Vendor {
  const state = (number: string): Outcome => {
    const known = memory.orders.get(number);
    if (known === 'paid') return paid(number);
    if (known === 'approved') return approved(number);
    if (known === 'closed') return { kind: 'ok', report: { state: 'closed', echo: { number } } };
    return known === undefined ? notFound : unpaid(number);
  };
  /** Dies before the vendor has done it, or after that and before the answer is read. */
  const during = <T>(act: () => T): T => {
    live(fate);
    const result = act();
    live(fate);
    return result;
  };
  return {
    pay: ({ number }) =>
      during(() => {
        if (!memory.orders.has(number)) memory.orders.set(number, 'open');
        return { kind: 'action', action: { type: 'qr', qrContent: number }, channelNo: `c-${number}` };
      }),
    query: ({ number }) => during(() => state(number)),
    capture: ({ number }) =>
      during(() => {
        if (memory.orders.get(number) === 'approved') charge(memory, number);
        return state(number);
      }),
    close: ({ number }) =>
      during(() => {
        if (memory.orders.get(number) === 'paid') return { kind: 'paid' };
        if (!memory.orders.has(number)) return { kind: 'notFound' };
        memory.orders.set(number, 'closed');
        return { kind: 'closed' };
      }),
    refund: (request) =>
      during(() => {
        const { number, money } = request;
        if (!memory.refunds.has(number)) memory.truth.push({ kind: 'refund', number, ...money });
        memory.refunds.add(number);
        return refunded(request);
      }),
    queryRefund: (request) => during(() => (memory.refunds.has(request.number) ? refunded(request) : notFound)),
  };
}

function charge(memory: Memory, number: string): void {
  memory.orders.set(number, 'paid');
  memory.truth.push({ kind: 'charge', number, amount: 100, currency: 'CNY' });
}

const tables = ['payments', 'attempts', 'refunds', 'history', 'events', 'deliveries'];

async function empty(database: Database): Promise<void> {
  await database.transaction(async (tx) => {
    for (const table of tables) await tx.run(`DELETE FROM ${table}`);
  });
}

const never = Number.MAX_SAFE_INTEGER;

/** The same orders under the same numbers, as a merchant sends them again after an error. */
async function trade(shop: Scripted, memory: Memory, { traits, callsBack }: Case): Promise<void> {
  const captures = traits.abilities?.capture === 'full';
  const bought = await shop.order({ merchantOrderNo: 'bought' });
  const [attempt] = await shop.attempts(bought);
  const number = attempt?.number ?? '';
  if (memory.orders.get(number) === 'open') {
    if (captures) memory.orders.set(number, 'approved');
    else charge(memory, number);
  }
  const account = shop.kernel.channels.account('acc_1');
  const told = captures ? approved(number) : paid(number);
  const isTold = memory.orders.get(number) === (captures ? 'approved' : 'paid');
  if (callsBack && isTold && account !== undefined && told.kind === 'ok') {
    const item = { of: 'payment', number, report: told.report } as Extract<CallbackItem, { of: 'payment' }>;
    await receivePayment(shop.kernel, account, item, 'signed');
  }
  await shop.attend();
  if ((await shop.payment(bought)).accepted_attempt_id !== null) {
    await shop.refund(bought, 40, 'part-1').catch(tolerate);
    await shop.refund(bought, 60, 'part-2').catch(tolerate);
  }
  const dropped = await shop.order({ merchantOrderNo: 'dropped' });
  await closePayment(shop.kernel, { paymentId: dropped, reason: 'merchant', cause: 'merchant' });
}

/** A refusal is an answer; death is not. */
function tolerate(error: unknown): void {
  if (error instanceof Killed || !(error instanceof Error) || !error.message.startsWith('refused')) throw error;
}

interface Case {
  readonly name: string;
  readonly traits: Traits;
  readonly callsBack: boolean;
}

const cases: readonly Case[] = [
  { name: 'a vendor that calls back', traits: {}, callsBack: true },
  { name: 'a vendor that must be asked', traits: {}, callsBack: false },
  {
    name: 'a vendor that is asked by its own number',
    callsBack: true,
    traits: {
      abilities: {
        query: 'by_channel_no',
        close: 'unpaid',
        capture: 'none',
        refund: 'partial',
        queryRefund: 'by_channel_no',
        statement: 'none',
      },
      idempotency: { create: true, ttlHours: 24 },
    },
  },
  {
    name: 'a vendor whose money moves only when we ask for it',
    callsBack: true,
    traits: {
      abilities: { query: 'by_number', close: 'none', capture: 'full', refund: 'partial', queryRefund: 'by_number', statement: 'none' },
    },
  },
];

describe('A server that dies at every moment of a trade, one after another', () => {
  forEachDatabase((_name, open) => {
    /** Lives until `diesAt`; then another server takes over and the merchant asks again. Answers how many moments the first life had. */
    const run = async (database: Database, diesAt: number, one: Case): Promise<number> => {
      await empty(database);
      const memory: Memory = { orders: new Map(), refunds: new Set(), truth: [] };
      const fate: Fate = { moments: 0, diesAt };
      const first = scriptKernel(mortal(database, fate), one.traits);
      Object.assign(first.vendor, vendorOf(memory, fate));
      // Some of it is the kernel's own to bear: what matters is only what is left behind.
      await trade(first, memory, one).catch((error: unknown) => expect(fate.moments, String(error)).to.be.at.least(diesAt));
      expect(await checkMoney(database), `left behind by a death at moment ${diesAt}`).to.deep.equal([]);
      const second = scriptKernel(database, one.traits);
      Object.assign(second.vendor, vendorOf(memory, { moments: 0, diesAt: never }));
      for (const waitMs of [13_000, 13_000, 30_000, 120_000, 600_000]) {
        second.turn(waitMs);
        await trade(second, memory, one);
        await second.attend();
      }
      expect(await checkMoney(database, memory.truth), `killed at moment ${diesAt}`).to.deep.equal([]);
      const ends = await database.all('SELECT merchant_order_no, state FROM payments ORDER BY merchant_order_no');
      expect(ends, `killed at moment ${diesAt}`).to.deep.equal([
        { merchant_order_no: 'bought', state: 'refunded' },
        { merchant_order_no: 'dropped', state: 'closed' },
      ]);
      expect(memory.truth.map(({ kind, amount }) => [kind, amount])).to.have.deep.members([
        ['charge', 100],
        ['refund', 40],
        ['refund', 60],
      ]);
      return fate.moments;
    };

    for (const one of cases) {
      it(`with ${one.name}, charges once, refunds each once, and comes to the same end`, async function () {
        this.timeout(120_000);
        const { database } = await open();
        const moments = await run(database, never, one);
        expect(moments).to.be.at.least(20);
        for (let moment = 1; moment <= moments; moment += 1) await run(database, moment, one);
      });
    }
  });
});
