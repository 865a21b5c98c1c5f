import { expect } from 'chai';
import { createRateLimit } from '../../core/access/rate-limit.ts';

describe('the rate limit of an app', () => {
  const app = { id: 'app_1', ratePerSecond: 10 };
  const start = 1_800_000_000_000;

  function open() {
    const clock = { ms: start };
    const limit = createRateLimit(() => new Date(clock.ms));
    const passed = (count: number, of = app) => Array.from({ length: count }, () => limit(of)).filter((refusal) => refusal === null).length;
    return { clock, limit, passed };
  }

  it('lets two seconds’ worth through at once, and then says when to come again', () => {
    const { limit, passed } = open();
    expect(passed(25)).to.equal(20);
    expect(limit(app)).to.deep.equal({ kind: 'refused', code: 'rate_limited', retryAfterSec: 1 });
  });

  it('lets the rate through afterwards, never more than a burst', () => {
    const { clock, passed } = open();
    passed(25);
    clock.ms += 100;
    expect(passed(5)).to.equal(1);
    clock.ms += 1000;
    expect(passed(50)).to.equal(10);
    clock.ms += 3_600_000;
    expect(passed(50)).to.equal(20);
  });

  it('counts each app by itself', () => {
    const { passed } = open();
    passed(25);
    expect(passed(3, { id: 'app_2', ratePerSecond: 1 })).to.equal(2);
  });

  it('takes nothing away when the clock is set back', () => {
    const { clock, passed } = open();
    passed(5);
    clock.ms -= 60_000;
    expect(passed(30)).to.equal(15);
    clock.ms += 1000;
    expect(passed(30)).to.equal(10);
  });

  it('follows a changed rate', () => {
    const { clock, passed } = open();
    passed(25);
    clock.ms += 1000;
    expect(passed(500, { id: 'app_1', ratePerSecond: 100 })).to.equal(100);
  });
});
