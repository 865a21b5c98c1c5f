import { expect } from 'chai';
import { forEachDatabase } from '../kit/database.ts';
import { eventually } from '../kit/merchant.ts';
import { orderNo, type Paymux, startPaymux, targetOf } from '../kit/paymux.ts';

describe('Many at once', () => {
  forEachDatabase((_name, open) => {
    let paymux: Paymux;

    before(async function () {
      this.timeout(60_000);
      paymux = await startPaymux({ database: await open() });
    });
    after(() => paymux.stop());

    const times = <T>(count: number, work: (index: number) => Promise<T>) =>
      Promise.all(Array.from({ length: count }, (_, index) => work(index)));
    const truth = async () => (await paymux.control('/_truth?since=0')).body.entries as { kind: string; number: string; amount: number }[];

    it('100 identical creates make one payment and one charge', async () => {
      const order = { merchant_order_no: orderNo(), amount: 300, currency: 'CNY', subject: 'Tea', method: 'wechat_native' };
      const answers = await times(100, () => paymux.call('POST', '/v1/payments', order));
      expect(answers.filter((answer) => answer.status === 201)).to.have.length(1);
      expect(answers.every((answer) => answer.status === 200 || answer.status === 201)).to.equal(true);
      const ids = new Set(answers.map((answer) => answer.body.id));
      expect(ids.size).to.equal(1);
      const [id] = [...ids];
      const read = await paymux.call('GET', `/v1/payments/${id}?expand=attempts`);
      expect(read.body.attempts).to.have.length(1);
      await paymux.control('/_pay', { target: targetOf(read.body.action) });
      const charges = (await truth()).filter((entry) => entry.kind === 'charge' && entry.number === read.body.attempts[0].number);
      expect(charges).to.have.length(1);
    });

    it('100 creates under one Idempotency-Key get one answer, or are told to wait', async () => {
      const order = { merchant_order_no: orderNo(), amount: 300, currency: 'CNY', subject: 'Tea', method: 'wechat_native' };
      const key = { 'idempotency-key': orderNo() };
      const answers = await times(100, () => paymux.call('POST', '/v1/payments', order, key));
      const taken = answers.filter((answer) => answer.status === 201);
      expect(answers.every((answer) => answer.status === 201 || answer.status === 409)).to.equal(true);
      expect(new Set(taken.map((answer) => answer.text)).size).to.equal(1);
      expect(answers.filter((answer) => answer.status === 409).every((answer) => answer.body.code === 'idempotency_in_progress')).to.equal(
        true,
      );
    });

    it('50 refunds beyond the total never return more than was paid', async () => {
      const order = { merchant_order_no: orderNo(), amount: 1000, currency: 'CNY', subject: 'Tea', method: 'wechat_native' };
      const { body: payment } = await paymux.call('POST', '/v1/payments', order);
      await paymux.control('/_pay', { target: targetOf(payment.action) });
      const answers = await times(50, (index) =>
        paymux.call('POST', `/v1/payments/${payment.id}/refunds`, {
          merchant_refund_no: `${order.merchant_order_no}-${index}`,
          amount: 70,
        }),
      );
      expect(answers.filter((answer) => answer.status === 201)).to.have.length(14);
      expect(answers.filter((answer) => answer.body.code === 'refund_exceeds_payment')).to.have.length(36);
      await eventually(async () => (await paymux.call('GET', `/v1/payments/${payment.id}`)).body.amount_refunded === 980);
      const read = await paymux.call('GET', `/v1/payments/${payment.id}?expand=attempts,refunds`);
      const numbers = read.body.refunds.map((refund: { id: string }) => refund.id.slice(4));
      const returned = (await truth()).filter((entry) => entry.kind === 'refund' && numbers.includes(entry.number));
      expect(returned.reduce((sum, entry) => sum + entry.amount, 0)).to.equal(980);
    });

    it('50 identical refunds are one refund', async () => {
      const order = { merchant_order_no: orderNo(), amount: 1000, currency: 'CNY', subject: 'Tea', method: 'wechat_native' };
      const { body: payment } = await paymux.call('POST', '/v1/payments', order);
      await paymux.control('/_pay', { target: targetOf(payment.action) });
      const refund = { merchant_refund_no: `${order.merchant_order_no}-r`, amount: 1000 };
      const answers = await times(50, () => paymux.call('POST', `/v1/payments/${payment.id}/refunds`, refund));
      expect(new Set(answers.map((answer) => answer.body.id)).size, answers[0]?.text).to.equal(1);
      await eventually(async () => (await paymux.call('GET', `/v1/payments/${payment.id}`)).body.state === 'refunded');
    });

    it('a close and the shopper at the same moment end in exactly one of closed and success', async function () {
      this.timeout(60_000);
      for (let round = 0; round < 20; round += 1) {
        const order = { merchant_order_no: orderNo(), amount: 300, currency: 'CNY', subject: 'Tea', method: 'wechat_native' };
        const { body: payment } = await paymux.call('POST', '/v1/payments', order);
        const [paid] = await Promise.all([
          paymux.control('/_pay', { target: targetOf(payment.action) }),
          paymux.call('POST', `/v1/payments/${payment.id}/close`),
        ]);
        const wanted = paid.body.paid ? 'success' : 'closed';
        await eventually(async () => (await paymux.call('GET', `/v1/payments/${payment.id}`)).body.state === wanted);
      }
    });
  });
});
