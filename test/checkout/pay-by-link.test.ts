import { expect } from 'chai';
import { payByLink } from '../../core/checkout/pay-by-link.ts';
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
    const ask = async (shop: Scripted, link: Awaited<ReturnType<typeof make>>, pageKey: string, amount: number | null = null) => {
      const made = await payByLink(shop.kernel, app(shop), link, { pageKey, amount });
      return 'kind' in made ? made.code : made.id;
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
      expect(ids.filter((id) => id === 'payment_link_over')).to.have.length(7);
      await closePayment(shop.kernel, { paymentId: made[0] ?? '', reason: 'merchant', cause: 'merchant' });
      expect(await ask(shop, link, 'later')).to.match(/^pay_/);
      expect(await ask(shop, link, 'last')).to.equal('payment_link_over');
    });

    it('shows the one payment again to whoever comes a second time, where it takes one', async () => {
      const shop = await start();
      const link = await make(shop, { mostPayments: 1 });
      const first = await ask(shop, link, 'phone');
      expect(await ask(shop, link, 'desktop')).to.equal(first);
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
