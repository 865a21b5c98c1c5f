import { expect } from 'chai';
import { useFakeTimers } from 'sinon';
import { DatabaseUnavailable } from '../../core/store/database.ts';
import { createGroup, type GroupRule } from '../../core/store/group.ts';

type Member = { readonly name: string; readonly fault?: Error };

/** A store that keeps what was written, group by group, and holds each write back until it is let go. */
function makeStore(rule: Partial<GroupRule<Member, string>> = {}) {
  const groups: string[][] = [];
  const kept: string[] = [];
  const held: (() => void)[] = [];
  const write = async (members: readonly Member[]) => {
    groups.push(members.map(({ name }) => name));
    await new Promise<void>((resolve) => held.push(resolve));
    const bad = members.find(({ fault }) => fault !== undefined);
    if (bad?.fault) throw bad.fault;
    kept.push(...members.map(({ name }) => name));
    return members.map(({ name }) => `${name} is kept`);
  };
  const add = createGroup<Member, string>({ lanes: 1, most: 8, waitMs: 60_000, mostWaiting: 100, write, ...rule });
  const letGo = async () => {
    while (held.length > 0) {
      held.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { add, groups, kept, held, letGo };
}

const named = (count: number): Member[] => Array.from({ length: count }, (_, index) => ({ name: `m${index}` }));

describe('Writing in groups', () => {
  it('does not wait for company: the first is written alone, those that come meanwhile together, in their order', async () => {
    const store = makeStore();
    const all = named(6).map(store.add);
    expect(store.groups).to.deep.equal([['m0']]);
    await store.letGo();
    await Promise.all(all);
    expect(store.groups).to.deep.equal([['m0'], ['m1', 'm2', 'm3', 'm4'], ['m5']]);
  });

  it('writes as many groups at once as there are lanes, and none larger than allowed', async () => {
    const store = makeStore({ lanes: 2, most: 2 });
    const all = named(7).map(store.add);
    expect(store.groups).to.deep.equal([['m0'], ['m1']]);
    await store.letGo();
    await Promise.all(all);
    expect(store.groups.map((group) => group.length)).to.deep.equal([1, 1, 2, 2, 1]);
    expect(store.kept.toSorted()).to.deep.equal(named(7).map(({ name }) => name));
  });

  it('tells a member of its own success alone, once it is written', async () => {
    const store = makeStore();
    const told: string[] = [];
    const all = named(3).map((member) => store.add(member).then(() => told.push(member.name)));
    store.held.shift()?.();
    await all[0];
    expect(told).to.deep.equal(['m0']);
    await store.letGo();
    await Promise.all(all);
    expect(told).to.deep.equal(['m0', 'm1', 'm2']);
  });

  it('never writes two of one key together, and keeps the order of those that wait', async () => {
    const store = makeStore({ keyOf: ({ name }) => name.slice(0, 1) });
    const all = ['x0', 'a1', 'b1', 'a2', 'c1', 'd1', 'a3'].map((name) => store.add({ name }));
    await store.letGo();
    expect(await Promise.all(all)).to.have.length(7);
    expect(store.groups).to.deep.equal([['x0'], ['a1', 'b1', 'c1', 'd1'], ['a2'], ['a3']]);
  });

  it('tells each member what became of it', async () => {
    const store = makeStore();
    const all = Promise.all(named(6).map(store.add));
    await store.letGo();
    expect(await all).to.deep.equal(named(6).map(({ name }) => `${name} is kept`));
  });

  it('fails the one that cannot be written, and none of its neighbours', async () => {
    const store = makeStore();
    const members = named(9).map((member) => (member.name === 'm5' ? { ...member, fault: new Error('taken') } : member));
    const all = Promise.allSettled(members.map(store.add));
    await store.letGo();
    expect((await all).map(({ status }) => status)).to.deep.equal(members.map(({ fault }) => (fault ? 'rejected' : 'fulfilled')));
    expect(store.kept.toSorted()).to.deep.equal(members.filter(({ fault }) => !fault).map(({ name }) => name));
  });

  it('fails all members of a group when the database is away, and does not try them one by one', async () => {
    const store = makeStore();
    const away = new DatabaseUnavailable('away');
    const all = Promise.allSettled([{ name: 'first' }, ...named(4).map((member) => ({ ...member, fault: away }))].map(store.add));
    await store.letGo();
    expect((await all).map(({ status }) => status)).to.deep.equal(['fulfilled', 'rejected', 'rejected', 'rejected', 'rejected']);
    expect(store.groups).to.have.length(2);
  });

  it('lets nobody wait longer than allowed, whenever it came', async () => {
    const clock = useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] });
    try {
      const store = makeStore({ waitMs: 100 });
      const refused: string[] = [];
      void store.add({ name: 'first' });
      const wait = (name: string) => void store.add({ name }).catch(() => refused.push(name));
      wait('early');
      await clock.tickAsync(70);
      wait('late');
      await clock.tickAsync(31);
      expect(refused).to.deep.equal(['early']);
      await clock.tickAsync(70);
      expect(refused).to.deep.equal(['early', 'late']);
    } finally {
      clock.restore();
    }
  });

  it('refuses what would wait too long, or behind too many, without ever writing it', async () => {
    const store = makeStore({ waitMs: 20, mostWaiting: 2 });
    const [first, ...others] = named(4).map(store.add);
    const refused = (await Promise.allSettled(others)).map((one) => one.status === 'rejected' && one.reason instanceof DatabaseUnavailable);
    expect(refused).to.deep.equal([true, true, true]);
    await store.letGo();
    await first;
    expect(store.groups).to.deep.equal([['m0']]);
    const after = store.add({ name: 'after' });
    await store.letGo();
    await after;
    expect(store.kept).to.deep.equal(['m0', 'after']);
  });
});
