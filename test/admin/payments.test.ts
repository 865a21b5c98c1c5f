import { expect } from 'chai';
import { archiveFinished } from '../../core/payments/archive.ts';
import { forEachDatabase } from '../kit/database.ts';
import { eventually, type Merchant, startMerchant } from '../kit/merchant.ts';
import { orderNo, type Paymux, startPaymux, targetOf } from '../kit/paymux.ts';
import { readFacts, runAdmin } from './command.ts';

const canary = 'canary5d20token';

describe('npm run admin -- payment show', function () {
  this.timeout(60_000);

  forEachDatabase((_name, open) => {
    let paymux: Paymux;
    let shop: Merchant;

    before(async function () {
      this.timeout(60_000);
      shop = await startMerchant();
      paymux = await startPaymux({ database: await open() });
    });
    after(async () => {
      await paymux.stop();
      await shop.stop();
    });

    const create = async (more: object) => {
      const order = { merchant_order_no: orderNo(), amount: 1999, currency: 'CNY', subject: 'Tea', method: 'wechat_native', ...more };
      const created = await paymux.call('POST', '/v1/payments', { notify_url: `${shop.url}?token=${canary}`, ...order });
      expect(created.status, created.text).to.equal(201);
      return created.body;
    };
    const show = (id: string) => readFacts(paymux.environment, 'payment', 'show', '--id', id);

    it('tells the whole story of one payment, its attempts, its refunds and what the shop was told', async () => {
      const { id, action } = await create({});
      await paymux.control('/_pay', { target: targetOf(action) });
      const refund = await paymux.call('POST', `/v1/payments/${id}/refunds`, {
        merchant_refund_no: orderNo(),
        amount: 500,
        reason: 'broke',
      });
      await shop.waitFor((one) => one.body.type === 'refund.succeeded' && one.body.data.object['id'] === refund.body.id);
      const facts = await eventually(async () => {
        const seen = await show(id);
        const told = seen.notifications.flatMap((event: { deliveries: { state: string }[] }) => event.deliveries);
        return told.every((one: { state: string }) => one.state === 'delivered') ? seen : null;
      });
      expect(facts.payment).to.include({
        id,
        state: 'success',
        paid: '1999 CNY (minor units)',
        refunded: '500 CNY (minor units)',
        livemode: false,
      });
      expect(facts.attempts).to.have.length(1);
      expect(facts.attempts[0]).to.include({ state: 'succeeded', method: 'wechat_native' });
      expect(facts.refunds[0]).to.include({ id: refund.body.id, state: 'succeeded', amount: '500 CNY (minor units)', reason: 'broke' });
      const moves = facts.history.map((one: { what: string }) => one.what);
      expect(moves).to.include(`${id}: new → processing, by merchant`).and.include(`${id}: pending → success, by callback`);
      expect(
        moves.some((move: string) => move.startsWith(`${refund.body.id}: `)),
        moves.join('\n'),
      ).to.equal(true);
      const types = facts.notifications.map((event: { type: string }) => event.type);
      expect(types).to.include.members(['payment.created', 'payment.succeeded', 'refund.succeeded']);
      expect(facts.notifications[0].deliveries[0]).to.include({ state: 'delivered', tries: 1, last_status: 204, to: `${shop.url}?…` });
      const now = new Date();
      const archiving = { database: paymux.stored.database, now, before: new Date(now.getTime() + 60_000) };
      expect(await archiveFinished(archiving)).to.be.greaterThan(0);
      const archived = await show(id);
      expect([archived.history, archived.notifications], 'out of the archive').to.deep.equal([facts.history, facts.notifications]);
    });

    it('is readable: a line for each fact, times in UTC', async () => {
      const { id } = await create({});
      const { code, out } = await runAdmin(paymux.environment, 'payment', 'show', '--id', id);
      expect(code).to.equal(0);
      for (const line of ['payment:', '  state: pending', '  amount: 1999 CNY (minor units)', 'attempts:', 'history:', 'notifications:'])
        expect(out.split('\n'), out).to.include(line);
      expect(out).to.match(/^ {2}created_at: \d{4}-\d\d-\d\dT[\d:.]+Z$/m);
      expect(out).to.not.match(/\[object|undefined|NaN/);
    });

    it('says why a payment failed', async () => {
      await paymux.control('/_scenario', { channel: 'wechat', operation: 'pay', behaviour: 'refuse' });
      const { id } = await create({});
      await paymux.control('/_scenario', undefined, 'DELETE');
      const facts = await show(id);
      expect(facts.payment.state).to.equal('failed');
      expect(facts.payment.failure).to.contain('channel_unavailable');
      expect(facts.attempts.length).to.be.greaterThan(1);
      for (const attempt of facts.attempts) expect(attempt.state).to.equal('not_sent');
    });

    it('shows no secret: nothing the shopper gave, no client secret, no token of an address', async () => {
      const payer = { email: `${canary}@shop.example` };
      const { id, action } = await create({ method: 'stripe_payment_intent', currency: 'USD', payer });
      const clientSecret = JSON.stringify(action.params).match(/pi_\w+_secret_\w+/)?.[0] ?? '';
      expect(clientSecret, 'the action holds one').to.not.equal('');
      const { code, out } = await runAdmin(paymux.environment, 'payment', 'show', '--id', id);
      expect(code).to.equal(0);
      expect(out).to.not.contain(canary).and.not.contain(clientSecret);
      expect(out).to.not.contain(paymux.key);
    });

    it('refuses an id that is none, and wants one', async () => {
      const unknown = await runAdmin(paymux.environment, 'payment', 'show', '--id', 'pay_none');
      expect([unknown.code, unknown.err]).to.deep.equal([1, 'there is no payment pay_none\n']);
      expect((await runAdmin(paymux.environment, 'payment', 'show')).code).to.equal(2);
    });
  });
});
