import { expect } from 'chai';
import type { OpenAccount } from '../../core/channels/accounts.ts';
import type { Trust } from '../../core/contract/channel.ts';
import { receivePayment } from '../../core/payments/receive.ts';
import { receiveRefund } from '../../core/refunds/receive.ts';
import { forEachDatabase } from '../kit/database.ts';
import { paid, type Scripted, scriptKernel } from '../kit/scripted.ts';

describe('A success that the vendor takes back', () => {
  forEachDatabase((_name, open) => {
    let shop: Scripted;
    let id: string;
    let counted: string[];
    let logged: string[];

    beforeEach(async () => {
      const scripted = scriptKernel((await open()).database);
      counted = [];
      logged = [];
      const metrics = { ...(scripted.kernel.metrics as object), callbackMismatch: ({ field }: { field: string }) => counted.push(field) };
      const log = { ...scripted.kernel.log, error: (message: string) => logged.push(message) };
      const others = new Proxy(metrics, { get: (own, name) => Reflect.get(own, name) ?? (() => undefined) });
      shop = { ...scripted, kernel: { ...scripted.kernel, metrics: others, log } as never };
      shop.vendor.pay = ({ number }) => paid(number);
      id = await shop.order();
      expect(await shop.payment(id)).to.include({ state: 'success', exception: null });
    });

    const account = () => shop.kernel.channels.account('acc_1') as OpenAccount;
    const reverse = async (trust: Trust, more: object = {}) => {
      const [attempt] = await shop.attempts(id);
      const number = attempt?.number ?? '';
      return receivePayment(
        shop.kernel,
        account(),
        { of: 'payment', number, report: { state: 'reversed', echo: { number, ...more } } },
        trust,
      );
    };
    const told = async (subject: string, type: string) =>
      (await shop.kernel.database.all('SELECT id FROM events WHERE subject_id = ? AND type = ?', [subject, type])).length;

    it('stays a success, and is told to the merchant and to operators, once', async () => {
      for (const _ of [1, 2]) expect(await reverse('signed')).to.equal('settled');
      expect(await shop.payment(id)).to.include({ state: 'success', exception: 'mismatch', amount_paid: 100 });
      expect(await told(id, 'payment.exception')).to.equal(1);
      expect(counted).to.deep.equal(['state']);
      expect(logged).to.deep.equal(['a channel takes back a payment that it had told as paid']);
      const [attempt] = await shop.attempts(id);
      const sql = "SELECT cause, to_state FROM history WHERE subject_id = ? AND detail = 'reversed by the channel'";
      const rows = await shop.kernel.database.all(sql, [attempt?.id ?? '']);
      expect(rows.map((row) => ({ ...row }))).to.deep.equal([{ cause: 'callback', to_state: 'succeeded' }]);
    });

    it('is not believed unsigned, nor about another number', async () => {
      await reverse('unverified');
      expect(counted).to.deep.equal([]);
      await reverse('signed', { number: 'another' });
      expect(counted).to.deep.equal(['number']);
      expect(await shop.payment(id)).to.include({ state: 'success', exception: null });
    });

    it('asks about a payment that has not succeeded, instead of believing anything', async () => {
      shop.vendor.pay = () => ({ kind: 'action', action: { type: 'qr', qrContent: 'code' } });
      id = await shop.order();
      expect(await reverse('signed')).to.equal('queried');
      expect(await shop.payment(id)).to.include({ state: 'pending', exception: null });
    });

    it('as a refund stays one, keeps the books, and is told to the merchant and to operators, once', async () => {
      const refundId = await shop.refund(id, 40);
      const { number } = await shop.refundRow(refundId);
      const before = await shop.payment(id);
      expect([(await shop.refundRow(refundId)).state, before.amount_refunded]).to.deep.equal(['succeeded', 40]);
      const report = { state: 'failed', code: 'declined', echo: { number } } as const;
      for (const _ of [1, 2]) await receiveRefund(shop.kernel, account(), { of: 'refund', number, report }, 'signed');
      expect(await shop.refundRow(refundId)).to.include({ state: 'succeeded', exception: 'abnormal' });
      expect(await shop.payment(id)).to.include({ amount_refunded: 40, refund_reserved: before.refund_reserved });
      expect(await told(refundId, 'refund.exception')).to.equal(1);
      expect(counted).to.deep.equal(['state']);
      expect(logged).to.deep.equal(['a channel takes back how a refund had ended']);
    });
  });
});
