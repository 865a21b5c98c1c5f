import { expect } from 'chai';
import type { RefundOutcome, RefundReport } from '../../core/contract/outcome.ts';
import { doubtRefund, evidenceOfRefund, type RefundEvidence } from '../../core/refunds/evidence.ts';

const expected = { number: 'N1', amount: 100, currency: 'CNY', merchantNo: 'M1', livemode: false };
const echo = { number: 'N1', merchantNo: 'M1', livemode: false };
const money = { amount: 100, currency: 'CNY' };
const ok = (report: RefundReport): RefundOutcome => ({ kind: 'ok', report });
const vendor = { code: 'NO', message: '' };
const ways = ['refund', 'repeat', 'query'] as const;

/** What each outcome proves when it answers the first send, a repeat of it, and a query. */
const table: readonly [string, RefundOutcome, readonly [string, string, string]][] = [
  ['a success', ok({ state: 'succeeded', channelNo: 'R1', money, echo }), ['succeeded', 'succeeded', 'succeeded']],
  ['processing', ok({ state: 'processing', echo }), ['processing', 'processing', 'processing']],
  ['abnormal', ok({ state: 'abnormal', echo }), ['abnormal', 'abnormal', 'abnormal']],
  ['an end', ok({ state: 'failed', code: 'declined', echo }), ['failed ended', 'failed ended', 'failed ended']],
  ['not found', ok({ state: 'not_found' }), ['notFound', 'notFound', 'notFound']],
  [
    'a decline',
    { kind: 'declined', echo: {}, code: 'declined', advice: 'retry', vendor },
    ['failed refused', 'failed repeat', 'failed ended'],
  ],
  ['a rejection', { kind: 'rejected', reason: 'auth' }, ['failed refused', 'unknown', 'unknown']],
  ['a number used before', { kind: 'rejected', reason: 'number_reused' }, ['unknown', 'unknown', 'unknown']],
  ['not sent', { kind: 'notSent', reason: 'refused' }, ['notSent', 'unknown', 'unknown']],
  ['lost', { kind: 'unknown', reason: 'timeout' }, ['unknown', 'unknown', 'unknown']],
];

const name = (evidence: RefundEvidence) => (evidence.kind === 'failed' ? `failed ${evidence.how}` : evidence.kind);

describe('What an answer proves about a refund', () => {
  for (const [what, outcome, wanted] of table) {
    it(`${what}: ${wanted.join(', ')}`, () => {
      expect(ways.map((asked) => name(evidenceOfRefund(outcome, expected, asked)))).to.deep.equal(wanted);
    });
  }

  const succeeded = { state: 'succeeded', channelNo: 'R1', money, echo } as const;
  const foreign: Readonly<Record<string, RefundReport>> = {
    'another number': { ...succeeded, echo: { number: 'N2' } },
    'another merchant': { ...succeeded, echo: { merchantNo: 'M2' } },
    'the other environment': { ...succeeded, echo: { livemode: true } },
    'another sum': { ...succeeded, money: { ...money, amount: 99 } },
    'another currency': { ...succeeded, money: { ...money, currency: 'USD' } },
  };
  for (const [what, report] of Object.entries(foreign)) {
    it(`a success about ${what} proves nothing`, () => {
      expect(evidenceOfRefund(ok(report), expected, 'query')).to.deep.equal({ kind: 'mismatch' });
    });
  }

  it('an end about another number proves nothing either', () => {
    const report: RefundReport = { state: 'failed', code: 'declined', echo: { number: 'N2' } };
    expect(evidenceOfRefund(ok(report), expected, 'query')).to.deep.equal({ kind: 'mismatch' });
    const refusal: RefundOutcome = { kind: 'declined', echo: { number: 'N2' }, code: 'declined', advice: 'retry', vendor };
    for (const asked of ['refund', 'repeat', 'query'] as const)
      expect(evidenceOfRefund(refusal, expected, asked)).to.deep.equal({ kind: 'mismatch' });
  });

  it('a date that is none is no reason to lose a success', () => {
    const report: RefundReport = { ...succeeded, at: new Date(Number.NaN) };
    expect(evidenceOfRefund(ok(report), expected, 'query')).to.deep.equal({ kind: 'succeeded', channelNo: 'R1', at: null });
  });

  it('once another server may have sent it, the first send’s refusal proves nothing, and its success still does', () => {
    const of = (outcome: RefundOutcome) => name(doubtRefund(evidenceOfRefund(outcome, expected, 'refund')));
    expect(of({ kind: 'notSent', reason: 'refused' })).to.equal('unknown');
    expect(of({ kind: 'declined', echo: {}, code: 'declined', advice: 'retry', vendor })).to.equal('unknown');
    expect(of(ok(succeeded))).to.equal('succeeded');
    expect(of(ok({ state: 'failed', code: 'declined', echo }))).to.equal('failed ended');
  });
});
