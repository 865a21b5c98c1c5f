import { expect } from 'chai';
import { forEachDatabase } from '../kit/database.ts';
import { eventually, type Merchant, startMerchant, verifyNotification } from '../kit/merchant.ts';
import { orderNo, type Paymux, startPaymux, targetOf } from '../kit/paymux.ts';

const methods = [
  { method: 'wechat_native', currency: 'CNY' },
  { method: 'wechat_jsapi', currency: 'CNY', payer: { openid: 'o-shopper' } },
  { method: 'wechat_h5', currency: 'CNY', payer: { client_ip: '203.0.113.9' } },
  { method: 'alipay_page', currency: 'CNY' },
  { method: 'alipay_wap', currency: 'CNY' },
  { method: 'alipay_precreate', currency: 'CNY' },
  { method: 'stripe_checkout', currency: 'USD' },
  { method: 'stripe_payment_intent', currency: 'USD' },
] as const;

describe('A payment from order to refund', () =>
  forEachDatabase((_name, open) => {
    let paymux: Paymux;
    let shop: Merchant;
    let secret: string;

    before(async function () {
      this.timeout(60_000);
      shop = await startMerchant();
      paymux = await startPaymux({ database: await open() });
      ({ secret } = await paymux.addEndpoint(shop.url));
      await new Promise((resolve) => setTimeout(resolve, 600));
    });

    after(async () => {
      await paymux.stop();
      await shop.stop();
    });

    for (const { method, currency, ...rest } of methods) {
      it(`${method}: created, paid, confirmed by callback, notified, queried, refunded in two parts`, async () => {
        const order = {
          merchant_order_no: orderNo(),
          amount: 1999,
          currency,
          subject: 'Tea',
          method,
          return_url: 'https://shop.example/done',
          ...rest,
        };
        const created = await paymux.call('POST', '/v1/payments', order);
        expect(created.status, created.text).to.equal(201);
        expect(created.body).to.include({
          object: 'payment',
          state: 'pending',
          amount: 1999,
          currency,
          method,
          livemode: false,
          amount_refunded: 0,
        });

        const paid = await paymux.control('/_pay', { target: targetOf(created.body.action) });
        expect(paid.body, paid.text).to.include({ paid: true });

        const told = await shop.waitFor((one) => one.body.type === 'payment.succeeded' && one.body.data.object.id === created.body.id);
        verifyNotification(told, secret);
        const read = await paymux.call('GET', `/v1/payments/${created.body.id}?expand=attempts,refunds`);
        expect(read.body).to.include({ state: 'success', exception: null, action: null });
        expect(read.body.attempts).to.have.length(1);
        expect(read.body.attempts[0].state).to.equal('succeeded');

        for (const [part, amount] of [999, 1000].entries()) {
          const refund = await paymux.call('POST', `/v1/payments/${created.body.id}/refunds`, {
            merchant_refund_no: `${order.merchant_order_no}-${part}`,
            amount,
          });
          expect(refund.status, refund.text).to.equal(201);
          await eventually(async () => (await paymux.call('GET', `/v1/refunds/${refund.body.id}`)).body.state === 'success');
        }
        const refunded = await paymux.call('GET', `/v1/payments/${created.body.id}`);
        expect(refunded.body).to.include({ state: 'refunded', amount_refunded: 1999 });
        const truth = (await paymux.control('/_truth?since=0')).body.entries.filter((entry: { number: string }) =>
          [read.body.attempts[0].number].includes(entry.number),
        );
        expect(truth.filter((entry: { kind: string }) => entry.kind === 'charge')).to.have.length(1);
      });
    }

    it('takes the same order again as the same payment, and another content under its number as a conflict', async () => {
      const order = { merchant_order_no: orderNo(), amount: 500, currency: 'CNY', subject: 'Tea', method: 'wechat_native' };
      const first = await paymux.call('POST', '/v1/payments', order);
      const again = await paymux.call('POST', '/v1/payments', order);
      expect([again.status, again.body.id]).to.deep.equal([200, first.body.id]);
      const other = await paymux.call('POST', '/v1/payments', { ...order, amount: 501 });
      expect([other.status, other.body.code, other.body.payment?.id]).to.deep.equal([409, 'merchant_order_no_used', first.body.id]);
    });

    it('closes an unpaid payment at the channel, and only then here', async () => {
      const order = { merchant_order_no: orderNo(), amount: 500, currency: 'CNY', subject: 'Tea', method: 'wechat_native' };
      const created = await paymux.call('POST', '/v1/payments', order);
      const closed = await paymux.call('POST', `/v1/payments/${created.body.id}/close`);
      expect(closed.body).to.include({ state: 'closed', closing: false });
      const late = await paymux.control('/_pay', { target: targetOf(created.body.action) });
      expect(late.body.paid).to.equal(false);
      await shop.waitFor((one) => one.body.type === 'payment.closed' && one.body.data.object.id === created.body.id);
    });
  }));
