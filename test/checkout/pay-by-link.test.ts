import { expect } from 'chai';
import { payByLink, readStock } from '../../core/checkout/pay-by-link.ts';
import { createPaymentLink, disableLink, type NewPaymentLink, readLinkByAddress } from '../../core/checkout/payment-links.ts';
import { closePayment } from '../../core/payments/close.ts';
import { checkMoney } from '../kit/check-money.ts';
import { forEachDatabase } from '../kit/database.ts';
import { type Scripted, scriptKernel } from '../kit/scripted.ts';

const tea: NewPaymentLink = {
  subject: 'Tea',
  amount: 100,
  minAmount: null,
  maxAmount: null,
  currency: 'CNY',
  mostPayments: null,
  notifyUrl: null,
  returnUrl: null,
  metadata: { shelf: '3' },
  expiresAt: null,
};

describe('A payment link', () => {
  forEachDatabase((_name, open) => {
    const start = async () => scriptKernel((await open()).database);
    const app = (shop: Scripted) => shop.kernel.apps.get('app_1') as NonNullable<ReturnType<Scripted['kernel']['apps']['get']>>;
    const make = (shop: Scripted, more: Partial<NewPaymentLink> = {}, key: string | null = null) =>
      createPaymentLink(shop.kernel, app(shop), { ...tea, ...more }, key);
    /** Each from a network of his own, but where one is named. */
    const ask = async (
      shop: Scripted,
      link: Awaited<ReturnType<typeof make>>,
      pageKey: string,
      amount: number | null = null,
      holder: string = pageKey,
    ): Promise<string> => {
      const made = await payByLink(shop.kernel, app(shop), link, { pageKey, amount, holder });
      if (!('kind' in made)) return made.id;
      return made.kind === 'held' ? 'held' : made.code;
    };

    it('makes payments whose shopper chooses, and tells the merchant what they are for', async () => {
      const shop = await start();
      const link = await make(shop);
      const payment = await shop.payment(await ask(shop, link, 'page-1'));
      expect(payment).to.include({ state: 'pending', amount: 100, subject: 'Tea', method: null, metadata: '{"shelf":"3"}' });
      expect(payment.merchant_order_no).to.match(/^lnk_.{26}-.{26}$/);
      expect(await checkMoney(shop.kernel.database)).to.deep.equal([]);
    });

    it('makes one payment of a double click', async () => {
      const shop = await start();
      const link = await make(shop);
      const ids = await Promise.all(Array.from({ length: 6 }, () => ask(shop, link, 'page-1')));
      expect(new Set(ids).size).to.equal(1);
      expect(await ask(shop, link, 'page-2')).to.not.equal(ids[0]);
    });

    it('takes the amount that its shopper types, within its bounds', async () => {
      const shop = await start();
      const link = await make(shop, { amount: null, minAmount: 10, maxAmount: 500 });
      expect((await shop.payment(await ask(shop, link, 'a', 499))).amount).to.equal(499);
      for (const wrong of [9, 501, 0, -5, null, 10.5, Number.NaN]) expect(await ask(shop, link, 'b', wrong)).to.equal('amount_invalid');
    });

    it('never takes another amount than its own', async () => {
      const shop = await start();
      const link = await make(shop);
      expect((await shop.payment(await ask(shop, link, 'a', 1))).amount).to.equal(100);
    });

    it('sells no more than it has, however many come at once, and again what was not paid', async () => {
      const shop = await start();
      const link = await make(shop, { mostPayments: 3 });
      const ids = await Promise.all(Array.from({ length: 10 }, (_, index) => ask(shop, link, `page-${index}`)));
      const made = ids.filter((id) => id.startsWith('pay_'));
      expect(made).to.have.length(3);
      expect(ids.filter((id) => id === 'held')).to.have.length(7);
      await closePayment(shop.kernel, { paymentId: made[0] ?? '', reason: 'merchant', cause: 'merchant' });
      expect(await ask(shop, link, 'later')).to.match(/^pay_/);
      expect(await ask(shop, link, 'last')).to.equal('held');
    });

    it('is over once all that it has is paid, and not while somebody may yet pay', async () => {
      const shop = await start();
      const link = await make(shop, { mostPayments: 2 });
      const made = [await ask(shop, link, 'a'), await ask(shop, link, 'b')];
      const pay = (id: string | undefined) =>
        shop.kernel.database.transaction((tx) => tx.run("UPDATE payments SET state = 'success' WHERE id = ?", [id ?? '']));
      await pay(made[0]);
      expect(await readStock(shop.kernel.database, link)).to.equal('held');
      expect(await ask(shop, link, 'c')).to.equal('held');
      await pay(made[1]);
      expect(await readStock(shop.kernel.database, link)).to.equal('soldOut');
      expect(await ask(shop, link, 'c')).to.equal('payment_link_over');
    });

    it('gives one network no more than half of its places to hold, and what was paid from there does not count', async () => {
      const shop = await start();
      const link = await make(shop, { mostPayments: 5 });
      const asked = await Promise.all(Array.from({ length: 8 }, (_, index) => ask(shop, link, `page-${index}`, null, 'hotel')));
      const made = asked.filter((one) => one.startsWith('pay_'));
      expect(made).to.have.length(3);
      expect(asked.filter((one) => one === 'held')).to.have.length(5);
      await shop.kernel.database.transaction((tx) => tx.run("UPDATE payments SET state = 'success' WHERE id = ?", [made[0] ?? '']));
      expect(await ask(shop, link, 'next', null, 'hotel')).to.match(/^pay_/);
      expect(await ask(shop, link, 'more', null, 'hotel')).to.equal('held');
      expect(await ask(shop, link, 'elsewhere')).to.match(/^pay_/);
    });

    it('without a number of payments has no places to be held', async () => {
      const shop = await start();
      const link = await make(shop);
      const made = await Promise.all(Array.from({ length: 5 }, (_, index) => ask(shop, link, `page-${index}`, null, 'hotel')));
      expect(new Set(made).size).to.equal(5);
    });

    it('shows the one payment again to whoever comes a second time, where it takes one', async () => {
      const shop = await start();
      const link = await make(shop, { mostPayments: 1 });
      const first = await ask(shop, link, 'phone');
      expect(await ask(shop, link, 'desktop')).to.equal(first);
    });

    it('for one payment of an open amount shows it to whoever wants to pay the same, and nothing of it to others', async () => {
      const shop = await start();
      const link = await make(shop, { mostPayments: 1, amount: null });
      const first = await ask(shop, link, 'phone', 500);
      expect(await ask(shop, link, 'desktop', 500)).to.equal(first);
      expect(await ask(shop, link, 'stranger', 501)).to.equal('held');
      expect(await ask(shop, link, 'phone', 700), 'on the same page').to.equal(first);
      await closePayment(shop.kernel, { paymentId: first, reason: 'merchant', cause: 'merchant' });
      expect((await shop.payment(await ask(shop, link, 'stranger', 501))).amount).to.equal(501);
    });

    it('takes nothing once it was disabled or its time is over, and nothing for a token that is not its own', async () => {
      const shop = await start();
      const timed = await make(shop, { expiresAt: shop.kernel.clock.now().getTime() + 1000 });
      shop.turn(1000);
      expect(await ask(shop, timed, 'a')).to.equal('payment_link_over');
      const link = await make(shop);
      await disableLink(shop.kernel, link);
      expect(await ask(shop, link, 'a')).to.equal('payment_link_over');
      expect(await readLinkByAddress(shop.kernel, { linkId: link.id, token: link.token })).to.include({ status: 'disabled' });
      for (const token of ['', 'x', `${link.token}x`, 'x'.repeat(link.token.length), 'é'.repeat(link.token.length)])
        expect(await readLinkByAddress(shop.kernel, { linkId: link.id, token })).to.equal(null);
    });

    it('is made once for one request', async () => {
      const shop = await start();
      const made = await Promise.all(Array.from({ length: 4 }, () => make(shop, {}, 'request')));
      expect(new Set(made.map(({ id }) => id)).size).to.equal(1);
    });
  });
});
