import { expect } from 'chai';
import fc from 'fast-check';
import type { Database, Value } from '../../core/store/database.ts';
import { forEachDatabase } from '../kit/database.ts';
import { failure } from './failure.ts';

const largest = Number.MAX_SAFE_INTEGER;

forEachDatabase((_name, open) => {
  describe('a stored value', () => {
    let database: Database;

    before(async () => {
      ({ database } = await open());
    });

    beforeEach(() => database.transaction(async (tx) => void (await tx.run('DELETE FROM versions'))));

    const put = (id: Value, value: Value) =>
      database.transaction((tx) => tx.run('INSERT INTO versions (id, value) VALUES (?, ?)', [id, value]));
    const ids = async (id: string) => (await database.all('SELECT id FROM versions WHERE id = ?', [id])).map((row) => row['id']);

    it('compares bytewise when it is a key: case and trailing spaces count', async () => {
      const keys = ['abc', 'ABC', 'abc ', ' abc', 'abc  ', ''];
      for (const key of keys) await put(key, 1);
      for (const key of keys) expect(await ids(key)).to.deep.equal([key]);
      const sorted = await database.all('SELECT id FROM versions ORDER BY id');
      expect(sorted.map((row) => row['id'])).to.deep.equal([...keys].sort());
    });

    it('is the same integer on both sides, up to the largest safe one', async () => {
      const integers = fc.oneof(fc.maxSafeInteger(), fc.constantFrom(0, -1, largest, -largest, 2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 52 + 1));
      await fc.assert(
        fc.asyncProperty(integers, async (value) => {
          await database.transaction(async (tx) => {
            await tx.run('DELETE FROM versions');
            await tx.run('INSERT INTO versions (id, value) VALUES (?, ?)', ['a', value]);
          });
          expect((await database.get('SELECT value FROM versions WHERE value = ?', [value]))?.['value']).to.equal(value);
        }),
        { numRuns: 40 },
      );
    });

    it('is counted with as an integer, never with fractions', async () => {
      await put('a', largest - 2);
      await database.transaction((tx) => tx.run('UPDATE versions SET value = value + ? WHERE value + ? <= ?', [1, 1, largest - 1]));
      expect((await database.get('SELECT value FROM versions'))?.['value']).to.equal(largest - 1);
      await database.transaction((tx) => tx.run('UPDATE versions SET value = value + ? - ? WHERE id = ?', [largest, largest, 'a']));
      expect((await database.get('SELECT value FROM versions'))?.['value']).to.equal(largest - 1);
    });

    it('beyond 2^53 throws when it is read, and is never rounded', async () => {
      await database.transaction((tx) => tx.run("INSERT INTO versions (id, value) VALUES ('a', 9007199254740993)"));
      expect(await failure(database.get('SELECT value FROM versions'))).to.be.instanceOf(RangeError);
      expect(await failure(database.all('SELECT value FROM versions'))).to.be.instanceOf(RangeError);
      expect(await failure(database.transaction((tx) => tx.get('SELECT value FROM versions')))).to.be.instanceOf(RangeError);
    });

    it('that is a sum or a count is a number, and throws beyond 2^53', async () => {
      await put('a', largest);
      const sum = 'SELECT SUM(value) AS sum, COUNT(*) AS count FROM versions';
      expect({ ...(await database.get(sum)) }).to.deep.equal({ sum: largest, count: 1 });
      await put('b', 2);
      expect(await failure(database.get(sum))).to.be.instanceOf(RangeError);
    });

    for (const [what, value] of [
      ['an integer beyond 2^53', 2 ** 53],
      ['a fraction', 0.5],
      ['NaN', Number.NaN],
      ['infinity', Number.POSITIVE_INFINITY],
      ['a boolean', true],
      ['undefined', undefined],
      ['a Date', new Date(0)],
      ['a bigint', 1n],
      ['an object', {}],
    ] as const) {
      it(`cannot be ${what}`, async () => {
        const error = await failure(put('a', value as Value));
        expect(error)
          .to.be.instanceOf(Error)
          .with.property('message')
          .that.matches(/can be stored/);
        expect(await ids('a')).to.deep.equal([]);
      });
    }

    it('of another type than its column is refused, not converted', async () => {
      expect(await failure(put('a', 'abc'))).to.be.instanceOf(Error);
      expect(await failure(put('a', '5abc'))).to.be.instanceOf(Error);
      expect(await failure(put('a', null))).to.be.instanceOf(Error);
      expect(await ids('a')).to.deep.equal([]);
    });

    it('longer than its column is refused, not cut', async () => {
      const id = 'x'.repeat(64);
      await put(id, 1);
      expect(await ids(id)).to.deep.equal([id]);
      expect(await failure(put(`${id}x`, 1))).to.be.instanceOf(Error);
      expect(await database.all('SELECT id FROM versions')).to.have.length(1);
    });

    it('keeps every character of a text', async () => {
      const name = `支付 ${'💴'.repeat(400)} \\ ' " % _ \u0000 end `;
      const insert = "INSERT INTO merchants (id, name, status, created_at) VALUES ('m', ?, 'active', 1)";
      await database.transaction((tx) => tx.run(insert, [name]));
      const row = await database.get('SELECT name, status FROM merchants WHERE name = ?', [name]);
      expect({ ...row }).to.deep.equal({ name, status: 'active' });
    });
  });
});
