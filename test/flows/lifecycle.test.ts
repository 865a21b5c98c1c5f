import { expect } from 'chai';
import { addApp } from '../kit/apps.ts';
import { forEachDatabase } from '../kit/database.ts';
import { eventually } from '../kit/merchant.ts';
import { orderNo, type Paymux, startPaymux, targetOf } from '../kit/paymux.ts';
import { storyOf } from '../kit/story.ts';

interface Entry {
  readonly kind: 'charge' | 'refund' | 'close';
  readonly number: string;
  readonly amount: number;
}

const amount = 1999;
const wechat = { channel: 'wechat', method: 'wechat_native', currency: 'CNY' };
const samples = [
  wechat,
  { channel: 'alipay', method: 'alipay_precreate', currency: 'CNY' },
  { channel: 'stripe', method: 'stripe_checkout', currency: 'USD' },
];

describe('The life of a payment after its order', () => {
  forEachDatabase((_name, open) => {
    let paymux: Paymux;
    let accepting: Awaited<ReturnType<typeof addApp>>;
    let holding: Awaited<ReturnType<typeof addApp>>;

    before(async function () {
      this.timeout(60_000);
      paymux = await startPaymux({ database: await open(), latePolicy: 'auto_refund' });
      accepting = await addApp(paymux, { latePolicy: 'accept' });
      holding = await addApp(paymux, { latePolicy: 'hold' });
    });
    after(() => paymux.stop());
    afterEach(() => paymux.control('/_scenario', undefined, 'DELETE'));

    const create = async ({ method, currency }: { method: string; currency: string }, headers: Readonly<Record<string, string>> = {}) => {
      const order = { merchant_order_no: orderNo(), amount, currency, subject: 'Tea', method, return_url: 'https://shop.example/done' };
      const created = await paymux.call('POST', '/v1/payments', { ...order, expires_in: 60 }, headers);
      expect(created.body.state, created.text.slice(0, 300)).to.equal('pending');
      return created.body;
    };
    const pay = async (payment: { action: object }) => (await paymux.control('/_pay', { target: targetOf(payment.action) })).body;
    const scenario = (channel: string, operation: string, behaviour: string, more: object = {}) =>
      paymux.control('/_scenario', { channel, operation, behaviour, ...more });
    const clearScenarios = () => paymux.control('/_scenario', undefined, 'DELETE');
    const story = (payment: { id: string }) => storyOf(paymux.stored.database, payment.id);
    const read = async (payment: { id: string }, headers: Readonly<Record<string, string>> = {}) =>
      (await paymux.call('GET', `/v1/payments/${payment.id}?expand=attempts,refunds`, undefined, headers)).body;
    const close = (payment: { id: string }, headers: Readonly<Record<string, string>> = {}) =>
      paymux.call('POST', `/v1/payments/${payment.id}/close`, undefined, headers);
    const refund = (payment: { id: string }, part: number, number = orderNo()) =>
      paymux.call('POST', `/v1/payments/${payment.id}/refunds`, { merchant_refund_no: number, amount: part });
    const numbersOf = async (table: 'attempts' | 'refunds', payment: { id: string }) =>
      (await paymux.stored.database.all(`SELECT number FROM ${table} WHERE payment_id = ? ORDER BY id`, [payment.id])).map((row) =>
        String(row.number),
      );
    /** What the channels really did about a payment and its refunds. */
    const truthOf = async (payment: { id: string }): Promise<readonly string[]> => {
      const own = [...(await numbersOf('attempts', payment)), ...(await numbersOf('refunds', payment))];
      const entries = (await paymux.control('/_truth?since=0')).body.entries as readonly Entry[];
      return entries.filter((entry) => own.includes(entry.number)).map((entry) => `${entry.kind} ${entry.amount}`);
    };
    const change = (sql: string, params: readonly (string | number | null)[]) =>
      paymux.stored.database.transaction((tx) => tx.run(sql, params));
    // The rows are what decides when something is done: moved into the past, they are that time having passed.
    const makeDue = (table: 'payments' | 'attempts' | 'refunds', payment: { id: string }) =>
      change(`UPDATE ${table} SET due_at = 1 WHERE ${table === 'payments' ? 'id' : 'payment_id'} = ? AND due_at IS NOT NULL`, [payment.id]);
    const expire = async (payment: { id: string }) => {
      const past = Date.now() - 600_000;
      await change('UPDATE attempts SET expires_at = ? WHERE payment_id = ?', [past, payment.id]);
      await change('UPDATE payments SET expires_at = ? WHERE id = ?', [past, payment.id]);
      await makeDue('payments', payment);
    };
    const until = (payment: { id: string }, state: string) =>
      eventually(
        async () => {
          const told = await story(payment);
          return told.state === state ? told : null;
        },
        () => `no ${state} of ${payment.id}`,
      );

    describe('when its time is over', () => {
      for (const sample of samples) {
        it(`is closed at ${sample.channel}, and then here`, async () => {
          const payment = await create(sample);
          // Alipay has no trade, and so nothing to close, before the code is scanned.
          if (sample.channel === 'alipay') await fetch(targetOf(payment.action));
          await expire(payment);
          const told = await until(payment, 'closed');
          expect(told.events).to.deep.equal(['payment.created', 'payment.closed']);
          expect(told.moves).to.include('pay pending>processing by timer');
          // Stripe tells of the close as well, and whoever is first ends it.
          expect(told.moves.filter((move) => /pay processing>closed by (timer|callback)/.test(move))).to.have.length(1);
          expect(await truthOf(payment)).to.deep.equal([`close ${amount}`]);
          expect(await pay(payment)).to.include({ paid: false });
          expect(await read(payment)).to.include({ state: 'closed', closing: false, action: null, exception: null });
        });
      }

      it('is a success when the shopper has paid and nobody has told us', async () => {
        for (const sample of samples) {
          const payment = await create(sample);
          await scenario(sample.channel, 'callback', 'drop_before_execute');
          await pay(payment);
          await expire(payment);
          const told = await until(payment, 'success');
          expect(told).to.include({ exception: null, amountPaid: amount });
          expect(await truthOf(payment)).to.deep.equal([`charge ${amount}`]);
        }
      });

      it('stays open, closing, while the channel does not know the number and could still be paid', async () => {
        const payment = await create({ method: 'alipay_precreate', currency: 'CNY' });
        await expire(payment);
        await eventually(async () => (await read(payment)).closing);
        expect(await read(payment)).to.include({ state: 'processing', action: null });
        // Twice unknown, half a minute apart, and past its time at the vendor: that ends it.
        const remembered = await eventually(async () => {
          const row = await paymux.stored.database.get('SELECT not_found_at FROM attempts WHERE payment_id = ?', [payment.id]);
          return row?.not_found_at;
        });
        await change('UPDATE attempts SET not_found_at = ? WHERE payment_id = ?', [Number(remembered) - 60_000, payment.id]);
        await makeDue('payments', payment);
        await until(payment, 'closed');
        // The vendor's clock has not moved: there the code can still be paid, and is.
        expect(await pay(payment)).to.include({ paid: true });
        await eventually(async () => (await read(payment)).refunds[0]?.state === 'success');
        expect(await truthOf(payment)).to.deep.equal([`charge ${amount}`, `refund ${amount}`]);
        expect(await read(payment)).to.include({ state: 'closed', exception: 'late' });
      });
    });

    describe('when the merchant closes it', () => {
      it('says that it was paid, when it was', async () => {
        for (const sample of samples) {
          const payment = await create(sample);
          await scenario(sample.channel, 'callback', 'drop_before_execute');
          await pay(payment);
          const answer = await close(payment);
          expect([answer.status, answer.body.code]).to.deep.equal([409, 'payment_not_closable']);
          expect(answer.body.payment).to.include({ id: payment.id, state: 'success' });
        }
      });

      it('waits, closing, when the channel does not answer, and closes when it does', async () => {
        const payment = await create(wechat);
        await scenario('wechat', 'close', 'http_500');
        expect((await close(payment)).body).to.include({ state: 'processing', closing: true, action: null });
        expect((await close(payment)).body, 'asked again').to.include({ state: 'processing', closing: true });
        await clearScenarios();
        await makeDue('payments', payment);
        expect((await until(payment, 'closed')).events).to.deep.equal(['payment.created', 'payment.closed']);
        expect((await close(payment)).body, 'asked once more').to.include({ state: 'closed' });
        expect(await truthOf(payment)).to.deep.equal([`close ${amount}`]);
      });

      it('is a success when the shopper is faster than the close', async () => {
        const payment = await create(wechat);
        await scenario('wechat', 'close', 'drop_before_execute');
        expect((await close(payment)).body).to.include({ closing: true });
        expect(await pay(payment)).to.include({ paid: true });
        expect(await read(payment)).to.include({ state: 'success', closing: false, exception: null });
      });
    });

    describe('when money comes after its end', () => {
      /** The vendor says that it closed the order and does not know it, and takes the shopper's money all the same. */
      const closedButPayable = async (headers: Readonly<Record<string, string>> = {}) => {
        const payment = await create(wechat, headers);
        await scenario('wechat', 'close', 'decline', { code: 'ORDER_CLOSED' });
        await scenario('wechat', 'query', 'not_found_until_ms', { delay_ms: 600_000 });
        expect((await close(payment, headers)).body).to.include({ state: 'closed', closing: false });
        await clearScenarios();
        expect(await pay(payment)).to.include({ paid: true });
        return payment;
      };

      it('returns it by itself, once', async () => {
        const payment = await closedButPayable();
        const attempt = (await read(payment)).attempts[0];
        expect(attempt.state).to.equal('succeeded_late');
        const [refunded] = await eventually(async () => {
          const { refunds } = await read(payment);
          return refunds[0]?.state === 'success' ? refunds : null;
        });
        expect(refunded).to.include({ kind: 'late', amount, merchant_refund_no: null });
        await paymux.control('/_notify_again', { number: attempt.number });
        expect(await truthOf(payment)).to.deep.equal([`charge ${amount}`, `refund ${amount}`]);
        expect(await read(payment)).to.include({ state: 'closed', exception: 'late' });
        expect((await story(payment)).events).to.deep.equal(['payment.created', 'payment.closed', 'payment.exception']);
      });

      it('takes it for an app that accepts it, and the payment can be refunded like any other', async () => {
        const payment = await closedButPayable(accepting.headers);
        expect(await read(payment, accepting.headers)).to.deep.include({ state: 'success', exception: 'late', refunds: [] });
        const body = { merchant_refund_no: orderNo(), amount };
        const made = await paymux.call('POST', `/v1/payments/${payment.id}/refunds`, body, accepting.headers);
        expect(made.status, made.text).to.equal(201);
        await until(payment, 'refunded');
      });

      it('leaves it to the operators of an app that holds it', async () => {
        const payment = await closedButPayable(holding.headers);
        expect(await read(payment, holding.headers)).to.deep.include({ state: 'closed', exception: 'late', refunds: [] });
        expect(await truthOf(payment)).to.deep.equal([`charge ${amount}`]);
      });

      it('returns a second payment of the same order, and keeps the first', async () => {
        const [first, second] = [await create(wechat), await create(wechat)];
        await scenario('wechat', 'callback', 'drop_before_execute');
        await pay(first);
        await pay(second);
        // As a failover leaves it behind whose first attempt was paid after all: two attempts of one payment.
        await change("UPDATE payments SET due_at = NULL, state = 'closed' WHERE id = ?", [second.id]);
        await change('UPDATE attempts SET payment_id = ? WHERE payment_id = ?', [first.id, second.id]);
        await clearScenarios();
        await paymux.control('/_notify_again', { number: (await numbersOf('attempts', first))[0] });
        await eventually(async () => (await read(first)).refunds[0]?.state === 'success');
        const told = await read(first);
        expect(told).to.include({ state: 'success', exception: 'duplicate', amount_refunded: 0 });
        expect(told.refunds).to.have.length(1);
        expect(told.refunds[0]).to.include({ kind: 'duplicate', amount });
        expect(await truthOf(first)).to.deep.equal([`charge ${amount}`, `charge ${amount}`, `refund ${amount}`]);
        expect((await story(first)).events).to.deep.equal(['payment.created', 'payment.succeeded', 'payment.exception']);
        expect((await refund(first, amount)).status, 'the first is still the merchant’s to refund').to.equal(201);
        await until(first, 'refunded');
      });
    });

    describe('when it is refunded', () => {
      const paid = async (sample: { method: string; currency: string } = wechat) => {
        const payment = await create(sample);
        await pay(payment);
        expect((await story(payment)).state).to.equal('success');
        return payment;
      };

      it('is a success until the last part, and then refunded', async () => {
        const payment = await paid();
        for (const [part, state, sum] of [
          [1000, 'success', 1000],
          [1, 'success', 1001],
          [998, 'refunded', 1999],
        ] as const) {
          const { body } = await refund(payment, part);
          await eventually(async () => (await paymux.call('GET', `/v1/refunds/${body.id}`)).body.state === 'success');
          expect(await read(payment)).to.include({ state, amount_refunded: sum });
        }
        expect((await refund(payment, 1)).body.code).to.equal('payment_not_refundable');
        expect(await truthOf(payment)).to.deep.equal([`charge ${amount}`, 'refund 1000', 'refund 1', 'refund 998']);
      });

      it('fails for good when the channel declines, says why in the reader’s language, and frees the money', async () => {
        const payment = await paid();
        await scenario('wechat', 'refund', 'decline', { code: 'NOT_ENOUGH', count: 1 });
        const number = orderNo();
        const failed = await refund(payment, amount, number);
        expect(failed.body).to.include({ state: 'failed', succeeded_at: null });
        expect(failed.body.failure).to.include({ code: 'insufficient_balance', advice: 'retry' });
        const again = await refund(payment, amount, number);
        expect([again.status, again.body.id, again.body.state]).to.deep.equal([200, failed.body.id, 'failed']);
        const path = `/v1/refunds/${failed.body.id}`;
        const inChinese = await paymux.call('GET', path, undefined, { 'accept-language': 'zh-CN,zh;q=0.9,en;q=0.5' });
        expect(inChinese.body.failure).to.include({ code: 'insufficient_balance' });
        expect(inChinese.body.failure.message).to.match(/[一-鿿]/);
        expect(failed.body.failure.message).to.match(/^[\x20-\x7e]+$/);
        expect((await refund(payment, amount)).status).to.equal(201);
        await until(payment, 'refunded');
        expect(await truthOf(payment)).to.deep.equal([`charge ${amount}`, `refund ${amount}`]);
      });

      for (const sample of samples) {
        for (const behaviour of ['drop_after_execute', 'drop_before_execute', 'http_500']) {
          it(`at ${sample.channel} is made once under one number when the answer is ${behaviour}`, async () => {
            const payment = await paid(sample);
            await scenario(sample.channel, 'refund', behaviour, { count: 1 });
            const { body } = await refund(payment, 700);
            expect(body.state).to.be.oneOf(['processing', 'success']);
            const over = await refund(payment, 1300);
            expect(over.body.code, 'its money is set aside meanwhile').to.equal('refund_exceeds_payment');
            await eventually(async () => (await paymux.call('GET', `/v1/refunds/${body.id}`)).body.state === 'success');
            expect(await truthOf(payment)).to.deep.equal([`charge ${amount}`, 'refund 700']);
            expect(await numbersOf('refunds', payment)).to.have.length(1);
            expect(await read(payment)).to.include({ state: 'success', amount_refunded: 700 });
          });
        }
      }

      it('waits, pending, when the channel cannot be reached, and is sent later', async () => {
        const payment = await paid();
        await scenario('wechat', 'refund', 'refuse');
        const { body } = await refund(payment, amount);
        expect(body.state).to.equal('pending');
        await clearScenarios();
        await makeDue('refunds', payment);
        await until(payment, 'refunded');
        expect(await truthOf(payment)).to.deep.equal([`charge ${amount}`, `refund ${amount}`]);
      });
    });
  });
});
