import { expect } from 'chai';
import { catalogue } from '../../core/metrics/catalogue.ts';
import { afterCommit } from '../../core/payments/after-commit.ts';
import { createRecentSuccess } from '../../core/payments/recent-success.ts';
import type { PaymentRow } from '../../core/store/tables/payments.ts';
import { forEachDatabase } from '../kit/database.ts';
import { eventually, type Merchant, startMerchant } from '../kit/merchant.ts';
import { orderNo, type Paymux, startPaymux, targetOf } from '../kit/paymux.ts';
import { readSamples, samplesOf } from './scrape.ts';

const token = 'a-token-for-the-scrape';

describe('The metrics of a server that works', function () {
  this.timeout(60_000);

  forEachDatabase((name, open) => {
    let paymux: Paymux;
    let shop: Merchant;

    before(async function () {
      this.timeout(60_000);
      shop = await startMerchant();
      const environment = { PAYMUX_METRICS_TOKEN: token, PAYMUX_CHANNELS_BREAKER_VOLUME_THRESHOLD: '3' };
      paymux = await startPaymux({ database: await open(), environment });
    });
    after(async () => {
      await paymux.stop();
      await shop.stop();
    });
    afterEach(() => paymux.control('/_scenario', undefined, 'DELETE'));

    const create = async (more: object = {}) => {
      const order = { merchant_order_no: orderNo(), amount: 1999, currency: 'CNY', subject: 'Tea', method: 'wechat_native' };
      const created = await paymux.call('POST', '/v1/payments', { ...order, notify_url: shop.url, ...more });
      expect(created.status, created.text).to.equal(201);
      return created.body;
    };
    const pay = (payment: { action: unknown }) => paymux.control('/_pay', { target: targetOf(payment.action) });
    const scrape = async () => readSamples((await paymux.call('GET', '/metrics', undefined, { authorization: `Bearer ${token}` })).text);
    const sumOf = async (metric: string, labels: Readonly<Record<string, string>> = {}) => {
      const samples = samplesOf(await scrape(), metric, labels);
      return samples.length === 0 ? null : samples.reduce((sum, sample) => sum + sample.value, 0);
    };

    it('count a payment, its callback, its refund and what the shop was told', async () => {
      const payment = await create();
      await pay(payment);
      const refund = { merchant_refund_no: orderNo(), amount: 500 };
      const { body } = await paymux.call('POST', `/v1/payments/${payment.id}/refunds`, refund);
      await shop.waitFor((one) => one.body.type === 'refund.succeeded' && one.body.data.object['id'] === body.id);
      await eventually(async () => ((await sumOf('notification_deliveries_total', { result: 'delivered' })) ?? 0) >= 3);
      expect(await sumOf('payments_total', { channel: 'wechat', method: 'wechat_native', outcome: 'succeeded' })).to.equal(1);
      expect(await sumOf('refunds_total', { channel: 'wechat', result: 'succeeded' })).to.equal(1);
      expect(await sumOf('callbacks_total', { channel: 'wechat', result: 'settled' })).to.equal(2);
      expect(await sumOf('http_requests_total', { route: 'payments.create', method: 'POST', code: '201' })).to.equal(1);
    });

    it('count a refund once, however often its end is told', async () => {
      const before = (await sumOf('refunds_total')) ?? 0;
      await paymux.control('/_scenario', { channel: 'wechat', operation: 'callback', behaviour: 'duplicate' });
      const payment = await create();
      await pay(payment);
      await paymux.call('POST', `/v1/payments/${payment.id}/refunds`, { merchant_refund_no: orderNo(), amount: 500 });
      await eventually(async () => ((await sumOf('callbacks_total', { channel: 'wechat' })) ?? 0) >= 6);
      expect(await sumOf('refunds_total')).to.equal(before + 1);
    });

    it('count what waits for a shopper, by its age, and no more once it is paid', async () => {
      const payment = await create({ method: 'alipay_page' });
      const waiting = () => sumOf('payments_pending', { channel: 'alipay' });
      expect(await waiting()).to.equal(1);
      expect(await sumOf('payments_pending', { channel: 'alipay', age: 'under_5m' })).to.equal(1);
      const day = 86_400_000;
      const age = (days: number) =>
        paymux.stored.database.transaction((tx) =>
          tx.run('UPDATE payments SET created_at = created_at - ? WHERE id = ?', [days * day, payment.id]),
        );
      await age(2);
      expect(await sumOf('payments_pending', { channel: 'alipay', age: 'over_1d' })).to.equal(1);
      await age(-2);
      await pay(payment);
      expect(await waiting()).to.equal(null);
    });

    it('count a payment that is closed with nothing left to ask a channel, and count it once', async () => {
      const payment = await create();
      await paymux.stored.database.transaction((tx) =>
        tx.run("UPDATE attempts SET state = 'failed', due_at = NULL WHERE payment_id = ?", [payment.id]),
      );
      const closed = () => sumOf('payments_total', { channel: 'wechat', method: 'wechat_native', outcome: 'closed' });
      expect(await closed()).to.equal(null);
      const answer = await paymux.call('POST', `/v1/payments/${payment.id}/close`);
      expect(answer.body.state).to.equal('closed');
      expect(await closed()).to.equal(1);
      await paymux.call('POST', `/v1/payments/${payment.id}/close`);
      expect(await closed()).to.equal(1);
    });

    it('count answers that do not agree with what was asked', async () => {
      await paymux.control('/_scenario', { channel: 'wechat', operation: 'callback', behaviour: 'wrong_amount', count: 1 });
      await pay(await create());
      expect(await sumOf('callback_mismatch_total', { channel: 'wechat', field: 'amount' })).to.equal(1);
    });

    it('count payments that moved on, and the breaker that opened', async () => {
      await paymux.control('/_scenario', { channel: 'stripe', operation: 'pay', behaviour: 'refuse' });
      for (let count = 0; count < 4; count += 1) await create({ method: 'stripe_checkout', currency: 'USD' });
      expect(await sumOf('channel_breaker_state', { channel: 'stripe', operation: 'pay' })).to.be.greaterThan(1);
      expect(await sumOf('channel_requests_total', { channel: 'stripe', result: 'notSent' })).to.be.greaterThan(2);
      await paymux.control('/_scenario', { channel: 'wechat', operation: 'pay', behaviour: 'refuse', count: 1 });
      await create({ fallback_methods: ['alipay_precreate'] });
      expect(await sumOf('channel_failover_total', { reason: 'notSent' })).to.be.greaterThan(0);
    });

    if (name === 'mariadb') {
      it('show the connections that are lent', async () => {
        await eventually(async () => {
          const reads = Array.from({ length: 20 }, () => paymux.call('GET', '/v1/payments'));
          const [inUse] = await Promise.all([sumOf('db_pool_in_use'), ...reads]);
          return (inUse ?? 0) > 0;
        });
      });
    }

    it('tell what does not agree with the vendors, and since when', async () => {
      const { database } = paymux.stored;
      const row = await database.get("SELECT id FROM channel_accounts WHERE channel = 'wechat' ORDER BY id LIMIT 1");
      const columns = 'id, account_id, channel, livemode, day, state, created_at, done_at';
      const day = `INSERT INTO reconciliations (${columns}) VALUES ('rec_1', ?, 'wechat', 0, '2026-01-01', 'done', 1, 5000)`;
      const fields = 'id, reconciliation_id, entry_key, account_id, channel, livemode, day, class, kind, currency, state, created_at';
      const add = (id: string, name: string, here: number | null, there: number | null, state = 'open') =>
        `INSERT INTO discrepancies (${fields}, amount_here, amount_there)
          VALUES ('${id}', 'rec_1', '${id}', 'acc_1', 'wechat', 0, '2026-01-01', '${name}', 'payment', 'CNY', '${state}', 1, ${here}, ${there})`;
      await database.transaction(async (tx) => {
        await tx.run(day, [String(row?.['id'])]);
        await tx.run(add('a', 'missing_there', 100, null));
        await tx.run(add('b', 'amount_differs', 100, 90));
        await tx.run(add('c', 'duplicate', 100, 100));
        await tx.run(add('d', 'timing', 7, null, 'suspended'));
      });
      expect(await sumOf('reconciliation_discrepancies', { channel: 'wechat', state: 'open' })).to.equal(3);
      expect(await sumOf('reconciliation_discrepancies', { state: 'suspended' })).to.equal(1);
      expect(await sumOf('reconciliation_unmatched_amount', { channel: 'wechat', currency: 'CNY' })).to.equal(210);
      expect(await sumOf('reconciliation_oldest_open_seconds', { channel: 'wechat' })).to.be.greaterThan(1_000_000);
      expect(await sumOf('reconciliation_last_done_seconds', { channel: 'wechat' })).to.equal(5);
    });

    it('hold every metric of the catalogue by now, except those of faults that did not happen', async () => {
      const samples = await scrape();
      const absent = Object.keys(catalogue).filter((metric) => samplesOf(samples, metric).length === 0);
      expect(absent).to.have.members(['duplicate_payments_total', 'channel_bugs_total', 'channel_quarantined', 'metrics_faults_total']);
      for (const task of ['attempts', 'payments', 'refunds'])
        expect(await sumOf('job_runs_total', { task, result: 'done' })).to.be.greaterThan(0);
    });
  });

  it('count a second success once, although it leaves the payment in the state of the first', () => {
    const row = { state: 'success', exception: null, channel: 'wechat', method: 'wechat_native', created_at: 0 } as PaymentRow;
    const counted: string[] = [];
    const metrics = { duplicatePayment: () => void counted.push('duplicate'), payment: () => void counted.push('payment') } as never;
    const clock = { now: () => new Date(0) } as never;
    const tell = (before: PaymentRow, payment: PaymentRow) =>
      afterCommit({ metrics, clock, recentSuccess: createRecentSuccess(clock) }, { before, payment });
    tell(row, { ...row, exception: 'duplicate' });
    expect(counted).to.deep.equal(['duplicate']);
    tell({ ...row, exception: 'duplicate' }, { ...row, exception: 'duplicate' });
    tell(row, row);
    expect(counted).to.deep.equal(['duplicate']);
  });
});
