import { expect } from 'chai';
import type { CloseOutcome, Outcome, RefundOutcome } from '../../core/contract/outcome.ts';
import { closePayment } from '../../core/payments/close.ts';
import type { Database } from '../../core/store/database.ts';
import { checkMoney } from '../kit/check-money.ts';
import { forEachDatabase } from '../kit/database.ts';
import { callBack, createHonestVendor, type HonestVendor } from '../kit/honest-vendor.ts';
import { rest } from '../kit/scene.ts';
import { type Scripted, scriptKernel, type Vendor } from '../kit/scripted.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const steps = { 'an hour ahead': hourMs, 'a day ahead': 24 * hourMs, 'an hour back': -hourMs, 'a day back': -24 * hourMs };

interface Life {
  readonly shop: Scripted;
  readonly bank: HonestVendor;
  /** Sets the clock, and lets the loops do what they then think is due. */
  step(): Promise<void>;
}

const buy = async ({ shop, bank }: Life) => {
  const id = await shop.order();
  const number = String((await shop.attempts(id))[0]?.number);
  bank.shopperPays(number);
  return { id, number };
};

/** The clock is set while the vendor has the request, and what it answered is still on its way. */
function stepDuring(life: Life, operation: 'pay' | 'refund' | 'close'): void {
  const answer = life.bank.vendor[operation] as (request: unknown, account: string) => Outcome | RefundOutcome | CloseOutcome;
  let isFirst = true;
  const slow = async (request: unknown, account: string) => {
    const outcome = answer(request, account);
    if (isFirst) {
      isFirst = false;
      await life.step();
    }
    return outcome;
  };
  Object.assign(life.shop.vendor, { [operation]: slow } as Partial<Vendor>);
}

/** When the clock is set, and what must have come of the payment in the end. */
const moments: Readonly<Record<string, { live(life: Life): Promise<void>; readonly end: readonly string[] }>> = {
  'while the order is sent': {
    async live(life) {
      stepDuring(life, 'pay');
      const id = await life.shop.order();
      const [number] = life.bank.payable();
      if (number === undefined) return;
      life.bank.shopperPays(number);
      await callBack(life.shop, String((await life.shop.attempts(id))[0]?.number));
    },
    end: ['success', 'closed'],
  },
  'before the shopper pays': {
    async live(life) {
      await life.shop.order();
      await life.step();
      const [number] = life.bank.payable();
      if (number === undefined) return;
      life.bank.shopperPays(number);
      await callBack(life.shop, number);
    },
    end: ['success', 'closed'],
  },
  'after the shopper paid, before anybody says so': {
    async live(life) {
      await buy(life);
      await life.step();
    },
    end: ['success'],
  },
  'between two callbacks': {
    async live(life) {
      const { number } = await buy(life);
      await callBack(life.shop, number);
      await life.step();
      await callBack(life.shop, number);
    },
    end: ['success'],
  },
  'while a refund is sent': {
    async live(life) {
      const { id, number } = await buy(life);
      await callBack(life.shop, number);
      stepDuring(life, 'refund');
      await life.shop.refund(id, 100, 'refund-1');
      await life.shop.refund(id, 100, 'refund-1');
    },
    end: ['refunded'],
  },
  'while it is closed': {
    async live(life) {
      const id = await life.shop.order();
      stepDuring(life, 'close');
      await closePayment(life.shop.kernel, { paymentId: id, reason: 'merchant', cause: 'merchant' });
    },
    end: ['closed'],
  },
};

async function empty(database: Database): Promise<void> {
  await database.transaction(async (tx) => {
    for (const table of ['payments', 'attempts', 'refunds', 'history', 'events', 'deliveries']) await tx.run(`DELETE FROM ${table}`);
  });
}

describe('A clock that steps at each moment of a payment', () => {
  forEachDatabase((_name, open) => {
    let database: Database;
    before(async function () {
      this.timeout(30_000);
      ({ database } = await open());
    });
    beforeEach(() => empty(database));

    for (const [moment, { live, end }] of Object.entries(moments)) {
      for (const [what, byMs] of Object.entries(steps)) {
        it(`(${what}, ${moment}) and comes right again, loses nothing and does nothing twice`, async () => {
          const shop = scriptKernel(database);
          const bank = createHonestVendor();
          Object.assign(shop.vendor, bank.vendor);
          const attendSome = async () => {
            for (let round = 0; round < 3; round += 1) {
              await shop.attend();
              shop.turn(minuteMs);
            }
          };
          const step = async () => {
            shop.turn(byMs);
            await attendSome();
          };
          await live({ shop, bank, step });
          shop.turn(-byMs);
          await attendSome();
          // What a clock that was ahead has put off comes due in its time.
          shop.turn(Math.abs(byMs));
          await rest({ shop });
          expect(await checkMoney(database, bank.truth)).to.deep.equal([]);
          expect(bank.payable()).to.deep.equal([]);
          const [payment] = await database.all('SELECT state FROM payments');
          expect(end).to.include(payment?.['state']);
          expect(bank.truth.map(({ kind }) => kind)).to.deep.equal(
            { success: ['charge'], refunded: ['charge', 'refund'], closed: [] }[String(payment?.['state'])],
          );
        });
      }
    }
  });
});
