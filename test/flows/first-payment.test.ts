import { expect } from 'chai';
import { forEachDatabase } from '../kit/database.ts';
import { eventually, type Merchant, startMerchant, verifyNotification } from '../kit/merchant.ts';
import { orderNo, type Paymux, startPaymux, targetOf } from '../kit/paymux.ts';
import { listSamples, payAsShopper } from '../kit/shopper.ts';

const samples = await listSamples();

describe('A payment from order to refund', () =>
  forEachDatabase((_name, open) => {
    let paymux: Paymux;
    let shop: Merchant;
    let secret: string;

    before(async function () {
      this.timeout(60_000);
      shop = await startMerchant();
      paymux = await startPaymux({ database: await open(), channels: [...new Set(samples.map(({ channel }) => channel.id))] });
      ({ secret } = await paymux.addEndpoint(shop.url));
      await new Promise((resolve) => setTimeout(resolve, 600));
    });

    after(async () => {
      await paymux.stop();
      await shop.stop();
    });

    for (const { channel, method, currency, amount, payer } of samples) {
      it(`${method.id}: created, paid, confirmed, notified, queried, refunded`, async function () {
        this.timeout(20_000);
        const order = {
          merchant_order_no: orderNo(),
          amount,
          currency,
          subject: 'Tea',
          method: method.id,
          return_url: 'https://shop.example/done',
          payer,
          // Methods for several orders need them; all others take no notice.
          order_lines: [999, amount - 999].map((part, line) => ({
            merchant_order_no: `${line}-${orderNo()}`,
            amount: part,
            subject: 'Tea',
          })),
        };
        const created = await paymux.call('POST', '/v1/payments', order);
        expect(created.status, created.text).to.equal(201);
        expect(created.body).to.include({ object: 'payment', amount, currency, method: method.id, livemode: false, amount_refunded: 0 });
        if (method.action !== 'none') {
          expect(created.body.state, created.text).to.equal('pending');
          const paid = await payAsShopper(paymux, created.body.action);
          expect(paid.paid === true || paid.approved === true, JSON.stringify(paid)).to.equal(true);
        }

        const told = await shop.waitFor((one) => one.body.type === 'payment.succeeded' && one.body.data.object.id === created.body.id);
        verifyNotification(told, secret);
        const read = await paymux.call('GET', `/v1/payments/${created.body.id}?expand=attempts,refunds`);
        expect(read.body).to.include({ state: 'success', exception: null, action: null });
        expect(read.body.attempts).to.have.length(1);
        expect(read.body.attempts[0].state).to.equal('succeeded');

        const ability = method.abilities?.refund ?? channel.abilities.refund;
        const refunds = ability === 'partial' ? [1000, amount - 1000] : [amount];
        if (ability === 'none') refunds.length = 0;
        for (const [part, money] of refunds.entries()) {
          const asked = { merchant_refund_no: `${order.merchant_order_no}-${part}`, amount: money };
          const refund = await paymux.call('POST', `/v1/payments/${created.body.id}/refunds`, asked);
          expect(refund.status, refund.text).to.equal(201);
          await eventually(
            async () => (await paymux.call('GET', `/v1/refunds/${refund.body.id}`)).body.state === 'success',
            () => JSON.stringify(refund.body),
          );
        }
        const after = await paymux.call('GET', `/v1/payments/${created.body.id}`);
        const isRefunded = refunds.length > 0;
        expect(after.body).to.include({ state: isRefunded ? 'refunded' : 'success', amount_refunded: isRefunded ? amount : 0 });
        const { entries } = (await paymux.control('/_truth?since=0')).body;
        const truth = entries.filter((entry: { number: string }) => entry.number === read.body.attempts[0].number);
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
