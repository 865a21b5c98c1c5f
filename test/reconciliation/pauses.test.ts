import { expect } from 'chai';
import { createPauses } from '../../core/reconciliation/pauses.ts';

const minute = 60_000;

describe('Documents that cannot be compared', () => {
  /** At which minutes of some hours something is tried that is looked at every minute. */
  function triesOf(names: (at: number) => readonly string[], minutes: number): readonly number[] {
    let now = 1_000_000;
    const pauses = createPauses(() => now);
    const tried: number[] = [];
    for (let at = 0; at < minutes; at += 1, now += minute) {
      if (!pauses.isDue(names(at))) continue;
      pauses.tried(names(at));
      tried.push(at);
    }
    return tried;
  }

  it('are tried after 1, 2, 4 … 60 minutes, and never given up', () => {
    expect(triesOf(() => ['a'], 250)).to.deep.equal([0, 1, 3, 7, 15, 31, 63, 123, 183, 243]);
  });

  it('hold nothing up: what comes beside them is tried at once', () => {
    expect(triesOf((at) => (at >= 20 ? ['a', 'b'] : ['a']), 25)).to.include(20);
  });

  it('begin anew once they were gone', () => {
    expect(triesOf((at) => (at === 10 ? [] : ['a']), 14)).to.deep.equal([0, 1, 3, 7, 11, 12]);
  });

  it('are none where there is nothing', () => {
    expect(triesOf(() => [], 5)).to.deep.equal([]);
  });
});
