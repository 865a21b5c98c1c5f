import { expect } from 'chai';
import { migrate, pendingMigrations } from '../../core/store/migrations/migrate.ts';
import type { Migration } from '../../core/store/migrations/migration.ts';
import { openDatabase } from '../../core/store/open.ts';
import { type Table, tables } from '../../core/store/schema.ts';
import { forEachDatabase } from '../kit/database.ts';
import { listMigrations } from '../kit/migrations.ts';
import { failure } from './failure.ts';
import { readSchema } from './read-schema.ts';

const all = listMigrations();
const bookkeeping = ['migration_lease', 'migrations'];

forEachDatabase((name, open) => {
  describe('the migrations', () => {
    it('create exactly the tables of the schema', async () => {
      const { database } = await open();
      const found = await readSchema(database);
      expect(Object.keys(found).filter((table) => !bookkeeping.includes(table))).to.have.members(Object.keys(tables));
      for (const [table, wanted] of Object.entries(tables)) expect(found[table], table).to.deep.equal(plain(wanted));
    });

    it('are listed as pending until they have run, and listing them writes nothing', async () => {
      const opened = await open({ migrated: false });
      expect(await pendingMigrations(opened)).to.deep.equal(all);
      expect(await readSchema(opened.database)).to.deep.equal({});
      expect(await migrate(opened)).to.deep.equal(all);
      expect(await pendingMigrations(opened)).to.deep.equal([]);
      expect(await migrate(opened)).to.deep.equal([]);
    });

    it('may be started by several servers at once', async () => {
      const first = await open({ migrated: false });
      const others = await Promise.all([1, 2].map(() => openDatabase(first.options)));
      const done = await Promise.all([first, ...others].map((each) => migrate(each)));
      expect(done.flat()).to.deep.equal(all);
      for (const other of others) await other.close();
    });

    it('complete what an earlier run left half done', async () => {
      const opened = await open({ migrated: false });
      const stops: Migration = {
        name: '0001-first-schema',
        async up(context) {
          await context.createTable('versions', { columns: { id: 'id', value: 'int' }, primary: ['id'] });
          throw new Error('the power went');
        },
      };
      expect(await failure(migrate({ ...opened, migrations: [stops] }))).to.match(/the power went/);
      expect(await migrate(opened)).to.deep.equal(all);
      expect(await readSchema(opened.database)).to.include.all.keys(Object.keys(tables));
    });

    it('of a feature run beside the kernel’s', async () => {
      const opened = await open();
      const feature: Migration = {
        name: 'points-0001',
        up: (context) => context.createTable('points', { columns: { id: 'id', image: 'bytes?', balance: 'int=7' }, primary: ['id'] }),
      };
      expect(await migrate({ ...opened, migrations: [feature] })).to.deep.equal(['points-0001']);
      expect(await pendingMigrations(opened)).to.deep.equal([]);
      const image = Buffer.from([0, 255, 65]);
      await opened.database.transaction((tx) => tx.run('INSERT INTO points (id, image) VALUES (?, ?)', ['a', image]));
      const row = await opened.database.get('SELECT * FROM points');
      expect(Buffer.isBuffer(row?.['image'])).to.equal(true);
      expect({ ...row }).to.deep.equal({ id: 'a', image, balance: 7 });
    });

    if (name === 'mariadb') {
      it('use keys by their index when text is bound', async () => {
        const { database } = await open();
        const plan = await database.get('EXPLAIN SELECT * FROM attempts WHERE account_id = ? AND channel_no = ?', ['a', 'b']);
        expect(plan?.['key']).to.equal('attempts_channel_no');
        expect(plan?.['ref']).to.equal('const,const');
      });
    }
  });
});

/** A table as it is read back: without the sugar of the declaration. */
function plain(table: Table): Table {
  return { columns: table.columns, primary: table.primary, unique: table.unique ?? {}, index: table.index ?? {} };
}
