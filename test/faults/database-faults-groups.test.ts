import { expect } from 'chai';
import { writeOpenings } from '../../core/payments/open.ts';
import { DatabaseUnavailable } from '../../core/store/database.ts';
import { createGroup } from '../../core/store/group.ts';
import { checkMoney } from '../kit/check-money.ts';
import { forEachDatabase } from '../kit/database.ts';
import { eventually } from '../kit/merchant.ts';
import type { Fault } from '../kit/mysql-proxy.ts';
import { rest, type Scene, setScene } from '../kit/scene.ts';

const members = 9;

describe('Payments that are written in one group', () => {
  forEachDatabase((name, open) => {
    if (name !== 'mariadb') return;
    let scene: Scene;
    let groups: number[];

    beforeEach(async () => {
      scene = await setScene(await open());
      groups = [];
      const { kernel } = scene.shop;
      const group = createGroup<Parameters<typeof writeOpenings>[1][number], undefined>({
        lanes: 1,
        most: 32,
        waitMs: 10_000,
        mostWaiting: 100,
        write: (openings) => {
          groups.push(openings.length);
          return writeOpenings(kernel, openings);
        },
      });
      Object.assign(kernel, { open: group });
    });
    afterEach(() => scene.stop());

    const order = (no: string) => scene.shop.order({ merchantOrderNo: no });
    const idOf = async (no: string) => (await scene.direct.get('SELECT id FROM payments WHERE merchant_order_no = ?', [no]))?.['id'];
    /** All at once: the first is written alone, and the others together meanwhile. No vendor is called before they are. */
    const orderAll = async (numbers: readonly string[]) => {
      const called = Promise.withResolvers<void>();
      const { pay } = scene.bank.vendor;
      scene.shop.vendor.pay = async (request, account) => {
        await called.promise;
        return pay(request, account);
      };
      const ordering = Promise.allSettled(numbers.map(order));
      await eventually(async () => groups.length >= 2);
      called.resolve();
      return ordering;
    };
    const failSecondCommit = (fault: Fault, after: Fault | null = null) => {
      let commits = 0;
      scene.proxy.set(({ sql }) => {
        if (commits >= 2) return after;
        if (sql === 'COMMIT') commits += 1;
        return commits === 2 ? fault : null;
      });
    };
    const numbers = Array.from({ length: members }, (_, index) => `order-${index}`);
    const expectOneEach = async () => {
      const rows = await scene.direct.all('SELECT merchant_order_no AS no FROM payments ORDER BY merchant_order_no');
      expect(rows.map((row) => row['no'])).to.deep.equal(numbers);
      expect(new Set(scene.shop.sent.filter(({ operation }) => operation === 'pay').map(({ number }) => number))).to.have.length(members);
      await rest(scene);
      expect(await checkMoney(scene.direct, scene.bank.truth)).to.deep.equal([]);
      expect(scene.bank.payable()).to.deep.equal([]);
    };

    for (const [what, fault] of [
      ['whose answer was lost', { do: 'cutAfter' }],
      ['that never arrived', { do: 'cutBefore' }],
      ['that arrived after its connection was lost', { do: 'cutThenDeliver', delayMs: 50 }],
      ['that was a lost certification (1213)', { do: 'answer', errno: 1213 }],
      ['that a node was not ready for (1047)', { do: 'answer', errno: 1047 }],
    ] as const) {
      it(`are each answered with their own payment over a COMMIT ${what}`, async () => {
        failSecondCommit(fault);
        const ended = await orderAll(numbers);
        expect(groups).to.deep.equal([1, 8]);
        for (const [index, no] of numbers.entries()) expect(ended[index]).to.deep.equal({ status: 'fulfilled', value: await idOf(no) });
        await expectOneEach();
      });
    }

    it('are each there once when nobody could learn what became of their COMMIT, and their shops ask again', async function () {
      this.timeout(30_000);
      failSecondCommit({ do: 'cutAfter' }, { do: 'cutBefore' });
      const ended = await orderAll(numbers);
      for (const one of ended.slice(1)) expect(one).to.have.property('reason').that.is.instanceOf(DatabaseUnavailable);
      scene.proxy.set(() => null);
      for (const no of numbers) expect(await order(no)).to.equal(await idOf(no));
      // They were not sent by whoever asked again: that is for the server that finds them due.
      scene.shop.turn(20_000);
      await scene.shop.attend();
      scene.shop.turn(120_000);
      await scene.shop.attend();
      scene.shop.turn(120_000);
      await scene.shop.attend();
      await expectOneEach();
    });

    it('do not take their neighbours along when one’s number is taken and the COMMIT of the others is lost', async () => {
      failSecondCommit({ do: 'cutAfter' });
      const ended = await orderAll([...numbers.slice(0, -1), 'order-1']);
      await order(numbers.at(-1) as string);
      expect(ended.map(({ status }) => status)).to.deep.equal(ended.map(() => 'fulfilled'));
      expect(ended.at(-1)).to.deep.equal(ended[1]);
      await expectOneEach();
    });
  });
});
