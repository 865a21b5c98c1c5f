import { expect } from 'chai';
import { partsKit } from '../../core/channels/parts.ts';
import type { PaymentReport, RefundReport } from '../../core/contract/outcome.ts';

const yuan = (amount: number, currency = 'CNY') => ({ amount, currency });
const [number, at] = ['0123456789ABCDEFGHJKMNPQRS', new Date(0)];
const echo = { number };

describe('Orders that are paid together', () => {
  it('have the number of the whole and two digits more', () => {
    expect([0, 8, 9].map((index) => partsKit.number(number, index))).to.deep.equal([`${number}01`, `${number}09`, `${number}10`]);
  });

  for (const [is, what, lines] of [
    [true, 'that come to the whole', [yuan(1), yuan(2)]],
    [false, 'that come to less', [yuan(1), yuan(1)]],
    [false, 'one of which is for nothing', [yuan(0), yuan(3)]],
    [false, 'one of which is negative', [yuan(-1), yuan(4)]],
    [false, 'one of which is in another currency', [yuan(1), yuan(2, 'USD')]],
  ] as const) {
    it(`${is ? 'are' : 'are not'} the payment: lines ${what}`, () => {
      const orderLines = lines.map((money) => ({ merchantOrderNo: 'A1', money, subject: null }));
      expect(partsKit.isWhole({ orderLines, money: yuan(3) })).to.equal(is);
    });
  }

  describe('say together', () => {
    const paid: PaymentReport = { state: 'succeeded', channelNo: 'c1', money: yuan(1), echo, at };
    const [open, busy, closed] = (['pending', 'processing', 'closed'] as const).map((state): PaymentReport => ({ state, echo }));
    const join = (reports: readonly (PaymentReport | undefined)[], currencies: readonly string[] = []) =>
      partsKit.join(
        reports.map((report, at) => ({ number, money: yuan(at + 1, currencies[at]), report: report as PaymentReport })),
        echo,
      );

    it('that they were paid, with the sum of their money, when all of them were', () => {
      expect(join([paid, paid, paid])).to.deep.equal({ state: 'succeeded', channelNo: 'c1', money: yuan(6), echo, at });
    });

    it('what each of them says', () => {
      for (const one of [open, busy, closed]) expect(join([one, one])).to.deep.equal(one);
    });

    it('nothing yet while they differ, and nothing at all when one of them cannot be paid any more', () => {
      expect(join([paid, open])).to.deep.equal({ state: 'processing', echo });
      expect(join([open, busy])).to.deep.equal({ state: 'processing', echo });
      for (const other of [paid, open, busy]) expect(join([other, closed])).to.equal(null);
    });

    it('nothing without parts, in several currencies, or with more money than can be counted', () => {
      expect(join([])).to.equal(null);
      expect(join([paid, paid], ['CNY', 'USD'])).to.equal(null);
      const most = { number, money: yuan(Number.MAX_SAFE_INTEGER), report: paid };
      expect(partsKit.join([most, most], echo)).to.equal(null);
    });
  });

  describe('are refunded', () => {
    const done: RefundReport = { state: 'succeeded', channelNo: 'r1', money: yuan(2), echo, at };
    const lost: RefundReport = { state: 'not_found' };
    const [busy, odd]: RefundReport[] = (['processing', 'abnormal'] as const).map((state) => ({ state, echo }));
    const failed: RefundReport = { state: 'failed', code: 'declined', echo };
    const stateOf = (...reports: (RefundReport | undefined)[]) => partsKit.joinRefunds('CNY', reports as RefundReport[], echo).state;

    it('each under a number of its own, with its own money', () => {
      const attempt = { number, channelNo: 'c1', sessionNo: null, product: 'merge', money: yuan(3), createdAt: at, expiresAt: at };
      const whole = { number, channelNo: null, money: yuan(3), reason: null, createdAt: at, attempt, callbackUrl: 'https://pay.example' };
      const part = { number: `${number}02`, money: yuan(2) };
      expect(partsKit.refundOf(whole, part, 1)).to.deep.equal({ ...whole, ...part, attempt: { ...attempt, ...part } });
    });

    it('when all are, with the sum of what was given back', () => {
      expect(partsKit.joinRefunds('CNY', [done, done], echo)).to.deep.equal({ ...done, money: yuan(4) });
    });

    it('with no money that counts when one was in another currency', () => {
      const dollars = { ...done, money: yuan(2, 'USD') };
      expect(partsKit.joinRefunds('CNY', [done, dollars], echo)).to.deep.include({ state: 'succeeded', money: yuan(0) });
    });

    it('not yet while one is on its way, and asked for again when one is not found', () => {
      expect([stateOf(), stateOf(done, busy), stateOf(busy, busy)]).to.deep.equal(['processing', 'processing', 'processing']);
      expect([stateOf(done, lost), stateOf(busy, lost)]).to.deep.equal(['not_found', 'not_found']);
    });

    it('not at all when all failed, and an operator decides when only some did', () => {
      expect(stateOf(failed, failed)).to.equal('failed');
      for (const other of [done, busy, lost, odd]) expect(stateOf(failed, other)).to.equal('abnormal');
      expect(stateOf(done, odd)).to.equal('abnormal');
    });
  });
});
