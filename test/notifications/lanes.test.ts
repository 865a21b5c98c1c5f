import { expect } from 'chai';
import type { Job } from '../../core/notifications/hosts.ts';
import { createLanes, type LaneOptions } from '../../core/notifications/lanes.ts';
import { eventually } from './wait.ts';

/** Jobs that end when they are told to. */
interface Track {
  readonly started: string[];
  readonly putOff: string[];
  job(host: string): Job;
  /** Ends the oldest running job of a host. */
  end(host: string, result?: 'received' | 'failed'): Promise<void>;
}

function track(): Track {
  const running = new Map<string, ((result: 'received' | 'failed') => void)[]>();
  const seen: Track = {
    started: [],
    putOff: [],
    job: (host) => ({
      host,
      run() {
        seen.started.push(host);
        return new Promise((resolve) => running.set(host, [...(running.get(host) ?? []), resolve]));
      },
      putOff: () => void seen.putOff.push(host),
    }),
    async end(host, result = 'received') {
      running.get(host)?.shift()?.(result);
      await new Promise(setImmediate);
    },
  };
  return seen;
}

const count = (list: readonly string[], host: string) => list.filter((one) => one === host).length;

describe('The lanes', () => {
  const open = (change: Partial<LaneOptions> = {}) =>
    createLanes({ fastLane: 8, slowLane: 4, slowAfterMs: 60_000, onFreed: () => undefined, ...change });

  it('let a host that has answered nothing yet have two at once, and half the lane when it is quick', async () => {
    const [lanes, seen] = [open(), track()];
    for (let n = 0; n < 10; n += 1) lanes.accept(seen.job('a'));
    expect(count(seen.started, 'a')).to.equal(2);
    await seen.end('a');
    expect(count(seen.started, 'a') - 1, 'running now').to.equal(4);
    expect(lanes.held()).to.equal(9);
  });

  it('let a host that refuses at once have two, as if nothing were known of it, until it takes one', async () => {
    const [lanes, seen] = [open(), track()];
    for (let n = 0; n < 12; n += 1) lanes.accept(seen.job('dead'));
    for (let ended = 1; ended <= 4; ended += 1) {
      await seen.end('dead', 'failed');
      expect(count(seen.started, 'dead') - ended, 'running now').to.equal(2);
    }
    await seen.end('dead', 'received');
    expect(count(seen.started, 'dead') - 5, 'running now').to.equal(4);
    await seen.end('dead', 'failed');
    expect(count(seen.started, 'dead') - 6, 'running now').to.equal(3);
  });

  it('keep places for others while one host has a long queue, and serve the queues in turn', async () => {
    const [lanes, seen] = [open({ fastLane: 4 }), track()];
    for (const host of ['a', 'a', 'a', 'a', 'b', 'b', 'b', 'b']) lanes.accept(seen.job(host));
    expect(seen.started).to.deep.equal(['a', 'a', 'b', 'b']);
    await seen.end('a');
    await seen.end('b');
    expect(seen.started.slice(4).sort()).to.deep.equal(['a', 'b']);
  });

  it('free the place of a host at the moment it turns out slow, and put its queue off', async () => {
    const [lanes, seen] = [open({ fastLane: 2, slowAfterMs: 20 }), track()];
    for (const host of ['slow', 'slow', 'slow', 'quick']) lanes.accept(seen.job(host));
    expect(seen.started, 'the lane is full').to.deep.equal(['slow', 'slow']);
    await eventually(() => seen.started.includes('quick'));
    expect(seen.putOff).to.deep.equal(['slow']);
    expect(count(seen.started, 'slow')).to.equal(2);
  });

  it('tell at that moment too that there is room for more', async () => {
    let freed = 0;
    const onFreed = () => {
      freed += 1;
    };
    const [lanes, seen] = [open({ slowAfterMs: 20, onFreed }), track()];
    for (let n = 0; n < 10; n += 1) lanes.accept(seen.job('a'));
    expect([lanes.held(), freed]).to.deep.equal([10, 0]);
    await eventually(() => freed > 0);
    expect(lanes.held()).to.equal(2);
  });

  it('give a slow host a quarter of the slow lane until it answers quickly again', async () => {
    const [lanes, seen] = [open({ slowLane: 4, slowAfterMs: 20 }), track()];
    lanes.accept(seen.job('a'));
    await new Promise((resolve) => setTimeout(resolve, 40));
    await seen.end('a', 'failed');
    for (let n = 0; n < 3; n += 1) lanes.accept(seen.job('a'));
    expect([count(seen.started, 'a'), count(seen.putOff, 'a')]).to.deep.equal([2, 2]);
    await seen.end('a');
    for (let n = 0; n < 4; n += 1) lanes.accept(seen.job('a'));
    expect(count(seen.started, 'a')).to.equal(6);
  });

  it('keep a few jobs of an unproven host, and put the others off for half a second only', () => {
    const [lanes, seen] = [open(), track()];
    const delays: number[] = [];
    for (let n = 0; n < 100; n += 1) lanes.accept({ ...seen.job('a'), putOff: (delayMs) => void delays.push(delayMs) });
    expect(lanes.held()).to.equal(18);
    expect(delays).to.deep.equal(Array.from({ length: 82 }, () => 500));
  });

  it('put jobs of a slow host off one behind another, and never for longer than half a minute', async () => {
    const [lanes, seen] = [open({ slowLane: 4, slowAfterMs: 20 }), track()];
    const delays: number[] = [];
    lanes.accept(seen.job('a'));
    await new Promise((resolve) => setTimeout(resolve, 40));
    for (let n = 0; n < 3000; n += 1) lanes.accept({ ...seen.job('a'), putOff: (delayMs) => void delays.push(delayMs) });
    expect(delays).to.have.length(3000);
    expect(delays.slice(0, 50)).to.deep.equal(delays.slice(0, 50).sort((a, b) => a - b));
    expect(Math.max(...delays))
      .to.be.at.most(30_000)
      .and.above(29_000);
  });

  it('put off what has not begun when they close, and wait for the rest', async () => {
    const [lanes, seen] = [open(), track()];
    for (let n = 0; n < 3; n += 1) lanes.accept(seen.job('a'));
    let isClosed = false;
    const closing = lanes.close().then(() => {
      isClosed = true;
    });
    lanes.accept(seen.job('b'));
    expect(seen.putOff).to.deep.equal(['a', 'b']);
    await seen.end('a');
    expect(isClosed).to.equal(false);
    await seen.end('a');
    await closing;
    expect(lanes.held()).to.equal(0);
  });
});
