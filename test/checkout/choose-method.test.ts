import { expect } from 'chai';
import { type Choice, chooseMethod } from '../../core/checkout/choose-method.ts';
import { listOffers, readDevice } from '../../core/checkout/offers.ts';
import { readSession } from '../../core/checkout/session.ts';
import type { CloseOutcome } from '../../core/contract/outcome.ts';
import { closePayment } from '../../core/payments/close.ts';
import { isLive } from '../../core/payments/states.ts';
import { viewPayment } from '../../core/payments/view.ts';
import { checkMoney } from '../kit/check-money.ts';
import { forEachDatabase } from '../kit/database.ts';
import { declined, lost, notFound, paid, type Scripted, scriptKernel, type Traits, unpaid } from '../kit/scripted.ts';

const cannotClose = {
  query: 'by_number',
  close: 'none',
  capture: 'none',
  refund: 'partial',
  queryRefund: 'none',
  statement: 'none',
} as const;

describe('A payment whose shopper chooses the method', () => {
  forEachDatabase((_name, open) => {
    const start = async (traits: Traits = {}) => scriptKernel((await open()).database, traits);
    const app = (shop: Scripted) => shop.kernel.apps.get('app_1') as NonNullable<ReturnType<Scripted['kernel']['apps']['get']>>;
    // Attempts sort by their time: none are made in the same millisecond.
    const choose = (shop: Scripted, id: string, more: Partial<Choice> = {}) => {
      shop.turn(1);
      return chooseMethod(shop.kernel, app(shop), { paymentId: id, method: 'fake_qr', payer: {}, ...more });
    };
    const choosable = (shop: Scripted) => shop.order({ method: null });
    const states = async (shop: Scripted, id: string) => (await shop.attempts(id)).map(({ method, state }) => `${method} ${state}`);
    /** A vendor that knows what it closed. */
    const closes = (shop: Scripted) => {
      const closed = new Set<string>();
      shop.vendor.close = ({ number }) => {
        closed.add(number);
        return { kind: 'closed' };
      };
      shop.vendor.query = ({ number }) =>
        closed.has(number) ? { kind: 'ok', report: { state: 'closed', echo: { number } } } : unpaid(number);
    };
    const charged = (shop: Scripted) => shop.sent.filter(({ operation }) => operation === 'pay').length;

    it('is pending without an attempt, and has an address that only its token opens', async () => {
      const shop = await start();
      const id = await choosable(shop);
      const { state, checkout_token: token, method } = await shop.payment(id);
      expect({ state, method }).to.deep.equal({ state: 'pending', method: null });
      expect(token).to.match(/^[A-Za-z0-9_-]{5,}$/);
      expect((await readSession(shop.kernel, { paymentId: id, token: token ?? '' }))?.phase).to.equal('choose');
      const { length } = token ?? '';
      for (const guess of ['', 'x', `${token}x`, 'x'.repeat(length), '\0'.repeat(length), 'é'.repeat(length)]) {
        expect(await readSession(shop.kernel, { paymentId: id, token: guess }), guess).to.equal(null);
      }
      expect(await readSession(shop.kernel, { paymentId: 'pay_unknown', token: token ?? '' })).to.equal(null);
    });

    it('offers what fits the browser, and shows what there is to do once one was chosen', async () => {
      const shop = await start();
      const id = await choosable(shop);
      const offers = listOffers(shop.kernel, app(shop), await shop.payment(id), readDevice({ 'user-agent': 'Mozilla/5.0' }));
      expect(offers.map(({ method }) => method)).to.deep.equal(['fake_qr', 'fake_page']);
      const chosen = await choose(shop, id);
      expect(chosen).to.nested.include({ kind: 'chosen', 'payment.state': 'pending', 'payment.method': 'fake_qr' });
      const { checkout_token: token } = await shop.payment(id);
      const session = await readSession(shop.kernel, { paymentId: id, token: token ?? '' });
      expect(session?.phase).to.equal('act');
      expect(session?.action).to.deep.equal({ type: 'qr', qrContent: 'code' });
    });

    it('makes one attempt of a double click, and of two tabs with the same choice', async () => {
      const shop = await start();
      const id = await choosable(shop);
      await Promise.all(Array.from({ length: 8 }, () => choose(shop, id)));
      await choose(shop, id);
      expect(await states(shop, id)).to.deep.equal(['fake_qr waiting']);
      expect(charged(shop)).to.equal(1);
      expect(await checkMoney(shop.kernel.database)).to.deep.equal([]);
    });

    it('lets two tabs choose different methods, and never leaves two attempts open', async () => {
      const shop = await start();
      const id = await choosable(shop);
      await Promise.all(['fake_qr', 'fake_page', 'fake_qr', 'fake_page'].map((method) => choose(shop, id, { method })));
      expect((await shop.attempts(id)).filter(({ state }) => isLive(state))).to.have.length(1);
      expect(await checkMoney(shop.kernel.database)).to.deep.equal([]);
    });

    it('stays open after a decline, tells why, and takes another method', async () => {
      const shop = await start();
      const id = await choosable(shop);
      shop.vendor.pay = () => declined('insufficient_funds');
      await choose(shop, id);
      const refusedOnce = await shop.payment(id);
      expect(refusedOnce.state).to.equal('pending');
      expect(JSON.parse(refusedOnce.failure ?? 'null')).to.include({ code: 'insufficient_funds' });
      shop.vendor.pay = ({ number }) => paid(number);
      await choose(shop, id, { method: 'fake_page' });
      const after = await shop.payment(id);
      expect(after).to.include({ state: 'success', failure: null, method: 'fake_page' });
      expect(await states(shop, id)).to.deep.equal(['fake_qr failed', 'fake_page succeeded']);
      expect(await checkMoney(shop.kernel.database)).to.deep.equal([]);
    });

    it('closes the open attempt before another begins', async () => {
      const shop = await start();
      const id = await choosable(shop);
      await choose(shop, id);
      closes(shop);
      await choose(shop, id, { method: 'fake_page' });
      expect(await states(shop, id)).to.deep.equal(['fake_qr closed', 'fake_page waiting']);
      expect(shop.sent.map(({ operation }) => operation)).to.deep.equal(['pay', 'query', 'close', 'query', 'pay']);
    });

    it('leaves the open attempt as it is where the vendor does not know it yet: it cannot be closed, and can be paid', async () => {
      const shop = await start();
      const id = await choosable(shop);
      await choose(shop, id);
      shop.vendor.query = () => notFound;
      expect(await choose(shop, id, { method: 'fake_page' })).to.nested.include({ kind: 'held', 'by.method': 'fake_qr' });
      expect(await states(shop, id)).to.deep.equal(['fake_qr waiting']);
      shop.vendor.query = ({ number }) => paid(number);
      expect(await choose(shop, id, { method: 'fake_page' })).to.nested.include({ kind: 'chosen', 'payment.state': 'success' });
      expect(charged(shop)).to.equal(1);
    });

    it('is given back to its shopper when the time of one choice is over, long before its own', async () => {
      const shop = await start();
      const id = await choosable(shop);
      await choose(shop, id);
      closes(shop);
      shop.turn(899_000);
      await shop.attend();
      expect((await shop.payment(id)).action).to.be.a('string');
      shop.turn(2_000);
      await shop.attend();
      expect(await states(shop, id)).to.deep.equal(['fake_qr closed']);
      expect(await shop.payment(id)).to.include({ state: 'pending', action: null, failure: null });
      await choose(shop, id, { method: 'fake_page' });
      expect(await states(shop, id)).to.deep.equal(['fake_qr closed', 'fake_page waiting']);
    });

    it('is paid by the old attempt when its shopper had paid before he switched', async () => {
      const shop = await start();
      const id = await choosable(shop);
      await choose(shop, id);
      shop.vendor.close = () => ({ kind: 'paid' }) as unknown as CloseOutcome;
      shop.vendor.query = ({ number }) => paid(number);
      const chosen = await choose(shop, id, { method: 'fake_page' });
      expect(chosen).to.nested.include({ kind: 'chosen', 'payment.state': 'success', 'payment.method': 'fake_qr' });
      expect(charged(shop)).to.equal(1);
      expect(await checkMoney(shop.kernel.database)).to.deep.equal([]);
    });

    it('begins nothing while nobody knows whether the old attempt was closed, and goes on once it is known', async () => {
      const shop = await start();
      const id = await choosable(shop);
      await choose(shop, id);
      shop.vendor.close = () => lost;
      shop.vendor.query = () => lost;
      const chosen = await choose(shop, id, { method: 'fake_page' });
      expect(chosen).to.nested.include({ kind: 'chosen', 'payment.state': 'processing' });
      expect(await states(shop, id)).to.deep.equal(['fake_qr closing']);
      shop.vendor.close = () => ({ kind: 'closed' });
      shop.vendor.query = ({ number }) => unpaid(number);
      for (let round = 0; round < 8; round += 1) {
        shop.turn(60_000);
        await shop.attend();
      }
      shop.vendor.query = () => notFound;
      shop.turn(600_000);
      await shop.attend();
      expect(await states(shop, id)).to.deep.equal(['fake_qr closed']);
      expect((await shop.payment(id)).state).to.equal('pending');
      await choose(shop, id, { method: 'fake_page' });
      expect(await states(shop, id)).to.deep.equal(['fake_qr closed', 'fake_page waiting']);
    });

    it('has its old action back where the channel refuses to close it, and goes on where it agrees the next time', async () => {
      const shop = await start();
      const id = await choosable(shop);
      await choose(shop, id);
      const { action } = await shop.payment(id);
      shop.vendor.close = () => ({ kind: 'rejected', reason: 'unsupported' });
      shop.vendor.query = ({ number }) => unpaid(number);
      for (const _tap of [1, 2]) {
        const chosen = await choose(shop, id, { method: 'fake_page' });
        expect(chosen).to.nested.include({ kind: 'held', 'payment.state': 'pending', 'payment.action': action, 'by.method': 'fake_qr' });
        expect(await states(shop, id)).to.deep.equal(['fake_qr waiting']);
      }
      closes(shop);
      await choose(shop, id, { method: 'fake_page' });
      expect(await states(shop, id)).to.deep.equal(['fake_qr closed', 'fake_page waiting']);
      expect(charged(shop)).to.equal(2);
      expect(await checkMoney(shop.kernel.database)).to.deep.equal([]);
    });

    it('shows nothing to do while it is being closed: what stays in its row is for the case that the channel refuses', async () => {
      const shop = await start();
      const id = await choosable(shop);
      await choose(shop, id);
      shop.vendor.close = () => lost;
      await choose(shop, id, { method: 'fake_page' });
      const payment = await shop.payment(id);
      expect(viewPayment({ publicUrl: '' }, payment, 'en')).to.include({ state: 'processing', action: null });
      const session = await readSession(shop.kernel, { paymentId: id, token: payment.checkout_token ?? '' });
      expect(session).to.include({ phase: 'confirming', action: null });
    });

    it('tells that the old attempt holds it where the channel cannot close', async () => {
      const shop = await start({ abilities: cannotClose });
      const id = await choosable(shop);
      await choose(shop, id);
      const chosen = await choose(shop, id, { method: 'fake_page' });
      expect(chosen).to.nested.include({ kind: 'held', 'by.method': 'fake_qr' });
      expect(await states(shop, id)).to.deep.equal(['fake_qr waiting']);
      expect((await shop.payment(id)).state).to.equal('pending');
    });

    it('is not opened again once it was closed, paid or has no time left', async () => {
      const shop = await start();
      const closed = await choosable(shop);
      await closePayment(shop.kernel, { paymentId: closed, reason: 'merchant', cause: 'merchant' });
      await choose(shop, closed);
      expect((await shop.payment(closed)).state).to.equal('closed');
      const late = await choosable(shop);
      shop.turn(7_199_000);
      await choose(shop, late);
      expect(await states(shop, late)).to.deep.equal([]);
      shop.turn(10_000);
      await shop.attend();
      expect((await shop.payment(late)).state).to.equal('closed');
      expect(charged(shop)).to.equal(0);
    });

    it('refuses methods that do not exist, that are not offered, and payments whose merchant has chosen', async () => {
      const shop = await start();
      const id = await choosable(shop);
      expect(await choose(shop, id, { method: 'fake_other' })).to.include({ kind: 'refused', code: 'method_unsupported' });
      expect(await choose(shop, 'pay_none')).to.include({ kind: 'refused', code: 'not_found' });
      expect(await choose(shop, await shop.order())).to.include({ kind: 'refused', code: 'not_found' });
    });

    it('goes to the next account after a decline, and to the first again where all have declined', async () => {
      const shop = await start({ accounts: 3 });
      const id = await choosable(shop);
      shop.vendor.pay = () => declined('payer_cancelled');
      for (const _turn of [1, 2]) await choose(shop, id);
      expect(
        shop.sent.map(({ account }) => account),
        'who went back was not declined',
      ).to.deep.equal(['acc_1', 'acc_1']);
      shop.vendor.pay = () => declined('card_declined');
      for (const _turn of [1, 2, 3, 4]) await choose(shop, id);
      expect(shop.sent.slice(2).map(({ account }) => account)).to.deep.equal(['acc_1', 'acc_2', 'acc_3', 'acc_1']);
      expect((await choose(shop, await choosable(shop))).kind, 'another payment').to.equal('chosen');
      expect(shop.sent.at(-1)?.account).to.equal('acc_1');
      expect(await checkMoney(shop.kernel.database)).to.deep.equal([]);
    });

    it('makes no more than twenty attempts, however often its shopper is declined', async () => {
      const shop = await start();
      const id = await choosable(shop);
      shop.vendor.pay = () => declined();
      for (let time = 0; time < 25; time += 1) await choose(shop, id);
      expect(await shop.attempts(id)).to.have.length(20);
      const { state, checkout_token: token } = await shop.payment(id);
      expect(state).to.equal('pending');
      expect((await choose(shop, id)).kind).to.equal('spent');
      expect(await readSession(shop.kernel, { paymentId: id, token: token ?? '' })).to.include({ phase: 'choose', isSpent: true });
    });

    it('calls nothing off for a choice that would be one too many: what is open can still be paid', async () => {
      const shop = await start();
      const id = await choosable(shop);
      shop.vendor.pay = () => declined();
      for (let time = 0; time < 19; time += 1) await choose(shop, id);
      shop.vendor.pay = () => ({ kind: 'action', action: { type: 'qr', qrContent: 'x' } });
      closes(shop);
      expect((await choose(shop, id)).kind).to.equal('chosen');
      expect((await choose(shop, id)).kind, 'the same again').to.equal('chosen');
      expect((await choose(shop, id, { payer: { name: 'Lin' } })).kind).to.equal('spent');
      expect((await states(shop, id)).at(-1)).to.equal('fake_qr waiting');
      expect((await shop.payment(id)).state).to.equal('pending');
    });
  });
});
