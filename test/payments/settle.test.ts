import { expect } from 'chai';
import type { Evidence } from '../../core/payments/evidence.ts';
import { alreadySettled, type Settling, settle } from '../../core/payments/settle.ts';
import { settleTogether } from '../../core/payments/settle-together.ts';
import type { Database } from '../../core/store/database.ts';
import { insertAttempts } from '../../core/store/tables/attempts.ts';
import { checkMoney } from '../kit/check-money.ts';
import { forEachDatabase } from '../kit/database.ts';
import { type Scripted, scriptKernel, type Traits } from '../kit/scripted.ts';
import { readMoves, readTold, type Witness, watchKernel } from '../kit/witness.ts';

const declined: Evidence = { kind: 'failed', code: 'declined', advice: 'retry_other_method', vendor: null };
const declinedText = '{"code":"declined","advice":"retry_other_method","vendor":null}';
const paidBy = (channelNo: string, amount = 100): Evidence => ({ kind: 'paid', amount, channelNo, at: 7 });

describe('Settling an attempt', () => {
  forEachDatabase((_name, open) => {
    let database: Database;
    before('open a database for all', async () => {
      ({ database } = await open());
    });
    interface Order {
      readonly shop: Scripted;
      readonly seen: Witness;
      readonly id: string;
      readonly attemptId: string;
    }
    /** An order whose code is shown, its attempt waiting. */
    const start = async (traits: Traits = {}): Promise<Order> => {
      const shop = scriptKernel(database, traits);
      const id = await shop.order();
      const [attempt] = await shop.attempts(id);
      return { shop, seen: watchKernel(shop.kernel), id, attemptId: attempt?.id ?? '' };
    };
    const attemptOf = async ({ shop, id, attemptId }: Order) => {
      const found = (await shop.attempts(id)).find((attempt) => attempt.id === attemptId);
      if (found === undefined) throw new Error('no attempt');
      return found;
    };
    const hear = async (order: Order, evidence: Evidence, more: Partial<Settling> = {}) => {
      // Ids sort by time: what is read last was written last.
      order.shop.turn(1000);
      return settle(order.seen.kernel, { attempt: await attemptOf(order), evidence, cause: 'callback', ...more });
    };
    const lastMove = async (id: string) => (await readMoves(database, id)).at(-1);
    const lastTold = async ({ id }: Order) => (await readTold(database, id)).at(-1);
    const countOf = async (id: string) => ({
      moves: (await readMoves(database, id)).length,
      told: (await readTold(database, id)).length,
    });
    const expectSound = async () => expect(await checkMoney(database)).to.deep.equal([]);

    it('that is paid writes both histories, tells it as it now stands, and says so in the log without names', async () => {
      const order = await start();
      const before = await order.shop.payment(order.id);
      const settled = await hear(order, paidBy('v1'), { note: 'who and why' });
      const payment = await order.shop.payment(order.id);
      expect(payment).to.include({ state: 'success', sequence: before.sequence + 1 });
      expect(await lastMove(order.attemptId)).to.deep.equal(['waiting', 'succeeded', 'callback', 'who and why']);
      expect(await lastMove(order.id)).to.deep.equal(['pending', 'success', 'callback', null]);
      const { data, ...told } = (await lastTold(order)) ?? {};
      expect(told).to.deep.equal({ type: 'payment.succeeded', sequence: payment.sequence });
      expect(data).to.include({ id: order.id, state: 'success' });
      expect(settled.payment).to.deep.equal(payment);
      expect(settled).to.deep.include({ changed: true, next: null });
      expect(settled.before.state).to.equal('pending');
      expect(order.seen.committed).to.deep.equal([settled]);
      const states = { payment_from: 'pending', payment_to: 'success', attempt_to: 'succeeded', exception: null, next_attempt: null };
      const facts = { payment: order.id, attempt: order.attemptId, cause: 'callback', evidence: 'paid', changed: true, ...states };
      expect(order.seen.lines).to.deep.equal([['debug', 'settled', facts]]);
      await expectSound();
    });

    it('that is told again writes nothing and wakes nobody', async () => {
      const order = await start();
      await hear(order, paidBy('v2'));
      const before = await countOf(order.id);
      const settled = await hear(order, paidBy('v2'));
      expect(settled).to.deep.include({ changed: false, next: null });
      expect(settled.payment).to.deep.equal(settled.before);
      expect(await countOf(order.id)).to.deep.equal(before);
      expect(order.seen.committed).to.have.length(1);
      expect((await order.shop.payment(order.id)).sequence).to.equal(settled.before.sequence);
    });

    it('that failed keeps the reason in the history, before any note', async () => {
      const order = await start();
      await hear(order, declined, { note: 'not this' });
      expect(await lastMove(order.attemptId)).to.deep.equal(['waiting', 'failed', 'callback', declinedText]);
      expect(await lastMove(order.id)).to.deep.equal(['pending', 'failed', 'callback', null]);
      expect((await lastTold(order))?.type).to.equal('payment.failed');
      await expectSound();
    });

    it('that changes nothing but a fact is one line of history, with the exception that it raised', async () => {
      const order = await start();
      const before = await countOf(order.attemptId);
      await hear(order, { kind: 'mismatch', what: 'currency' });
      expect(await lastMove(order.attemptId)).to.deep.equal(['waiting', 'waiting', 'callback', 'mismatch']);
      expect((await countOf(order.attemptId)).moves).to.equal(before.moves + 1);
      expect((await lastTold(order))?.type).to.equal('payment.exception');
    });

    it('that changes nothing but a fact of the attempt is not told, and keeps its note', async () => {
      const order = await start();
      const before = await order.shop.payment(order.id);
      await hear(order, { kind: 'notFound' }, { cause: 'operator', note: 'looked for' });
      expect(await lastMove(order.attemptId)).to.deep.equal(['waiting', 'waiting', 'operator', 'looked for']);
      expect((await order.shop.payment(order.id)).sequence).to.equal(before.sequence);
      await hear(order, { kind: 'waiting', action: null, channelNo: 'v3' }, { cause: 'query' });
      expect(await lastMove(order.attemptId)).to.deep.equal(['waiting', 'waiting', 'query', null]);
    });

    it('of a payment that was closed sends the money back, with a refund that begins its own history', async () => {
      const order = await start();
      await hear(order, { kind: 'closed' });
      await hear(order, paidBy('v4'));
      const [refund] = await order.shop.refunds(order.id);
      expect(refund).to.include({ kind: 'late', amount: 100, state: 'created' });
      expect(await lastMove(refund?.id ?? '')).to.deep.equal([null, 'created', 'callback', null]);
      expect(await lastMove(order.attemptId)).to.deep.equal(['closed', 'succeeded_late', 'callback', null]);
      expect(order.seen.lines.at(-1)?.[2]).to.include({ exception: 'late', payment_from: 'closed', payment_to: 'closed' });
      await expectSound();
    });

    it('whose name cannot be kept is the channel’s fault; any other silence is nobody’s', async () => {
      const order = await start();
      await hear(order, { kind: 'unknown', reason: 'timeout' });
      expect(order.seen.lines.map(([level]) => level)).to.deep.equal(['debug']);
      await hear(order, { kind: 'unknown', reason: 'unusable_name' });
      const [, , error] = order.seen.lines;
      expect(error?.[0]).to.equal('error');
      expect(error?.[1]).to.contain('a name that cannot be kept');
      expect(error?.[2]).to.deep.equal({ attempt: order.attemptId, account: 'acc_1' });
    });

    describe('with another one to follow', () => {
      const following = async (order: Order) => ({
        ...(await attemptOf(order)),
        id: `att_n${order.id}`,
        number: `n${order.id}`,
        method: 'fake_page',
      });
      const states = async ({ shop, id }: Order) => (await shop.attempts(id)).map((attempt) => attempt.state);

      it('ends, and the other begins in the same commit, shown with its method', async () => {
        const order = await start();
        const next = { ...(await following(order)), state: 'sending' as const };
        const settled = await hear(order, declined, { next });
        expect(settled.next?.id).to.equal(next.id);
        expect(await order.shop.payment(order.id)).to.include({ state: 'pending', method: 'fake_page', failure: null });
        expect(await states(order)).to.have.members(['failed', 'sending']);
        expect(await readMoves(database, next.id)).to.deep.equal([[null, 'sending', 'callback', null]]);
        expect(order.seen.lines[0]?.[2]).to.include({ next_attempt: next.id });
      });

      for (const [name, evidence] of [
        ['was paid', paidBy('v5')],
        ['is under way', { kind: 'processing', channelNo: null }],
      ] as const) {
        it(`but ${name}: nothing follows`, async () => {
          const order = await start();
          const next = { ...(await following(order)), state: 'sending' as const };
          const settled = await hear(order, evidence.kind === 'paid' ? paidBy(`v-${order.id}`) : evidence, { next });
          expect(settled.next).to.equal(null);
          expect(await states(order)).to.have.length(1);
        });
      }

      it('but of a payment that is being closed: nothing follows', async () => {
        const order = await start();
        const next = { ...(await following(order)), state: 'sending' as const };
        await database.transaction((tx) => tx.run('UPDATE payments SET closing = 1 WHERE id = ?', [order.id]));
        expect((await hear(order, declined, { next })).next).to.equal(null);
        expect((await order.shop.payment(order.id)).state).to.equal('closed');
      });

      it('closed or never sent is followed too', async () => {
        for (const evidence of [{ kind: 'closed' }, { kind: 'notSent', reason: 'refused' }] as const) {
          const order = await start();
          const sent = evidence.kind === 'closed' ? 'waiting' : 'sending';
          await database.transaction((tx) => tx.run('UPDATE attempts SET state = ? WHERE id = ?', [sent, order.attemptId]));
          const next = { ...(await following(order)), state: 'sending' as const };
          expect((await hear(order, evidence, { next })).next?.id).to.equal(next.id);
        }
      });

      it('but while a third is live, or holds money: nothing follows, and the payment stays', async () => {
        for (const state of ['waiting', 'succeeded'] as const) {
          const order = await start();
          const third = { ...(await following(order)), state };
          await database.transaction((tx) => insertAttempts(tx, [third]));
          const next = { ...third, id: `att_m${order.id}`, number: `m${order.id}`, state: 'sending' as const };
          expect((await hear(order, declined, { next })).next).to.equal(null);
          expect((await order.shop.payment(order.id)).state).to.equal('pending');
          // What holds money here was never paid: it would be a violation of the books.
          await database.transaction((tx) => tx.run("UPDATE attempts SET state = 'closed' WHERE id = ?", [third.id]));
        }
      });
    });

    it('by the answer to its first send is not believed to be refused once another server has asked about it', async () => {
      const order = await start();
      await database.transaction((tx) => tx.run('UPDATE attempts SET checks = 1 WHERE id = ?', [order.attemptId]));
      await hear(order, declined, { cause: 'kernel' });
      expect((await attemptOf(order)).state).to.equal('waiting');
      await hear(order, declined, { cause: 'query' });
      expect((await attemptOf(order)).state).to.equal('failed');
    });

    it('by a transaction of the vendor that paid another attempt is refused, on this account only', async () => {
      const first = await start();
      await hear(first, paidBy('shared'));
      const second = await start();
      await hear(second, paidBy('shared'));
      expect(await second.shop.payment(second.id)).to.include({ state: 'pending', exception: 'mismatch' });
      const elsewhere = await start();
      await database.transaction((tx) => tx.run("UPDATE attempts SET account_id = 'acc_2' WHERE id = ?", [elsewhere.attemptId]));
      const other = scriptKernel(database, { accounts: 2 });
      await settleTogether(other.kernel, [{ attempt: await attemptOf(elsewhere), evidence: paidBy('shared'), cause: 'callback' }]);
      expect((await elsewhere.shop.payment(elsewhere.id)).state).to.equal('success');
    });

    it('not found twice ends it only when the vendor’s time for it is over, settling time included', async () => {
      const order = await start();
      const { expires_at: expiresAt } = await attemptOf(order);
      const until = (at: number) => order.shop.turn(at - order.shop.kernel.clock.now().getTime() - 1000);
      await hear(order, { kind: 'notFound' }, { cause: 'query' });
      until(expiresAt + 60_000);
      await hear(order, { kind: 'notFound' }, { cause: 'query' });
      expect((await attemptOf(order)).state).to.equal('waiting');
      await hear(order, { kind: 'notFound' }, { cause: 'query' });
      expect((await attemptOf(order)).state).to.equal('closed');
    });

    it('counts as settled when paid, in time or late, and in no other state', () => {
      const settledStates = (
        ['sending', 'waiting', 'processing', 'unknown', 'closing', 'succeeded', 'succeeded_late', 'failed', 'closed'] as const
      ).filter((state) => alreadySettled({ state }));
      expect(settledStates).to.deep.equal(['succeeded', 'succeeded_late']);
    });
  });
});
