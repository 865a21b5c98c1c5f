import { expect } from 'chai';
import { createWatch } from '../../core/checkout/watch.ts';

/** A table of versions, and a clock that goes on only when it is told to. */
function startWatch(versions: Record<string, number>) {
  const asked: string[][] = [];
  const errors: unknown[] = [];
  const state: { fails: boolean; wake: () => void } = { fails: false, wake: () => undefined };
  const all = async (_sql: string, ids: readonly string[]) => {
    asked.push([...ids]);
    if (state.fails) throw new Error('the database is away');
    return ids.filter((id) => id in versions).map((id) => ({ id, version: versions[id] }));
  };
  const sleep = () =>
    new Promise<void>((resolve) => {
      state.wake = resolve;
    });
  const watch = createWatch({ database: { all } as never, clock: { sleep }, pollMs: 1, onError: (error) => errors.push(error) });
  const tick = async () => {
    await new Promise((resolve) => setImmediate(resolve));
    state.wake();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { watch, tick, asked, errors, state };
}

describe('A watch over payments', () => {
  it('tells of a write since the row was read, even before the first look', async () => {
    const versions = { a: 3 };
    const { watch, tick } = startWatch(versions);
    const told: string[] = [];
    watch({ id: 'a', version: 2 }, () => told.push('a'));
    await tick();
    expect(told).to.deep.equal(['a']);
    await tick();
    expect(told).to.deep.equal(['a']);
    versions.a = 4;
    await tick();
    expect(told).to.deep.equal(['a', 'a']);
  });

  it('asks for all payments by one query, and for none when nobody looks', async () => {
    const { watch, tick, asked } = startWatch({ a: 1, b: 1 });
    const ends = ['a', 'b', 'a'].map((id) => watch({ id, version: 1 }, () => undefined));
    await tick();
    await tick();
    expect(asked.at(-1)).to.deep.equal(['a', 'b']);
    for (const end of ends) end();
    await tick();
    const count = asked.length;
    await tick();
    await tick();
    expect(asked.length).to.equal(count);
    watch({ id: 'b', version: 1 }, () => undefined);
    await tick();
    expect(asked.length).to.be.greaterThan(count);
  });

  it('tells everybody who looks at the same payment, and nobody who has left', async () => {
    const versions = { a: 1 };
    const { watch, tick } = startWatch(versions);
    const told: string[] = [];
    const leave = watch({ id: 'a', version: 1 }, () => told.push('one'));
    watch({ id: 'a', version: 1 }, () => told.push('other'));
    versions.a = 2;
    await tick();
    leave();
    versions.a = 3;
    await tick();
    expect(told).to.deep.equal(['one', 'other', 'other']);
  });

  it('goes on after a look that failed', async () => {
    const versions = { a: 1 };
    const { watch, tick, errors, state } = startWatch(versions);
    const told: string[] = [];
    watch({ id: 'a', version: 1 }, () => told.push('a'));
    state.fails = true;
    await tick();
    state.fails = false;
    versions.a = 2;
    await tick();
    expect(errors).to.have.length.greaterThan(0);
    expect(told).to.deep.equal(['a']);
  });
});
