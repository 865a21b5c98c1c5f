import sinon from 'sinon';

/** A clock that was put back, for all that runs in this process: the server, the vendors and the shoppers. */
export interface Past {
  /** It goes on from there. */
  goTo(at: number): void;
  /** It shows what the real one does. */
  comeBack(): void;
  /** Gives the real clock back. What keeps a hold of `Date.now` stands still from then on: end after the servers. */
  end(): void;
}

/** Lives a time that is over. Whatever runs in another process, or on another thread, lives now. */
export function goBackTo(at: number): Past {
  const clock = sinon.useFakeTimers({ now: at, toFake: ['Date'], shouldAdvanceTime: true });
  return {
    goTo: (moment) => clock.setSystemTime(moment),
    comeBack: () => clock.setSystemTime(performance.timeOrigin + performance.now()),
    end: () => clock.restore(),
  };
}
