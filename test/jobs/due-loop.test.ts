import { expect } from 'chai';
import type { Clock } from '../../core/clock.ts';
import { type Running, runDueLoop } from '../../core/jobs/due-loop.ts';
import { createLog } from '../../core/log.ts';
import type { Database } from '../../core/store/database.ts';
import type { Due } from '../../core/store/tables/due.ts';
import { eventually } from '../kit/merchant.ts';

const now = Date.parse('2026-05-01T12:00:00Z');
const rows = (count: number, dueAt = now): Due[] =>
  Array.from({ length: count }, (_, index) => ({ id: `row_${index}`, due_at: dueAt, checks: 0 }));

interface Looks {
  /** What each look finds, in order; afterwards nothing. An error is a database that is away. */
  readonly finds: (readonly Due[] | Error)[];
  looks: number;
  sleeps: number;
  wake(): void;
}

function open(finds: Looks['finds']) {
  const counted: { task: string; result: string; lag: number | undefined }[] = [];
  const lines: string[] = [];
  const state: Looks = { finds: [...finds], looks: 0, sleeps: 0, wake: () => undefined };
  const database = {
    async all() {
      state.looks += 1;
      const found = state.finds.shift() ?? [];
      if (found instanceof Error) throw found;
      return found;
    },
  } as unknown as Database;
  const clock: Clock = {
    now: () => new Date(now),
    sleep: (_durationMs, signal) =>
      new Promise((resolve) => {
        state.sleeps += 1;
        state.wake = resolve;
        signal?.addEventListener('abort', () => resolve(), { once: true });
        if (signal?.aborted) resolve();
      }),
  };
  const log = createLog({ level: 'error', destination: { write: (line: string) => void lines.push(line) } });
  const metrics = { job: (labels: { task: string; result: string }, lag?: number) => void counted.push({ ...labels, lag }) };
  return { state, counted, lines, deps: { database, clock, log, metrics, pollMs: 1000 } };
}

describe('Looking for rows whose time has come', () => {
  let running: Running | undefined;
  afterEach(() => running?.stop());

  it('attends to each row that is due, and then sleeps until the next look', async () => {
    const { state, deps } = open([rows(3), rows(1)]);
    const attended: string[] = [];
    running = runDueLoop(deps, 'attempts', async (due) => void attended.push(due.id));
    await eventually(() => state.sleeps === 1);
    expect(attended).to.deep.equal(['row_0', 'row_1', 'row_2']);
    state.wake();
    await eventually(() => state.sleeps === 2);
    expect(attended).to.have.length(4);
  });

  it('looks again at once while there is more than one look finds', async () => {
    const { state, deps } = open([rows(100), rows(100), rows(99)]);
    let attended = 0;
    running = runDueLoop(deps, 'attempts', async () => {
      attended += 1;
    });
    await eventually(() => state.sleeps === 1);
    expect([state.looks, attended]).to.deep.equal([3, 299]);
  });

  it('attends to sixteen at once, and to no more', async () => {
    const { state, deps } = open([rows(40)]);
    const ends: (() => void)[] = [];
    let under = 0;
    let most = 0;
    running = runDueLoop(deps, 'attempts', async () => {
      under += 1;
      most = Math.max(most, under);
      await new Promise<void>((resolve) => ends.push(resolve));
      under -= 1;
    });
    await eventually(() => {
      ends.shift()?.();
      return state.sleeps === 1;
    });
    expect(most).to.equal(16);
  });

  it('lets a row that fails stop no other, says which, and counts the look as failed', async () => {
    const { state, deps, lines, counted } = open([rows(3), rows(1)]);
    const attended: string[] = [];
    running = runDueLoop(deps, 'refunds', async ({ id }) => {
      if (id === 'row_1') throw new Error('odd');
      attended.push(id);
    });
    await eventually(() => state.sleeps === 1);
    expect(attended).to.deep.equal(['row_0', 'row_2']);
    expect(lines.join('')).to.contain('row_1').and.contain('odd');
    state.wake();
    await eventually(() => state.sleeps === 2);
    expect(counted.map(({ task, result }) => `${task} ${result}`)).to.deep.equal(['refunds failed', 'refunds done']);
  });

  it('goes on looking when the database was away', async () => {
    const { state, deps, lines, counted } = open([new Error('gone'), rows(1)]);
    let attended = 0;
    running = runDueLoop(deps, 'payments', async () => {
      attended += 1;
    });
    await eventually(() => state.sleeps === 1);
    expect(lines.join('')).to.contain('gone');
    expect(counted).to.deep.equal([{ task: 'payments', result: 'failed', lag: undefined }]);
    state.wake();
    await eventually(() => attended === 1);
  });

  it('tells how late the oldest row was, and nothing once the backlog is worked off', async () => {
    const { state, deps, counted } = open([[...rows(1, now - 90_000), ...rows(1, now - 1000)], []]);
    running = runDueLoop(deps, 'attempts', async () => undefined);
    await eventually(() => state.sleeps === 1);
    state.wake();
    await eventually(() => state.sleeps === 2);
    expect(counted.map(({ lag }) => lag)).to.deep.equal([90, 0]);
  });

  it('ends at once while it sleeps', async () => {
    const { state, deps } = open([]);
    running = runDueLoop(deps, 'attempts', async () => undefined);
    await eventually(() => state.sleeps === 1);
    await running.stop();
    expect(state.looks).to.equal(1);
  });

  it('begins nothing new when it is stopped, and waits for what is under way', async () => {
    const { deps } = open([rows(40)]);
    const begun: (() => void)[] = [];
    let ended = 0;
    running = runDueLoop(deps, 'attempts', async () => {
      await new Promise<void>((resolve) => begun.push(resolve));
      ended += 1;
    });
    await eventually(() => begun.length === 16);
    const stopped = running.stop();
    await new Promise(setImmediate);
    for (const end of begun) end();
    await stopped;
    expect([begun.length, ended]).to.deep.equal([16, 16]);
  });
});
