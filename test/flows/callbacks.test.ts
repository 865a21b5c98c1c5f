import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { forEachDatabase } from '../kit/database.ts';
import { eventually } from '../kit/merchant.ts';
import { orderNo, type Paymux, startPaymux, targetOf } from '../kit/paymux.ts';
import { deliver, type RecordedCallback, type Recorder, startRecorder } from '../kit/recorder.ts';
import { storyOf } from '../kit/story.ts';

interface Sample {
  readonly channel: 'wechat' | 'alipay' | 'stripe';
  readonly method: string;
  readonly currency: string;
}

const samples: readonly Sample[] = [
  { channel: 'wechat', method: 'wechat_native', currency: 'CNY' },
  { channel: 'alipay', method: 'alipay_precreate', currency: 'CNY' },
  { channel: 'stripe', method: 'stripe_checkout', currency: 'USD' },
];

const amount = 1999;
const garbage: readonly Buffer[] = [
  Buffer.alloc(0),
  Buffer.from('{}'),
  Buffer.from('[]'),
  Buffer.from('sign=x&sign_type=RSA2'),
  Buffer.from('{"id":"x","event_type":"TRANSACTION.SUCCESS","resource":{}}'),
  randomBytes(1000),
];

const withHeader = (callback: RecordedCallback, name: string, value: string | null): RecordedCallback => {
  const { [name]: _old, ...rest } = callback.headers;
  return { ...callback, headers: value === null ? rest : { ...rest, [name]: value } };
};
const withBody = (callback: RecordedCallback, change: (text: string) => string): RecordedCallback => {
  const text = callback.body.toString('utf8');
  const changed = change(text);
  if (changed === text) throw new Error('the change changes nothing');
  return { ...callback, body: Buffer.from(changed) };
};
/** Another character of the same kind, so that only the value is wrong. */
const otherDigit = (digit: string) => (digit === '7' ? '8' : '7');

/** The same callback with one thing changed, in each way that a channel's signature has to notice. */
function tamper(channel: Sample['channel'], callback: RecordedCallback): Readonly<Record<string, RecordedCallback>> {
  const middle = Math.floor(callback.body.length / 2);
  const flipped = Buffer.from(callback.body);
  flipped[middle] = (flipped[middle] ?? 0) ^ 1;
  const common = {
    'a flipped bit': { ...callback, body: flipped },
    'a byte more': { ...callback, body: Buffer.concat([callback.body, Buffer.from(' ')]) },
  };
  if (channel === 'alipay')
    return {
      'a flipped bit': common['a flipped bit'],
      'another amount': withBody(callback, (text) => text.replace('total_amount=19.99', 'total_amount=29.99')),
      'another time': withBody(callback, (text) => text.replace(/notify_time=2/, 'notify_time=3')),
      'another signature': withBody(callback, (text) =>
        text.replace(/sign=(.)/, (_all, first: string) => `sign=${first === 'A' ? 'B' : 'A'}`),
      ),
      'no signature': withBody(callback, (text) => text.replace(/&?sign=[^&]*/, '')),
      'an amount given twice': withBody(callback, (text) => `${text}&total_amount=0.01`),
    };
  if (channel === 'wechat')
    return {
      ...common,
      'a stale time': withHeader(callback, 'wechatpay-timestamp', String(Number(callback.headers['wechatpay-timestamp']) - 301)),
      'another nonce': withHeader(callback, 'wechatpay-nonce', 'x'),
      'another serial': withHeader(callback, 'wechatpay-serial', 'PUB_KEY_ID_0000000000000000000000000000'),
      'another signature': withHeader(callback, 'wechatpay-signature', randomBytes(256).toString('base64')),
      'no signature': withHeader(callback, 'wechatpay-signature', null),
    };
  const signature = callback.headers['stripe-signature'] ?? '';
  return {
    ...common,
    'another amount': withBody(callback, (text) => text.replaceAll('1999', '2999')),
    'a stale time': withHeader(
      callback,
      'stripe-signature',
      signature.replace(/t=(\d+)/, (_all, t: string) => `t=${Number(t) - 301}`),
    ),
    'another signature': withHeader(
      callback,
      'stripe-signature',
      signature.replace(/v1=(.)/, (_all, digit: string) => `v1=${otherDigit(digit)}`),
    ),
    'another scheme': withHeader(callback, 'stripe-signature', signature.replace('v1=', 'v0=')),
    'no signature': withHeader(callback, 'stripe-signature', null),
  };
}

/** In the channel's own words: Alipay looks at the body alone. */
const isTaken = (channel: Sample['channel'], answer: { status: number; text: string }) =>
  answer.status === 200 && (channel !== 'alipay' || answer.text === 'success');

describe('Callbacks of channels', () => {
  forEachDatabase((_name, open) => {
    let paymux: Paymux;
    let recorder: Recorder;

    before(async function () {
      this.timeout(60_000);
      recorder = await startRecorder();
      paymux = await startPaymux({ database: await open(), environment: { PAYMUX_PUBLIC_URL: recorder.url } });
      recorder.sendTo(paymux.url);
    });
    after(async () => {
      await paymux.stop();
      await recorder.stop();
    });
    afterEach(async () => {
      recorder.hold(false);
      await paymux.control('/_scenario', undefined, 'DELETE');
    });

    const create = async ({ method, currency }: Sample) => {
      const order = { merchant_order_no: orderNo(), amount, currency, subject: 'Tea', method, return_url: 'https://shop.example/done' };
      const created = await paymux.call('POST', '/v1/payments', order);
      expect(created.status, created.text.slice(0, 300)).to.equal(201);
      return created.body;
    };
    const pay = (payment: { action: object }) => paymux.control('/_pay', { target: targetOf(payment.action) });
    const story = (payment: { id: string }) => storyOf(paymux.stored.database, payment.id);
    const scenario = (channel: string, operation: string, behaviour: string, more: object = {}) =>
      paymux.control('/_scenario', { channel, operation, behaviour, ...more });
    const send = (callback: RecordedCallback) => deliver(paymux.url, callback);
    const attemptOf = async (payment: { id: string }) => {
      const row = await paymux.stored.database.get('SELECT id, number, channel_no FROM attempts WHERE payment_id = ?', [payment.id]);
      return { id: String(row?.id), number: String(row?.number), channelNo: row?.channel_no === null ? null : String(row?.channel_no) };
    };
    const change = (sql: string, params: readonly (string | number | null)[]) =>
      paymux.stored.database.transaction((tx) => tx.run(sql, params));
    /** What the channel sends while this runs, kept from the server. */
    const capture = async (work: () => Promise<unknown>): Promise<readonly RecordedCallback[]> => {
      const from = recorder.seen.length;
      recorder.hold(true);
      await work();
      recorder.hold(false);
      return recorder.seen.slice(from);
    };
    const paidButUntold = async (sample: Sample) => {
      const payment = await create(sample);
      const callbacks = await capture(() => pay(payment));
      const last = callbacks.at(-1);
      if (last === undefined) throw new Error(`${sample.channel} sent no callback`);
      return { payment, callbacks, last };
    };
    const expectPaidOnce = async (payment: { id: string }) => {
      const told = await story(payment);
      expect(told).to.include({ state: 'success', exception: null, amountPaid: amount });
      expect(told.events).to.deep.equal(['payment.created', 'payment.succeeded']);
      expect(told.moves.filter((move) => move.includes('>succeeded') || move.includes('>success'))).to.have.length(2);
    };

    for (const sample of samples) {
      const { channel } = sample;
      describe(`of ${channel}`, () => {
        it('are refused when one thing about them was changed, and taken as they were', async () => {
          const { payment, last } = await paidButUntold(sample);
          const before = await story(payment);
          expect(before.state).to.equal('pending');
          for (const [name, changed] of Object.entries(tamper(channel, last))) {
            const answer = await send(changed);
            expect(answer.status, `${name}: ${answer.text}`).to.be.within(400, 401);
            expect(isTaken(channel, answer), name).to.equal(false);
          }
          expect(await story(payment)).to.deep.equal(before);
          expect(isTaken(channel, await send(last))).to.equal(true);
          await expectPaidOnce(payment);
        });

        it('are refused when a stranger signed them, before and after the genuine one', async () => {
          const payment = await create(sample);
          const [forged] = await capture(() => paymux.control('/_forge', { target: targetOf(payment.action) }));
          const before = await story(payment);
          expect((await send(forged as RecordedCallback)).status).to.be.within(400, 401);
          expect(await story(payment)).to.deep.equal(before);
          await pay(payment);
          expect((await send(forged as RecordedCallback)).status).to.be.within(400, 401);
          await expectPaidOnce(payment);
        });

        it('are acknowledged a hundred times at once, and happen once', async function () {
          this.timeout(30_000);
          const { payment, callbacks } = await paidButUntold(sample);
          const copies = Array.from({ length: 100 }, () => callbacks).flat();
          const answers = await Promise.all(copies.map(send));
          expect(answers.filter((answer) => !isTaken(channel, answer))).to.deep.equal([]);
          await expectPaidOnce(payment);
        });

        it('say a refund a hundred times at once, and it happens once', async function () {
          this.timeout(30_000);
          const payment = await create(sample);
          await pay(payment);
          const body = { merchant_refund_no: orderNo(), amount: 999 };
          const callbacks = await capture(async () => {
            await paymux.call('POST', `/v1/payments/${payment.id}/refunds`, body);
            await eventually(() => recorder.seen.at(-1)?.path.includes(channel) && recorder.seen.length > 0);
            await new Promise((resolve) => setTimeout(resolve, 100));
          });
          expect(callbacks.length).to.be.greaterThan(0);
          const answers = await Promise.all(
            Array.from({ length: 100 }, () => callbacks)
              .flat()
              .map(send),
          );
          expect(answers.filter((answer) => !isTaken(channel, answer))).to.deep.equal([]);
          const read = await paymux.call('GET', `/v1/payments/${payment.id}?expand=refunds`);
          expect(read.body).to.include({ state: 'success', amount_refunded: 999 });
          expect(read.body.refunds.map((one: { state: string }) => one.state)).to.deep.equal(['success']);
          const told = await paymux.stored.database.all("SELECT id FROM events WHERE type = 'refund.succeeded' AND subject_id = ?", [
            read.body.refunds[0].id,
          ]);
          expect(told).to.have.length(1);
        });

        it('of one account prove nothing at another, nor at another channel', async () => {
          const { payment, last } = await paidButUntold(sample);
          const before = await story(payment);
          const own = last.path.split('/').at(-1) ?? '';
          const strangers = paymux.accounts.filter((account) => account.id !== own);
          expect(strangers.some((account) => account.channel === channel)).to.equal(true);
          for (const account of strangers) {
            const answer = await send({ ...last, path: `/v1/callbacks/${account.channel}/${account.id}` });
            expect(answer.status, account.channel).to.be.within(400, 401);
            expect(isTaken(account.channel as Sample['channel'], answer)).to.equal(false);
          }
          for (const other of samples.filter((one) => one.channel !== channel))
            expect((await send({ ...last, path: `/v1/callbacks/${other.channel}/${own}` })).status).to.equal(404);
          expect(await story(payment)).to.deep.equal(before);
          expect(isTaken(channel, await send(last))).to.equal(true);
          await expectPaidOnce(payment);
        });

        for (const lie of ['wrong_amount', 'wrong_account']) {
          it(`with a ${lie.replace('_', ' ')} change nothing until the channel says the truth, and then exactly the truth`, async () => {
            const payment = await create(sample);
            const before = await story(payment);
            await scenario(channel, 'callback', lie);
            await scenario(channel, 'query', 'drop_before_execute');
            await pay(payment);
            expect(await story(payment)).to.deep.equal(before);
            await paymux.control('/_scenario', undefined, 'DELETE');
            await paymux.control('/_notify_again', { number: (await attemptOf(payment)).number });
            await expectPaidOnce(payment);
          });
        }

        it('with a wrong amount make us ask, and the answer counts', async () => {
          const payment = await create(sample);
          await scenario(channel, 'callback', 'wrong_amount');
          await pay(payment);
          await expectPaidOnce(payment);
        });

        for (const behaviour of ['duplicate', 'late', 'reorder', 'forged']) {
          it(`that are ${behaviour} lead to one success`, async () => {
            const payment = await create(sample);
            await scenario(channel, 'callback', behaviour, { delay_ms: 200 });
            await pay(payment);
            await eventually(async () => (await story(payment)).state === 'success');
            await new Promise((resolve) => setTimeout(resolve, 100));
            await expectPaidOnce(payment);
          });
        }

        it('that are lost for good are made up for by asking', async () => {
          const payment = await create(sample);
          await scenario(channel, 'callback', 'drop_before_execute');
          await pay(payment);
          expect((await story(payment)).state).to.equal('pending');
          // As if the quarter of a minute until the first question had passed.
          await change('UPDATE attempts SET due_at = 1 WHERE payment_id = ?', [payment.id]);
          await eventually(async () => (await story(payment)).state === 'success');
          await expectPaidOnce(payment);
        });

        it('that overtake the answer to the order find it, and are not undone by the answer', async () => {
          await scenario(channel, 'pay', 'late', { charge: true, delay_ms: 400, count: 1 });
          const payment = await create(sample);
          expect(payment).to.include({ state: 'success', action: null });
          await expectPaidOnce(payment);
        });

        it('about an order that may be about to be stored are not acknowledged, and the same is taken once it is', async () => {
          const { payment, last } = await paidButUntold(sample);
          const before = await story(payment);
          const { id, number, channelNo } = await attemptOf(payment);
          // As if another system of the merchant had made the order: nobody here knows either number.
          await change('UPDATE attempts SET number = ?, channel_no = NULL WHERE id = ?', [`${number.slice(0, -4)}ZZZZ`, id]);
          const unknown = await send(last);
          expect(isTaken(channel, unknown)).to.equal(false);
          expect(await story(payment)).to.deep.equal(before);
          await change('UPDATE attempts SET number = ?, channel_no = ? WHERE id = ?', [number, channelNo, id]);
          expect(isTaken(channel, await send(last))).to.equal(true);
          await expectPaidOnce(payment);
        });

        it('that are genuine, about a payment that was made on another account, settle nothing', async () => {
          const { payment, last } = await paidButUntold(sample);
          const before = await story(payment);
          const own = last.path.split('/').at(-1) ?? '';
          const other = paymux.accounts.find((account) => account.channel === channel && account.id !== own);
          // As if two accounts shared their keys, so that the signature cannot tell them apart.
          await change('UPDATE attempts SET account_id = ? WHERE payment_id = ?', [other?.id ?? '', payment.id]);
          expect(isTaken(channel, await send(last))).to.equal(false);
          expect(await story(payment)).to.deep.equal(before);
          await change('UPDATE attempts SET account_id = ? WHERE payment_id = ?', [own, payment.id]);
          expect(isTaken(channel, await send(last))).to.equal(true);
          await expectPaidOnce(payment);
        });

        it('that are empty, random, huge or of another shape are refused without harm', async () => {
          const { last } = await paidButUntold(sample);
          const before = await paymux.stored.database.get('SELECT COUNT(*) AS n FROM history');
          for (const body of garbage) {
            for (const headers of [last.headers, {}, { 'content-type': 'application/json' }])
              expect((await send({ path: last.path, headers, body })).status, body.toString('latin1').slice(0, 40)).to.be.within(400, 401);
          }
          expect((await send({ ...last, body: randomBytes(307_200) })).status).to.equal(413);
          expect((await fetch(`${paymux.url}${last.path}?out_trade_no=1`)).status).to.be.within(400, 401);
          expect((await send({ ...last, path: `${last.path}x` })).status).to.equal(404);
          expect(await paymux.stored.database.get('SELECT COUNT(*) AS n FROM history')).to.deep.equal(before);
        });
      });
    }
  });
});
