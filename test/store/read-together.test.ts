import { expect } from 'chai';
import type { Reader, Row, Value } from '../../core/store/database.ts';
import { createReadTogether } from '../../core/store/tables/read-together.ts';

/** A database of payments that answers when it is told to, and remembers what it was asked. */
function scripted(stored: readonly string[]) {
  const asked: { readonly sql: string; readonly params: readonly Value[]; answer(): void; fail(error: Error): void }[] = [];
  const reader: Reader = {
    get: () => Promise.reject(new Error('not used')),
    all: (sql, params = []) =>
      new Promise<readonly Row[]>((resolve, reject) => {
        const rows = stored.filter((id) => params.includes(id)).map((id) => ({ id }));
        asked.push({ sql, params, answer: () => resolve(rows), fail: reject });
      }),
  };
  return { reader, asked };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('payments read together', () => {
  it('a single reader is answered by a statement of its own, at once', async () => {
    const { reader, asked } = scripted(['a']);
    const read = createReadTogether(reader)('a');
    expect(asked.map(({ params }) => params)).to.deep.equal([['a']]);
    asked[0]!.answer();
    expect(await read).to.deep.equal({ id: 'a' });
  });

  it('those who ask while two statements are under way share the next one', async () => {
    const { reader, asked } = scripted(['a', 'b', 'c', 'd', 'e']);
    const read = createReadTogether(reader);
    const reads = ['a', 'b', 'c', 'd', 'e'].map((id) => read(id));
    expect(asked).to.have.lengthOf(2);
    asked[0]!.answer();
    await turn();
    expect(asked[2]!.params).to.deep.equal(['c', 'd', 'e', 'c']);
    asked[1]!.answer();
    asked[2]!.answer();
    expect((await Promise.all(reads)).map((row) => row?.id)).to.deep.equal(['a', 'b', 'c', 'd', 'e']);
  });

  it('no reader is given what a statement read that began before it asked', async () => {
    const { reader, asked } = scripted(['a', 'b']);
    const read = createReadTogether(reader);
    const first = [read('a'), read('b')];
    const second = read('a');
    asked[0]!.answer();
    await turn();
    expect(asked).to.have.lengthOf(3);
    for (const statement of asked) statement.answer();
    await Promise.all([...first, second]);
  });

  it('each gets its own payment: twice the same one, and null for one that does not exist', async () => {
    const { reader, asked } = scripted(['a', 'b']);
    const read = createReadTogether(reader);
    const reads = ['x', 'y', 'b', 'none', 'a', 'b'].map((id) => read(id));
    for (let index = 0; index < 3; index += 1) {
      asked[index]!.answer();
      await turn();
    }
    expect((await Promise.all(reads)).map((row) => row?.id ?? null)).to.deep.equal([null, null, 'b', null, 'a', 'b']);
  });

  it('what cannot be an id is null without asking, so that no stranger fails the statement of others', async () => {
    const { reader, asked } = scripted([]);
    const read = createReadTogether(reader);
    for (const id of ['', 'pay_é', 'pay 1', 'x'.repeat(65)]) expect(await read(id)).to.equal(null);
    expect(asked).to.deep.equal([]);
  });

  it('any number of readers needs few texts, each of at most 64 ids', async () => {
    const ids = Array.from({ length: 300 }, (_, index) => `p${index}`);
    const { reader, asked } = scripted(ids);
    const read = createReadTogether(reader);
    const reads = ids.map((id) => read(id));
    for (let index = 0; index < asked.length; index += 1) {
      asked[index]!.answer();
      await turn();
    }
    expect((await Promise.all(reads)).map((row) => row?.id)).to.deep.equal(ids);
    expect([...new Set(asked.map(({ params }) => params.length))].toSorted((a, b) => a - b)).to.deep.equal([1, 64]);
  });

  it('a statement that fails is told to its own readers only, and the next ones are answered', async () => {
    const { reader, asked } = scripted(['a', 'b', 'c']);
    const read = createReadTogether(reader);
    const told = ['a', 'b', 'c'].map((id) => read(id).then((row) => row?.id ?? null, String));
    asked[0]!.fail(new Error('gone'));
    await turn();
    asked[1]!.answer();
    asked[2]!.answer();
    expect(await Promise.all(told)).to.deep.equal(['Error: gone', 'b', 'c']);
    const later = read('a');
    asked.at(-1)!.answer();
    expect((await later)?.id).to.equal('a');
  });
});
