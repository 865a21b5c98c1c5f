import { createHmac } from 'node:crypto';
import { expect } from 'chai';
import { isGenuine } from '../../scripts/shop/notification.ts';
import { type Shop, startShop } from '../../scripts/shop/shop.ts';
import { forEachDatabase } from '../kit/database.ts';
import { freePort } from '../kit/free-port.ts';
import { eventually } from '../kit/merchant.ts';
import { type Paymux, startPaymux, targetOf } from '../kit/paymux.ts';

describe('The demo shop', () => {
  forEachDatabase((_name, open) => {
    let paymux: Paymux;
    let shop: Shop;

    before(async function () {
      this.timeout(60_000);
      paymux = await startPaymux({ database: await open() });
      const port = await freePort();
      const { secret } = await paymux.addEndpoint(`http://127.0.0.1:${port}/notifications`);
      await eventually(async () => (await paymux.call('GET', '/v1/notification_endpoints')).body.data.length > 0);
      shop = await startShop({ port, paymux: paymux.url, key: paymux.key, secret });
    });
    after(async () => {
      await shop.stop();
      await paymux.stop();
    });

    const go = (path: string, form?: Record<string, string>) =>
      fetch(shop.url + path, { redirect: 'manual', ...(form && { method: 'POST', body: new URLSearchParams(form) }) });
    const orderOf = async () => (await paymux.call('GET', '/v1/payments?limit=1')).body.data[0];

    it('sends whoever buys to the checkout, and shows the order as not paid', async () => {
      expect(await (await go('/')).text())
        .to.contain('A cup of tea')
        .and.to.contain('19.99');
      const bought = await go('/buy', { product: 'tea' });
      expect(bought.status).to.equal(303);
      const payment = await orderOf();
      expect(bought.headers.get('location')).to.equal(payment.checkout_url);
      expect(payment).to.include({ state: 'pending', amount: 1999, method: null });
      expect(await (await go(`/orders/${payment.merchant_order_no}`)).text()).to.contain('Not paid yet');
    });

    it('shows an order as paid because paymux says so, refunds it once, and believes no browser', async () => {
      const order = { merchant_order_no: 'shop-TEST', amount: 1999, currency: 'CNY', subject: '<b>Tea</b>', method: 'wechat_native' };
      const { body: payment } = await paymux.call('POST', '/v1/payments', order);
      const page = async () => (await go('/orders/shop-TEST?state=success&signature=x')).text();
      expect(await page())
        .to.contain('Not paid yet')
        .and.to.not.contain('<b>');
      await paymux.control('/_pay', { target: targetOf(payment.action) });
      await eventually(async () => (await page()).includes('The signed notification has come.'));
      expect(await page())
        .to.contain('>Paid<')
        .and.to.contain('Refund');
      await Promise.all([1, 2, 3].map(() => go('/orders/shop-TEST/refund', {})));
      await eventually(async () => (await page()).includes('>Refunded<'));
      expect((await paymux.call('GET', `/v1/refunds?payment=${payment.id}`)).body.data).to.have.length(1);
    });

    it('takes no notification that was not signed with its secret, and no page that it does not have', async () => {
      const forged = await fetch(`${shop.url}/notifications`, { method: 'POST', body: '{"type":"payment.succeeded"}' });
      expect(forged.status).to.equal(401);
      expect((await go('/orders/none')).status).to.equal(404);
      expect((await go('/buy', { product: 'gold' })).status).to.equal(400);
      expect((await go('/etc/passwd')).status).to.equal(404);
    });
  });

  it('checks the signature, the time and the bytes of a notification', () => {
    const secret = `whsec_${Buffer.from('secret of the shop').toString('base64')}`;
    const body = Buffer.from('{"a":1}');
    const at = 1_767_323_045;
    const signature = createHmac('sha256', 'secret of the shop').update(`msg.${at}.`).update(body).digest('base64');
    const headers = { 'webhook-id': 'msg', 'webhook-timestamp': String(at), 'webhook-signature': `v1,AAAA v1,${signature}` };
    const holds = (more: object, bytes = body, nowMs = at * 1000) => isGenuine({ ...headers, ...more }, bytes, secret, nowMs);
    expect(holds({})).to.equal(true);
    expect(holds({}, Buffer.from('{"a": 1}'))).to.equal(false);
    expect(holds({ 'webhook-id': 'other' })).to.equal(false);
    expect(holds({ 'webhook-timestamp': String(at + 1) })).to.equal(false);
    expect(holds({}, body, (at + 301) * 1000)).to.equal(false);
    expect(holds({ 'webhook-signature': undefined })).to.equal(false);
  });
});
