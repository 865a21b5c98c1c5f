import { expect } from 'chai';
import { type Database, UniqueError } from '../../core/store/database.ts';
import { forEachDatabase, type TestDatabase } from '../kit/database.ts';
import { failure } from './failure.ts';

forEachDatabase((name, open) => {
  describe('a transaction', () => {
    let opened: TestDatabase;
    let database: Database;

    before(async () => {
      opened = await open();
      database = opened.database;
    });

    beforeEach(() => database.transaction(async (tx) => void (await tx.run('DELETE FROM versions'))));

    const put = (id: string, value: number) =>
      database.transaction((tx) => tx.run('INSERT INTO versions (id, value) VALUES (?, ?)', [id, value]));
    const value = async (id: string) => (await database.get('SELECT value FROM versions WHERE id = ?', [id]))?.['value'];

    it('keeps what it wrote and answers what the work answered', async () => {
      const result = await database.transaction(async (tx) => {
        await tx.run('INSERT INTO versions (id, value) VALUES (?, ?)', ['a', 1]);
        return { done: true };
      });
      expect(result).to.deep.equal({ done: true });
      expect(await value('a')).to.equal(1);
    });

    it('leaves nothing behind when its work throws, and throws that very error', async () => {
      const reason = new Error('no');
      const error = await failure(
        database.transaction(async (tx) => {
          await tx.run('INSERT INTO versions (id, value) VALUES (?, ?)', ['a', 1]);
          throw reason;
        }),
      );
      expect(error).to.equal(reason);
      expect(await value('a')).to.equal(undefined);
    });

    it('tells of its commit once that is durable, before its caller learns of it, and never of one that was rolled back', async () => {
      const told: string[] = [];
      const write = (id: string) =>
        database.transaction(async (tx) => {
          tx.onCommit(() => told.push(`${id} committed`));
          await tx.run('INSERT INTO versions (id, value) VALUES (?, ?)', [id, 1]);
        });
      const done = write('a').then(() => told.push('a answered'));
      expect(told).to.deep.equal([]);
      await done;
      await failure(write('a'));
      expect(told).to.deep.equal(['a committed', 'a answered']);
    });

    it('sees its own writes while reads outside do not', async () => {
      const step = Promise.withResolvers<void>();
      const written = Promise.withResolvers<unknown>();
      const done = database.transaction(async (tx) => {
        await tx.run('INSERT INTO versions (id, value) VALUES (?, ?)', ['a', 1]);
        written.resolve((await tx.get('SELECT value FROM versions WHERE id = ?', ['a']))?.['value']);
        await step.promise;
      });
      expect(await written.promise).to.equal(1);
      expect(await value('a')).to.equal(undefined);
      step.resolve();
      await done;
      expect(await value('a')).to.equal(1);
    });

    it('counts the rows that its WHERE clause matched, changed or not', async () => {
      await put('a', 1);
      const same = await database.transaction((tx) => tx.run('UPDATE versions SET value = ? WHERE id = ?', [1, 'a']));
      const none = await database.transaction((tx) => tx.run('UPDATE versions SET value = ? WHERE id = ?', [1, 'b']));
      expect([same, none]).to.deep.equal([1, 0]);
    });

    it('names the primary key that was taken', async () => {
      await put('a', 1);
      const error = await failure(put('a', 2));
      expect(error).to.be.instanceOf(UniqueError).with.property('key', 'PRIMARY');
    });

    it('names the unique key that was taken, and goes on when its work catches that', async () => {
      const insert = 'INSERT INTO api_keys (id, app_id, hash, hint, scopes, status, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)';
      const row = (id: string) => [id, 'app', "it's for key 'x'", 'hint', '[]', 'active', 1];
      const key = await database.transaction(async (tx) => {
        await tx.run(insert, row('1'));
        await tx.run('INSERT INTO versions (id, value) VALUES (?, ?)', ['a', 1]);
        const error = await failure(tx.run(insert, row('2')));
        return error instanceof UniqueError ? error.key : error;
      });
      expect(key).to.equal('api_keys_hash');
      expect(await value('a')).to.equal(1);
    });

    it('allows many rows without a value under a unique key', async () => {
      const columns = 'id, payment_id, attempt_id, app_id, number, kind, state, amount, currency, created_at';
      const insert = `INSERT INTO refunds (${columns}) VALUES (?, 'p', 'a', 'app', ?, 'late', 'created', 1, 'CNY', 1)`;
      for (const id of ['1', '2']) await database.transaction((tx) => tx.run(insert, [id, id]));
      expect(await database.all('SELECT id FROM refunds WHERE merchant_refund_no IS NULL')).to.have.length(2);
    });

    it('loses none of 20 increments made at once', async () => {
      await put('a', 0);
      const increment = () => database.transaction((tx) => tx.run("UPDATE versions SET value = value + 1 WHERE id = 'a'"));
      await Promise.all(Array.from({ length: 20 }, increment));
      expect(await value('a')).to.equal(20);
    });

    it('loses none of 20 increments made by reading and then writing the row that it locked first', async () => {
      await put('a', 0);
      const increment = () =>
        database.transaction(async (tx) => {
          await tx.run("UPDATE versions SET value = value WHERE id = 'a'");
          const row = await tx.get("SELECT value FROM versions WHERE id = 'a'");
          await tx.run("UPDATE versions SET value = ? WHERE id = 'a'", [Number(row?.['value']) + 1]);
        });
      await Promise.all(Array.from({ length: 20 }, increment));
      expect(await value('a')).to.equal(20);
    });

    it('refuses its handle once it has ended', async () => {
      const leaked = await database.transaction(async (tx) => ({ tx }));
      expect(await failure(leaked.tx.run("INSERT INTO versions (id, value) VALUES ('a', 1)"))).to.match(/the transaction has ended/);
      expect(await failure(leaked.tx.get('SELECT 1'))).to.match(/the transaction has ended/);
      expect(await value('a')).to.equal(undefined);
    });

    it('refuses work that goes past its handle, which would wait for itself', async () => {
      const nested = database.transaction(() => database.transaction(async () => 1));
      expect(await failure(nested)).to.match(/only through its tx/);
      expect(await failure(database.transaction(() => database.get('SELECT 1')))).to.match(/only through its tx/);
      expect(await database.transaction(async () => 1)).to.equal(1);
    });

    it('lets what its work set going use the database after its end', async () => {
      const ended = Promise.withResolvers<void>();
      const later = await database.transaction(async () => ({ read: ended.promise.then(() => database.get('SELECT 1 AS one')) }));
      ended.resolve();
      expect((await later.read)?.['one']).to.equal(1);
    });

    it('throws what the database says about a faulty statement and stays usable', async () => {
      expect(await failure(database.transaction((tx) => tx.run('UPDATE nothing SET x = 1')))).to.match(/nothing/);
      expect(await failure(database.all('SELECT * FROM nothing'))).to.match(/nothing/);
      expect(await put('a', 1)).to.equal(1);
    });

    it(`is refused once the database is closed (${name})`, async () => {
      const other = await open();
      await other.close();
      expect(await failure(other.database.transaction(async () => 1))).to.have.property('name', 'DatabaseUnavailable');
      expect(await failure(other.database.ping())).to.have.property('name', 'DatabaseUnavailable');
    });
  });
});
