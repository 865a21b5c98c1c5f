import { expect } from 'chai';
import type { Outcome, PaymentReport } from '../../core/contract/outcome.ts';
import { doubt, type Evidence, evidenceOfPay, evidenceOfQuery, evidenceOfRepeat } from '../../core/payments/evidence.ts';

const expected = { number: 'N1', amount: 100, currency: 'CNY', merchantNo: 'M1', livemode: false };
const echo = { number: 'N1', merchantNo: 'M1', livemode: false };
const money = { amount: 100, currency: 'CNY' };
const ok = (report: PaymentReport): Outcome => ({ kind: 'ok', report });
const vendor = { code: 'NO', message: '' };
const succeeded = { state: 'succeeded', channelNo: 'C1', money, echo } as const;

/** What each outcome proves when it answers `pay`, a repeat of it, and a query. */
const table: readonly [string, Outcome, readonly [string, string, string]][] = [
  ['a success', ok(succeeded), ['paid', 'paid', 'paid']],
  ['a success of another sum', ok({ ...succeeded, money: { ...money, amount: 99 } }), ['paidOther', 'paidOther', 'paidOther']],
  ['an action', { kind: 'action', action: { type: 'qr', qrContent: 'x' } }, ['waiting', 'waiting', 'waiting']],
  ['pending', ok({ state: 'pending', echo }), ['waiting', 'waiting', 'waiting']],
  ['processing', ok({ state: 'processing', echo }), ['processing', 'processing', 'processing']],
  ['closed', ok({ state: 'closed', echo }), ['closed', 'closed', 'closed']],
  ['not found', ok({ state: 'not_found' }), ['notFound', 'notFound', 'notFound']],
  ['a decline', { kind: 'declined', echo: {}, code: 'declined', advice: 'retry', vendor }, ['failed', 'failed again', 'failed']],
  ['a rejection', { kind: 'rejected', reason: 'auth' }, ['failed', 'unknown', 'unknown']],
  ['a number used before', { kind: 'rejected', reason: 'number_reused' }, ['unknown', 'unknown', 'unknown']],
  ['not sent', { kind: 'notSent', reason: 'refused' }, ['notSent', 'unknown', 'unknown']],
  ['lost', { kind: 'unknown', reason: 'timeout' }, ['unknown', 'unknown', 'unknown']],
];

const name = (evidence: Evidence) => (evidence.kind === 'failed' && evidence.repeated ? 'failed again' : evidence.kind);

describe('What an answer proves about an attempt', () => {
  for (const [what, outcome, wanted] of table) {
    it(`${what}: ${wanted.join(', ')}`, () => {
      const readings = [evidenceOfPay, evidenceOfRepeat, evidenceOfQuery].map((read) => name(read(outcome, expected)));
      expect(readings).to.deep.equal(wanted);
    });
  }

  const foreign: Readonly<Record<string, PaymentReport>> = {
    number: { ...succeeded, echo: { number: 'N2' } },
    merchant: { ...succeeded, echo: { merchantNo: 'M2' } },
    livemode: { ...succeeded, echo: { livemode: true } },
    currency: { ...succeeded, money: { ...money, currency: 'USD' } },
  };
  for (const [what, report] of Object.entries(foreign)) {
    it(`a success about another ${what} proves nothing`, () => {
      expect(evidenceOfQuery(ok(report), expected)).to.deep.equal({ kind: 'mismatch', what });
    });
  }

  for (const state of ['pending', 'processing', 'closed'] as const) {
    it(`${state} about another number proves nothing either`, () => {
      expect(evidenceOfQuery(ok({ state, echo: { number: 'N2' } }), expected)).to.deep.equal({ kind: 'mismatch', what: 'number' });
    });
  }

  it('a decline about another number, merchant or environment proves nothing either', () => {
    const decline = { kind: 'declined', code: 'declined', advice: 'retry', vendor } as const;
    for (const read of [evidenceOfPay, evidenceOfRepeat, evidenceOfQuery]) {
      expect(read({ ...decline, echo: { number: 'N2' } }, expected)).to.deep.equal({ kind: 'mismatch', what: 'number' });
      expect(read({ ...decline, echo: { ...echo, merchantNo: 'M2' } }, expected)).to.deep.equal({ kind: 'mismatch', what: 'merchant' });
      expect(read({ ...decline, echo: { livemode: true } }, expected)).to.deep.equal({ kind: 'mismatch', what: 'livemode' });
      expect(read({ ...decline, echo }, expected)).to.have.property('kind', 'failed');
    }
  });

  for (const amount of [0, -1, 0.1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
    it(`${amount} is no amount`, () => {
      const report = { ...succeeded, money: { ...money, amount } };
      expect(evidenceOfQuery(ok(report), expected)).to.deep.equal({ kind: 'mismatch', what: 'amount' });
    });
  }

  it('once another server may have sent it, the first send’s refusal proves nothing, and its success still does', () => {
    const of = (outcome: Outcome) => doubt(evidenceOfPay(outcome, expected)).kind;
    expect(of({ kind: 'notSent', reason: 'refused' })).to.equal('unknown');
    expect(of({ kind: 'declined', echo: {}, code: 'declined', advice: 'retry', vendor })).to.equal('unknown');
    expect(of(ok(succeeded))).to.equal('paid');
  });
});
