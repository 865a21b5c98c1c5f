import { expect } from 'chai';
import fc from 'fast-check';
import type { CallbackItem } from '../../core/contract/channel.ts';
import type { Outcome, RefundOutcome } from '../../core/contract/outcome.ts';
import { closePayment } from '../../core/payments/close.ts';
import { receivePayment } from '../../core/payments/receive.ts';
import type { Database } from '../../core/store/database.ts';
import { checkMoney, type TruthEntry } from '../kit/check-money.ts';
import { forEachDatabase } from '../kit/database.ts';
import { declined, lost, notFound, paid, refunded, refused, type Scripted, scriptKernel, unpaid, type Vendor } from '../kit/scripted.ts';

/** What befalls one call to the vendor. `hidden`: what is young is not shown yet. */
type Fault = 'none' | 'lostBefore' | 'lostAfter' | 'refused' | 'declined' | 'hidden';

type Step =
  | { readonly does: 'order' }
  | { readonly does: 'attend' }
  | { readonly does: 'pay' | 'payLate' | 'callBack' | 'close' | 'refund'; readonly which: number; readonly amount: number }
  | { readonly does: 'wait'; readonly seconds: number };

interface Order {
  state: 'open' | 'paid' | 'closed';
  readonly account: string;
  readonly createdAt: number;
}

/** A vendor whose memory is honest, whatever it answers. */
class World {
  readonly orders = new Map<string, Order>();
  readonly refunds = new Map<string, number>();
  readonly truth: TruthEntry[] = [];
  faults: Fault[] = [];
  now: () => number = () => 0;

  /** One call: the fault decides whether it happens, and what is heard of it. */
  call<T>(act: () => T, no: T): T | typeof lost | typeof refused {
    const fault = this.faults.shift() ?? 'none';
    if (fault === 'lostBefore') return lost;
    if (fault === 'refused') return refused;
    if (fault === 'declined' || fault === 'hidden') return no;
    const result = act();
    return fault === 'lostAfter' ? lost : result;
  }

  isYoung(createdAt: number | undefined): boolean {
    return createdAt !== undefined && this.now() - createdAt < 50_000;
  }

  /** `late`: what was under way when the order was closed arrives all the same. */
  shopperPays(number: string, late: boolean): void {
    const order = this.orders.get(number);
    if (order === undefined || order.state === 'paid' || (order.state === 'closed' && !late)) return;
    order.state = 'paid';
    this.truth.push({ kind: 'charge', number, amount: 100, currency: 'CNY' });
  }
}

/** A refusal is true of what was never taken; of what was, a vendor may err while it is young, but not for ever. */
function refusal(world: World, takenAt: number | undefined, code: string) {
  return takenAt === undefined || world.isYoung(takenAt) ? declined(code) : lost;
}

function vendorOf(world: World): Vendor {
  const stateOf = (number: string): Outcome => {
    const known = world.orders.get(number)?.state;
    if (known === 'paid') return paid(number);
    if (known === 'closed') return { kind: 'ok', report: { state: 'closed', echo: { number } } };
    return known === undefined ? notFound : unpaid(number);
  };
  return {
    pay: ({ number }, account) => {
      const open = (): Outcome => {
        const known = world.orders.get(number);
        if (known !== undefined && known.state !== 'open') return { kind: 'unknown', reason: 'unmapped' };
        if (known === undefined) world.orders.set(number, { state: 'open', account, createdAt: world.now() });
        return { kind: 'action', action: { type: 'qr', qrContent: number } };
      };
      return world.call<Outcome>(open, refusal(world, world.orders.get(number)?.createdAt, 'limit_exceeded'));
    },
    query: ({ number }) => {
      const isHidden = world.isYoung(world.orders.get(number)?.createdAt);
      return world.call<Outcome>(() => stateOf(number), isHidden ? notFound : stateOf(number));
    },
    close: ({ number }) => {
      const order = world.orders.get(number);
      const shut = () => {
        if (order === undefined) return { kind: 'notFound' } as const;
        if (order.state === 'paid') return { kind: 'paid' } as const;
        order.state = 'closed';
        return { kind: 'closed' } as const;
      };
      return world.call<ReturnType<typeof shut> | typeof lost>(shut, lost);
    },
    refund: (request) => {
      const give = (): RefundOutcome => {
        const { number, money } = request;
        if (!world.refunds.has(number)) {
          world.truth.push({ kind: 'refund', number, ...money });
          world.refunds.set(number, world.now());
        }
        return refunded(request);
      };
      return world.call<RefundOutcome>(give, refusal(world, world.refunds.get(request.number), 'declined'));
    },
    queryRefund: (request) => {
      const tell = () => (world.refunds.has(request.number) ? refunded(request) : notFound);
      return world.call<RefundOutcome>(tell, world.isYoung(world.refunds.get(request.number)) ? notFound : tell());
    },
  };
}

const pick = <T>(list: readonly T[], which: number): T | undefined => list[which % Math.max(1, list.length)];

async function take(shop: Scripted, world: World, orders: string[], step: Step): Promise<void> {
  if (step.does === 'order') orders.push(await shop.order());
  else if (step.does === 'attend') await shop.attend();
  else if (step.does === 'wait') shop.turn(step.seconds * 1000);
  else if (step.does === 'pay') world.shopperPays(pick([...world.orders.keys()], step.which) ?? '', false);
  else if (step.does === 'payLate') world.shopperPays(pick([...world.orders.keys()], step.which) ?? '', true);
  else if (step.does === 'callBack') await callBack(shop, world, pick([...world.orders.keys()], step.which) ?? '');
  else await ask(shop, pick(orders, step.which), step);
}

async function ask(shop: Scripted, paymentId: string | undefined, step: { readonly does: string; readonly amount: number }): Promise<void> {
  if (paymentId === undefined) return;
  if (step.does === 'close') await closePayment(shop.kernel, { paymentId, reason: 'merchant', cause: 'merchant' });
  else
    await shop.refund(paymentId, step.amount).catch((error: Error) => {
      if (!error.message.startsWith('refused')) throw error;
    });
}

async function callBack(shop: Scripted, world: World, number: string): Promise<void> {
  const order = world.orders.get(number);
  const account = shop.kernel.channels.account(order?.account ?? '');
  const told = paid(number);
  if (order?.state !== 'paid' || account === undefined || told.kind !== 'ok') return;
  const item = { of: 'payment', number, report: told.report } as Extract<CallbackItem, { of: 'payment' }>;
  await receivePayment(shop.kernel, account, item, 'signed');
}

const which = fc.nat({ max: 3 });
const amount = fc.integer({ min: 1, max: 70 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.constantFrom<Step>({ does: 'order' }, { does: 'attend' }),
  fc.record({
    does: fc.constantFrom('pay' as const, 'payLate' as const, 'callBack' as const, 'close' as const, 'refund' as const),
    which,
    amount,
  }),
  fc.record({ does: fc.constant('wait' as const), seconds: fc.constantFrom(2, 15, 15, 70, 1000, 8000) }),
);
const fault: fc.Arbitrary<Fault> = fc.constantFrom('none', 'none', 'lostBefore', 'lostAfter', 'refused', 'declined', 'hidden');
const length = { minLength: 20, maxLength: 50, size: 'max' } as const;
const policy = fc.constantFrom('auto_refund' as const, 'accept' as const, 'hold' as const);
const tables = ['payments', 'attempts', 'refunds', 'history', 'events', 'deliveries'];

async function empty(database: Database): Promise<void> {
  await database.transaction(async (tx) => {
    for (const table of tables) await tx.run(`DELETE FROM ${table}`);
  });
}

describe('Whatever shoppers, merchants and vendors do, in any order', () => {
  forEachDatabase((name, open) => {
    it('the books are sound after every step, and come to rest with what really happened', async function () {
      this.timeout(120_000);
      const { database } = await open();
      const live = async (steps: readonly Step[], faults: readonly Fault[], latePolicy: Scripted['latePolicy']) => {
        await empty(database);
        const world = new World();
        const shop = scriptKernel(database, { accounts: 2 });
        Object.assign(shop.vendor, vendorOf(world));
        world.now = () => shop.kernel.clock.now().getTime();
        world.faults = [...faults];
        shop.latePolicy = latePolicy;
        const orders = [await shop.order(), await shop.order()];
        for (const one of steps) {
          await take(shop, world, orders, one);
          expect(await checkMoney(database), JSON.stringify(one)).to.deep.equal([]);
        }
        world.faults = [];
        // Late money is known here by callbacks alone, so every one that is owed arrives in the end.
        for (const number of world.orders.keys()) await callBack(shop, world, number);
        for (const seconds of [20, 120, 4000, 8000, 4000, 4000, 4000]) {
          shop.turn(seconds * 1000);
          await shop.attend();
        }
        expect(await checkMoney(database, world.truth)).to.deep.equal([]);
        const open = await database.get("SELECT COUNT(*) AS n FROM payments WHERE state IN ('pending', 'processing')");
        expect(open?.n, 'payments that never end').to.equal(0);
        const payable = [...world.orders].filter(([, order]) => order.state === 'open').map(([number]) => number);
        expect(payable, 'orders that a shopper could still pay').to.deep.equal([]);
      };
      const property = fc.asyncProperty(fc.array(step, length), fc.array(fault, length), policy, live);
      await fc.assert(property, { numRuns: Number(process.env.PAYMUX_RANDOM_RUNS ?? (name === 'sqlite' ? 40 : 8)), endOnFailure: false });
    });
  });
});
