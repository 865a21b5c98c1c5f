import { expect } from 'chai';
import { type SinonFakeTimers, useFakeTimers } from 'sinon';
import { systemClock } from '../../core/clock.ts';

describe('the clock of the machine', () => {
  let timers: SinonFakeTimers;

  beforeEach(() => {
    timers = useFakeTimers({ now: 1_700_000_000_000 });
  });

  afterEach(() => timers.restore());

  /** What has happened to a sleep so far. */
  function watch(sleep: Promise<void>): { state: string } {
    const seen = { state: 'asleep' };
    sleep.then(
      () => {
        seen.state = 'awake';
      },
      () => {
        seen.state = 'rejected';
      },
    );
    return seen;
  }

  it('tells the time', () => {
    expect(systemClock.now().getTime()).to.equal(1_700_000_000_000);
  });

  it('sleeps for as long as it is told, and no longer', async () => {
    const seen = watch(systemClock.sleep(1000));
    await timers.tickAsync(999);
    expect(seen.state).to.equal('asleep');
    await timers.tickAsync(1);
    expect(seen.state).to.equal('awake');
  });

  it('wakes at once when it is told to stop, without an error', async () => {
    const stop = new AbortController();
    const seen = watch(systemClock.sleep(1000, stop.signal));
    stop.abort();
    await timers.tickAsync(0);
    expect(seen.state).to.equal('awake');
  });

  it('does not fall asleep when it was told to stop before', async () => {
    const seen = watch(systemClock.sleep(1000, AbortSignal.abort()));
    await timers.tickAsync(0);
    expect(seen.state).to.equal('awake');
  });
});
