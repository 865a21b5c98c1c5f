import { expect } from 'chai';
import { forEachDatabase } from '../kit/database.ts';
import { eventually } from '../kit/merchant.ts';
import { orderNo, type Paymux, startPaymux, targetOf } from '../kit/paymux.ts';

describe('Failover', () => {
  forEachDatabase((_name, open) => {
    let paymux: Paymux;

    before(async function () {
      this.timeout(60_000);
      paymux = await startPaymux({ database: await open(), environment: { PAYMUX_CHANNELS_TIMEOUT_MS: '1000' } });
    });
    after(() => paymux.stop());
    afterEach(() => paymux.control('/_scenario', undefined, 'DELETE'));

    const order = (more: object = {}) => ({
      merchant_order_no: orderNo(),
      amount: 700,
      currency: 'CNY',
      subject: 'Tea',
      method: 'wechat_native',
      ...more,
    });
    const accountsAt = (channel: string) => paymux.accounts.filter((account) => account.channel === channel);
    const attemptsOf = async (id: string) => (await paymux.call('GET', `/v1/payments/${id}?expand=attempts`)).body.attempts;
    const chargesOf = async (numbers: readonly string[]) =>
      (await paymux.control('/_truth?since=0')).body.entries.filter(
        (entry: { kind: string; number: string }) => entry.kind === 'charge' && numbers.includes(entry.number),
      );

    it('goes to the second account when the first refuses the connection, and the payment succeeds there', async () => {
      const [first] = accountsAt('wechat');
      await paymux.control('/_scenario', { channel: 'wechat', operation: 'pay', behaviour: 'refuse', account: first?.offeredId });
      const created = await paymux.call('POST', '/v1/payments', order());
      expect(created.body.state, created.text).to.equal('pending');
      const attempts = await attemptsOf(created.body.id);
      expect(attempts.map((attempt: { state: string }) => attempt.state)).to.deep.equal(['not_sent', 'waiting']);
      expect(attempts[0].account).to.not.equal(attempts[1].account);
      await paymux.control('/_pay', { target: targetOf(created.body.action) });
      const read = await paymux.call('GET', `/v1/payments/${created.body.id}`);
      expect(read.body.state).to.equal('success');
      expect(await chargesOf(attempts.map((attempt: { number: string }) => attempt.number))).to.have.length(1);
    });

    it('shows the method that the shopper is to act on, once another one took over', async () => {
      await paymux.control('/_scenario', { channel: 'wechat', operation: 'pay', behaviour: 'refuse' });
      const created = await paymux.call('POST', '/v1/payments', order({ fallback_methods: ['alipay_precreate'] }));
      expect(created.body, created.text).to.include({ state: 'pending', method: 'alipay_precreate', channel: 'alipay' });
      const read = await paymux.call('GET', `/v1/payments/${created.body.id}`);
      expect(read.body).to.include({ method: 'alipay_precreate', channel: 'alipay' });
    });

    it('never fails over when the first hangs after it has charged: one charge, and the payment ends in success', async () => {
      await paymux.control('/_scenario', { channel: 'wechat', operation: 'pay', behaviour: 'hang', execute: true, charge: true, count: 1 });
      const created = await paymux.call('POST', '/v1/payments', order());
      expect(created.body.state, created.text).to.be.oneOf(['processing', 'success']);
      await eventually(async () => (await paymux.call('GET', `/v1/payments/${created.body.id}`)).body.state === 'success');
      const attempts = await attemptsOf(created.body.id);
      expect(attempts).to.have.length(1);
      expect(await chargesOf([attempts[0].number])).to.have.length(1);
    });

    it('asks, and sends the same number again, when an answer is lost before the channel did anything', async () => {
      await paymux.control('/_scenario', { channel: 'wechat', operation: 'pay', behaviour: 'drop_before_execute', count: 1 });
      const created = await paymux.call('POST', '/v1/payments', order());
      expect(created.body.state).to.equal('processing');
      const read = await eventually(async () => {
        const { body } = await paymux.call('GET', `/v1/payments/${created.body.id}`);
        return body.state === 'pending' ? body : null;
      });
      expect(read.action.type).to.equal('qr');
      expect(await attemptsOf(created.body.id)).to.have.length(1);
      await paymux.control('/_pay', { target: targetOf(read.action) });
      await eventually(async () => (await paymux.call('GET', `/v1/payments/${created.body.id}`)).body.state === 'success');
    });

    it('goes to a method that the merchant permits when the whole channel refuses', async () => {
      await paymux.control('/_scenario', { channel: 'wechat', operation: 'pay', behaviour: 'refuse' });
      const created = await paymux.call('POST', '/v1/payments', order({ fallback_methods: ['alipay_precreate'] }));
      expect(created.body.state, created.text).to.equal('pending');
      const attempts = await attemptsOf(created.body.id);
      expect(attempts.at(-1)).to.include({ channel: 'alipay', state: 'waiting' });
      await paymux.control('/_pay', { target: targetOf(created.body.action) });
      const read = await paymux.call('GET', `/v1/payments/${created.body.id}`);
      expect(read.body).to.include({ state: 'success', channel: 'alipay', method: 'alipay_precreate' });
    });

    it('fails the payment with advice when nothing can be reached', async () => {
      await paymux.control('/_scenario', { channel: 'wechat', operation: 'pay', behaviour: 'refuse' });
      const created = await paymux.call('POST', '/v1/payments', order());
      expect(created.status).to.equal(201);
      expect(created.body).to.include({ state: 'failed' });
      expect(created.body.failure).to.include({ code: 'channel_unavailable', advice: 'retry_other_method' });
    });

    for (const behaviour of ['http_500', 'bad_signature', 'drop_after_execute', 'rate_limited'] as const) {
      it(`holds on to its one attempt when the channel answers with ${behaviour}`, async () => {
        await paymux.control('/_scenario', { channel: 'wechat', operation: 'pay', behaviour, count: 1 });
        const created = await paymux.call('POST', '/v1/payments', order({ fallback_methods: ['alipay_precreate'] }));
        expect(created.body.state).to.equal('processing');
        await eventually(async () => (await paymux.call('GET', `/v1/payments/${created.body.id}`)).body.state === 'pending');
        expect(await attemptsOf(created.body.id)).to.have.length(1);
      });
    }
  });
});
