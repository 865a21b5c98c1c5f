import { expect } from 'chai';
import { settleTogether } from '../../core/payments/settle-together.ts';
import type { RefundEvidence } from '../../core/refunds/evidence.ts';
import { type SettlingRefund, settleRefund } from '../../core/refunds/settle.ts';
import type { Database } from '../../core/store/database.ts';
import { insertAttempts } from '../../core/store/tables/attempts.ts';
import { checkMoney } from '../kit/check-money.ts';
import { forEachDatabase } from '../kit/database.ts';
import { lost, paid, type Scripted, scriptKernel } from '../kit/scripted.ts';
import { readMoves, readTold, type Witness, watchKernel } from '../kit/witness.ts';

const succeeded: RefundEvidence = { kind: 'succeeded', channelNo: 'r1', at: 7 };
const ended: RefundEvidence = { kind: 'failed', code: 'account_closed', advice: 'contact_support', vendor: null, how: 'ended' };
const endedText = '{"code":"account_closed","advice":"contact_support","vendor":null}';

describe('Settling a refund', () => {
  forEachDatabase((_name, open) => {
    let database: Database;
    before('open a database for all', async () => {
      ({ database } = await open());
    });
    /** A paid order of 100 with a refund whose first answer was lost. */
    const start = async (amount = 60) => {
      const shop = scriptKernel(database);
      shop.vendor.pay = ({ number }) => paid(number);
      shop.vendor.refund = () => lost;
      const id = await shop.order();
      const refundId = await shop.refund(id, amount);
      return { shop, id, refundId, seen: watchKernel(shop.kernel) };
    };
    const settle = async (
      shop: Scripted,
      seen: Witness,
      refundId: string,
      evidence: RefundEvidence,
      more: Partial<SettlingRefund> = {},
    ) => {
      // Ids sort by time: what is read last was written last.
      shop.turn(1000);
      return settleRefund(seen.kernel, { refund: await shop.refundRow(refundId), evidence, cause: 'callback', ...more });
    };
    const movesOf = async (id: string) => (await readMoves(database, id)).slice(-1);
    // After the first: that it was made.
    const toldOf = async (id: string) =>
      (await readTold(database, id)).slice(1).map(({ type, sequence, data }) => [type, sequence, data['state']]);

    it('that succeeds in part books it, counts it once, tells it and says why', async () => {
      const { shop, id, refundId, seen } = await start();
      const row = await settle(shop, seen, refundId, succeeded);
      const { version: _counted, ...answered } = row;
      expect(await shop.refundRow(refundId)).to.deep.include(answered);
      expect(row).to.include({ state: 'succeeded', channel_no: 'r1', succeeded_at: 7, sequence: 2 });
      expect(await shop.payment(id)).to.include({ state: 'success', amount_refunded: 60, refund_reserved: 0 });
      expect(await movesOf(refundId)).to.deep.equal([['unknown', 'succeeded', 'callback', null]]);
      expect((await readMoves(database, id)).map(([, to]) => to)).to.have.members(['processing', 'success']);
      expect(await toldOf(refundId)).to.deep.equal([['refund.succeeded', 2, 'success']]);
      expect(seen.counts).to.deep.equal([['refund', { channel: 'fake', result: 'succeeded' }]]);
      const facts = { refund: refundId, payment: id, cause: 'callback', evidence: 'succeeded', state: 'succeeded', exception: null };
      expect(seen.lines).to.deep.equal([['debug', 'refund settled', facts]]);
      expect(await checkMoney(database)).to.deep.equal([]);
    });

    it('that succeeds whole ends the payment, in its history too', async () => {
      const { shop, id, refundId, seen } = await start(100);
      await settle(shop, seen, refundId, succeeded, { cause: 'query' });
      expect(await shop.payment(id)).to.include({ state: 'refunded', amount_refunded: 100, refund_reserved: 0 });
      expect(await movesOf(id)).to.deep.equal([['success', 'refunded', 'query', null]]);
      expect(await checkMoney(database)).to.deep.equal([]);
    });

    it('that fails releases what was set aside, and keeps the vendor’s reason', async () => {
      const { shop, id, refundId, seen } = await start();
      await settle(shop, seen, refundId, ended, { note: 'not this' });
      expect(await shop.payment(id)).to.include({ state: 'success', amount_refunded: 0, refund_reserved: 0 });
      expect(await movesOf(refundId)).to.deep.equal([['unknown', 'failed', 'callback', endedText]]);
      expect(await toldOf(refundId)).to.deep.equal([['refund.failed', 2, 'failed']]);
      expect(seen.counts).to.deep.equal([['refund', { channel: 'fake', result: 'failed' }]]);
      expect(await checkMoney(database)).to.deep.equal([]);
    });

    it('that is under way is told once, ends nothing, and keeps who said so', async () => {
      const { shop, id, refundId, seen } = await start();
      await settle(shop, seen, refundId, { kind: 'processing', channelNo: 'r1' }, { cause: 'operator', note: 'seen in the portal' });
      expect(await movesOf(refundId)).to.deep.equal([['unknown', 'processing', 'operator', 'seen in the portal']]);
      await settle(shop, seen, refundId, { kind: 'processing', channelNo: 'r2' });
      expect(await movesOf(refundId)).to.deep.equal([['processing', 'processing', 'callback', null]]);
      expect(await toldOf(refundId)).to.deep.equal([['refund.processing', 2, 'processing']]);
      expect((await shop.payment(id)).refund_reserved).to.equal(60);
      expect(seen.counts).to.deep.equal([]);
      expect(await checkMoney(database)).to.deep.equal([]);
    });

    it('that the vendor cannot finish is shown, with its money still set aside', async () => {
      const { shop, id, refundId, seen } = await start();
      await settle(shop, seen, refundId, { kind: 'abnormal', channelNo: null });
      expect(await movesOf(refundId)).to.deep.equal([['unknown', 'processing', 'callback', 'abnormal']]);
      expect((await shop.payment(id)).refund_reserved).to.equal(60);
      expect(seen.lines.map(([level]) => level)).to.deep.equal(['debug']);
      expect(seen.counts).to.deep.equal([]);
    });

    it('that is told again writes nothing, counts nothing and answers what is stored', async () => {
      const { shop, id, refundId, seen } = await start();
      await settle(shop, seen, refundId, succeeded);
      const before = await readMoves(database, refundId);
      const counted = seen.counts.length;
      expect(await settle(shop, seen, refundId, succeeded)).to.deep.equal(await shop.refundRow(refundId));
      expect(await readMoves(database, refundId)).to.deep.equal(before);
      expect(seen.counts).to.have.length(counted);
      expect((await shop.payment(id)).amount_refunded).to.equal(60);
    });

    it('that ended and is said to have ended otherwise is shown to merchant and operator, and counted as a contradiction', async () => {
      const { shop, id, refundId, seen } = await start();
      await settle(shop, seen, refundId, ended);
      await settle(shop, seen, refundId, succeeded);
      expect(await movesOf(refundId)).to.deep.equal([['failed', 'failed', 'callback', 'abnormal']]);
      expect((await toldOf(refundId)).at(-1)).to.deep.equal(['refund.exception', 3, 'failed']);
      expect(seen.counts.slice(1)).to.deep.equal([['callbackMismatch', { channel: 'fake', field: 'state' }]]);
      const facts = { refund: refundId, payment: id, state: 'failed' };
      expect(seen.lines).to.deep.include(['error', 'a channel takes back how a refund had ended', facts]);
      expect(await checkMoney(database)).to.deep.equal([]);
    });

    it('whose name cannot be kept is the channel’s fault, and any other silence is nobody’s', async () => {
      const { shop, refundId, seen } = await start();
      await settle(shop, seen, refundId, { kind: 'unknown' });
      expect(seen.lines.map(([level]) => level)).to.deep.equal(['debug']);
      await settle(shop, seen, refundId, { kind: 'unknown', reason: 'unusable_name' });
      const errors = seen.lines.filter(([level]) => level === 'error');
      expect(errors).to.have.length(1);
      expect(errors[0]?.[1]).to.contain('a name that cannot be kept');
      expect(errors[0]?.[2]).to.deep.equal({ refund: refundId });
    });

    it('whose refused first send was overtaken by another send proves nothing', async () => {
      const { shop, id, refundId, seen } = await start();
      const { checks } = await shop.refundRow(refundId);
      const refusal: RefundEvidence = { ...ended, how: 'refused' };
      await settle(shop, seen, refundId, refusal, { checks: checks + 1 });
      expect((await shop.refundRow(refundId)).state).to.equal('unknown');
      expect((await shop.payment(id)).refund_reserved).to.equal(60);
      await settle(shop, seen, refundId, refusal, { checks });
      expect((await shop.refundRow(refundId)).state).to.equal('failed');
    });

    it('that was refused is so for whoever does not ask in the place of the first send', async () => {
      const { shop, refundId, seen } = await start();
      await settle(shop, seen, refundId, { ...ended, how: 'refused' }, { cause: 'query' });
      expect((await shop.refundRow(refundId)).state).to.equal('failed');
    });

    it('of money that should not have come touches nothing that was set aside for the merchant’s own', async () => {
      const { shop, id, seen } = await start();
      const [attempt] = await shop.attempts(id);
      if (attempt === undefined) throw new Error('no attempt');
      const twin = { ...attempt, id: `att_t${id}`, number: `t${id}`, state: 'waiting' as const, channel_no: null };
      await database.transaction((tx) => insertAttempts(tx, [twin]));
      shop.turn(1000);
      await settleTogether(shop.kernel, [
        { attempt: twin, evidence: { kind: 'paid', amount: 100, channelNo: `second-${id}`, at: null }, cause: 'callback' },
      ]);
      const back = (await shop.refunds(id)).find(({ kind }) => kind === 'duplicate');
      await settle(shop, seen, back?.id ?? '', succeeded);
      expect(await shop.payment(id)).to.include({ state: 'success', amount_refunded: 0, refund_reserved: 60 });
    });

    it('that is not stored is a fault of the program, named', async () => {
      const { id, refundId, seen } = await start();
      const ask = (refund: SettlingRefund['refund']) =>
        settleRefund(seen.kernel, { refund, evidence: succeeded, cause: 'callback' }).catch(String);
      expect(await ask({ id: 'rfd_none', payment_id: id })).to.equal('Error: refund rfd_none is not stored');
      expect(await ask({ id: refundId, payment_id: 'pay_none' })).to.equal(`Error: refund ${refundId} is not stored`);
    });

    const setReserve = (id: string, reserved: number) =>
      database.transaction((tx) => tx.run('UPDATE payments SET refund_reserved = ? WHERE id = ?', [reserved, id]));

    it('is undone when nothing is set aside for it, whichever way it ended', async () => {
      for (const evidence of [succeeded, ended]) {
        const { shop, id, refundId, seen } = await start();
        await setReserve(id, 0);
        const failed = await settle(shop, seen, refundId, evidence).catch(String);
        expect(failed).to.equal(`Error: nothing is reserved for refund ${refundId}`);
        expect((await shop.refundRow(refundId)).state).to.equal('unknown');
        expect((await shop.payment(id)).amount_refunded).to.equal(0);
        await setReserve(id, 60);
      }
    });
  });
});
