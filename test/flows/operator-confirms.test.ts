import { expect } from 'chai';
import { createAccount } from '../../core/access/admin/accounts.ts';
import { discoverChannels } from '../../core/channels/discover.ts';
import { readFacts, runAdmin } from '../admin/command.ts';
import { addApp } from '../kit/apps.ts';
import { forEachDatabase } from '../kit/database.ts';
import { eventually, type Merchant, startMerchant, verifyNotification } from '../kit/merchant.ts';
import { must, orderNo, type Paymux, startPaymux } from '../kit/paymux.ts';

const bank = { account_holder: 'Tea Ltd', account_number: 'DE89370400440532013000', bank_name: 'Bank of Tea', currency: 'EUR' };
const evidence = 'statement 47, line 3';

describe('Money that only an operator can see', () => {
  forEachDatabase((_name, open) => {
    let paymux: Paymux;
    let shop: Merchant;
    let secret: string;
    let accepting: Awaited<ReturnType<typeof addApp>>;

    before(async function () {
      this.timeout(60_000);
      shop = await startMerchant();
      paymux = await startPaymux({ database: await open(), channels: ['wechat'] });
      const { plugins } = await discoverChannels('plugins/channels');
      const deps = { ...paymux.admin, plugins };
      must(await createAccount(deps, { channel: 'banktransfer', livemode: false, config: { ...bank, currency: 'USD' }, priority: 1 }));
      must(await createAccount(deps, { channel: 'banktransfer', livemode: false, config: bank, priority: 2 }));
      must(await createAccount(deps, { channel: 'manual', livemode: false, config: { instructions: 'Pay at the counter.' } }));
      accepting = await addApp(paymux, { latePolicy: 'accept' });
      ({ secret } = await paymux.addEndpoint(shop.url));
      await new Promise((resolve) => setTimeout(resolve, 600));
    });
    after(async () => {
      await paymux.stop();
      await shop.stop();
    });

    const order = async (more: object = {}, headers: Readonly<Record<string, string>> = {}) => {
      const asked = { merchant_order_no: orderNo(), amount: 1999, currency: 'EUR', subject: 'Tea', method: 'banktransfer_reference' };
      const created = await paymux.call('POST', '/v1/payments', { ...asked, ...more }, headers);
      expect([created.status, created.body.state], created.text).to.deep.equal([201, 'pending']);
      return created.body;
    };
    const read = async (id: string, headers: Readonly<Record<string, string>> = {}) =>
      (await paymux.call('GET', `/v1/payments/${id}?expand=attempts,refunds`, undefined, headers)).body;
    const words = (id: string, amount: number, reference: string, ...more: string[]) =>
      `payment confirm --id ${id} --amount ${amount} --currency EUR --reference ${reference} --operator ada`
        .split(' ')
        .concat('--evidence', evidence, ...more);
    const confirm = (...given: Parameters<typeof words>) => runAdmin(paymux.environment, ...words(...given), '--json');
    const confirmed = async (...given: Parameters<typeof words>) => {
      const run = await confirm(...given);
      expect(run.code, run.err).to.equal(0);
      return JSON.parse(run.out);
    };
    const refundWords = (id: string, reference: string) =>
      `refund confirm --id ${id} --reference ${reference} --operator ada`.split(' ').concat('--evidence', evidence);

    it('a transfer: instructions, the operator’s word, the notification, and refunds that wait for his word as well', async function () {
      this.timeout(30_000);
      const { id, action } = await order();
      expect(action.type).to.equal('instructions');
      expect(action.params).to.include({ ...bank, amount: '19.99' });
      const { reference } = action.params;
      expect(reference).to.match(/^RF\d\d[0-9A-Z]{12}$/);
      const found = await readFacts(paymux.environment, 'payment', 'find', '--reference', reference.replace(/(.{4})/g, '$1 ').trim());
      expect(found.payments.map((one: { payment_id: string }) => one.payment_id)).to.deep.equal([id]);
      expect(await confirmed(id, 1999, `B-${id}`)).to.include({ result: 'confirmed', state: 'success', exception: null });
      verifyNotification(await shop.waitFor((one) => one.body.type === 'payment.succeeded' && one.body.data.object.id === id), secret);
      const again = await confirmed(id, 1999, `B-${id}`);
      expect(again.result).to.equal('was confirmed before; nothing changed');
      const other = await confirm(id, 1999, 'B-other');
      expect([other.code, other.err]).to.deep.equal([
        1,
        `${JSON.stringify({ faults: [`it is confirmed already, with 1999 EUR (minor units) under B-${id}`] })}\n`,
      ]);

      for (const amount of [999, 1000]) {
        const refund = await paymux.call('POST', `/v1/payments/${id}/refunds`, { merchant_refund_no: orderNo(), amount });
        expect([refund.status, refund.body.state], refund.text).to.deep.equal([201, 'processing']);
        const paidOut = () => readFacts(paymux.environment, ...refundWords(refund.body.id, `R-${refund.body.id}`));
        expect(await paidOut()).to.include({ result: 'confirmed', state: 'succeeded' });
        expect((await paidOut()).result).to.equal('was confirmed before; nothing changed');
      }
      expect(await read(id)).to.include({ state: 'refunded', amount_refunded: 1999, exception: null });
      const { history } = await readFacts(paymux.environment, 'payment', 'show', '--id', id);
      const told = history.filter((one: { what: string; detail?: string }) => one.what.endsWith('by operator') && one.detail !== undefined);
      expect(told).to.have.length(3);
      for (const { detail } of told) expect(JSON.parse(detail)).to.include({ operator: 'ada', evidence });
    });

    it('cash: the number on the receipt, in whole', async function () {
      this.timeout(20_000);
      const { id, action } = await order({ method: 'manual_cash' });
      expect(action.params).to.include({ instructions: 'Pay at the counter.', amount: '19.99', currency: 'EUR' });
      expect(await confirmed(id, 1999, 'RECEIPT-1')).to.include({ state: 'success' });
    });

    it('other money than was asked only on purpose: too much goes back by a refund, too little is held', async function () {
      this.timeout(30_000);
      const [much, little] = [await order(), await order()];
      const slip = await confirm(much.id, 2099, 'B-much');
      expect([slip.code, slip.err.includes('1999 EUR (minor units) were asked')]).to.deep.equal([1, true]);
      expect(await read(much.id)).to.include({ state: 'pending', exception: null });
      expect(await confirmed(much.id, 2099, 'B-much', '--other-amount')).to.include({ state: 'success', exception: 'excess' });
      await eventually(async () => {
        const { refunds } = await read(much.id);
        return refunds.length === 1 && refunds[0].amount === 100 && refunds[0].state === 'processing';
      });
      expect(await confirmed(little.id, 1000, 'B-little', '--other-amount')).to.include({ exception: 'mismatch' });
      expect((await read(little.id)).state).to.not.equal('success');
    });

    it('one transfer pays one payment', async function () {
      this.timeout(20_000);
      const [first, second] = [await order(), await order()];
      await confirmed(first.id, 1999, 'B-once');
      const taken = await confirm(second.id, 1999, 'B-once');
      expect([taken.code, taken.err.includes('B-once has paid another payment')]).to.deep.equal([1, true]);
      expect(await read(second.id)).to.include({ exception: 'mismatch', amount_refunded: 0 });
    });

    it('closed here at once; what comes later goes back, or counts where the app accepts it', async function () {
      this.timeout(30_000);
      const key = { authorization: `Bearer ${accepting.key}` };
      const [refusing, taking] = [await order(), await order({}, key)];
      for (const [payment, headers] of [
        [refusing, {}],
        [taking, key],
      ] as const) {
        const closed = await paymux.call('POST', `/v1/payments/${payment.id}/close`, undefined, headers);
        expect(closed.body).to.include({ state: 'closed', closing: false });
      }
      expect(await confirmed(refusing.id, 1999, 'B-late-1')).to.include({ state: 'closed', exception: 'late' });
      await eventually(async () => (await read(refusing.id)).refunds[0]?.state === 'processing');
      expect(await confirmed(taking.id, 1999, 'B-late-2')).to.include({ state: 'success', exception: 'late' });
    });

    it('nothing that another channel confirms, nothing unknown, nothing without a name or proof', async function () {
      this.timeout(30_000);
      const wechat = await order({ method: 'wechat_native', currency: 'CNY' });
      const refusals = [
        [words(wechat.id, 1999, 'B-1'), 1, 'its money is confirmed by its channel, not by an operator'],
        [words('pay_none', 1999, 'B-1'), 1, 'there is no payment pay_none'],
        [refundWords('rfd_none', 'B-1'), 1, 'there is no refund rfd_none'],
        [words(wechat.id, 1999, 'B-1').slice(0, -2), 2, '--evidence is required'],
      ] as const;
      for (const [given, code, text] of refusals) {
        const run = await runAdmin(paymux.environment, ...given);
        expect([run.code, run.err.includes(text)], run.err).to.deep.equal([code, true]);
      }
      expect(await read(wechat.id)).to.include({ state: 'pending', exception: null });
    });

    it('no callback: there is nobody who could send one', async () => {
      const rows = await paymux.stored.database.all("SELECT id, channel FROM channel_accounts WHERE channel IN ('manual', 'banktransfer')");
      for (const { id, channel } of rows)
        expect((await paymux.call('POST', `/v1/callbacks/${channel}/${id}`, { paid: true })).status).to.equal(404);
    });
  });
});
