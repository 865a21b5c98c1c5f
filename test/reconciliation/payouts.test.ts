import { expect } from 'chai';
import { checkMoney } from '../kit/check-money.ts';
import { forEachDatabase, type TestDatabase } from '../kit/database.ts';
import { openPayoutShop, type PayoutShop, payoutLine } from '../kit/payout-shop.ts';

const dayMs = 86_400_000;
const [first, second] = ['2026-05-01', '2026-05-02'];

describe('A payout of a channel', () =>
  forEachDatabase((_name, open) => {
    let stored: TestDatabase;
    let shop: PayoutShop;

    beforeEach(async () => {
      stored = await open();
      shop = openPayoutShop(stored.database);
      shop.turn(dayMs);
    });
    afterEach(async () => expect(await checkMoney(stored.database)).to.deep.equal([]));

    const states = async () => (await shop.payouts()).map(({ channel_no: number, state }) => `${number} ${state}`);

    it('that arrives on the day it was sent is on both days, and in the sums of both', async () => {
      const sent = await shop.channelDay(first, [payoutLine(first, 50_000)]);
      expect(await shop.found()).to.deep.equal(['timing payout suspended']);
      const came = await shop.bankDay(first, [{ day: first, number: 'B1', amount: 50_000 }]);
      expect(sent.kind === 'done' && sent.sums).to.deep.equal([
        { class: 'timing', kind: 'payout', currency: 'CNY', entries_there: 1, amount_there: -50_000, entries_here: 0, amount_here: 0 },
      ]);
      expect(came.kind === 'done' && came.sums).to.deep.equal([
        { class: 'matched', kind: 'payout', currency: 'CNY', entries_there: 1, amount_there: 50_000, entries_here: 1, amount_here: 50_000 },
      ]);
      expect(await states()).to.deep.equal(['po_1000001 arrived']);
      expect(await shop.found()).to.deep.equal(['timing payout resolved agrees_now']);
    });

    it('is the same where the bank was first', async () => {
      await shop.bankDay(second, [{ day: second, number: 'B1', amount: 50_000 }]);
      expect(await shop.found()).to.deep.equal(['missing_here payment open']);
      await shop.channelDay(first, [payoutLine(first, 50_000)]);
      expect(await shop.lookAgain()).to.be.above(0);
      expect(await states()).to.deep.equal(['po_1000001 arrived']);
      expect(await shop.found()).to.deep.equal(['timing payout resolved agrees_now', 'missing_here payment resolved agrees_now']);
      expect(await shop.lookAgain()).to.equal(0);
    });
  }));
