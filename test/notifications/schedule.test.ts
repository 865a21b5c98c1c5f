import { expect } from 'chai';
import fc from 'fast-check';
import { delayAfter, maxTries, readRetryAfter } from '../../core/notifications/schedule.ts';

const hour = 3_600_000;

describe('The schedule of tries', () => {
  it('doubles from 1 to 512 seconds, exactly', () => {
    const delays = Array.from({ length: 10 }, (_, step) => delayAfter(step + 1, null, Math.random()));
    expect(delays).to.deep.equal([1, 2, 4, 8, 16, 32, 64, 128, 256, 512].map((seconds) => seconds * 1000));
  });

  it('goes on for two days: 15 and 30 minutes, then 1, 3, 6, 12 and 24 hours, a tenth around', () => {
    const tail = [hour / 4, hour / 2, hour, 3 * hour, 6 * hour, 12 * hour, 24 * hour];
    for (const [step, middle] of tail.entries()) {
      const at = (random: number) => delayAfter(11 + step, null, random);
      expect([at(0), at(0.5), at(1)]).to.deep.equal([(middle / 10) * 9, middle, (middle / 10) * 11]);
    }
    expect(delayAfter(maxTries, null, 0.5)).to.equal(null);
    expect(maxTries).to.equal(18);
  });

  it('waits as long as Retry-After asks where that is longer, up to a day, and never tries more often', () => {
    const check = (failures: number, retryAfterMs: number, random: number) => {
      const planned = delayAfter(failures, null, random);
      const asked = delayAfter(failures, retryAfterMs, random);
      if (planned === null) expect(asked).to.equal(null);
      else expect(asked).to.equal(Math.max(planned, Math.min(retryAfterMs, 24 * hour)));
    };
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 0, max: 100 * hour }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        check,
      ),
    );
  });

  it('reads Retry-After as seconds or as a date, and nothing else', () => {
    const now = new Date('2026-01-15T00:00:00Z');
    expect(readRetryAfter('120', now)).to.equal(120_000);
    expect(readRetryAfter('Thu, 15 Jan 2026 00:01:30 GMT', now)).to.equal(90_000);
    expect(readRetryAfter('Wed, 14 Jan 2026 00:00:00 GMT', now)).to.equal(0);
    for (const text of [null, '', '-5', '1.5', '1e9', 'soon', '99999999999'])
      expect(readRetryAfter(text, now), String(text)).to.equal(null);
  });
});
