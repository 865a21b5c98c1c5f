import { expect } from 'chai';
import { closePayment } from '../../core/payments/close.ts';
import { forEachDatabase } from '../kit/database.ts';
import { approved, lost, paid, refused, type Scripted, scriptKernel, unpaid } from '../kit/scripted.ts';

const abilities = {
  query: 'by_number',
  close: 'none',
  capture: 'full',
  refund: 'partial',
  queryRefund: 'by_number',
  statement: 'none',
} as const;
const minuteMs = 60_000;

/** Vendors that let the shopper approve, and move the money only when they are asked to. */
forEachDatabase((_name, open) => {
  describe('An approved payment', () => {
    let on: Scripted;
    const captures = () => on.sent.filter(({ operation }) => operation === 'capture');
    const close = (id: string) => closePayment(on.kernel, { paymentId: id, reason: 'merchant', cause: 'merchant' });

    beforeEach(async () => {
      on = scriptKernel((await open()).database, { abilities });
      on.vendor.query = ({ number }) => approved(number);
    });

    it('is taken by us, once, and is a success when the vendor says that the money came', async () => {
      const id = await on.order();
      on.turn(minuteMs);
      await on.attend();
      expect((await on.payment(id)).state).to.equal('success');
      on.turn(60 * minuteMs);
      await on.attend();
      expect(captures()).to.have.length(1);
    });

    it('is asked for again under the same number while the answer is lost and the vendor still says approved', async () => {
      on.vendor.capture = () => lost;
      const id = await on.order();
      for (let round = 0; round < 3; round += 1) {
        on.turn(5 * minuteMs);
        await on.attend();
      }
      expect((await on.payment(id)).state).to.equal('processing');
      expect(captures().length).to.be.greaterThan(1);
      expect(new Set(captures().map(({ number }) => number)).size).to.equal(1);
      on.vendor.capture = ({ number }) => paid(number);
      on.turn(10 * minuteMs);
      await on.attend();
      expect((await on.payment(id)).state).to.equal('success');
    });

    it('stays processing when the capture could not be sent, because the shopper has agreed', async () => {
      on.vendor.capture = () => refused;
      const id = await on.order();
      on.turn(minuteMs);
      await on.attend();
      expect((await on.payment(id)).state).to.equal('processing');
      expect((await on.attempts(id))[0]?.state).to.equal('processing');
    });

    it('is never taken once a close has begun, and is closed at once: nobody else can move that money', async () => {
      const id = await on.order();
      const closed = await close(id);
      expect([closed?.state, closed?.closing]).to.deep.equal(['closed', 0]);
      on.turn(60 * minuteMs);
      await on.attend();
      expect(captures()).to.have.length(0);
    });

    it('whose money was asked for before the close waits for what became of it', async () => {
      on.vendor.capture = () => lost;
      const id = await on.order();
      on.turn(minuteMs);
      await on.attend();
      expect(captures()).to.have.length(1);
      const closing = await close(id);
      expect([closing?.state, closing?.closing]).to.deep.equal(['processing', 1]);
      on.vendor.query = ({ number }) => paid(number);
      on.turn(60 * minuteMs);
      await on.attend();
      expect((await on.payment(id)).state).to.equal('success');
      expect(captures()).to.have.length(1);
    });

    it('and a close at the same moment: either the money is asked for, or the payment is closed, never both', async () => {
      for (let round = 0; round < 10; round += 1) {
        const id = await on.order();
        const before = captures().length;
        on.turn(minuteMs);
        await Promise.all([on.attend(), close(id)]);
        const isTaken = captures().length > before;
        const { state, exception } = await on.payment(id);
        expect([state, exception]).to.deep.equal([isTaken ? 'success' : 'closed', null]);
      }
    });

    it('twice for one payment is taken once: the second waits for what becomes of the first', async () => {
      const id = await on.order();
      const [attempt] = await on.attempts(id);
      const second = { ...attempt, id: 'att_second', number: 'SECOND' };
      const columns = Object.keys(second);
      const sql = `INSERT INTO attempts (${columns.join()}) VALUES (${columns.map(() => '?').join()})`;
      await on.kernel.database.transaction((tx) => tx.run(sql, Object.values(second) as never));
      on.vendor.capture = () => lost;
      on.turn(minuteMs);
      await on.attend();
      expect(captures()).to.have.length(1);
      on.turn(60 * minuteMs);
      on.vendor.query = ({ number }) => (number === captures()[0]?.number ? paid(number) : approved(number));
      await on.attend();
      await on.attend();
      expect((await on.payment(id)).state).to.equal('success');
      expect(captures()).to.have.length(1);
    });
  });

  describe('What the vendor calls the thing that was opened', () => {
    const named = { ...abilities, query: 'by_channel_no', close: 'unpaid', capture: 'none' } as const;

    it('is kept, asked by, and not taken away by an answer without it', async () => {
      const scripted = scriptKernel((await open()).database, { abilities: named, idempotency: { create: false } });
      scripted.vendor.pay = () => ({ kind: 'action', action: { type: 'qr', qrContent: 'code' }, sessionNo: 'session 1'.replace(' ', '-') });
      const asked: unknown[] = [];
      scripted.vendor.query = (request) => {
        asked.push((request as { sessionNo?: unknown }).sessionNo);
        return unpaid(request.number);
      };
      const id = await scripted.order();
      scripted.turn(minuteMs);
      await scripted.attend();
      expect(asked).to.deep.equal(['session-1']);
      expect((await scripted.attempts(id))[0]).to.include({ session_no: 'session-1', channel_no: null });
    });

    for (const [what, name] of [
      ['is too long', 'x'.repeat(256)],
      ['is empty', ''],
      ['is no text', 7],
    ] as const) {
      it(`that ${what} makes the answer unknown: it could not be asked about`, async () => {
        const scripted = scriptKernel((await open()).database, { abilities: named, idempotency: { create: false } });
        scripted.vendor.pay = () => ({ kind: 'action', action: { type: 'qr', qrContent: 'code' }, sessionNo: name as string });
        const id = await scripted.order();
        expect((await scripted.attempts(id))[0]).to.include({ state: 'unknown', session_no: null });
      });
    }
  });

  it('A channel that cannot be asked is left to its callbacks, and ends when its time and settling are over', async () => {
    const mute = { ...abilities, query: 'none', capture: 'none' } as const;
    const scripted = scriptKernel((await open()).database, { abilities: mute, idempotency: { create: true } });
    const id = await scripted.order();
    scripted.turn(minuteMs);
    await scripted.attend();
    expect((await scripted.payment(id)).state).to.equal('pending');
    scripted.turn(121 * minuteMs);
    await scripted.attend();
    scripted.turn(30 * minuteMs);
    await scripted.attend();
    expect((await scripted.payment(id)).state).to.equal('closed');
    expect(scripted.sent.map(({ operation }) => operation)).to.deep.equal(['pay']);
  });
});
