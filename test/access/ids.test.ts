import { expect } from 'chai';
import { makeId, makeNumber } from '../../core/ids.ts';

describe('ids', () => {
  const now = new Date('2026-05-01T12:00:00.000Z');

  it('are a prefix and 26 digits and capital letters without I, L, O and U', () => {
    expect(makeId('pay_', now)).to.match(/^pay_[0-9A-HJKMNP-TV-Z]{26}$/);
    expect(makeNumber(now)).to.match(/^[0-9A-HJKMNP-TV-Z]{26}$/);
  });

  it('hold their millisecond in the first ten characters, as ULIDs do', () => {
    expect(makeNumber(new Date(1_469_918_176_385)).slice(0, 10)).to.equal('01ARYZ6S41');
    expect(makeNumber(new Date(0)).slice(0, 10)).to.equal('0000000000');
    expect(makeNumber(new Date(2 ** 47)).slice(0, 10)).to.equal('4000000000');
  });

  it('sort by time, bytewise', () => {
    const times = [0, 1, 31, 32, 1023, 1024, 1_700_000_000_000, 1_700_000_000_001, 2 ** 40, 2 ** 45].map((ms) => makeNumber(new Date(ms)));
    expect(times.toSorted((a, b) => (a < b ? -1 : 1))).to.deep.equal(times.toSorted());
    expect(times.slice(0, 6)).to.deep.equal(times.slice(0, 6).toSorted());
  });

  it('do not repeat within a millisecond, and use every character at every place', () => {
    const ids = Array.from({ length: 5000 }, () => makeNumber(now));
    expect(new Set(ids).size).to.equal(5000);
    for (let place = 10; place < 26; place += 1) expect(new Set(ids.map((id) => id.charAt(place))).size, `place ${place}`).to.equal(32);
  });

  it('refuse a time that they cannot carry', () => {
    for (const ms of [-1, Number.NaN, 2 ** 48]) expect(() => makeNumber(new Date(ms))).to.throw(RangeError);
  });
});
