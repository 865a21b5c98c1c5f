import { expect } from 'chai';
import { checkMoney } from '../kit/check-money.ts';
import { chooseAt, openCheckout } from '../kit/checkout.ts';
import { forEachDatabase, type TestDatabase } from '../kit/database.ts';
import { eventually } from '../kit/merchant.ts';
import { type Paymux, startPaymux, targetOf } from '../kit/paymux.ts';

type Entry = { readonly kind: string; readonly number: string; readonly amount: number };
type Attempt = { readonly number: string; readonly state: string; readonly method: string };

describe('A payment in two tabs at once', () => {
  forEachDatabase((_name, open) => {
    let database: TestDatabase;
    let paymux: Paymux;

    before(async function () {
      this.timeout(60_000);
      database = await open();
      paymux = await startPaymux({ database });
    });
    after(() => paymux.stop());

    const read = async (id: string) => (await paymux.call('GET', `/v1/payments/${id}?expand=attempts`)).body;
    const choose = (url: string, method: string) => chooseAt(url, { method }, { 'sec-fetch-site': 'same-origin' });
    /** What there is to pay after a choice, if anything. Waits for a channel whose word is still out. */
    const begun = async (id: string): Promise<string | null> => {
      let payment = await read(id);
      await eventually(async () => {
        payment = await read(id);
        return payment.state !== 'processing';
      });
      return payment.action === null ? null : targetOf(payment.action);
    };
    const pay = (target: string | null) => (target === null ? null : paymux.control('/_pay', { target }));
    const truth = async () => (await paymux.control('/_truth?since=0')).body.entries as readonly Entry[];
    /** What the vendors took for the payment, less what they gave back. */
    const taken = async (id: string) => {
      const numbers = new Set(((await read(id)).attempts as readonly Attempt[]).map(({ number }) => number));
      const own = (await truth()).filter(({ kind, number }) => kind === 'charge' && numbers.has(number));
      return own.map(({ amount }) => amount);
    };
    const expectOneCharge = async (id: string) => {
      await eventually(async () => (await read(id)).state === 'success');
      expect(await taken(id)).to.deep.equal([1999]);
      const { attempts, method } = await read(id);
      const paid = (attempts as readonly Attempt[]).filter(({ state }) => state === 'succeeded');
      expect(paid.map((one) => one.method)).to.deep.equal([method]);
      expect(await checkMoney(database.database, (await truth()) as never)).to.deep.equal([]);
    };

    it('that choose two methods and pay whatever each was shown takes money once', async function () {
      this.timeout(60_000);
      const { id, checkout_url: url } = await openCheckout(paymux);
      await choose(url, 'wechat_native');
      const first = await begun(id);
      await choose(url, 'alipay_precreate');
      const second = await begun(id);
      expect(first).to.be.a('string').and.not.equal(second);
      await Promise.all([pay(first), pay(second)]);
      await expectOneCharge(id);
    });

    it('takes money once when one tab pays while the other calls its attempt off, whoever comes first', async function () {
      this.timeout(120_000);
      for (const delayMs of [0, 2, 5, 10, 20]) {
        const { id, checkout_url: url } = await openCheckout(paymux);
        await choose(url, 'wechat_native');
        const first = await begun(id);
        const switched = choose(url, 'alipay_precreate');
        await new Promise((resolve) => setTimeout(resolve, delayMs));
        await Promise.all([pay(first), switched]);
        const over = ['closed', 'failed'];
        const standing = ((await read(id)).attempts as readonly Attempt[]).filter(({ state }) => !over.includes(state));
        expect(standing, JSON.stringify(standing)).to.have.length.at.most(1);
        await pay(await begun(id));
        await expectOneCharge(id);
      }
    });
  });
});
