import { expect } from 'chai';
import { compareReports, type Figure, isMet, printChanges, printReport, type Report } from '../../scripts/bench/report.ts';

const rate: Figure = { name: 'creates', value: 1000, unit: '1/s', better: 'higher', goal: 900 };
const wait: Figure = { name: 'p99', value: 10, unit: 'ms', better: 'lower', goal: 15 };
const asked: Figure = { name: 'asked for', value: 64, unit: 'count' };
const reportOf = (...figures: readonly Figure[]): Report => ({ workload: 'refund', conditions: 'two cores', figures });

describe('A report of the benchmark', () => {
  it('judges a figure by its goal, on the goal met', () => {
    expect([isMet(rate), isMet({ ...rate, value: 900 }), isMet({ ...rate, value: 899 })]).to.deep.equal([true, true, false]);
    expect([isMet(wait), isMet({ ...wait, value: 15 }), isMet({ ...wait, value: 16 })]).to.deep.equal([true, true, false]);
    expect(isMet(asked)).to.equal(true);
  });

  it('prints each figure with its goal, and says which are missed', () => {
    const lines = printReport(reportOf(rate, { ...wait, value: 20 })).split('\n');
    expect(lines[1]).to.match(/creates +1,000 1\/s +goal ≥ 900: met$/);
    expect(lines[2]).to.match(/p99 +20 ms +goal ≤ 15: MISSED$/);
  });

  it('is compared with an earlier one: worse is what moved the wrong way by more than the tolerance', () => {
    const later = reportOf({ ...rate, value: 800 }, { ...wait, value: 13 }, { ...asked, value: 1 });
    const worse = (percent: number) =>
      compareReports(reportOf(rate, wait, asked), later, percent).map(({ name, isWorse }) => [name, isWorse]);
    expect(worse(20)).to.deep.equal([
      ['creates', false],
      ['p99', true],
    ]);
    expect(worse(10)).to.deep.equal([
      ['creates', true],
      ['p99', true],
    ]);
  });

  it('calls anything worse than none worse, and leaves out what only one of the two has', () => {
    const none: Figure = { name: 'over-refunds', value: 0, unit: 'count', better: 'lower' };
    const changes = compareReports(reportOf(none), reportOf({ ...none, value: 1 }, rate), 20);
    expect(changes.map(({ name, isWorse }) => [name, isWorse])).to.deep.equal([['over-refunds', true]]);
    expect(printChanges(changes, 20)).to.match(/over-refunds +0 → +1 .*WORSE$/m);
  });

  it('refuses to be compared with another workload', () => {
    expect(() => compareReports({ ...reportOf(rate), workload: 'outage' }, reportOf(rate), 20)).to.throw(RangeError, 'outage');
  });
});
